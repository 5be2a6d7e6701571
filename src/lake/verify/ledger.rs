//! The accounts balance: every row that was read is in the lake, was there before, or is in quarantine.
//!
//! ```text
//! each file       rows_read = rows_loaded + rows_duplicate + rows_quarantined
//! each file       its rows in quarantine are rows_quarantined             (those of an erased id stay, without their text)
//! event source    rows_loaded of all files = rows in the lake             (less what was erased)
//! table           rows_loaded of all files >= rows in the lake: a row may have been replaced
//! ```

use std::collections::BTreeMap;

use rusqlite::Row;

use super::super::{Lake, Result};
use super::{Finding, Remedy};
use crate::domain::schema::SOURCES;

const RESTORE: &str = "restore lake/ from a backup; without one, move it away and load what is below incoming/ again";

/// Run, source, path, rows in quarantine by the ledger of files and those that are there.
type Held = (i64, String, String, i64, i64);

impl Lake {
    /// The ledgers against each other and against the live files of the catalog.
    pub fn check_ledger(&self) -> Result<Vec<Finding>> {
        if !self.has_table("shoppulse_file")? {
            return Ok(Vec::new());
        }
        let mut findings = Vec::new();
        let mut ledger = |place: String, found: String| {
            findings.push(Finding::new("ledger", place, found, Remedy::Do(RESTORE.into())));
        };
        let place = |run: i64, source: &str, path: &str| format!("run {run} {source} {path}");
        let sql = "SELECT run_id, source, path, rows_read, rows_loaded, rows_duplicate, rows_quarantined, status
                   FROM shoppulse_file ORDER BY run_id, source, path";
        let mut statement = self.conn.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(r) = rows.next()? {
            let (run, source, path): (i64, String, String) = (r.get(0)?, r.get(1)?, r.get(2)?);
            let [read, loaded, duplicate, bad]: [i64; 4] = [r.get(3)?, r.get(4)?, r.get(5)?, r.get(6)?];
            let status: String = r.get(7)?;
            let sound = [read, loaded, duplicate, bad].iter().all(|n| *n >= 0)
                && match status.as_str() {
                    "loaded" => true,
                    "refused" => loaded == 0,
                    "skipped" => read == 0,
                    _ => false,
                };
            if !sound || read != loaded + duplicate + bad {
                let found = format!(
                    "{status}: {read} rows read, but {loaded} loaded + {duplicate} duplicate + {bad} quarantined"
                );
                ledger(place(run, &source, &path), found);
            }
        }
        let mut erased: BTreeMap<String, i64> = BTreeMap::new();
        for row in self.ledger().erased()? {
            *erased.entry(row.source.to_string()).or_default() += row.rows;
        }
        for (run, source, path, told, held) in self.quarantine_differences()? {
            ledger(place(run, &source, &path), format!("{held} rows in quarantine, the ledger says {told}"));
        }
        let sql = "SELECT DISTINCT run_id FROM shoppulse_file WHERE run_id NOT IN (SELECT run_id FROM shoppulse_run)";
        for run in self.conn.prepare(sql)?.query_map([], |r| r.get::<_, i64>(0))? {
            ledger(format!("run {}", run?), "files of a run that the ledger of runs does not know".into());
        }
        for source in SOURCES {
            let sql = "SELECT coalesce(sum(rows_loaded), 0) FROM shoppulse_file WHERE source = ?";
            let loaded: i64 = self.conn.query_row(sql, [source.name], |r| r.get(0))?;
            let table = self.tables.get(source.name).map(|t| t.table);
            let sql = "SELECT coalesce(sum(record_count), 0) FROM ducklake_data_file
                       WHERE table_id = ? AND end_snapshot IS NULL";
            let live: i64 = self.conn.query_row(sql, [table], |r| r.get(0))?;
            let less = erased.get(source.name).copied().unwrap_or(0);
            if source.is_events() && live != loaded - less {
                let found = format!("{live} rows in the lake, the ledger says {loaded} loaded, {less} of them erased");
                ledger(source.name.into(), found);
            } else if live > loaded {
                ledger(source.name.into(), format!("{live} rows in the lake, the ledger says {loaded} loaded"));
            }
        }
        Ok(findings)
    }

    /// Files of which the rows in quarantine are not as many as the ledger of files says.
    fn quarantine_differences(&self) -> Result<Vec<Held>> {
        let sql = "SELECT run_id, source, path, sum(told), sum(held) FROM
                     (SELECT run_id, source, path, rows_quarantined AS told, 0 AS held FROM shoppulse_file
                      UNION ALL
                      SELECT run_id, source, path, 0, count(*) FROM shoppulse_quarantine GROUP BY run_id, source, path)
                   GROUP BY run_id, source, path HAVING sum(told) != sum(held) ORDER BY run_id, source, path";
        let row = |r: &Row| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?));
        Ok(self.conn.prepare(sql)?.query_map([], row)?.collect::<rusqlite::Result<_>>()?)
    }
}
