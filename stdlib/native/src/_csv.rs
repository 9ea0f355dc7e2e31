//! `_csv`: reading and writing of tabular text.

use crate::classes::ClassCell;
use dxpyc_objects::prelude::*;
use dxpyc_objects::type_object::display_name;
use dxpyc_objects::{call, cast, dict, exceptions, float, int, list, ops, str};

static ERROR: ClassCell = ClassCell::new();

const QUOTE_MINIMAL: i64 = 0;
const QUOTE_ALL: i64 = 1;
const QUOTE_NONNUMERIC: i64 = 2;
const QUOTE_NONE: i64 = 3;
const QUOTE_STRINGS: i64 = 4;
const QUOTE_NOTNULL: i64 = 5;

/// How rows are written.
#[derive(Clone)]
struct Rules {
    delimiter: u32,
    quote: Option<u32>,
    escape: Option<u32>,
    terminator: Vec<u32>,
    quoting: i64,
    double_quote: bool,
    skip_space: bool,
    strict: bool,
}

/// `Dialect`.
#[repr(C)]
pub struct DialectObject {
    header: Header,
    rules: Rules,
}

/// `reader`.
#[repr(C)]
pub struct ReaderObject {
    header: Header,
    input: Slot,
    dialect: Slot,
    lines: Cell<i64>,
}

/// `writer`.
#[repr(C)]
pub struct WriterObject {
    header: Header,
    write: Slot,
    dialect: Slot,
}

impl Visit for ReaderObject {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.input);
    }
    fn clear(&self) {
        drop(self.input.take());
    }
}
impl Visit for WriterObject {
    fn visit(&self, v: &mut Visitor<'_>) {
        v.slot(&self.write);
    }
    fn clear(&self) {
        drop(self.write.take());
    }
}

object_type!(DialectObject, DIALECT);
object_type!(ReaderObject, READER);
object_type!(WriterObject, WRITER);

/// `_csv.Dialect`.
pub static DIALECT: Type = Type::builtin::<DialectObject>(
    "Dialect",
    "_csv",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::BASE,
    Slots { new: Some(new_dialect), init: Some(|_, _| Ok(())), ..Slots::NONE },
    Some(&DIALECTOBJECT_DECL),
);
/// `_csv.reader`, the type.
pub static READER: Type = Type::builtin::<ReaderObject>(
    "reader",
    "_csv",
    Some(&dxpyc_objects::object::OBJECT),
    type_flags::NO_NEW,
    Slots { iter: Some(dxpyc_objects::iterators::iter_self), next: Some(next_row), ..Slots::NONE },
    Some(&READEROBJECT_DECL),
)
.visited::<ReaderObject>();
/// `_csv.writer`, the type.
pub static WRITER: Type =
    Type::builtin::<WriterObject>("writer", "_csv", Some(&dxpyc_objects::object::OBJECT), type_flags::NO_NEW, Slots::NONE, Some(&WRITEROBJECT_DECL))
        .visited::<WriterObject>();

struct Global {
    dialects: Slot,
    field_limit: Cell<i64>,
}
// SAFETY: single-threaded until threads arrive (ARCHITECTURE.md).
unsafe impl Sync for Global {}
static STATE: Global = Global { dialects: Slot::empty(), field_limit: Cell::new(128 * 1024) };

const PARAMETERS: [&str; 9] =
    ["dialect", "delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting", "skipinitialspace", "strict"];

fn character(name: &str, v: Value, or_none: bool) -> R<Option<u32>> {
    if v.is_none() && or_none {
        return Ok(None);
    }
    let what = if or_none { "a unicode character or None" } else { "a unicode character" };
    let Some(text) = str::try_view(v) else {
        return Err(type_error(format!("\"{name}\" must be {what}, not {}", display_name(v))));
    };
    if text.len() != 1 {
        return Err(type_error(format!("\"{name}\" must be {what}, not a string of length {}", text.len())));
    }
    Ok(Some(text.get(0)))
}

