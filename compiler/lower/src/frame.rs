//! The function that is being built: blocks, registers, the levels that early exits leave.
//!
//! Temporaries are a stack above the variables: code takes a `mark`, allocates, and `reset`s to the mark when the values are consumed.

use dxpyc_dpb::{Block, BlockId, Const, ConstId, Effects, FuncId, Function, FunctionFlags, Inst, NameId, Op, Position, Reg};
use dxpyc_modules::scopes::{ScopeId, ScopeKind};
use dxpyc_syntax::{Name, ast};
use rustc_hash::FxHashMap;

use crate::{Lowerer, finish};

/// Where a variable lives.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slot {
    /// In a register.
    Var(Reg),
    /// In the cell that a register holds.
    Cell(Reg),
}

/// What has to be done when control leaves a level early.
#[derive(Clone, Copy)]
pub(crate) enum Leave<'a> {
    /// A loop, the target of `break` and `continue`.
    Loop { on_break: BlockId, on_continue: BlockId },
    /// Nothing but going back to the outer handler.
    Nothing,
    /// Run the body of a `finally`.
    Finally { body: &'a [ast::Stmt] },
    /// Call `__exit__`.
    With { exit: Reg, is_async: bool, position: Position },
    /// Restore the handled exception and unbind the name of `except … as name`.
    Handling { saved: Reg, name: Option<&'a ast::Identifier> },
}

/// A statement around the current one.
#[derive(Clone, Copy)]
pub(crate) struct Level<'a> {
    /// The handler outside of it.
    pub outer: Option<BlockId>,
    pub leave: Leave<'a>,
}

/// A function under construction.
pub(crate) struct Frame<'a> {
    pub id: FuncId,
    pub function: Function,
    /// The scope of the function, and the innermost scope: an inlined comprehension or the same.
    pub scope: ScopeId,
    pub here: ScopeId,
    pub kind: ScopeKind,
    pub slots: FxHashMap<(ScopeId, Name), Slot>,
    pub free: FxHashMap<Name, u32>,
    pub levels: Vec<Level<'a>>,
    pub handler: Option<BlockId>,
    /// The block that instructions go to; none after the end of a block: what follows is unreachable.
    pub current: Option<BlockId>,
    /// The position of the statement.
    pub position: Position,
    pub conditional_annotations: Vec<(&'a ast::StmtAnnAssign, Option<i64>)>,
    n_temps: u32,
    outer: Option<Box<Frame<'a>>>,
}

impl<'a> Frame<'a> {
    pub(crate) fn empty() -> Frame<'a> {
        Frame {
            id: FuncId(0),
            function: empty_function(NameId(0), NameId(0), None),
            scope: ScopeId(0),
            here: ScopeId(0),
            kind: ScopeKind::Module,
            slots: FxHashMap::default(),
            free: FxHashMap::default(),
            levels: Vec::new(),
            handler: None,
            current: None,
            position: Position::NONE,
            conditional_annotations: Vec::new(),
            n_temps: 0,
            outer: None,
        }
    }

    /// A new temporary.
    pub(crate) fn temp(&mut self) -> Reg {
        let reg = Reg(self.function.varnames.len() as u32 + self.n_temps);
        self.n_temps += 1;
        self.function.n_registers = self.function.n_registers.max(reg.0 + 1);
        reg
    }

    /// The height of the stack of temporaries.
    pub(crate) fn mark(&self) -> u32 {
        self.n_temps
    }

    /// Frees the temporaries above a mark.
    pub(crate) fn reset(&mut self, mark: u32) {
        debug_assert!(mark <= self.n_temps, "reset to a higher mark");
        self.n_temps = mark;
    }

    /// Whether the register is a temporary.
    pub(crate) fn is_temp(&self, reg: Reg) -> bool {
        reg.index() >= self.function.varnames.len()
    }
}

fn empty_function(name: NameId, qualname: NameId, parent: Option<FuncId>) -> Function {
    Function {
        name,
        qualname,
        parent,
        flags: FunctionFlags::default(),
        n_posonly: 0,
        n_args: 0,
        n_kwonly: 0,
        varnames: Vec::new(),
        cellvars: Vec::new(),
        freevars: Vec::new(),
        n_registers: 0,
        docstring: None,
        first_line: 0,
        blocks: Vec::new(),
    }
}

