//! Properties of loading: conservation, idempotence, independence of order, files and threads.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot read")]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeSet;
use std::process::Command;

use support::files::{Sheet, sheets};
use support::portal::Portal;
use support::project::Project;
use support::random::Random;

/// All marts but the ledgers, which tell what happened in which run.
const MARTS: [&str; 13] = [
    "member_day",
    "click_source_day",
    "ad_slot_day",
    "source_day",
    "member_health",
    "deals",
    "renewals",
    "renewal_rates",
    "renewal_risk",
    "market_share",
    "client_value",
    "concentration",
    "orphans",
];

fn tables(project: &Project, p: &Portal) -> Vec<Vec<u8>> {
    MARTS.iter().map(|mart| project.bytes(mart, p.main)).collect()
}

fn assert_same(a: &[Vec<u8>], b: &[Vec<u8>], what: &str) {
    for (i, mart) in MARTS.iter().enumerate() {
        assert!(a[i] == b[i], "{what}: {mart} differs");
    }
}

/// Every file's records are loaded, duplicate or quarantined, and each file's own count is known from its making.
#[test]
fn every_record_of_every_file_is_accounted_for() {
    let p = Portal::random(30);
    let project = Project::bare(&p);
    let mut r = Random::new(7);
    let mut made = Vec::new();
    for sheet in sheets(&p) {
        let event = sheet.header[0] == "event_id";
        let mut rows = sheet.rows.clone();
        let bad = rows.len() as i64 / 40;
        for i in 0..bad {
            // A required column left empty, the id new.
            let mut row = rows[i as usize].clone();
            row[0] = format!("bad-{i}");
            row[if sheet.source == "attendance" { 2 } else { 1 }] = String::new();
            rows.push(row);
        }
        // Exact repeats: of an event and of a table's row alike.
        let repeats = rows.len() as i64 / 20;
        for i in 0..repeats {
            rows.push(rows[i as usize].clone());
        }
        if event {
            r.shuffle(&mut rows);
        }
        let path = format!("{}/{}.csv", sheet.source, if event { "night" } else { "dump" });
        project.drop(&path, &sheet, &rows);
        made.push((sheet.source, path, rows.len() as i64, bad, repeats));
    }
    project.load();
    let files = project.table("ingest_files", p.main);
    let quarantine = project.table("quarantine", p.main);
    let number = |row: &[String], name: &str| row[files.column(name).unwrap()].parse::<i64>().unwrap();
    for (source, path, read, bad, repeats) in &made {
        let at = files.cells("path").iter().position(|got| got == path).unwrap_or_else(|| panic!("{path} is missing"));
        let row = &files.rows[at];
        let n = |name| number(row, name);
        assert_eq!(n("rows_read"), *read, "{path}");
        assert_eq!(n("rows_read"), n("rows_loaded") + n("rows_duplicate") + n("rows_quarantined"), "{path}: {row:?}");
        assert_eq!((n("rows_duplicate"), n("rows_quarantined")), (*repeats, *bad), "{path}: {row:?}");
        assert_eq!(row[files.column("status").unwrap()], "loaded");
        let refused = quarantine.cells("source").iter().filter(|s| *s == source).count() as i64;
        assert_eq!(refused, *bad, "{source} in quarantine");
    }
    assert_eq!(files.rows.len(), made.len());
    assert!(quarantine.cells("reason").iter().all(|reason| !reason.is_empty()));
    // The lake counts what the ledger says: rows of source_day against loaded events, all days covered or not.
    let clean = Project::loaded(&p);
    assert_same(&tables(&project, &p), &tables(&clean, &p), "bad and repeated rows");
}

/// A second run on the same files loads nothing and changes nothing.
#[test]
fn a_second_run_changes_nothing() {
    let p = Portal::random(31);
    let project = Project::loaded(&p);
    let before = tables(&project, &p);
    let loaded = project.table("ingest_files", p.main).sum("rows_loaded");
    assert!(loaded > 1000);
    project.load();
    assert_same(&before, &tables(&project, &p), "second run");
    let files = project.table("ingest_files", p.main);
    assert_eq!(files.sum("rows_loaded"), loaded);
    assert!(files.cells("run_id").windows(2).all(|w| w[0] <= w[1]));
}

