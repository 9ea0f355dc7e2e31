//! CPython's SyntaxWarnings: what its tokenizer, its look at `finally` blocks and its code generator find odd. They come in that order.

use dxpyc_base::Source;
use dxpyc_syntax::ast::visitor::{self, Visitor};
use dxpyc_syntax::ast::{self, CmpOp, Expr, FStringPart, InterpolatedStringElement, Stmt};
use dxpyc_syntax::{Ast, span, stack};

/// The warnings of a module as CPython prints them, each with its line ends.
pub fn collect(ast: &Ast, source: &Source) -> Vec<String> {
    let mut finder = Finder { source, found: Vec::new(), around: Vec::new() };
    stack::grow(|| {
        finder.finally_body(ast.body());
        finder.visit_body(ast.body());
    });
    finder.found.sort_by_key(|warning| (warning.phase, warning.at));
    finder.found.iter().map(|warning| warning.show(source)).collect()
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Tokens,
    Finally,
    Code,
}

struct Warning {
    phase: Phase,
    /// Where among those of its phase: an offset, or a number in order.
    at: usize,
    line: u32,
    message: String,
}

impl Warning {
    fn show(&self, source: &Source) -> String {
        let mut out = format!("{}:{}: SyntaxWarning: {}\n", source.path, self.line, self.message);
        let text = if self.line <= source.position(source.text.len() as u32).0 { source.line_text(self.line).trim() } else { "" };
        if !text.is_empty() {
            out.push_str(&format!("  {text}\n"));
        }
        out
    }
}

/// What a statement stands in, as far as leaving a `finally` block goes.
#[derive(Clone, Copy, PartialEq)]
enum Around {
    Finally,
    Function,
    Loop,
}

struct Finder<'s> {
    source: &'s Source,
    found: Vec<Warning>,
    around: Vec<Around>,
}

/// The words that a number may run into, with a warning.
const WORDS: &[&str] = &["and", "else", "for", "if", "in", "is", "not", "or"];