impl<'a> Lowerer<'a> {
    /// Opens the frame of `scope`. `params` are hidden parameters before the scope's own variables; `free` are free variables beyond the
    /// scope's own. Makes the cells of the scope.
    pub(crate) fn open_frame(&mut self, scope: ScopeId, flags: FunctionFlags, first_line: u32, params: &[&str], free: &[&str]) {
        let scopes = self.scopes;
        let data = &scopes[scope];
        let id = FuncId(self.module.functions.len() as u32);
        let parent = (id.0 > 0).then_some(self.frame.id);
        let (name, qualname) = (self.name(&data.name), self.name(&data.qualname));
        let mut function = empty_function(name, qualname, parent);
        self.module.functions.push(function.clone());
        function.flags = flags;
        function.first_line = first_line;
        function.n_posonly = data.params.positional_only;
        function.n_args = data.params.positional + params.len() as u32;
        function.n_kwonly = data.params.keyword_only;
        let mut frame = Frame { id, scope, here: scope, kind: data.kind, ..Frame::empty() };
        for param in params {
            frame.slots.insert((scope, Name::new(param)), Slot::Var(Reg(function.varnames.len() as u32)));
            function.varnames.push(self.name(param));
        }
        for name in &data.varnames {
            frame.slots.insert((scope, name.clone()), Slot::Var(Reg(function.varnames.len() as u32)));
            function.varnames.push(self.name(name));
        }
        for name in data.freevars.iter().map(|name| name.as_str()).chain(free.iter().copied()) {
            frame.free.insert(Name::new(name), function.freevars.len() as u32);
            function.freevars.push(self.name(name));
        }
        for name in &data.cellvars {
            function.cellvars.push(self.name(name));
        }
        function.n_registers = function.varnames.len() as u32;
        function.blocks.push(Block::default());
        frame.current = Some(BlockId(0));
        frame.function = function;
        let outer = std::mem::replace(&mut self.frame, frame);
        self.frame.outer = Some(Box::new(outer));
        for name in &data.cellvars {
            let cell = self.frame.temp();
            let position = Position { line: first_line, end_line: first_line, col: 0, end_col: 0 };
            match self.frame.slots.insert((scope, name.clone()), Slot::Cell(cell)) {
                Some(Slot::Var(value)) => self.emit(position, Op::MakeCell { dst: cell, value }),
                _ => self.emit(position, Op::MakeEmptyCell { dst: cell }),
            }
        }
    }

    /// Opens an `__annotate__` function that has no scope of its own: it gives strings.
    pub(crate) fn open_strings_frame(&mut self, position: Position) {
        let scopes = self.scopes;
        let mut around = self.frame.scope;
        while scopes[around].kind == ScopeKind::TypeParams {
            around = scopes[around].parent.expect("type parameters stand in a scope");
        }
        let qualname = match scopes[around].kind {
            ScopeKind::Module => "__annotate__".to_owned(),
            ScopeKind::Class => format!("{}.__annotate__", scopes[around].qualname),
            _ => format!("{}.<locals>.__annotate__", scopes[around].qualname),
        };
        let id = FuncId(self.module.functions.len() as u32);
        let (name, qualname) = (self.name("__annotate__"), self.name(&qualname));
        let mut function = empty_function(name, qualname, Some(self.frame.id));
        self.module.functions.push(function.clone());
        let is_nested = scopes[around].kind.is_function_like() || self.frame.function.flags.has(FunctionFlags::NESTED);
        function.flags = if is_nested { FunctionFlags::ANNOTATION_SCOPE.or(FunctionFlags::NESTED) } else { FunctionFlags::ANNOTATION_SCOPE };
        function.first_line = position.line;
        (function.n_posonly, function.n_args, function.n_registers) = (1, 1, 1);
        function.varnames.push(self.name("format"));
        function.blocks.push(Block::default());
        let (scope, here) = (self.frame.scope, self.frame.here);
        let frame = Frame { id, function, scope, here, kind: ScopeKind::Annotations, current: Some(BlockId(0)), position, ..Frame::empty() };
        let outer = std::mem::replace(&mut self.frame, frame);
        self.frame.outer = Some(Box::new(outer));
    }

