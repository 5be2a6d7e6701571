//! Our own tables in the catalog: the ledgers of runs, files, refused rows and published risks.
//!
//! They change in the same transaction as the data, so that an account and what it accounts for never part.

mod published;
mod refused;
mod retry;
mod seen;

pub use published::PublishedRisk;
pub use retry::{QuarantineFilter, RefusedFile, RefusedRows};
pub use seen::{Seen, SeenFile};

use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use crate::domain::schema::SOURCES;
use crate::domain::{Day, Micros, Str};
use crate::rows;

use super::Result;
pub use super::expire::Expired;
pub use super::reports::{Publication, ReportFile};

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

/// What a run recorded of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BytesRecord {
    pub path: Str,
    /// loaded, skipped or refused
    pub status: Str,
    pub rows_read: i64,
}

/// Access to the ledgers through the lake's connection.
pub struct Ledger<'a> {
    pub(super) conn: &'a Connection,
    /// What later runs wrote is not seen.
    last_run: i64,
}

impl<'a> Ledger<'a> {
    pub(super) fn new(conn: &'a Connection, last_run: Option<i64>) -> Ledger<'a> {
        Ledger { conn, last_run: last_run.unwrap_or(i64::MAX) }
    }

    /// 1 for the first run; grows by one.
    pub fn next_run_id(&self) -> Result<i64> {
        let sql = "SELECT coalesce(max(run_id), 0) + 1 FROM shoppulse_run";
        Ok(self.conn.query_row(sql, [], |r| r.get(0))?)
    }

    /// Numbers of all runs, ascending; a run's summary is long and is not read.
    pub fn run_ids(&self) -> Result<Vec<i64>> {
        self.all("SELECT run_id FROM shoppulse_run WHERE run_id <= ? ORDER BY run_id", [self.last_run], |r| r.get(0))
    }

    /// Writes a run, replacing what was written of it.
    pub fn add_run(&self, run: &RunRow) -> Result<()> {
        self.conn.execute(
            "INSERT OR REPLACE INTO shoppulse_run VALUES (?,?,?,?,?,?,?,?)",
            params![
                run.run_id,
                run.pipeline,
                run.started_at.to_string(),
                run.status,
                run.exit_code,
                run.as_of.map(|d| d.to_string()),
                run.snapshot,
                run.summary
            ],
        )?;
        Ok(())
    }

    /// All runs by `run_id`.
    pub fn runs(&self) -> Result<Vec<RunRow>> {
        self.all("SELECT * FROM shoppulse_run WHERE run_id <= ? ORDER BY run_id", [self.last_run], |r| {
            Ok(RunRow {
                run_id: r.get(0)?,
                pipeline: r.get(1)?,
                started_at: parsed(r, 2, Micros::parse_rfc3339)?.ok_or(NULL)?,
                status: r.get(3)?,
                exit_code: r.get(4)?,
                as_of: parsed(r, 5, Day::parse)?,
                snapshot: r.get(6)?,
                summary: r.get(7)?,
            })
        })
    }

    /// The latest day for which a run of a pipeline came to its end: published, or judged and stopped.
    pub fn last_published(&self, pipeline: &str) -> Result<Option<Day>> {
        let sql = "SELECT max(as_of) FROM shoppulse_run WHERE pipeline = ? AND exit_code IN (0, 3, 4)";
        Ok(self.one(sql, [pipeline])?.and_then(|day| Day::parse(&day)))
    }

    pub fn add_file(&self, file: &IngestFileRow) -> Result<()> {
        self.conn.prepare_cached("INSERT INTO shoppulse_file VALUES (?,?,?,?,?,?,?,?,?)")?.execute(params![
            file.run_id,
            file.source,
            file.path,
            file.sha256,
            file.rows_read,
            file.rows_loaded,
            file.rows_duplicate,
            file.rows_quarantined,
            file.status
        ])?;
        Ok(())
    }

    /// All file records by key.
    pub fn files(&self) -> Result<Vec<IngestFileRow>> {
        let sql = "SELECT * FROM shoppulse_file WHERE run_id <= ? ORDER BY run_id, source, path";
        self.all(sql, [self.last_run], |r| {
            Ok(IngestFileRow {
                run_id: r.get(0)?,
                source: r.get(1)?,
                path: r.get(2)?,
                sha256: r.get(3)?,
                rows_read: r.get(4)?,
                rows_loaded: r.get(5)?,
                rows_duplicate: r.get(6)?,
                rows_quarantined: r.get(7)?,
                status: r.get(8)?,
            })
        })
    }

    /// What runs recorded of bytes of a source, by run, then by path.
    pub fn records_of_bytes(&self, source: &str, sha256: &str) -> Result<Vec<BytesRecord>> {
        let sql =
            "SELECT path, status, rows_read FROM shoppulse_file WHERE source = ? AND sha256 = ? ORDER BY run_id, path";
        self.all(sql, [source, sha256], |r| {
            Ok(BytesRecord { path: r.get(0)?, status: r.get(1)?, rows_read: r.get(2)? })
        })
    }

    /// Whether a run recorded these bytes of a source under this path.
    pub fn is_recorded(&self, source: &str, path: &str, sha256: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM shoppulse_file WHERE source = ? AND path = ? AND sha256 = ?";
        Ok(self.conn.prepare_cached(sql)?.exists([source, path, sha256])?)
    }

    /// Status under which a source recorded these bytes, under whatever path: `loaded` or `refused`, the latest.
    /// A load without rows is no record of the bytes; a refusal is one, whether its rows could be counted or not.
    pub fn status_of_bytes(&self, source: &str, sha256: &str) -> Result<Option<Str>> {
        let sql = "SELECT status FROM shoppulse_file
                   WHERE source = ? AND sha256 = ? AND (status = 'refused' OR status = 'loaded' AND rows_read > 0)
                   ORDER BY run_id DESC, path DESC LIMIT 1";
        self.one(sql, [source, sha256])
    }

    /// SHA-256 of the file that a table loaded last: files load in the order of runs, then of paths.
    pub fn last_loaded(&self, source: &str) -> Result<Option<Str>> {
        let sql = "SELECT sha256 FROM shoppulse_file WHERE source = ? AND status = 'loaded' AND run_id <= ?
                   ORDER BY run_id DESC, path DESC LIMIT 1";
        self.one(sql, params![source, self.last_run])
    }

    /// How ids of visitors were loaded: `hash`, `plain` or `drop`, and the key's fingerprint (empty for `plain`).
    /// A lake that got events before it was recorded has them plain; `None` before the first load of events.
    pub fn visitor_ids(&self) -> Result<Option<(String, String)>> {
        let sql = "SELECT value FROM shoppulse_state WHERE key = 'visitor_ids'";
        if let Some(fixed) = self.one(sql, [])? {
            let (mode, fingerprint) = fixed.split_once(' ').unwrap_or((&fixed, ""));
            return Ok(Some((mode.into(), fingerprint.into())));
        }
        let events: Vec<_> = SOURCES.iter().filter(|s| s.is_events()).map(|s| format!("'{}'", s.name)).collect();
        let sql = format!("SELECT 1 FROM shoppulse_file WHERE source IN ({}) AND rows_read > 0", events.join(","));
        Ok(self.conn.prepare_cached(&sql)?.exists([])?.then(|| ("plain".into(), String::new())))
    }

    /// Records how ids of visitors are loaded, once and for all.
    pub fn fix_visitor_ids(&self, mode: &str, fingerprint: &str) -> Result<()> {
        // With a blank in it, the text stays a text in a column of whole numbers.
        let sql = "INSERT INTO shoppulse_state VALUES ('visitor_ids', ?) ON CONFLICT DO NOTHING";
        self.conn.execute(sql, [format!("{mode} {fingerprint}")])?;
        Ok(())
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        row: fn(&Row) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        Ok(self.conn.prepare_cached(sql)?.query_map(params, row)?.collect::<rusqlite::Result<_>>()?)
    }

    /// The text of the one row and column, if there is a row.
    fn one(&self, sql: &str, params: impl Params) -> Result<Option<Str>> {
        let found: Option<Option<Str>> = self.conn.prepare_cached(sql)?.query_row(params, |r| r.get(0)).optional()?;
        Ok(found.flatten())
    }
}

/// A null where the table admits none.
pub(super) const NULL: rusqlite::Error = rusqlite::Error::InvalidQuery;

/// A day or instant that is kept as text.
pub(super) fn parsed<T>(row: &Row, at: usize, parse: fn(&str) -> Option<T>) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get::<_, Option<String>>(at)? else { return Ok(None) };
    let found = || format!("{text:?} is no day or time").into();
    let error = || rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, found());
    parse(&text).map(Some).ok_or_else(error)
}
