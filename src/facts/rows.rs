//! Rows of the lake's tables as typed values: one struct a table that a mart reads.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};

use crate::domain::{Cents, Day, Micros, Str};
use crate::lake::{Lake, Result};

/// One row of a batch, read by column position.
pub struct RowOf<'a> {
    batch: &'a RecordBatch,
    row: usize,
}

impl RowOf<'_> {
    pub fn text(&self, column: usize) -> Option<Str> {
        let array = self.batch.column(column).as_string::<i32>();
        array.is_valid(self.row).then(|| array.value(self.row).into())
    }

    /// A text that the schema requires; empty if a foreign writer left it null.
    pub fn required(&self, column: usize) -> Str {
        self.text(column).unwrap_or_else(|| "".into())
    }

    pub fn day(&self, column: usize) -> Option<Day> {
        let array = self.batch.column(column).as_primitive::<Date32Type>();
        array.is_valid(self.row).then(|| Day(array.value(self.row)))
    }

    pub fn time(&self, column: usize) -> Option<Micros> {
        let array = self.batch.column(column).as_primitive::<TimestampMicrosecondType>();
        array.is_valid(self.row).then(|| Micros(array.value(self.row)))
    }

    pub fn money(&self, column: usize) -> Option<Cents> {
        let array = self.batch.column(column).as_primitive::<Decimal128Type>();
        array.is_valid(self.row).then(|| Cents(array.value(self.row)))
    }

    pub fn int(&self, column: usize) -> Option<i64> {
        let array = self.batch.column(column).as_primitive::<Int64Type>();
        array.is_valid(self.row).then(|| array.value(self.row))
    }

    pub fn float(&self, column: usize) -> Option<f64> {
        let array = self.batch.column(column).as_primitive::<Float64Type>();
        array.is_valid(self.row).then(|| array.value(self.row))
    }
}

/// Goes over the rows of a table's live files (of some days only), by day, then in the files' order.
pub fn scan(
    lake: &Lake,
    table: &str,
    days: Option<RangeInclusive<Day>>,
    columns: &[&str],
    mut each: impl FnMut(&RowOf<'_>),
) -> Result<()> {
    for file in lake.files(table, days)? {
        for batch in lake.read(table, &file, columns)? {
            (0..batch.num_rows()).for_each(|row| each(&RowOf { batch: &batch, row }));
        }
    }
    Ok(())
}

/// A text column of a batch of [`scan_coded`](crate::lake::scan_coded), each text numbered once: the number of every
/// row's text; none where it is null or has no number.
pub fn numbers(batch: &RecordBatch, column: usize, mut number: impl FnMut(&str) -> Option<u32>) -> Vec<Option<u32>> {
    let coded = batch.column(column).as_dictionary::<Int32Type>();
    let texts = coded.values().as_string::<i32>();
    let known: Vec<Option<u32>> = texts.iter().map(|text| number(text?)).collect();
    let of = |code: Option<i32>| known.get(usize::try_from(code?).ok()?).copied().flatten();
    coded.keys().iter().map(of).collect()
}

/// A column of counts; what is null is 0.
pub fn counts(batch: &RecordBatch, column: usize) -> Cow<'_, [i64]> {
    let array = batch.column(column).as_primitive::<Int64Type>();
    if array.null_count() == 0 {
        return Cow::Borrowed(array.values());
    }
    Cow::Owned(array.iter().map(Option::unwrap_or_default).collect())
}

/// All rows of a table, as values of `T`.
pub fn read<T>(
    lake: &Lake,
    table: &str,
    columns: &[&str],
    mut make: impl FnMut(&RowOf<'_>) -> Option<T>,
) -> Result<Vec<T>> {
    let mut rows = Vec::new();
    scan(lake, table, None, columns, |row| rows.extend(make(row)))?;
    Ok(rows)
}

/// A company of `companies`, or one that only other sources name.
#[derive(Clone, Debug, PartialEq)]
pub struct Company {
    pub id: Str,
    pub name: Option<Str>,
    /// `unknown` when the company has no row.
    pub segment: Str,
    pub region: Str,
    pub size: Str,
    pub listed_on: Option<Day>,
    pub registered_on: Option<Day>,
    pub lead_source: Option<Str>,
    pub sales_rep_id: Option<Str>,
    pub service_rep_id: Option<Str>,
    pub contact_name: Option<Str>,
    pub phone: Option<Str>,
    pub shop_url: Option<Str>,
    /// Whether `companies` has it.
    pub listed: bool,
    /// The day from which it is visible.
    pub visible_from: Day,
}

/// A contract as signed, cut at the as-of day.
#[derive(Clone, Debug, PartialEq)]
pub struct ContractRow {
    pub id: Str,
    pub company_id: Str,
    pub plan: Str,
    pub kind: Option<Str>,
    pub start: Day,
    pub end: Day,
    pub signed_on: Day,
    pub amount: Cents,
    pub cost: Option<Cents>,
    pub rep_id: Option<Str>,
    pub cancelled_on: Option<Day>,
    pub refund: Option<Cents>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RepRow {
    pub id: Str,
    pub name: Str,
    pub team: Str,
    /// Null before its own day.
    pub left_on: Option<Day>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct EstimateRow {
    pub segment: Str,
    pub year: i32,
    pub companies: Option<i64>,
    pub spend: Option<Cents>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FollowupRow {
    pub id: Str,
    pub ts: Micros,
    pub company_id: Str,
    pub rep_id: Str,
    pub stage: Str,
}

/// What somebody did to keep a member, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct CareRow {
    pub id: Str,
    pub ts: Micros,
    /// Local day of `ts`.
    pub day: Day,
    pub company_id: Str,
    pub contract_id: Option<Str>,
    pub rep_id: Str,
    pub action: Str,
    pub outcome: Option<Str>,
    pub reason: Option<Str>,
}
