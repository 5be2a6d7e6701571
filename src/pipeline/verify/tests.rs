//! Damage done on purpose is found, named, and mended where it can be.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};

use super::*;
use crate::domain::Str;
use crate::domain::schema::lake_table;
use crate::ingest::load::Silent;
use crate::ingest::rig::{Rig, columns};
use crate::lake::Lake;
use crate::lake::ledger::RunRow;
use crate::rollup;

const NOW: Micros = Micros(1_783_000_000_000_000);

/// Three days of events from two nights, two tables, quarantine, a day that was replaced.
fn lake() -> Rig {
    let mut rig = Rig::new();
    let clicks = |from: usize, n: usize| -> String {
        let head = "event_id,ts,company_id,visitor_id,click_source,excluded\n".to_string();
        (from..from + n).fold(head, |text, i| {
            let (day, minute, company) = (1 + i % 3, i % 60, i % 7);
            text + &format!("e{i},2026-07-0{day}T10:{minute:02}:00+08:00,C{company},v{},search,\n", i % 11)
        })
    };
    rig.file("shop_clicks/1.csv", &(clicks(0, 300) + "bad,never,C1,,search,\n"));
    rig.file("messages.csv", "event_id,ts,company_id\nm1,2026-07-02T09:00:00,C1\nm2,2026-07-02T09:00:00,C2\n");
    rig.file("companies.csv", "company_id,name,segment,size\nC1,一,tools,small\nC2,二,tools,large\n");
    rig.file("reps.csv", "rep_id,name,team,role,hired_on\nR1,x,a,sales,2020-01-01\n");
    night(&mut rig);
    // The second night: a late row, a table's new version, and a click that turns out to be a bot.
    rig.file("shop_clicks/2.csv", &(clicks(300, 2) + "e0,2026-07-01T10:00:00+08:00,C0,v0,search,bot\n"));
    rig.file("companies.csv", "company_id,name,segment,size\nC3,三,tools,small\n");
    night(&mut rig);
    rig
}

/// A run as the pipeline does it, but for a second commit: load, roll up, the ledger of runs, the copy.
fn night(rig: &mut Rig) {
    let loaded = rig.load(&["shop_clicks", "messages", "companies", "reps"]);
    let mut lake = rig.writer(NOW);
    let (run_id, snapshot) = (lake.ledger().next_run_id().unwrap(), lake.snapshot().unwrap());
    lake.begin().unwrap();
    rollup::refresh(&mut lake, &rig.project.storage.lake, &loaded.touched, &loaded.counted, 2).unwrap();
    let text = |t: &str| -> Str { t.into() };
    let (pipeline, status, summary) = (text("nightly"), text("ok"), text("{}"));
    let row = RunRow { run_id, pipeline, started_at: NOW, status, exit_code: 0, as_of: None, snapshot, summary };
    lake.ledger().add_run(&row).unwrap();
    lake.commit(NOW, "night").unwrap();
    lake.publish_copy().unwrap();
}

fn run(rig: &Rig, repair: bool) -> Verified {
    ask(rig, false, repair)
}

fn ask(rig: &Rig, quick: bool, repair: bool) -> Verified {
    let request = VerifyRequest { now: NOW, wait: Duration::ZERO, threads: 2, quick, repair };
    verify(&rig.project, &request, &Silent).unwrap()
}

/// The problems in short.
fn problems(rig: &Rig) -> Vec<String> {
    let found = run(rig, false).findings;
    found.iter().filter(|f| f.is_problem()).map(|f| format!("{} {}: {}", f.check, f.place, f.found)).collect()
}

/// The one problem that there must be.
fn problem(rig: &Rig) -> Finding {
    let found: Vec<Finding> = run(rig, false).findings.into_iter().filter(Finding::is_problem).collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    found.into_iter().next().unwrap()
}

fn sql(rig: &Rig, sql: &str) {
    let conn = rusqlite::Connection::open(rig.project.storage.lake.join("catalog.sqlite")).unwrap();
    conn.execute_batch(sql).unwrap();
}

fn live(rig: &Rig, table: &str) -> Vec<PathBuf> {
    let lake = Lake::open_unmended(&rig.project.storage.lake).unwrap().unwrap();
    lake.files(table, None).unwrap().into_iter().map(|f| f.path).collect()
}

