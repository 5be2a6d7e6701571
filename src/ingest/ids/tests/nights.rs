//! Nights on a lake with the index and on one without: the same verdicts, rows and bytes.

use proptest::prelude::*;

use super::*;
use crate::ingest::rig::{Rig, accounts, columns};

const HEAD: &str = "event_id,ts,company_id,visitor_id,excluded\n";

/// One row: an id of a few, a day, what it says, a word.
type Row = (usize, u32, u32, bool);

/// Ids of three kinds: plain ones, ones whose hashes collide as a whole, ones that collide in what the index keeps.
fn text(rows: &[Row]) -> String {
    let row = |&(id, day, company, word): &Row| {
        let kind = ["e", "~", "^"][id % 3];
        let word = if word { "own" } else { "" };
        format!("{kind}{id},2026-06-{:02}T08:00:00+08:00,C{company},v1,{word}\n", 1 + day)
    };
    HEAD.to_string() + &rows.iter().map(row).collect::<String>()
}

/// What a run of nights leaves, and what each of them said; `before` is called before each night. With `windows` the
/// first file of a night is loaded before the others.
fn nights(
    nights: &[Vec<Vec<Row>>],
    windows: bool,
    mut before: impl FnMut(&Rig, usize),
) -> (Vec<Vec<String>>, Vec<Vec<u8>>, Vec<String>) {
    let mut rig = Rig::new();
    if windows {
        rig.budget = 1;
    }
    let mut said = Vec::new();
    for (n, files) in nights.iter().enumerate() {
        for (f, rows) in files.iter().enumerate() {
            rig.file(&format!("messages/{n:02}-{f}.csv"), &text(rows));
        }
        before(&rig, n);
        said.push(accounts(&rig.load(&["messages"])));
    }
    said.push(rig.rows("messages", &columns("messages")));
    let quarantine = rig.quarantine();
    (said, rig.bytes("messages"), quarantine)
}

/// A file where the index's folder would be: there is none to be had.
fn forbid(rig: &Rig) {
    fs::create_dir_all(&rig.project.storage.lake).unwrap();
    fs::write(rig.project.storage.lake.join(INDEX), "").unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_index_changes_no_verdict(
        rows in prop::collection::vec(
            prop::collection::vec(
                prop::collection::vec((0..40usize, 0..6u32, 0..2u32, any::<bool>()), 0..12), 1..3), 1..5),
        windows: bool,
    ) {
        let with = nights(&rows, windows, |_, _| {});
        let without = nights(&rows, windows, |rig, _| forbid(rig));
        prop_assert_eq!(&with, &without);
        // Taken away before every second night.
        let healed = nights(&rows, windows, |rig, n| {
            if n % 2 == 1 {
                fs::remove_dir_all(rig.project.storage.lake.join(INDEX)).unwrap_or_default();
            }
        });
        prop_assert_eq!(&with, &healed);
    }
}

/// Rows of ids `first..first + n` on a day.
fn rows_of(first: usize, n: usize, day: u32) -> Vec<Row> {
    (first..first + n).map(|id| (id * 3, day, 0, false)).collect()
}

#[test]
fn only_days_that_have_an_id_are_read() {
    let mut rig = Rig::new();
    for day in 0..4 {
        rig.file(&format!("messages/{day}.csv"), &text(&rows_of(day * 100, 100, day as u32)));
    }
    rig.load(&["messages"]);
    // From now on no day but the second can be read.
    let files = rig.lake().files("messages", None).unwrap();
    for file in files.iter().enumerate().filter(|(n, _)| *n != 1).map(|(_, f)| f) {
        fs::write(&file.path, "not Parquet").unwrap();
    }
    // New ids, an id of the second day, and that day sent again with a row more.
    rig.file("messages/4.csv", &text(&[rows_of(400, 50, 4), rows_of(150, 1, 4)].concat()));
    rig.file("messages/5.csv", &text(&[rows_of(100, 100, 1), rows_of(1000, 1, 1)].concat()));
    let loaded = rig.load(&["messages"]);
    assert_eq!(accounts(&loaded)[4..], ["messages/4.csv loaded* 51=50+0+1", "messages/5.csv loaded* 101=1+100+0"]);
}

#[test]
fn what_is_not_committed_is_not_covered() {
    let mut rig = Rig::new();
    rig.file("messages/1.csv", &text(&rows_of(0, 10, 0)));
    rig.load(&["messages"]);
    let folder = rig.project.storage.lake.join(INDEX).join("messages");
    let before = (fs::read(folder.join("manifest.json")).unwrap(), runs_in(&folder));
    // A night that is given up, with the index healed on the way.
    fs::remove_dir_all(&folder).unwrap();
    rig.file("messages/2.csv", &text(&[rows_of(10, 10, 1), rows_of(0, 1, 1)].concat()));
    assert_eq!(accounts(&rig.give_up(&["messages"]))[1], "messages/2.csv loaded* 11=10+0+1");
    assert_eq!((fs::read(folder.join("manifest.json")).unwrap(), runs_in(&folder)), before);
    let lake = rig.lake();
    assert_eq!(load(&lake, event_sources().nth(3).unwrap()).unwrap().covers().snapshot, lake.snapshot().unwrap());
    // The same ids later: nothing of the given-up night is in the way.
    drop(lake);
    fs::remove_file(rig.project.storage.incoming.join("messages/2.csv")).unwrap();
    rig.file("messages/3.csv", &text(&rows_of(10, 10, 2)));
    assert_eq!(accounts(&rig.load(&["messages"]))[1], "messages/3.csv loaded* 10=10+0+0");
}