impl Rules {
    /// From values of the parameters, MISSING where none was given.
    fn from_values(values: &[Value; 9]) -> R<Rules> {
        let given = |i: usize| Some(values[i]).filter(|v: &Value| !v.is_missing());
        let flag = |i: usize, default: bool| given(i).map_or(Ok(default), ops::truth);
        let delimiter = match given(1) {
            Some(v) => character("delimiter", v, false)?.unwrap_or(b',' as u32),
            None => b',' as u32,
        };
        let double_quote = flag(2, true)?;
        let escape = given(3).map_or(Ok(None), |v| character("escapechar", v, true))?;
        let terminator = match given(4) {
            None => "\r\n".chars().map(|c| c as u32).collect(),
            Some(v) => match str::try_view(v) {
                Some(text) => text.chars().collect(),
                None => return Err(type_error(format!("\"lineterminator\" must be a string, not {}", display_name(v)))),
            },
        };
        let quote = given(5).map_or(Ok(Some(b'"' as u32)), |v| character("quotechar", v, true))?;
        let quoting = match given(6) {
            None if quote.is_none() && given(5).is_some() => QUOTE_NONE,
            None => QUOTE_MINIMAL,
            Some(v) if int::is_exact_int(v) => match int::as_i64_exact(v) {
                Some(q) if (QUOTE_MINIMAL..=QUOTE_NOTNULL).contains(&q) => q,
                _ => return Err(type_error("bad \"quoting\" value")),
            },
            Some(v) => return Err(type_error(format!("\"quoting\" must be an integer, not {}", display_name(v)))),
        };
        let (skip_space, strict) = (flag(7, false)?, flag(8, false)?);
        if quoting != QUOTE_NONE && quote.is_none() {
            return Err(type_error("quotechar must be set if quoting enabled"));
        }
        let rules = Rules { delimiter, quote, escape, terminator, quoting, double_quote, skip_space, strict };
        rules.check()?;
        Ok(rules)
    }

    fn check(&self) -> R<()> {
        let single = |name: &str, c: Option<u32>, space_allowed: bool| match c {
            Some(c) if c == b'\r' as u32 || c == b'\n' as u32 || c == b' ' as u32 && !space_allowed => Err(value_error(format!("bad {name} value"))),
            _ => Ok(()),
        };
        single("delimiter", Some(self.delimiter), true)?;
        single("escapechar", self.escape, !self.skip_space)?;
        single("quotechar", self.quote, !self.skip_space)?;
        let differ = |a: &str, b: &str, x: Option<u32>, y: Option<u32>| {
            if x.is_some() && x == y { Err(value_error(format!("bad {a} or {b} value"))) } else { Ok(()) }
        };
        differ("delimiter", "escapechar", Some(self.delimiter), self.escape)?;
        differ("delimiter", "quotechar", Some(self.delimiter), self.quote)?;
        differ("escapechar", "quotechar", self.escape, self.quote)?;
        for (name, c) in [("delimiter", Some(self.delimiter)), ("escapechar", self.escape), ("quotechar", self.quote)] {
            if c.is_some_and(|c| self.terminator.contains(&c)) {
                return Err(value_error(format!("bad {name} or lineterminator value")));
            }
        }
        Ok(())
    }
}

fn dialects() -> Value {
    if STATE.dialects.is_empty() {
        STATE.dialects.set(dict::new());
    }
    STATE.dialects.get()
}

fn unknown() -> Raised {
    ERROR.raise("unknown dialect")
}

fn dialect_named(name: Value) -> R<Ref> {
    dict::get(dialects(), name)?.ok_or_else(unknown)
}

/// A dialect from a dialect (object, class or name) and format parameters.
fn make_dialect(class: &'static Type, dialect: Option<Value>, args: &Args) -> R<Ref> {
    let mut values = [Value::MISSING; 9];
    values[0] = dialect.unwrap_or(Value::MISSING);
    for (key, value) in args.kw() {
        let text = str::view(key);
        match PARAMETERS.iter().position(|p| text.is(p)) {
            Some(i) => values[i] = value,
            None => return Err(type_error(format!("this function got an unexpected keyword argument '{}'", text.to_rust()))),
        }
    }
    let mut keep = Vec::new();
    if !values[0].is_missing() && !values[0].is_none() {
        let mut base = Ref::new(values[0]);
        if str::is_str(base.v()) {
            base = dialect_named(base.v())?;
        }
        if values[1..].iter().all(|v| v.is_missing()) && cast::get::<DialectObject>(base.v()).is_some() && std::ptr::eq(class, &DIALECT) {
            return Ok(base);
        }
        for (i, name) in PARAMETERS.iter().enumerate().skip(1) {
            if values[i].is_missing()
                && let Some(found) = ops::getattr_opt(base.v(), name)?
            {
                values[i] = found.v();
                keep.push(found);
            }
        }
    }
    let rules = Rules::from_values(&values)?;
    drop(keep);
    Ok(cast::new_object_of(class, DialectObject { header: cast::fresh_header(), rules }))
}

