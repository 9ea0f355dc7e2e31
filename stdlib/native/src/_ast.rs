//! `_ast`: the node classes of syntax trees. Compiled programs cannot parse; they can make, walk and print trees.

use dxpyc_objects::prelude::*;
use dxpyc_objects::{attr, call, cast, dict, generic_alias, int, list, ops, str, tuple, type_object, union_type};

/// Python's abstract grammar: `=NAME` begins a sum type, whose constructors follow; `@` marks product types.
const GRAMMAR: &str = "\
=mod\n\
Module(stmt* body, type_ignore* type_ignores)\n\
Interactive(stmt* body)\n\
Expression(expr body)\n\
FunctionType(expr* argtypes, expr returns)\n\
=stmt\n\
FunctionDef(identifier name, arguments args, stmt* body, expr* decorator_list, expr? returns, string? type_comment, type_param* type_params)\n\
AsyncFunctionDef(identifier name, arguments args, stmt* body, expr* decorator_list, expr? returns, string? type_comment, type_param* type_params)\n\
ClassDef(identifier name, expr* bases, keyword* keywords, stmt* body, expr* decorator_list, type_param* type_params)\n\
Return(expr? value)\n\
Delete(expr* targets)\n\
Assign(expr* targets, expr value, string? type_comment)\n\
TypeAlias(expr name, type_param* type_params, expr value)\n\
AugAssign(expr target, operator op, expr value)\n\
AnnAssign(expr target, expr annotation, expr? value, int simple)\n\
For(expr target, expr iter, stmt* body, stmt* orelse, string? type_comment)\n\
AsyncFor(expr target, expr iter, stmt* body, stmt* orelse, string? type_comment)\n\
While(expr test, stmt* body, stmt* orelse)\n\
If(expr test, stmt* body, stmt* orelse)\n\
With(withitem* items, stmt* body, string? type_comment)\n\
AsyncWith(withitem* items, stmt* body, string? type_comment)\n\
Match(expr subject, match_case* cases)\n\
Raise(expr? exc, expr? cause)\n\
Try(stmt* body, excepthandler* handlers, stmt* orelse, stmt* finalbody)\n\
TryStar(stmt* body, excepthandler* handlers, stmt* orelse, stmt* finalbody)\n\
Assert(expr test, expr? msg)\n\
Import(alias* names)\n\
ImportFrom(identifier? module, alias* names, int? level)\n\
Global(identifier* names)\n\
Nonlocal(identifier* names)\n\
Expr(expr value)\n\
Pass\n\
Break\n\
Continue\n\
=expr\n\
BoolOp(boolop op, expr* values)\n\
NamedExpr(expr target, expr value)\n\
BinOp(expr left, operator op, expr right)\n\
UnaryOp(unaryop op, expr operand)\n\
Lambda(arguments args, expr body)\n\
IfExp(expr test, expr body, expr orelse)\n\
Dict(expr?* keys, expr* values)\n\
Set(expr* elts)\n\
ListComp(expr elt, comprehension* generators)\n\
SetComp(expr elt, comprehension* generators)\n\
DictComp(expr key, expr value, comprehension* generators)\n\
GeneratorExp(expr elt, comprehension* generators)\n\
Await(expr value)\n\
Yield(expr? value)\n\
YieldFrom(expr value)\n\
Compare(expr left, cmpop* ops, expr* comparators)\n\
Call(expr func, expr* args, keyword* keywords)\n\
FormattedValue(expr value, int conversion, expr? format_spec)\n\
Interpolation(expr value, constant str, int conversion, expr? format_spec)\n\
JoinedStr(expr* values)\n\
TemplateStr(expr* values)\n\
Constant(constant value, string? kind)\n\
Attribute(expr value, identifier attr, expr_context ctx)\n\
Subscript(expr value, expr slice, expr_context ctx)\n\
Starred(expr value, expr_context ctx)\n\
Name(identifier id, expr_context ctx)\n\
List(expr* elts, expr_context ctx)\n\
Tuple(expr* elts, expr_context ctx)\n\
Slice(expr? lower, expr? upper, expr? step)\n\
=expr_context\n\
Load\n\
Store\n\
Del\n\
=boolop\n\
And\n\
Or\n\
=operator\n\
Add\n\
Sub\n\
Mult\n\
MatMult\n\
Div\n\
Mod\n\
Pow\n\
LShift\n\
RShift\n\
BitOr\n\
BitXor\n\
BitAnd\n\
FloorDiv\n\
=unaryop\n\
Invert\n\
Not\n\
UAdd\n\
USub\n\
=cmpop\n\
Eq\n\
NotEq\n\
Lt\n\
LtE\n\
Gt\n\
GtE\n\
Is\n\
IsNot\n\
In\n\
NotIn\n\
@comprehension(expr target, expr iter, expr* ifs, int is_async)\n\
=excepthandler\n\
ExceptHandler(expr? type, identifier? name, stmt* body)\n\
@arguments(arg* posonlyargs, arg* args, arg? vararg, arg* kwonlyargs, expr?* kw_defaults, arg? kwarg, expr* defaults)\n\
@arg(identifier arg, expr? annotation, string? type_comment)\n\
@keyword(identifier? arg, expr value)\n\
@alias(identifier name, identifier? asname)\n\
@withitem(expr context_expr, expr? optional_vars)\n\
@match_case(pattern pattern, expr? guard, stmt* body)\n\
=pattern\n\
MatchValue(expr value)\n\
MatchSingleton(constant value)\n\
MatchSequence(pattern* patterns)\n\
MatchMapping(expr* keys, pattern* patterns, identifier? rest)\n\
MatchClass(expr cls, pattern* patterns, identifier* kwd_attrs, pattern* kwd_patterns)\n\
MatchStar(identifier? name)\n\
MatchAs(pattern? pattern, identifier? name)\n\
MatchOr(pattern* patterns)\n\
=type_ignore\n\
TypeIgnore(int lineno, string tag)\n\
=type_param\n\
TypeVar(identifier name, expr? bound, expr? default_value)\n\
ParamSpec(identifier name, expr? default_value)\n\
TypeVarTuple(identifier name, expr? default_value)\n\
";

