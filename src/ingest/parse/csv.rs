//! CSV and TSV: records of one physical line or, in quotes, of several.
//!
//! ```text
//! line 1   event_id,page        the header
//! line 2   e1,"a ""b"" c"       quotes are doubled inside a quoted field:  a "b" c
//! line 3   e2,x"y"              a quote inside an unquoted field is text:  x"y"
//! line 4   e3,"a"b              text after a closing quote belongs to the field:  ab
//! line 5   e4,"two              a record over two lines, its line is 5
//! line 6   lines"
//! line 7   e5,"never closed     one bad row; reading goes on at line 8
//! line 8   e6,fine
//! ```
//!
//! CR, LF and CRLF end a line. An empty line is no record. A record over several lines must be closed within
//! [`MAX_RECORD`], have nothing between a closing quote and the next delimiter or line end, and have the header's
//! number of fields; else its first physical line alone is one bad row.

mod plain;
mod read;
mod veil;

pub use self::read::read;
pub use veil::Veil;

use std::borrow::Cow;

use memchr::{memchr, memchr2, memchr3};

use super::MAX_RECORD;
use super::split::each_end;
use super::window::Window;
use crate::ingest::FileProblem;
use crate::ingest::open::problem;

/// With more bytes than these in the window the longest record and its line end are in it.
const ENOUGH: usize = MAX_RECORD + 2;

/// A field of a record, as a range of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldRange {
    start: usize,
    end: usize,
    /// The range holds quotes that are no part of the value.
    quoted: bool,
}

impl FieldRange {
    /// The field's text in the record's text; `None` when the range cuts a character.
    fn text<'r>(&self, record: &'r str) -> Option<Cow<'r, str>> {
        let text = record.get(self.start..self.end)?;
        Some(if self.quoted { Cow::Owned(unquote(text)) } else { Cow::Borrowed(text) })
    }
}

/// A quoted field's value: doubled quotes are one, what follows the closing quote is kept as it is.
fn unquote(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    let mut rest = text.strip_prefix('"').unwrap_or(text);
    while let Some((before, after)) = rest.split_once('"') {
        value.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                value.push('"');
                rest = after;
            }
            None => {
                rest = after;
                break;
            }
        }
    }
    value.push_str(rest);
    value
}

/// How a record was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Whole,
    /// A quote that is not closed as it must be: this is a physical line, not a record.
    Broken,
    /// A line over [`MAX_RECORD`], cut there.
    TooLong,
}

/// A record, lent until the next one is read.
#[derive(Debug)]
pub struct Record<'r> {
    pub line: u64,
    /// As in the file, without the line end.
    pub bytes: &'r [u8],
    pub shape: Shape,
    pub fields: &'r [FieldRange],
}

/// Where a record ends, seen from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End {
    /// Bytes without the line end.
    length: usize,
    /// Bytes with it.
    next: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The window ends inside the record.
    More,
    Read(End, Shape),
    /// Quotes that span lines but break a rule.
    Broken,
}

/// The records of a CSV file, header included.
pub struct Records {
    window: Window,
    delimiter: u8,
    /// The header's number of fields; `None` before it was read.
    width: Option<usize>,
    /// Physical lines before the window's first byte.
    lines_before: u64,
    /// To be given up before the next record is read.
    last: usize,
    fields: Vec<FieldRange>,
    /// A line that was too long for the window.
    cut: Vec<u8>,
    /// Known distances from the window's first byte: no quote, no CR before them.
    quote: Option<usize>,
    cr: Option<usize>,
}

impl Records {
    pub fn new(mut window: Window, delimiter: u8) -> Result<Records, FileProblem> {
        window.skip_mark().map_err(problem)?;
        Ok(Records {
            window,
            delimiter,
            width: None,
            lines_before: 0,
            last: 0,
            fields: Vec::new(),
            cut: Vec::new(),
            quote: None,
            cr: None,
        })
    }