fn new_dialect(class: &'static Type, args: &Args) -> R<Ref> {
    if args.pos().len() > 1 {
        return Err(type_error(format!("Dialect() takes at most 1 positional argument ({} given)", args.pos().len())));
    }
    make_dialect(class, args.pos().first().copied(), args)
}

fn rules(dialect: &Slot) -> &'static Rules {
    &cast::get_unchecked::<DialectObject>(dialect.get()).rules
}

fn optional_char(c: Option<u32>) -> Ref {
    c.map_or(Ref::none(), str::from_char)
}

#[native_class(doc = "CSV dialect")]
impl DialectObject {
    #[getter]
    fn delimiter(&self) -> R<Ref> {
        Ok(str::from_char(self.rules.delimiter))
    }
    #[setter]
    fn set_delimiter(&self, _value: Value) -> R<()> {
        Err(attribute_error_plain("attribute 'delimiter' of '_csv.Dialect' objects is not writable"))
    }
    #[getter]
    fn skipinitialspace(&self) -> bool {
        self.rules.skip_space
    }
    #[getter]
    fn doublequote(&self) -> bool {
        self.rules.double_quote
    }
    #[getter]
    fn strict(&self) -> bool {
        self.rules.strict
    }
    #[getter]
    fn escapechar(&self) -> R<Ref> {
        Ok(optional_char(self.rules.escape))
    }
    #[getter]
    fn lineterminator(&self) -> R<Ref> {
        Ok(str::from_code_points(&self.rules.terminator))
    }
    #[getter]
    fn quotechar(&self) -> R<Ref> {
        Ok(optional_char(self.rules.quote))
    }
    #[getter]
    fn quoting(&self) -> i64 {
        self.rules.quoting
    }
    #[native(raw, name = "__reduce__")]
    fn reduce(v: Value, _args: &Args) -> R<Ref> {
        Err(type_error(format!("cannot pickle '{}' instances", type_of(v).name())))
    }
    #[native(raw, name = "__reduce_ex__")]
    fn reduce_ex(v: Value, _args: &Args) -> R<Ref> {
        Err(type_error(format!("cannot pickle '{}' instances", type_of(v).name())))
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    StartRecord,
    StartField,
    Escaped,
    InField,
    InQuoted,
    EscapedInQuoted,
    QuoteInQuoted,
    EatLineEnd,
    AfterEscapedLineEnd,
}

/// One row being read.
struct Parser<'a> {
    rules: &'a Rules,
    state: State,
    field: Vec<u32>,
    unquoted: bool,
    row: Vec<Ref>,
}

const CR: u32 = b'\r' as u32;
const LF: u32 = b'\n' as u32;

