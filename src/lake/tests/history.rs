//! What was known when, and what is given up.

use std::collections::BTreeSet;

use super::*;

const DAYS: i64 = 86_400_000_000;

/// The clock so many days after the first run.
fn later(days: i64) -> Micros {
    Micros(NOW.0 + days * DAYS)
}

/// A run with its row in the ledger, that replaces the day's clicks.
fn night(room: &Room, lake: &mut Lake, clicks: &[i64], days: i64) -> i64 {
    lake.begin().unwrap();
    let run_id = lake.ledger().next_run_id().unwrap();
    for old in lake.files("click_source_day", None).unwrap() {
        lake.end("click_source_day", &old).unwrap();
    }
    if !clicks.is_empty() {
        lake.add("click_source_day", room.write("click_source_day", Some(DAY), &clicks_of(clicks))).unwrap();
    }
    let run = ledger::RunRow {
        run_id,
        pipeline: "nightly".into(),
        started_at: later(days),
        status: "ok".into(),
        exit_code: 0,
        as_of: Some(DAY),
        snapshot: lake.snapshot().unwrap(),
        summary: "{}".into(),
    };
    lake.ledger().add_run(&run).unwrap();
    let snapshot = lake.commit(later(days), "night").unwrap();
    lake.publish_copy().unwrap();
    snapshot
}

fn at(room: &Room, at: Micros) -> (Vec<i64>, usize) {
    let lake = Lake::open_reader_at(&room.root, at).unwrap().unwrap();
    let counts = lake.rows_by_day("click_source_day", DAY).unwrap();
    assert_eq!(counts.get(&DAY), Some(&(clicks(&lake).len() as i64)));
    (clicks(&lake), lake.ledger().runs().unwrap().len())
}

#[test]
fn each_time_sees_what_was_committed_by_then() {
    let room = Room::new();
    assert!(Lake::open_reader_at(&room.root, NOW).unwrap().is_none());
    let mut lake = room.lake();
    night(&room, &mut lake, &[1], 0);
    night(&room, &mut lake, &[2], 1);
    // A clock that went back: the time of the commit does not.
    night(&room, &mut lake, &[3], -400);
    night(&room, &mut lake, &[4, 5], 2);
    assert_eq!(at(&room, later(0)), (vec![1], 1));
    assert_eq!(at(&room, Micros(later(1).0 - 1)), (vec![1], 1));
    assert_eq!(at(&room, later(1)), (vec![3], 3));
    assert_eq!(at(&room, later(9)), (vec![4, 5], 4));
    let early = Lake::open_reader_at(&room.root, Micros(NOW.0 - 1)).err().unwrap();
    assert!(early.to_string().contains("ask for 2026-11-24T21:42:57.257312Z"), "{early}");
}

/// As the version before kept it: no times of commits, no runs of lists.
#[test]
fn an_older_lake_learns_its_times() {
    let room = Room::new();
    let mut lake = room.lake();
    lake.ledger().publish_risks(1, DAY, &[]).unwrap();
    night(&room, &mut lake, &[1], 0);
    night(&room, &mut lake, &[2], 5);
    let old =
        "DROP TABLE shoppulse_commit; DROP TABLE shoppulse_report; ALTER TABLE shoppulse_risk_list DROP COLUMN run_id;";
    lake.conn.execute_batch(old).unwrap();
    lake.publish_copy().unwrap();
    drop(lake);
    assert!(matches!(Lake::open_reader_at(&room.root, NOW), Err(LakeError::Unusable { .. })));
    assert!(Lake::open_reader(&room.root).unwrap().unwrap().ledger().published_risks().unwrap().is_empty());
    let lake = room.lake();
    assert_eq!((at(&room, later(4)), at(&room, later(5))), ((vec![1], 1), (vec![2], 2)));
    let run: i64 = lake.conn.query_row("SELECT run_id FROM shoppulse_risk_list", [], |r| r.get(0)).unwrap();
    assert_eq!(run, 1);
}

#[test]
fn what_is_given_up_goes_after_the_copy_and_nothing_else() {
    let room = Room::new();
    let mut lake = room.lake();
    let kept = night(&room, &mut lake, &[1], 0);
    for day in 1..5 {
        night(&room, &mut lake, &[10 + day], day);
    }
    lake.begin().unwrap();
    assert_eq!(lake.expire(later(-1), &BTreeSet::new()).unwrap(), ledger::Expired::default(), "nothing is so old");
    // Replaced by day 3: 0 and 1 (the making of the lake), and those of the days 0 to 2.
    let expired = lake.expire(later(3), &BTreeSet::from([kept])).unwrap();
    assert_eq!((expired.snapshots, expired.files), (4, 2));
    lake.rollback().unwrap();
    assert_eq!((room.on_disk().len(), at(&room, later(1))), (5, (vec![11], 2)), "given up with the transaction");

    lake.begin().unwrap();
    lake.expire(later(3), &BTreeSet::from([kept])).unwrap();
    lake.commit(later(6), "expire").unwrap();
    assert_eq!(room.on_disk().len(), 5, "the copy still names them");
    // A crash before the copy is published: the next start does both.
    drop(lake);
    let mut lake = room.lake();
    assert_eq!(room.on_disk().len(), 3);
    assert_eq!([0, 3, 4, 6].map(|day| at(&room, later(day)).0), [[1], [13], [14], [14]]);
    let gone = Lake::open_reader_at(&room.root, later(2)).err().unwrap().to_string();
    assert!(gone.contains("2026-11-24T21:42:57.257312Z and 2026-11-27T21"), "{gone}");

    // Without a crash: after the copy, and the mark is taken away.
    lake.begin().unwrap();
    lake.expire(later(99), &BTreeSet::new()).unwrap();
    lake.commit(later(100), "expire").unwrap();
    assert_eq!(room.on_disk().len(), 3);
    lake.publish_copy().unwrap();
    assert_eq!((room.on_disk().len(), clicks(&lake)), (1, vec![14]), "the newest always stays");
    assert!(!sweep::is_due(&room.root));
    let rows = |table: &str| -> i64 {
        lake.conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0)).unwrap()
    };
    let left = ["ducklake_snapshot", "ducklake_data_file", "ducklake_file_partition_value", "shoppulse_data_file"];
    assert_eq!(left.map(rows), [1, 1, 1, 1]);
}
