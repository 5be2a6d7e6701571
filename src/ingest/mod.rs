//! Files become rows, or refused rows with a reason. Nothing vanishes.
//!
//! ```text
//! discover.rs   which files belong to a source, in byte order of their path; what is ignored, what is refused
//! open.rs       bytes, decompressed: plain, gzip, zstd, told by content; decode.rs: as UTF-8
//! parse/        csv.rs, jsonl.rs, parquet.rs, xlsx.rs: records with their line; one file a format
//! check.rs      a record -> a typed row, or the first bad column in contract order with its reason
//! settings.rs   what the source's settings make of a cell; event_id.rs: ids for a log without any
//! personal.rs   ids of visitors: hashed, dropped or plain
//! erased.rs     ids that were erased do not come again
//! read.rs       one file -> chunks of typed rows and refusals (drives the four above)
//! rejects.rs    refused records, until their file is read to its end
//! stage.rs      rows by day, in memory up to a budget, then on disk
//! hashes.rs     ids as hash and day
//! suspects.rs   rows whose id was met before
//! ids/          on which days an id was met
//! dedupe.rs     duplicates, conflicts and refused files, judged in file order
//! events.rs     files of an event source -> days of the lake (drives the two above and write_days.rs)
//! count.rs      what a day's events add to the roll-ups, counted while it is written
//! merge_days.rs days of many files -> one file each
//! tables.rs     upsert by key
//! list.rs       the files of all sources: read before, to be read, may still be written to
//! known.rs      what the ledger knows of a file
//! account.rs    what a load is asked for, and the account it gives
//! settle.rs     files that may still be written to
//! load.rs       all files of all sources -> staged changes, ledgers, conservation
//! cells.rs, workers.rs   typed columns of a batch; pieces of work on a few threads
//! ```

pub mod account;
pub mod cells;
pub mod check;
pub mod count;
pub mod decode;
mod dedupe;
pub mod discover;
pub mod erased;
mod event_id;
mod events;
pub mod form;
pub mod hashes;
pub mod ids;
mod known;
mod list;
pub mod load;
mod locate;
pub mod merge_days;
pub mod open;
pub mod parse;
pub mod personal;
pub mod read;
mod rejects;
#[cfg(test)]
pub(crate) mod rig;
mod settings;
mod settle;
mod stage;
mod suspects;
mod tables;
pub mod workers;
mod write_days;

use std::path::PathBuf;

use arrow_array::RecordBatch;

use crate::domain::schema::{LakeTable, Source, lake_table};
pub use crate::domain::{Reason, values};

/// A regular file that belongs to a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    pub source: &'static Source,
    /// Path below `storage.incoming` (else below the fixed part of the source's `path`), with `/`.
    pub path: String,
    /// Where it is on disk.
    pub disk: PathBuf,
    pub size: u64,
    pub mtime_ns: i64,
    pub inode: u64,
}

/// A refused record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// First physical line of the record, the header being 1 (Parquet: row number from 1; XLSX: row number of the sheet).
    pub line: u64,
    /// The first bad column in contract order; `None` when the record as a whole is bad.
    pub column: Option<String>,
    pub reason: Reason,
    /// The record's bytes as they stand in the file (Parquet, XLSX: the row as JSON).
    pub raw: Vec<u8>,
}

/// A bounded number of consecutive records of one file.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Good rows in file order: the source's columns in contract order with the types of
    /// [`crate::lake::arrow_schema`], `event_date` last for events.
    pub rows: RecordBatch,
    /// The line of each good row.
    pub lines: Vec<u64>,
    pub rejects: Vec<Reject>,
    /// Of a table in mode `full`: the key of each of `rejects` as [`cells::encode`] writes it, `None` when it cannot be
    /// read. Else empty.
    pub refused_keys: Vec<Option<Vec<u8>>>,
}

/// What a file was, once it was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    pub rows_read: u64,
    /// Columns that the contract does not know, by name, in file order; reported once and ignored.
    pub unknown_columns: Vec<String>,
}

/// Why a whole file is refused: none of its rows loads.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// What was found, what was expected, what to do: one sentence for the operator.
    #[error("{0}")]
    Refused(String),
    /// The file cannot be read now (vanished, permission, disk); nothing is recorded, the next run tries again.
    #[error("{0}")]
    Unreadable(std::io::Error),
    /// The receiver of the chunks failed.
    #[error(transparent)]
    Sink(#[from] crate::lake::LakeError),
}

/// The lake's table of a source.
fn lake_table_of(source: &Source) -> Result<LakeTable, load::LoadError> {
    lake_table(source.name).ok_or_else(|| load::LoadError::Internal(format!("no table of {}", source.name)))
}