#[test]
fn every_flipped_byte_is_found() {
    let rig = lake();
    assert_eq!(problems(&rig), [""; 0]);
    let files: Vec<PathBuf> = crate::domain::schema::lake_tables().iter().flat_map(|t| live(&rig, t.name)).collect();
    let sizes: Vec<u64> = files.iter().map(|f| f.metadata().unwrap().len()).collect();
    let (mut seed, mut found) = (2_026_u64, 0);
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for _ in 0..200 {
        let at = next(sizes.iter().sum());
        let n = (0..files.len()).find(|n| sizes[..=*n].iter().sum::<u64>() > at).unwrap();
        let offset = (at - sizes[..n].iter().sum::<u64>()) as usize;
        let sound = std::fs::read(&files[n]).unwrap();
        let mut bytes = sound.clone();
        bytes[offset] ^= 1 << next(8);
        std::fs::write(&files[n], bytes).unwrap();
        let name = files[n].file_name().unwrap().to_str().unwrap();
        found += usize::from(ask(&rig, true, false).findings.iter().any(|f| f.is_problem() && f.place.ends_with(name)));
        std::fs::write(&files[n], sound).unwrap();
    }
    assert_eq!(found, 200);
    assert_eq!(problems(&rig), [""; 0]);
}

#[test]
fn a_missing_event_file_is_named_with_where_its_rows_came_from() {
    let rig = lake();
    let first = live(&rig, "shop_clicks").remove(0);
    let bytes = std::fs::read(&first).unwrap();
    std::fs::remove_file(&first).unwrap();
    let found = problem(&rig);
    assert_eq!((found.check, &*found.found), ("file", "missing"));
    let todo = found.remedy.text();
    // Day 1 was replaced by the second night: its rows came from both.
    for part in ["restore data/main/shop_clicks/2026-07-01-", "shop_clicks/1.csv (run 1)", "shop_clicks/2.csv (run 2)"]
    {
        assert!(todo.contains(part), "{part}: {todo}");
    }
    assert_eq!(run(&rig, true).problems(), 1, "no repair gives the rows back");
    std::fs::write(&first, bytes).unwrap();
    assert_eq!(problems(&rig), [""; 0]);
}

#[test]
fn roll_ups_are_made_anew() {
    let rig = lake();
    let before = rig.rows("member_day", &columns("member_day"));
    // A false one, committed as a run commits it.
    let mut lake = rig.writer(NOW);
    lake.begin().unwrap();
    let table = lake_table("member_day").unwrap();
    let old = lake.files("member_day", None).unwrap().remove(1);
    let rows = lake.read("member_day", &old, &columns("member_day")).unwrap().remove(0);
    let mut arrays: Vec<ArrayRef> = rows.columns().to_vec();
    let clicks = Int64Array::from(vec![1; rows.num_rows()]);
    arrays[rows.schema().index_of("shop_clicks").unwrap()] = std::sync::Arc::new(clicks);
    let rows = RecordBatch::try_new(rows.schema(), arrays).unwrap();
    lake.end("member_day", &old).unwrap();
    lake.add("member_day", Lake::write_file(&rig.project.storage.lake, &table, old.day, &rows).unwrap()).unwrap();
    lake.commit(NOW, "false").unwrap();
    lake.publish_copy().unwrap();
    drop(lake);
    let found = problem(&rig);
    assert_eq!((found.check, &*found.place, &found.remedy), ("rollup", "2026-07-02", &Remedy::Repair));
    assert!(found.found.starts_with("member_day are not"), "{found:?}");
    let repaired = run(&rig, true);
    assert_eq!((repaired.problems(), repaired.repaired), (0, vec!["roll-ups of 1 days were made anew".to_string()]));
    assert_eq!(rig.rows("member_day", &columns("member_day")), before);

    // A damaged one: also the older snapshots that hold it are whole again.
    let file = live(&rig, "source_day").remove(0);
    let sound = std::fs::read(&file).unwrap();
    std::fs::write(&file, &sound[1..]).unwrap();
    assert_eq!(problem(&rig).check, "file");
    assert_eq!(run(&rig, true).problems(), 0);
    assert!(std::fs::read(&file).unwrap() == sound);
}

