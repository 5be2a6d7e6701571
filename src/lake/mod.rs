//! The lake: DuckLake 1.0, a SQLite catalog and Parquet files, one transaction a run.
//!
//! ```text
//! arrow.rs    a table's Arrow schema and column ids
//! stats.rs    exact statistics of a column, as DuckLake's texts
//! files.rs    rows -> one fsynced Parquet file, and back
//! catalog.rs  the DuckLake tables: DDL, ids, snapshots, which files live
//! ledger.rs   our own tables in the same SQLite file: runs, files, refused rows, what was published; reports.rs too
//! history.rs  when what was committed; the state that was known at a time
//! expire.rs   snapshots that are given up, and the files that only they name
//! commit.rs   one transaction: everything a run changed becomes visible at once, or nothing
//! erase.rs    rows taken out of every snapshot
//! copy.rs     lake.sqlite, the read-only copy that people attach
//! since.rs    what changed since a snapshot
//! sweep.rs    what a run that died left
//! kept.rs     results that are kept to save time, whole or not there
//! durable.rs  many fsyncs at once
//! digest.rs   the content hash of a data file
//! verify/     what the disk and the catalog hold, against what is recorded
//! ```
//!
//! The writer's catalog is `catalog.sqlite`; readers (people, DuckDB, `shoppulse table`) open `lake.sqlite`.
//! A run begins a transaction, adds and ends files, reads its own uncommitted state, and commits once.
//!
//! The catalog names the data folder by its absolute path, for DuckDB; our own reading goes by the lake's folder.
//! When a lake was moved, the next run mends that path. Until then DuckDB needs
//! `ATTACH ... (DATA_PATH '/new/data/', OVERRIDE_DATA_PATH true)`.

mod arrow;
mod catalog;
mod commit;
mod copy;
mod counts;
mod digest;
mod durable;
mod erase;
mod expire;
mod files;
mod history;
mod kept;
pub mod ledger;
mod reports;
mod since;
mod stats;
mod sweep;
#[cfg(test)]
mod tests;
pub mod verify;

pub use arrow::{arrow_schema, data_type};
pub use erase::ErasedRow;
pub use files::{Batches, scan, scan_coded};
pub use since::Committed;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;

use crate::domain::schema::{LakeTable, lake_table};
use crate::domain::{Day, Micros};

