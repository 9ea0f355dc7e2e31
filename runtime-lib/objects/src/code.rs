//! Code objects: the view of a compiled function's static record that programs see.

use crate::prelude::*;
use dxpyc_abi::{Code, code_flags};

/// A code object.
#[repr(C)]
pub struct CodeObject {
    header: Header,
    code: &'static Code,
}

/// `code`.
pub static CODE: Type = Type::builtin::<CodeObject>(
    "code",
    "builtins",
    Some(&crate::object::OBJECT),
    type_flags::WEAKREFABLE | type_flags::NO_NEW,
    Slots { repr: Some(repr), ..Slots::NONE },
    Some(&CODE_DECL),
);
object_type!(CodeObject, CODE);

/// The code object of a record; one for each.
pub fn code_object(code: &'static Code) -> Ref {
    let have = code.object.get();
    if have != 0 {
        return Ref::new(Value(have));
    }
    let made = new_object(CodeObject { header: crate::cast::fresh_header(), code });
    // The record keeps its reference for ever.
    code.object.set(made.clone().into_raw().0);
    made
}

fn names(p: *const Value, n: u32) -> R<Ref> {
    if n == 0 {
        return Ok(crate::tuple::from_slice(&[]));
    }
    // SAFETY: the record's arrays are static and as long as it says.
    Ok(crate::tuple::from_slice(unsafe { std::slice::from_raw_parts(p, n as usize) }))
}

fn repr(v: Value) -> R<Ref> {
    let code = crate::cast::get_unchecked::<CodeObject>(v).code;
    Ok(crate::str::from_str(&format!(
        "<code object {} at {:#x}, file \"{}\", line {}>",
        crate::str::to_rust(code.name),
        v.address(),
        crate::str::to_rust(code.filename),
        code.first_line
    )))
}

fn int(i: u32) -> R<Ref> {
    Ok(crate::int::from_i64(i as i64))
}

#[native_class(decl = CODE_DECL, doc = "Create a code object.  Not for mere mortals.")]
impl CodeObject {
    #[getter]
    fn co_name(&self) -> R {
        Ok(Ref::new(self.code.name))
    }
    #[getter]
    fn co_qualname(&self) -> R {
        Ok(Ref::new(self.code.qualname))
    }
    #[getter]
    fn co_filename(&self) -> R {
        Ok(Ref::new(self.code.filename))
    }
    #[getter]
    fn co_firstlineno(&self) -> R {
        int(self.code.first_line)
    }
    #[getter]
    fn co_argcount(&self) -> R {
        int(self.code.n_args)
    }
    #[getter]
    fn co_posonlyargcount(&self) -> R {
        int(self.code.n_posonly)
    }
    #[getter]
    fn co_kwonlyargcount(&self) -> R {
        int(self.code.n_kwonly)
    }
    #[getter]
    fn co_nlocals(&self) -> R {
        int(self.code.n_varnames)
    }
    #[getter]
    fn co_stacksize(&self) -> R {
        int(self.code.n_varnames + 4)
    }
    #[getter]
    fn co_flags(&self) -> R {
        int(self.code.flags & !(code_flags::MODULE | code_flags::CLASS))
    }
    #[getter]
    fn co_varnames(&self) -> R {
        names(self.code.varnames, self.code.n_varnames)
    }
    #[getter]
    fn co_cellvars(&self) -> R {
        names(self.code.cellvars, self.code.n_cellvars)
    }
    #[getter]
    fn co_freevars(&self) -> R {
        names(self.code.freevars, self.code.n_freevars)
    }
    #[getter]
    fn co_names(&self) -> R {
        Ok(crate::tuple::from_slice(&[]))
    }
    #[getter]
    fn co_consts(&self) -> R {
        Ok(crate::tuple::from_slice(&[self.code.doc]))
    }
    #[getter]
    fn co_code(&self) -> R {
        // As long as `co_lines` says; machine code has no bytes to show here.
        Ok(crate::bytes::from_slice(&vec![0; 2 * self.positions().len() + 2]))
    }
    #[getter]
    fn co_linetable(&self) -> R {
        Ok(crate::bytes::from_slice(&[]))
    }
    #[getter]
    fn co_lnotab(&self) -> R {
        crate::warn::warn(&crate::exceptions::DEPRECATION_WARNING, "co_lnotab is deprecated, use co_lines instead.")?;
        Ok(crate::bytes::from_slice(&[]))
    }
    #[getter]
    fn co_exceptiontable(&self) -> R {
        Ok(crate::bytes::from_slice(&[]))
    }
    /// Iterator of (start, end, line) for each traceback position.
    #[native]
    fn co_lines(&self) -> R {
        let mut rows: Vec<(usize, usize, u32)> = Vec::new();
        for (i, line) in std::iter::once(self.code.first_line).chain(self.positions().iter().map(|p| p.line)).enumerate() {
            match rows.last_mut() {
                Some(last) if last.2 == line => last.1 = 2 * i + 2,
                _ => rows.push((2 * i, 2 * i + 2, line)),
            }
        }
        let at = |n: usize| crate::int::from_i64(n as i64);
        let rows = rows.into_iter().map(|(start, end, line)| crate::tuple::from_refs(vec![at(start), at(end), at(line as usize)]));
        let all = crate::list::from_refs(rows.collect());
        crate::ops::iter(all.v())
    }
    /// Iterator of (line, end line, column, end column) for each traceback position.
    #[native]
    fn co_positions(&self) -> R {
        let rows = self.positions().iter().map(|p| {
            let n = |n: u32| crate::int::from_i64(n as i64);
            crate::tuple::from_refs(vec![n(p.line), n(p.end_line), n(p.column), n(p.end_column)])
        });
        let all = crate::list::from_refs(rows.collect());
        crate::ops::iter(all.v())
    }
    /// Return a copy of the code object with new values for the specified fields.
    #[native(raw)]
    fn replace(this: Value, args: &Args) -> R {
        if let Some(n) = Some(args.pos().len()).filter(|n| *n > 0) {
            return Err(type_error(format!("replace() takes 0 positional arguments but {n} were given")));
        }
        replace(this, args)
    }
    #[native(name = "__replace__", raw)]
    fn dunder_replace(this: Value, args: &Args) -> R {
        replace(this, args)
    }
}

