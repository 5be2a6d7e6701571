//! The DuckLake tables: making them, ids, which files live.
//!
//! A row of the catalog lives from `begin_snapshot` until before `end_snapshot`; the newest snapshot is what has no
//! end. DuckLake's own words and numbers are kept as its extension writes them, so that any DuckDB reads the lake.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::domain::schema::{LakeTable, lake_tables};
use crate::domain::{Day, Micros};

use super::arrow::{column_ids, ducklake_type};
use super::files::MAIN;
use super::stats::instant;
use super::{DataFile, LakeError, Result, history, reports};

const DUCKLAKE: &str = include_str!("ducklake.sql");
const LEDGER: &str = include_str!("ledger.sql");
const VERSION: &str = "1.0";

/// Ids of a table that do not change.
#[derive(Clone, Copy, Debug)]
pub(super) struct TableIds {
    pub table: i64,
    pub partition: Option<i64>,
}

/// The newest snapshot and the counters that it left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub snapshot: i64,
    pub schema_version: i64,
    pub next_catalog_id: i64,
    pub next_file_id: i64,
}

pub(super) fn head(conn: &Connection) -> Result<Head> {
    let sql = "SELECT snapshot_id, schema_version, next_catalog_id, next_file_id
               FROM ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1";
    let head = |r: &Row| {
        let [snapshot, schema_version, next_catalog_id, next_file_id] = [r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?];
        Ok(Head { snapshot, schema_version, next_catalog_id, next_file_id })
    };
    Ok(conn.prepare_cached(sql)?.query_row([], head)?)
}

/// Adds a snapshot with what changed in it; `at` is its time as [`history::clock`] gives it.
pub(super) fn add_snapshot(conn: &Connection, head: Head, at: &str, changes: &[String], message: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO ducklake_snapshot VALUES (?,?,?,?,?)",
        params![head.snapshot, at, head.schema_version, head.next_catalog_id, head.next_file_id],
    )?;
    conn.execute(
        "INSERT INTO ducklake_snapshot_changes VALUES (?,?,'shoppulse',?,NULL)",
        params![head.snapshot, changes.join(","), message],
    )?;
    Ok(())
}

/// Whether the file is a DuckLake catalog at all; a version that we do not know is refused.
pub(super) fn is_ducklake(conn: &Connection, root: &Path) -> Result<bool> {
    let sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'ducklake_metadata'";
    if conn.query_row(sql, [], |_| Ok(())).optional()?.is_none() {
        return Ok(false);
    }
    let sql = "SELECT value FROM ducklake_metadata WHERE key = 'version' AND scope IS NULL";
    let version: Option<String> = conn.query_row(sql, [], |r| r.get(0)).optional()?;
    match version {
        Some(v) if v == VERSION => Ok(true),
        other => Err(LakeError::Unusable {
            path: root.into(),
            found: format!("DuckLake version {other:?}, expected {VERSION}"),
            todo: "open it with the version of shoppulse that wrote it, or restore catalog.sqlite".into(),
        }),
    }
}

/// Makes the catalog's tables and snapshot 0.
pub(super) fn create(conn: &Connection, now: Micros) -> Result<()> {
    conn.execute_batch(DUCKLAKE)?;
    let created_by = concat!("shoppulse ", env!("CARGO_PKG_VERSION"));
    // Inlining off: a DuckDB that writes must not put rows into SQLite tables, where we would miss them.
    let metadata =
        [("version", VERSION), ("created_by", created_by), ("encrypted", "false"), ("data_inlining_row_limit", "0")];
    for (key, value) in metadata {
        conn.execute("INSERT INTO ducklake_metadata VALUES (?,?,NULL,NULL)", [key, value])?;
    }
    conn.execute("INSERT INTO ducklake_snapshot VALUES (0,?,0,1,0)", [instant(now)])?;
    conn.execute("INSERT INTO ducklake_snapshot_changes VALUES (0,'created_schema:\"main\"',NULL,NULL,NULL)", [])?;
    let schema = format!("INSERT INTO ducklake_schema VALUES (0,{UUID},0,NULL,'main','{MAIN}/',1)");
    conn.execute(&schema, [])?;
    Ok(())
}

