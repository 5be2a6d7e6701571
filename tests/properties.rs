//! Properties of loading: conservation, idempotence, independence of order, files and threads.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot read")]

#[path = "support/mod.rs"]
mod support;

use std::process::Command;

use support::files::sheets;
use support::portal::Portal;
use support::project::Project;
use support::random::Random;

const MARTS: [&str; 9] = [
    "member_day",
    "click_source_day",
    "source_day",
    "member_health",
    "renewals",
    "renewal_risk",
    "market_share",
    "client_value",
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
