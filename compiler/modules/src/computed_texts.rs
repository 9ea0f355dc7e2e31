//! Texts that a module computes for `exec`, `eval` and `compile` from what stands in it: literals that are joined, repeated and formatted,
//! with variables whose values are seen (`for op in "+-": eval(f"1 {op} 2")`).
//!
//! These are guesses that cost nothing but size when they are wrong: at run time a text is looked up as a whole. Each name has a set of
//! values, whichever scope it is in; an expression is evaluated once for each combination of the values of its names.

use std::collections::{BTreeSet, HashMap};

use dxpyc_syntax::ast::visitor::{self, Visitor};
use dxpyc_syntax::ast::{Comprehension, ConversionFlag, Expr, FStringPart, InterpolatedStringElement, Number, Operator, Stmt};
use dxpyc_syntax::{Ast, stack};

use crate::code_strings::CodeKind;

/// Most values of a name, combinations of an expression's names, texts of a module, items of a sequence and bytes of a text.
const VALUES_MAX: usize = 128;
const COMBINATIONS_MAX: usize = 1024;
const TEXTS_MAX: usize = 512;
const ITEMS_MAX: usize = 1024;
const TEXT_BYTES_MAX: usize = 1 << 17;
/// Longer texts are there to try limits, and take long to compile.
const LINES_MAX: usize = 400;
/// How often values are carried on from name to name.
const ROUNDS: usize = 4;

/// A value that is known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Known {
    Int(i64),
    Text(String),
    Items(Vec<Known>),
}

/// How a name gets values.
enum Binding<'a> {
    To(&'a Expr),
    /// The items of an iterable, or this item of each.
    ItemsOf(&'a Expr, Option<usize>),
}

/// The texts with what they are compiled as.
pub(crate) fn collect(ast: &Ast) -> BTreeSet<(CodeKind, String)> {
    let mut facts = Facts::default();
    stack::grow(|| facts.visit_body(ast.body()));
    if facts.texts.is_empty() {
        return BTreeSet::new();
    }
    facts.bind_arguments();
    let mut values: HashMap<&str, BTreeSet<Known>> = HashMap::new();
    for _ in 0..ROUNDS {
        for (name, binding) in &facts.bindings {
            let found: Vec<Known> = match binding {
                Binding::To(expr) => facts.all(expr, &values),
                Binding::ItemsOf(iterable, part) => facts.all(iterable, &values).iter().flat_map(|value| items(value, *part)).collect(),
            };
            let known = values.entry(name).or_default();
            let room = VALUES_MAX.saturating_sub(known.len());
            known.extend(found.into_iter().take(room));
        }
    }
    let mut out = BTreeSet::new();
    for (kind, expr) in &facts.texts {
        for value in facts.all(expr, &values) {
            if let Known::Text(text) = value
                && out.len() < TEXTS_MAX
                && text.lines().count() <= LINES_MAX
            {
                out.insert((*kind, text));
            }
        }
    }
    out
}

fn items(value: &Known, part: Option<usize>) -> Vec<Known> {
    let all = match value {
        Known::Items(items) => items.clone(),
        Known::Text(text) => text.chars().map(|letter| Known::Text(letter.to_string())).collect(),
        Known::Int(_) => Vec::new(),
    };
    match part {
        None => all,
        Some(part) => all.iter().filter_map(|item| items(item, None).get(part).cloned()).collect(),
    }
}

/// A function's parameters and what it returns, if that is all it does.
struct Function<'a> {
    /// Names and defaults.
    parameters: Vec<(&'a str, Option<&'a Expr>)>,
    result: Option<&'a Expr>,
}

#[derive(Default)]
struct Facts<'a> {
    bindings: Vec<(&'a str, Binding<'a>)>,
    functions: HashMap<&'a str, Function<'a>>,
    /// Arguments of calls of plain names.
    calls: Vec<(&'a str, &'a [Expr])>,
    /// The first arguments of `exec`, `eval` and `compile` that are no literals.
    texts: Vec<(CodeKind, &'a Expr)>,
}

