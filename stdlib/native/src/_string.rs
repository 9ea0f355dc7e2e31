//! `_string`: the parser of format strings, for `string.Formatter`.

use dxpyc_objects::prelude::*;
use dxpyc_objects::str_format::{Step, first_part, next_piece, next_step};
use dxpyc_objects::{int, list, ops, str, tuple};

fn points(v: Value, function: &str) -> R<Vec<u32>> {
    match str::try_view(v) {
        Some(s) => Ok(s.chars().collect()),
        None => Err(type_error(format!("{function}: expected str, got {}", dxpyc_objects::type_object::display_name(v)))),
    }
}

/// string helper module
#[native_module(name = "_string")]
pub mod module {
    use super::*;

    /// parse the argument as a format string
    #[native("($module, string, /)")]
    fn formatter_parser(string: Value) -> R<Ref> {
        let text = points(string, "expected str")?;
        let part = |(a, b): (usize, usize)| str::from_units(&text[a..b]);
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(piece) = next_piece(&text, &mut at)? {
            let literal = part(piece.literal);
            let row = match piece.field {
                None => vec![literal, Ref::none(), Ref::none(), Ref::none()],
                Some(f) => {
                    let conversion = f.conversion.map_or(Ref::none(), str::from_char);
                    vec![literal, part(f.name), part(f.spec), conversion]
                }
            };
            pieces.push(tuple::from_refs(row));
        }
        ops::iter(list::from_refs(pieces).v())
    }
    /// split the argument as a field name
    #[native("($module, string, /)")]
    fn formatter_field_name_split(string: Value) -> R<Ref> {
        let text = points(string, "expected str")?;
        let (end, number) = first_part(&text)?;
        let first = match number {
            Some(n) => int::from_i64(n as i64),
            None => str::from_units(&text[..end]),
        };
        let mut steps = Vec::new();
        let mut at = end;
        while let Some(step) = next_step(&text, &mut at)? {
            let row = match step {
                Step::Attribute(name) => vec![Ref::bool(true), name],
                Step::Item(_, Some(i)) => vec![Ref::bool(false), int::from_i64(i as i64)],
                Step::Item(name, None) => vec![Ref::bool(false), name],
            };
            steps.push(tuple::from_refs(row));
        }
        let rest = ops::iter(list::from_refs(steps).v())?;
        Ok(tuple::from_refs(vec![first, rest]))
    }
}
