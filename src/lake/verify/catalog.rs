//! The catalog hangs together, and `lake.sqlite` is its copy.

use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rusqlite::Connection;

use super::super::arrow::{column_ids, ducklake_type};
use super::super::files::DATA;
use super::super::{Lake, Result, copy, io};
use super::{Finding, Remedy};
use crate::domain::schema::lake_tables;

/// A query that gives a row for everything that is wrong, and what that means.
struct Rule {
    found: &'static str,
    sql: &'static str,
}

/// What DuckLake's readers and writers rely on.
const RULES: &[Rule] = &[
    Rule {
        found: "a data file of a table that is not there",
        sql: "SELECT path FROM ducklake_data_file WHERE table_id NOT IN (SELECT table_id FROM ducklake_table)",
    },
    Rule {
        found: "a data file without its day",
        sql: "SELECT f.path FROM ducklake_data_file f WHERE f.partition_id IS NOT NULL AND NOT EXISTS
              (SELECT 1 FROM ducklake_file_partition_value v WHERE v.data_file_id = f.data_file_id)",
    },
    Rule {
        found: "a data file that begins or ends in a snapshot to come, or ends before it begins",
        sql: "SELECT path FROM ducklake_data_file, (SELECT max(snapshot_id) AS head FROM ducklake_snapshot)
              WHERE begin_snapshot > head OR end_snapshot > head OR end_snapshot <= begin_snapshot",
    },
    Rule {
        found: "two data files under one name",
        sql: "SELECT path FROM ducklake_data_file GROUP BY table_id, path HAVING count(*) > 1",
    },
    Rule {
        found: "statistics of a file that is not there",
        sql: "SELECT DISTINCT data_file_id FROM ducklake_file_column_stats
              WHERE data_file_id NOT IN (SELECT data_file_id FROM ducklake_data_file)",
    },
    Rule {
        found: "the day of a file that is not there",
        sql: "SELECT DISTINCT data_file_id FROM ducklake_file_partition_value
              WHERE data_file_id NOT IN (SELECT data_file_id FROM ducklake_data_file)",
    },
    Rule {
        found: "rows of two files that share row ids",
        sql: "SELECT path FROM (SELECT path, row_id_start, max(row_id_start + record_count) OVER (PARTITION BY table_id
                ORDER BY row_id_start, data_file_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken
              FROM ducklake_data_file) WHERE row_id_start < taken",
    },
    Rule {
        found: "row ids that a later insert would use again",
        sql: "SELECT DISTINCT f.path FROM ducklake_data_file f LEFT JOIN ducklake_table_stats s USING (table_id)
              WHERE s.next_row_id IS NULL OR f.row_id_start + f.record_count > s.next_row_id",
    },
    Rule {
        found: "a table's total that is below its live rows",
        sql: "SELECT t.table_name FROM ducklake_table t JOIN ducklake_table_stats s USING (table_id)
              WHERE t.end_snapshot IS NULL AND s.record_count < (SELECT coalesce(sum(f.record_count), 0)
                FROM ducklake_data_file f WHERE f.table_id = t.table_id AND f.end_snapshot IS NULL)",
    },
    Rule {
        found: "ids that a later file or table would use again",
        sql: "SELECT snapshot_id FROM ducklake_snapshot
              WHERE snapshot_id = (SELECT max(snapshot_id) FROM ducklake_snapshot) AND
                (next_file_id <= (SELECT coalesce(max(data_file_id), -1) FROM ducklake_data_file) OR next_catalog_id <=
                   max((SELECT coalesce(max(table_id), -1) FROM ducklake_table),
                       (SELECT coalesce(max(partition_id), -1) FROM ducklake_partition_info)))",
    },
];

/// Places of one kind that are named; of more the number is told.
pub(super) const NAMED: usize = 20;

const RESTORE: &str = "restore lake/ from a backup, or copy lake.sqlite over catalog.sqlite and make it writable, \
                       if the copy is sound";

impl Lake {
    /// The catalog's own bytes, structure and rows. With a finding of `integrity_check` the rest is not to be asked.
    pub fn check_catalog(&self) -> Result<Vec<Finding>> {
        let restore = || Remedy::Do(RESTORE.into());
        let found = integrity(&self.conn)?;
        if !found.is_empty() {
            let finding = |found| Finding::new("catalog", copy::CATALOG, found, restore());
            return Ok(found.into_iter().take(NAMED).map(finding).collect());
        }
        let mut findings = Vec::new();
        for rule in RULES {
            let mut statement = self.conn.prepare(rule.sql)?;
            let places = statement.query_map([], |r| r.get::<_, rusqlite::types::Value>(0))?;
            let places = places.collect::<rusqlite::Result<Vec<_>>>()?;
            if !places.is_empty() {
                let named: Vec<String> = places.iter().take(NAMED).map(shown).collect();
                let found = format!("{} ({}): {}", rule.found, places.len(), named.join(", "));
                findings.push(Finding::new("catalog", copy::CATALOG, found, restore()));
            }
        }
        self.check_tables(&mut findings)?;
        let sql = "SELECT value FROM ducklake_metadata WHERE key = 'data_path' AND scope IS NULL";
        let told: String = self.conn.query_row(sql, [], |r| r.get(0))?;
        let data = format!("{}/", self.root.join(DATA).display());
        if told != data {
            let found = format!("DuckDB is told that the data lies in {told}, it lies in {data}");
            let remedy = Remedy::Nothing("the next run mends it".into());
            findings.push(Finding::new("catalog", copy::CATALOG, found, remedy));
        }
        Ok(findings)
    }

