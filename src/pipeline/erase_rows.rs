//! The rows of a batch without those of some ids.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow_select::filter::filter_record_batch;

use crate::ingest::cells::text;
use crate::ingest::erased::{Bond, Kind};
use crate::ingest::load::LoadError;

/// Ids as the lake keeps them, by kind.
#[derive(Debug, Default)]
pub struct Ids {
    of: BTreeMap<Kind, BTreeSet<String>>,
}

impl Ids {
    pub fn new(kind: Kind, id: String) -> Ids {
        let mut ids = Ids::default();
        ids.add(kind, id);
        ids
    }

    pub fn add(&mut self, kind: Kind, id: String) {
        self.of.entry(kind).or_default().insert(id);
    }

    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &str> {
        self.of.get(&kind).into_iter().flatten().map(String::as_str)
    }

    pub fn has(&self, kind: Kind, id: &str) -> bool {
        self.of.get(&kind).is_some_and(|ids| ids.contains(id))
    }
}

/// What was found among rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Rows of the ids.
    pub gone: u64,
    /// Other rows that mention one.
    pub mentions: u64,
}

impl Kept {
    pub fn changes(&self) -> bool {
        self.gone + self.mentions > 0
    }
}

/// The rows that stay, in their order, mentions taken out; adds to `kept` what was found.
/// `bonds` are columns of the batch.
pub fn keep(
    batch: &RecordBatch,
    bonds: &[(&'static str, Kind, Bond)],
    ids: &Ids,
    kept: &mut Kept,
) -> Result<RecordBatch, LoadError> {
    let rows = batch.num_rows();
    let (mut stays, mut mentions) = (vec![true; rows], vec![false; rows]);
    let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
    for (name, kind, bond) in bonds {
        let values = text(batch, name)?;
        let is = |row: usize| values.is_valid(row) && ids.has(*kind, values.value(row));
        match bond {
            Bond::Row => (0..rows).filter(|row| is(*row)).for_each(|row| stays[row] = false),
            Bond::Mention if (0..rows).any(is) => {
                (0..rows).filter(|row| is(*row)).for_each(|row| mentions[row] = true);
                let value = |row: usize| (values.is_valid(row) && !is(row)).then(|| values.value(row));
                columns[batch.schema().index_of(name)?] = Arc::new((0..rows).map(value).collect::<StringArray>());
            }
            Bond::Mention => {}
        }
    }
    kept.gone += stays.iter().filter(|stays| !**stays).count() as u64;
    kept.mentions += stays.iter().zip(&mentions).filter(|(stays, mentions)| **stays && **mentions).count() as u64;
    let batch = RecordBatch::try_new(batch.schema(), columns)?;
    Ok(filter_record_batch(&batch, &BooleanArray::from(stays))?)
}
