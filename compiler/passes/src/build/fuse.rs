//! Generator expressions that are consumed where they are made: `any(… for …)`, `set(… for …)`, `sep.join(… for …)`. The expression's code is put
//! into the function in place of the call, behind a test that the consumer is the builtin; no generator is made.
//!
//! Works on DPB, before `versions`, whose guards the loop then gets as any other. Instructions of the expression keep their positions, with a mark
//! ([`Fused`]): an exception that leaves them gets the expression's traceback entry and leaves a generator (StopIteration becomes RuntimeError) before
//! it goes on in the function.
//!
//! `sum` adds small ints itself. At anything else it makes a generator of the iterator, which is all the state that an expression with one loop
//! has, and leaves the rest to the runtime.

use super::versions::definition;
use dxpyc_abi::entries::builtin_index;
use dxpyc_abi::value::Value as Word;
use dxpyc_dpb::{self as dpb, Block, BlockId, Effects, FunctionFlags, Inst, Op, Opcode, Position, Reg};
use std::collections::{HashMap, HashSet};

/// Expressions of one function that are fused at most.
const MAX_SITES: usize = 12;
/// Instructions of an expression at most.
const MAX_INSTS: usize = 150;
/// Where the mark begins in a line number.
const MARK_SHIFT: u32 = 24;

/// A fused expression.
#[derive(Clone)]
pub(super) struct Fused {
    /// The function that the expression is otherwise.
    pub code: dpb::FuncId,
    /// The call that consumes it.
    pub position: Position,
}

/// What an `Is` instruction tests in truth, by its result.
#[derive(Clone, Copy)]
pub(super) enum Test {
    /// The register holds the builtin of this number.
    Builtin(Reg, u32),
    /// It holds a str.
    Str(Reg),
    /// Both hold small ints.
    BothSmall(Reg, Reg),
    /// No test: the result is this word.
    Word(Word),
}

/// A function with its expressions fused.
pub(super) struct Fusion {
    pub function: dpb::Function,
    pub fused: Vec<Fused>,
    pub tests: HashMap<Reg, Test>,
    /// Totals that a call hands on, with a generator, to the rest of `sum`.
    pub rests: HashSet<Reg>,
}

/// A position of the fused expression `index`.
fn mark(position: Position, index: usize) -> Position {
    Position { line: position.line | (index as u32 + 1) << MARK_SHIFT, ..position }
}

/// The fused expression of a position, and the position itself.
pub(super) fn unmark(position: Position) -> (Option<usize>, Position) {
    let index = (position.line >> MARK_SHIFT).checked_sub(1).map(|index| index as usize);
    (index, Position { line: position.line & ((1 << MARK_SHIFT) - 1), ..position })
}

/// Fuses what can be fused, if `speculate`.
pub(super) fn fuse(module: &dpb::Module, function: &dpb::Function, speculate: bool) -> Fusion {
    let mut fusion = Fusion { function: function.clone(), fused: Vec::new(), tests: HashMap::new(), rests: HashSet::new() };
    let lines_fit = function.blocks.iter().flat_map(|block| &block.insts).all(|inst| inst.position.line >> MARK_SHIFT == 0);
    if !speculate || !lines_fit {
        return fusion;
    }
    let mut block = 0;
    while block < fusion.function.blocks.len() && fusion.fused.len() < MAX_SITES {
        if let Some(site) = find(module, &fusion.function, block) {
            apply(module, &mut fusion, block, site);
        }
        block += 1;
    }
    fusion
}

/// What consumes an expression.
#[derive(Clone, Copy, PartialEq)]
enum Consumer {
    Set,
    List,
    Tuple,
    /// A list is made and given to the call.
    Listed,
    Any,
    All,
    Sum,
}

struct Site {
    consumer: Consumer,
    test: Test,
    /// Indices: of `MakeFunction`, of the call that makes the generator; the consuming call comes next.
    function: usize,
    call: usize,
    code: dpb::FuncId,
    iterator: Reg,
    closure: Vec<Reg>,
    dst: Reg,
}