#[test]
fn ledgers_ids_orphans_and_the_copy_are_held_against_the_lake() {
    let rig = lake();
    let root = rig.project.storage.lake.clone();
    let catalog = root.join("catalog.sqlite");
    let sound = std::fs::read(&catalog).unwrap();
    for (change, expected) in [
        (
            "UPDATE shoppulse_file SET rows_read = rows_read + 1 WHERE run_id = 1 AND source = 'messages'",
            "ledger run 1 messages messages.csv: loaded: 3 rows read, but 2 loaded + 0 duplicate + 0 quarantined",
        ),
        (
            "UPDATE shoppulse_file SET rows_loaded = rows_loaded + 1, rows_read = rows_read + 1
             WHERE run_id = 1 AND source = 'shop_clicks'",
            "ledger shop_clicks: 302 rows in the lake, the ledger says 303 loaded, 0 of them erased",
        ),
        (
            "DELETE FROM shoppulse_refused",
            "ledger run 1 shop_clicks shop_clicks/1.csv: 0 rows in quarantine, the ledger says 1",
        ),
        ("DELETE FROM shoppulse_run WHERE run_id = 2", "ledger run 2: files of a run that the ledger of runs"),
        (
            "UPDATE ducklake_file_column_stats SET max_value = 'C5' WHERE max_value = 'C6'",
            "statistics data/main/shop_clicks/2026-07-01-",
        ),
        (
            "UPDATE ducklake_file_column_stats SET value_count = 0 WHERE max_value = 'C6'",
            "statistics data/main/shop_clicks/2026-07-01-",
        ),
        (
            "UPDATE ducklake_data_file SET footer_size = footer_size + 1 WHERE record_count = 2",
            "catalog data/main/messages/2026-07-02-",
        ),
        (
            "UPDATE ducklake_file_partition_value SET partition_value = '2026-07-09' WHERE partition_value = '2026-07-03'",
            "statistics data/main/shop_clicks/2026-07-03-",
        ),
        (
            "UPDATE ducklake_table_stats SET next_row_id = next_row_id - 1 WHERE record_count = 2",
            "catalog catalog.sqlite: row ids that a later insert would use again (1): 2026-07-02-",
        ),
    ] {
        sql(&rig, change);
        let found = problems(&rig);
        assert!(found.iter().any(|f| f.starts_with(expected)), "{change}\n{found:#?}");
        std::fs::write(&catalog, &sound).unwrap();
    }
    assert_eq!(problems(&rig), [""; 0], "all was undone");

    sql(&rig, "UPDATE shoppulse_run SET summary = 'x'");
    let found = problem(&rig);
    assert_eq!((found.check, found.remedy == Remedy::Repair), ("copy", false), "which of the two is right? {found:?}");
    sql(&rig, "UPDATE shoppulse_state SET value = value + 1 WHERE key = 'commits'");
    assert_eq!(problems(&rig), ["copy lake.sqlite: not of the catalog's last commit: people read an older state"]);
    let copy = std::fs::read(root.join("lake.sqlite")).unwrap();
    std::fs::set_permissions(root.join("lake.sqlite"), std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(root.join("lake.sqlite"), &copy[..copy.len() / 2]).unwrap();
    assert_eq!(problem(&rig).remedy, Remedy::Repair);
    std::fs::write(root.join("data/main/messages/stray.parquet"), "x").unwrap();
    std::fs::write(root.join("mine.txt"), "x").unwrap();
    assert_eq!(problems(&rig).len(), 3);
    let left: Vec<String> =
        run(&rig, true).findings.iter().filter(|f| f.is_problem()).map(|f| f.place.clone()).collect();
    assert_eq!(left, ["mine.txt"], "what is not the lake's is left to its owner");
    assert!(!root.join("data/main/messages/stray.parquet").exists());
}

#[test]
fn an_id_on_two_days_is_found() {
    let rig = lake();
    let mut lake = rig.writer(NOW);
    lake.begin().unwrap();
    let names = columns("messages");
    let file = lake.files("messages", None).unwrap().remove(0);
    let rows = lake.read("messages", &file, &names).unwrap().remove(0).slice(0, 1);
    let day = file.day.unwrap() + 1;
    let shift = |name: &&str, array: &ArrayRef| -> ArrayRef {
        match *name {
            "event_date" => std::sync::Arc::new(arrow_array::Date32Array::from(vec![day.0])),
            "ts" => {
                let at = crate::ingest::cells::times(&rows, "ts").unwrap().value(0) + 86_400_000_000;
                std::sync::Arc::new(arrow_array::TimestampMicrosecondArray::from(vec![at]).with_timezone("UTC"))
            }
            _ => array.clone(),
        }
    };
    let arrays = names.iter().zip(rows.columns()).map(|(name, array)| shift(name, array)).collect();
    let rows = RecordBatch::try_new(rows.schema(), arrays).unwrap();
    let table = lake_table("messages").unwrap();
    lake.add("messages", Lake::write_file(&rig.project.storage.lake, &table, Some(day), &rows).unwrap()).unwrap();
    lake.commit(NOW, "twice").unwrap();
    drop(lake);
    let found = problems(&rig);
    let ids: Vec<&String> =
        found.iter().filter(|f| f.starts_with("ids messages: event_id \"m1\" stands 2 times")).collect();
    assert_eq!(ids.len(), 1, "{found:#?}");
}

#[test]
fn rows_out_of_order_and_values_of_no_kind_are_found() {
    let mut rig = lake();
    // Files as the program writes them, but for what they hold.
    let write = |table: &'static str, change: &dyn Fn(&RecordBatch) -> RecordBatch| {
        let mut lake = rig.writer(NOW);
        lake.begin().unwrap();
        let file = lake.files(table, None).unwrap().remove(0);
        let rows = change(&lake.read(table, &file, &columns(table)).unwrap()[0]);
        lake.end(table, &file).unwrap();
        let new = Lake::write_file(&rig.project.storage.lake, &lake_table(table).unwrap(), file.day, &rows);
        lake.add(table, new.unwrap()).unwrap();
        lake.commit(NOW, "wrong").unwrap();
        lake.publish_copy().unwrap();
    };
    let swapped = |rows: &RecordBatch| {
        arrow_select::concat::concat_batches(rows.schema_ref(), [&rows.slice(1, 1), &rows.slice(0, 1)])
    };
    write("messages", &|rows| swapped(rows).unwrap());
    write("companies", &|rows| {
        let mut arrays = rows.columns().to_vec();
        let sizes: Vec<&str> = ["small", "huge", "large"].into_iter().cycle().take(rows.num_rows()).collect();
        arrays[rows.schema().index_of("size").unwrap()] = std::sync::Arc::new(arrow_array::StringArray::from(sizes));
        RecordBatch::try_new(rows.schema(), arrays).unwrap()
    });
    write("reps", &|rows| arrow_select::concat::concat_batches(rows.schema_ref(), [rows, rows]).unwrap());
    let checks = |rig: &Rig| -> Vec<String> {
        let found = run(rig, false).findings;
        let found = found.iter().filter(|f| f.is_problem() && f.check != "ledger");
        found.map(|f| format!("{}: {}", f.place.split('/').nth(2).unwrap(), f.found)).collect()
    };
    let expected = [
        "messages: row 2 is out of order; expected rows in order by company_id, ts, event_id",
        "companies: row 2: size is no value that this column takes",
        "reps: row 2 is out of order; expected rows in order and without a repeated key by rep_id",
    ];
    assert_eq!(checks(&rig), expected);
    rig.project.zone = crate::domain::Zone::named("America/New_York").unwrap();
    let moved = checks(&rig);
    assert!(
        moved[0].starts_with("shop_clicks: row 1: event_date is not the day of ts in America/New_York"),
        "{moved:?}"
    );
}