/// Types whose nodes have a position in the source; the end is optional in those marked.
const LOCATED: &[(&str, bool)] = &[
    ("stmt", true),
    ("expr", true),
    ("excepthandler", true),
    ("arg", true),
    ("keyword", true),
    ("alias", true),
    ("pattern", false),
    ("type_param", false),
];

/// A node.
#[repr(C)]
pub struct AstObject {
    header: Header,
}

object_type!(AstObject, AST);

/// `ast.AST`.
pub static AST: Type = Type::builtin::<AstObject>(
    "AST",
    "ast",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::BASE,
    Slots { new: Some(new), init: Some(init_node), repr: Some(repr), ..Slots::NONE },
    Some(&ASTOBJECT_DECL),
);

fn new(class: &'static Type, _: &Args) -> R<Ref> {
    Ok(cast::new_object_of(class, AstObject { header: cast::fresh_header() }))
}

fn texts_of(class: &'static Type, attribute: &str) -> R<Vec<Ref>> {
    match ops::getattr_opt(class.v(), attribute)? {
        Some(names) => ops::collect_to_vec(names.v()),
        None => Ok(Vec::new()),
    }
}

fn deprecated(message: String) -> R<()> {
    dxpyc_objects::warn::warn(&dxpyc_objects::exceptions::DEPRECATION_WARNING, &message)
}