/// Rows shuffled, files split and renamed, loaded in one run or night after night: the same tables.
#[test]
fn order_and_files_do_not_matter() {
    for seed in [32, 34] {
        let p = Portal::random(seed);
        let plain = tables(&Project::loaded(&p), &p);
        let (split, nights) = (Project::bare(&p), Project::bare(&p));
        for night in 0..3 {
            for sheet in sheets(&p) {
                let mut rows = sheet.rows.clone();
                Random::new(seed * 100 + sheet.source.len() as u64).shuffle(&mut rows);
                let part: Vec<_> = rows.iter().skip(night).step_by(3).cloned().collect();
                split.drop(&format!("{}-{}.csv", sheet.source, ["zz", "a", "m"][night]), &sheet, &part);
                nights.drop(&format!("{}/{night}/x.csv", sheet.source), &sheet, &part);
            }
            nights.load();
        }
        split.load();
        assert_same(&plain, &tables(&split, &p), "split and shuffled");
        assert_same(&plain, &tables(&nights, &p), "night after night");
    }
}

fn is_event(sheet: &Sheet) -> bool {
    sheet.header[0] == "event_id"
}

/// A night for each row at random, so that a row may come any time after its day; each night's rows in files at
/// random. Some rows come again, in the same night or another; some are marked `excluded` only in one of the two.
/// Rows of tables keep their order. The lake is that of one file a source, loaded at once.
#[test]
fn rows_may_come_in_any_night_and_more_than_once() {
    let seeds = std::env::var("PROPERTY_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(2);
    for seed in 50..50 + seeds {
        let p = Portal::random(seed);
        let plain = tables(&Project::loaded(&p), &p);
        let mut r = Random::new(seed);
        let (project, nights) = (Project::bare(&p), r.range(2, 5) as usize);
        let mut again = 0;
        let all: Vec<(Sheet, Vec<Vec<Vec<String>>>)> = sheets(&p)
            .into_iter()
            .map(|sheet| {
                let mut by_night = vec![Vec::new(); nights];
                let excluded = sheet.header.iter().position(|h| *h == "excluded");
                for (i, row) in sheet.rows.iter().enumerate() {
                    if !is_event(&sheet) {
                        by_night[i * nights / sheet.rows.len()].push(row.clone());
                        continue;
                    }
                    by_night[r.range(0, nights as i64 - 1) as usize].push(row.clone());
                    if r.chance(20) {
                        let mut twin = row.clone();
                        if let (Some(at), true) = (excluded, r.chance(50)) {
                            twin[at].clear();
                        }
                        by_night[r.range(0, nights as i64 - 1) as usize].push(twin);
                        again += 1;
                    }
                }
                (sheet, by_night)
            })
            .collect();
        for night in 0..nights {
            for (sheet, by_night) in &all {
                let mut rows = by_night[night].clone();
                if is_event(sheet) {
                    r.shuffle(&mut rows);
                }
                let files = r.range(1, 3) as usize;
                for (file, part) in rows.chunks(rows.len().div_ceil(files).max(1)).enumerate() {
                    project.drop(&format!("{}/{night}/{file}.csv", sheet.source), sheet, part);
                }
            }
            project.load();
        }
        assert_same(&plain, &tables(&project, &p), &format!("seed {seed}, {nights} nights"));
        let account = project.table("ingest_files", p.main);
        let (read, duplicate) = (account.sum("rows_read"), account.sum("rows_duplicate"));
        let rows: usize = all.iter().map(|(sheet, _)| sheet.rows.len()).sum();
        assert_eq!((read, account.sum("rows_quarantined")), (rows as i64 + again, 0));
        assert_eq!(duplicate, again, "each row is loaded once");
    }
}

/// Files of the lake that a snapshot added or ended: table and day.
fn touched(project: &Project, snapshot: &str) -> BTreeSet<(String, String)> {
    let catalog = rusqlite::Connection::open(project.path("lake/catalog.sqlite")).unwrap();
    let sql = format!(
        "SELECT t.table_name, v.partition_value FROM ducklake_data_file f
         JOIN ducklake_table t USING (table_id) JOIN ducklake_file_partition_value v USING (data_file_id)
         WHERE {snapshot} IN (f.begin_snapshot, f.end_snapshot)"
    );
    let mut statement = catalog.prepare(&sql).unwrap();
    let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Late rows touch the files of their own days and no others, in the events and in every roll-up, and the tables are
/// those of a load in time.
#[test]
fn late_rows_touch_their_own_days() {
    let p = Portal::random(60);
    let plain = tables(&Project::loaded(&p), &p);
    let project = Project::bare(&p);
    let mut late: Vec<(Sheet, Vec<Vec<String>>)> = Vec::new();
    for sheet in sheets(&p) {
        let (mut kept, mut held) = (sheet.rows.clone(), Vec::new());
        if is_event(&sheet) {
            // Some rows of the oldest and the newest days, as the file has them.
            let at = sheet.header.iter().position(|h| *h == "ts").unwrap();
            kept.sort_by(|a, b| a[at][..10].cmp(&b[at][..10]));
            let newest = kept.len() - 4;
            held = kept.split_off(newest);
            held.extend(kept.drain(..4));
        }
        project.drop(&format!("{}/night.csv", sheet.source), &sheet, &kept);
        late.push((sheet, held));
    }
    project.load();
    let before: Vec<String> = days_of(&project);
    for (sheet, held) in &late {
        if !held.is_empty() {
            project.drop(&format!("{}/late.csv", sheet.source), sheet, held);
        }
    }
    project.load();
    assert_same(&plain, &tables(&project, &p), "late rows");

    let catalog = rusqlite::Connection::open(project.path("lake/catalog.sqlite")).unwrap();
    let head = |sql: &str| catalog.query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap();
    let touched = touched(&project, &head("SELECT max(snapshot_id) FROM ducklake_snapshot").to_string());
    let zone = jiff::tz::TimeZone::get(p.zone).unwrap();
    let days = |sheet: &Sheet, rows: &[Vec<String>]| -> BTreeSet<String> {
        let at = sheet.header.iter().position(|h| *h == "ts").unwrap();
        rows.iter().map(|row| local_day(&row[at], &zone)).collect()
    };
    let mut all = BTreeSet::new();
    for (sheet, held) in late.iter().filter(|(_, held)| !held.is_empty()) {
        let own = days(sheet, held);
        let got: BTreeSet<String> =
            touched.iter().filter(|(table, _)| table == sheet.source).map(|(_, day)| day.clone()).collect();
        assert_eq!(got, own, "{}", sheet.source);
        all.extend(own);
    }
    assert!(all.len() * 3 < before.len(), "{} of {} days are late: too many to show anything", all.len(), before.len());
    for (table, day) in &touched {
        assert!(all.contains(day), "{table} of {day} was touched");
    }
    for rollup in ["member_day", "click_source_day", "ad_slot_day", "source_day"] {
        assert!(touched.iter().any(|(table, _)| table == rollup), "{rollup} was not touched");
    }
}

fn days_of(project: &Project) -> Vec<String> {
    let catalog = rusqlite::Connection::open(project.path("lake/catalog.sqlite")).unwrap();
    let mut days = catalog.prepare("SELECT DISTINCT partition_value FROM ducklake_file_partition_value").unwrap();
    let days = days.query_map([], |r| r.get(0)).unwrap();
    days.collect::<Result<_, _>>().unwrap()
}

/// The local date of a time as the files write it.
fn local_day(text: &str, zone: &jiff::tz::TimeZone) -> String {
    match text.parse::<jiff::Timestamp>() {
        Ok(stamp) => zone.to_datetime(stamp).date().to_string(),
        Err(_) => text[..10].to_string(),
    }
}

/// One processor or all of them: the same bytes (where `taskset` is there to bind the program to one).
#[test]
fn one_processor_gives_the_same_bytes() {
    if Command::new("taskset").arg("--version").output().is_err() {
        return;
    }
    let p = Portal::random(33);
    let many = Project::loaded(&p);
    let one = Project::bare(&p);
    for sheet in sheets(&p) {
        one.drop(&format!("{}.csv", sheet.source), &sheet, &sheet.rows);
    }
    let bound = |args: &[&str]| {
        let mut command = Command::new("taskset");
        command.args(["-c", "0", env!("CARGO_BIN_EXE_shoppulse"), "--project"]).arg(one.folder.path()).args(args);
        let output = command.output().unwrap();
        one.must(&output, &format!("{args:?}"));
        output.stdout
    };
    bound(&["run", "load", "--now", &one.now]);
    let day = support::days::text(p.main);
    for mart in MARTS {
        let got = bound(&["table", mart, "--as-of", &day, "--format", "csv"]);
        assert!(got == many.bytes(mart, p.main), "{mart} differs on one processor");
    }
}
