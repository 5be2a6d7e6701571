//! The cells of a sheet, row by row, as the file has them.

use std::io;
use std::ops::Range;

use quick_xml::events::{BytesStart, Event};

use super::super::MAX_RECORD;
use super::book::{Book, Strings};
use super::xml::{Xml, attribute, unescape};
use super::zip::bad;

/// What a spreadsheet holds at most.
const MAX_ROWS: u32 = 1 << 20;
const MAX_COLUMNS: u32 = 1 << 14;
/// 1970-01-01 as a day of either calendar.
const UNIX_DAY_1900: i64 = 25_569;
const UNIX_DAY_1904: i64 = 24_107;
pub const MILLIS_PER_DAY: f64 = 86_400_000.0;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Nothing,
    /// Both are ranges of the row's text.
    Text(Range<usize>),
    Number(Range<usize>),
    /// Milliseconds since 1970-01-01 on a wall; `None` when the calendar has no such day.
    Time(Option<i64>),
    Truth(bool),
    Error(Range<usize>),
}

/// The rows of a sheet.
pub struct Sheet {
    strings: Strings,
    dates: Vec<bool>,
    from_1904: bool,
    pub xml: Xml,
    /// Of the row that was read last.
    pub text: String,
    /// Number of that row.
    line: u32,
}

impl Sheet {
    pub fn new(book: Book) -> Sheet {
        let Book { strings, dates, from_1904, sheet } = book;
        Sheet { strings, dates, from_1904, xml: sheet, text: String::new(), line: 0 }
    }

    /// Hands the cells of the next row that is not empty to `take`, with their columns from 0; its number.
    pub fn row(&mut self, take: &mut dyn FnMut(u32, Value)) -> io::Result<Option<u32>> {
        loop {
            let row = match self.xml.next()? {
                Event::Start(e) if e.local_name().as_ref() == "row" => attribute(&e, "r")?,
                Event::End(e) if e.local_name().as_ref() == "sheetData" => return Ok(None),
                Event::Eof => return Err(bad("its sheet ends in the middle")),
                _ => continue,
            };
            let line = row.map_or(Some(self.line + 1), |r| r.parse().ok());
            let line = line.filter(|n| *n > self.line && *n <= MAX_ROWS);
            self.line = line.ok_or_else(|| bad("its rows are out of order or beyond 1,048,576"))?;
            self.text.clear();
            if self.cells(take)? {
                return Ok(Some(self.line));
            }
        }
    }

    /// Reads the row that was just begun; whether any cell of it holds something.
    fn cells(&mut self, take: &mut dyn FnMut(u32, Value)) -> io::Result<bool> {
        let (mut next, mut any) = (0, false);
        loop {
            let (column, kind, style) = match self.xml.next()? {
                Event::Start(e) if e.local_name().as_ref() == "c" => cell(&e)?,
                Event::End(e) if e.local_name().as_ref() == "row" => return Ok(any),
                Event::Eof => return Err(bad("its sheet ends in the middle")),
                _ => continue,
            };
            let column = column.unwrap_or(next);
            if column >= MAX_COLUMNS {
                return Err(bad("a cell lies beyond column XFD"));
            }
            next = column + 1;
            let value = self.value(&kind, style)?;
            if value.text().is_none_or(|range| !self.text[range].trim().is_empty()) && value != Value::Nothing {
                any = true;
                take(column, value);
            }
        }
    }