fn init_node(this: Value, args: &Args) -> R<()> {
    let class = type_of(this);
    let name = class.name();
    let fields = texts_of(class, "_fields")?;
    let given = args.pos();
    if given.len() > fields.len() {
        let plural = if fields.len() == 1 { "" } else { "s" };
        return Err(type_error(format!("{name} constructor takes at most {} positional argument{plural}", fields.len())));
    }
    let mut have = vec![false; fields.len()];
    for (i, value) in given.iter().enumerate() {
        ops::setattr(this, fields[i].v(), *value)?;
        have[i] = true;
    }
    for (key, value) in args.kw() {
        match fields.iter().position(|f| str::eq(f.v(), key)) {
            Some(i) if have[i] => {
                return Err(type_error(format!("{name} got multiple values for argument '{}'", str::to_rust(key))));
            }
            Some(i) => have[i] = true,
            None => {
                if !texts_of(class, "_attributes")?.iter().any(|a| str::eq(a.v(), key)) {
                    deprecated(format!(
                        "{name}.__init__ got an unexpected keyword argument '{}'. Support for arbitrary keyword arguments is deprecated and will be removed in Python 3.15.",
                        str::to_rust(key)
                    ))?;
                }
            }
        }
        ops::setattr(this, key, value)?;
    }
    if have.iter().all(|h| *h) {
        return Ok(());
    }
    let Some(types) = ops::getattr_opt(class.v(), "_field_types")? else { return Ok(()) };
    for field in fields.iter().zip(have).filter(|(_, have)| !have).map(|(field, _)| field) {
        let shown = str::to_rust(field.v());
        let Some(kind) = dict::get(types.v(), field.v())? else {
            deprecated(format!("Field '{shown}' is missing from {name}._field_types. This will become an error in Python 3.15."))?;
            continue;
        };
        if union_type::members(kind.v()).is_some() {
            continue;
        }
        if std::ptr::eq(type_of(kind.v()), &generic_alias::GENERIC_ALIAS) {
            ops::setattr(this, field.v(), list::new().v())?;
        } else if type_object::as_type(kind.v()).is_some_and(|t| t.name() == "expr_context") {
            ops::setattr(this, field.v(), load()?.v())?;
        } else {
            deprecated(format!("{name}.__init__ missing 1 required positional argument: '{shown}'. This will become an error in Python 3.15."))?;
        }
    }
    Ok(())
}

struct Kept(Slot);
// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Kept {}
static LOAD_CLASS: Kept = Kept(Slot::empty());
static LOAD: Kept = Kept(Slot::empty());

/// The context of nodes that say none.
fn load() -> R<Ref> {
    if LOAD.0.is_empty() {
        LOAD.0.set(call::call0(LOAD_CLASS.0.get())?);
    }
    Ok(Ref::new(LOAD.0.get()))
}

fn repr(v: Value) -> R<Ref> {
    Ok(str::from_str(&shown(v, 3)?))
}

fn is_node(v: Value) -> bool {
    cast::get::<AstObject>(v).is_some()
}

/// The text of a node, down to a depth.
fn shown(v: Value, depth: usize) -> R<String> {
    dxpyc_objects::state::check_recursion(" while getting the repr of an object")?;
    let name = type_of(v).name();
    if depth == 0 {
        return Ok(format!("{name}(...)"));
    }
    let mut parts = Vec::new();
    for field in texts_of(type_of(v), "_fields")? {
        let value = ops::getattr(v, field.v())?;
        let items = if list::is_list(value.v()) { Some(list::to_refs(list::items_raw(value.v()))) } else { tuple::items(value.v()).map(list::to_refs) };
        let text = match items {
            Some(items) => {
                let mut inside = Vec::new();
                for (i, item) in items.iter().enumerate() {
                    if i == 0 || i + 1 == items.len() {
                        inside.push(part(item.v(), depth - 1)?);
                    } else if i == 1 {
                        inside.push("...".into());
                    }
                }
                let inside = inside.join(", ");
                if list::is_list(value.v()) { format!("[{inside}]") } else { format!("({inside})") }
            }
            None => part(value.v(), depth - 1)?,
        };
        parts.push(format!("{}={text}", str::to_rust(field.v())));
    }
    Ok(format!("{name}({})", parts.join(", ")))
}

