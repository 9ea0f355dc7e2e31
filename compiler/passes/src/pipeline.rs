//! The list of passes and what runs them.

use crate::{choose_guards, dce, drop_kept, fold, infer, prune_params, refcount, simplify_cfg, sink_boxes, specialize, unbox_params};
use dxpyc_ir::{Function, Unit, print, verify};

/// A pass: a function over one IR function.
pub struct Pass {
    /// The name that `--dump` and `--no-pass` use.
    pub name: &'static str,
    /// One line on what it does.
    pub about: &'static str,
    /// The pass.
    pub run: fn(&mut Function),
    /// Passes that must have run before, if they run at all.
    pub after: &'static [&'static str],
    /// Whether the result is right without it.
    pub optional: bool,
}

const PRUNE_PARAMS: Pass = Pass {
    name: "prune-params",
    about: "remove block parameters that always get the same value",
    run: prune_params::run,
    after: &[],
    optional: true,
};
const SIMPLIFY_CFG: Pass = Pass {
    name: "simplify-cfg",
    about: "remove unreachable blocks, fold known branches, merge straight lines",
    run: simplify_cfg::run,
    after: &[],
    optional: true,
};
const INFER: Pass = Pass {
    name: "infer",
    about: "find the kinds of all values",
    run: infer::run,
    after: &["prune-params"],
    optional: true,
};
const CHOOSE_GUARDS: Pass = Pass {
    name: "choose-guards",
    about: "keep the guards for floats that promise something, drop the others",
    run: choose_guards::run,
    after: &["prune-params"],
    optional: false,
};
const SPECIALIZE: Pass = Pass {
    name: "specialize",
    about: "typed instead of generic operations where kinds are proven",
    run: specialize::run,
    after: &["infer"],
    optional: true,
};
const DROP_KEPT: Pass = Pass {
    name: "drop-kept",
    about: "free variables that are only kept alive, where their death cannot be observed",
    run: drop_kept::run,
    after: &["infer", "specialize"],
    optional: true,
};
const DCE: Pass = Pass {
    name: "dce",
    about: "remove instructions and parameters that nothing needs",
    run: dce::run,
    after: &["prune-params"],
    optional: true,
};
const UNBOX_PARAMS: Pass = Pass {
    name: "unbox-params",
    about: "floats, small ints and bools as typed block parameters",
    run: unbox_params::run,
    after: &["infer", "specialize"],
    optional: true,
};
const FOLD: Pass = Pass {
    name: "fold",
    about: "fold boxes, constants and aliases",
    run: fold::run,
    after: &[],
    optional: true,
};
const SINK_BOXES: Pass = Pass {
    name: "sink-boxes",
    about: "box floats and ints only where an object is needed",
    run: sink_boxes::run,
    after: &["fold", "dce"],
    optional: true,
};
const REFCOUNT: Pass = Pass {
    name: "refcount",
    about: "insert reference counts",
    run: refcount::run,
    after: &["prune-params", "dce"],
    optional: false,
};

/// All passes in order. A name may stand several times.
pub const PASSES: &[Pass] = &[
    PRUNE_PARAMS,
    SIMPLIFY_CFG,
    INFER,
    CHOOSE_GUARDS,
    SIMPLIFY_CFG,
    PRUNE_PARAMS,
    INFER,
    SPECIALIZE,
    DROP_KEPT,
    DCE,
    PRUNE_PARAMS,
    UNBOX_PARAMS,
    FOLD,
    SIMPLIFY_CFG,
    PRUNE_PARAMS,
    DCE,
    SINK_BOXES,
    REFCOUNT,
];

/// How to run the passes.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Verify after each pass.
    pub check: bool,
    /// Print `(pass, function)`: the pass's name (`build` for the input), and a suffix of the function's dotted name.
    pub dump: Option<(String, String)>,
    /// Names of passes to leave out.
    pub no_pass: Vec<String>,
}

impl Options {
    fn dumps(&self, pass: &str, function: &Function) -> bool {
        self.dump.as_ref().is_some_and(|(wanted, suffix)| wanted == pass && function.name.ends_with(suffix.as_str()))
    }
}

/// Runs the passes over a function; returns what was to be dumped.
pub fn run(function: &mut Function, options: &Options) -> Vec<String> {
    let mut dumps = Vec::new();
    let mut step = |name: &str, function: &Function| {
        if options.check {
            verify::assert_valid(function, name);
        }
        if options.dumps(name, function) {
            dumps.push(format!("; after {name}\n{}", print::print(function)));
        }
    };
    step("build", function);
    for pass in PASSES {
        if pass.optional && options.no_pass.iter().any(|name| name == pass.name) {
            continue;
        }
        (pass.run)(function);
        step(pass.name, function);
    }
    dumps
}

/// Runs the passes over all functions of a unit.
pub fn run_unit(unit: &mut Unit, options: &Options) -> Vec<String> {
    unit.functions.iter_mut().flat_map(|function| run(function, options)).collect()
}

#[cfg(test)]
mod tests {
    use super::PASSES;

    #[test]
    fn passes_stand_behind_what_they_need() {
        for (index, pass) in PASSES.iter().enumerate() {
            for needed in pass.after {
                assert!(
                    PASSES[..index].iter().any(|earlier| earlier.name == *needed),
                    "{} needs {needed} before it",
                    pass.name
                );
            }
        }
    }
}
