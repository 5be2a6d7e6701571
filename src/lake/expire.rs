//! Snapshots that are given up, and the files that only they name.
//!
//! ```text
//! snapshots      5       6       7       8       9 = newest
//! in force       ├───────┼───────┼───────┼───────┼──────►
//!                        limit ──────┤
//! given up       5, 6 (what they said was replaced by the limit), unless one is to be kept
//! ```
//!
//! Their files leave the catalog with the commit, and the disk once the copy for readers names them no more.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::domain::Micros;

use super::files::{DATA, MAIN};
use super::stats::instant;
use super::{Lake, LakeError, Result};

/// What was given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    pub snapshots: usize,
    pub files: usize,
}

impl Lake {
    /// Gives up, in the running transaction, every snapshot that a later one had replaced by `before`, but those to
    /// be kept. The newest always stays, and every file that a remaining snapshot names.
    pub fn expire(&mut self, before: Micros, keep: &BTreeSet<i64>) -> Result<Expired> {
        let limit = instant(before);
        let sql =
            "SELECT snapshot_id, lead(snapshot_time) OVER (ORDER BY snapshot_id) FROM ducklake_snapshot ORDER BY 1";
        let row = |r: &rusqlite::Row| Ok((r.get::<_, i64>(0)?, r.get::<_, Option<String>>(1)?));
        let known = self.conn.prepare_cached(sql)?.query_map([], row)?.collect::<rusqlite::Result<Vec<_>>>()?;
        let due = |(id, next): &(i64, Option<String>)| next.as_ref().is_some_and(|n| *n <= limit) && !keep.contains(id);
        let due: Vec<i64> = known.iter().filter(|snapshot| due(snapshot)).map(|(id, _)| *id).collect();
        if due.is_empty() {
            return Ok(Expired::default());
        }
        for table in ["ducklake_snapshot", "ducklake_snapshot_changes"] {
            let sql = format!("DELETE FROM {table} WHERE snapshot_id = ?");
            let mut delete = self.conn.prepare_cached(&sql)?;
            for id in &due {
                delete.execute([id])?;
            }
        }
        let files = self.unnamed_files()?;
        let ids: Vec<i64> = files.iter().map(|(id, _)| *id).collect();
        let ids = serde_json::to_string(&ids).unwrap_or_default();
        const OF_A_FILE: [&str; 4] = [
            "ducklake_data_file",
            "ducklake_file_column_stats",
            "ducklake_file_partition_value",
            "shoppulse_data_file",
        ];
        for table in OF_A_FILE {
            let sql = format!("DELETE FROM {table} WHERE data_file_id IN (SELECT value FROM json_each(?))");
            self.conn.execute(&sql, [&ids])?;
        }
        let expired = Expired { snapshots: due.len(), files: files.len() };
        match &mut self.run {
            Some(run) => run.expired.extend(files.into_iter().map(|(_, path)| path)),
            None => return Err(super::commit::no_transaction(&self.root)),
        }
        Ok(expired)
    }

    /// Files that have ended and that no snapshot names any more, with their paths. The snapshot to be of the running
    /// transaction begins where a file that it ended stops.
    fn unnamed_files(&self) -> Result<Vec<(i64, PathBuf)>> {
        let sql = "SELECT f.data_file_id, t.table_name, f.path FROM ducklake_data_file f JOIN ducklake_table t USING (table_id)
                   WHERE f.end_snapshot IS NOT NULL AND f.path_is_relative AND NOT EXISTS (
                     SELECT 1 FROM ducklake_snapshot s
                     WHERE s.snapshot_id >= f.begin_snapshot AND s.snapshot_id < f.end_snapshot)";
        let main = self.root.join(DATA).join(MAIN);
        let row = |r: &rusqlite::Row| Ok((r.get(0)?, main.join(r.get::<_, String>(1)?).join(r.get::<_, String>(2)?)));
        let files =
            self.conn.prepare_cached(sql)?.query_map([], row)?.collect::<rusqlite::Result<Vec<(i64, PathBuf)>>>()?;
        match files.iter().find(|(_, path)| !path.starts_with(&main)) {
            Some((_, path)) => Err(LakeError::Unusable {
                path: path.clone(),
                found: "a file outside the lake's folder".into(),
                todo: "restore catalog.sqlite as shoppulse wrote it".into(),
            }),
            None => Ok(files),
        }
    }
}
