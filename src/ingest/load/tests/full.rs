//! Tables whose files are the whole table.

use super::sources::rig;
use crate::ingest::rig::{Rig, accounts};
use crate::lake::scan;

const HEAD: &str = "rep_id,name,team,role,hired_on\n";

/// A file of reps with these numbers.
fn reps(numbers: impl IntoIterator<Item = u32>) -> String {
    let row = |n| format!("R{n:03},Al,north,sales,2025-01-01\n");
    HEAD.to_string() + &numbers.into_iter().map(row).collect::<String>()
}

fn ids(rig: &Rig) -> String {
    rig.rows("reps", &["rep_id"]).join(" ")
}

#[test]
fn the_newest_file_is_the_whole_table() {
    let mut rig = rig("reps", "mode = \"full\"");
    rig.file("reps/1.csv", &reps(0..40));
    assert_eq!(accounts(&rig.load(&["reps"])), ["reps/1.csv loaded* 40=40+0+0"]);
    let old = rig.lake().files("reps", None).unwrap();
    // Two of forty are 5 %: not over it. A new one, and one that changed.
    rig.file("reps/2.csv", &(reps(2..40) + "R040,Al,north,sales,2025-01-01\nR005,Bo,north,sales,2025-01-01\n"));
    let loaded = rig.load(&["reps"]);
    assert_eq!(accounts(&loaded)[1], "reps/2.csv loaded* 40=2+38+0");
    assert_eq!(loaded.files[1].message.as_deref(), Some("2 of the 40 rows of reps are not in it and are retired"));
    assert_eq!(loaded.changed_tables, ["reps"]);
    let stands = rig.rows("reps", &["rep_id", "name"]);
    assert_eq!((stands.len(), &*stands[0], &*stands[3], &*stands[38]), (39, "R002,Al", "R005,Bo", "R040,Al"));
    // The older snapshot still has what was retired.
    assert_eq!(scan("reps", &old[0], &["rep_id"]).unwrap().map(|b| b.unwrap().num_rows()).sum::<usize>(), 40);

    // Several in one run: each is the whole table in its turn; the second brings R041, the third retires it.
    rig.file("reps/3.csv", &reps(2..42));
    rig.file("reps/4.csv", &reps(2..41));
    let loaded = rig.load(&["reps"]);
    assert_eq!(accounts(&loaded)[2..], ["reps/3.csv loaded* 40=2+38+0", "reps/4.csv loaded* 39=0+39+0"]);
    assert!(ids(&rig).ends_with("R039 R040"));
    // Only retired rows: the table changes all the same.
    rig.file("reps/5.csv", &reps(3..41));
    assert_eq!(rig.load(&["reps"]).changed_tables, ["reps"]);
    assert!(ids(&rig).starts_with("R003"));
}

#[test]
fn a_file_that_would_retire_too_many_is_refused() {
    let mut rig = rig("reps", "mode = \"full\"");
    rig.file("reps/1.csv", &reps(0..40));
    rig.load(&["reps"]);
    let before = rig.bytes("reps");
    // Cut short: three of forty lack. One row of it is bad by itself.
    rig.file("reps/2.csv", &(reps(0..37) + "R099,,north,sales,2025-01-01\n"));
    rig.file("reps/3.csv", HEAD);
    rig.file("reps/4.csv", "");
    let loaded = rig.load(&["reps"]);
    assert_eq!(
        accounts(&loaded)[1..],
        ["reps/2.csv refused* 38=0+0+38", "reps/3.csv refused* 0=0+0+0", "reps/4.csv refused* 0=0+0+0"]
    );
    let why = loaded.files[1].message.as_deref().unwrap();
    assert!(why.starts_with("it lacks 3 of the 40 rows of reps, over max_shrink = 0.05;"), "{why}");
    assert!(loaded.files[1].is_left_out() && loaded.changed_tables.is_empty());
    assert_eq!(rig.bytes("reps"), before);
    let quarantine = rig.quarantine();
    assert_eq!(quarantine.len(), 38);
    assert_eq!(quarantine[0], "2 reps/2.csv:2 - file_refused R000,Al,north,sales,2025-01-01");
    assert_eq!(quarantine[37], "2 reps/2.csv:39 name missing R099,,north,sales,2025-01-01");
    // Known by its bytes, it fails no later night.
    std::fs::rename(rig.project.storage.incoming.join("reps/2.csv"), rig.file("reps/9.csv", "")).unwrap();
    let again = rig.load(&["reps"]);
    assert_eq!(accounts(&again)[3], "reps/9.csv skipped* 0=0+0+0");

    // When so many did go, the setting says so; a table may even become empty, and filled again.
    rig.project.sources.get_mut("reps").unwrap().max_shrink = 1.0;
    rig.file("reps/5.csv", &(HEAD.to_string() + "\n"));
    assert_eq!(accounts(&rig.load(&["reps"]))[3], "reps/5.csv loaded* 0=0+0+0");
    assert_eq!(ids(&rig), "");
    rig.file("reps/6.csv", &reps(7..8));
    rig.load(&["reps"]);
    assert_eq!(ids(&rig), "R007");
}

#[test]
fn a_refused_row_is_not_lacking() {
    let mut rig = rig("reps", "mode = \"full\"\nmax_shrink = 0.1\nnull_values = [\"-\"]");
    rig.file("reps/1.csv", &reps(0..40));
    rig.load(&["reps"]);
    // R000 is bad, so it stays as it was; R001 is gone.
    rig.file("reps/2.csv", &(reps(2..40) + "R000,Al,north,boss,2025-01-01\n"));
    let loaded = rig.load(&["reps"]);
    assert_eq!(accounts(&loaded)[1], "reps/2.csv loaded* 39=0+38+1");
    assert!(ids(&rig).starts_with("R000 R002 R003"));
    // R002 and R003 lack, but one row cannot be told: nothing is retired.
    for (n, unreadable) in
        ["x\n", "-,Al,north,sales,2025-01-01\n", "\"R003,Al,north,sales,2025-01-01\n"].iter().enumerate()
    {
        let path = format!("reps/3{n}.csv");
        rig.file(&path, &(reps([0].into_iter().chain(4..40)) + unreadable));
        let loaded = rig.load(&["reps"]);
        let file = loaded.files.iter().find(|f| f.path == path).unwrap();
        assert!(file.message.as_deref().unwrap().contains("not in it, but stay: 1 of its rows"), "{:?}", file.message);
        assert!(ids(&rig).starts_with("R000 R002 R003"));
    }
    // Nor does it excuse a file that lacks too many besides.
    rig.file("reps/4.csv", &(reps(6..40) + "x\n"));
    let loaded = rig.load(&["reps"]);
    assert_eq!(accounts(&loaded).last().unwrap(), "reps/4.csv refused* 35=0+0+35");
}