/// SQL for a random (version 4) UUID.
const UUID: &str = "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) \
                    || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))";

/// Brings our own tables, the data path and the lake's tables up to what this program knows; says whether
/// anything changed. Runs in the caller's transaction.
pub(super) fn upgrade(conn: &Connection, root: &Path, data_path: &str, now: Micros) -> Result<bool> {
    let schema = || conn.query_row("PRAGMA schema_version", [], |r| r.get::<_, i64>(0));
    let before = schema()?;
    conn.execute_batch(LEDGER)?;
    rewrite_quarantine(conn)?;
    let mended = history::upgrade(conn)?;
    reports::upgrade(conn)?;
    let grown = schema()? != before;
    let sql = "SELECT value FROM ducklake_metadata WHERE key = 'data_path' AND scope IS NULL";
    let known: Option<String> = conn.query_row(sql, [], |r| r.get(0)).optional()?;
    let moved = known.as_deref() != Some(data_path);
    if moved {
        conn.execute("DELETE FROM ducklake_metadata WHERE key = 'data_path' AND scope IS NULL", [])?;
        conn.execute("INSERT INTO ducklake_metadata VALUES ('data_path',?,NULL,NULL)", [data_path])?;
    }
    Ok(add_tables(conn, root, now)? || moved || mended || grown)
}

