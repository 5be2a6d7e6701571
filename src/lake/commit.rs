//! One transaction: everything a run changed becomes visible at once, or nothing.
//!
//! ```text
//! begin     BEGIN IMMEDIATE, read the head: the new snapshot is head + 1
//! add, end  rows of ducklake_data_file with that snapshot; our ledgers write in the same transaction
//! commit    fsync of the added files and their folders, statistics, the snapshot's row, COMMIT
//! ```
//!
//! A process that dies before COMMIT leaves the old snapshot and files that no row names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rusqlite::params;

use crate::domain::Micros;

use super::catalog::{Head, add_snapshot, head};
use super::durable::fsync_all;
use super::files::{DATA, MAIN};
use super::{ColumnStats, DataFile, Lake, LakeError, Result, WrittenFile, held, history};

/// A run's open transaction.
pub(super) struct Run {
    /// The snapshot to be; its counters move as ids are handed out.
    head: Head,
    /// Files that the transaction added and that still live, by id.
    added: BTreeMap<i64, Added>,
    /// Tables of which it ended files of older snapshots.
    ended: BTreeSet<i64>,
    totals: BTreeMap<i64, Totals>,
    /// Files that it added and ended again: no snapshot ever names them.
    dropped: Vec<PathBuf>,
    /// Files that only snapshots named which it gave up.
    pub(super) expired: Vec<PathBuf>,
    /// Files written in the place of others, at every snapshot.
    rewritten: Vec<PathBuf>,
}

struct Added {
    table: i64,
    path: PathBuf,
    columns: Vec<(i32, ColumnStats)>,
}

/// What is to be added to `ducklake_table_stats`.
struct Totals {
    next_row_id: i64,
    rows: i64,
    bytes: i64,
}

impl Run {
    pub(super) fn changes_data(&self) -> bool {
        !self.added.is_empty() || !self.ended.is_empty()
    }

    /// The snapshot that a commit would leave as things stand.
    pub(super) fn snapshot(&self) -> i64 {
        self.head.snapshot - i64::from(!self.changes_data())
    }

    /// `changes_made` in DuckLake's words.
    fn changes(&self) -> Vec<String> {
        let inserted: BTreeSet<i64> = self.added.values().map(|a| a.table).collect();
        let deleted = self.ended.iter().map(|t| format!("deleted_from_table:{t}"));
        deleted.chain(inserted.iter().map(|t| format!("inserted_into_table:{t}"))).collect()
    }

    /// Files that become visible by the commit.
    fn written(&self) -> impl Iterator<Item = &PathBuf> {
        self.added.values().map(|a| &a.path).chain(&self.rewritten)
    }

    /// Every folder between the root and an added file, both in: each may be new.
    fn folders(&self, root: &Path) -> Vec<PathBuf> {
        let mut folders = BTreeSet::new();
        for path in self.written() {
            let new = path.ancestors().skip(1).take_while(|p| p.starts_with(root));
            // A folder that is known has its ancestors known.
            new.take_while(|p| folders.insert(p.to_path_buf())).for_each(drop);
        }
        folders.into_iter().collect()
    }
}

impl Lake {
    /// Begins the run's one transaction.
    pub fn begin(&mut self) -> Result<()> {
        if !self.writable {
            return Err(self.misused("it is open for reading", "open it with Lake::open_writer"));
        }
        if self.run.is_some() {
            return Err(self.misused("a transaction is open", "commit it or roll it back first"));
        }
        super::sweep::mark(&self.root)?;
        self.conn.execute_batch("BEGIN IMMEDIATE").map_err(|e| held(&self.root, e))?;
        let old = head(&self.conn).inspect_err(|_| {
            let _ = self.conn.execute_batch("ROLLBACK");
        })?;
        let head = Head { snapshot: old.snapshot + 1, ..old };
        let (added, ended) = (BTreeMap::new(), BTreeSet::new());
        self.run = Some(Run {
            head,
            added,
            ended,
            totals: BTreeMap::new(),
            dropped: Vec::new(),
            expired: Vec::new(),
            rewritten: Vec::new(),
        });
        Ok(())
    }

