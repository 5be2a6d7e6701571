//! What a load is asked for, and the account that it gives: files, counts, times.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::config::Project;
use crate::domain::schema::Source;
use crate::domain::{Day, Micros};
use crate::lake::LakeError;

use super::Reason;
use super::count::CountedDays;
use super::personal::Personal;

/// What is to be loaded, and how.
pub struct Request<'a> {
    pub project: &'a Project,
    pub sources: &'a [&'static Source],
    pub run_id: i64,
    /// The run's clock: events over a day after it are refused.
    pub now: Micros,
    pub threads: usize,
    /// An empty folder for rows that do not fit in memory.
    pub staging: &'a Path,
    /// Bytes of rows that may be held in memory; [`MEMORY_BUDGET`] unless there is a reason.
    pub memory_budget: usize,
    /// What becomes of ids of visitors.
    pub personal: &'a Personal,
    /// Read files again that are unchanged by size, time and inode.
    pub rehash: bool,
    pub progress: &'a dyn Progress,
}

/// Bytes of staged rows in memory before they go to disk.
pub const MEMORY_BUDGET: usize = 480 << 20;

/// Who wants to see how far the work is.
pub trait Progress: Sync {
    /// So many files of a source, of so many bytes, are going to be read.
    fn start(&self, source: &str, files: usize, bytes: u64);
    /// So many bytes more are done.
    fn advance(&self, bytes: u64);
    /// One line for the operator.
    fn line(&self, text: &str);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _source: &str, _files: usize, _bytes: u64) {}
    fn advance(&self, _bytes: u64) {}
    fn line(&self, _text: &str) {}
}

/// Why nothing was loaded; the caller rolls back.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error("{action} {path}: {source}; check the folder's owner and free space, then try again")]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("staged rows: {0}")]
    Staged(#[from] arrow_schema::ArrowError),
    /// A mistake in the program, found by one of its own checks.
    #[error("internal error, please report it: {0}")]
    Internal(String),
}

impl LoadError {
    pub fn io(action: &'static str, path: &Path, source: std::io::Error) -> LoadError {
        LoadError::Io { action, path: path.into(), source }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileStatus {
    Loaded,
    /// Its bytes were met before.
    Skipped,
    Refused,
    /// Not recorded; the next run tries again. The run ends with 3.
    Unreadable,
    /// Still being written, or gone before it was read: not recorded; the next run takes it. No fault.
    Waiting,
}

impl FileStatus {
    pub fn word(self) -> &'static str {
        match self {
            FileStatus::Loaded => "loaded",
            FileStatus::Skipped => "skipped",
            FileStatus::Refused => "refused",
            FileStatus::Unreadable => "unreadable",
            FileStatus::Waiting => "waiting",
        }
    }
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOutcome {
    pub source: &'static str,
    pub path: String,
    /// Empty when the file was not hashed.
    pub sha256: String,
    pub status: FileStatus,
    pub rows_read: u64,
    pub rows_loaded: u64,
    pub rows_duplicate: u64,
    pub rows_quarantined: u64,
    /// Quarantined rows by reason.
    pub reasons: BTreeMap<Reason, u64>,
    /// Why it was refused, could not be read or has to wait.
    pub message: Option<String>,
    /// Whether the ledger has a row of it for this run.
    pub recorded: bool,
}

impl FileOutcome {
    /// Whether its rows are missing from the figures: the run ends with 3.
    pub fn is_left_out(&self) -> bool {
        matches!(self.status, FileStatus::Refused | FileStatus::Unreadable)
    }

    pub fn new(source: &'static Source, path: &str, sha256: &str, status: FileStatus) -> FileOutcome {
        FileOutcome {
            source: source.name,
            path: path.into(),
            sha256: sha256.into(),
            status,
            rows_read: 0,
            rows_loaded: 0,
            rows_duplicate: 0,
            rows_quarantined: 0,
            reasons: BTreeMap::new(),
            message: None,
            recorded: !matches!(status, FileStatus::Unreadable | FileStatus::Waiting),
        }
    }
}

/// Wall time of each step, over all sources.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timings {
    pub discover: Duration,
    /// Until files that were written a moment ago lay still.
    pub settle: Duration,
    /// Hashing, reading, checking and staging.
    pub read: Duration,
    /// Duplicates and conflicts among the new rows and with the touched days.
    pub dedupe: Duration,
    /// The search for new ids on all other days of the lake, by the index.
    pub conflict_scan: Duration,
    pub write: Duration,
}

impl Timings {
    /// Does a piece of work and adds its time where `step` says.
    pub fn time<T>(step: &mut Duration, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let done = work();
        *step += start.elapsed();
        done
    }
}

/// What a load did.
#[derive(Debug, Default)]
pub struct Loaded {
    /// By source in the order of the request, then by path.
    pub files: Vec<FileOutcome>,
    /// Days of each event source whose rows changed.
    pub touched: BTreeMap<&'static str, BTreeSet<Day>>,
    /// What the days' events add to the roll-ups, as far as it was counted.
    pub counted: CountedDays,
    /// Tables that have a new version.
    pub changed_tables: Vec<&'static str>,
    /// Sorted entries of the ids of each event source's new rows ([`super::hashes`]), those that did not load among them,
    /// for the index when the run is committed.
    pub new_ids: BTreeMap<&'static str, Vec<Vec<u64>>>,
    /// Columns that the contract does not know, by source.
    pub unknown_columns: BTreeMap<&'static str, BTreeSet<String>>,
    pub timings: Timings,
}
