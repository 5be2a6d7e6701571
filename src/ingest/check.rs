//! A record -> a typed row, or the first bad column in contract order with its reason.

use super::Reason;
use super::cells::encode;
use super::erased::{Bond, Kind};
use super::event_id::{EVENT_ID, EventIds};
use super::personal::Personal;
use super::settings::Settings;
use super::values::{Value, ValueReader, trimmed};
use crate::config::SourceConfig;
use crate::domain::schema::Source;
use crate::domain::{Day, Micros, Zone};

/// No source has more columns.
pub const MAX_FIELDS: usize = 16;

/// What a file holds for one column of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing, or the file has no such column.
    Null,
    /// A text of the file, to be read by the source's settings.
    Text(&'a str),
    /// A text as the contract writes it, whatever the settings: made from a typed value, or put in by a setting.
    Ours(&'a str),
    /// Something that has no text.
    Bad(Reason),
}

/// A rule between a column and an earlier one.
#[derive(Clone, Copy, Debug)]
enum Rule {
    None,
    /// This day is not before the day of the column at the index.
    NotBefore(usize),
    /// This amount is at most that of the column at the index.
    AtMost(usize),
}

/// Checks the records of one source.
#[derive(Clone, Debug)]
pub struct Checker<'z> {
    reader: ValueReader<'z>,
    settings: Option<Settings<'z>>,
    source: &'static Source,
    rules: Vec<Rule>,
    ids: Option<EventIds>,
    personal: &'z Personal,
    /// The column whose values are not kept as they come.
    veiled: Option<usize>,
    /// Columns that may hold an erased id.
    erased: Vec<(usize, Kind, Bond)>,
}

impl<'z> Checker<'z> {
    /// Checks the records of one file, in their order.
    pub fn new(
        source: &'static Source,
        config: &'z SourceConfig,
        zone: &'z Zone,
        now: Micros,
        personal: &'z Personal,
    ) -> Checker<'z> {
        Checker {
            reader: ValueReader::new(zone, now).with_times(&config.ts_format),
            settings: Settings::new(source, config),
            source,
            rules: source.fields.iter().map(|field| rule(source, field.name)).collect(),
            ids: EventIds::new(source, config),
            personal,
            veiled: personal.veiled(source),
            erased: personal.erased_columns(source),
        }
    }

    /// Reads a record's cells, one for each column in contract order, into `row`; else the index of the first
    /// bad column, and why it is bad.
    pub fn check<'a>(&mut self, cells: &[Cell<'a>], row: &mut [Value<'a>]) -> Result<(), (usize, Reason)>
    where
        'z: 'a,
    {
        let mut erased = self.erased_in(cells);
        let read = self.columns(cells, row);
        // Of a row that was erased nothing is kept, were it bad for another reason.
        if let (Err(_), Some(n)) = (read, erased) {
            return Err((n, Reason::Erased));
        }
        read?;
        for (n, kind, bond) in &self.erased {
            if let Value::Text(id) = &row[*n]
                && self.personal.is_erased(*kind, id)
            {
                match bond {
                    Bond::Row => erased = erased.or(Some(*n)),
                    Bond::Mention => row[*n] = Value::Null,
                }
            }
        }
        if let Some(id) = self.veiled.and_then(|n| row.get_mut(n)) {
            *id = self.personal.hidden(std::mem::replace(id, Value::Null));
        }
        // Of the row as it will be stored: whatever else changes its values has to come before. An erased row is counted
        // too: the id of an equal one beside it stays what it was.
        if let Some(ids) = &mut self.ids
            && let Some(n) = self.source.index(EVENT_ID)
        {
            row[n] = Value::Text(ids.next(row).into());
        }
        if let Some(n) = erased {
            return Err((n, Reason::Erased));
        }
        // But for a visitor's id that is dropped: its hash tells events apart that differ by it alone.
        if let Some(id) = self.veiled.and_then(|n| row.get_mut(n)) {
            *id = self.personal.stored(std::mem::replace(id, Value::Null));
        }
        Ok(())
    }

    /// The column by whose id, as the settings read it, a record is of somebody who was erased.
    fn erased_in(&self, cells: &[Cell<'_>]) -> Option<usize> {
        let of_row = self.erased.iter().filter(|(.., bond)| *bond == Bond::Row);
        let mut found = of_row.filter(|(n, kind, _)| {
            let cell = cells.get(*n).copied().unwrap_or(Cell::Null);
            match self.settings.as_ref().map_or(cell, |settings| settings.apply(*n, cell)) {
                Cell::Text(id) | Cell::Ours(id) => self.personal.is_erased(*kind, id),
                Cell::Null | Cell::Bad(_) => false,
            }
        });
        found.next().map(|(n, ..)| *n)
    }

    /// Reads a record's cells, each by itself and by the rules between them.
    fn columns<'a>(&mut self, cells: &[Cell<'a>], row: &mut [Value<'a>]) -> Result<(), (usize, Reason)>
    where
        'z: 'a,
    {
        let made = self.ids.is_some();
        for (n, (field, cell)) in self.source.fields.iter().zip(cells).enumerate() {
            let value = self.value(n, *cell).map_err(|reason| (n, reason))?;
            if field.required && matches!(value, Value::Null) && !(made && field.name == EVENT_ID) {
                return Err((n, Reason::Missing));
            }
            match (self.rules[n], &value) {
                (Rule::NotBefore(other), Value::Date(end)) => {
                    if matches!(&row[other], Value::Date(start) if end < start) {
                        return Err((n, Reason::EndBeforeStart));
                    }
                }
                (Rule::AtMost(other), Value::Money(part)) => {
                    if matches!(&row[other], Value::Money(whole) if part > whole) {
                        return Err((n, Reason::NumberRange));
                    }
                }
                _ => {}
            }
            row[n] = value;
        }
        Ok(())
    }

    fn value<'a>(&mut self, column: usize, cell: Cell<'a>) -> Result<Value<'a>, Reason>
    where
        'z: 'a,
    {
        let kind = self.source.fields[column].kind;
        match self.settings.as_ref().map_or(cell, |settings| settings.apply(column, cell)) {
            Cell::Null => Ok(Value::Null),
            Cell::Text(text) => self.reader.read(kind, text),
            Cell::Ours(text) => self.reader.read_ours(kind, text),
            Cell::Bad(reason) => Err(reason),
        }
    }

    /// Whether every column can be checked by itself: no rule, made id or erased id looks at others.
    pub fn is_by_column(&self) -> bool {
        self.ids.is_none() && self.erased.is_empty() && self.rules.iter().all(|rule| matches!(rule, Rule::None))
    }

    /// Whether the texts of a column are neither replaced nor hidden.
    pub fn takes_as_it_stands(&self, column: usize) -> bool {
        self.settings.is_none() && self.veiled != Some(column)
    }

    /// The value of a cell of a column that can be checked by itself, as it will be stored.
    pub fn cell<'a>(&mut self, column: usize, cell: Cell<'a>) -> Result<Value<'a>, Reason>
    where
        'z: 'a,
    {
        let value = self.value(column, cell)?;
        if self.veiled != Some(column) {
            return Ok(value);
        }
        Ok(self.personal.stored(self.personal.hidden(value)))
    }

    /// The instant of a text of a column that is taken as it stands, and its local day.
    #[inline]
    pub fn time(&mut self, text: &str) -> Result<Option<(Micros, Day)>, Reason> {
        match trimmed(text) {
            "" => Ok(None),
            text => self.reader.time(text).map(Some),
        }
    }

    /// Whether a cell holds no value.
    pub fn is_null(&mut self, column: usize, cell: Cell<'_>) -> bool {
        self.value(column, cell) == Ok(Value::Null)
    }

    /// The key of a record of a table as [`encode`] writes it, good or not; `None` when it cannot be read.
    pub fn key(&mut self, cells: &[Cell<'_>]) -> Option<Vec<u8>> {
        let mut key = Vec::new();
        for name in self.source.key {
            let n = self.source.index(name)?;
            let value = self.value(n, *cells.get(n)?).ok()?;
            if value == Value::Null && self.source.fields[n].required {
                return None;
            }
            encode(&value, &mut key);
        }
        Some(key)
    }
}