fn part(v: Value, depth: usize) -> R<String> {
    if is_node(v) { shown(v, depth) } else { Ok(str::to_rust(ops::repr(v)?.v())) }
}

fn instance_dict(v: Value) -> R<Ref> {
    Ok(attr::instance_dict(v)?.unwrap_or_else(dict::new))
}

#[native_class(doc = "", init = constants)]
impl AstObject {
    #[native(name = "__reduce__")]
    fn reduce(v: Value) -> R<Ref> {
        let state = instance_dict(v)?;
        let mut nones = Vec::new();
        for field in texts_of(type_of(v), "_fields")? {
            if !dict::contains(state.v(), field.v())? {
                break;
            }
            nones.push(Ref::none());
        }
        Ok(tuple::from_refs(vec![Ref::new(type_of(v).v()), tuple::from_refs(nones), dict::copy(state.v())]))
    }
    /// Return a copy of the AST node with new values for the specified fields.
    #[native("($self, /, **fields)", name = "__replace__", raw)]
    fn replace(v: Value, args: &Args) -> R<Ref> {
        if !args.pos().is_empty() {
            return Err(type_error("__replace__() takes no positional arguments"));
        }
        let class = type_of(v);
        let (fields, attributes) = (texts_of(class, "_fields")?, texts_of(class, "_attributes")?);
        let state = dict::copy(instance_dict(v)?.v());
        for (key, value) in args.kw() {
            if !fields.iter().chain(&attributes).any(|f| str::eq(f.v(), key)) {
                return Err(type_error(format!("{}.__replace__ got an unexpected keyword argument '{}'.", class.name(), str::to_rust(key))));
            }
            dict::set(state.v(), key, value)?;
        }
        let mut absent = Vec::new();
        for field in &fields {
            if !dict::contains(state.v(), field.v())? && ops::getattr_opt_value(class.v(), field.v())?.is_none() {
                absent.push(format!("'{}'", str::to_rust(field.v())));
            }
        }
        if !absent.is_empty() {
            absent.sort();
            let plural = if absent.len() == 1 { "" } else { "s" };
            return Err(type_error(format!("{}.__replace__ missing {} keyword argument{plural}: {}.", class.name(), absent.len(), absent.join(", "))));
        }
        call::call_tuple_dict(class.v(), tuple::empty(), state.v())
    }
}

fn constants(class: &'static Type) {
    for name in ["_fields", "_attributes", "__match_args__"] {
        type_object::set_dict(class, name, Ref::new(tuple::empty()));
    }
}

fn strings<'a>(items: impl Iterator<Item = &'a str>) -> Ref {
    tuple::from_refs(items.map(str::intern).collect())
}

fn make_class(module: Value, name: &str, base: Value, doc: &str, namespace: Vec<(&str, Ref)>) -> R<Ref> {
    let contents = dict::new();
    for (key, value) in namespace {
        dict::set_str(contents.v(), key, value);
    }
    dict::set_str(contents.v(), "__module__", str::intern("ast"));
    dict::set_str(contents.v(), "__doc__", str::from_str(doc));
    let bases = tuple::from_slice(&[base]);
    dxpyc_objects::uses_slot!(NEW_TYPE);
    let class = call::call3(type_object::TYPE.v(), str::intern(name).v(), bases.v(), contents.v())?;
    dict::set_str(module, name, class.clone());
    Ok(class)
}

/// What attributes a located type adds.
fn location(name: &str) -> Vec<(&'static str, Ref)> {
    let Some((_, end_optional)) = LOCATED.iter().find(|(n, _)| *n == name) else { return vec![("_attributes", Ref::new(tuple::empty()))] };
    let mut out = vec![("_attributes", strings(["lineno", "col_offset", "end_lineno", "end_col_offset"].into_iter()))];
    if *end_optional {
        out.push(("end_lineno", Ref::none()));
        out.push(("end_col_offset", Ref::none()));
    }
    out
}