impl CodeObject {
    fn positions(&self) -> &'static [dxpyc_abi::Position] {
        if self.code.n_positions == 0 {
            return &[];
        }
        // SAFETY: the record's table is static and as long as it says.
        unsafe { std::slice::from_raw_parts(self.code.positions, self.code.n_positions as usize) }
    }
    /// The static record.
    pub fn record(&self) -> &'static Code {
        self.code
    }
}

/// Another record with the same machine code: flags and names can differ, the rest must be as it was.
fn replace(this: Value, args: &Args) -> R {
    let code = crate::cast::get_unchecked::<CodeObject>(this).code;
    // SAFETY: the record is plain data; its lazily made code object is not shared (`object` is reset).
    let mut copy = unsafe { std::ptr::read(code) };
    copy.object = Cell::new(0);
    let text = |name: &str, v: Value| {
        if type_of(v).has(type_flags::STR) {
            return Ok(crate::str::intern(&crate::str::to_rust(v)).into_raw());
        }
        Err(type_error(format!("replace() argument '{name}' must be str, not {}", crate::type_object::display_name(v))))
    };
    for (name, value) in args.kw() {
        let name = crate::str::to_rust(name);
        match name.as_str() {
            "co_flags" => {
                let own = code_flags::MODULE | code_flags::CLASS;
                copy.flags = crate::int::index_i64(value)? as u32 & !own | code.flags & own;
                let kinds = code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR;
                if (copy.flags ^ code.flags) & (kinds | code_flags::VARARGS | code_flags::VARKEYWORDS) != 0 {
                    return Err(not_implemented_error("unsupported: code.replace() of the kind of compiled code"));
                }
            }
            "co_name" => copy.name = text(&name, value)?,
            "co_qualname" => copy.qualname = text(&name, value)?,
            "co_filename" => copy.filename = text(&name, value)?,
            "co_firstlineno" => copy.first_line = crate::int::index_i64(value)? as u32,
            _ => {
                let now = match crate::ops::getattr_opt(this, &name)? {
                    Some(now) if name.starts_with("co_") => now,
                    _ => return Err(type_error(format!("replace() got an unexpected keyword argument '{name}'"))),
                };
                if !crate::ops::eq(now.v(), value)? {
                    return Err(not_implemented_error(format!("unsupported: code.replace({name}=…) of compiled code")));
                }
            }
        }
    }
    // Functions keep pointers to records: one that is made here lives for ever.
    Ok(code_object(Box::leak(Box::new(copy))))
}
