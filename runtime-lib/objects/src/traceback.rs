//! Traceback objects: a linked list of places, innermost last.

use crate::prelude::*;
use dxpyc_abi::{Code, Position};

/// One entry: where in which code the exception passed.
#[repr(C)]
pub struct TracebackObject {
    header: Header,
    /// The next inner entry, or empty.
    pub next: Slot,
    /// The code record (static).
    pub code: *const Code,
    /// Index into the code's position table.
    pub position: u32,
    /// The line that a program gave the entry; 0: the position's.
    line: u32,
}

object_type!(TracebackObject, TRACEBACK);

/// `types.TracebackType`.
pub static TRACEBACK: Type = Type::builtin::<TracebackObject>(
    "traceback",
    "builtins",
    Some(&crate::object::OBJECT),
    0,
    Slots { new: Some(traceback_new), ..Slots::NONE },
    Some(&TRACEBACK_DECL),
)
.visited::<TracebackObject>()
.dealloc_by(crate::type_object::dealloc_as::<TracebackObject>);

impl Visit for TracebackObject {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        visitor.slot(&self.next)
    }
    fn clear(&self) {
        drop(self.next.take())
    }
}

impl Drop for TracebackObject {
    fn drop(&mut self) {
        // A deep chain is freed in a loop: an entry that only we hold is emptied before it dies.
        let mut next = self.next.take();
        while let Some(entry) = next {
            next = match crate::cast::get::<TracebackObject>(entry.v()) {
                Some(object) if object.header.count.get() == dxpyc_abi::COUNT_UNIT => object.next.take(),
                _ => None,
            };
        }
    }
}

fn traceback_new(_: &'static Type, args: &Args) -> R<Ref> {
    let mut out = [Value::MISSING; 4];
    crate::unpack::unpack(args, "TracebackType", &["tb_next", "tb_frame", "tb_lasti", "tb_lineno"], 4, &mut out)?;
    let [next, frame, lasti, line] = out;
    if !next.is_none() && !is_exact(next, &TRACEBACK) {
        return Err(type_error(format!("expected traceback object or None, got '{}'", crate::type_object::display_name(next))));
    }
    let Some(frame) = crate::cast::get::<FrameObject>(frame) else {
        return Err(type_error(format!("traceback() argument 'tb_frame' must be frame, not {}", crate::unpack::not_name(frame))));
    };
    let (lasti, line) = (crate::unpack::c_int(lasti)?, crate::unpack::c_int(line)?);
    Ok(new_object(TracebackObject {
        header: crate::cast::fresh_header(),
        next: if next.is_none() { Slot::empty() } else { Slot::new(Ref::new(next)) },
        code: frame.code,
        position: (lasti / 2).max(0) as u32,
        line: line.max(1) as u32,
    }))
}

/// Puts a new outermost entry in front of the exception's traceback.
pub fn prepend(exception: Value, code: *const Code, position: u32) {
    let base = crate::exceptions::base(exception);
    let entry = TracebackObject {
        header: crate::cast::fresh_header(),
        next: match base.traceback.take() {
            Some(next) => Slot::new(next),
            None => Slot::empty(),
        },
        code,
        position,
        line: 0,
    };
    base.traceback.set(new_object(entry));
}

impl TracebackObject {
    /// The static code record.
    pub fn code(&self) -> &'static Code {
        // SAFETY: the back end emits code records as statics; `dxp_traceback` is given the address of one.
        unsafe { &*self.code }
    }
    /// Where in the source.
    pub fn place(&self) -> Position {
        let code = self.code();
        if self.line != 0 {
            return Position { line: self.line, end_line: self.line, column: 0, end_column: 0 };
        }
        assert!(self.position < code.n_positions);
        // SAFETY: the index was just compared with the table's length.
        unsafe { *code.positions.add(self.position as usize) }
    }
}