/// A constructor's name and its fields: type with `?` and `*`, name.
fn constructor(doc: &'static str) -> (&'static str, Vec<(&'static str, &'static str)>) {
    match doc.split_once('(') {
        None => (doc, Vec::new()),
        Some((name, rest)) => {
            let fields = rest.trim_end_matches(')').split(", ").filter_map(|f| f.rsplit_once(' ')).collect();
            (name, fields)
        }
    }
}

fn make_node_class(module: Value, doc: &'static str, base: Value, located: bool) -> R<Ref> {
    let (name, fields) = constructor(doc);
    let names = strings(fields.iter().map(|(_, n)| *n));
    let mut namespace = vec![("_fields", names.clone()), ("__match_args__", names)];
    if located {
        namespace.extend(location(name));
    }
    namespace.extend(fields.iter().filter(|(kind, _)| kind.ends_with('?')).map(|(_, n)| (*n, Ref::none())));
    make_class(module, name, base, doc, namespace)
}

fn field_type(module: Value, kind: &str) -> R<Ref> {
    let plain = kind.trim_end_matches(['?', '*']);
    let class = match plain {
        "identifier" | "string" => Ref::new(str::STR.v()),
        "int" => Ref::new(int::INT.v()),
        "constant" => Ref::new(dxpyc_objects::object::OBJECT.v()),
        other => dict::get_text(module, other).map(Ref::new).unwrap_or(Ref::none()),
    };
    match &kind[plain.len()..] {
        "" => Ok(class),
        "?" => union_type::or(class.v(), Value::NONE),
        _ => generic_alias::new(list::LIST.v(), class.v()),
    }
}

fn init(module: Value) -> R<()> {
    dict::set_str(module, "AST", Ref::new(AST.v()));
    let mut base = Ref::new(AST.v());
    let mut lines = GRAMMAR.lines().peekable();
    let mut classes = Vec::new();
    while let Some(line) = lines.next() {
        if let Some(product) = line.strip_prefix('@') {
            classes.push((product, make_node_class(module, product, AST.v(), true)?));
        } else if let Some(name) = line.strip_prefix('=') {
            let constructors: Vec<&str> = lines.clone().take_while(|l| !l.starts_with(['=', '@'])).collect();
            let separator = if constructors.iter().all(|c| !c.contains('(')) { " | ".into() } else { format!("\n{:width$}| ", "", width = name.len() + 1) };
            let doc = format!("{name} = {}", constructors.join(&separator));
            let none = Ref::new(tuple::empty());
            let mut namespace = vec![("_fields", none.clone()), ("__match_args__", none)];
            namespace.extend(location(name));
            base = make_class(module, name, AST.v(), &doc, namespace)?;
        } else {
            classes.push((line, make_node_class(module, line, base.v(), false)?));
        }
    }
    for (doc, class) in classes {
        let types = dict::new();
        for (kind, name) in constructor(doc).1 {
            dict::set_str(types.v(), name, field_type(module, kind)?);
        }
        ops::setattr_str(class.v(), "_field_types", types.v())?;
    }
    if let Some(class) = dict::get_text(module, "Load") {
        LOAD_CLASS.0.set(Ref::new(class));
    }
    for (name, value) in [("PyCF_ALLOW_TOP_LEVEL_AWAIT", 0x2000), ("PyCF_ONLY_AST", 0x400), ("PyCF_OPTIMIZED_AST", 0x8400), ("PyCF_TYPE_COMMENTS", 0x1000)] {
        dict::set_str(module, name, int::from_i64(value));
    }
    Ok(())
}

#[native_module(name = "_ast", init = super::init)]
pub mod module {}
