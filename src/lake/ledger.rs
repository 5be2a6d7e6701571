//! Our own tables in the catalog: the ledgers of runs, files, refused rows and published risks.
//!
//! They change in the same transaction as the data, so that an account and what it accounts for never part.

use crate::domain::{Day, Micros, Str};
use crate::rows;

use super::Result;

rows! {
    /// What one run did with one file.
    pub struct IngestFileRow = "ingest_files", "run, source and file", key(run_id, source, path) {
        /// the run that met the file
        run_id: i64,
        /// the source the file belongs to
        source: Str,
        /// path below the incoming folder
        path: Str,
        /// SHA-256 of the file's bytes, hexadecimal
        sha256: Str,
        /// data records read, those that cannot be parsed too
        rows_read: i64,
        /// records that are now in the lake by this file
        rows_loaded: i64,
        /// records that were there before
        rows_duplicate: i64,
        /// records refused with a reason
        rows_quarantined: i64,
        /// loaded, skipped or refused
        status: Str,
    }
}

rows! {
    /// A refused record.
    pub struct QuarantineRow = "quarantine", "refused record", key(run_id, source, path, line) {
        /// the run that refused it
        run_id: i64,
        /// the source
        source: Str,
        /// path of the file below the incoming folder
        path: Str,
        /// first physical line of the record (Parquet: row number)
        line: i64,
        /// the first bad column in contract order; empty when the record as a whole is bad
        column: Option<Str>,
        /// why it was refused
        reason: Str,
        /// the record as it stands in the file; bytes that are no UTF-8 as \xHH
        raw: Option<Str>,
    }
}

/// One run of a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    pub run_id: i64,
    pub pipeline: Str,
    /// The run's clock.
    pub started_at: Micros,
    /// `ok`, `stamped`, `stopped`, `delivery_failed`, `failed`.
    pub status: Str,
    pub exit_code: i64,
    /// The business days that it computed; `None` for a run that computed nothing.
    pub as_of: Option<Day>,
    /// Snapshot of the lake it left.
    pub snapshot: i64,
    /// The run summary as JSON (counts, freshness, breaches, steps); no row content.
    pub summary: Str,
}

/// What is remembered of a file that was read, so that it is not read again while it stays the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenFile {
    pub source: Str,
    pub path: Str,
    pub size: i64,
    pub mtime_ns: i64,
    pub inode: i64,
    pub sha256: Str,
    /// What became of these bytes at this path when they were last met: loaded, skipped or refused.
    pub status: Str,
    /// Records in it; 0 = it has none.
    pub rows: i64,
}

/// One line of a published call list (contract §3.3 `risk_published`).
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedRisk {
    pub as_of: Day,
    pub contract_id: Str,
    pub p_renew: f64,
    pub risk_band: Str,
    pub priority_rank: i64,
    pub call_rank: Option<i64>,
    pub reason_1: Option<Str>,
    pub action: Option<Str>,
    pub holdout: bool,
}

/// Access to the ledgers through the lake's connection.
pub struct Ledger<'a> {
    _conn: &'a rusqlite::Connection,
}

impl Ledger<'_> {
    /// 1 for the first run; grows by one.
    pub fn next_run_id(&self) -> Result<i64> {
        unimplemented!()
    }
    pub fn add_run(&self, _run: &RunRow) -> Result<()> {
        unimplemented!()
    }
    /// All runs by `run_id`.
    pub fn runs(&self) -> Result<Vec<RunRow>> {
        unimplemented!()
    }
    pub fn add_file(&self, _file: &IngestFileRow) -> Result<()> {
        unimplemented!()
    }
    /// All file records by key.
    pub fn files(&self) -> Result<Vec<IngestFileRow>> {
        unimplemented!()
    }
    /// Adds refused records (many at once, in one prepared statement).
    pub fn add_quarantine(&self, _rows: &[QuarantineRow]) -> Result<()> {
        unimplemented!()
    }
    /// All refused records by key.
    pub fn quarantine(&self) -> Result<Vec<QuarantineRow>> {
        unimplemented!()
    }
    /// What is remembered of every file of a source, by path.
    pub fn seen(&self, _source: &str) -> Result<Vec<SeenFile>> {
        unimplemented!()
    }
    /// Remembers a file, replacing what was known of its source and path.
    pub fn set_seen(&self, _file: &SeenFile) -> Result<()> {
        unimplemented!()
    }
    /// Status under which a source recorded these bytes with rows, under whatever path: `loaded` or `refused`, the latest.
    pub fn status_of_bytes(&self, _source: &str, _sha256: &str) -> Result<Option<Str>> {
        unimplemented!()
    }
    /// SHA-256 of the file that a table loaded last.
    pub fn last_loaded(&self, _source: &str) -> Result<Option<Str>> {
        unimplemented!()
    }
    /// Publishes a list unless one of that as-of stands already; says whether it was written.
    pub fn publish_risks(&self, _as_of: Day, _rows: &[PublishedRisk]) -> Result<bool> {
        unimplemented!()
    }
    /// All published lines by (`as_of`, `contract_id`).
    pub fn published_risks(&self) -> Result<Vec<PublishedRisk>> {
        unimplemented!()
    }
}
