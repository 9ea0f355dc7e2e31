//! Groups of functions that are compiled together, in an LLVM module of their own.
//!
//! A chunk takes functions of one module and one optimisation level; so several processors have work, and what a chunk is made of depends
//! on its module only: an edit of one module leaves the chunks of all others as they were. Functions that call each other directly stay
//! together, for LLVM may inline one into the other. Where a chunk ends is decided by the names of its functions rather than by
//! a count from the start: so an edit of one function leaves most other chunks of its module too.

use std::collections::{BTreeSet, HashMap};

use dxpyc_abi::layout::code_flags;
use dxpyc_ir::{Function, Imm, Op, Unit};
use dxpyc_ir::unit::CacheKind;
use inkwell::OptimizationLevel;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::context::Context;
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::module::{Linkage, Module};
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{FileType, TargetMachine};
use inkwell::values::{AsValueRef, BasicValue};

use crate::function::{self, Surroundings};
use crate::split::{self, Part};
use crate::statics::UnitRefs;
use crate::values::Code;
use crate::{Emit, Level, Options, Translating};

/// What a chunk is compiled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effort {
    /// No optimisation, helpers out of line.
    Quick,
    /// Hot paths inlined, optimised.
    Full,
}

/// Functions of a unit to compile together.
#[derive(Debug)]
pub struct Chunk {
    /// The module's name and a number.
    pub name: String,
    pub effort: Effort,
    /// Indices into the unit's functions.
    pub functions: Vec<(usize, Part)>,
}

impl Chunk {
    /// An estimate of the time that compiling takes.
    pub fn work(&self, unit: &Unit) -> usize {
        let n_insts: usize = self.functions.iter().map(|&(index, part)| n_insts_of(&unit.functions[index], part)).sum();
        match self.effort {
            Effort::Quick => n_insts,
            Effort::Full => 8 * n_insts,
        }
    }
}

fn n_insts_of(function: &Function, part: Part) -> usize {
    split::blocks(function, part).iter().map(|block| block.insts.len() + 1).sum()
}

/// IR instructions after which a chunk is full. Unoptimised code is cheap: there the LLVM module costs more than what is in it.
fn insts_max(effort: Effort) -> usize {
    match effort {
        Effort::Quick => 4000,
        Effort::Full => 2000,
    }
}

/// Splits a unit.
pub fn partition(unit: &Unit, is_library: bool, level: Level) -> Vec<Chunk> {
    let groups = groups(unit);
    let parts = parts(unit, is_library, level);
    let mut chunks = Vec::new();
    for effort in [Effort::Full, Effort::Quick] {
        let insts_max = insts_max(effort);
        let mut open = Vec::new();
        let mut open_insts = 0;
        let mut close = |functions: &mut Vec<(usize, Part)>, n_insts: &mut usize| {
            if !functions.is_empty() {
                let name = format!("{}.{}", unit.name, chunks.len() + 1);
                chunks.push(Chunk { name, effort, functions: std::mem::take(functions) });
                *n_insts = 0;
            }
        };
        for group in &groups {
            for &(index, part, _) in group.iter().flat_map(|index| &parts[*index]).filter(|(_, _, of)| *of == effort) {
                open.push((index, part));
                open_insts += n_insts_of(&unit.functions[index], part);
                if open_insts >= GROUP_INSTS_MAX {
                    close(&mut open, &mut open_insts);
                }
            }
            let is_full = open_insts >= insts_max;
            if is_full || open_insts >= insts_max / 4 && group.last().is_some_and(|last| is_border(&unit.functions[*last])) {
                close(&mut open, &mut open_insts);
            }
        }
        close(&mut open, &mut open_insts);
    }
    chunks
}

/// For each function of a unit, the parts that it is compiled in.
fn parts(unit: &Unit, is_library: bool, level: Level) -> Vec<Vec<(usize, Part, Effort)>> {
    let parts_of = |(index, function): (usize, &Function)| {
        let flags = unit.codes[function.code as usize].flags.0;
        match effort_for(function, flags, is_library, level) {
            Effort::Full if split::region(function).is_some() => {
                vec![(index, Part::Fast, Effort::Full), (index, Part::Generic, Effort::Quick)]
            }
            effort => vec![(index, Part::Whole, effort)],
        }
    };
    unit.functions.iter().enumerate().map(parts_of).collect()
}

/// Functions that call each other directly are not torn apart below this.
const GROUP_INSTS_MAX: usize = 4000;

