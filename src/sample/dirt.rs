//! Rows spoiled on purpose: for each reason of the contract, a good row with one thing wrong.

use csv::ByteRecord;

use crate::domain::schema::{Kind, Source};

use super::layout::{Format, Layout};

/// What can be wrong with a row: the reasons of the contract, but those that need more than the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    ReservedWord,
    EndBeforeStart,
    BadPeriod,
    UnknownWord,
    NumberRange,
    BadDate,
    BadNumber,
    Missing,
    BadTime,
    TimeRange,
    IdTooLong,
    Parse,
    Encoding,
}

impl Flaw {
    /// The contract's word for the reason.
    pub fn word(self) -> &'static str {
        match self {
            Flaw::ReservedWord => "reserved_word",
            Flaw::EndBeforeStart => "end_before_start",
            Flaw::BadPeriod => "bad_period",
            Flaw::UnknownWord => "unknown_word",
            Flaw::NumberRange => "number_range",
            Flaw::BadDate => "bad_date",
            Flaw::BadNumber => "bad_number",
            Flaw::Missing => "missing",
            Flaw::BadTime => "bad_time",
            Flaw::TimeRange => "time_range",
            Flaw::IdTooLong => "id_too_long",
            Flaw::Parse => "parse",
            Flaw::Encoding => "encoding",
        }
    }
}

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
const ORDER: [Flaw; 13] = [
    Flaw::ReservedWord,
    Flaw::EndBeforeStart,
    Flaw::BadPeriod,
    Flaw::UnknownWord,
    Flaw::NumberRange,
    Flaw::BadDate,
    Flaw::BadNumber,
    Flaw::Missing,
    Flaw::BadTime,
    Flaw::TimeRange,
    Flaw::IdTooLong,
    Flaw::Parse,
    Flaw::Encoding,
];

/// What can go wrong in a source: reasons, each with the columns in which it can.
pub fn menu(source: &Source, layout: &Layout) -> Vec<(Flaw, Vec<usize>)> {
    let columns = |reason: Flaw| -> Vec<usize> {
        let fits = |n: usize| {
            let field = &source.fields[n];
            match (reason, field.kind) {
                (Flaw::Missing, _) => field.required,
                (Flaw::BadTime | Flaw::TimeRange, Kind::Time) => true,
                (Flaw::BadDate, Kind::Date) => true,
                (Flaw::BadNumber | Flaw::NumberRange, kind) => {
                    matches!(kind, Kind::Money | Kind::Number | Kind::Quantity | Kind::Integer(..))
                }
                (Flaw::BadPeriod, Kind::Period) => true,
                (Flaw::IdTooLong, Kind::Id) => true,
                (Flaw::UnknownWord, Kind::Word(_)) => true,
                (Flaw::ReservedWord, Kind::Segment) => true,
                (Flaw::EndBeforeStart, Kind::Date) => source.name == "contracts" && field.name == "end_date",
                (Flaw::Encoding, kind) => matches!(kind, Kind::Id | Kind::Text | Kind::Lower),
                (Flaw::Parse, _) => n == 0,
                _ => false,
            }
        };
        (0..source.fields.len()).filter(|n| fits(*n)).collect()
    };
    // A Parquet file cannot hold text where a day or number belongs.
    let typed = [Flaw::UnknownWord, Flaw::NumberRange, Flaw::Missing, Flaw::IdTooLong];
    ORDER
        .into_iter()
        .filter(|r| layout.format != Format::Parquet || typed.contains(r))
        .map(|r| (r, columns(r)))
        .filter(|(_, columns)| !columns.is_empty())
        .collect()
}

/// Spoils a good row; `n` varies how.
pub fn spoil(source: &Source, layout: &Layout, good: &ByteRecord, reason: Flaw, column: usize, n: usize) -> Spoiled {
    let mut cells: Vec<Vec<u8>> = good.iter().map(<[u8]>::to_vec).collect();
    let pick = |of: &[&str]| of[n % of.len()].as_bytes().to_vec();
    match reason {
        Flaw::Parse if layout.format == Format::JsonLines => return Spoiled::CutOff,
        Flaw::Parse if layout.open_quotes && n % 3 == 2 => return Spoiled::OpenQuote(1),
        Flaw::Parse if n.is_multiple_of(2) => cells.truncate(cells.len() - 1),
        Flaw::Parse => cells.push(b"surplus".to_vec()),
        Flaw::Encoding => cells[column].extend_from_slice(&[0xC3, 0x28, 0xFF]),
        _ => {
            if source.is_events() && !cells[0].is_empty() {
                cells[0].push(b'x');
            }
            cells[column] = match (reason, source.fields[column].kind) {
                (Flaw::BadTime, _) => {
                    pick(&["2026-02-30 10:00:00", "2026-07-01", "next week", "2026-07-01T24:00:00", "2026-07-01 10:15"])
                }
                (Flaw::TimeRange, _) => {
                    pick(&["2099-01-01 00:00:00", "1999-12-31T23:59:59+08:00", "1970-01-01 08:00:00"])
                }
                (Flaw::BadDate, _) => pick(&["2026/07/01", "2026-02-29", "31.12.2026", "0000-00-00", "soon"]),
                (Flaw::BadNumber, _) => pick(&["n/a", "1,200", "NaN", "12abc"]),
                (Flaw::NumberRange, Kind::Integer(1900, _)) => pick(&["1066", "2500"]),
                (Flaw::NumberRange, Kind::Integer(..)) => pick(&["-5", "99999999999999"]),
                (Flaw::NumberRange, _) => pick(&["-120.00", "-1"]),
                (Flaw::BadPeriod, _) => pick(&["2026-Q5", "2026-13", "26-07"]),
                (Flaw::IdTooLong, _) if n % 2 == 1 => "企".repeat(43).into_bytes(),
                (Flaw::IdTooLong, _) => vec![b'x'; 129],
                (Flaw::UnknownWord, _) => pick(&["maybe", "?", "其他"]),
                (Flaw::ReservedWord, _) => pick(&["all"]),
                (Flaw::EndBeforeStart, _) => pick(&["2001-01-01"]),
                _ => Vec::new(),
            };
        }
    }
    Spoiled::Row(ByteRecord::from(cells))
}