impl<'a> Visitor<'a> for Facts<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Assign(node) => {
                for target in &node.targets {
                    if let Expr::Name(name) = target {
                        self.bindings.push((&name.id, Binding::To(&node.value)));
                    }
                }
            }
            Stmt::AnnAssign(node) => {
                if let (Expr::Name(name), Some(value)) = (&*node.target, &node.value) {
                    self.bindings.push((&name.id, Binding::To(value)));
                }
            }
            Stmt::For(node) => match &*node.target {
                Expr::Name(name) => self.bindings.push((&name.id, Binding::ItemsOf(&node.iter, None))),
                Expr::Tuple(tuple) => {
                    for (part, target) in tuple.elts.iter().enumerate() {
                        if let Expr::Name(name) = target {
                            self.bindings.push((&name.id, Binding::ItemsOf(&node.iter, Some(part))));
                        }
                    }
                }
                _ => {}
            },
            Stmt::FunctionDef(node) => {
                let parameters = node.parameters.posonlyargs.iter().chain(&node.parameters.args);
                for parameter in parameters.clone() {
                    if let Some(default) = &parameter.default {
                        self.bindings.push((parameter.name(), Binding::To(default)));
                    }
                }
                let result = match &*node.body {
                    [Stmt::Return(only)] => only.value.as_deref(),
                    _ => None,
                };
                self.functions.insert(&node.name, Function { parameters: parameters.map(|p| (p.name().as_str(), p.default.as_deref())).collect(), result });
            }
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(node) = expr
            && let Expr::Name(name) = &*node.func
        {
            let first = node.arguments.args.first().filter(|first| !first.is_string_literal_expr() && !first.is_starred_expr());
            let is_eval_mode = matches!(node.arguments.args.get(2), Some(Expr::StringLiteral(mode)) if mode.value == *"eval");
            let kind = match name.id.as_str() {
                "exec" => Some(CodeKind::Exec),
                "compile" if !is_eval_mode => Some(CodeKind::Exec),
                "eval" | "compile" => Some(CodeKind::Eval),
                _ => None,
            };
            match (kind, first) {
                (Some(kind), Some(first)) => self.texts.push((kind, first)),
                (Some(_), None) => {}
                (None, _) => self.calls.push((&name.id, &node.arguments.args)),
            }
        }
        visitor::walk_expr(self, expr);
    }
}

type Values<'v> = HashMap<&'v str, BTreeSet<Known>>;

impl<'a> Facts<'a> {
    /// Parameters get the arguments of calls by name.
    fn bind_arguments(&mut self) {
        for (name, args) in &self.calls {
            let Some(function) = self.functions.get(name) else { continue };
            for ((parameter, _), arg) in function.parameters.iter().zip(*args) {
                self.bindings.push((parameter, Binding::To(arg)));
            }
        }
    }

    /// The values of an expression for all combinations of the values of its names.
    fn all(&self, expr: &Expr, values: &Values<'_>) -> Vec<Known> {
        let mut names = Names::default();
        names.visit_expr(expr);
        let choices: Vec<(&str, Vec<&Known>)> =
            names.names.iter().filter_map(|name| Some((*name, values.get(name).filter(|known| !known.is_empty())?.iter().collect()))).collect();
        let n = choices.iter().try_fold(1usize, |n, (_, known)| n.checked_mul(known.len())).unwrap_or(usize::MAX).min(COMBINATIONS_MAX);
        let mut out = Vec::new();
        for combination in 0..n {
            let mut rest = combination;
            let mut scope = HashMap::new();
            for (name, known) in &choices {
                scope.insert(*name, known[rest % known.len()].clone());
                rest /= known.len();
            }
            out.extend(self.value(expr, &scope, 0));
        }
        out
    }

