//! Struct sequences: tuples whose items have names (`sys.version_info`, `time.struct_time`). Items behind the visible ones
//! have a name only.

use crate::prelude::*;
use dxpyc_abi::{COUNT_UNIT, TupleObject};

/// The body of struct sequences: a tuple's, with the hidden items behind the visible ones.
#[repr(transparent)]
pub struct Body(TupleObject);

impl Body {
    fn all(&self) -> &[Value] {
        let class = type_of(crate::cast::value_of(&self.0));
        // SAFETY: `new` wrote one item for each field of the class behind the head.
        unsafe { std::slice::from_raw_parts((&raw const self.0.items) as *const Value, field_names(class).len()) }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        for &item in self.all() {
            drop(Ref::from_owned(item));
        }
    }
}

impl Visit for Body {
    fn visit(&self, visitor: &mut Visitor<'_>) {
        for &item in self.all() {
            visitor.value(item);
        }
    }
    fn clear(&self) {}
}

/// The slots of a struct sequence.
pub const SLOTS: Slots = Slots { repr: Some(repr), new: Some(new_from_python), ..Slots::NONE };
/// The slots of one that Python code cannot make.
pub const SLOTS_NO_NEW: Slots = Slots { repr: Some(repr), new: Some(refuse_new), ..Slots::NONE };

unsafe fn var_size(object: *const Header) -> usize {
    // SAFETY: called for struct sequences only; the type word is valid.
    let class = unsafe { &*((*object).ty.get() as *const Type) };
    size_of::<TupleObject>() + field_names(class).len() * size_of::<Value>()
}

/// A struct sequence type: named by `module.name`, with `decl` naming the fields in order (its getters).
pub const fn class(name: &'static str, module: &'static str, slots: Slots, decl: &'static crate::native::ClassDecl) -> Type {
    Type::builtin::<Body>(
        name,
        module,
        Some(&crate::tuple::TUPLE),
        dxpyc_abi::type_flags::TUPLE | dxpyc_abi::type_flags::SEQUENCE,
        Slots { var_size: Some(var_size), ..slots },
        Some(decl),
    )
    .visited::<Body>()
}

/// Getter of field `I`.
pub fn field<const I: usize>(v: Value) -> R<Ref> {
    Ok(Ref::new(crate::cast::get_unchecked::<BodyObject>(v).0.all()[I]))
}

/// [`Body`] as an object.
#[repr(transparent)]
struct BodyObject(Body);
// SAFETY: only used for values whose type was made by `class`; the head is a tuple's.
unsafe impl crate::cast::Object for BodyObject {
    fn class() -> &'static Type {
        &crate::tuple::TUPLE
    }
}

/// `struct_sequence!(STATIC, DECL, "name", "module", "doc", slots, visible; 0 "first", 1 "second", …)`.
#[macro_export]
macro_rules! struct_sequence {
    ($class:ident, $decl:ident, $name:literal, $module:literal, $doc:literal, $slots:expr, $visible:literal; $($i:literal $field:literal),* $(,)?) => {
        static $decl: $crate::native::ClassDecl = $crate::native::ClassDecl {
            doc: $doc,
            methods: &$crate::struct_sequence::METHODS,
            getsets: &[$($crate::native::GetSetDecl { name: $field, doc: "", get: $crate::struct_sequence::field::<$i>, set: None }),*],
            init: Some(|class| $crate::struct_sequence::init(class, $visible)),
        };
        #[doc = concat!("`", $module, ".", $name, "`.")]
        pub static $class: $crate::ty::Type = $crate::struct_sequence::class($name, $module, $slots, &$decl);
    };
}

/// Adds the constants of a struct sequence class.
pub fn init(class: &'static Type, visible: usize) {
    let n = field_names(class).len();
    for (name, count) in [("n_fields", n), ("n_sequence_fields", visible), ("n_unnamed_fields", 0)] {
        crate::type_object::set_dict(class, name, crate::int::from_i64(count as i64));
    }
    let names = field_names(class)[..visible].iter().map(|f| crate::str::intern(f.name)).collect();
    crate::type_object::set_dict(class, "__match_args__", crate::tuple::from_refs(names));
}

/// Methods of all struct sequences.
pub static METHODS: [NativeDecl; 2] = [
    NativeDecl {
        name: "__reduce__",
        signature: "($self, /)",
        doc: "",
        kind: FnKind::Method,
        params: &[],
        call: reduce,
    },
    NativeDecl {
        name: "__replace__",
        signature: "($self, /, **changes)",
        doc: "Return a copy of the structure with new values for the specified fields.",
        kind: FnKind::Method,
        params: &[],
        call: replace,
    },
];

fn field_names(class: &Type) -> &'static [GetSetDecl] {
    class.decl.map_or(&[], |d| d.getsets)
}

