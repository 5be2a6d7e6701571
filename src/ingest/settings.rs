//! What a source's settings make of a cell before its text is read.
//!
//! ```text
//! constant?  ─► ours, whatever the file holds
//! null_values ─► null          an id as it stands, other texts trimmed; so are the file's words of `values`
//! values     ─► ours           the file's word is replaced, and read as the contract writes it
//! else       ─► as it stands   `ts` by `ts_format`
//! ```

use std::collections::BTreeMap;

use super::check::Cell;
use crate::config::SourceConfig;
use crate::domain::schema::{Kind, Source};

/// Settings of the columns of one source that differs.
#[derive(Clone, Debug)]
pub struct Settings<'c> {
    null_ids: Vec<&'c str>,
    null_texts: Vec<&'c str>,
    columns: Vec<Column<'c>>,
}

#[derive(Clone, Copy, Debug)]
struct Column<'c> {
    kind: Kind,
    constant: Option<&'c str>,
    words: Option<&'c BTreeMap<String, String>>,
}

impl<'c> Settings<'c> {
    /// `None` when every cell is taken as it stands.
    pub fn new(source: &Source, config: &'c SourceConfig) -> Option<Settings<'c>> {
        let SourceConfig { null_values, constants, values, .. } = config;
        if null_values.is_empty() && constants.is_empty() && values.is_empty() {
            return None;
        }
        let column = |name, kind| Column {
            kind,
            constant: constants.get(name).map(String::as_str),
            words: values.get(name).filter(|words| !words.is_empty()),
        };
        Some(Settings {
            null_ids: null_values.iter().map(String::as_str).collect(),
            null_texts: null_values.iter().map(|text| text.trim()).collect(),
            columns: source.fields.iter().map(|f| column(f.name, f.kind)).collect(),
        })
    }

    /// The cell of a column, by its position in contract order.
    pub fn apply<'a>(&self, column: usize, cell: Cell<'a>) -> Cell<'a>
    where
        'c: 'a,
    {
        let Some(Column { kind, constant, words }) = self.columns.get(column) else { return cell };
        if let Some(ours) = constant {
            return Cell::Ours(ours);
        }
        let Cell::Text(text) = cell else { return cell };
        let (text, nulls) = match kind {
            Kind::Id => (text, &self.null_ids),
            _ => (text.trim(), &self.null_texts),
        };
        if nulls.contains(&text) {
            return Cell::Null;
        }
        words.and_then(|words| words.get(text)).map_or(cell, |ours| Cell::Ours(ours))
    }
}