/// The functions in groups within which they call each other directly, in the order of each group's first function.
fn groups(unit: &Unit) -> Vec<Vec<usize>> {
    fn root(parents: &mut [usize], mut index: usize) -> usize {
        while parents[index] != index {
            parents[index] = parents[parents[index]];
            index = parents[index];
        }
        index
    }
    let mut parents: Vec<usize> = (0..unit.functions.len()).collect();
    for (caller, function) in unit.functions.iter().enumerate() {
        for inst in function.blocks.iter().flat_map(|block| &block.insts).filter(|inst| inst.op == Op::CallDirect) {
            if let Imm::Func(callee) = inst.imm {
                let (one, two) = (root(&mut parents, caller), root(&mut parents, callee.index()));
                // The smaller index leads: groups are in order of their first functions.
                parents[one.max(two)] = one.min(two);
            }
        }
    }
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); unit.functions.len()];
    for index in 0..unit.functions.len() {
        groups[root(&mut parents, index)].push(index);
    }
    groups.retain(|group| !group.is_empty());
    groups
}

/// Whether a chunk of some size ends behind this function: one name of three says so.
fn is_border(function: &Function) -> bool {
    let mut hash: u32 = 0x811C_9DC5;
    for byte in function.name.bytes() {
        hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
    (hash >> 8).is_multiple_of(3)
}

/// Code that runs once is not worth optimising. Library code is call-heavy and generic, where optimising gains little and
/// costs most of the build.
fn effort_for(function: &Function, flags: u32, is_library: bool, level: Level) -> Effort {
    if level == Level::Debug || is_library {
        return Effort::Quick;
    }
    let runs_once = flags & (code_flags::MODULE | code_flags::CLASS) != 0;
    if runs_once && !has_loop(function) { Effort::Quick } else { Effort::Full }
}

/// Whether control can go back.
fn has_loop(function: &Function) -> bool {
    /// 0 not seen, 1 on the path, 2 done.
    fn visit(function: &Function, start: dxpyc_ir::BlockId) -> bool {
        let mut state = vec![0u8; function.blocks.len()];
        let mut stack = vec![(start, function.successors(start))];
        state[start.index()] = 1;
        while let Some((id, left)) = stack.last_mut() {
            match left.pop() {
                Some(next) => match state[next.index()] {
                    0 => {
                        state[next.index()] = 1;
                        stack.push((next, function.successors(next)));
                    }
                    1 => return true,
                    _ => {}
                },
                None => {
                    state[id.index()] = 2;
                    stack.pop();
                }
            }
        }
        false
    }
    visit(function, dxpyc_ir::function::ENTRY)
}

/// Compiles a chunk to the wanted form.
pub fn compile(unit: &Unit, chunk: &Chunk, refs: &UnitRefs, options: &Options<'_>) -> Vec<u8> {
    let context = Context::create();
    let level = match chunk.effort {
        Effort::Quick => OptimizationLevel::None,
        Effort::Full => OptimizationLevel::Default,
    };
    let machine = options.cpu.machine(level);
    let code = Code::new(&context, &chunk.name, &machine, &options.cpu);
    let around = Surroundings {
        code: &code,
        unit,
        refs,
        caches: caches(&code, unit, &chunk.functions),
        out_of_line: chunk.effort == Effort::Quick,
    };
    for &(index, part) in &chunk.functions {
        let function = &unit.functions[index];
        let _translating = Translating(&function.name);
        function::translate(&around, function, part);
    }
    if cfg!(debug_assertions)
        && let Err(error) = code.module.verify()
    {
        panic!("LLVM refuses {}: {}", chunk.name, error.to_string());
    }
    if chunk.effort == Effort::Full {
        link_hot_paths(&context, &code.module, options.hot_bitcode);
        optimise(&code.module, &machine);
    }
    emit(&code.module, &machine, options.emit)
}

/// One zeroed global for each inline cache that these functions use.
fn caches<'ctx>(
    code: &Code<'ctx>,
    unit: &Unit,
    functions: &[(usize, Part)],
) -> HashMap<u32, inkwell::values::PointerValue<'ctx>> {
    let insts = functions.iter().flat_map(|&(index, part)| split::blocks(&unit.functions[index], part)).flat_map(|block| &block.insts);
    let used: BTreeSet<u32> = insts
        .filter(|inst| inst.op == Op::CachePtr)
        .map(|inst| match inst.imm {
            Imm::Cache(index) => index,
            _ => panic!("{} has a cache", inst.op.name()),
        })
        .collect();
    used.into_iter()
        .map(|index| {
            let bytes = match unit.caches[index as usize] {
                CacheKind::Global => size_of::<dxpyc_abi::GlobalCache>(),
                CacheKind::Attr => size_of::<dxpyc_abi::AttrCache>(),
            };
            let ty = code.word.array_type(bytes.div_ceil(8) as u32);
            let global = code.module.add_global(ty, None, "cache");
            global.set_linkage(Linkage::Internal);
            global.set_initializer(&ty.const_zero());
            global.set_alignment(8);
            (index, global.as_pointer_value())
        })
        .collect()
}

