//! From byte offsets to lines and columns and back.

/// The starts of all lines of a text whose line ends are `\n`. Lines count from 1, columns from 0.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
    len: u32,
}

impl LineIndex {
    /// Indexes `text`, which is shorter than 4 GiB.
    pub fn new(text: &str) -> LineIndex {
        let len = u32::try_from(text.len()).expect("LineIndex::new: source over 4 GiB");
        let mut starts = vec![0];
        starts.extend(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1));
        LineIndex { starts, len }
    }

    /// The line that `offset` stands on, from 1. An offset past the end is on the last line.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|start| *start <= offset) as u32
    }

    /// The offset where `line` (from 1) begins; the text's length for lines past the end.
    pub fn line_start(&self, line: u32) -> u32 {
        assert!(line > 0, "LineIndex::line_start: lines count from 1");
        self.starts.get(line as usize - 1).copied().unwrap_or(self.len)
    }

    /// `line` of `text` without its line end; empty past the end.
    pub fn line_text<'t>(&self, text: &'t str, line: u32) -> &'t str {
        let start = self.line_start(line) as usize;
        let end = self.line_start(line + 1) as usize;
        let line_text = &text[start..end];
        line_text.strip_suffix('\n').unwrap_or(line_text)
    }

    /// Number of lines; a text that ends in `\n` has an empty last one.
    pub fn line_count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// `(line from 1, column in UTF-8 bytes from 0)`: what CPython's AST and line tables hold.
    pub fn line_and_byte_column(&self, offset: u32) -> (u32, u32) {
        let line = self.line(offset);
        (line, offset - self.line_start(line))
    }

    /// `(line from 1, column in characters from 0)`: what CPython shows to people.
    pub fn line_and_column(&self, text: &str, offset: u32) -> (u32, u32) {
        let line = self.line(offset);
        let start = self.line_start(line) as usize;
        let end = (offset as usize).min(text.len());
        let column = text.as_bytes()[start..end].iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        (line, column as u32)
    }
}
