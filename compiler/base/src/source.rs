//! A source file as the compiler sees it: text with `\n` line ends, its path and the encoding it came in.

use crate::encoding::{self, Decoded};
use crate::{Diagnostic, LineIndex};

/// One decoded source file.
#[derive(Clone, Debug)]
pub struct Source {
    /// The path as messages, `__file__` and tracebacks show it.
    pub path: String,
    /// The text: no byte order mark, every line end is `\n`, no NUL.
    pub text: String,
    /// CPython's name of the encoding, such as `utf-8`.
    pub encoding: String,
    /// Lines of `text`.
    pub lines: LineIndex,
}

impl Source {
    /// Decodes `bytes` by byte order mark, coding cookie (PEP 263) or else UTF-8.
    pub fn decode(path: &str, bytes: &[u8]) -> Result<Source, Box<Diagnostic>> {
        if bytes.len() > (u32::MAX / 2) as usize {
            return Err(Box::new(Diagnostic::unsupported_file(path, "source file over 2 GiB")));
        }
        let Decoded { text, encoding } = encoding::decode(path, bytes)?;
        Ok(Source::new(path, text, encoding))
    }

    /// A source from text that is already decoded.
    pub fn from_text(path: &str, text: &str) -> Source {
        Source::new(path, text.to_owned(), "utf-8".to_owned())
    }

    fn new(path: &str, text: String, encoding: String) -> Source {
        let text = universal_newlines(text);
        let lines = LineIndex::new(&text);
        Source { path: path.to_owned(), text, encoding, lines }
    }

    /// The line (from 1) of a byte offset.
    pub fn line(&self, offset: u32) -> u32 {
        self.lines.line(offset)
    }

    /// The text of a line (from 1) without its line end.
    pub fn line_text(&self, line: u32) -> &str {
        self.lines.line_text(&self.text, line)
    }

    /// `(line from 1, column in characters from 0)` of a byte offset.
    pub fn position(&self, offset: u32) -> (u32, u32) {
        self.lines.line_and_column(&self.text, offset)
    }
}

/// Replaces `\r\n` and lone `\r` by `\n`, as CPython's tokenizer does.
fn universal_newlines(text: String) -> String {
    if !text.contains('\r') {
        return text;
    }
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expect: Result<&str, &str>) {
        match (Source::decode("t.py", bytes), expect) {
            (Ok(source), Ok(text)) => assert_eq!(source.text, text),
            (Err(diagnostic), Err(message)) => assert_eq!(diagnostic.last_line(), message),
            (got, expect) => panic!("{got:?} instead of {expect:?}"),
        }
    }

    #[test]
    fn decodes_as_pep_263_says() {
        check(b"", Ok(""));
        check(b"x = 1\r\ny\rz\n", Ok("x = 1\ny\nz\n"));
        check(b"\xef\xbb\xbfprint(1)\n", Ok("print(1)\n"));
        check(b"# coding: latin-1\n'\xe9'", Ok("# coding: latin-1\n'é'"));
        check(b"#!/x\n# -*- coding: cp1252 -*-\n'\x93'", Ok("#!/x\n# -*- coding: cp1252 -*-\n'\u{201c}'"));
        check(b"x\n# coding: foo\n", Ok("x\n# coding: foo\n"));
        check("# coding: UTF-8\nπ".as_bytes(), Ok("# coding: UTF-8\nπ"));
        check(b"# vim: set fileencoding=euc-jp :\n\xa4\xa2", Ok("# vim: set fileencoding=euc-jp :\nあ"));
    }

    #[test]
    fn refuses_with_cpythons_words() {
        let non_utf8 = "SyntaxError: Non-UTF-8 code starting with '\\xff' in file t.py on line 1, but no encoding declared; \
                        see https://peps.python.org/pep-0263/ for details";
        check(b"x = '\xff'\n", Err(non_utf8));
        check(b"# coding: foo\n", Err("SyntaxError: unknown encoding: foo"));
        check(b"# coding: utf-8\nx='\xff'\n", Err("SyntaxError: (unicode error) 'utf-8' codec can't decode byte 0xff in position 3: invalid start byte"));
        check(b"# coding: ascii\nx='\xe9'\n", Err("SyntaxError: 'ascii' codec can't decode byte 0xe9 in position 4: ordinal not in range(128)"));
        check(b"\xef\xbb\xbf# coding: latin-1\nx\n", Err("SyntaxError: encoding problem: iso-8859-1 with BOM"));
        check(b"x=1\n\x00y=2\n", Err("SyntaxError: source code cannot contain null bytes"));
    }
}
