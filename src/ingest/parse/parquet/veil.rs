//! Raw rows of Parquet without ids of visitors.

use arrow_array::Array;

use super::Batches;
use crate::domain::schema::Source;
use crate::ingest::personal::Personal;

/// Keeps ids of visitors out of raw records.
#[derive(Clone, Copy)]
pub struct Veil<'a> {
    personal: &'a Personal,
    /// The column of a batch to be hidden.
    column: Option<usize>,
}

impl<'a> Veil<'a> {
    pub fn new(personal: &'a Personal, source: &Source, batches: &Batches) -> Veil<'a> {
        let column = personal.veiled(source).and_then(|n| batches.positions.get(n).copied().flatten());
        Veil { personal, column }
    }

    /// What stands for a value of a column that is hidden; `json` is the value as JSON.
    pub(super) fn shown(&self, column: usize, values: &dyn Array, row: usize, json: &str) -> Option<String> {
        if self.column != Some(column) || values.is_null(row) {
            return None;
        }
        // A text is hashed as it is, not as JSON quotes it.
        let id: Option<String> = serde_json::from_str(json).ok();
        Some(self.personal.shown(id.as_deref().unwrap_or(json).as_bytes()))
    }
}
