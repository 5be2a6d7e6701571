//! The ledger of published report files: whose they are, of which day, made by which run.

use rusqlite::params;

use crate::domain::{Day, Str};

use super::Result;
use super::ledger::{Ledger, NULL, parsed};

/// A file that was published below the reports folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// Below the reports folder, with `/`.
    pub path: Str,
    pub pipeline: Str,
    pub as_of: Day,
    /// The run that made it last.
    pub run_id: i64,
}

impl Ledger<'_> {
    /// Remembers a published file, replacing what was known under its path.
    pub fn add_report(&self, report: &ReportFile) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO shoppulse_report VALUES (?,?,?,?)";
        let values = params![report.path, report.pipeline, report.as_of.to_string(), report.run_id];
        self.conn.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// Forgets a file that is there no more.
    pub fn remove_report(&self, path: &str) -> Result<()> {
        self.conn.prepare_cached("DELETE FROM shoppulse_report WHERE path = ?")?.execute([path])?;
        Ok(())
    }

    /// A pipeline's published files of days before one, by path.
    pub fn reports_before(&self, pipeline: &str, day: Day) -> Result<Vec<ReportFile>> {
        let sql = "SELECT * FROM shoppulse_report WHERE pipeline = ? AND as_of < ? ORDER BY path";
        self.all(sql, params![pipeline, day.to_string()], |r| {
            let as_of = parsed(r, 2, Day::parse)?.ok_or(NULL)?;
            Ok(ReportFile { path: r.get(0)?, pipeline: r.get(1)?, as_of, run_id: r.get(3)? })
        })
    }

    /// The days of which files are published, with the snapshots from which they were made.
    pub fn report_snapshots(&self) -> Result<Vec<(Day, i64)>> {
        let sql = "SELECT DISTINCT p.as_of, r.snapshot FROM shoppulse_report p JOIN shoppulse_run r USING (run_id) ORDER BY 1, 2";
        self.all(sql, [], |r| Ok((parsed(r, 0, Day::parse)?.ok_or(NULL)?, r.get(1)?)))
    }
}
