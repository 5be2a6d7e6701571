//! JSON lines: one object a line.
//!
//! Numbers and booleans are taken as their text, so that no amount passes through a float; a missing key is null;
//! an object, a list or a second value under a known key is bad. A line of white space is no record. LF ends a
//! line; a CR before it is white space.

use std::fmt;

use memchr::memchr;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::MAX_RECORD;
use super::rows::Rows;
use super::window::Window;
use crate::domain::schema::Source;
use crate::ingest::check::{Cell, MAX_FIELDS};
use crate::ingest::open::problem;
use crate::ingest::personal::{Personal, replaced, withheld};
use crate::ingest::{FileProblem, Reason};

/// Names of unknown keys that are reported; more are hardly names.
const MAX_UNKNOWN: usize = 1000;

/// A line, lent until the next one is read.
#[derive(Debug)]
pub struct Line<'l> {
    pub line: u64,
    /// Without the line end; cut at [`MAX_RECORD`] when too long.
    pub bytes: &'l [u8],
    pub too_long: bool,
}

/// The lines of a file that are not blank.
pub struct Lines {
    window: Window,
    lines_before: u64,
    last: usize,
    /// Bytes of the window that hold no line end.
    searched: usize,
    cut: Vec<u8>,
}

impl Lines {
    pub fn new(mut window: Window) -> Result<Lines, FileProblem> {
        window.skip_mark().map_err(problem)?;
        Ok(Lines { window, lines_before: 0, last: 0, searched: 0, cut: Vec::new() })
    }

    /// Refuses a file that is one JSON document, a list or an object over several lines: line by line nothing in it would
    /// be a record. To be asked before the first line is read; looks at what the window holds of it.
    pub fn refuse_document(&self) -> Result<(), FileProblem> {
        let data = self.window.data().trim_ascii_start();
        let line = data.split(|b| *b == b'\n').next().unwrap_or(data);
        let alone = self.window.at_end() && data[line.len()..].trim_ascii().is_empty();
        let line = line.trim_ascii_end();
        let (what, convert) = match line {
            // A list that is followed by other lines is one bad record of many.
            [b'[', ..] if alone || serde_json::from_slice::<IgnoredAny>(line).is_err() => ("a JSON list", ".[]"),
            b"{" => ("a JSON object over several lines", "."),
            _ => return Ok(()),
        };
        Err(FileProblem::Refused(format!(
            "the file is {what}, expected JSON lines: one object a line, nothing around them; export it so, or convert it \
             with `jq -c '{convert}'`"
        )))
    }

    pub fn next_line(&mut self) -> Result<Option<Line<'_>>, FileProblem> {
        loop {
            self.window.consume(std::mem::take(&mut self.last));
            if self.window.data().is_empty() && self.window.at_end() {
                return Ok(None);
            }
            let Some(length) = self.length() else {
                if self.window.data().len() > MAX_RECORD {
                    return self.long_line().map(Some);
                }
                self.searched = self.window.data().len();
                self.window.fill().map_err(problem)?;
                continue;
            };
            if length > MAX_RECORD {
                return self.long_line().map(Some);
            }
            self.searched = 0;
            self.lines_before += 1;
            self.last = length + 1;
            if !self.window.data()[..length].iter().all(u8::is_ascii_whitespace) {
                let bytes = &self.window.data()[..length];
                let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
                return Ok(Some(Line { line: self.lines_before, bytes, too_long: false }));
            }
        }
    }

    /// The length of the line at the window's start; `None` when its end is not there yet.
    fn length(&self) -> Option<usize> {
        let data = self.window.data();
        let found = memchr(b'\n', &data[self.searched..]).map(|n| n + self.searched);
        found.or(self.window.at_end().then_some(data.len()))
    }

    fn long_line(&mut self) -> Result<Line<'_>, FileProblem> {
        let data = self.window.data();
        self.cut = data[..data.len().min(MAX_RECORD)].to_vec();
        self.searched = 0;
        while self.length().is_none() {
            self.window.consume(self.window.data().len());
            self.window.fill().map_err(problem)?;
        }
        self.last = self.length().unwrap_or(0) + 1;
        self.lines_before += 1;
        Ok(Line { line: self.lines_before, bytes: &self.cut, too_long: true })
    }
}

/// What a line holds under a known key.
#[derive(Clone, Copy)]
enum Slot<'l> {
    Absent,
    Value(&'l RawValue),
    Twice,
}

/// Fills one slot for each distinct wanted name.
struct ObjectReader<'a, 'l> {
    names: &'a [Option<&'a str>],
    slots: &'a mut [Slot<'l>],
    unknown: &'a mut Vec<String>,
}

impl<'l> DeserializeSeed<'l> for ObjectReader<'_, 'l> {
    type Value = ();
    fn deserialize<D: Deserializer<'l>>(self, object: D) -> Result<(), D::Error> {
        object.deserialize_map(self)
    }
}

impl<'l> Visitor<'l> for ObjectReader<'_, 'l> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'l>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(slot) = map.next_key_seed(KeyReader { names: self.names, unknown: self.unknown })? {
            let value: &'l RawValue = map.next_value()?;
            if let Some(slot) = slot.and_then(|n| self.slots.get_mut(n)) {
                *slot = if matches!(slot, Slot::Absent) { Slot::Value(value) } else { Slot::Twice };
            }
        }
        Ok(())
    }
}