impl Parser<'_> {
    fn save(&mut self) -> R<()> {
        let field = std::mem::take(&mut self.field);
        let quoting = self.rules.quoting;
        let item = if self.unquoted && field.is_empty() && matches!(quoting, QUOTE_NOTNULL | QUOTE_STRINGS) {
            Ref::none()
        } else {
            let text = str::from_code_points(&field);
            if self.unquoted && !field.is_empty() && matches!(quoting, QUOTE_NONNUMERIC | QUOTE_STRINGS) {
                dxpyc_objects::uses_slot!(NEW_FLOAT);
                call::call1(float::FLOAT.v(), text.v())?
            } else {
                text
            }
        };
        self.row.push(item);
        Ok(())
    }

    fn add(&mut self, c: u32) -> R<()> {
        let limit = STATE.field_limit.get();
        if self.field.len() as i64 >= limit {
            return Err(ERROR.raise(format!("field larger than field limit ({limit})")));
        }
        self.field.push(c);
        Ok(())
    }

    /// The end of a field at a line's end.
    fn end_line(&mut self, c: Option<u32>) -> R<()> {
        self.save()?;
        self.state = if c.is_none() { State::StartRecord } else { State::EatLineEnd };
        Ok(())
    }

    /// Takes a character; none is the end of the line.
    fn take(&mut self, c: Option<u32>) -> R<()> {
        let r = self.rules;
        let ends = matches!(c, None | Some(CR | LF));
        match self.state {
            State::StartRecord => match c {
                None => {}
                Some(CR | LF) => self.state = State::EatLineEnd,
                Some(_) => {
                    self.state = State::StartField;
                    return self.take(c);
                }
            },
            State::StartField => {
                self.unquoted = true;
                match c {
                    _ if ends => self.end_line(c)?,
                    Some(q) if Some(q) == r.quote && r.quoting != QUOTE_NONE => {
                        self.unquoted = false;
                        self.state = State::InQuoted;
                    }
                    Some(e) if Some(e) == r.escape => self.state = State::Escaped,
                    Some(0x20) if r.skip_space => {}
                    Some(d) if d == r.delimiter => self.save()?,
                    Some(other) => {
                        self.add(other)?;
                        self.state = State::InField;
                    }
                    None => {}
                }
            }
            State::Escaped => match c {
                Some(c @ (CR | LF)) => {
                    self.add(c)?;
                    self.state = State::AfterEscapedLineEnd;
                }
                c => {
                    self.add(c.unwrap_or(LF))?;
                    self.state = State::InField;
                }
            },
            State::AfterEscapedLineEnd if c.is_none() => {}
            State::AfterEscapedLineEnd | State::InField => match c {
                _ if ends => self.end_line(c)?,
                Some(e) if Some(e) == r.escape => self.state = State::Escaped,
                Some(d) if d == r.delimiter => {
                    self.save()?;
                    self.state = State::StartField;
                }
                Some(other) => {
                    self.add(other)?;
                    self.state = State::InField;
                }
                None => {}
            },
            State::InQuoted => match c {
                None => {}
                Some(e) if Some(e) == r.escape => self.state = State::EscapedInQuoted,
                Some(q) if Some(q) == r.quote && r.quoting != QUOTE_NONE => {
                    self.state = if r.double_quote { State::QuoteInQuoted } else { State::InField };
                }
                Some(other) => self.add(other)?,
            },
            State::EscapedInQuoted => {
                self.add(c.unwrap_or(LF))?;
                self.state = State::InQuoted;
            }
            State::QuoteInQuoted => match c {
                Some(q) if Some(q) == r.quote && r.quoting != QUOTE_NONE => {
                    self.add(q)?;
                    self.state = State::InQuoted;
                }
                Some(d) if d == r.delimiter => {
                    self.save()?;
                    self.state = State::StartField;
                }
                _ if ends => self.end_line(c)?,
                Some(other) if !r.strict => {
                    self.add(other)?;
                    self.state = State::InField;
                }
                _ => {
                    let shown = |c: u32| char::from_u32(c).unwrap_or('?');
                    return Err(ERROR.raise(format!("'{}' expected after '{}'", shown(r.delimiter), shown(r.quote.unwrap_or(b'"' as u32)))));
                }
            },
            State::EatLineEnd => match c {
                Some(CR | LF) => {}
                None => self.state = State::StartRecord,
                Some(_) => {
                    return Err(ERROR.raise("new-line character seen in unquoted field - do you need to open the file with newline=''?"));
                }
            },
        }
        Ok(())
    }
}

fn next_row(v: Value) -> R<Option<Ref>> {
    let reader = cast::get_unchecked::<ReaderObject>(v);
    let dialect = Ref::new(reader.dialect.get());
    let rules = &cast::get_unchecked::<DialectObject>(dialect.v()).rules;
    let mut parser = Parser { rules, state: State::StartRecord, field: Vec::new(), unquoted: false, row: Vec::new() };
    loop {
        let Some(line) = dxpyc_objects::iterators::step(reader.input.get())? else {
            if !parser.field.is_empty() || parser.state == State::InQuoted {
                if rules.strict {
                    return Err(ERROR.raise("unexpected end of data"));
                }
                parser.save()?;
                break;
            }
            return Ok(None);
        };
        let Some(text) = str::try_view(line.v()) else {
            let name = display_name(line.v());
            return Err(ERROR.raise(format!("iterator should return strings, not {name} (the file should be opened in text mode)")));
        };
        reader.lines.set(reader.lines.get() + 1);
        for c in text.chars() {
            parser.take(Some(c))?;
        }
        parser.take(None)?;
        if parser.state == State::StartRecord {
            break;
        }
    }
    Ok(Some(list::from_refs(parser.row)))
}