fn rule(source: &Source, column: &str) -> Rule {
    let index = |name| source.index(name).unwrap_or(0);
    match (source.name, column) {
        ("contracts", "end_date") => Rule::NotBefore(index("start_date")),
        ("contracts", "refund") => Rule::AtMost(index("amount")),
        _ => Rule::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schema::{SOURCES, source};
    use crate::ingest::personal::PLAIN;

    #[test]
    fn no_source_has_more_columns_than_a_row_holds() {
        assert!(SOURCES.iter().all(|s| s.fields.len() <= MAX_FIELDS));
    }

    fn bad(name: &str, texts: &[&'static str]) -> Option<(&'static str, Reason)> {
        let source = source(name).unwrap();
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let mut row = [const { Value::Null }; MAX_FIELDS];
        let cells: Vec<Cell<'_>> = texts.iter().map(|t| Cell::Text(t)).collect();
        assert_eq!(cells.len(), source.fields.len());
        let now = Micros::parse_rfc3339("2026-11-01T00:00:00Z").unwrap();
        let checked = Checker::new(source, &SourceConfig::default(), &zone, now, &PLAIN).check(&cells, &mut row);
        checked.err().map(|(n, reason)| (source.fields[n].name, reason))
    }

    #[test]
    fn rules_between_columns_and_the_first_bad_column() {
        let contract = |start, end, signed, amount, refund| {
            bad("contracts", &["k1", "c1", "gold", "", start, end, signed, amount, "", "", "", refund])
        };
        let (d1, d2) = ("2026-01-01", "2026-12-31");
        assert_eq!(contract(d1, d2, d1, "100", "100.00"), None);
        assert_eq!(contract(d1, d1, d1, "100", ""), None);
        assert_eq!(contract(d2, d1, d1, "100", ""), Some(("end_date", Reason::EndBeforeStart)));
        assert_eq!(contract(d1, d2, d1, "100", "100.01"), Some(("refund", Reason::NumberRange)));
        // Of several bad columns the first in contract order is named.
        assert_eq!(contract(d2, d1, "x", "-1", "y"), Some(("end_date", Reason::EndBeforeStart)));
        assert_eq!(contract("x", d1, "x", "-1", "y"), Some(("start_date", Reason::BadDate)));
        assert_eq!(contract(d1, d2, "", "-1", "y"), Some(("signed_on", Reason::Missing)));
    }

    #[test]
    fn keys_must_be_there_but_a_target_may_be_the_team_s() {
        assert_eq!(bad("targets", &["2026-Q3", "", "5"]), None);
        assert_eq!(bad("targets", &["", "r1", "5"]), Some(("period", Reason::Missing)));
        assert_eq!(bad("attendance", &["", "2026-01-01", "present", ""]), Some(("rep_id", Reason::Missing)));
        assert_eq!(bad("market_estimates", &["all", "2026", "", ""]), Some(("segment", Reason::ReservedWord)));
    }
}