    /// The names of the header, trimmed; `None` when the file has no record at all. To be read first.
    pub fn header(&mut self) -> Result<Option<Vec<String>>, FileProblem> {
        let Some(record) = self.next_record()? else { return Ok(None) };
        let refused = |why: &str| Err(FileProblem::Refused(why.to_string()));
        if record.shape == Shape::TooLong {
            return refused("the header is over 16 MiB long: this is no CSV file, or its line ends are unknown");
        }
        let Ok(text) = std::str::from_utf8(record.bytes) else {
            return refused(
                "the header is not in the file's encoding, which is what the source's `encoding` says, else UTF-8: set it or \
                 correct it, or export the file as UTF-8",
            );
        };
        if record.shape == Shape::Broken {
            return refused("the header has a quote that is not closed as it must be; expected column names");
        }
        let name = |f: &FieldRange| f.text(text).unwrap_or_default().trim().to_string();
        let names: Vec<String> = record.fields.iter().map(name).collect();
        self.width = Some(names.len());
        Ok(Some(names))
    }

    /// The next record that is not an empty line.
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, FileProblem> {
        loop {
            let last = std::mem::take(&mut self.last);
            self.advance(last);
            if self.window.data().is_empty() && self.window.at_end() {
                return Ok(None);
            }
            let line = self.lines_before + 1;
            let (end, shape) = match self.step() {
                Step::Read(End { length: 0, next }, Shape::Whole) => {
                    self.lines_before += 1;
                    self.last = next;
                    continue;
                }
                Step::Read(end, shape) => (end, shape),
                Step::Broken => match self.line_end() {
                    Some(end) => (end, Shape::Broken),
                    None => return self.long_line(line).map(Some),
                },
                Step::More if self.window.data().len() > ENOUGH => return self.long_line(line).map(Some),
                Step::More => {
                    self.fill()?;
                    continue;
                }
            };
            if end.length > MAX_RECORD {
                return self.long_line(line).map(Some);
            }
            self.last = end.next;
            let bytes = &self.window.data()[..end.length];
            // Only a record in quotes can hold line ends.
            let inner =
                if shape == Shape::Whole && self.quote.is_some_and(|q| q < end.length) { ends(bytes) } else { 0 };
            self.lines_before += 1 + inner;
            let fields = if shape == Shape::Whole { &self.fields[..] } else { &[] };
            return Ok(Some(Record { line, bytes, shape, fields }));
        }
    }

    /// Reads over physical lines, so that the next record is the one that begins at `line`, or the next after it.
    pub fn skip_to(&mut self, line: u64) -> Result<(), FileProblem> {
        let last = std::mem::take(&mut self.last);
        self.advance(last);
        while self.lines_before + 1 < line {
            self.skip_lines(line - self.lines_before - 1);
            if self.lines_before + 1 == line {
                break;
            }
            if let Some(end) = self.line_end() {
                self.advance(end.next);
                self.lines_before += 1;
                if end.next == 0 {
                    break;
                }
            } else if self.window.data().len() > ENOUGH {
                self.long_line(line)?;
                let last = std::mem::take(&mut self.last);
                self.advance(last);
            } else {
                self.fill()?;
            }
        }
        Ok(())
    }

    fn fill(&mut self) -> Result<(), FileProblem> {
        (self.quote, self.cr) = (None, None);
        self.window.fill().map_err(problem)
    }

    fn advance(&mut self, n: usize) {
        self.window.consume(n);
        let shift = |known: Option<usize>| known.and_then(|k| k.checked_sub(n));
        (self.quote, self.cr) = (shift(self.quote), shift(self.cr));
    }

    /// The end of the physical line at the window's start; `None` when it cannot be told yet.
    fn line_end(&mut self) -> Option<End> {
        let data = self.window.data();
        let cr = *self.cr.get_or_insert_with(|| memchr(b'\r', data).unwrap_or(data.len()));
        let length = memchr(b'\n', &data[..cr]).unwrap_or(cr);
        end_at(data, length, self.window.at_end())
    }