/// Gives the refused rows of a lake of an earlier version, whole rows of a table, today's form.
fn rewrite_quarantine(conn: &Connection) -> Result<()> {
    let sql = "SELECT 1 FROM sqlite_master WHERE name = 'shoppulse_quarantine' AND type = 'table'";
    if !conn.prepare(sql)?.exists([])? {
        return Ok(());
    }
    conn.execute_batch("ALTER TABLE shoppulse_quarantine RENAME TO shoppulse_quarantine_before")?;
    conn.execute_batch(LEDGER)?;
    conn.execute_batch(
        "INSERT INTO shoppulse_refused_file SELECT run_id, source, path, row_number() OVER (ORDER BY run_id, source, path)
           FROM (SELECT DISTINCT run_id, source, path FROM shoppulse_quarantine_before);
         INSERT INTO shoppulse_refused_why(\"column\", reason)
           SELECT DISTINCT \"column\", reason FROM shoppulse_quarantine_before ORDER BY 1, 2;
         INSERT INTO shoppulse_refused SELECT f.file_id, b.line, w.why_id, b.raw FROM shoppulse_quarantine_before b
           JOIN shoppulse_refused_file f ON f.run_id = b.run_id AND f.source = b.source AND f.path = b.path
           JOIN shoppulse_refused_why w ON w.\"column\" IS b.\"column\" AND w.reason = b.reason
           ORDER BY f.file_id, b.line;
         DROP TABLE shoppulse_quarantine_before;",
    )?;
    Ok(())
}

/// Adds the tables and columns that the catalog lacks, in one snapshot.
fn add_tables(conn: &Connection, root: &Path, now: Micros) -> Result<bool> {
    let old = head(conn)?;
    let mut new = Head { snapshot: old.snapshot + 1, schema_version: old.schema_version + 1, ..old };
    let known = table_ids(conn)?;
    let (mut changes, mut touched) = (Vec::new(), Vec::new());
    for table in lake_tables() {
        if let Some(ids) = known.get(table.name) {
            if add_columns(conn, root, &table, ids.table, new.snapshot)? {
                changes.push(format!("altered_table:{}", ids.table));
                touched.push(ids.table);
            }
        } else {
            let id = new.next_catalog_id;
            new.next_catalog_id += if table.day.is_some() { 2 } else { 1 };
            create_table(conn, &table, id, new.snapshot)?;
            changes.push(format!("created_table:\"main\".\"{}\"", table.name));
            touched.push(id);
        }
    }
    if touched.is_empty() {
        return Ok(false);
    }
    for table in touched {
        let row = [new.snapshot, new.schema_version, table];
        conn.execute("INSERT INTO ducklake_schema_versions VALUES (?,?,?)", row)?;
    }
    add_snapshot(conn, new, &history::clock(conn, now)?, &changes, "tables of this version of shoppulse")?;
    Ok(true)
}

/// A table with its columns and, if it has a day, the partition `id + 1`.
fn create_table(conn: &Connection, table: &LakeTable, id: i64, snapshot: i64) -> Result<()> {
    let sql = format!("INSERT INTO ducklake_table VALUES (?1,{UUID},?2,NULL,0,?3,?3 || '/',1)");
    conn.execute(&sql, params![id, snapshot, table.name])?;
    for (n, ((name, ty), column)) in table.columns.iter().zip(column_ids(table)).enumerate() {
        insert_column(conn, id, column, snapshot, n as i64 + 1, (name, ducklake_type(*ty)))?;
        if table.day == Some(name) {
            let row = [id + 1, id, snapshot];
            conn.execute("INSERT INTO ducklake_partition_info VALUES (?,?,?,NULL)", row)?;
            let row = [id + 1, id, i64::from(column)];
            conn.execute("INSERT INTO ducklake_partition_column VALUES (?,?,0,?,'identity')", row)?;
        }
    }
    Ok(())
}

fn insert_column(conn: &Connection, table: i64, id: i32, begin: i64, order: i64, column: (&str, &str)) -> Result<()> {
    let sql = "INSERT INTO ducklake_column VALUES (?,?,NULL,?,?,?,?,NULL,'NULL',1,NULL,'literal','duckdb')";
    conn.prepare_cached(sql)?.execute(params![id, begin, table, order, column.0, column.1])?;
    Ok(())
}

/// Adds the columns that a known table lacks; a column under another id or type is refused.
fn add_columns(conn: &Connection, root: &Path, table: &LakeTable, id: i64, snapshot: i64) -> Result<bool> {
    let sql = "SELECT column_id, column_order, column_name, column_type FROM ducklake_column
               WHERE table_id = ? AND end_snapshot IS NULL AND parent_column IS NULL ORDER BY column_order";
    let row = |r: &Row| Ok((r.get::<_, i32>(0)?, r.get::<_, i64>(1)?, r.get::<_, String>(2)?, r.get::<_, String>(3)?));
    let known = conn.prepare_cached(sql)?.query_map([id], row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let mut order = known.iter().map(|k| k.1).max().unwrap_or(0);
    let before = order;
    for ((name, ty), column) in table.columns.iter().zip(column_ids(table)) {
        let ty = ducklake_type(*ty);
        match known.iter().find(|k| k.0 == column || k.2 == *name) {
            Some(k) if k.0 == column && k.2 == *name && k.3 == ty => {}
            Some(k) => {
                return Err(LakeError::Unusable {
                    path: root.into(),
                    found: format!(
                        "column {} of {} is {} {}, expected {column} {name} {ty}",
                        k.0, table.name, k.2, k.3
                    ),
                    todo: "use the version of shoppulse that wrote it, or load the sources into a new lake".into(),
                });
            }
            None => {
                order += 1;
                insert_column(conn, id, column, snapshot, order, (name, ty))?;
            }
        }
    }
    Ok(order > before)
}

/// Ids of all live tables by name.
pub(super) fn table_ids(conn: &Connection) -> Result<BTreeMap<String, TableIds>> {
    let sql = "SELECT t.table_name, t.table_id, p.partition_id FROM ducklake_table t
               LEFT JOIN ducklake_partition_info p ON p.table_id = t.table_id AND p.end_snapshot IS NULL
               WHERE t.end_snapshot IS NULL";
    let row = |r: &Row| Ok((r.get(0)?, TableIds { table: r.get(1)?, partition: r.get(2)? }));
    Ok(conn.prepare(sql)?.query_map([], row)?.collect::<rusqlite::Result<_>>()?)
}

const FILE_COLUMNS: &str = "SELECT f.data_file_id, f.path, f.record_count, f.file_size_bytes, v.partition_value,
    f.path_is_relative AND f.file_format = 'parquet' AND f.mapping_id IS NULL AND f.partial_max IS NULL
    AND f.encryption_key IS NULL";
/// What every file of ours is; see [`FOREIGN_FILE`].
pub(super) const OUR_FILE: &str = "f.path_is_relative AND f.file_format = 'parquet' AND f.mapping_id IS NULL
    AND f.partial_max IS NULL AND f.encryption_key IS NULL";
/// What no file of ours is: word for word as in the index `shoppulse_foreign`, which is empty and so costs nothing.
const FOREIGN_FILE: &str =
    "(path_is_relative AND file_format = 'parquet' AND mapping_id IS NULL AND partial_max IS NULL
    AND encryption_key IS NULL) IS NOT TRUE";
const FILES_WITH_DAY: &str = "FROM ducklake_data_file f LEFT JOIN ducklake_file_partition_value v
    ON v.data_file_id = f.data_file_id AND v.partition_key_index = 0";
const BY_DAY: &str = "ORDER BY v.partition_value, f.data_file_id";

/// Live files of a table, by day, then by age; `at` a snapshot, else at the newest with what the running transaction
/// changed. `folder` is the table's, absolute.
pub(super) fn live_files(
    conn: &Connection,
    table: i64,
    folder: &Path,
    days: Option<RangeInclusive<Day>>,
    at: Option<i64>,
) -> Result<Vec<DataFile>> {
    refuse_foreign_rows(conn, table, folder)?;
    let live = live(at);
    match days {
        None => {
            let sql = format!("{FILE_COLUMNS} {FILES_WITH_DAY} WHERE f.table_id = ? AND {live} {BY_DAY}");
            data_files(conn, folder, &sql, [table])
        }
        Some(days) => {
            // CROSS JOIN holds SQLite to this order: the few files of the days first.
            let sql = format!(
                "{FILE_COLUMNS} FROM ducklake_file_partition_value v CROSS JOIN ducklake_data_file f
                   ON f.data_file_id = v.data_file_id
                 WHERE v.table_id = ? AND v.partition_value BETWEEN ? AND ? AND v.partition_key_index = 0
                   AND {live} {BY_DAY}"
            );
            data_files(conn, folder, &sql, params![table, days.start().to_string(), days.end().to_string()])
        }
    }
}

/// Whether a file `f` is live at a snapshot, else at the newest; the number is the program's own.
pub(super) fn live(at: Option<i64>) -> String {
    at.map_or("f.end_snapshot IS NULL".to_string(), |s| {
        format!("f.begin_snapshot <= {s} AND (f.end_snapshot IS NULL OR f.end_snapshot > {s})")
    })
}

/// The last day up to `until` of which [`live_files`] would tell.
pub(super) fn last_day(conn: &Connection, table: i64, until: Day, at: Option<i64>) -> Result<Option<Day>> {
    let sql = format!(
        "SELECT v.partition_value FROM ducklake_file_partition_value v CROSS JOIN ducklake_data_file f
           ON f.data_file_id = v.data_file_id
         WHERE v.table_id = ? AND v.partition_value BETWEEN ? AND ? AND v.partition_key_index = 0 AND {}
         ORDER BY v.partition_value DESC LIMIT 1",
        live(at)
    );
    let range = params![table, Day::MIN.to_string(), until.to_string()];
    let day: Option<String> = conn.prepare_cached(&sql)?.query_row(range, |r| r.get(0)).optional()?;
    Ok(day.as_deref().and_then(Day::parse))
}

/// As [`live_files`] at the newest state, of some days, wherever in time they lie. For the writer's catalog.
pub(super) fn live_files_on(
    conn: &Connection,
    table: i64,
    folder: &Path,
    days: &BTreeSet<Day>,
) -> Result<Vec<DataFile>> {
    refuse_foreign_rows(conn, table, folder)?;
    // Whoever asks for all files of a table meets those of other programs; so must who asks for a few.
    let sql = format!(
        "SELECT path FROM ducklake_data_file INDEXED BY shoppulse_foreign
           WHERE table_id = ? AND end_snapshot IS NULL AND {FOREIGN_FILE}"
    );
    if let Some(path) = conn.prepare_cached(&sql)?.query_row([table], |r| r.get::<_, String>(0)).optional()? {
        return Err(foreign(folder, format!("{} was not written by shoppulse", folder.join(path).display())));
    }
    let days: Vec<String> = days.iter().map(Day::to_string).collect();
    let sql = format!(
        "{FILE_COLUMNS} FROM json_each(?2) d CROSS JOIN ducklake_file_partition_value v
           ON v.table_id = ?1 AND v.partition_value = d.value AND v.partition_key_index = 0
         CROSS JOIN ducklake_data_file f ON f.data_file_id = v.data_file_id
         WHERE f.end_snapshot IS NULL {BY_DAY}"
    );
    data_files(conn, folder, &sql, params![table, serde_json::json!(days).to_string()])
}

/// Files of a table that were begun after a snapshot and lived at the later one `until`, by day, then by age.
pub(super) fn files_begun(
    conn: &Connection,
    table: i64,
    folder: &Path,
    after: i64,
    until: i64,
) -> Result<Vec<DataFile>> {
    refuse_foreign_rows(conn, table, folder)?;
    let sql = format!(
        "{FILE_COLUMNS} {FILES_WITH_DAY} WHERE f.table_id = ?1 AND f.begin_snapshot > ?2 AND f.begin_snapshot <= ?3
           AND coalesce(f.end_snapshot > ?3, true) {BY_DAY}"
    );
    data_files(conn, folder, &sql, [table, after, until])
}

/// Every file of a table that any snapshot names, by age.
pub(super) fn all_files(conn: &Connection, table: i64, folder: &Path) -> Result<Vec<DataFile>> {
    let sql = format!("{FILE_COLUMNS} {FILES_WITH_DAY} WHERE f.table_id = ? ORDER BY f.data_file_id");
    data_files(conn, folder, &sql, [table])
}

/// The files that a query of [`FILE_COLUMNS`] gives; one that another program wrote is refused.
fn data_files(conn: &Connection, folder: &Path, sql: &str, params: impl rusqlite::Params) -> Result<Vec<DataFile>> {
    let row = |r: &Row| {
        let [id, rows, bytes]: [i64; 3] = [r.get(0)?, r.get(2)?, r.get(3)?];
        let (path, day, ours): (String, Option<String>, bool) = (r.get(1)?, r.get(4)?, r.get(5)?);
        Ok((id, path, rows as u64, bytes as u64, day, ours))
    };
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params, row)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let file = |(id, path, rows, bytes, day, ours): (i64, String, u64, u64, Option<String>, bool)| {
        let path = folder.join(path);
        let parsed = day.as_deref().map(Day::parse);
        match (ours, parsed) {
            (true, None | Some(Some(_))) => Ok(DataFile { id, path, day: parsed.flatten(), rows, bytes }),
            _ => Err(foreign(folder, format!("{} (day {day:?}) was not written by shoppulse", path.display()))),
        }
    };
    rows.into_iter().map(file).collect()
}

