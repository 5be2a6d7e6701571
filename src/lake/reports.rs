//! The ledger of published reports: their files, whose they are, of which day, made by which run; and of each report and
//! day the state of the lake that its readers have before them.

use rusqlite::{Connection, Row, params};

use crate::domain::{Day, Micros, Str};

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

/// A report of a day as it was last published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    pub report: Str,
    pub as_of: Day,
    pub run_id: i64,
    /// The clock of the run.
    pub at: Micros,
    /// Snapshot of the lake from which it was made.
    pub snapshot: i64,
    /// Fingerprint of the settings; empty when an earlier version published it.
    pub configuration: Str,
}

/// Makes the table of publications where it is not there yet, from what an earlier version knew of its files: a review was
/// made by the run that last made a file named after it.
pub(super) fn upgrade(conn: &Connection) -> Result<()> {
    if conn.prepare("SELECT 1 FROM sqlite_master WHERE name = 'shoppulse_publication'")?.exists([])? {
        return Ok(());
    }
    conn.execute_batch(
        "CREATE TABLE shoppulse_publication(
           report TEXT NOT NULL, as_of TEXT NOT NULL, run_id INTEGER NOT NULL, \"at\" TEXT NOT NULL,
           snapshot INTEGER NOT NULL, configuration TEXT NOT NULL, PRIMARY KEY(report, as_of));
         INSERT INTO shoppulse_publication
           SELECT 'strategy_review', p.as_of, r.run_id, r.started_at, r.snapshot, ''
           FROM (SELECT as_of, max(run_id) AS run_id FROM shoppulse_report WHERE path LIKE '%strategy_review%'
             GROUP BY as_of) p JOIN shoppulse_run r USING (run_id);",
    )?;
    Ok(())
}

impl Ledger<'_> {
    /// Remembers that a report of a day is published, in the place of what was published of that day before.
    pub fn add_publication(&self, p: &Publication) -> Result<()> {
        let (day, at) = (p.as_of.to_string(), p.at.to_string());
        let sql = "INSERT OR REPLACE INTO shoppulse_publication VALUES (?,?,?,?,?,?)";
        self.conn.prepare_cached(sql)?.execute(params![p.report, day, p.run_id, at, p.snapshot, p.configuration])?;
        Ok(())
    }

    /// The publication of a report of the latest day before one.
    pub fn last_publication(&self, report: &str, before: Day) -> Result<Option<Publication>> {
        // Nobody reads a report's history from a copy that an earlier version made.
        let sql = "SELECT * FROM shoppulse_publication WHERE report = ? AND as_of < ? ORDER BY as_of DESC LIMIT 1";
        Ok(self.all(sql, params![report, before.to_string()], publication)?.pop())
    }

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

fn publication(r: &Row) -> rusqlite::Result<Publication> {
    Ok(Publication {
        report: r.get(0)?,
        as_of: parsed(r, 1, Day::parse)?.ok_or(NULL)?,
        run_id: r.get(2)?,
        at: parsed(r, 3, Micros::parse_rfc3339)?.ok_or(NULL)?,
        snapshot: r.get(4)?,
        configuration: r.get(5)?,
    })
}