    /// Every table with the columns that this program writes, and nothing in it that this program does not read.
    fn check_tables(&self, findings: &mut Vec<Finding>) -> Result<()> {
        for table in lake_tables() {
            let Some(ids) = self.tables.get(table.name) else {
                let remedy = Remedy::Nothing("the next run adds it".into());
                findings.push(Finding::new("catalog", table.name, "a table that the catalog lacks", remedy));
                continue;
            };
            let sql = "SELECT column_type FROM ducklake_column WHERE table_id = ? AND column_id = ? AND column_name = ?
                       AND end_snapshot IS NULL";
            let mut statement = self.conn.prepare_cached(sql)?;
            for ((name, ty), id) in table.columns.iter().zip(column_ids(&table)) {
                let types = statement.query_map((ids.table, id, name), |r| r.get::<_, String>(0))?;
                let types = types.collect::<rusqlite::Result<Vec<_>>>()?;
                if types != [ducklake_type(*ty)] {
                    let found = format!("column {id} {name} is {types:?}, expected one of {}", ducklake_type(*ty));
                    let todo = "use the version of shoppulse that wrote the lake; a column that is only lacking is \
                                added by the next run";
                    findings.push(Finding::new("catalog", table.name, found, Remedy::Do(todo.into())));
                }
            }
            if let Err(e) = self.files(table.name, None) {
                findings.push(Finding::new("catalog", table.name, e.to_string(), Remedy::Do(RESTORE.into())));
            }
        }
        Ok(())
    }

    /// `lake.sqlite` says what the catalog says, byte for byte, and nobody can write to it.
    pub fn check_copy(&self) -> Result<Vec<Finding>> {
        let path = self.root.join(copy::COPY);
        let finding = |found: String| vec![Finding::new("copy", copy::COPY, found, Remedy::Repair)];
        match (path.exists(), copy::is_current(&self.root, &self.conn)?) {
            (true, true) => {}
            // Nothing was ever committed.
            (false, true) => return Ok(Vec::new()),
            (false, false) => return Ok(finding("missing: nothing can be read but by a run".into())),
            (true, false) => {
                return Ok(finding("not of the catalog's last commit: people read an older state".into()));
            }
        }
        match copy::open_copy(&path).and_then(|conn| integrity(&conn)).map_err(|e| e.to_string()) {
            Ok(found) if found.is_empty() => {}
            Ok(found) => return Ok(finding(format!("damaged: {}", found[0]))),
            Err(e) => return Ok(finding(format!("cannot be read: {e}"))),
        }
        // The lock keeps other writers away, so the catalog's file is at rest.
        if !same_pages(&self.root.join(copy::CATALOG), &path).map_err(io("cannot compare with the catalog", &path))? {
            let found = "the same commit as the catalog, but other bytes: one of the two was changed by something else";
            let todo = "if a backup tells that the catalog is right, remove lake.sqlite and run `shoppulse verify \
                        --repair`; if the copy is, copy it over catalog.sqlite and make that writable";
            return Ok(vec![Finding::new("copy", copy::COPY, found, Remedy::Do(todo.into()))]);
        }
        let mode = path.metadata().map_err(io("cannot look at", &path))?.permissions().mode() & 0o777;
        if mode & !copy::READ_ONLY != 0 {
            return Ok(finding(format!("mode {mode:o}, expected a file that nobody can write to")));
        }
        Ok(Vec::new())
    }
}

fn integrity(conn: &Connection) -> Result<Vec<String>> {
    let mut statement = conn.prepare("PRAGMA integrity_check")?;
    let found = statement.query_map([], |r| r.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

fn shown(value: &rusqlite::types::Value) -> String {
    match value {
        rusqlite::types::Value::Integer(n) => n.to_string(),
        rusqlite::types::Value::Text(text) => text.clone(),
        _ => "?".into(),
    }
}

/// Bytes of SQLite's header that count the changes of one file: they are not part of what it says.
const COUNTERS: [std::ops::Range<usize>; 3] = [24..28, 40..44, 92..96];

fn same_pages(a: &Path, b: &Path) -> std::io::Result<bool> {
    if a.metadata()?.len() != b.metadata()?.len() {
        return Ok(false);
    }
    const BLOCK: usize = 1 << 16;
    let (mut a, mut b) = (BufReader::new(File::open(a)?), BufReader::new(File::open(b)?));
    let (mut one, mut two) = (Vec::new(), Vec::new());
    let mut first = true;
    loop {
        one.clear();
        two.clear();
        a.by_ref().take(BLOCK as u64).read_to_end(&mut one)?;
        b.by_ref().take(BLOCK as u64).read_to_end(&mut two)?;
        if first {
            for range in COUNTERS {
                one.get_mut(range.clone()).unwrap_or_default().fill(0);
                two.get_mut(range).unwrap_or_default().fill(0);
            }
            first = false;
        }
        if one != two {
            return Ok(false);
        }
        if one.is_empty() {
            return Ok(true);
        }
    }
}
