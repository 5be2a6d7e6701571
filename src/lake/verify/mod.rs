//! The lake's own part of `shoppulse verify`: does the disk hold what the catalog says?
//!
//! ```text
//! catalog.rs  the catalog hangs together; lake.sqlite is its copy
//! file.rs     one data file: there, its size and hash, its schema, rows, statistics, day
//! disk.rs     nothing below lake/ that nobody knows
//! ledger.rs   the accounts of files and refused rows balance among themselves and with the lake
//! ```
//!
//! What needs the meaning of rows (order, ids, values, roll-ups) is checked above, in `pipeline/verify/`.

mod catalog;
mod disk;
mod file;
mod ledger;

pub use file::{Fault, check_file};

use std::fmt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};

use crate::domain::Day;

use super::catalog::is_ducklake;
use super::files::{DATA, MAIN};
use super::{DataFile, Lake, Result, canonical, copy};

/// What is to be done about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// `shoppulse verify --repair` mends it.
    Repair,
    /// A person has to: what.
    Do(String),
    /// Nothing: it is good to know.
    Nothing(String),
}

/// Something that is not as it has to be, or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check that found it: `catalog`, `copy`, `file`, `hash`, `orphan`, `ledger`, `rows`, `ids`, `rollup`, ...
    pub check: &'static str,
    /// File, table or day.
    pub place: String,
    /// What was found, and what was expected.
    pub found: String,
    pub remedy: Remedy,
}

impl Finding {
    pub fn new(check: &'static str, place: impl fmt::Display, found: impl Into<String>, remedy: Remedy) -> Finding {
        Finding { check, place: place.to_string(), found: found.into(), remedy }
    }

    /// Whether the lake is not sound; else it is a note.
    pub fn is_problem(&self) -> bool {
        !matches!(self.remedy, Remedy::Nothing(_))
    }
}

impl Remedy {
    pub fn text(&self) -> &str {
        match self {
            Remedy::Repair => "run `shoppulse verify --repair`",
            Remedy::Do(text) | Remedy::Nothing(text) => text,
        }
    }
}

/// A data file that the catalog names, with all that is recorded of it.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub file: DataFile,
    pub begin: i64,
    /// The first snapshot that no longer holds it; `None` while the newest does.
    pub end: Option<i64>,
    pub blake3: Option<[u8; 32]>,
    pub footer_bytes: Option<i64>,
    /// Filled by [`Lake::statistics`].
    pub columns: Vec<RecordedColumn>,
}

impl Recorded {
    /// Whether the newest snapshot holds it; else only older ones do.
    pub fn live(&self) -> bool {
        self.end.is_none()
    }
}

/// Statistics of a column as the catalog holds them; what is absent is unknown.
#[derive(Clone, Debug)]
pub struct RecordedColumn {
    pub column: i32,
    pub non_null: Option<i64>,
    pub nulls: Option<i64>,
    pub min: Option<String>,
    pub max: Option<String>,
}

impl Lake {
    /// Opens the catalog as it stands, mending nothing; a transaction that was cut off is rolled back by SQLite. The
    /// caller holds the project's lock. `None` when there is no catalog.
    pub fn open_unmended(root: &Path) -> Result<Option<Lake>> {
        if !root.join(copy::CATALOG).exists() {
            return Ok(None);
        }
        let root = canonical(root)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(root.join(copy::CATALOG), flags)?;
        conn.busy_timeout(copy::BUSY)?;
        if !is_ducklake(&conn, &root)? {
            return Ok(None);
        }
        Lake::over(root, conn, false).map(Some)
    }

