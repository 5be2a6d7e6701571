//! What was written and what was planted: the known answer for a run over the files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Rows of one file as a correct ingest accounts for them, files taken in byte order of their path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCount {
    pub source: String,
    /// Below the folder that was written, with `/`.
    pub path: String,
    pub rows_read: u64,
    pub rows_loaded: u64,
    pub rows_duplicate: u64,
    pub rows_quarantined: u64,
    /// Quarantined rows by the contract's word of the reason.
    pub reasons: BTreeMap<String, u64>,
}

/// Rows of a source over all its files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCount {
    pub files: u64,
    pub rows_read: u64,
    pub rows_loaded: u64,
    pub rows_duplicate: u64,
    pub rows_quarantined: u64,
    pub reasons: BTreeMap<String, u64>,
}

/// What [`super::write()`] made; written beside the files as `_sample.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Companies in the table: those known by the last day.
    pub companies: u64,
    /// Companies that ever signed a contract.
    pub clients: u64,
    pub contracts: u64,
    /// Rows of the six event sources that were written.
    pub event_rows: u64,
    /// Things planted, by kind: `redelivered`, `late`, `late_excluded`, `bad`, `id_conflict`, `orphan_company`, …
    pub planted: BTreeMap<String, u64>,
    /// Days on which a source lost rows: `messages` (all), `contact_views` (nine of ten).
    pub outages: BTreeMap<String, Vec<String>>,
    pub sources: BTreeMap<String, SourceCount>,
    pub files: Vec<FileCount>,
}

impl FileCount {
    pub(super) fn bad(&mut self, reason: &str) {
        self.rows_read += 1;
        self.rows_quarantined += 1;
        *self.reasons.entry(reason.to_string()).or_default() += 1;
    }
}

impl Summary {
    /// Counts planted things of a kind.
    pub(super) fn plant(&mut self, kind: &str, n: u64) {
        *self.planted.entry(kind.to_string()).or_default() += n;
    }

    /// Adds a file to its source's sums.
    pub(super) fn add_file(&mut self, file: FileCount, is_events: bool) {
        let source = self.sources.entry(file.source.clone()).or_default();
        source.files += 1;
        source.rows_read += file.rows_read;
        source.rows_loaded += file.rows_loaded;
        source.rows_duplicate += file.rows_duplicate;
        source.rows_quarantined += file.rows_quarantined;
        for (reason, n) in &file.reasons {
            *source.reasons.entry(reason.clone()).or_default() += n;
        }
        if is_events {
            self.event_rows += file.rows_read;
        }
        self.files.push(file);
    }
}