#[test]
fn files_of_an_older_version_get_their_hashes() {
    let rig = lake();
    let hashes = |rig: &Rig| -> BTreeSet<(i64, Option<[u8; 32]>)> {
        let lake = Lake::open_unmended(&rig.project.storage.lake).unwrap().unwrap();
        lake.recorded("shop_clicks").unwrap().into_iter().map(|r| (r.file.id, r.blake3)).collect()
    };
    let before = hashes(&rig);
    assert!(before.len() > 3 && before.iter().all(|(_, hash)| hash.is_some()));
    sql(&rig, "DROP TABLE shoppulse_data_file; UPDATE shoppulse_state SET value = value + 1 WHERE key = 'commits'");
    rig.lake();
    sql(&rig, "DROP TABLE shoppulse_data_file");
    let found = run(&rig, false);
    let notes = found.findings.iter().filter(|f| f.check == "hash" && !f.is_problem()).count();
    assert_eq!(notes, 7, "four sources and three roll-ups: {:#?}", found.findings);
    assert_eq!(run(&rig, true).problems(), 0);
    assert_eq!(hashes(&rig), before);
}

#[test]
fn a_wider_folder_and_no_lake_are_told() {
    let rig = Rig::new();
    let found = run(&rig, false);
    assert_eq!((found.problems(), found.findings.len()), (0, 1), "{:?}", found.findings);
    let rig = lake();
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&rig.project.storage.lake, open).unwrap();
    let found = run(&rig, false);
    assert!(found.findings.iter().any(|f| f.check == "mode" && f.found.starts_with("mode 755")), "{found:?}");
}
