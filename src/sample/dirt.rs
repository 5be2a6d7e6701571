//! Rows spoiled on purpose: for each reason of the contract, a good row with one thing wrong.

use csv::ByteRecord;

use crate::domain::schema::{Kind, Source};
use crate::ingest::Reason;

use super::layout::{Format, Layout};

/// A spoiled row, as the sheet is to write it.
pub enum Spoiled {
    /// Fields, perhaps too few or too many.
    Row(ByteRecord),
    /// A quote is opened before this field and never closed.
    OpenQuote(usize),
    /// A line broken off in its middle.
    CutOff,
}

/// Rare reasons first, so that a short table has those that only it can have.
const ORDER: [Reason; 13] = [
    Reason::ReservedWord,
    Reason::EndBeforeStart,
    Reason::BadPeriod,
    Reason::UnknownWord,
    Reason::NumberRange,
    Reason::BadDate,
    Reason::BadNumber,
    Reason::Missing,
    Reason::BadTime,
    Reason::TimeRange,
    Reason::IdTooLong,
    Reason::Parse,
    Reason::Encoding,
];

/// What can go wrong in a source: reasons, each with the columns in which it can.
pub fn menu(source: &Source, layout: &Layout) -> Vec<(Reason, Vec<usize>)> {
    let columns = |reason: Reason| -> Vec<usize> {
        let fits = |n: usize| {
            let field = &source.fields[n];
            match (reason, field.kind) {
                (Reason::Missing, _) => field.required,
                (Reason::BadTime | Reason::TimeRange, Kind::Time) => true,
                (Reason::BadDate, Kind::Date) => true,
                (Reason::BadNumber | Reason::NumberRange, kind) => {
                    matches!(kind, Kind::Money | Kind::Number | Kind::Quantity | Kind::Integer(..))
                }
                (Reason::BadPeriod, Kind::Period) => true,
                (Reason::IdTooLong, Kind::Id) => true,
                (Reason::UnknownWord, Kind::Word(_)) => true,
                (Reason::ReservedWord, Kind::Segment) => true,
                (Reason::EndBeforeStart, Kind::Date) => source.name == "contracts" && field.name == "end_date",
                (Reason::Encoding, kind) => matches!(kind, Kind::Id | Kind::Text | Kind::Lower),
                (Reason::Parse, _) => n == 0,
                _ => false,
            }
        };
        (0..source.fields.len()).filter(|n| fits(*n)).collect()
    };
    // A Parquet file cannot hold text where a day or number belongs.
    let typed = [Reason::UnknownWord, Reason::NumberRange, Reason::Missing, Reason::IdTooLong];
    ORDER
        .into_iter()
        .filter(|r| layout.format != Format::Parquet || typed.contains(r))
        .map(|r| (r, columns(r)))
        .filter(|(_, columns)| !columns.is_empty())
        .collect()
}

/// Spoils a good row; `n` varies how.
pub fn spoil(source: &Source, layout: &Layout, good: &ByteRecord, reason: Reason, column: usize, n: usize) -> Spoiled {
    let mut cells: Vec<Vec<u8>> = good.iter().map(<[u8]>::to_vec).collect();
    let pick = |of: &[&str]| of[n % of.len()].as_bytes().to_vec();
    match reason {
        Reason::Parse if layout.format == Format::JsonLines => return Spoiled::CutOff,
        Reason::Parse if layout.open_quotes && n % 3 == 2 => return Spoiled::OpenQuote(1),
        Reason::Parse if n % 2 == 0 => cells.truncate(cells.len() - 1),
        Reason::Parse => cells.push(b"surplus".to_vec()),
        Reason::Encoding => cells[column].extend_from_slice(&[0xC3, 0x28, 0xFF]),
        _ => {
            if source.is_events() && !cells[0].is_empty() {
                cells[0].push(b'x');
            }
            cells[column] = match (reason, source.fields[column].kind) {
                (Reason::BadTime, _) => {
                    pick(&["2026-02-30 10:00:00", "2026-07-01", "next week", "2026-07-01T24:00:00", "2026-07-01 10:15"])
                }
                (Reason::TimeRange, _) => {
                    pick(&["2099-01-01 00:00:00", "1999-12-31T23:59:59+08:00", "1970-01-01 08:00:00"])
                }
                (Reason::BadDate, _) => pick(&["2026/07/01", "2026-02-29", "31.12.2026", "0000-00-00", "soon"]),
                (Reason::BadNumber, _) => pick(&["n/a", "1,200", "NaN", "12abc"]),
                (Reason::NumberRange, Kind::Integer(1900, _)) => pick(&["1066", "2500"]),
                (Reason::NumberRange, Kind::Integer(..)) => pick(&["-5", "99999999999999"]),
                (Reason::NumberRange, _) => pick(&["-120.00", "-1"]),
                (Reason::BadPeriod, _) => pick(&["2026-Q5", "2026-13", "26-07"]),
                (Reason::IdTooLong, _) if n % 2 == 1 => "企".repeat(43).into_bytes(),
                (Reason::IdTooLong, _) => vec![b'x'; 129],
                (Reason::UnknownWord, _) => pick(&["maybe", "?", "其他"]),
                (Reason::ReservedWord, _) => pick(&["all"]),
                (Reason::EndBeforeStart, _) => pick(&["2001-01-01"]),
                _ => Vec::new(),
            };
        }
    }
    Spoiled::Row(ByteRecord::from(cells))
}
