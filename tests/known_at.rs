//! The lake remembers: what every night left comes out again, byte for byte, until it has expired.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot read")]

#[path = "support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use shoppulse::config;
use shoppulse::domain::schema::lake_tables;
use shoppulse::domain::{Day, Micros};
use shoppulse::facts::Visible;
use shoppulse::lake::Lake;
use shoppulse::marts::{MARTS, Marts};
use shoppulse::report::export::frame;
use support::days;
use support::files::{Sheet, sheets};
use support::portal::Portal;
use support::project::Project;

/// Every table by name: the marts as CSV, the lake's own as sorted rows.
type Tables = BTreeMap<String, Vec<u8>>;

/// A project whose nights bring late rows, and more late rows, of a random portal.
struct Nights {
    project: Project,
    /// The local day of night 0, the last of a month: that which night 1 computes.
    first: days::Day,
}

impl Nights {
    fn new(p: &Portal, retention: &str) -> Nights {
        let project = Project::bare(p);
        let settings = fs::read_to_string(project.path("shoppulse.toml")).unwrap();
        fs::write(project.path("shoppulse.toml"), format!("{settings}[retention]\n{retention}")).unwrap();
        let nightly = "marts = []\n[[report]]\nname = \"renewal_risk\"\nformats = [\"csv\"]\n";
        fs::write(project.path("pipelines/nightly.toml"), nightly).unwrap();
        Nights { project, first: days::month_end(p.last_day()) }
    }

    /// The clock of a night that comes so many days after the first.
    fn clock(&self, night: i64) -> String {
        format!("{}T02:30:00+08:00", days::text(self.first + night))
    }

    fn as_of(&self, night: i64) -> Day {
        Day::parse(&days::text(self.first + night - 1)).unwrap()
    }

    fn run(&self, night: i64) {
        let output = self.project.command().args(["run", "nightly", "--now", &self.clock(night)]).output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn tables(&self, night: i64, known_at: Option<i64>) -> Tables {
        let project = config::load(self.project.folder.path()).unwrap().project;
        let at = known_at.map(|night| Micros::parse_rfc3339(&self.clock(night)).unwrap());
        let lake = match at {
            None => Lake::open_reader(&project.storage.lake),
            Some(at) => Lake::open_reader_at(&project.storage.lake, at),
        };
        let lake = lake.unwrap().unwrap();
        let visible = Visible::at(&lake, &project, self.as_of(night)).unwrap();
        let marts = Marts::of(&visible);
        let mut tables = Tables::new();
        for mart in MARTS {
            let mut csv = Vec::new();
            frame::csv(&(mart.frame)(&marts).unwrap(), &mut csv).unwrap();
            tables.insert(mart.spec.name.to_string(), csv);
        }
        for table in lake_tables() {
            tables.insert(format!("lake.{}", table.name), stored(&lake, table.name));
        }
        tables
    }

    /// What `table NAME --known-at` of a night says without an as-of: its exit code, stdout, stderr.
    fn printed(&self, name: &str, known_at: &str) -> (Option<i32>, Vec<u8>, String) {
        let mut command = self.project.command();
        let output = command.args(["table", name, "--known-at", known_at, "--format", "csv"]).output().unwrap();
        (output.status.code(), output.stdout, String::from_utf8(output.stderr).unwrap())
    }

    fn has_report(&self, night: i64) -> bool {
        self.project.path(&format!("reports/renewal_risk/{}", self.as_of(night))).exists()
    }

    /// Files below the lake's data folder, and those that its catalog names.
    fn files(&self) -> (BTreeSet<PathBuf>, BTreeSet<PathBuf>) {
        let data = self.project.path("lake/data/main");
        let (mut folders, mut disk) = (vec![data.clone()], BTreeSet::new());
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
                if path.is_dir() { folders.push(path) } else { _ = disk.insert(path) }
            }
        }
        let catalog = rusqlite::Connection::open(self.project.path("lake/catalog.sqlite")).unwrap();
        let sql = "SELECT t.path || f.path FROM ducklake_data_file f JOIN ducklake_table t USING (table_id)";
        let mut named = catalog.prepare(sql).unwrap();
        let named = named.query_map([], |r| r.get::<_, String>(0)).unwrap().map(|path| data.join(path.unwrap()));
        (disk, named.collect())
    }
}

/// The rows of a stored table, each as text, sorted: how a day is split into files is free.
fn stored(lake: &Lake, table: &str) -> Vec<u8> {
    let table = lake_tables().into_iter().find(|t| t.name == table).unwrap();
    let columns: Vec<&str> = table.columns.iter().map(|c| c.0).collect();
    let mut rows = Vec::new();
    for file in lake.files(table.name, None).unwrap() {
        for batch in lake.read(table.name, &file, &columns).unwrap() {
            let row = |row| batch.columns().iter().map(|column| cell(column, row) + "|").collect::<String>();
            rows.extend((0..batch.num_rows()).map(row));
        }
    }
    rows.sort_unstable();
    rows.join("\n").into_bytes()
}