/// A key's position among the wanted names; notes unknown ones.
struct KeyReader<'a> {
    names: &'a [Option<&'a str>],
    unknown: &'a mut Vec<String>,
}

impl<'l> DeserializeSeed<'l> for KeyReader<'_> {
    type Value = Option<usize>;
    fn deserialize<D: Deserializer<'l>>(self, key: D) -> Result<Option<usize>, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyReader<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Option<usize>, E> {
        let position = self.names.iter().position(|n| *n == Some(key));
        if position.is_none() && self.unknown.len() < MAX_UNKNOWN && !self.unknown.iter().any(|u| u == key) {
            self.unknown.push(key.to_string());
        }
        Ok(position)
    }
}

/// The text of a value; of a string with escapes it is put into `scratch`.
fn cell<'l>(value: &'l RawValue, scratch: &'l mut Option<String>) -> Cell<'l> {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'n') => Cell::Null,
        Some(b'{' | b'[') | None => Cell::Bad(Reason::Parse),
        Some(b'"') => match text.get(1..text.len() - 1) {
            Some(inner) if memchr(b'\\', inner.as_bytes()).is_none() => Cell::Text(inner),
            _ => match serde_json::from_str(text) {
                Ok(string) => Cell::Text(scratch.insert(string)),
                Err(_) => Cell::Bad(Reason::Parse),
            },
        },
        Some(_) => Cell::Text(text),
    }
}

/// Keeps ids of visitors out of raw records.
pub struct Veil<'a> {
    personal: &'a Personal,
    /// The key whose value is to be hidden.
    key: Option<&'a str>,
}

impl<'a> Veil<'a> {
    pub fn new(personal: &'a Personal, source: &Source, wanted: &[Option<&'a str>]) -> Veil<'a> {
        Veil { personal, key: personal.veiled(source).and_then(|n| wanted.get(n).copied().flatten()) }
    }

    /// The line's bytes; of one that cannot be taken apart only their number.
    pub fn raw(&self, line: &Line<'_>) -> Vec<u8> {
        let Some(key) = self.key else { return line.bytes.to_vec() };
        let text = std::str::from_utf8(line.bytes).ok().filter(|_| !line.too_long);
        text.and_then(|text| self.hidden(text, key)).unwrap_or_else(|| withheld(line.bytes.len()))
    }

    fn hidden(&self, text: &str, key: &str) -> Option<Vec<u8>> {
        let mut slots = [Slot::Absent];
        let mut json = serde_json::Deserializer::from_str(text);
        let object = ObjectReader { names: &[Some(key)], slots: &mut slots, unknown: &mut Vec::new() };
        object.deserialize(&mut json).and_then(|()| json.end()).ok()?;
        let found = match slots[0] {
            Slot::Absent => return Some(text.as_bytes().to_vec()),
            Slot::Value(found) => found,
            Slot::Twice => return None,
        };
        let (value, mut scratch) = (found.get(), None);
        let id = match cell(found, &mut scratch) {
            Cell::Null => return Some(text.as_bytes().to_vec()),
            Cell::Text(id) | Cell::Ours(id) => self.personal.shown(id.as_bytes()),
            Cell::Bad(_) => self.personal.shown(value.as_bytes()),
        };
        // The value is a part of the text: where it lies says where it is.
        let start = (value.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
        let span = start..start + value.len();
        text.get(span.clone())?;
        Some(replaced(text.as_bytes(), span, &format!("\"{id}\"")))
    }
}

/// Reads all lines into rows; the number of records, and the keys that the contract does not know.
pub fn read(mut lines: Lines, wanted: &[Option<&str>], mut rows: Rows<'_>) -> Result<(u64, Vec<String>), FileProblem> {
    // Several columns may be looked for under one name.
    let slot_of: Vec<usize> = wanted.iter().map(|w| wanted.iter().position(|n| n == w).unwrap_or(0)).collect();
    let mut unknown = Vec::new();
    let veil = Veil::new(rows.personal(), rows.source(), wanted);
    lines.refuse_document()?;
    while let Some(line) = lines.next_line()? {
        let raw = || veil.raw(&line);
        let text = match std::str::from_utf8(line.bytes) {
            Ok(text) if !line.too_long => text,
            checked => {
                let bad = if line.too_long || checked.is_ok() { Reason::Parse } else { Reason::Encoding };
                rows.reject(line.line, None, bad, raw())?;
                continue;
            }
        };
        let mut slots = [Slot::Absent; MAX_FIELDS];
        let mut json = serde_json::Deserializer::from_str(text);
        let object = ObjectReader { names: wanted, slots: &mut slots, unknown: &mut unknown };
        if object.deserialize(&mut json).and_then(|()| json.end()).is_err() {
            rows.reject(line.line, None, Reason::Parse, raw())?;
            continue;
        }
        let mut scratch = [const { None }; MAX_FIELDS];
        let mut cells = [Cell::Null; MAX_FIELDS];
        for ((to, from), scratch) in cells.iter_mut().zip(&slot_of).zip(&mut scratch) {
            *to = match slots[*from] {
                Slot::Absent => Cell::Null,
                Slot::Value(value) => cell(value, scratch),
                Slot::Twice => Cell::Bad(Reason::Parse),
            };
        }
        rows.push(line.line, &cells[..wanted.len()], line.bytes.len(), raw)?;
    }
    Ok((rows.finish()?, unknown))
}

#[cfg(test)]
mod tests;