    /// Adds a written file to the table in the running transaction.
    pub fn add(&mut self, table: &str, file: WrittenFile) -> Result<()> {
        let ids = self.ids(table)?;
        let columns = self.schema(table)?;
        let column_ids = super::arrow::column_ids(&columns);
        let relative = self.relative(table, &file.path)?;
        if file.stats.len() != column_ids.len() || file.day.is_some() != columns.day.is_some() {
            let found = format!("{} does not fit table {table}", file.path.display());
            return Err(self.misused(&found, "write it with Lake::write_file for that table"));
        }
        let Some(run) = &mut self.run else { return Err(no_transaction(&self.root)) };
        let conn = &self.conn;
        let (rows, bytes) = (file.rows as i64, file.bytes as i64);
        let totals = match run.totals.entry(ids.table) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => {
                let sql = "SELECT coalesce(max(next_row_id), 0) FROM ducklake_table_stats WHERE table_id = ?";
                let next_row_id = conn.prepare_cached(sql)?.query_row([ids.table], |r| r.get(0))?;
                new.insert(Totals { next_row_id, rows: 0, bytes: 0 })
            }
        };
        let id = run.head.next_file_id;
        let sql = "INSERT INTO ducklake_data_file VALUES (?,?,?,NULL,NULL,?,1,'parquet',?,?,?,?,?,NULL,NULL,NULL)";
        conn.prepare_cached(sql)?.execute(params![
            id,
            ids.table,
            run.head.snapshot,
            relative,
            rows,
            bytes,
            file.footer_bytes as i64,
            totals.next_row_id,
            ids.partition
        ])?;
        // The hash of an id that some other program used and gave up is of no use any more.
        let sql = "INSERT OR REPLACE INTO shoppulse_data_file VALUES (?,?)";
        conn.prepare_cached(sql)?.execute(params![id, file.blake3])?;
        if let Some(day) = file.day {
            let sql = "INSERT INTO ducklake_file_partition_value VALUES (?,?,0,?)";
            conn.prepare_cached(sql)?.execute(params![id, ids.table, day.to_string()])?;
        }
        run.head.next_file_id += 1;
        totals.next_row_id += rows;
        totals.rows += rows;
        totals.bytes += bytes;
        let columns = column_ids.into_iter().zip(file.stats).collect();
        run.added.insert(id, Added { table: ids.table, path: file.path, columns });
        Ok(())
    }

    /// A written file's path below the table's folder.
    pub(super) fn relative(&self, table: &str, path: &Path) -> Result<String> {
        let folder = self.root.join(DATA).join(MAIN).join(table);
        let relative = path.strip_prefix(&folder).ok().and_then(Path::to_str);
        let misplaced = || format!("{} lies outside {}", path.display(), folder.display());
        Ok(relative.ok_or_else(|| self.misused(&misplaced(), "write it with Lake::write_file"))?.to_string())
    }

    /// Takes note that the running transaction took a file out of every snapshot, and what took its place.
    pub(super) fn supersede(&mut self, old: PathBuf, new: Option<PathBuf>) -> Result<()> {
        let Some(run) = &mut self.run else { return Err(no_transaction(&self.root)) };
        run.expired.push(old);
        run.rewritten.extend(new);
        Ok(())
    }

    /// Ends a live file in the running transaction: it stays readable at older snapshots.
    /// A file that this transaction added is dropped altogether.
    pub fn end(&mut self, table: &str, file: &DataFile) -> Result<()> {
        let ids = self.ids(table)?;
        let gone = || self.misused(&format!("file {} of {table} is not live", file.id), "take files from Lake::files");
        let Some(run) = &self.run else { return Err(no_transaction(&self.root)) };
        let snapshot = run.head.snapshot;
        let ours = run.added.contains_key(&file.id);
        let changed = if ours {
            self.conn.prepare_cached("DELETE FROM shoppulse_data_file WHERE data_file_id = ?")?.execute([file.id])?;
            let sql = "DELETE FROM ducklake_file_partition_value WHERE data_file_id = ?";
            self.conn.prepare_cached(sql)?.execute([file.id])?;
            let sql = "DELETE FROM ducklake_data_file WHERE data_file_id = ? AND table_id = ?";
            self.conn.prepare_cached(sql)?.execute([file.id, ids.table])?
        } else {
            let sql = "UPDATE ducklake_data_file SET end_snapshot = ?
                       WHERE data_file_id = ? AND table_id = ? AND end_snapshot IS NULL";
            self.conn.prepare_cached(sql)?.execute([snapshot, file.id, ids.table])?
        };
        if changed != 1 {
            return Err(gone());
        }
        if let Some(run) = &mut self.run {
            match run.added.remove(&file.id) {
                Some(added) => run.dropped.push(added.path),
                None => _ = run.ended.insert(ids.table),
            }
        }
        Ok(())
    }

    /// Commits: fsyncs of files and folders, a snapshot if any file was added or ended, then the transaction. Its time is
    /// `now`, or that of the commit before it when that is later: the lake's time never goes back.
    /// Returns the newest snapshot. After an error a transaction that [is open](Lake::is_open) can be rolled back.
    /// One that is not may have been committed or not: the disk failed at the very end of it. Nothing of it is
    /// removed; the next start sees which it was.
    pub fn commit(&mut self, now: Micros, message: &str) -> Result<i64> {
        let Some(run) = &self.run else { return Err(no_transaction(&self.root)) };
        fsync_all(&run.written().cloned().collect::<Vec<_>>())?;
        fsync_all(&run.folders(&self.root))?;
        let (snapshot, at) = (run.snapshot(), history::clock(&self.conn, now)?);
        if run.changes_data() {
            self.add_statistics(run)?;
            add_snapshot(&self.conn, run.head, &at, &run.changes(), message)?;
        }
        history::record(&self.conn, &at, snapshot)?;
        super::copy::count_commit(&self.conn)?;
        let committed = self.conn.execute_batch("COMMIT");
        if committed.is_err() && self.conn.is_autocommit() {
            (self.run, self.unswept) = (None, true);
        }
        committed.map_err(|e| held(&self.root, e))?;
        if let Some(run) = self.run.take() {
            // Readers of the copy may look for these until there is a new one.
            self.leaving.borrow_mut().extend(run.expired);
            self.unlink(run.dropped);
        }
        Ok(snapshot)
    }

    /// The statistics of a file's columns, by their ids.
    pub(super) fn insert_stats<'s>(
        &self,
        file: i64,
        table: i64,
        columns: impl Iterator<Item = (i32, &'s ColumnStats)>,
    ) -> Result<()> {
        let sql = "INSERT INTO ducklake_file_column_stats VALUES (?,?,?,NULL,?,?,?,?,?,NULL)";
        let mut insert = self.conn.prepare_cached(sql)?;
        for (column, s) in columns {
            let counts = (s.non_null as i64, s.nulls as i64);
            insert.execute(params![file, table, column, counts.0, counts.1, s.min, s.max, s.contains_nan])?;
        }
        Ok(())
    }

    /// The statistics of the added files and the tables' totals. Ended rows are not subtracted: a total that equals
    /// the live count would let DuckDB answer from statistics that are no longer true.
    fn add_statistics(&self, run: &Run) -> Result<()> {
        for (id, file) in &run.added {
            self.insert_stats(*id, file.table, file.columns.iter().map(|(column, stats)| (*column, stats)))?;
        }
        for (table, t) in &run.totals {
            let sql = "UPDATE ducklake_table_stats SET record_count = record_count + ?, next_row_id = ?,
                       file_size_bytes = file_size_bytes + ? WHERE table_id = ?";
            if self.conn.execute(sql, [t.rows, t.next_row_id, t.bytes, *table])? == 0 {
                let row = [*table, t.rows, t.next_row_id, t.bytes];
                self.conn.execute("INSERT INTO ducklake_table_stats VALUES (?,?,?,?)", row)?;
            }
        }
        Ok(())
    }

    /// Whether a transaction is running.
    pub fn is_open(&self) -> bool {
        self.run.is_some()
    }

    /// Gives everything of the running transaction up; its files are unlinked. The mark stays: files may have been
    /// written that were not added yet, and the next start sweeps them.
    pub fn rollback(&mut self) -> Result<()> {
        let Some(run) = self.run.take() else { return Ok(()) };
        // SQLite has rolled back by itself after some errors; the files must go in any case.
        let result = if self.conn.is_autocommit() { Ok(()) } else { self.conn.execute_batch("ROLLBACK") };
        self.unswept = true;
        self.unlink(run.added.into_values().map(|a| a.path).chain(run.dropped).chain(run.rewritten));
        Ok(result?)
    }

    /// Removes what a run wrote that was given up.
    pub fn sweep(&mut self) -> Result<()> {
        super::sweep::sweep(&self.root, &self.conn)?;
        self.unswept = false;
        self.unlink([]);
        Ok(())
    }

    /// Removes files that no snapshot names. What cannot be removed now is swept at the next start.
    pub(super) fn unlink(&self, paths: impl IntoIterator<Item = PathBuf>) {
        let stays =
            |path: &PathBuf| matches!(std::fs::remove_file(path), Err(e) if e.kind() != std::io::ErrorKind::NotFound);
        let mut leaving = self.leaving.borrow_mut();
        leaving.extend(paths.into_iter().filter(stays));
        if leaving.is_empty() && !self.unswept {
            super::sweep::unmark(&self.root);
        }
    }

    pub(super) fn misused(&self, found: &str, todo: &str) -> LakeError {
        LakeError::Unusable { path: self.root.clone(), found: found.into(), todo: todo.into() }
    }
}

pub(super) fn no_transaction(root: &Path) -> LakeError {
    LakeError::Unusable { path: root.into(), found: "no transaction is open".into(), todo: "call Lake::begin".into() }
}