/// Adds the bodies of the hot paths that the module calls, for inlining only: the archive has them too.
fn link_hot_paths<'ctx>(context: &'ctx Context, module: &Module<'ctx>, bitcode: &[u8]) {
    if bitcode.is_empty() {
        return;
    }
    let buffer = MemoryBuffer::create_from_memory_range(bitcode, "hot");
    let hot = match Module::parse_bitcode_from_buffer(&buffer, context) {
        Ok(hot) => hot,
        Err(error) => panic!("the hot paths' bitcode is not LLVM's: {}", error.to_string()),
    };
    hot.set_triple(&module.get_triple());
    hot.set_data_layout(&module.get_data_layout());
    // Leave out what is not called, directly or through another hot path.
    for function in hot.get_functions() {
        let name = function.get_name().to_str().expect("symbols are UTF-8");
        let is_root = module.get_function(name).is_some();
        if function.count_basic_blocks() > 0 {
            // Nothing unwinds; without this each object would refer to Rust's handler.
            // SAFETY: the value is a function; null removes its personality.
            unsafe { inkwell::llvm_sys::core::LLVMSetPersonalityFn(function.as_value_ref(), std::ptr::null_mut()) };
            function.set_linkage(if is_root { Linkage::AvailableExternally } else { Linkage::Internal });
            if is_root {
                let hint = Attribute::get_named_enum_kind_id("inlinehint");
                function.add_attribute(AttributeLoc::Function, context.create_enum_attribute(hint, 0));
            }
        }
    }
    let mut removed = true;
    while removed {
        removed = false;
        let mut next = hot.get_first_function();
        while let Some(function) = next {
            next = function.get_next_function();
            let unused = function.as_global_value().as_pointer_value().get_first_use().is_none();
            if unused && function.get_linkage() != Linkage::AvailableExternally {
                // SAFETY: nothing refers to the function, and `next` was taken before.
                unsafe { function.delete() };
                removed = true;
            }
        }
    }
    if let Err(error) = module.link_in_module(hot) {
        panic!("the hot paths do not fit: {}", error.to_string());
    }
    // A helper of a hot path that is not inlined must be the archive's.
    for function in module.get_functions() {
        if function.get_linkage() == Linkage::Internal && function.count_basic_blocks() > 0 {
            function.set_linkage(Linkage::AvailableExternally);
        }
    }
}

/// What pays for code like ours: inlining, then each clean-up once. LLVM's own pipeline at O2 took 2.3 times as long for code that ran no faster on any
/// of `benches`' programs; a third of the whole build.
const PASSES: &str = "cgscc(inline),function(sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,\
    loop-mssa(loop-rotate,licm),loop(indvars,loop-deletion,loop-unroll-full),gvn,dse,instcombine<no-verify-fixpoint>,\
    simplifycfg<sink-common-insts;hoist-common-insts>),elim-avail-extern,globaldce";

fn optimise(module: &Module<'_>, machine: &TargetMachine) {
    if let Err(error) = module.run_passes(PASSES, machine, PassBuilderOptions::create()) {
        panic!("LLVM refuses its own passes: {}", error.to_string());
    }
}

/// The module in the wanted form.
pub fn emit(module: &Module<'_>, machine: &TargetMachine, form: Emit) -> Vec<u8> {
    let file_type = match form {
        Emit::LlvmText => return module.print_to_string().to_bytes().to_vec(),
        Emit::Assembly => FileType::Assembly,
        Emit::Object => FileType::Object,
    };
    match machine.write_to_memory_buffer(module, file_type) {
        Ok(buffer) => buffer.as_slice().to_vec(),
        Err(error) => panic!("LLVM cannot emit code: {}", error.to_string()),
    }
}