#[native_class(doc = "CSV reader")]
impl ReaderObject {
    #[getter]
    fn dialect(&self) -> R<Ref> {
        Ok(Ref::new(self.dialect.get()))
    }
    #[getter]
    fn line_num(&self) -> i64 {
        self.lines.get()
    }
}

const NO_ESCAPE: &str = "need to escape, but no escapechar set";

/// Appends a field; `text` is none for None.
fn append(rules: &Rules, out: &mut Vec<u32>, text: Option<Vec<u32>>, mut quoted: bool) -> R<()> {
    let null = text.is_none();
    let text = text.unwrap_or_default();
    let mut body = Vec::with_capacity(text.len() + 2);
    for &c in &text {
        if c == rules.delimiter || Some(c) == rules.escape || Some(c) == rules.quote || c == CR || c == LF || rules.terminator.contains(&c) {
            let mut escape = false;
            if rules.quoting == QUOTE_NONE {
                escape = true;
            } else {
                if Some(c) == rules.quote {
                    if rules.double_quote {
                        body.push(c);
                    } else {
                        escape = true;
                    }
                } else if Some(c) == rules.escape {
                    escape = true;
                }
                quoted |= !escape;
            }
            if escape {
                body.push(rules.escape.ok_or_else(|| ERROR.raise(NO_ESCAPE))?);
            }
        }
        body.push(c);
    }
    if text.is_empty() && rules.delimiter == b' ' as u32 && rules.skip_space {
        if rules.quoting == QUOTE_NONE || null && matches!(rules.quoting, QUOTE_STRINGS | QUOTE_NOTNULL) {
            return Err(ERROR.raise("empty field must be quoted if delimiter is a space and skipinitialspace is true"));
        }
        quoted = true;
    }
    let quote = rules.quote.filter(|_| quoted);
    out.extend(quote);
    out.append(&mut body);
    out.extend(quote);
    Ok(())
}

fn is_number(v: Value) -> bool {
    let slots = type_of(v).slots();
    slots.int.is_some() || slots.float.is_some() || slots.index.is_some() || is_exact(v, &dxpyc_objects::complex::COMPLEX)
}

fn write_row(v: Value, row: Value) -> R<Ref> {
    let writer = cast::get_unchecked::<WriterObject>(v);
    let rules = rules(&writer.dialect);
    let fields = ops::iter(row).map_err(|raised| {
        if swallow(&exceptions::TYPE_ERROR) { ERROR.raise(format!("iterable expected, not {}", display_name(row))) } else { raised }
    })?;
    let mut out = Vec::new();
    let (mut n, mut null) = (0, false);
    while let Some(field) = dxpyc_objects::iterators::step(fields.v())? {
        let field = field.v();
        let quoted = match rules.quoting {
            QUOTE_ALL => true,
            QUOTE_NONNUMERIC => !is_number(field),
            QUOTE_STRINGS => str::is_str(field),
            QUOTE_NOTNULL => !field.is_none(),
            _ => false,
        };
        null = field.is_none();
        let text = if null { None } else { Some(str::view(ops::str(field)?.v()).chars().collect()) };
        if n > 0 {
            out.push(rules.delimiter);
        }
        append(rules, &mut out, text, quoted)?;
        n += 1;
    }
    if n > 0 && out.is_empty() {
        if rules.quoting == QUOTE_NONE || null && matches!(rules.quoting, QUOTE_STRINGS | QUOTE_NOTNULL) {
            return Err(ERROR.raise("single empty field record must be quoted"));
        }
        append(rules, &mut out, None, true)?;
    }
    out.extend_from_slice(&rules.terminator);
    let text = str::from_code_points(&out);
    call::call1(writer.write.get(), text.v())
}

#[native_class(doc = "CSV writer")]
impl WriterObject {
    /// Construct and write a CSV record from an iterable of fields.
    #[native("($self, row, /)")]
    fn writerow(v: Value, row: Value) -> R<Ref> {
        write_row(v, row)
    }
    /// Construct and write a series of iterables to a csv file.
    #[native("($self, rows, /)")]
    fn writerows(v: Value, rows: Value) -> R<()> {
        ops::for_each(rows, |row| write_row(v, row.v()).map(drop))
    }
    #[getter]
    fn dialect(&self) -> R<Ref> {
        Ok(Ref::new(self.dialect.get()))
    }
}

