//! Number operations against CPython's recorded answers (`data/record_numbers.py` writes the table).

use dxpyc_objects::prelude::*;
use dxpyc_objects::{call, complex, float, float_text, int, ops, str};

fn unescape(text: &str) -> Ref {
    let mut points = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            points.push(c as u32);
            continue;
        }
        let kind = chars.next().expect("an escape");
        let digits = match kind {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            'n' | 't' | 'r' | '\\' => {
                points.push(match kind {
                    'n' => 10,
                    't' => 9,
                    'r' => 13,
                    _ => 92,
                });
                continue;
            }
            other => panic!("escape {other:?}"),
        };
        let hex: String = chars.by_ref().take(digits).collect();
        points.push(u32::from_str_radix(&hex, 16).expect("hex digits"));
    }
    str::from_code_points(&points)
}

fn hex_float(text: &str) -> f64 {
    float_text::from_hex(text.as_bytes()).unwrap_or_else(|_| panic!("float {text}"))
}

fn value(text: &str) -> Ref {
    let (kind, rest) = text.split_at(1);
    match kind {
        "N" => Ref::none(),
        "T" => Ref::bool(true),
        "F" => Ref::bool(false),
        "i" => int::parse(rest, 10).expect("an int"),
        "x" => int::parse(rest, 16).expect("an int"),
        "f" => float::from_f64(hex_float(rest)),
        "c" => {
            let (re, im) = rest.split_once(',').expect("two parts");
            complex::from_parts(hex_float(re), hex_float(im))
        }
        "s" => unescape(rest),
        _ => panic!("value {text}"),
    }
}

fn apply(function: &str, a: &[Value]) -> R<Ref> {
    use CompareOp::*;
    if let Some(name) = function.strip_prefix('.') {
        return call::call_method(a[0], name, &a[1..]);
    }
    let class = |t: &'static Type| call::call(t.v(), &Args::positional(a));
    match function {
        "add" => ops::add(a[0], a[1]),
        "sub" => ops::sub(a[0], a[1]),
        "mul" => ops::mul(a[0], a[1]),
        "truediv" => ops::truediv(a[0], a[1]),
        "floordiv" => ops::floordiv(a[0], a[1]),
        "mod" => ops::modulo(a[0], a[1]),
        "divmod" => ops::divmod(a[0], a[1]),
        "and" => ops::and(a[0], a[1]),
        "or" => ops::or(a[0], a[1]),
        "xor" => ops::xor(a[0], a[1]),
        "lshift" => ops::lshift(a[0], a[1]),
        "rshift" => ops::rshift(a[0], a[1]),
        "pow" => ops::pow(a[0], a[1], a[2]),
        "lt" => ops::compare(a[0], a[1], Lt),
        "le" => ops::compare(a[0], a[1], Le),
        "eq" => ops::compare(a[0], a[1], Eq),
        "ne" => ops::compare(a[0], a[1], Ne),
        "gt" => ops::compare(a[0], a[1], Gt),
        "ge" => ops::compare(a[0], a[1], Ge),
        "neg" => ops::neg(a[0]),
        "pos" => ops::pos(a[0]),
        "invert" => ops::invert(a[0]),
        "abs" => dxpyc_objects::builtins::functions::abs(&Args::positional(a)),
        "hash" => ops::hash(a[0]).map(int::from_i64),
        "repr" => ops::repr(a[0]),
        "str" => ops::str(a[0]),
        "truth" => ops::truth(a[0]).map(Ref::bool),
        "format" => ops::format(a[0], a[1]),
        "int" => class(&int::INT),
        "float" => class(&float::FLOAT),
        "complex" => class(&complex::COMPLEX),
        other => panic!("function {other}"),
    }
}

/// ASCII form of a text, as the recorder's `ascii()` without the quotes.
fn escaped(v: Value) -> String {
    let shown = ops::ascii(v).expect("ascii");
    let text = str::to_rust(shown.v());
    text[1..text.len() - 1].to_string()
}

fn answer(function: &str, args: &[Value]) -> String {
    match apply(function, args) {
        Ok(v) => match ops::repr(v.v()) {
            Ok(repr) => format!("={}", escaped(repr.v())),
            Err(Raised) => exception(),
        },
        Err(Raised) => exception(),
    }
}

fn exception() -> String {
    let e = dxpyc_objects::state::take_pending().expect("an exception");
    let message = ops::str(e.v()).expect("str");
    format!("!{}: {}", type_of(e.v()).name(), escaped(message.v()))
}

#[test]
fn numbers_answer_as_cpython() {
    dxpyc_objects::install();
    let table = include_str!("data/numbers.tsv");
    let mut wrong = Vec::new();
    let mut n = 0;
    for row in table.lines() {
        let cells: Vec<&str> = row.split('\t').collect();
        let [function, args @ .., expected] = &cells[..] else { panic!("row {row}") };
        // The words of operand errors belong to the operators, which other tests cover.
        let values: Vec<Ref> = args.iter().map(|a| value(a)).collect();
        let borrowed: Vec<Value> = values.iter().map(|v| v.v()).collect();
        let got = answer(function, &borrowed);
        n += 1;
        if got != *expected {
            wrong.push(format!("{row}\n    got {got}"));
        }
    }
    let shown: Vec<String> = wrong.iter().take(60).map(|w| w.chars().take(400).collect()).collect();
    assert!(wrong.is_empty(), "{} of {n} rows differ:\n{}", wrong.len(), shown.join("\n"));
}
