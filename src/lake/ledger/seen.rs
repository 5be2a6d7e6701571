//! What is remembered of files, so that those that stay the same are not read again.

use rusqlite::params;

use super::{Ledger, Result};
use crate::domain::Str;

/// What is remembered of a file that was read, so that it is not read again while it stays the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenFile {
    pub source: Str,
    pub path: Str,
    pub size: i64,
    pub mtime_ns: i64,
    pub inode: i64,
    pub sha256: Str,
    /// What became of these bytes at this path when they were last met: loaded, skipped or refused.
    pub status: Str,
    /// Records in it; 0 = it has none.
    pub rows: i64,
}

/// By what a file is told that was read before: see [`SeenFile`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<'a> {
    pub source: &'a str,
    pub path: &'a str,
    pub size: i64,
    pub mtime_ns: i64,
    pub inode: i64,
}

impl Ledger<'_> {
    /// Gives what is remembered of every file that is not to be read again, in no order: one reading of the table, which
    /// costs less than looking up each of many files.
    pub fn each_seen(&self, take: &mut dyn FnMut(Seen<'_>)) -> Result<()> {
        // On most nights nothing is, and no row need be looked up.
        let sql = "SELECT source, path, size, mtime_ns, inode FROM shoppulse_seen s
                   WHERE NOT EXISTS (SELECT 1 FROM shoppulse_retry) OR NOT EXISTS
                   (SELECT 1 FROM shoppulse_retry r WHERE r.source = s.source AND r.sha256 = s.sha256)";
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        while let Some(r) = rows.next()? {
            let text = |at: usize| r.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
            let (source, path) = (text(0)?, text(1)?);
            take(Seen { source, path, size: r.get(2)?, mtime_ns: r.get(3)?, inode: r.get(4)? });
        }
        Ok(())
    }

    /// Remembers a file, replacing what was known of its source and path.
    pub fn set_seen(&self, file: &SeenFile) -> Result<()> {
        let taken = (&*file.status != "refused").then_some(&file.sha256);
        let sql = "INSERT INTO shoppulse_seen VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET
                   size = excluded.size, mtime_ns = excluded.mtime_ns, inode = excluded.inode, sha256 = excluded.sha256,
                   status = excluded.status, \"rows\" = excluded.\"rows\",
                   taken_sha256 = coalesce(excluded.taken_sha256, taken_sha256)";
        self.conn.prepare_cached(sql)?.execute(params![
            file.source,
            file.path,
            file.size,
            file.mtime_ns,
            file.inode,
            file.sha256,
            file.status,
            file.rows,
            taken
        ])?;
        Ok(())
    }

    /// SHA-256 of the bytes last loaded or skipped from a path of a source, whatever was refused there since.
    pub fn last_taken(&self, source: &str, path: &str) -> Result<Option<Str>> {
        self.one("SELECT taken_sha256 FROM shoppulse_seen WHERE source = ? AND path = ?", [source, path])
    }
}