#[native_class(decl = TRACEBACK_DECL)]
impl TracebackObject {
    #[native("($self, /)")]
    fn __dir__(&self) -> R<Ref> {
        Ok(crate::list::from_refs(["tb_frame", "tb_next", "tb_lasti", "tb_lineno"].iter().map(|n| crate::str::intern(n)).collect()))
    }
    #[getter]
    fn tb_next(&self) -> R<Ref> {
        Ok(self.next.cloned().unwrap_or_else(Ref::none))
    }
    #[setter]
    fn set_tb_next(&self, value: Value) -> R<()> {
        if value.is_none() {
            drop(self.next.take());
            return Ok(());
        }
        if value.is_missing() || !is_exact(value, &TRACEBACK) {
            return Err(type_error(format!("expected traceback object, got '{}'", crate::type_object::display_name(value))));
        }
        let mut at = Some(Ref::new(value));
        while let Some(entry) = at {
            let object = crate::cast::get_unchecked::<TracebackObject>(entry.v());
            if std::ptr::eq(object, self) {
                return Err(value_error("traceback loop detected"));
            }
            at = object.next.cloned();
        }
        self.next.set(Ref::new(value));
        Ok(())
    }
    #[getter]
    fn tb_lineno(&self) -> i64 {
        self.place().line as i64
    }
    #[getter]
    fn tb_lasti(&self) -> i64 {
        self.position as i64 * 2
    }
    #[getter]
    fn tb_frame(&self) -> R<Ref> {
        Ok(new_object(FrameObject { header: crate::cast::fresh_header(), code: self.code, line: self.place().line }))
    }
}

/// A frame as tracebacks show it: its code and line.
#[repr(C)]
pub struct FrameObject {
    header: Header,
    code: *const Code,
    line: u32,
}

object_type!(FrameObject, FRAME);

/// `types.FrameType`.
pub static FRAME: Type = Type::builtin::<FrameObject>(
    "frame",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::NO_NEW,
    Slots { repr: Some(frame_repr), ..Slots::NONE },
    Some(&FRAME_DECL),
);

fn frame_repr(this: Value) -> R<Ref> {
    let frame = crate::cast::get_unchecked::<FrameObject>(this);
    // SAFETY: as TracebackObject::code.
    let code = unsafe { &*frame.code };
    Ok(crate::str::from_str(&format!(
        "<frame at {:#x}, file {}, line {}, code {}>",
        this.address(),
        crate::str::to_rust(crate::ops::repr(code.filename)?.v()),
        frame.line,
        crate::str::to_rust(code.name)
    )))
}

/// A frame object for a place of code (`sys._getframe` and tracebacks).
pub fn new_frame(code: *const Code, line: u32) -> Ref {
    new_object(FrameObject { header: crate::cast::fresh_header(), code, line })
}

#[native_class(decl = FRAME_DECL)]
impl FrameObject {
    #[getter]
    fn f_lineno(&self) -> i64 {
        self.line as i64
    }
    #[getter]
    fn f_code(&self) -> R<Ref> {
        // SAFETY: as TracebackObject::code.
        crate::function::code_object(unsafe { &*self.code })
    }
    #[getter]
    fn f_globals(&self) -> R<Ref> {
        // SAFETY: as TracebackObject::code; a code's module record is a static, too.
        let module = unsafe { &*(*self.code).module };
        crate::import::globals_of(module)
    }
    #[getter]
    fn f_back(&self) -> R<Ref> {
        Ok(Ref::none())
    }
    #[getter]
    fn f_lasti(&self) -> i64 {
        0
    }
    #[getter]
    fn f_locals(&self) -> R<Ref> {
        Ok(crate::dict::new())
    }
    #[getter]
    fn f_builtins(&self) -> R<Ref> {
        Ok(Ref::new(crate::import::builtins_dict()))
    }
    #[getter]
    fn f_trace(&self) -> R<Ref> {
        Ok(Ref::none())
    }
    #[getter]
    fn f_trace_lines(&self) -> bool {
        true
    }
    #[getter]
    fn f_trace_opcodes(&self) -> bool {
        false
    }
    #[getter]
    fn f_generator(&self) -> R<Ref> {
        Ok(Ref::none())
    }
    #[native("($self, /)")]
    fn clear(&self) {}
}
