//! Rows taken out of every snapshot, so that nothing of them is left on the disk.
//!
//! ```text
//! begin     the mark `.erase-open`, then a transaction like any other
//! replace   a file without the rows takes the old one's place in every snapshot that names it
//! commit    as always; the old files stay until the copy for readers is made anew
//! finish    VACUUM (free pages hold what was deleted), lake.sqlite anew, old files unlinked, mark removed
//! ```
//!
//! A process that dies before COMMIT leaves the old state; after it, the next start finds the mark and finishes.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::{OptionalExtension, params};

use crate::domain::Str;

use super::files::{DATA, MAIN};
use super::ledger::Ledger;
use super::{DataFile, Lake, Result, WrittenFile, catalog, io, sweep};

const MARK: &str = ".erase-open";

/// Whether an erasure was begun and not finished.
pub(super) fn is_due(root: &Path) -> bool {
    root.join(MARK).exists()
}

/// Writes the catalog anew without its free pages; it says the same as before.
pub(super) fn compact(conn: &rusqlite::Connection) -> Result<()> {
    Ok(conn.execute_batch("VACUUM")?)
}

/// Whether a quarter of the catalog or more is free pages.
pub(super) fn is_loose(conn: &rusqlite::Connection) -> Result<bool> {
    let number = |pragma: &str| conn.query_row(pragma, [], |r| r.get::<_, i64>(0));
    Ok(number("PRAGMA freelist_count")? * 4 >= number("PRAGMA page_count")?)
}

/// Takes the mark away: nothing is left of what was erased.
pub(super) fn unmark(root: &Path) -> Result<()> {
    let mark = root.join(MARK);
    match std::fs::remove_file(&mark) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io("cannot remove", &mark)(e)),
        _ => Ok(()),
    }
}

impl Lake {
    /// Begins a transaction that erases.
    pub fn begin_erasure(&mut self) -> Result<()> {
        self.begin()?;
        let mark = self.root.join(MARK);
        std::fs::write(&mark, "rows are being erased; the next run finishes it\n")
            .map_err(io("cannot write", &mark))?;
        std::fs::File::open(&self.root).and_then(|f| f.sync_all()).map_err(io("cannot fsync folder", &self.root))
    }

    /// Every file of a table that any snapshot names, by age, and whether it is live.
    pub fn history(&self, table: &str) -> Result<Vec<(DataFile, bool)>> {
        let live: BTreeSet<i64> = self.files(table, None)?.iter().map(|f| f.id).collect();
        let folder = self.root.join(DATA).join(MAIN).join(table);
        let all = catalog::all_files(&self.conn, self.ids(table)?.table, &folder)?;
        let with = |file: DataFile| {
            let lives = live.contains(&file.id);
            (file, lives)
        };
        Ok(all.into_iter().map(with).collect())
    }

    /// Puts another file in the place of one of [`Lake::history`], at every snapshot that names it; with `None` no
    /// snapshot names it any more. The old one is unlinked by [`Lake::finish_erasure`].
    pub fn replace(&mut self, table: &str, old: &DataFile, new: Option<WrittenFile>) -> Result<()> {
        let ids = self.ids(table)?;
        let columns = super::arrow::column_ids(&self.schema(table)?);
        let sql = "DELETE FROM ducklake_file_column_stats WHERE data_file_id = ?";
        self.conn.prepare_cached(sql)?.execute([old.id])?;
        let changed = match &new {
            None => {
                let sql = "DELETE FROM ducklake_file_partition_value WHERE data_file_id = ?";
                self.conn.prepare_cached(sql)?.execute([old.id])?;
                self.conn
                    .prepare_cached("DELETE FROM shoppulse_data_file WHERE data_file_id = ?")?
                    .execute([old.id])?;
                let sql = "DELETE FROM ducklake_data_file WHERE data_file_id = ? AND table_id = ?";
                self.conn.prepare_cached(sql)?.execute([old.id, ids.table])?
            }
            Some(file) => {
                let path = self.relative(table, &file.path)?;
                self.insert_stats(old.id, ids.table, columns.iter().copied().zip(&file.stats))?;
                let sql = "INSERT OR REPLACE INTO shoppulse_data_file VALUES (?,?)";
                self.conn.prepare_cached(sql)?.execute(params![old.id, file.blake3])?;
                let (rows, bytes, footer) = (file.rows as i64, file.bytes as i64, file.footer_bytes as i64);
                let sql = "UPDATE ducklake_data_file SET path = ?, record_count = ?, file_size_bytes = ?,
                           footer_size = ? WHERE data_file_id = ? AND table_id = ?";
                self.conn.prepare_cached(sql)?.execute(params![path, rows, bytes, footer, old.id, ids.table])?
            }
        };
        if changed != 1 {
            return Err(self.misused(&format!("no file {} of {table}", old.id), "take files from Lake::history"));
        }
        self.supersede(old.path.clone(), new.map(|file| file.path))
    }

