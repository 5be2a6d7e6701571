//! The lake: DuckLake 1.0, a SQLite catalog and Parquet files, one transaction a run.
//!
//! ```text
//! files.rs    rows -> one fsynced Parquet file with exact statistics, and back
//! catalog.rs  the DuckLake tables: DDL, ids, snapshots, which files live
//! ledger.rs   our own tables in the same SQLite file: runs, files, refused rows, what was published
//! commit.rs   one transaction: everything a run changed becomes visible at once, or nothing
//! copy.rs     lake.sqlite, the read-only copy that people attach
//! ```
//!
//! The writer's catalog is `catalog.sqlite`; readers (people, DuckDB, `shoppulse table`) open `lake.sqlite`.
//! A run begins a transaction, adds and ends files, reads its own uncommitted state, and commits once.

mod arrow;
pub mod ledger;

pub use arrow::{arrow_schema, data_type};

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;

use crate::domain::schema::LakeTable;
use crate::domain::{Day, Micros};

/// What can go wrong with the lake; each message says what was found, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    #[error("the lake at {path} cannot be used: {found}; {todo}")]
    Unusable { path: PathBuf, found: String, todo: String },
    #[error("{action} {path}: {source}")]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("catalog: {0}")]
    Sql(#[from] rusqlite::Error),
    #[error("parquet file {path}: {found}")]
    Parquet { path: PathBuf, found: String },
}

pub type Result<T> = std::result::Result<T, LakeError>;

/// A live data file of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    pub id: i64,
    /// Absolute path.
    pub path: PathBuf,
    /// The partition's day; `None` for unpartitioned tables.
    pub day: Option<Day>,
    pub rows: u64,
    pub bytes: u64,
}

/// A file that was written and fsynced, but is not in the catalog yet.
#[derive(Clone, Debug)]
pub struct WrittenFile {
    pub path: PathBuf,
    pub day: Option<Day>,
    pub rows: u64,
    pub bytes: u64,
    pub footer_bytes: u64,
    /// Statistics per column in schema order, as DuckLake texts; `None` = unknown.
    pub stats: Vec<ColumnStats>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnStats {
    pub non_null: u64,
    pub nulls: u64,
    pub min: Option<String>,
    pub max: Option<String>,
    pub contains_nan: Option<bool>,
}

pub struct Lake {}

impl Lake {
    /// Opens the writer's catalog, making it and every table of [`crate::domain::schema::lake_tables`] when new,
    /// and mends what a run that died left: files that no catalog row names, a copy older than the catalog.
    /// The caller holds the project's lock. `now` dates the first snapshot.
    pub fn open_writer(_root: &Path, _now: Micros) -> Result<Lake> {
        unimplemented!()
    }

    /// Opens the copy that people read. `Ok(None)` when nothing was ever loaded.
    pub fn open_reader(_root: &Path) -> Result<Option<Lake>> {
        unimplemented!()
    }

    /// Our own tables in the same SQLite file and transaction.
    pub fn ledger(&self) -> ledger::Ledger<'_> {
        unimplemented!()
    }

    /// Begins the run's one transaction.
    pub fn begin(&mut self) -> Result<()> {
        unimplemented!()
    }

    /// Writes rows as one fsynced file of the table; may be called from any thread, touches no catalog.
    /// `rows` has the table's columns by name (extra columns are left out) in the order they are to be stored.
    pub fn write_file(_root: &Path, _table: &LakeTable, _day: Option<Day>, _rows: &RecordBatch) -> Result<WrittenFile> {
        unimplemented!()
    }

    /// Adds a written file to the table in the running transaction.
    pub fn add(&mut self, _table: &str, _file: WrittenFile) -> Result<()> {
        unimplemented!()
    }

    /// Ends a live file in the running transaction: it stays readable at older snapshots.
    pub fn end(&mut self, _table: &str, _file: &DataFile) -> Result<()> {
        unimplemented!()
    }

    /// Live files of a table (of some days only), by day, then by age; sees the running transaction's own changes.
    pub fn files(&self, _table: &str, _days: Option<RangeInclusive<Day>>) -> Result<Vec<DataFile>> {
        unimplemented!()
    }

    /// Reads columns of a file, in the order asked; columns that an old file lacks are null.
    pub fn read(&self, _table: &str, _file: &DataFile, _columns: &[&str]) -> Result<Vec<RecordBatch>> {
        unimplemented!()
    }

    /// Commits: folder fsyncs, a snapshot if any file was added or ended, then the transaction.
    /// Returns the newest snapshot.
    pub fn commit(&mut self, _now: Micros, _message: &str) -> Result<i64> {
        unimplemented!()
    }

    /// Gives everything of the running transaction up; its files are unlinked.
    pub fn rollback(&mut self) -> Result<()> {
        unimplemented!()
    }

    /// Makes `lake.sqlite` anew from the catalog: `VACUUM INTO`, fsync, mode 0444, rename.
    pub fn publish_copy(&self) -> Result<()> {
        unimplemented!()
    }
}
