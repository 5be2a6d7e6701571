//! When what was committed, and the state that was known at a time.
//!
//! ```text
//! shoppulse_commit   at 10-01 02:30   snapshot 7, run 5
//!                    at 10-02 02:30   snapshot 7, run 6   (nothing new: ledgers only)
//!                    at 10-03 02:30   snapshot 8, run 7
//! known at 10-02 noon = the last commit by then: files of snapshot 7, ledgers up to run 6
//! ```
//!
//! Files carry the snapshots from which and to which they live, rows of our ledgers the run that wrote them.

use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

use crate::domain::Micros;

use super::stats::instant;
use super::{Lake, LakeError, Result};

/// An older state of the lake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub snapshot: i64,
    /// The last run that had been committed.
    pub run_id: i64,
}

/// The time of a commit as DuckLake writes it: the run's clock, but never before the commit before it. Such texts
/// sort as their times do.
pub(super) fn clock(conn: &Connection, now: Micros) -> Result<String> {
    let sql = "SELECT max(?1,
                 coalesce((SELECT snapshot_time FROM ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1), ''),
                 coalesce((SELECT \"at\" FROM shoppulse_commit ORDER BY commit_id DESC LIMIT 1), ''))";
    Ok(conn.query_row(sql, [instant(now)], |r| r.get(0))?)
}

/// Enters the commit of the running transaction.
pub(super) fn record(conn: &Connection, at: &str, snapshot: i64) -> Result<()> {
    let sql = "INSERT INTO shoppulse_commit VALUES (NULL, ?, ?, (SELECT coalesce(max(run_id), 0) FROM shoppulse_run))";
    conn.execute(sql, rusqlite::params![at, snapshot])?;
    Ok(())
}

impl Lake {
    /// The lake as a run left it, from the copy for readers: files of its snapshot, ledgers up to it. `Ok(None)` when that
    /// state was given up.
    pub fn open_reader_as_left(root: &Path, run_id: i64, snapshot: i64) -> Result<Option<Lake>> {
        let Some(mut lake) = Lake::open_reader(root)? else { return Ok(None) };
        if !lake.conn.prepare("SELECT 1 FROM ducklake_snapshot WHERE snapshot_id = ?")?.exists([snapshot])? {
            return Ok(None);
        }
        lake.cut = Some(Cut { snapshot, run_id });
        Ok(Some(lake))
    }
}

/// The last commit by a time.
pub(super) fn known_at(conn: &Connection, root: &Path, at: Micros) -> Result<Cut> {
    let sql = "SELECT 1 FROM sqlite_master WHERE name = 'shoppulse_commit'";
    if !conn.prepare(sql)?.exists([])? {
        return Err(LakeError::Unusable {
            path: root.into(),
            found: "a lake.sqlite of an older version, without the times of its commits".into(),
            todo: "run a pipeline first, which brings it up to date".into(),
        });
    }
    let not_known = |found: String, todo: String| LakeError::NotKnown { at, found, todo };
    let sql =
        "SELECT commit_id, snapshot, run_id FROM shoppulse_commit WHERE \"at\" <= ? ORDER BY commit_id DESC LIMIT 1";
    let row = |r: &rusqlite::Row| Ok((r.get::<_, i64>(0)?, Cut { snapshot: r.get(1)?, run_id: r.get(2)? }));
    let Some((commit, cut)) = conn.query_row(sql, [instant(at)], row).optional()? else {
        let first = time(conn, "SELECT min(\"at\") FROM shoppulse_commit WHERE commit_id > ?", 0)?;
        let first = first.map_or("the first run".to_string(), |at| format!("{at}, the time of the first run"));
        return Err(not_known("nothing had been committed by then".into(), format!("ask for {first} or later")));
    };
    if conn.prepare("SELECT 1 FROM ducklake_snapshot WHERE snapshot_id = ?")?.exists([cut.snapshot])? {
        return Ok(cut);
    }
    const KEPT: &str = "shoppulse_commit c JOIN ducklake_snapshot s ON s.snapshot_id = c.snapshot WHERE c.commit_id";
    let before = time(conn, &format!("SELECT max(c.\"at\") FROM {KEPT} < ?"), commit)?;
    let after = time(conn, &format!("SELECT min(c.\"at\") FROM {KEPT} > ?"), commit)?;
    let kept: Vec<String> = before.into_iter().chain(after).map(|at| at.to_string()).collect();
    let found = format!("its snapshot, {}, has expired (`retention.snapshots_days`)", cut.snapshot);
    Err(not_known(found, format!("the nearest that are kept: {}", kept.join(" and "))))
}

/// A time that was committed, as it is written in arguments.
fn time(conn: &Connection, sql: &str, commit: i64) -> Result<Option<Micros>> {
    let text: Option<String> = conn.query_row(sql, [commit], |r| r.get(0))?;
    Ok(text.and_then(|text| Micros::parse_rfc3339(&text.replace("+00", "Z"))))
}

/// Gives a lake of an earlier version the times of its commits, and its published lists their runs. Says whether
/// anything changed.
pub(super) fn upgrade(conn: &Connection) -> Result<bool> {
    let sql = "SELECT 1 FROM pragma_table_info('shoppulse_risk_list') WHERE name = 'run_id'";
    if conn.prepare(sql)?.exists([])? {
        return Ok(false);
    }
    // A run's row stands for its commit, by the latest clock so far. A run names the last day that it published.
    conn.execute_batch(
        "INSERT INTO shoppulse_commit(\"at\", snapshot, run_id)
           SELECT max(replace(replace(started_at, 'T', ' '), 'Z', '+00')) OVER runs, max(snapshot) OVER runs, run_id
           FROM shoppulse_run WINDOW runs AS (ORDER BY run_id) ORDER BY run_id;
         ALTER TABLE shoppulse_risk_list ADD COLUMN run_id INTEGER;
         UPDATE shoppulse_risk_list AS list SET run_id = coalesce(
           (SELECT min(run_id) FROM shoppulse_run r WHERE r.pipeline = 'nightly' AND r.as_of = list.as_of),
           (SELECT min(run_id) FROM shoppulse_run r WHERE r.pipeline = 'nightly' AND r.as_of > list.as_of));",
    )?;
    Ok(true)
}
