//! The machine that code is made for.

use std::sync::Once;

use inkwell::OptimizationLevel;
use inkwell::targets::{
    CodeModel, InitializationConfig, RelocMode, Target, TargetMachine, TargetMachineOptions, TargetTriple,
};

/// Loads LLVM and registers the target; the first call does it.
pub fn initialize() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if let Err(message) = crate::load() {
            panic!("{message}");
        }
        let config = InitializationConfig { disassembler: false, info: true, machine_code: true, ..Default::default() };
        if cfg!(target_arch = "aarch64") {
            Target::initialize_aarch64(&config);
        } else {
            Target::initialize_x86(&config);
        }
    });
}

/// The processor to make code for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cpu {
    name: String,
    features: String,
}

impl Cpu {
    /// The baseline on which all programs run, and for which the hot paths' bitcode is made.
    pub fn baseline() -> Cpu {
        let name = if cfg!(target_arch = "aarch64") { "generic" } else { "x86-64-v2" };
        Cpu { name: name.to_owned(), features: String::new() }
    }

    /// The processor of this machine.
    pub fn native() -> Cpu {
        initialize();
        Cpu {
            name: TargetMachine::get_host_cpu_name().to_string(),
            features: TargetMachine::get_host_cpu_features().to_string(),
        }
    }

    /// A processor by LLVM's name; none when LLVM does not know it or it is below the baseline.
    pub fn named(name: &str) -> Option<Cpu> {
        const LEVELS: [&str; 3] = ["x86-64-v2", "x86-64-v3", "x86-64-v4"];
        match name {
            "native" => Some(Cpu::native()),
            "baseline" => Some(Cpu::baseline()),
            _ if !cfg!(target_arch = "aarch64") && LEVELS.contains(&name) => {
                Some(Cpu { name: name.to_owned(), features: String::new() })
            }
            _ => None,
        }
    }

    /// LLVM's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// LLVM's feature string.
    pub fn features(&self) -> &str {
        &self.features
    }

    /// Whether objects are for 64-bit ARM.
    pub fn is_aarch64(&self) -> bool {
        cfg!(target_arch = "aarch64")
    }

    /// The triple.
    pub fn triple(&self) -> TargetTriple {
        TargetTriple::create(if self.is_aarch64() { "aarch64-unknown-linux-gnu" } else { "x86_64-unknown-linux-gnu" })
    }

    /// A target machine; they cannot be shared between threads.
    pub fn machine(&self, level: OptimizationLevel) -> TargetMachine {
        let triple = self.triple();
        let target = Target::from_triple(&triple).expect("the target is registered");
        let options = TargetMachineOptions::default()
            .set_cpu(&self.name)
            .set_features(&self.features)
            .set_level(level)
            .set_reloc_mode(RelocMode::PIC)
            .set_code_model(CodeModel::Small);
        target.create_target_machine_from_options(&triple, options).expect("the target makes machines")
    }
}