fn init(module: Value) -> R<()> {
    ERROR.define(module, "_csv", "Error", &[&exceptions::EXCEPTION])?;
    for (name, value) in [
        ("QUOTE_MINIMAL", QUOTE_MINIMAL), ("QUOTE_ALL", QUOTE_ALL), ("QUOTE_NONNUMERIC", QUOTE_NONNUMERIC), ("QUOTE_NONE", QUOTE_NONE),
        ("QUOTE_STRINGS", QUOTE_STRINGS), ("QUOTE_NOTNULL", QUOTE_NOTNULL),
    ] {
        dict::set_str(module, name, int::from_i64(value));
    }
    dict::set_str(module, "Dialect", Ref::new(DIALECT.v()));
    dict::set_str(module, "Reader", Ref::new(READER.v()));
    dict::set_str(module, "Writer", Ref::new(WRITER.v()));
    dict::set_str(module, "_dialects", Ref::new(dialects()));
    Ok(())
}

/// CSV parsing and writing.
#[native_module(name = "_csv", init = super::init)]
pub mod module {
    use super::*;

    fn two<'a>(args: &Args<'a>, function: &str) -> R<(Value, Option<Value>)> {
        match args.pos() {
            [] => Err(type_error(format!("{function} expected at least 1 argument, got 0"))),
            [first] => Ok((*first, None)),
            [first, second] => Ok((*first, Some(*second))),
            more => Err(type_error(format!("{function} expected at most 2 arguments, got {}", more.len()))),
        }
    }

    /// Return a reader object that will process lines from the given iterable.
    #[native(raw)]
    fn reader(args: &Args) -> R<Ref> {
        let (input, dialect) = two(args, "reader")?;
        let input = ops::iter(input)?;
        let dialect = make_dialect(&DIALECT, dialect, args)?;
        Ok(new_object(ReaderObject { header: cast::fresh_header(), input: Slot::new(input), dialect: Slot::new(dialect), lines: Cell::new(0) }))
    }
    /// Return a writer object that will write user data on the given file object.
    #[native(raw)]
    fn writer(args: &Args) -> R<Ref> {
        let (file, dialect) = two(args, "writer")?;
        let write = ops::getattr_opt(file, "write")?.filter(|w| ops::is_callable(w.v()));
        let Some(write) = write else { return Err(type_error("argument 1 must have a \"write\" method")) };
        let dialect = make_dialect(&DIALECT, dialect, args)?;
        Ok(new_object(WriterObject { header: cast::fresh_header(), write: Slot::new(write), dialect: Slot::new(dialect) }))
    }
    /// Return a list of all known dialect names.
    #[native]
    fn list_dialects() -> R<Ref> {
        Ok(list::from_refs(list::collect(dialects())?))
    }
    /// Create a mapping from a string name to a CVS dialect.
    #[native(raw)]
    fn register_dialect(args: &Args) -> R<()> {
        let (name, dialect) = two(args, "register_dialect")?;
        if !str::is_str(name) {
            return Err(type_error("dialect name must be a string"));
        }
        dict::set_owned(dialects(), name, make_dialect(&DIALECT, dialect, args)?)
    }
    /// Delete the name/dialect mapping associated with a string name.
    #[native("($module, /, name)")]
    fn unregister_dialect(name: Value) -> R<()> {
        if dict::delete(dialects(), name)? { Ok(()) } else { Err(unknown()) }
    }
    /// Return the dialect instance associated with name.
    #[native("($module, /, name)")]
    fn get_dialect(name: Value) -> R<Ref> {
        dialect_named(name)
    }
    /// Sets an upper limit on parsed fields.
    #[native("($module, /, new_limit=<unrepresentable>)")]
    fn field_size_limit(new_limit: Option<Value>) -> R<i64> {
        let old = STATE.field_limit.get();
        if let Some(limit) = new_limit {
            if !int::is_exact_int(limit) {
                return Err(type_error("limit must be an integer"));
            }
            STATE.field_limit.set(int::index_i64(limit)?);
        }
        Ok(old)
    }
}