/// Rows that another writer deleted or keeps inside the catalog would be read wrongly: refused.
pub(super) fn refuse_foreign_rows(conn: &Connection, table: i64, folder: &Path) -> Result<()> {
    let exists = |sql: &str| -> Result<bool> { Ok(conn.prepare_cached(sql)?.exists([table])?) };
    if exists("SELECT 1 FROM ducklake_delete_file WHERE table_id = ? AND end_snapshot IS NULL")? {
        return Err(foreign(folder, "another program deleted rows of it (a DuckLake delete file)".into()));
    }
    let sql = "SELECT table_name FROM ducklake_inlined_data_tables WHERE table_id = ?1
               UNION ALL SELECT name FROM sqlite_master WHERE name = 'ducklake_inlined_delete_' || ?1";
    let inlined =
        conn.prepare_cached(sql)?.query_map([table], |r| r.get(0))?.collect::<rusqlite::Result<Vec<String>>>();
    for name in inlined? {
        let quoted = name.replace('"', "\"\"");
        if conn.prepare(&format!("SELECT 1 FROM \"{quoted}\""))?.exists([])? {
            return Err(foreign(folder, format!("another program keeps rows of it in the catalog ({name})")));
        }
    }
    Ok(())
}

pub(super) fn foreign(folder: &Path, found: String) -> LakeError {
    LakeError::Unusable {
        path: folder.into(),
        found,
        todo: "restore catalog.sqlite as it was before that program wrote; attach lake.sqlite, which is read-only"
            .into(),
    }
}
