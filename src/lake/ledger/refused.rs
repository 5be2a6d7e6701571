//! Refused records: written in the form in which they take least room, read as whole rows.

use rusqlite::{OptionalExtension, Row, params};

use super::{Ledger, QuarantineRow, Result};

impl Ledger<'_> {
    /// Adds refused records: those of one file after another, not yet there; many at once, in prepared statements.
    pub fn add_quarantine(&self, rows: &[QuarantineRow]) -> Result<()> {
        let mut insert = self.conn.prepare_cached("INSERT INTO shoppulse_refused VALUES (?,?,?,?)")?;
        let same_file =
            |a: &QuarantineRow, b: &QuarantineRow| (a.run_id, &a.source, &a.path) == (b.run_id, &b.source, &b.path);
        for of_file in rows.chunk_by(same_file) {
            let file = self.refused_file(&of_file[0])?;
            for row in of_file {
                insert.execute(params![file, row.line, self.refused_why(row)?, row.raw])?;
            }
        }
        Ok(())
    }

    /// The number of a record's file, given to it with its first record.
    fn refused_file(&self, row: &QuarantineRow) -> Result<i64> {
        let sql = "SELECT file_id FROM shoppulse_refused_file WHERE run_id = ? AND source = ? AND path = ?";
        let known = self.conn.prepare_cached(sql)?.query_row(params![row.run_id, row.source, row.path], |r| r.get(0));
        if let Some(id) = known.optional()? {
            return Ok(id);
        }
        // Every file has records: so the greatest number is found in their key.
        let sql = "INSERT INTO shoppulse_refused_file
                   SELECT ?, ?, ?, coalesce(max(file_id), 0) + 1 FROM shoppulse_refused RETURNING file_id";
        Ok(self.conn.prepare_cached(sql)?.query_row(params![row.run_id, row.source, row.path], |r| r.get(0))?)
    }

    /// The number of a record's column and reason.
    fn refused_why(&self, row: &QuarantineRow) -> Result<i64> {
        let sql = "SELECT why_id FROM shoppulse_refused_why WHERE \"column\" IS ? AND reason = ?";
        let known = self.conn.prepare_cached(sql)?.query_row(params![row.column, row.reason], |r| r.get(0));
        if let Some(id) = known.optional()? {
            return Ok(id);
        }
        let sql = "INSERT INTO shoppulse_refused_why(\"column\", reason) VALUES (?, ?) RETURNING why_id";
        Ok(self.conn.prepare_cached(sql)?.query_row(params![row.column, row.reason], |r| r.get(0))?)
    }

    /// All refused records by key.
    pub fn quarantine(&self) -> Result<Vec<QuarantineRow>> {
        let sql = "SELECT * FROM shoppulse_quarantine WHERE run_id <= ? ORDER BY run_id, source, path, line";
        self.all(sql, [self.last_run], quarantine_row)
    }
}

/// A row of `shoppulse_quarantine`.
pub(super) fn quarantine_row(r: &Row) -> rusqlite::Result<QuarantineRow> {
    Ok(QuarantineRow {
        run_id: r.get(0)?,
        source: r.get(1)?,
        path: r.get(2)?,
        line: r.get(3)?,
        column: r.get(4)?,
        reason: r.get(5)?,
        raw: r.get(6)?,
    })
}