impl Finder<'_> {
    fn line(&self, offset: usize) -> u32 {
        self.source.position(offset as u32).0
    }
    fn warn(&mut self, phase: Phase, offset: usize, message: String) {
        let at = if phase == Phase::Tokens { offset } else { self.found.len() };
        let line = self.line(offset);
        self.found.push(Warning { phase, at, line, message });
    }

    // ------------------------------------------------------------ tokens

    /// A number that runs into a word.
    fn number(&mut self, start: usize, end: usize) {
        let text = &self.source.text;
        let rest = &text[end..];
        if !WORDS.iter().any(|word| rest.starts_with(word)) {
            return;
        }
        let digits = text[start..end].to_ascii_lowercase();
        let kind = match digits.get(..2) {
            Some("0x") => "hexadecimal",
            Some("0o") => "octal",
            Some("0b") => "binary",
            _ if digits.ends_with('j') => "imaginary",
            _ => "decimal",
        };
        self.warn(Phase::Tokens, start, format!("invalid {kind} literal"));
    }

    /// One string token, quotes and all.
    fn string(&mut self, start: usize, end: usize, is_bytes: bool) {
        let token = &self.source.text[start..end];
        let Some(quote) = token.find(['"', '\'']) else { return };
        if token[..quote].contains(['r', 'R']) {
            return;
        }
        let size = if token[quote..].len() >= 6 && (token[quote..].starts_with("\"\"\"") || token[quote..].starts_with("'''")) { 3 } else { 1 };
        let (from, to) = (start + quote + size, end - size);
        if let Some((at, message)) = self.bad_escape(from, to, is_bytes) {
            let line = self.line(at);
            self.found.push(Warning { phase: Phase::Tokens, at: start, line, message });
        }
    }

    /// The first invalid escape sequence between two offsets.
    fn bad_escape(&self, from: usize, to: usize, is_bytes: bool) -> Option<(usize, String)> {
        let text = &self.source.text[from..to];
        let bytes = text.as_bytes();
        let mut i = 0;
        while i + 1 < bytes.len() {
            if bytes[i] != b'\\' {
                i += 1;
                continue;
            }
            let next = text[i + 1..].chars().next()?;
            let what = "Such sequences will not work in the future. Did you mean";
            match next {
                '\n' | '\\' | '\'' | '"' | 'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' => {}
                'N' | 'u' | 'U' if !is_bytes => {}
                '0'..='7' => {
                    let digits: String = text[i + 1..].chars().take(3).take_while(|c| ('0'..='7').contains(c)).collect();
                    if digits.len() == 3 && digits.as_bytes()[0] > b'3' {
                        return Some((
                            from + i,
                            format!("\"\\{digits}\" is an invalid octal escape sequence. {what} \"\\\\{digits}\"? A raw string is also an option."),
                        ));
                    }
                }
                c if !c.is_ascii() && is_bytes => {}
                c => return Some((from + i, format!("\"\\{c}\" is an invalid escape sequence. {what} \"\\\\{c}\"? A raw string is also an option."))),
            }
            i += 1 + next.len_utf8();
        }
        None
    }

    /// The literal pieces of an f-string or t-string; `end` is where the token of its end starts, which CPython takes for the place.
    fn pieces(&mut self, elements: &[InterpolatedStringElement], end: usize, in_spec: bool) {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => {
                    let (from, to) = (literal.range.start().to_usize(), literal.range.end().to_usize());
                    if let Some((at, message)) = self.bad_escape(from, to, false) {
                        let lines = self.source.text[from..at].matches('\n').count() as u32;
                        let line = self.line(if in_spec { from } else { end }) + lines;
                        self.found.push(Warning { phase: Phase::Tokens, at: if in_spec { from } else { end }, line, message });
                    } else if to < self.source.text.len() && self.source.text[..to].ends_with('\\') && self.source.text[to..].starts_with(['{', '}']) {
                        let brace = &self.source.text[to..to + 1];
                        let message = format!(
                            "\"\\{brace}\" is an invalid escape sequence. Such sequences will not work in the future. Did you mean \"\\\\{brace}\"? A raw string is also an option."
                        );
                        let line = self.line(to);
                        self.found.push(Warning { phase: Phase::Tokens, at: from, line, message });
                    }
                }
                InterpolatedStringElement::Interpolation(field) => {
                    if let Some(spec) = &field.format_spec {
                        self.pieces(&spec.elements, end, true);
                    }
                }
            }
        }
    }

    fn formatted(&mut self, start: usize, end: usize, elements: &[InterpolatedStringElement]) {
        let token = &self.source.text[start..end];
        let Some(quote) = token.find(['"', '\'']) else { return };
        if token[..quote].contains(['r', 'R']) {
            return;
        }
        let size = if token[quote..].starts_with("\"\"\"") || token[quote..].starts_with("'''") { 3 } else { 1 };
        self.pieces(elements, end - size, false);
    }

    // ------------------------------------------------------------ finally

    fn within(&mut self, around: Around, body: &[Stmt]) {
        self.around.push(around);
        self.finally_body(body);
        self.around.pop();
    }

    fn finally_body(&mut self, body: &[Stmt]) {
        for stmt in body {
            self.finally_stmt(stmt);
        }
    }

    fn finally_stmt(&mut self, stmt: &Stmt) {
        let word = match stmt {
            Stmt::Return(_) => "return",
            Stmt::Break(_) => "break",
            Stmt::Continue(_) => "continue",
            Stmt::FunctionDef(node) => return self.within(Around::Function, &node.body),
            Stmt::ClassDef(node) => return self.finally_body(&node.body),
            Stmt::For(node) => {
                self.within(Around::Loop, &node.body);
                return self.finally_body(&node.orelse);
            }
            Stmt::While(node) => {
                self.within(Around::Loop, &node.body);
                return self.finally_body(&node.orelse);
            }
            Stmt::If(node) => {
                self.finally_body(&node.body);
                for clause in &node.elif_else_clauses {
                    self.finally_body(&clause.body);
                }
                return;
            }
            Stmt::With(node) => return self.finally_body(&node.body),
            Stmt::Match(node) => {
                for case in &node.cases {
                    self.finally_body(&case.body);
                }
                return;
            }
            Stmt::Try(node) => {
                self.finally_body(&node.body);
                for ast::ExceptHandler::ExceptHandler(handler) in &node.handlers {
                    self.finally_body(&handler.body);
                }
                self.finally_body(&node.orelse);
                return self.within(Around::Finally, &node.finalbody);
            }
            _ => return,
        };
        if self.around.last() == Some(&Around::Finally) {
            self.warn(Phase::Finally, span(stmt).start as usize, format!("'{word}' in a 'finally' block"));
        }
    }

    // ------------------------------------------------------------ code

    fn compare(&mut self, node: &ast::ExprCompare) {
        let mut left = &*node.left;
        for (op, right) in node.ops.iter().zip(&node.comparators) {
            let odd = [left, right].into_iter().find(|side| is_odd_for_is(side));
            if let (CmpOp::Is | CmpOp::IsNot, Some(odd)) = (op, odd) {
                let (name, better) = if *op == CmpOp::Is { ("is", "==") } else { ("is not", "!=") };
                let class = class_of(odd).unwrap_or("object");
                self.warn(Phase::Code, span(node).start as usize, format!("\"{name}\" with '{class}' literal. Did you mean \"{better}\"?"));
                return;
            }
            left = right;
        }
    }

    fn call(&mut self, callee: &Expr) {
        if matches!(callee, Expr::Lambda(_)) {
            return;
        }
        if let Some(class) = class_of(callee) {
            self.warn(Phase::Code, span(callee).start as usize, format!("'{class}' object is not callable; perhaps you missed a comma?"));
        }
    }

    fn subscript(&mut self, node: &ast::ExprSubscript) {
        let Some(class) = class_of(&node.value) else { return };
        let at = span(&*node.value).start as usize;
        match class {
            "str" | "bytes" | "tuple" | "list" => {
                let Some(index) = class_of(&node.slice) else { return };
                if !matches!(index, "int" | "bool" | "slice") {
                    self.warn(Phase::Code, at, format!("{class} indices must be integers or slices, not {index}; perhaps you missed a comma?"));
                }
            }
            "dict" => {}
            _ => self.warn(Phase::Code, at, format!("'{class}' object is not subscriptable; perhaps you missed a comma?")),
        }
    }
}

