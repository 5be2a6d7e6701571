//! XLSX: the first visible sheet, its first row being the header. Values become the texts that the other formats
//! would hold, as of Parquet.
//!
//! | cell | column | text |
//! |---|---|---|
//! | text | any | as it is |
//! | number with a date format | date | the day if it is midnight, else `bad_date` |
//! | | time | local wall time, to the millisecond |
//! | | other | the day, with its time if it has one |
//! | number | money | the cent that lies within 1e-6, else `bad_number` |
//! | | other | a whole one as its digits, else shortest decimals |
//! | boolean | any | `true`, `false` |
//! | formula | any | its result as stored; without one the value is bad |
//! | error (`#N/A`) | any | bad |
//!
//! Only known columns are kept, and one row at a time: memory follows neither the sheet's size nor its coordinates.
//! zip.rs holds the file's parts, xml.rs reads them, book.rs finds the sheet and its strings, sheet.rs its cells, this file what they mean.
//! The shared strings are in memory whole, so the reader takes up to about 100 MB.

mod book;
mod sheet;
mod xml;
mod zip;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::ops::Range;

use self::book::Book;
use self::sheet::{MILLIS_PER_DAY, Sheet, Value, number};
use super::guard::guarded;
use super::parquet::{date, float, quote, stamp};
use super::rows::Rows;
use crate::domain::Day;
use crate::domain::schema::{Kind, Source};
use crate::ingest::check::Cell;
use crate::ingest::locate::locate;
use crate::ingest::{FileProblem, Reason};

/// One record.
pub struct Record<'r> {
    /// The row's number, the header being 1.
    pub line: u64,
    source: &'static Source,
    wanted: &'r [Option<&'r str>],
    /// For each column of the source, with the texts that they refer to.
    values: &'r [Value],
    text: &'r str,
    /// Which columns of the source the sheet has.
    has: &'r [bool],
}

