//! Blocks of records -> columns, each read from the first record to the last by a loop of its own.
//!
//! ```text
//! 1. every column is read: values, and of each record the first bad column
//! 2. every column takes the values of the good records
//! ```

use arrow_array::builder::Date32Builder;

use super::{Column, Rows};
use crate::domain::schema::{Field, Kind};
use crate::domain::values::{Value, id, trimmed};
use crate::ingest::check::{Cell, MAX_FIELDS};
use crate::ingest::parse::block::Texts;
use crate::ingest::{FileProblem, Reason};

/// The first bad column of a record in contract order, and why.
type Fault = Option<(usize, Reason)>;

/// What was read of one column, a value for each record.
enum Values<'t> {
    /// Parts of the file, empty for null.
    Texts(Vec<&'t str>),
    /// Instants and their local days; none is null but of a bad record.
    Times(Vec<(i64, i32)>),
    Mixed(Vec<Value<'t>>),
}

impl<'a> Rows<'a> {
    /// Takes the records of a block as [`Rows::push`] takes one. `positions` says where in a record each of the source's
    /// columns is; `raw` gives the bytes of a record by its number.
    pub fn push_block(
        &mut self,
        texts: Texts<'_>,
        positions: &[Option<usize>],
        raw: impl Fn(usize) -> Vec<u8>,
    ) -> Result<(), FileProblem> {
        if self.form.is_some() || self.refused_keys.is_some() || !self.checker.is_by_column() {
            return self.push_each(texts, positions, raw);
        }
        let mut faults: Vec<Fault> = vec![None; texts.len()];
        let read = positions.iter().enumerate().map(|(n, position)| self.read(n, texts, *position, &mut faults));
        let read: Vec<Values<'_>> = read.collect();
        for (values, column) in read.iter().zip(&mut self.columns) {
            column.extend(values, &faults);
        }
        if let Some(Column::Date(dates)) = self.columns.get_mut(positions.len())
            && !read.iter().any(|values| values.add_days(dates, &faults))
        {
            dates.append_nulls(faults.iter().filter(|f| f.is_none()).count());
        }
        for (record, (line, size)) in texts.lines().enumerate() {
            match faults[record] {
                None => self.lines.push(line),
                Some((column, reason)) => {
                    self.keep_reject(line, Some(self.source.fields[column].name), reason, raw(record), None);
                }
            }
            self.count(size)?;
        }
        self.flush_if_full()
    }

    /// One record after the other.
    fn push_each(
        &mut self,
        texts: Texts<'_>,
        positions: &[Option<usize>],
        raw: impl Fn(usize) -> Vec<u8>,
    ) -> Result<(), FileProblem> {
        for (record, (line, size)) in texts.lines().enumerate() {
            let mut cells = [Cell::Null; MAX_FIELDS];
            for (cell, position) in cells.iter_mut().zip(positions) {
                *cell = Cell::Text(position.map_or("", |p| texts.cell(record, p)));
            }
            self.push(line, &cells[..positions.len()], size, || raw(record))?;
        }
        Ok(())
    }

    /// Reads a column; enters the records that are bad because of it.
    fn read<'t>(&mut self, n: usize, texts: Texts<'t>, position: Option<usize>, faults: &mut [Fault]) -> Values<'t>
    where
        'a: 't,
    {
        let field = &self.source.fields[n];
        let plain = position.filter(|_| self.checker.takes_as_it_stands(n));
        match (field.kind, plain) {
            (Kind::Id, Some(at)) => plain_texts(texts.column(at), field, n, faults, id),
            (Kind::Text, Some(at)) => plain_texts(texts.column(at), field, n, faults, |text| Ok(trimmed(text))),
            (Kind::Time, Some(at)) if field.required => {
                let mut fault = |record: usize, reason| {
                    faults[record].get_or_insert((n, reason));
                    (0, 0)
                };
                let time = |(record, text)| match self.checker.time(text) {
                    Ok(Some((at, day))) => (at.0, day.0),
                    Ok(None) => fault(record, Reason::Missing),
                    Err(reason) => fault(record, reason),
                };
                Values::Times(texts.column(at).enumerate().map(time).collect())
            }
            _ => {
                let value = |record: usize| {
                    let text = position.map_or("", |at| texts.cell(record, at));
                    let value = self.checker.cell(n, Cell::Text(text));
                    let fault = match &value {
                        Ok(Value::Null) if field.required => Some(Reason::Missing),
                        Ok(_) => None,
                        Err(reason) => Some(*reason),
                    };
                    if let Some(reason) = fault {
                        faults[record].get_or_insert((n, reason));
                    }
                    value.unwrap_or(Value::Null)
                };
                Values::Mixed((0..texts.len()).map(value).collect())
            }
        }
    }
}

/// Reads texts of which a part is taken, or all.
fn plain_texts<'t>(
    texts: impl Iterator<Item = &'t str>,
    field: &Field,
    n: usize,
    faults: &mut [Fault],
    read: impl Fn(&'t str) -> Result<&'t str, Reason>,
) -> Values<'t> {
    let mut values = Vec::with_capacity(faults.len());
    for (text, fault) in texts.zip(faults) {
        values.push(match read(text) {
            Ok(text) if !text.is_empty() || !field.required => text,
            read => {
                fault.get_or_insert((n, read.err().unwrap_or(Reason::Missing)));
                ""
            }
        });
    }
    Values::Texts(values)
}

impl Values<'_> {
    /// Adds the local days of the good records, if these are instants; whether they are.
    fn add_days(&self, dates: &mut Date32Builder, faults: &[Fault]) -> bool {
        let day = |value: &Value<'_>| if let Value::Time(_, day) = value { Some(day.0) } else { None };
        match self {
            Values::Times(times) => dates.append_slice(&good(times, faults).map(|(_, day)| *day).collect::<Vec<_>>()),
            Values::Mixed(values) if values.iter().any(|value| day(value).is_some()) => {
                good(values, faults).for_each(|value| dates.append_option(day(value)));
            }
            Values::Texts(_) | Values::Mixed(_) => return false,
        }
        true
    }
}

impl Column {
    /// Takes the values of the good records.
    fn extend(&mut self, values: &Values<'_>, faults: &[Fault]) {
        match (self, values) {
            (Column::Text(column), Values::Texts(texts)) => {
                // A column is mostly without nulls, or mostly of nulls: these are added many at once.
                let mut nulls = 0;
                for text in good(texts, faults) {
                    if text.is_empty() {
                        nulls += 1;
                        continue;
                    }
                    if nulls > 0 {
                        column.append_nulls(std::mem::take(&mut nulls));
                    }
                    column.append_value(text);
                }
                if nulls > 0 {
                    column.append_nulls(nulls);
                }
            }
            (Column::Time(column), Values::Times(times)) => {
                column.append_slice(&good(times, faults).map(|(at, _)| *at).collect::<Vec<_>>());
            }
            (column, Values::Mixed(values)) => good(values, faults).for_each(|value| column.append(value)),
            // No other column has texts or instants.
            (column, _) => faults.iter().filter(|f| f.is_none()).for_each(|_| column.append(&Value::Null)),
        }
    }
}

/// The values of good records.
fn good<'v, T>(values: &'v [T], faults: &'v [Fault]) -> impl Iterator<Item = &'v T> {
    values.iter().zip(faults).filter(|(_, fault)| fault.is_none()).map(|(value, _)| value)
}

#[cfg(test)]
mod tests;
