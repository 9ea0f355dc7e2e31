//! The names that a program can look up: by them the linker leaves out native functions that the program cannot call.
//!
//! Attributes, globals and builtins are looked up by the names that stand in the code, by strings given to `getattr` and `hasattr`, and by the fields
//! of format strings. A program that gives them a name which does not stand there as a literal, or that walks through the namespace of a
//! class or of `builtins`, can look up any name.

use std::collections::{HashMap, HashSet};

use dxpyc_dpb::{Block, Const, Module, Op, Operand, Reg};

/// Functions whose second argument is an attribute's name.
const BY_NAME: [&str; 2] = ["getattr", "hasattr"];

/// With one of these a program gets at attributes that it does not name.
const ANY_ATTRIBUTE: [&str; 7] = ["__subclasses__", "vars", "__dict__", "__getattribute__", "attrgetter", "methodcaller", "getmembers"];

/// With one of these it gets at the namespace of `builtins` as a whole.
const ANY_BUILTIN: [&str; 7] = ["builtins", "__builtins__", "f_builtins", "__self__", "__import__", "import_module", "modules"];

/// With one of these, after `from module import *`, it gets at functions that it does not name.
const ANY_GLOBAL: [&str; 2] = ["globals", "locals"];

/// What the code of one module looks up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookedUp {
    /// In order, each once.
    names: Vec<String>,
    /// Whether it gives `getattr` or `hasattr` a name that does not stand there.
    computes: bool,
    has_star: bool,
}

impl LookedUp {
    /// What a module looks up.
    pub fn by(module: &Module) -> LookedUp {
        let blocks = || module.functions.iter().flat_map(|function| &function.blocks);
        let mut names: Vec<String> = module.names.iter().flat_map(|name| words(name)).collect();
        for constant in &module.constants {
            if let Const::Str(text) = constant
                && let Ok(text) = std::str::from_utf8(text)
                && (text.contains('{') || text.chars().all(|c| is_word(c) || c == '.'))
            {
                names.extend(words(text));
            }
        }
        let insts = || blocks().flat_map(|block| &block.insts);
        if insts().any(|inst| matches!(inst.op(), Op::LoadBuildClass { .. })) {
            names.push("__build_class__".to_owned());
        }
        names.sort_unstable();
        names.dedup();
        LookedUp {
            names,
            computes: blocks().any(|block| computes_a_name(module, block)),
            has_star: insts().any(|inst| matches!(inst.op(), Op::ImportStar { .. })),
        }
    }

    /// The bytes to keep.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.computes), u8::from(self.has_star)];
        for name in &self.names {
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(b'\n');
        }
        bytes
    }

    /// Reads what `encode` wrote.
    pub fn decode(bytes: &[u8]) -> Option<LookedUp> {
        let (flags, names) = bytes.split_first_chunk::<2>()?;
        let names = std::str::from_utf8(names).ok()?.lines().map(str::to_owned).collect();
        Some(LookedUp { names, computes: flags[0] != 0, has_star: flags[1] != 0 })
    }
}

/// All names that a program of these modules can look up. None: any name.
pub fn all<'a>(modules: impl Iterator<Item = &'a LookedUp>) -> Option<HashSet<String>> {
    let mut names = HashSet::new();
    let mut has_star = false;
    for module in modules {
        if module.computes {
            return None;
        }
        has_star |= module.has_star;
        names.extend(module.names.iter().cloned());
    }
    let has_any = |list: &[&str]| list.iter().any(|&name| names.contains(name));
    let is_open = has_any(&ANY_ATTRIBUTE) || has_any(&ANY_BUILTIN) || has_star && has_any(&ANY_GLOBAL);
    (!is_open).then_some(names)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c| !is_word(c)).filter(|word| !word.is_empty()).map(str::to_owned)
}

/// What a register holds, as far as it matters.
#[derive(Clone, Copy, PartialEq)]
enum Held {
    /// `getattr` or `hasattr`.
    ByName,
    /// A string of the program.
    Literal,
}

/// Whether `getattr` or `hasattr` is used in another way than by a call with a literal name, all in the block.
fn computes_a_name(module: &Module, block: &Block) -> bool {
    let mut held: HashMap<Reg, Held> = HashMap::new();
    for inst in &block.insts {
        let op = inst.op();
        let callee = match op {
            Op::Call { callee, args, .. } if held.get(&callee) == Some(&Held::ByName) => {
                match args.get(1).map(|name| held.get(name)) {
                    Some(Some(Held::Literal)) => Some(callee),
                    _ => return true,
                }
            }
            _ => None,
        };
        let mut escapes = false;
        inst.for_each_reg(|operand, reg| {
            let is_written = matches!(operand, Operand::Def | Operand::MaybeDef);
            match held.get(&reg) {
                Some(Held::ByName) if !is_written => escapes |= callee != Some(reg),
                _ => {}
            }
        });
        if escapes {
            return true;
        }
        inst.for_each_reg(|operand, reg| {
            if matches!(operand, Operand::Def | Operand::MaybeDef) {
                held.remove(&reg);
            }
        });
        // The callee's register is used once.
        if let Some(callee) = callee {
            held.remove(&callee);
        }
        match op {
            Op::LoadGlobal { dst, name } | Op::LoadName { dst, name, .. } if BY_NAME.contains(&module.names[name.index()].as_str()) => {
                held.insert(dst, Held::ByName);
            }
            Op::LoadConst { dst, value } if matches!(module.constants[value.index()], Const::Str(_)) => {
                held.insert(dst, Held::Literal);
            }
            _ => {}
        }
    }
    held.values().any(|&held| held == Held::ByName)
}

#[cfg(test)]
mod tests {
    use dxpyc_base::Source;
    use dxpyc_modules::graph::{self, Body};

    use super::*;

    fn names_of(text: &str) -> Option<HashSet<String>> {
        let Body::Python(code) = graph::analyze(Source::from_text("t.py", text)) else { panic!("{text:?} does not parse") };
        let looked_up = LookedUp::by(&crate::pipeline::lower(&code, "t"));
        assert_eq!(LookedUp::decode(&looked_up.encode()).as_ref(), Some(&looked_up));
        all([&looked_up].into_iter())
    }

    #[test]
    fn names_and_literals_count() {
        let names = names_of("print('hello'.upper(), getattr(x, 'a'), hasattr(x, 'b'), '{0.c} {d[e]}'.format(x))\n").expect("all are literal");
        for name in ["print", "upper", "a", "b", "c", "format"] {
            assert!(names.contains(name), "{name}");
        }
        assert!(!names.contains("lower"));
    }

    #[test]
    fn computed_names_are_any_names() {
        for text in [
            "getattr(x, n)\n",
            "f = getattr\n",
            "map(getattr, x, y)\n",
            "getattr(x, 'a' if c else n)\n",
            "getattr(*a)\n",
            "def f(): return hasattr\n",
            "vars(x)\n",
            "x.__dict__['a']\n",
            "from operator import methodcaller\n",
            "import builtins\n",
            "from math import *\nglobals()[n]\n",
        ] {
            assert_eq!(names_of(text), None, "{text:?}");
        }
        assert!(names_of("globals()\n").is_some());
    }
}