    /// After the commit: nothing of what was erased stays in the lake's folder.
    pub fn finish_erasure(&self) -> Result<()> {
        compact(&self.conn)?;
        self.publish_copy()?;
        sweep::sweep(&self.root, &self.conn)?;
        self.forget_kept()?;
        unmark(&self.root)
    }
}

/// What the ledger keeps of an erasure: the id as a hash, and how many rows of a source are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasedRow {
    pub run_id: i64,
    /// `company`, `contract`, `rep`, `visitor`.
    pub kind: Str,
    pub id_hash: Str,
    /// Empty for the id as such.
    pub source: Str,
    /// Rows that were live.
    pub rows: i64,
}

impl Ledger<'_> {
    pub fn add_erased(&self, row: &ErasedRow) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO shoppulse_erased VALUES (?,?,?,?,?)";
        self.conn.prepare_cached(sql)?.execute(params![row.run_id, row.kind, row.id_hash, row.source, row.rows])?;
        Ok(())
    }

    /// All erasures by key. Per source the sum of `rows` is what loaded rows and live rows differ by.
    pub fn erased(&self) -> Result<Vec<ErasedRow>> {
        // The copy that an older program made has no such table.
        let sql = "SELECT 1 FROM sqlite_master WHERE name = 'shoppulse_erased'";
        if self.conn.query_row(sql, [], |_| Ok(())).optional()?.is_none() {
            return Ok(Vec::new());
        }
        self.all("SELECT * FROM shoppulse_erased ORDER BY run_id, kind, id_hash, source", [], |r| {
            Ok(ErasedRow { run_id: r.get(0)?, kind: r.get(1)?, id_hash: r.get(2)?, source: r.get(3)?, rows: r.get(4)? })
        })
    }

    /// Cuts the raw text of every refused record that names an id, told its source and its text; returns how many there are.
    pub fn cut_raw(&self, names: impl Fn(&str, &str) -> bool) -> Result<u64> {
        let sql = "SELECT raw, file_id, line, source FROM shoppulse_refused JOIN shoppulse_refused_file USING (file_id)
                   WHERE raw IS NOT NULL";
        let mut statement = self.conn.prepare(sql)?;
        let mut rows = statement.query([])?;
        let mut found: Vec<(i64, i64)> = Vec::new();
        while let Some(row) = rows.next()? {
            // Our own text; what another program put there is no record of ours.
            let source = row.get_ref(3)?.as_str().unwrap_or_default();
            if row.get_ref(0)?.as_str().is_ok_and(|raw| names(source, raw)) {
                found.push((row.get(1)?, row.get(2)?));
            }
        }
        for (file, line) in &found {
            let sql = "UPDATE shoppulse_refused SET raw = NULL WHERE file_id = ? AND line = ?";
            self.conn.prepare_cached(sql)?.execute([file, line])?;
        }
        Ok(found.len() as u64)
    }

    /// Takes contracts out of the published lists; returns the number of lines.
    pub fn forget_risks<'i>(&self, contracts: impl Iterator<Item = &'i str>) -> Result<u64> {
        let mut gone = 0;
        for id in contracts {
            let sql = "UPDATE shoppulse_risk_list SET \"rows\" = \"rows\" - 1 WHERE as_of IN
                       (SELECT as_of FROM shoppulse_risk_published WHERE contract_id = ?)";
            self.conn.prepare_cached(sql)?.execute([id])?;
            let sql = "DELETE FROM shoppulse_risk_published WHERE contract_id = ?";
            gone += self.conn.prepare_cached(sql)?.execute([id])? as u64;
        }
        Ok(gone)
    }

    /// Forgets published files by their paths: nobody but the operator removes them then.
    pub fn forget_reports(&self, named: impl Fn(&str) -> bool) -> Result<()> {
        for path in self.all("SELECT path FROM shoppulse_report", [], |r| r.get::<_, String>(0))? {
            if named(&path) {
                self.conn.prepare_cached("DELETE FROM shoppulse_report WHERE path = ?")?.execute([path])?;
            }
        }
        Ok(())
    }

    /// Rewrites the summaries of runs, which name reports by the ids that they are split by.
    pub fn rewrite_summaries(&self, rewrite: impl Fn(&str) -> Option<String>) -> Result<()> {
        for run in self.runs()? {
            if let Some(summary) = rewrite(&run.summary) {
                let sql = "UPDATE shoppulse_run SET summary = ? WHERE run_id = ?";
                self.conn.prepare_cached(sql)?.execute(params![summary, run.run_id])?;
            }
        }
        Ok(())
    }
}