    /// The value of an expression whose names have these values.
    fn value(&self, expr: &Expr, scope: &HashMap<&str, Known>, depth: usize) -> Option<Known> {
        if depth > 50 {
            return None;
        }
        let value = |expr: &Expr| self.value(expr, scope, depth + 1);
        let many = |exprs: &[Expr]| exprs.iter().map(value).collect::<Option<Vec<Known>>>();
        Some(match expr {
            Expr::StringLiteral(node) => Known::Text(node.value.to_str().to_owned()),
            Expr::BytesLiteral(node) => Known::Text(String::from_utf8(node.value.bytes().collect()).ok()?),
            Expr::NumberLiteral(node) => match &node.value {
                Number::Int(int) => Known::Int(int.as_i64()?),
                _ => return None,
            },
            Expr::Name(name) => scope.get(name.id.as_str())?.clone(),
            Expr::Tuple(node) => Known::Items(many(&node.elts)?),
            Expr::List(node) => Known::Items(many(&node.elts)?),
            Expr::BinOp(node) => binary(node.op, value(&node.left)?, value(&node.right)?)?,
            Expr::FString(node) => {
                let mut text = String::new();
                for part in &node.value {
                    match part {
                        FStringPart::Literal(literal) => text.push_str(&literal.value),
                        FStringPart::FString(f_string) => {
                            for element in &f_string.elements {
                                match element {
                                    InterpolatedStringElement::Literal(literal) => text.push_str(&literal.value),
                                    InterpolatedStringElement::Interpolation(node) => {
                                        let is_plain = node.format_spec.is_none() && node.debug_text.is_none();
                                        let known = value(&node.expression).filter(|_| is_plain)?;
                                        match node.conversion {
                                            ConversionFlag::None | ConversionFlag::Str => text.push_str(&shown(&known)?),
                                            _ => return None,
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                Known::Text(text)
            }
            Expr::ListComp(node) => Known::Items(self.comprehension(&node.elt, &node.generators, scope, depth)?),
            Expr::Generator(node) => Known::Items(self.comprehension(&node.elt, &node.generators, scope, depth)?),
            Expr::Call(node) => {
                if !node.arguments.keywords.is_empty() {
                    return None;
                }
                let args = many(&node.arguments.args)?;
                match &*node.func {
                    Expr::Attribute(attribute) => method(&value(&attribute.value)?, &attribute.attr, &args)?,
                    Expr::Name(name) => match builtin(&name.id, &args) {
                        Some(known) => known,
                        None => {
                            let function = self.functions.get(name.id.as_str())?;
                            let mut inner: HashMap<&str, Known> = scope.iter().map(|(name, known)| (*name, known.clone())).collect();
                            let defaults = function.parameters.iter().filter_map(|(name, default)| Some((*name, value((*default)?)?)));
                            inner.extend(defaults);
                            inner.extend(function.parameters.iter().map(|(name, _)| *name).zip(args));
                            self.value(function.result?, &inner, depth + 10)?
                        }
                    },
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    fn comprehension(&self, elt: &Expr, generators: &[Comprehension], scope: &HashMap<&str, Known>, depth: usize) -> Option<Vec<Known>> {
        let [generator] = generators else { return None };
        let Expr::Name(target) = &generator.target else { return None };
        let all = items(&self.value(&generator.iter, scope, depth + 1)?, None);
        if !generator.ifs.is_empty() || all.len() > ITEMS_MAX {
            return None;
        }
        let mut inner = scope.clone();
        all.into_iter()
            .map(|item| {
                inner.insert(target.id.as_str(), item);
                self.value(elt, &inner, depth + 1)
            })
            .collect()
    }
}

/// The names in an expression.
#[derive(Default)]
struct Names<'a> {
    names: BTreeSet<&'a str>,
}

impl<'a> Visitor<'a> for Names<'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        let bound = match expr {
            Expr::Name(name) => {
                self.names.insert(&name.id);
                return;
            }
            Expr::ListComp(node) => &*node.generators,
            Expr::Generator(node) => &*node.generators,
            _ => return visitor::walk_expr(self, expr),
        };
        let mut inner = Names::default();
        visitor::walk_expr(&mut inner, expr);
        for generator in bound {
            if let Expr::Name(target) = &generator.target {
                inner.names.remove(target.id.as_str());
            }
        }
        self.names.extend(inner.names);
    }
}

/// `str(value)` of a text or an int.
fn shown(value: &Known) -> Option<String> {
    match value {
        Known::Int(int) => Some(int.to_string()),
        Known::Text(text) => Some(text.clone()),
        Known::Items(_) => None,
    }
}

fn binary(op: Operator, left: Known, right: Known) -> Option<Known> {
    Some(match (op, left, right) {
        (Operator::Add, Known::Text(left), Known::Text(right)) if left.len() + right.len() <= TEXT_BYTES_MAX => Known::Text(left + &right),
        (Operator::Add, Known::Items(left), Known::Items(right)) => Known::Items([left, right].concat()),
        (Operator::Add, Known::Int(left), Known::Int(right)) => Known::Int(left.checked_add(right)?),
        (Operator::Sub, Known::Int(left), Known::Int(right)) => Known::Int(left.checked_sub(right)?),
        (Operator::Mult, Known::Int(left), Known::Int(right)) => Known::Int(left.checked_mul(right)?),
        (Operator::Mod, Known::Int(left), Known::Int(right)) => Known::Int(left.checked_rem_euclid(right).filter(|_| right > 0)?),
        (Operator::Mult, Known::Text(text), Known::Int(n)) | (Operator::Mult, Known::Int(n), Known::Text(text)) => {
            let n = usize::try_from(n.max(0)).ok()?;
            (text.len().checked_mul(n)? <= TEXT_BYTES_MAX).then(|| Known::Text(text.repeat(n)))?
        }
        (Operator::Mod, Known::Text(format), Known::Items(args)) => Known::Text(percent(&format, &args)?),
        (Operator::Mod, Known::Text(format), arg) => Known::Text(percent(&format, &[arg])?),
        _ => return None,
    })
}

/// `format % args` with `%s` and `%d`.
fn percent(format: &str, args: &[Known]) -> Option<String> {
    let mut out = String::new();
    let mut args = args.iter();
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        match (letters.next()?, out.len()) {
            ('%', _) => out.push('%'),
            ('s', _) => out.push_str(&shown(args.next()?)?),
            ('d' | 'i' | 'u', _) => match args.next()? {
                Known::Int(int) => out.push_str(&int.to_string()),
                _ => return None,
            },
            _ => return None,
        }
    }
    args.next().is_none().then_some(out)
}

fn method(of: &Known, name: &str, args: &[Known]) -> Option<Known> {
    let Known::Text(text) = of else { return None };
    Some(Known::Text(match (name, args) {
        ("join", [Known::Items(items)]) => {
            let items = items.iter().map(|item| if let Known::Text(text) = item { Some(text.as_str()) } else { None }).collect::<Option<Vec<&str>>>()?;
            items.join(text)
        }
        ("format", args) => format(text, args)?,
        ("replace", [Known::Text(from), Known::Text(to)]) => text.replace(from.as_str(), to),
        ("strip", []) => text.trim().to_owned(),
        ("upper", []) => text.to_uppercase(),
        ("lower", []) => text.to_lowercase(),
        ("encode" | "decode", []) => text.clone(),
        _ => return None,
    }))
}

/// `text.format(…)` with `{}` and `{0}`.
fn format(text: &str, args: &[Known]) -> Option<String> {
    let mut out = String::new();
    let mut next = 0;
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        if rest[at..].starts_with("{{") || rest[at..].starts_with("}}") {
            out.push_str(&rest[at..=at]);
            rest = &rest[at + 2..];
            continue;
        }
        let field = rest[at..].strip_prefix('{')?;
        let end = field.find('}')?;
        let index = match &field[..end] {
            "" => {
                next += 1;
                next - 1
            }
            number => number.parse().ok()?,
        };
        out.push_str(&shown(args.get(index)?)?);
        rest = &field[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}

fn builtin(name: &str, args: &[Known]) -> Option<Known> {
    Some(match (name, args) {
        ("str", [value]) => Known::Text(shown(value)?),
        ("chr", [Known::Int(point)]) => Known::Text(char::from_u32(u32::try_from(*point).ok()?)?.to_string()),
        ("ord", [Known::Text(text)]) => Known::Int(text.chars().next()? as i64),
        ("len", [Known::Text(text)]) => Known::Int(text.chars().count() as i64),
        ("list" | "tuple" | "sorted" | "set", [value]) => Known::Items(items(value, None)),
        ("bytes", [Known::Items(items)]) => {
            let bytes = items.iter().map(|item| if let Known::Int(byte) = item { u8::try_from(*byte).ok() } else { None }).collect::<Option<Vec<u8>>>()?;
            Known::Text(String::from_utf8(bytes).ok()?)
        }
        ("range", [Known::Int(end)]) => range(0, *end, 1)?,
        ("range", [Known::Int(start), Known::Int(end)]) => range(*start, *end, 1)?,
        ("range", [Known::Int(start), Known::Int(end), Known::Int(step)]) => range(*start, *end, *step)?,
        _ => return None,
    })
}

fn range(start: i64, end: i64, step: i64) -> Option<Known> {
    let step = usize::try_from(step).ok().filter(|step| *step > 0)?;
    let n = end.checked_sub(start)?.max(0) as usize;
    (n / step <= ITEMS_MAX).then(|| Known::Items((start..end).step_by(step).map(Known::Int).collect()))
}