/// An instance with all items (hidden ones included); the first `visible` are the tuple's.
pub fn new(class: &'static Type, visible: usize, items: Vec<Ref>) -> Ref {
    assert_eq!(items.len(), field_names(class).len(), "one item for each field");
    let p = class.allocate(size_of::<TupleObject>() + items.len() * size_of::<Value>()) as *mut TupleObject;
    // SAFETY: the block has room for the head and the items.
    unsafe {
        (&raw mut (*p).header).write(Header { count: Cell::new(COUNT_UNIT), ty: Cell::new(&raw const class.prefix) });
        (&raw mut (*p).len).write(visible);
        (&raw mut (*p).hash).write(Cell::new(-1));
        let place = (&raw mut (*p).items) as *mut Value;
        for (i, item) in items.into_iter().enumerate() {
            place.add(i).write(item.into_raw());
        }
    }
    class.note_instance();
    Ref::from_owned(Value::from_address(p as usize))
}

fn visible_of(class: &'static Type) -> usize {
    class.slots();
    let name = crate::str::intern("n_sequence_fields");
    crate::type_object::lookup(class, name.v()).and_then(|v| v.as_small_int()).unwrap_or(0) as usize
}

fn display(class: &Type) -> String {
    format!("{}.{}", class.static_module, class.static_name)
}

fn repr(v: Value) -> R<Ref> {
    let class = type_of(v);
    let body = &crate::cast::get_unchecked::<BodyObject>(v).0;
    let mut out = crate::str::Builder::new();
    out.push_str(&display(class));
    out.push_char('(' as u32);
    for (i, (item, name)) in body.all()[..body.0.len].iter().zip(field_names(class)).enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(name.name);
        out.push_char('=' as u32);
        let text = crate::ops::repr(*item)?;
        out.push_value(text.v());
    }
    out.push_char(')' as u32);
    Ok(out.finish())
}

fn refuse_new(class: &'static Type, _: &Args) -> R<Ref> {
    Err(type_error(format!("cannot create '{}' instances", display(class))))
}

fn new_from_python(class: &'static Type, args: &Args) -> R<Ref> {
    let (mut sequence, mut extra) = (args.pos().first().copied(), args.pos().get(1).copied());
    for (keyword, v) in args.kw() {
        let name = crate::str::view(keyword);
        if name.is("sequence") {
            sequence = Some(v);
        } else if name.is("dict") {
            extra = Some(v);
        } else {
            return Err(crate::suggestions::unexpected_keyword(class.static_name, keyword, &["sequence", "dict"]));
        }
    }
    if args.pos().len() > 2 {
        return Err(type_error(format!("{}() takes at most 2 arguments ({} given)", class.static_name, args.values().len())));
    }
    let Some(sequence) = sequence else {
        return Err(type_error(format!("{}() missing required argument 'sequence' (pos 1)", class.static_name)));
    };
    let fields = field_names(class);
    let visible = visible_of(class);
    if crate::ops::iter(sequence).is_err() {
        drop(crate::state::take_pending());
        return Err(type_error("constructor requires a sequence"));
    }
    let mut items = crate::ops::collect_to_vec(sequence)?;
    let n = items.len();
    let name = display(class);
    if visible == fields.len() {
        if n != visible {
            return Err(type_error(format!("{name}() takes a {visible}-sequence ({n}-sequence given)")));
        }
    } else if n < visible {
        return Err(type_error(format!("{name}() takes an at least {visible}-sequence ({n}-sequence given)")));
    } else if n > fields.len() {
        return Err(type_error(format!("{name}() takes an at most {}-sequence ({n}-sequence given)", fields.len())));
    }
    for field in &fields[n..] {
        let value = match extra {
            Some(d) if !d.is_none() => {
                let key = crate::str::intern(field.name);
                crate::dict::get(d, key.v())?
            }
            _ => None,
        };
        items.push(value.unwrap_or_else(Ref::none));
    }
    Ok(new(class, visible, items))
}

fn reduce(this: Value, _: &Args) -> R<Ref> {
    let class = type_of(this);
    let body = &crate::cast::get_unchecked::<BodyObject>(this).0;
    let visible = body.0.len;
    let dict = crate::dict::new();
    for (item, field) in body.all().iter().zip(field_names(class)).skip(visible) {
        crate::dict::set_str(dict.v(), field.name, Ref::new(*item));
    }
    let arguments = crate::tuple::from_refs(vec![crate::tuple::from_slice(&body.all()[..visible]), dict]);
    Ok(crate::tuple::from_refs(vec![Ref::new(class.v()), arguments]))
}

fn replace(this: Value, args: &Args) -> R<Ref> {
    let class = type_of(this);
    let body = &crate::cast::get_unchecked::<BodyObject>(this).0;
    let mut items: Vec<Ref> = body.all().iter().map(|v| Ref::new(*v)).collect();
    for (name, v) in args.kw() {
        let text = crate::str::view(name);
        match field_names(class).iter().position(|f| text.is(f.name)) {
            Some(i) => items[i] = Ref::new(v),
            None => return Err(type_error(format!("Got unexpected field name(s): ['{}']", text.to_rust()))),
        }
    }
    Ok(new(class, body.0.len, items))
}
