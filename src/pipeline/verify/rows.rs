//! The rows of one data file: in the promised order, each value of its kind, each event on its local day.

use arrow_array::RecordBatch;
use xxhash_rust::xxh3::xxh3_64;

use crate::domain::schema::{EVENT_DATE, Field, Kind, LakeTable, ROLLUPS, Source, source};
use crate::domain::zone::ZoneClock;
use crate::domain::{Day, Micros, Zone};
use crate::ingest::cells::{Cells, columns, days, text, times};
use crate::ingest::load::LoadError;
use crate::lake::verify::Fault;

/// What is remembered from batch to batch of a file.
pub(super) struct RowCheck<'a> {
    source: Option<&'static Source>,
    /// Columns that rows are sorted by; of events the last is not unique by the order alone.
    order: Vec<&'static str>,
    strict: bool,
    clock: ZoneClock<'a>,
    zone: &'a Zone,
    /// The last row so far.
    last: Option<RecordBatch>,
    rows: u64,
}

/// One number for an id; equal ids have equal numbers.
pub(super) fn number(id: &str) -> u64 {
    xxh3_64(id.as_bytes())
}

impl<'a> RowCheck<'a> {
    pub(super) fn new(table: &LakeTable, zone: &'a Zone) -> RowCheck<'a> {
        let source = source(table.name);
        let order = match source {
            Some(source) if source.is_events() => vec!["company_id", "ts", "event_id"],
            Some(source) => source.key.to_vec(),
            None => ROLLUPS.iter().filter(|r| r.name == table.name).flat_map(|r| r.key).map(|(key, _)| *key).collect(),
        };
        let strict = source.is_none_or(|s| !s.is_events());
        RowCheck { source, order, strict, clock: zone.clock(), zone, last: None, rows: 0 }
    }

    /// Checks a batch; the numbers of its ids go to `ids`.
    pub(super) fn batch(&mut self, batch: &RecordBatch, ids: Option<&mut Vec<u64>>) -> Result<(), Fault> {
        let fault = |check, found| Fault::Wrong { check, found };
        if let Some(ids) = ids {
            let column = text(batch, "event_id").map_err(|e| fault("rows", e.to_string()))?;
            ids.extend(column.iter().flatten().map(number));
        }
        let ordered = self.ordered(batch).map_err(|e| fault("rows", e.to_string()))?;
        let result = match (ordered, self.source) {
            (Some(row), _) => {
                let by = self.order.join(", ");
                let kind = if self.strict { "in order and without a repeated key" } else { "in order" };
                Err(fault("order", format!("row {row} is out of order; expected rows {kind} by {by}")))
            }
            (None, Some(source)) => self.values(source, batch).map_err(|found| fault("values", found)),
            (None, None) => Ok(()),
        };
        self.rows += batch.num_rows() as u64;
        self.last = batch.num_rows().checked_sub(1).map(|last| batch.slice(last, 1)).or_else(|| self.last.take());
        result
    }

    /// The first row that does not follow the one before it, from 1.
    fn ordered(&self, batch: &RecordBatch) -> Result<Option<u64>, LoadError> {
        let cells = columns(batch, &self.order)?;
        let before = self.last.as_ref().map(|last| columns(last, &self.order)).transpose()?;
        let follows = |a: &[Cells<'_>], at: usize, b: &[Cells<'_>], next: usize| {
            let order = a.iter().zip(b).map(|(a, b)| a.order(at, b, next)).find(|o| *o != Some(EQUAL));
            match order {
                Some(found) => found.is_some_and(std::cmp::Ordering::is_lt),
                None => !self.strict,
            }
        };
        if let (Some(before), true) = (&before, batch.num_rows() > 0)
            && !follows(before, 0, &cells, 0)
        {
            return Ok(Some(self.rows + 1));
        }
        let wrong = (1..batch.num_rows()).find(|row| !follows(&cells, row - 1, &cells, *row));
        Ok(wrong.map(|row| self.rows + row as u64 + 1))
    }

    fn values(&mut self, source: &'static Source, batch: &RecordBatch) -> Result<(), String> {
        for field in source.fields {
            let cells = Cells::named(batch, field.name).map_err(|e| e.to_string())?;
            if let Some(row) = (0..batch.num_rows()).find(|row| !fits(field, &cells, *row)) {
                let row = self.rows + row as u64 + 1;
                return Err(format!("row {row}: {} is no value that this column takes", field.name));
            }
        }
        if !source.is_events() {
            return Ok(());
        }
        let at = times(batch, "ts").map_err(|e| e.to_string())?;
        let on = days(batch, EVENT_DATE).map_err(|e| e.to_string())?;
        let local = |(at, on): (&i64, &i32)| self.clock.day_of(Micros(*at)) == Day(*on);
        match at.values().iter().zip(on.values()).map(local).position(|same| !same) {
            Some(row) => {
                let (row, zone) = (self.rows + row as u64 + 1, self.zone.name());
                Err(format!("row {row}: {EVENT_DATE} is not the day of ts in {zone}; was project.time_zone changed?"))
            }
            None => Ok(()),
        }
    }
}

const EQUAL: std::cmp::Ordering = std::cmp::Ordering::Equal;

/// Below 10^13, in cents.
const MONEY: std::ops::Range<i128> = 0..1_000_000_000_000_000;

/// Whether a stored value is one that its column takes (contract §2).
fn fits(field: &Field, cells: &Cells<'_>, row: usize) -> bool {
    if cells.is_null(row) {
        return !field.required;
    }
    match (field.kind, cells) {
        (Kind::Id, Cells::Text(a)) => (1..=128).contains(&a.value(row).len()),
        (Kind::Text, Cells::Text(a)) => !a.value(row).is_empty(),
        (Kind::Segment, Cells::Text(a)) => !matches!(a.value(row), "" | "all"),
        (Kind::Lower, Cells::Text(a)) => {
            let text = a.value(row);
            !text.is_empty() && (text.is_ascii() && !text.bytes().any(|b| b.is_ascii_uppercase()) || !text.is_ascii())
        }
        (Kind::Word(words), Cells::Text(a)) => words.contains(&a.value(row)),
        (Kind::Period, Cells::Text(a)) => is_period(a.value(row)),
        (Kind::Time, Cells::Time(_)) => true,
        (Kind::Date, Cells::Date(a)) => (Day::MIN.0..=Day::MAX.0).contains(&a.value(row)),
        (Kind::Money, Cells::Money(a)) => MONEY.contains(&a.value(row)),
        (Kind::Integer(least, greatest), Cells::Int(a)) => (least..=greatest).contains(&a.value(row)),
        (Kind::Number | Kind::Quantity, Cells::Float(a)) => a.value(row) >= 0.0 && a.value(row).is_finite(),
        _ => false,
    }
}

/// `2026`, `2026-Q3`, `2026-07`.
fn is_period(text: &str) -> bool {
    let (year, part) = text.split_once('-').unwrap_or((text, "Q1"));
    let digits = |text: &str| text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    let month = || part.len() == 2 && part.parse::<u8>().is_ok_and(|m| (1..=12).contains(&m));
    digits(year) && (matches!(part, "Q1" | "Q2" | "Q3" | "Q4") || month())
}