fn cell(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return "null".to_string();
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).to_string(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Date32 => column.as_primitive::<Date32Type>().value(row).to_string(),
        DataType::Decimal128(..) => column.as_primitive::<Decimal128Type>().value(row).to_string(),
        DataType::Timestamp(..) => column.as_primitive::<TimestampMicrosecondType>().value(row).to_string(),
        other => panic!("{other}"),
    }
}

fn assert_same(expected: &Tables, got: &Tables, night: usize) {
    for (name, bytes) in expected {
        let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_string).collect::<Vec<_>>();
        if got[name] != *bytes {
            let (old, new) = (lines(bytes), lines(&got[name]));
            let at = old.iter().zip(&new).position(|(a, b)| a != b);
            panic!("night {night}: {name} had {} lines, has {}; the first that differs: {at:?}", old.len(), new.len());
        }
    }
}

/// What a night brings of a sheet: a fifth of its rows, corrections of what came before, and a row that is refused.
fn share(sheet: &Sheet, night: usize) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = sheet.rows.iter().skip(night).step_by(5).cloned().collect();
    let column = |name: &str| sheet.header.iter().position(|h| *h == name);
    let earlier = sheet.rows.iter().skip(night + 4).step_by(5).take(if night == 0 { 0 } else { 3 });
    for row in earlier {
        let mut row = row.clone();
        match sheet.source {
            "contracts" => row[column("amount").unwrap()] = format!("{}.00", 9_000 + night),
            "companies" => row[column("segment").unwrap()] = format!("moved {night}"),
            "reps" => row[column("team").unwrap()] = format!("team {night}"),
            // An event that came the night before turns out not to count.
            "shop_clicks" => row[column("excluded").unwrap()] = "bot".to_string(),
            _ => continue,
        }
        rows.push(row);
    }
    let mut bad = sheet.rows[0].clone();
    bad[0] = String::new();
    rows.push(bad);
    rows
}

#[test]
fn every_night_comes_out_again_until_it_expires() {
    let mut p = Portal::random(41);
    p.events.retain(|e| e.date > p.main - 12);
    let nights = Nights::new(&p, "snapshots_days = 40\nreports_days = 40\n");
    let sheets = sheets(&p);
    let mut left: Vec<Tables> = Vec::new();
    for night in 0..5 {
        for sheet in &sheets {
            nights.project.drop(&format!("{}/{night}.csv", sheet.source), sheet, &share(sheet, night));
        }
        nights.run(night as i64);
        left.push(nights.tables(night as i64, None));
    }
    for (name, bytes) in &left[4] {
        assert!(left[0][name] != *bytes, "{name} is the same after all nights and shows nothing");
    }
    let again = |night: usize| assert_same(&left[night], &nights.tables(night as i64, Some(night as i64)), night);
    (0..5).for_each(again);
    let (code, csv, _) = nights.printed("renewal_risk", &nights.clock(1));
    assert!(code == Some(0) && csv == left[1]["renewal_risk"], "the as-of is that of the last run by then");
    assert!(nights.printed("deals", &days::text(nights.first + 1)).1 == left[1]["deals"], "a date means its end");
    let early = nights.printed("deals", &days::text(nights.first - 1));
    assert_eq!((early.0, early.2.contains("nothing had been committed by then")), (Some(2), true), "{}", early.2);

    // What the nights 0 to 2 left has been replaced for 40 days; night 1 made the report of a month end.
    assert!((0..5).all(|night| nights.has_report(night)));
    let before = nights.files().0.len();
    nights.run(43);
    [1, 3, 4].into_iter().for_each(again);
    let gone = nights.printed("deals", &nights.clock(2));
    let said = [1, 3].map(|night| Micros::parse_rfc3339(&nights.clock(night)).unwrap().to_string());
    assert!(gone.0 == Some(2) && said.iter().all(|at| gone.2.contains(at)), "{}", gone.2);
    assert_eq!(nights.printed("deals", &nights.clock(0)).0, Some(2));
    let (disk, named) = nights.files();
    assert!(disk == named && disk.len() < before, "{} files of {before}, {} named", disk.len(), named.len());
    assert_eq!([0, 1, 2, 3, 4, 43].map(|night| nights.has_report(night)), [false, true, false, false, true, true]);
    assert!(fs::metadata(nights.project.path("reports/renewal_risk/latest")).is_ok());
}
