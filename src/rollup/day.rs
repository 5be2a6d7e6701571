//! One day of the event sources -> its rows of the four roll-ups, each sorted by its key.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::SchemaRef;

use crate::domain::Day;
use crate::domain::schema::{MEMBER_DAY_COUNTERS, ROLLUPS, lake_table};
use crate::ingest::count::{Counted, CountedDays, Counts, count};
use crate::ingest::load::LoadError;
use crate::lake::{DataFile, arrow_schema, scan_coded};

const VISITORS: &str = "visitors";

/// The rows of `member_day`, `click_source_day`, `ad_slot_day` and `source_day`, in this order.
/// `files` are the live files of each event source, read where they are not among the `days` that were counted;
/// `visitors` says whether those can be counted.
pub fn compute(
    day: Day,
    files: Vec<(&'static str, &[DataFile])>,
    days: &CountedDays,
    visitors: bool,
) -> Result<Vec<RecordBatch>, LoadError> {
    let (mut rows, mut counts) = (Vec::new(), Vec::new());
    for (source, files) in files {
        let loaded: u64 = files.iter().map(|f| f.rows).sum();
        if loaded > 0 {
            rows.push((source, loaded as i64));
        }
        counts
            .push((source, days.of(source, day, files).map_or_else(|| read(source, files), |c| Ok(Cow::Borrowed(c)))?));
    }
    rows.sort_unstable();
    let kinds =
        |of: &str| by_kind(counts.iter().filter(|(source, _)| *source == of).map(|(_, counts)| counts.as_ref()));
    let members = by_member(&counts)?.batch(day, ROLLUPS[0].name)?;
    Ok(vec![
        if visitors { members } else { unknown_visitors(members)? },
        kinds("shop_clicks").batch(day, ROLLUPS[1].name)?,
        kinds("ad_clicks").batch(day, ROLLUPS[2].name)?,
        Rows {
            keys: vec![rows.iter().map(|(s, _)| *s).collect()],
            counters: vec![rows.iter().map(|(_, n)| *n).collect()],
        }
        .batch(day, ROLLUPS[3].name)?,
    ])
}

/// Counts the rows of files.
fn read(source: &'static str, files: &[DataFile]) -> Result<Cow<'static, Counts>, LoadError> {
    let counted = Counted::of(source)?;
    let mut batches = Vec::new();
    for file in files {
        for batch in scan_coded(source, file, &counted.columns(), &counted.coded())? {
            batches.push(batch?);
        }
    }
    count(counted, &batches, files.len()).map(Cow::Owned)
}

/// What each company has of every counter.
fn by_member<'a>(counts: &'a [(&'static str, Cow<'_, Counts>)]) -> Result<Rows<'a>, LoadError> {
    let mut all: Vec<(&str, usize, u32)> = Vec::new();
    for (source, counts) in counts {
        let counted = Counted::of(source)?;
        let counter = position(counted.counter)?;
        all.extend(counts.companies().map(|(company, events, _)| (company, counter, events)));
        if counted.has_visitors() {
            let counter = position(VISITORS)?;
            all.extend(counts.companies().map(|(company, _, visitors)| (company, counter, visitors)));
        }
    }
    // Made of a few sorted stretches, which this sort puts together without sorting them.
    all.sort_by_key(|(company, ..)| *company);
    let mut rows = Rows { keys: vec![Vec::new()], counters: vec![Vec::new(); MEMBER_DAY_COUNTERS.len()] };
    for of_company in all.chunk_by(|a, b| a.0 == b.0) {
        rows.keys[0].push(of_company[0].0);
        let mut counters = [0; MEMBER_DAY_COUNTERS.len()];
        of_company.iter().for_each(|(_, counter, n)| counters[*counter] += i64::from(*n));
        rows.counters.iter_mut().zip(counters).for_each(|(column, n)| column.push(n));
    }
    Ok(rows)
}

/// Where a counter stands among those of `member_day`.
fn position(counter: &str) -> Result<usize, LoadError> {
    let found = MEMBER_DAY_COUNTERS.iter().position(|name| *name == counter);
    found.ok_or_else(|| LoadError::Internal(format!("no counter {counter} in member_day")))
}

/// Events of each company and kind.
fn by_kind<'a>(counts: impl Iterator<Item = &'a Counts>) -> Rows<'a> {
    let mut rows = Rows { keys: vec![Vec::new(), Vec::new()], counters: vec![Vec::new()] };
    for (company, kind, n) in counts.flat_map(Counts::kinds) {
        rows.keys[0].push(company);
        rows.keys[1].push(kind);
        rows.counters[0].push(i64::from(n));
    }
    rows
}

/// The rows of `member_day` with null for the number of visitors.
fn unknown_visitors(rows: RecordBatch) -> Result<RecordBatch, LoadError> {
    let at = rows.schema().index_of(VISITORS)?;
    let mut columns = rows.columns().to_vec();
    columns[at] = Arc::new(Int64Array::new_null(rows.num_rows()));
    Ok(RecordBatch::try_new(rows.schema(), columns)?)
}

/// Columns of a roll-up after `date`.
struct Rows<'a> {
    keys: Vec<Vec<&'a str>>,
    counters: Vec<Vec<i64>>,
}

impl Rows<'_> {
    fn batch(self, day: Day, table: &str) -> Result<RecordBatch, LoadError> {
        let table = lake_table(table).ok_or_else(|| LoadError::Internal(format!("no table {table}")))?;
        let schema: SchemaRef = arrow_schema(&table);
        let rows = self.keys.first().map_or(0, Vec::len);
        let mut columns: Vec<ArrayRef> = vec![Arc::new(Date32Array::from(vec![day.0; rows]))];
        columns.extend(self.keys.into_iter().map(|k| Arc::new(StringArray::from(k)) as ArrayRef));
        columns.extend(self.counters.into_iter().map(|c| Arc::new(Int64Array::from(c)) as ArrayRef));
        Ok(RecordBatch::try_new(schema, columns)?)
    }
}