/// Receives a record; false when it wants no more.
pub type Take<'t> = &'t mut dyn FnMut(&Record<'_>) -> Result<bool, FileProblem>;

/// Reads all rows; the number of records, and the columns that the contract does not know.
pub fn read(file: File, wanted: &[Option<&str>], mut rows: Rows<'_>) -> Result<(u64, Vec<String>), FileProblem> {
    let mut scratch = String::new();
    let unknown = each_record(file, rows.source(), wanted, &mut |record| {
        scratch.clear();
        let slots: Vec<Result<Range<usize>, Reason>> =
            (0..record.values.len()).map(|column| record.text_of(column, &mut scratch)).collect();
        let cell = |(slot, value): (&Result<Range<usize>, Reason>, &Value)| match slot {
            Ok(range) if range.is_empty() => Cell::Null,
            // A date of the sheet is no text to be read by a setting.
            Ok(range) if matches!(value, Value::Time(_)) => Cell::Ours(&scratch[range.clone()]),
            Ok(range) => Cell::Text(&scratch[range.clone()]),
            Err(reason) => Cell::Bad(*reason),
        };
        rows.has(|column| record.has[column]);
        let cells: Vec<Cell<'_>> = slots.iter().zip(record.values).map(cell).collect();
        rows.push(record.line, &cells, scratch.len() + 8 * cells.len(), || record.raw())?;
        Ok(true)
    })?;
    Ok((rows.finish()?, unknown))
}

/// Hands every record to `take` in the order of the sheet; the columns that the contract does not know.
///
/// # Errors
/// Refused when the file cannot be read as XLSX to its end, lacks a required column or has a known one twice.
pub fn each_record(
    file: File,
    source: &'static Source,
    wanted: &[Option<&str>],
    take: Take<'_>,
) -> Result<Vec<String>, FileProblem> {
    if source.is_events() {
        return Err(FileProblem::Refused(format!(
            "the file is a spreadsheet or another ZIP file, and {} are events: XLSX is read for tables only; export it as CSV, JSON lines \
             or Parquet",
            source.name
        )));
    }
    let mut sheet = match guarded(|| Book::open(file)) {
        Some(book) => Sheet::new(book.map_err(problem)?),
        None => return Err(FileProblem::Refused(damaged("its parts contradict each other"))),
    };
    // Before the header is read no column is known, then those that it names.
    let mut at: Option<HashMap<u32, usize>> = None;
    let mut unknown = Vec::new();
    let mut has = Vec::new();
    let mut values = vec![Value::Nothing; source.fields.len()];
    loop {
        let mut names: Vec<(u32, Range<usize>)> = Vec::new();
        values.fill(Value::Nothing);
        let row = guarded(|| {
            sheet.row(&mut |column, value| match &at {
                Some(at) => at.get(&column).into_iter().for_each(|n| values[*n] = value.clone()),
                None => names.extend(value.text().map(|range| (column, range))),
            })
        });
        let row = row.ok_or_else(|| FileProblem::Refused(damaged("its cells contradict each other")))?;
        let Some(line) = row.map_err(problem)? else { break };
        if at.is_some() {
            let record = Record { line: line.into(), source, wanted, values: &values, text: &sheet.text, has: &has };
            if !take(&record)? {
                return Ok(unknown);
            }
            continue;
        }
        if line != 1 {
            names.clear();
        }
        let texts: Vec<&str> = names.iter().map(|(_, range)| sheet.text[range.clone()].trim()).collect();
        let located = locate(source, wanted, &texts)?;
        let place = |(n, position): (usize, &Option<usize>)| position.map(|p| (names[p].0, n));
        at = Some(located.positions.iter().enumerate().filter_map(place).collect());
        has = located.positions.iter().map(Option::is_some).collect();
        unknown = located.unknown;
    }
    sheet.xml.drain().map_err(problem)?;
    Ok(unknown)
}

impl Record<'_> {
    /// Writes the text of a column's value; where it is, empty for none, else why it is bad.
    fn text_of(&self, column: usize, out: &mut String) -> Result<Range<usize>, Reason> {
        let kind = self.source.fields[column].kind;
        let start = out.len();
        let reason = match kind {
            Kind::Date => Reason::BadDate,
            Kind::Time => Reason::BadTime,
            Kind::Period => Reason::BadPeriod,
            Kind::Money | Kind::Integer(..) | Kind::Number | Kind::Quantity => Reason::BadNumber,
            Kind::Id | Kind::Text | Kind::Segment | Kind::Lower | Kind::Word(_) => Reason::Parse,
        };
        let written = match &self.values[column] {
            Value::Nothing => Ok(()),
            Value::Text(range) => out.write_str(without_midnight(&self.text[range.clone()], kind)),
            Value::Truth(truth) => write!(out, "{truth}"),
            Value::Number(range) => number_text(self.text[range.clone()].trim(), kind, out),
            Value::Time(Some(millis)) => wall_time(*millis, kind, out),
            Value::Time(None) | Value::Error(_) => Err(std::fmt::Error),
        };
        written.map(|()| start..out.len()).map_err(|_| {
            out.truncate(start);
            reason
        })
    }

    /// The known columns as a JSON object, under the file's names.
    pub fn raw(&self) -> Vec<u8> {
        let mut json = String::from("{");
        let mut text = String::new();
        for (value, name) in self.values.iter().zip(self.wanted).filter(|(value, _)| **value != Value::Nothing) {
            if json.len() > 1 {
                json.push(',');
            }
            quote(name.unwrap_or_default(), &mut json);
            json.push(':');
            text.clear();
            // What cannot fail, or leaves the text empty.
            let _ = match value {
                Value::Nothing => Ok(()),
                Value::Text(range) | Value::Error(range) => text.write_str(&self.text[range.clone()]),
                Value::Truth(truth) => write!(json, "{truth}"),
                Value::Number(range) => number_text(self.text[range.clone()].trim(), Kind::Text, &mut json),
                Value::Time(Some(millis)) => wall_time(*millis, Kind::Text, &mut text),
                Value::Time(None) => text.write_str("no day"),
            };
            if !matches!(value, Value::Truth(_) | Value::Number(_)) {
                quote(&text, &mut json);
            }
        }
        json.push('}');
        json.into_bytes()
    }
}

/// A number as the other formats would write it.
fn number_text(text: &str, kind: Kind, out: &mut String) -> std::fmt::Result {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0')) {
        return out.write_str(text);
    }
    float(number(text).ok_or(std::fmt::Error)?, kind, out)
}

/// A wall time for a column: in a date column midnight only, in others but times a midnight as its day.
fn wall_time(millis: i64, kind: Kind, out: &mut String) -> std::fmt::Result {
    let day = millis.div_euclid(MILLIS_PER_DAY as i64);
    if kind != Kind::Time && millis.rem_euclid(MILLIS_PER_DAY as i64) == 0 {
        return date(day, out);
    }
    if !(i64::from(Day::MIN.0)..=i64::from(Day::MAX.0)).contains(&day) {
        return write!(out, "day {day}");
    }
    stamp(i128::from(millis) * 1_000_000, None, kind, out)
}

/// `2026-07-01T00:00:00` in a date column is its day.
fn without_midnight(text: &str, kind: Kind) -> &str {
    match text.trim().split_once('T') {
        Some((day, "00:00:00" | "00:00:00.000")) if kind == Kind::Date => day,
        _ => text,
    }
}

fn damaged(why: &str) -> String {
    format!("the XLSX file cannot be read to its end: {why}; save it anew, or export it as CSV")
}

fn problem(error: io::Error) -> FileProblem {
    if error.raw_os_error().is_some() {
        return FileProblem::Unreadable(error);
    }
    FileProblem::Refused(damaged(&error.to_string()))
}

#[cfg(test)]
pub(crate) mod tests;