    /// Every file of a table that some kept snapshot holds, by day, then by age.
    pub fn recorded(&self, table: &str) -> Result<Vec<Recorded>> {
        let Some(ids) = self.tables.get(table) else { return Ok(Vec::new()) };
        let hash = if self.has_table("shoppulse_data_file")? {
            "(SELECT blake3 FROM shoppulse_data_file h WHERE h.data_file_id = f.data_file_id)"
        } else {
            "NULL"
        };
        let sql = format!(
            "SELECT f.data_file_id, f.path, f.path_is_relative, v.partition_value, f.record_count, f.file_size_bytes,
                    f.begin_snapshot, f.end_snapshot, f.footer_size, {hash}
             FROM ducklake_data_file f LEFT JOIN ducklake_file_partition_value v
               ON v.data_file_id = f.data_file_id AND v.partition_key_index = 0
             WHERE f.table_id = ? AND (f.end_snapshot IS NULL OR EXISTS (SELECT 1 FROM ducklake_snapshot s
               WHERE s.snapshot_id >= f.begin_snapshot AND s.snapshot_id < f.end_snapshot))
             ORDER BY v.partition_value, f.data_file_id"
        );
        let folder = self.root.join(DATA).join(MAIN).join(table);
        let row = |r: &Row| {
            let (path, relative, day): (String, bool, Option<String>) = (r.get(1)?, r.get(2)?, r.get(3)?);
            let path = if relative { folder.join(path) } else { PathBuf::from(path) };
            let (rows, bytes): (i64, i64) = (r.get(4)?, r.get(5)?);
            let file = DataFile {
                id: r.get(0)?,
                path,
                day: day.as_deref().and_then(Day::parse),
                rows: rows as u64,
                bytes: bytes as u64,
            };
            let blake3: Option<Vec<u8>> = r.get(9)?;
            let blake3 = blake3.and_then(|b| b.try_into().ok());
            let (begin, end, footer_bytes) = (r.get(6)?, r.get(7)?, r.get(8)?);
            Ok(Recorded { file, begin, end, blake3, footer_bytes, columns: Vec::new() })
        };
        let mut statement = self.conn.prepare(&sql)?;
        Ok(statement.query_map([ids.table], row)?.collect::<rusqlite::Result<_>>()?)
    }

    /// Adds what the catalog says of the files' columns.
    pub fn statistics(&self, files: &mut [Recorded]) -> Result<()> {
        let sql = "SELECT column_id, value_count, null_count, min_value, max_value FROM ducklake_file_column_stats
                   WHERE data_file_id = ? ORDER BY column_id";
        let mut statement = self.conn.prepare_cached(sql)?;
        for file in files {
            let row = |r: &Row| {
                let (column, non_null, nulls) = (r.get(0)?, r.get(1)?, r.get(2)?);
                Ok(RecordedColumn { column, non_null, nulls, min: r.get(3)?, max: r.get(4)? })
            };
            file.columns = statement.query_map([file.file.id], row)?.collect::<rusqlite::Result<_>>()?;
        }
        Ok(())
    }

    /// Files of the drop folders that a data file's rows came from, as `SOURCE/PATH`-less paths with their run: those
    /// that the run of its snapshot loaded, and those of the files that it replaced.
    pub fn came_from(&self, table: &str, file: &Recorded) -> Result<Vec<(i64, String)>> {
        let Some(ids) = self.tables.get(table) else { return Ok(Vec::new()) };
        let sql = "WITH RECURSIVE held(id, since) AS (
                     SELECT ?1, ?2
                     UNION SELECT old.data_file_id, old.begin_snapshot FROM held
                       JOIN ducklake_data_file old ON old.table_id = ?3 AND old.end_snapshot = held.since
                       LEFT JOIN ducklake_file_partition_value v ON v.data_file_id = old.data_file_id
                     WHERE v.partition_value IS ?4)
                   SELECT DISTINCT f.run_id, f.path FROM held JOIN shoppulse_run r ON r.snapshot = held.since
                     JOIN shoppulse_file f ON f.run_id = r.run_id AND f.source = ?5 AND f.rows_loaded > 0
                   ORDER BY 1, 2";
        let day = file.file.day.map(|d| d.to_string());
        let mut statement = self.conn.prepare_cached(sql)?;
        let row = |r: &Row| Ok((r.get(0)?, r.get(1)?));
        let params = rusqlite::params![file.file.id, file.begin, ids.table, day, table];
        Ok(statement.query_map(params, row)?.collect::<rusqlite::Result<_>>()?)
    }

    /// Keeps the hash of a file that has none, in the running transaction.
    pub fn keep_hash(&self, file: &Recorded, blake3: [u8; 32]) -> Result<()> {
        let sql = "INSERT INTO shoppulse_data_file VALUES (?,?) ON CONFLICT DO NOTHING";
        self.conn.prepare_cached(sql)?.execute(rusqlite::params![file.file.id, blake3])?;
        Ok(())
    }

    fn has_table(&self, name: &str) -> Result<bool> {
        let sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?";
        Ok(self.conn.prepare_cached(sql)?.query_row([name], |_| Ok(())).optional()?.is_some())
    }
}