/// What can go wrong with the lake; each message says what was found, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    #[error("the lake at {path} cannot be used: {found}; {todo}")]
    Unusable { path: PathBuf, found: String, todo: String },
    #[error("{action} {path}: {source}; check the folder's owner and free space, then try again")]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("the lake's catalog: {0}; check the folder's owner and free space, then try again")]
    Sql(#[from] rusqlite::Error),
    #[error("parquet file {path}: {found}; `shoppulse verify` tells what is damaged: put the file back from a backup")]
    Parquet { path: PathBuf, found: String },
    /// A time was asked for at which the lake was not there yet, or whose state was given up.
    #[error("what was known at {at} cannot be had: {found}; {todo}")]
    NotKnown { at: Micros, found: String, todo: String },
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

/// A file that was written, but is not in the catalog yet.
#[derive(Clone, Debug)]
pub struct WrittenFile {
    pub path: PathBuf,
    pub day: Option<Day>,
    pub rows: u64,
    pub bytes: u64,
    pub footer_bytes: u64,
    /// BLAKE3 of its bytes.
    pub blake3: [u8; 32],
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

/// An open lake. It holds one SQLite connection, so it stays on one thread; [`Lake::write_file`] and [`scan`] need
/// none and run on any.
pub struct Lake {
    /// Absolute, without links.
    root: PathBuf,
    conn: rusqlite::Connection,
    writable: bool,
    tables: BTreeMap<String, catalog::TableIds>,
    run: Option<commit::Run>,
    /// The older state that a reader asked for.
    cut: Option<history::Cut>,
    /// Files that no snapshot names any more, to be unlinked when no reader can look for them.
    leaving: RefCell<Vec<PathBuf>>,
    /// A transaction failed: what it had written and not added is for the next start to sweep.
    unswept: bool,
}

impl Lake {
    /// Opens the writer's catalog, making it and every table of [`crate::domain::schema::lake_tables`] when new,
    /// and mends what a run that died left: files that no catalog row names, a copy older than the catalog.
    /// The caller holds the project's lock. `now` dates the first snapshot.
    pub fn open_writer(root: &Path, now: Micros) -> Result<Lake> {
        let data = root.join(files::DATA);
        std::fs::create_dir_all(&data).map_err(io("cannot make folder", &data))?;
        let root = canonical(root)?;
        let data = root.join(files::DATA);
        let data_path = format!("{}/", data.to_str().ok_or_else(|| not_utf8(&root))?);
        let mut conn = copy::open_catalog(&root.join(copy::CATALOG))?;
        let immediate = rusqlite::TransactionBehavior::Immediate;
        let transaction = conn.transaction_with_behavior(immediate).map_err(|e| held(&root, e))?;
        let new = !catalog::is_ducklake(&transaction, &root)?;
        if new {
            if !sweep::parquet_files(&data)?.is_empty() {
                return Err(LakeError::Unusable {
                    path: root,
                    found: "Parquet files below data/, but no catalog.sqlite that names them".into(),
                    todo: "copy lake.sqlite to catalog.sqlite and make it writable, or move the folder away".into(),
                });
            }
            catalog::create(&transaction, now)?;
        }
        let changed = catalog::upgrade(&transaction, &root, &data_path, now)?;
        if changed && !new {
            copy::count_commit(&transaction)?;
        }
        transaction.commit()?;
        copy::remove_temporary(&root)?;
        kept::remove_temporary(&root)?;
        let erasing = erase::is_due(&root);
        if erasing || changed && !new && erase::is_loose(&conn)? {
            erase::compact(&conn)?;
        }
        if erasing || !copy::is_current(&root, &conn)? {
            copy::publish(&root, &conn)?;
        }
        // After the copy: an older one may still name what is swept.
        if erasing || sweep::is_due(&root) {
            let orphans = sweep::sweep(&root, &conn)?;
            if orphans > 0 {
                tracing::warn!(orphans, "removed files that a run that died had left");
            }
            sweep::unmark(&root);
        }
        let lake = Lake::over(root, conn, true)?;
        if erasing {
            lake.forget_kept()?;
        }
        erase::unmark(&lake.root)?;
        Ok(lake)
    }

    /// A lake over an open catalog; `root` is its folder, absolute, without links.
    fn over(root: PathBuf, conn: rusqlite::Connection, writable: bool) -> Result<Lake> {
        let tables = catalog::table_ids(&conn)?;
        Ok(Lake { root, conn, writable, tables, run: None, cut: None, leaving: RefCell::default(), unswept: false })
    }

    /// Opens the copy that people read. `Ok(None)` when nothing was ever loaded.
    pub fn open_reader(root: &Path) -> Result<Option<Lake>> {
        let copy = root.join(copy::COPY);
        if !copy.try_exists().map_err(io("cannot look at", &copy))? {
            let catalog = root.join(copy::CATALOG);
            // It is made with the catalog, and anew after every change of it.
            if catalog.metadata().is_ok_and(|about| about.len() > 0) && copy::was_committed(&catalog) {
                return Err(LakeError::Unusable {
                    path: copy,
                    found: "it is missing beside the catalog, of which it is the copy to be read".into(),
                    todo: "run `shoppulse verify --repair`, or any pipeline: both make it anew".into(),
                });
            }
            return Ok(None);
        }
        let root = canonical(root)?;
        let conn = copy::open_copy(&root.join(copy::COPY))?;
        if !catalog::is_ducklake(&conn, &root)? {
            return Err(LakeError::Unusable {
                path: root.join(copy::COPY),
                found: "a SQLite file without DuckLake's tables".into(),
                todo: "remove it; the next run makes it anew".into(),
            });
        }
        Lake::over(root, conn, false).map(Some)
    }

    /// The lake as it was known at a time: files and ledgers as the last commit by then left them. `Ok(None)` when
    /// nothing was ever loaded.
    ///
    /// # Errors
    /// [`LakeError::NotKnown`] for a time before the first commit, or when the state of that time was given up.
    pub fn open_reader_at(root: &Path, known_at: Micros) -> Result<Option<Lake>> {
        let Some(mut lake) = Lake::open_reader(root)? else { return Ok(None) };
        lake.cut = Some(history::known_at(&lake.conn, &lake.root, known_at)?);
        Ok(Some(lake))
    }

    /// The lake's folder, absolute, without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Our own tables in the same SQLite file and transaction.
    pub fn ledger(&self) -> ledger::Ledger<'_> {
        ledger::Ledger::new(&self.conn, self.cut.map(|cut| cut.run_id))
    }

    /// Writes rows as one file of the table; may be called from any thread, touches no catalog. It is fsynced by the
    /// commit, with all others at once.
    /// `rows` has the table's columns by name (extra columns are left out) in the order they are to be stored;
    /// all of the day, if there is one. NaN is refused.
    pub fn write_file(root: &Path, table: &LakeTable, day: Option<Day>, rows: &RecordBatch) -> Result<WrittenFile> {
        files::write(&canonical(root)?, table, day, rows)
    }

    /// Live files of a table (of some days only), by day, then by age; sees the running transaction's own changes.
    /// A table that another program wrote to in ways we do not read is refused.
    pub fn files(&self, table: &str, days: Option<RangeInclusive<Day>>) -> Result<Vec<DataFile>> {
        let Some(ids) = self.tables.get(table) else {
            // A copy that an older program made has no rows of a table that came later.
            return self.schema(table).map(|_| Vec::new());
        };
        let folder = self.root.join(files::DATA).join(files::MAIN).join(table);
        catalog::live_files(&self.conn, ids.table, &folder, days, self.cut.map(|cut| cut.snapshot))
    }

    /// As [`Lake::files`] of some days of a table that has days, wherever in time they lie; costs what these days have. In
    /// a lake that is open for writing.
    pub fn files_on(&self, table: &str, days: &BTreeSet<Day>) -> Result<Vec<DataFile>> {
        let folder = self.root.join(files::DATA).join(files::MAIN).join(table);
        catalog::live_files_on(&self.conn, self.ids(table)?.table, &folder, days)
    }

    /// The last day up to `until` of which a table has live files.
    pub fn last_day(&self, table: &str, until: Day) -> Result<Option<Day>> {
        match self.tables.get(table) {
            Some(ids) => catalog::last_day(&self.conn, ids.table, until, self.cut.map(|cut| cut.snapshot)),
            None => self.schema(table).map(|_| None),
        }
    }

    /// Files of a table that has days, by day: of some days as [`Lake::files_on`] gives them, else all.
    pub fn files_by_day(&self, table: &str, days: Option<&BTreeSet<Day>>) -> Result<BTreeMap<Day, Vec<DataFile>>> {
        let files = days.map_or_else(|| self.files(table, None), |days| self.files_on(table, days))?;
        self.by_day(table, files)
    }

    /// Live files of a table up to a day, by day.
    pub fn files_until(&self, table: &str, until: Day) -> Result<BTreeMap<Day, Vec<DataFile>>> {
        self.by_day(table, self.files(table, Some(Day::MIN..=until))?)
    }

    fn by_day(&self, table: &str, files: Vec<DataFile>) -> Result<BTreeMap<Day, Vec<DataFile>>> {
        let mut by_day: BTreeMap<Day, Vec<DataFile>> = BTreeMap::new();
        for file in files {
            let day =
                file.day.ok_or_else(|| self.misused(&format!("a file of {table} without its day"), "restore it"))?;
            by_day.entry(day).or_default().push(file);
        }
        Ok(by_day)
    }

    /// Reads columns of a file, in the order asked; columns that an old file lacks are null.
    /// [`scan`] does the same batch by batch, on any thread.
    pub fn read(&self, table: &str, file: &DataFile, columns: &[&str]) -> Result<Vec<RecordBatch>> {
        scan(table, file, columns)?.collect()
    }

    /// The newest snapshot, or the one that a reader asked for; in a transaction the one that a commit would leave as things stand.
    pub fn snapshot(&self) -> Result<i64> {
        match (&self.run, &self.cut) {
            (Some(run), _) => Ok(run.snapshot()),
            (None, Some(cut)) => Ok(cut.snapshot),
            (None, None) => Ok(catalog::head(&self.conn)?.snapshot),
        }
    }

    /// Makes `lake.sqlite` anew from the catalog: copied page by page, fsync, read-only, rename. Not within a transaction.
    /// Then files of expired snapshots are unlinked, which only the older copy named.
    pub fn publish_copy(&self) -> Result<()> {
        copy::publish(&self.root, &self.conn)?;
        let leaving = self.leaving.take();
        if !leaving.is_empty() {
            self.unlink(leaving);
        }
        Ok(())
    }

    fn ids(&self, table: &str) -> Result<catalog::TableIds> {
        self.tables.get(table).copied().ok_or_else(|| self.no_table(table))
    }

    fn schema(&self, table: &str) -> Result<LakeTable> {
        lake_table(table).ok_or_else(|| self.no_table(table))
    }

    fn no_table(&self, table: &str) -> LakeError {
        let names: Vec<&str> = self.tables.keys().map(String::as_str).collect();
        let (found, todo) = (format!("no table {table}"), format!("ask for one of {}", names.join(", ")));
        LakeError::Unusable { path: self.root.clone(), found, todo }
    }
}

/// The folder's absolute path without links: the one spelling by which files are named.
fn canonical(root: &Path) -> Result<PathBuf> {
    root.canonicalize().map_err(io("cannot find the lake's folder", root))
}

fn not_utf8(root: &Path) -> LakeError {
    let (found, todo) = ("a path that is no UTF-8".into(), "rename the folder".into());
    LakeError::Unusable { path: root.into(), found, todo }
}

/// Says what to do when another program holds the catalog; other errors stay as they are.
fn held(root: &Path, error: rusqlite::Error) -> LakeError {
    if error.sqlite_error_code() != Some(rusqlite::ErrorCode::DatabaseBusy) {
        return error.into();
    }
    LakeError::Unusable {
        path: root.into(),
        found: "another program holds catalog.sqlite".into(),
        todo: "close it and run again; people attach lake.sqlite, which blocks nobody".into(),
    }
}

/// Names the action and the path of an I/O error.
fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> LakeError {
    let path = path.to_path_buf();
    move |source| LakeError::Io { action, path, source }
}