    /// Finishes the frame and goes back to the one around.
    pub(crate) fn close_frame(&mut self) -> FuncId {
        assert!(self.frame.levels.is_empty(), "levels are closed");
        assert!(self.frame.current.is_none(), "the function has ended");
        let outer = *self.frame.outer.take().expect("a frame is open");
        let frame = std::mem::replace(&mut self.frame, outer);
        let mut function = frame.function;
        finish::finish(&mut function);
        self.module.functions[frame.id.index()] = function;
        frame.id
    }

    /// Adds a cell of the function that the scope does not know.
    pub(crate) fn add_cell(&mut self, name: &str) -> Reg {
        let cell = self.frame.temp();
        let id = self.name(name);
        self.frame.function.cellvars.push(id);
        self.frame.slots.insert((self.frame.scope, Name::new(name)), Slot::Cell(cell));
        self.emit(self.frame.position, Op::MakeEmptyCell { dst: cell });
        cell
    }

    /// Appends an instruction; drops it in unreachable code.
    pub(crate) fn emit(&mut self, position: Position, op: Op<'_>) {
        let Some(current) = self.frame.current else { return };
        self.frame.function.blocks[current.index()].insts.push(Inst::new(op, position));
        if op.opcode().effects().has(Effects::ENDS_BLOCK) {
            self.frame.current = None;
        }
    }

    /// A block to jump to, not started yet.
    pub(crate) fn new_block(&mut self) -> BlockId {
        let id = BlockId(self.frame.function.blocks.len() as u32);
        self.frame.function.blocks.push(Block::default());
        id
    }

    /// Goes on in `block`.
    pub(crate) fn start(&mut self, block: BlockId) {
        self.jump(block);
        self.frame.current = Some(block);
        self.frame.function.blocks[block.index()].handler = self.frame.handler;
    }

    /// Starts a handler block; the register has the exception.
    pub(crate) fn start_handler(&mut self, block: BlockId) -> Reg {
        assert!(self.frame.current.is_none(), "handlers are not fallen into");
        self.start(block);
        let exc = self.frame.temp();
        self.emit(Position::NONE, Op::Catch { dst: exc });
        exc
    }

    pub(crate) fn jump(&mut self, target: BlockId) {
        self.emit(self.frame.position, Op::Jump { target });
    }

    /// Changes the handler for what follows.
    pub(crate) fn set_handler(&mut self, handler: Option<BlockId>) {
        if std::mem::replace(&mut self.frame.handler, handler) == handler || self.frame.current.is_none() {
            return;
        }
        let block = self.new_block();
        self.start(block);
    }

    /// `want`, or a new temporary.
    pub(crate) fn dst(&mut self, want: Option<Reg>) -> Reg {
        want.unwrap_or_else(|| self.frame.temp())
    }

    /// A register for a result that is written more than once: `want` when that is a temporary.
    pub(crate) fn joined(&mut self, want: Option<Reg>) -> Reg {
        want.filter(|&reg| self.frame.is_temp(reg)).unwrap_or_else(|| self.frame.temp())
    }

    /// Moves `src` to `want` if it has to be there.
    pub(crate) fn settle(&mut self, position: Position, want: Option<Reg>, src: Reg) -> Reg {
        match want {
            Some(dst) if dst != src => {
                self.emit(position, Op::Move { dst, src });
                dst
            }
            _ => src,
        }
    }

    pub(crate) fn load_const_to(&mut self, position: Position, constant: Const, want: Option<Reg>) -> Reg {
        let value = self.pools.constant(constant);
        let dst = self.dst(want);
        self.emit(position, Op::LoadConst { dst, value });
        dst
    }

    pub(crate) fn load_const(&mut self, position: Position, constant: Const) -> Reg {
        self.load_const_to(position, constant, None)
    }

    pub(crate) fn load_const_id(&mut self, position: Position, value: ConstId) -> Reg {
        let dst = self.frame.temp();
        self.emit(position, Op::LoadConst { dst, value });
        dst
    }

    pub(crate) fn load_str(&mut self, position: Position, text: &str) -> Reg {
        let value = self.pools.str(text);
        self.load_const_id(position, value)
    }

    pub(crate) fn load_none(&mut self, position: Position) -> Reg {
        self.load_const(position, Const::None)
    }

    pub(crate) fn return_none(&mut self) {
        let mark = self.frame.mark();
        let position = self.frame.position;
        let value = self.load_none(position);
        self.emit(position, Op::Return { value });
        self.frame.reset(mark);
    }
}