fn find(module: &dpb::Module, function: &dpb::Function, block: usize) -> Option<Site> {
    let insts = &function.blocks[block].insts;
    (0..insts.len().saturating_sub(1)).find_map(|call| site(module, function, insts, call))
}

fn site(module: &dpb::Module, function: &dpb::Function, insts: &[Inst], call: usize) -> Option<Site> {
    let Op::Call { dst: generator, callee: made, args: [iterator] } = insts[call].op() else { return None };
    let before = &insts[..call];
    let (consumer, test, dst) = match insts[call + 1].op() {
        Op::Call { dst, callee, args: [argument] } if *argument == generator => {
            let Op::LoadGlobal { name, .. } = definition(before, callee)?.op() else { return None };
            let name = module.names[name.index()].as_str();
            let consumer = match name {
                "set" => Consumer::Set,
                "list" => Consumer::List,
                "tuple" => Consumer::Tuple,
                "sorted" => Consumer::Listed,
                "any" => Consumer::Any,
                "all" => Consumer::All,
                "sum" => Consumer::Sum,
                _ => return None,
            };
            (consumer, Test::Builtin(callee, builtin_index(name)), dst)
        }
        Op::CallMethod { dst, callee, receiver, args: [argument] } if *argument == generator => {
            let Op::LoadMethod { name, .. } = definition(before, callee)?.op() else { return None };
            if module.names[name.index()] != "join" {
                return None;
            }
            (Consumer::Listed, Test::Str(receiver), dst)
        }
        _ => return None,
    };
    let named = |reg: Reg| reg.index() < function.varnames.len();
    let at = before.iter().rposition(|inst| matches!(inst.op(), Op::MakeFunction { dst, .. } if dst == made))?;
    let Op::MakeFunction { func: code, defaults: None, kwdefaults: None, annotate: None, closure, .. } = insts[at].op() else {
        return None;
    };
    let closure = closure.to_vec();
    let touched = before[at + 1..].iter().any(|inst| {
        let mut touched = false;
        inst.for_each_reg(|kind, reg| {
            let writes = matches!(kind, dpb::Operand::Def | dpb::Operand::MaybeDef | dpb::Operand::Defs);
            touched |= reg == made || (writes && closure.contains(&reg));
        });
        touched
    });
    if named(generator) || named(made) || touched || !fits(&module.functions[code.index()], consumer) {
        return None;
    }
    Some(Site { consumer, test, function: at, call, code, iterator: *iterator, closure, dst })
}

/// Whether an expression's code can stand in another function.
fn fits(code: &dpb::Function, consumer: Consumer) -> bool {
    let insts = || code.blocks.iter().flat_map(|block| &block.insts);
    let other = |inst: &Inst| {
        matches!(
            inst.opcode(),
            Opcode::MakeFunction | Opcode::CallScoped | Opcode::CallSuper | Opcode::LoadSuperAttr | Opcode::LoadSuperMethod
        ) || (inst.effects().has(Effects::SUSPENDS) && inst.opcode() != Opcode::Yield)
            || inst.position.line >> MARK_SHIFT != 0
            || (consumer == Consumer::Sum && inst.opcode() == Opcode::GetIter)
    };
    code.flags.has(FunctionFlags::COMPREHENSION.or(FunctionFlags::GENERATOR))
        && code.n_params() == 1
        && code.blocks.iter().all(|block| block.handler.is_none())
        && insts().count() <= MAX_INSTS
        && insts().filter(|inst| inst.opcode() == Opcode::Yield).count() == 1
        && !insts().any(other)
}