    /// Reads one record at the window's start; of a whole one the fields.
    fn step(&mut self) -> Step {
        let Some(first) = self.line_end() else { return Step::More };
        let data = self.window.data();
        let quote = *self.quote.get_or_insert_with(|| memchr(b'"', data).unwrap_or(data.len()));
        self.fields.clear();
        if quote < first.length {
            return self.quoted(first);
        }
        let mut start = 0;
        each_end(&data[..first.length], self.delimiter, |end| {
            self.fields.push(FieldRange { start, end, quoted: false });
            start = end + 1;
            true
        });
        self.fields.push(FieldRange { start, end: first.length, quoted: false });
        Step::Read(first, Shape::Whole)
    }

    /// Reads a record whose first line holds a quote.
    fn quoted(&mut self, first: End) -> Step {
        if first.length > MAX_RECORD {
            return Step::Read(first, Shape::TooLong);
        }
        let (data, eof) = (self.window.data(), self.window.at_end());
        // A record that does not end in the window is broken when it is too long already or nothing follows.
        let open = if eof || data.len() > ENOUGH { Step::Broken } else { Step::More };
        let (mut start, mut spans, mut tail) = (0, false, false);
        loop {
            let mut field = FieldRange { start, end: start, quoted: false };
            let mut at = start;
            if data.get(start) == Some(&b'"') {
                let Some(closing) = closing_quote(data, start + 1, &mut field.quoted) else { return open };
                if closing + 1 == data.len() && !eof {
                    return open;
                }
                spans |= closing > first.length;
                at = closing + 1;
                (field.start, field.end) = (start + 1, closing);
            }
            let end = at
                + match memchr3(self.delimiter, b'\n', b'\r', &data[at..]) {
                    Some(distance) => distance,
                    None if eof => data.len() - at,
                    None => return open,
                };
            if at == start {
                field.end = end;
            } else if end > at {
                tail = true;
                field.quoted = true;
            }
            if field.quoted {
                (field.start, field.end) = (start, end);
            }
            self.fields.push(field);
            if spans && (tail || self.width.is_some_and(|w| self.fields.len() > w)) {
                return Step::Broken;
            }
            if data.get(end) == Some(&self.delimiter) {
                start = end + 1;
                continue;
            }
            let Some(end) = end_at(data, end, eof) else { return open };
            let broken = spans && (end.length > MAX_RECORD || self.width.is_some_and(|w| self.fields.len() != w));
            return if broken { Step::Broken } else { Step::Read(end, Shape::Whole) };
        }
    }

    /// A physical line over [`MAX_RECORD`]: kept up to there, the rest read over.
    fn long_line(&mut self, line: u64) -> Result<Record<'_>, FileProblem> {
        let data = self.window.data();
        self.cut = data[..data.len().min(MAX_RECORD)].to_vec();
        loop {
            if let Some(end) = self.line_end() {
                self.last = end.next;
                break;
            }
            // A CR at the window's end stays: an LF may follow.
            let kept = usize::from(self.window.data().last() == Some(&b'\r'));
            self.window.consume(self.window.data().len() - kept);
            self.fill()?;
        }
        self.lines_before += 1;
        Ok(Record { line, bytes: &self.cut, shape: Shape::TooLong, fields: &[] })
    }
}

/// The end of a record whose bytes end at `length`; `None` when what follows decides and is not there yet.
fn end_at(data: &[u8], length: usize, eof: bool) -> Option<End> {
    match data.get(length..) {
        Some([b'\r', b'\n', ..]) => Some(End { length, next: length + 2 }),
        Some([b'\r']) if !eof => None,
        Some([_, ..]) => Some(End { length, next: length + 1 }),
        _ => eof.then_some(End { length, next: length }),
    }
}

/// The quote that closes a field; notes whether quotes are doubled on the way.
fn closing_quote(data: &[u8], mut from: usize, doubled: &mut bool) -> Option<usize> {
    loop {
        let at = from + memchr(b'"', &data[from..])?;
        if data.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        *doubled = true;
        from = at + 2;
    }
}

/// Line ends within bytes.
fn ends(mut bytes: &[u8]) -> u64 {
    let mut ends = 0;
    while let Some(at) = memchr2(b'\n', b'\r', bytes) {
        let next = if bytes[at..].starts_with(b"\r\n") { at + 2 } else { at + 1 };
        bytes = &bytes[next..];
        ends += 1;
    }
    ends
}

#[cfg(test)]
mod tests;