/// Whether a value is one that `is` should not look at.
fn is_odd_for_is(expr: &Expr) -> bool {
    match expr {
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::BytesLiteral(_) => true,
        Expr::Tuple(tuple) => is_constant_tuple(tuple),
        _ => false,
    }
}

fn is_constant_tuple(tuple: &ast::ExprTuple) -> bool {
    tuple.elts.iter().all(|item| match item {
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::BytesLiteral(_) | Expr::NoneLiteral(_) | Expr::BooleanLiteral(_) | Expr::EllipsisLiteral(_) => true,
        Expr::Tuple(inner) => is_constant_tuple(inner),
        _ => false,
    })
}

/// The type that an expression is certain to have.
fn class_of(expr: &Expr) -> Option<&'static str> {
    Some(match expr {
        Expr::Tuple(_) => "tuple",
        Expr::List(_) | Expr::ListComp(_) => "list",
        Expr::Dict(_) | Expr::DictComp(_) => "dict",
        Expr::Set(_) | Expr::SetComp(_) => "set",
        Expr::Generator(_) => "generator",
        Expr::Lambda(_) => "function",
        Expr::TString(_) => "string.templatelib.Template",
        Expr::FString(_) | Expr::StringLiteral(_) => "str",
        Expr::BytesLiteral(_) => "bytes",
        Expr::NoneLiteral(_) => "NoneType",
        Expr::BooleanLiteral(_) => "bool",
        Expr::EllipsisLiteral(_) => "ellipsis",
        Expr::Slice(_) => "slice",
        Expr::NumberLiteral(number) => match number.value {
            ast::Number::Int(_) => "int",
            ast::Number::Float(_) => "float",
            ast::Number::Complex { .. } => "complex",
        },
        _ => return None,
    })
}

impl<'a> Visitor<'a> for Finder<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::Assert(node) = stmt
            && let Expr::Tuple(tuple) = &*node.test
            && !tuple.elts.is_empty()
        {
            self.warn(Phase::Code, span(stmt).start as usize, "assertion is always true, perhaps remove parentheses?".to_owned());
        }
        visitor::walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        let place = span(expr);
        match expr {
            Expr::NumberLiteral(_) => self.number(place.start as usize, place.end as usize),
            Expr::StringLiteral(node) => {
                for part in node.value.iter() {
                    self.string(part.range.start().to_usize(), part.range.end().to_usize(), false);
                }
            }
            Expr::BytesLiteral(node) => {
                for part in node.value.iter() {
                    self.string(part.range.start().to_usize(), part.range.end().to_usize(), true);
                }
            }
            Expr::FString(node) => {
                for part in node.value.iter() {
                    match part {
                        FStringPart::Literal(part) => self.string(part.range.start().to_usize(), part.range.end().to_usize(), false),
                        FStringPart::FString(part) => self.formatted(part.range.start().to_usize(), part.range.end().to_usize(), &part.elements),
                    }
                }
            }
            Expr::TString(node) => {
                for part in node.value.iter() {
                    self.formatted(part.range.start().to_usize(), part.range.end().to_usize(), &part.elements);
                }
            }
            Expr::Compare(node) => self.compare(node),
            Expr::Call(node) => self.call(&node.func),
            Expr::Subscript(node) if node.ctx.is_load() => self.subscript(node),
            _ => {}
        }
        visitor::walk_expr(self, expr);
    }
}