fn apply(module: &dpb::Module, fusion: &mut Fusion, block: usize, site: Site) {
    let Site { consumer, test, function: at, call, code: id, iterator, closure, dst } = site;
    let code = &module.functions[id.index()];
    let function = &mut fusion.function;
    let index = fusion.fused.len();
    let base = function.n_registers;
    let own = |reg: Reg| Reg(reg.0 + base);
    let [is_it, sum, both, total, yes, no] = [0, 1, 2, 3, 4, 5].map(|n| Reg(base + code.n_registers + n));
    function.n_registers += code.n_registers + 6;

    let first = function.blocks.len() as u32;
    let n_inner = code.blocks.len() as u32;
    let [setup, slow, done, hit, tail, leave] = [0, 1, 2, 3, 4, 5].map(|n| BlockId(first + n_inner + n));
    let mut extra: Vec<Block> = Vec::new();
    let extra_base = first + n_inner + 6;
    let inner = |id: BlockId| BlockId(id.0 + first);
    let handler = function.blocks[block].handler;

    // The call's block: up to the call, then the test.
    let mut before = std::mem::take(&mut function.blocks[block].insts);
    let rest = before.split_off(call + 2);
    let consume = before.pop().expect("the consuming call");
    let make_generator = before.pop().expect("the call of the expression");
    let make_function = before.remove(at);
    let position = consume.position;
    let new = |op: Op<'_>| Inst::new(op, position);
    let tested = match test {
        Test::Builtin(reg, _) | Test::Str(reg) => reg,
        Test::BothSmall(..) | Test::Word(_) => unreachable!("not a test of a consumer"),
    };
    fusion.tests.insert(is_it, test);
    before.push(new(Op::Is { dst: is_it, lhs: tested, rhs: tested }));
    before.push(new(Op::Branch { cond: is_it, then: setup, other: slow }));
    function.blocks[block].insts = before;

    // The expression's code.
    let generator_args = [own(Reg(0))];
    for source in &code.blocks {
        let mut insts: Vec<Inst> = Vec::new();
        let mut place = None;
        for inst in &source.insts {
            match inst.op() {
                Op::LoadClosure { dst, index: cell } => {
                    let position = mark(inst.position, index);
                    insts.push(Inst::new(Op::Move { dst: own(dst), src: closure[cell as usize] }, position));
                }
                Op::Return { .. } => insts.push(new(Op::Jump { target: done })),
                Op::Yield { dst: sent, value } => {
                    let (sent, value) = (own(sent), own(value));
                    match consumer {
                        Consumer::Set => insts.push(new(Op::SetAdd { set: sum, value })),
                        Consumer::List | Consumer::Tuple | Consumer::Listed => insts.push(new(Op::ListAppend { list: sum, value })),
                        Consumer::Any | Consumer::All | Consumer::Sum => {
                            let mut pending = std::mem::take(&mut insts);
                            let next = BlockId(extra_base + extra.len() as u32);
                            match consumer {
                                Consumer::Any => pending.push(new(Op::Branch { cond: value, then: hit, other: next })),
                                Consumer::All => pending.push(new(Op::Branch { cond: value, then: next, other: hit })),
                                _ => {
                                    fusion.tests.insert(both, Test::BothSmall(sum, value));
                                    pending.push(new(Op::Is { dst: both, lhs: sum, rhs: value }));
                                    pending.push(new(Op::Branch { cond: both, then: next, other: leave }));
                                }
                            }
                            put(function, &mut extra, place, Block { handler, insts: pending });
                            extra.push(Block { handler, insts: Vec::new() });
                            place = Some(extra.len() - 1);
                            if consumer == Consumer::Sum {
                                insts.push(new(Op::Add { dst: sum, lhs: sum, rhs: value }));
                            }
                        }
                    }
                    insts.push(new(Op::Clear { dst: sent }));
                }
                _ => {
                    let mut copy = inst.clone();
                    copy.position = mark(inst.position, index);
                    copy.map_regs(|_, reg| own(reg));
                    copy.map_blocks(inner);
                    insts.push(copy);
                }
            }
        }
        put(function, &mut extra, place, Block { handler, insts });
    }
    let yielded = code.blocks.iter().flat_map(|block| &block.insts).find_map(|inst| match inst.op() {
        Op::Yield { value, .. } => Some(own(value)),
        _ => None,
    });

    // What stands around it: setup, slow, done, hit, tail, leave.
    let mut insts = vec![new(Op::Move { dst: own(Reg(0)), src: iterator })];
    insts.extend((1..code.varnames.len() as u32).map(|reg| new(Op::Clear { dst: own(Reg(reg)) })));
    match consumer {
        Consumer::Set => insts.push(new(Op::BuildSet { dst: sum, items: &[] })),
        Consumer::List | Consumer::Tuple | Consumer::Listed => insts.push(new(Op::BuildList { dst: sum, items: &[] })),
        Consumer::Sum => {
            fusion.tests.insert(sum, Test::Word(Word::from_small_int(0)));
            insts.push(new(Op::Is { dst: sum, lhs: is_it, rhs: is_it }));
        }
        Consumer::Any | Consumer::All => {}
    }
    insts.push(new(Op::Jump { target: inner(BlockId(0)) }));
    function.blocks.push(Block { handler, insts });

    let go_on = || new(Op::Jump { target: tail });
    function.blocks.push(Block { handler, insts: vec![make_function.clone(), make_generator.clone(), consume.clone(), go_on()] });

    fusion.tests.insert(yes, Test::Word(Word::TRUE));
    fusion.tests.insert(no, Test::Word(Word::FALSE));
    let word = |reg: Reg| new(Op::Is { dst: reg, lhs: is_it, rhs: is_it });
    let truth = |value: bool| {
        let reg = if value { yes } else { no };
        [word(reg), new(Op::Move { dst, src: reg })]
    };
    let mut insts = Vec::new();
    let last = match consumer {
        Consumer::Set | Consumer::List | Consumer::Sum => new(Op::Move { dst, src: sum }),
        Consumer::Tuple => new(Op::ListToTuple { dst, list: sum }),
        Consumer::Any | Consumer::All => {
            let [made, moved] = truth(consumer == Consumer::All);
            insts.push(made);
            moved
        }
        Consumer::Listed => match consume.op() {
            Op::Call { dst, callee, .. } => new(Op::Call { dst, callee, args: &[sum] }),
            Op::CallMethod { dst, callee, receiver, .. } => new(Op::CallMethod { dst, callee, receiver, args: &[sum] }),
            _ => unreachable!("the consumer is a call"),
        },
    };
    insts.extend([last, go_on()]);
    function.blocks.push(Block { handler, insts });
    let mut insts = truth(consumer == Consumer::Any).to_vec();
    insts.push(go_on());
    function.blocks.push(Block { handler, insts });
    function.blocks.push(Block { handler, insts: rest });
    let mut insts = Vec::new();
    if let (Consumer::Sum, Some(value)) = (consumer, yielded) {
        // A generator with the rest of the iterator.
        let (Op::MakeFunction { dst: made, .. }, Op::Call { dst: generator, .. }, Op::Call { callee, .. }) =
            (make_function.op(), make_generator.op(), consume.op())
        else {
            unreachable!("found as such")
        };
        fusion.rests.insert(total);
        insts.push(new(Op::Add { dst: total, lhs: sum, rhs: value }));
        insts.push(make_function.clone());
        insts.push(Inst::new(Op::Call { dst: generator, callee: made, args: &generator_args }, make_generator.position));
        insts.push(new(Op::Call { dst, callee, args: &[generator, total] }));
    }
    insts.push(go_on());
    function.blocks.push(Block { handler, insts });
    function.blocks.extend(extra);
    fusion.fused.push(Fused { code: id, position });
}

/// A finished piece of an expression's block: the first one is the block, the others have their places.
fn put(function: &mut dpb::Function, extra: &mut [Block], place: Option<usize>, piece: Block) {
    match place {
        None => function.blocks.push(piece),
        Some(at) => extra[at] = piece,
    }
}
