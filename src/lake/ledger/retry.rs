//! Refused files that stand as refused, those that are to be read again, and the refused rows that still stand.

use std::collections::HashSet;

use rusqlite::{Row, params};

use super::{Ledger, QuarantineRow, Result};
use crate::domain::Str;

/// Bytes of a source whose last reading was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedFile {
    pub source: Str,
    /// Where they were when they were refused.
    pub path: Str,
    pub sha256: Str,
    /// The run that refused them last.
    pub run_id: i64,
    /// Whether the next run reads them again.
    pub marked: bool,
    /// Whether the source loaded another file since.
    pub loaded_since: bool,
}

/// Refused rows of a source that still stand, by their reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRows {
    pub source: Str,
    pub reason: Str,
    pub rows: i64,
}

/// Which refused rows are asked for.
#[derive(Clone, Debug, Default)]
pub struct QuarantineFilter {
    pub source: Option<String>,
    pub reason: Option<String>,
    pub run: Option<i64>,
    /// Also rows of refused files whose bytes were read again since.
    pub all: bool,
}

/// Records of `shoppulse_file` that decided about bytes later than `f` did.
const LATER: &str = "SELECT 1 FROM shoppulse_file l WHERE l.source = f.source AND l.sha256 = f.sha256
    AND (l.status = 'refused' OR l.status = 'loaded' AND l.rows_read > 0) AND (l.run_id, l.path) > (f.run_id, f.path)";

impl Ledger<'_> {
    /// All of them, by source and path.
    pub fn refused_files(&self) -> Result<Vec<RefusedFile>> {
        let sql = format!(
            "SELECT f.source, f.path, f.sha256, f.run_id,
               EXISTS (SELECT 1 FROM shoppulse_retry r WHERE r.source = f.source AND r.sha256 = f.sha256),
               EXISTS (SELECT 1 FROM shoppulse_file l WHERE l.source = f.source AND l.status = 'loaded'
                 AND l.rows_loaded > 0 AND (l.run_id, l.path) > (f.run_id, f.path))
             FROM shoppulse_file f WHERE f.status = 'refused' AND f.sha256 != '' AND NOT EXISTS ({LATER})
             ORDER BY f.source, f.path"
        );
        let row = |r: &Row| {
            let (source, path, sha256, run_id) = (r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?);
            Ok(RefusedFile { source, path, sha256, run_id, marked: r.get(4)?, loaded_since: r.get(5)? })
        };
        Ok(self.conn.prepare(&sql)?.query_map([], row)?.collect::<rusqlite::Result<_>>()?)
    }

    /// How many rows were refused by runs after one, for which reasons; those of refused files that were read again since are
    /// left out. By source and reason.
    pub fn refused_since(&self, run_id: i64) -> Result<Vec<RefusedRows>> {
        let sql = format!(
            "SELECT source, reason, count(*) FROM shoppulse_quarantine q WHERE run_id > ?
               AND NOT EXISTS (SELECT 1 FROM shoppulse_file f WHERE f.run_id = q.run_id AND f.source = q.source
                 AND f.path = q.path AND f.status = 'refused' AND EXISTS ({LATER}))
             GROUP BY source, reason ORDER BY source, reason"
        );
        self.all(&sql, [run_id], |r| Ok(RefusedRows { source: r.get(0)?, reason: r.get(1)?, rows: r.get(2)? }))
    }

    /// SHA-256 of a source's bytes that are to be read again although they were refused.
    pub fn to_retry(&self, source: &str) -> Result<HashSet<String>> {
        let mut statement = self.conn.prepare_cached("SELECT sha256 FROM shoppulse_retry WHERE source = ?")?;
        Ok(statement.query_map([source], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
    }

    /// Has the next run read these bytes again.
    pub fn mark_retry(&self, source: &str, sha256: &str) -> Result<()> {
        let sql = "INSERT INTO shoppulse_retry VALUES (?,?) ON CONFLICT DO NOTHING";
        self.conn.prepare_cached(sql)?.execute([source, sha256])?;
        Ok(())
    }

    /// The bytes were read again, whatever came of it.
    pub fn retried(&self, source: &str, sha256: &str) -> Result<()> {
        let sql = "DELETE FROM shoppulse_retry WHERE source = ? AND sha256 = ?";
        self.conn.prepare_cached(sql)?.execute([source, sha256])?;
        Ok(())
    }

    /// Every path of a source under which bytes were met.
    pub fn paths_of_bytes(&self, source: &str, sha256: &str) -> Result<Vec<Str>> {
        let sql = "SELECT path FROM shoppulse_file WHERE source = ?1 AND sha256 = ?2
                   UNION SELECT path FROM shoppulse_seen WHERE source = ?1 AND sha256 = ?2 ORDER BY path";
        let mut statement = self.conn.prepare_cached(sql)?;
        Ok(statement.query_map([source, sha256], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
    }

    /// Refused rows by key, handed on in parts of at most so many, so that memory does not follow their number.
    ///
    /// # Errors
    /// When the ledger cannot be read, or what the receiver says.
    pub fn each_quarantine<E: From<super::super::LakeError>>(
        &self,
        filter: &QuarantineFilter,
        at_once: usize,
        take: &mut dyn FnMut(Vec<QuarantineRow>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let standing = format!(
            "(?4 OR NOT EXISTS (SELECT 1 FROM shoppulse_file f WHERE f.run_id = q.run_id AND f.source = q.source
               AND f.path = q.path AND f.status = 'refused' AND EXISTS ({LATER})))"
        );
        let sql = format!(
            "SELECT * FROM shoppulse_quarantine q WHERE (?1 IS NULL OR source = ?1) AND (?2 IS NULL OR reason = ?2)
             AND (?3 IS NULL OR run_id = ?3) AND {standing} ORDER BY run_id, source, path, line"
        );
        let sql_error = |e: rusqlite::Error| E::from(e.into());
        let mut statement = self.conn.prepare(&sql).map_err(sql_error)?;
        let params = params![filter.source, filter.reason, filter.run, filter.all];
        let mut part = Vec::new();
        for row in statement.query_map(params, super::refused::quarantine_row).map_err(sql_error)? {
            part.push(row.map_err(sql_error)?);
            if part.len() == at_once {
                take(std::mem::take(&mut part))?;
            }
        }
        take(part)
    }
}