    /// Reads the cell that was just begun, of a type and a style.
    fn value(&mut self, kind: &str, style: usize) -> io::Result<Value> {
        let start = self.text.len();
        let (mut formula, mut stored) = (false, false);
        loop {
            let element = match self.xml.next()? {
                Event::Start(e) => match e.local_name().as_ref() {
                    "v" => 'v',
                    "is" => 'i',
                    "f" => 'f',
                    _ => 'x',
                },
                Event::End(e) if e.local_name().as_ref() == "c" => break,
                Event::Eof => return Err(bad("its sheet ends in the middle")),
                _ => continue,
            };
            match element {
                'v' if kind != "inlineStr" && !stored => {
                    stored = true;
                    self.xml.text(&mut self.text)?;
                }
                'i' if kind == "inlineStr" && !stored => {
                    stored = true;
                    self.xml.string(&mut self.text)?;
                }
                'f' => formula = true,
                _ => {}
            }
            if self.text.len() > MAX_RECORD {
                return Err(bad("a row has more than 16 MiB of text"));
            }
        }
        // Some programs write an empty value beside a formula that they did not compute; of a text an empty one is a result.
        let nothing = !stored || kind != "str" && self.text[start..].trim().is_empty();
        if formula && nothing {
            self.text.truncate(start);
            self.text.push_str("a formula without its result");
            return Ok(Value::Error(start..self.text.len()));
        }
        self.typed(kind, style, start)
    }

    /// What the text from `start` on means in a cell of this type and style.
    fn typed(&mut self, kind: &str, style: usize, start: usize) -> io::Result<Value> {
        let whole = start..self.text.len();
        if matches!(kind, "str" | "inlineStr" | "d") {
            if kind == "str" {
                unescape(&mut self.text, start);
            }
            return Ok(Value::Text(start..self.text.len()));
        }
        let text = self.text[whole.clone()].trim();
        if text.is_empty() {
            return Ok(Value::Nothing);
        }
        Ok(match kind {
            "s" => {
                let shared = text.parse().ok().and_then(|n| self.strings.get(n));
                let shared = shared.ok_or_else(|| bad("a cell names a shared string that is not there"))?;
                self.text.truncate(start);
                self.text.push_str(shared);
                Value::Text(start..self.text.len())
            }
            "b" => Value::Truth(!matches!(text, "0" | "false")),
            "e" => Value::Error(whole),
            _ => match number(text) {
                None => Value::Text(whole),
                Some(n) if self.dates.get(style) == Some(&true) => Value::Time(self.millis(n)),
                Some(_) => Value::Number(whole),
            },
        })
    }

    /// A day of the workbook's calendar, with its part of a day, as milliseconds since 1970-01-01.
    fn millis(&self, serial: f64) -> Option<i64> {
        let millis = (serial * MILLIS_PER_DAY).round();
        if !(0.0..4e6 * MILLIS_PER_DAY).contains(&millis) {
            return None;
        }
        let (millis, day) = (millis as i64, MILLIS_PER_DAY as i64);
        let shift = match millis / day {
            _ if self.from_1904 => UNIX_DAY_1904,
            // A time of day alone, and 1900-02-29, which the other calendar believes in.
            0 | 60 => return None,
            1..60 => UNIX_DAY_1900 - 1,
            _ => UNIX_DAY_1900,
        };
        Some(millis - shift * day)
    }
}

impl Value {
    pub fn text(&self) -> Option<Range<usize>> {
        match self {
            Value::Text(range) => Some(range.clone()),
            _ => None,
        }
    }
}

/// Column, type and style of a cell.
fn cell(element: &BytesStart<'_>) -> io::Result<(Option<u32>, String, usize)> {
    let style = attribute(element, "s")?.and_then(|s| s.parse().ok()).unwrap_or(0);
    let kind = attribute(element, "t")?.unwrap_or_default();
    let Some(place) = attribute(element, "r")? else { return Ok((None, kind, style)) };
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic).take(4);
    let column = letters.fold(0, |n, c| n * 26 + u32::from(c.to_ascii_uppercase() - b'@'));
    Ok((Some(column.checked_sub(1).ok_or_else(|| bad("a cell has no column"))?), kind, style))
}

/// A number as XML writes it; not the words that Rust also takes.
pub fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    text.parse().ok().filter(|n: &f64| plain && n.is_finite())
}
