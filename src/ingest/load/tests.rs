mod erased;
mod full;
mod sources;

use super::super::rig::{Rig, accounts, columns};

const HEAD: &str = "event_id,ts,company_id,visitor_id,excluded\n";

/// A file of messages from rows `id,time,company,excluded` of 2026-07.
fn messages(rows: &[(&str, &str, &str, &str)]) -> String {
    let row = |(id, at, company, excluded): &(&str, &str, &str, &str)| {
        format!("{id},2026-07-{at}:00+08:00,{company},v1,{excluded}\n")
    };
    HEAD.to_string() + &rows.iter().map(row).collect::<String>()
}

/// `n` good rows with ids from `first`, on the first of July.
fn good(first: usize, n: usize) -> String {
    (first..first + n).map(|i| format!("g{i:05},2026-07-01T08:00:00+08:00,C{},v1,\n", i % 7)).collect()
}

#[test]
fn duplicates_conflicts_and_a_word_taken_over() {
    let mut rig = Rig::new();
    let a = [("a", "01T10:00", "C1", ""), ("b", "01T11:00", "C1", ""), ("c", "02T09:00", "C2", "bot")];
    rig.file("messages/1.csv", &messages(&a));
    // In the same run: equal but for `excluded`; another company; the same id on another day.
    let b = [
        ("a", "01T10:00", "C1", "spam"),
        ("b", "01T11:00", "C9", ""),
        ("c", "03T09:00", "C2", ""),
        ("d", "02T10:00", "C1", ""),
    ];
    rig.file("messages/2.csv", &messages(&b));
    let loaded = rig.load(&["messages"]);
    assert_eq!(accounts(&loaded), ["messages/1.csv loaded* 3=3+0+0", "messages/2.csv loaded* 4=1+1+2"]);
    let stands = ["a,C1,spam,2026-07-01", "b,C1,,2026-07-01", "d,C1,,2026-07-02", "c,C2,bot,2026-07-02"];
    let shown = ["event_id", "company_id", "excluded", "event_date"];
    assert_eq!(rig.rows("messages", &shown), stands);
    assert_eq!(
        rig.quarantine(),
        [
            "1 messages/2.csv:3 event_id id_conflict b,2026-07-01T11:00:00+08:00,C9,v1,",
            "1 messages/2.csv:4 event_id id_conflict c,2026-07-03T09:00:00+08:00,C2,v1,",
        ]
    );

    // In a later run: a duplicate, a later word, an id of another day; a null takes nothing over.
    let c = [
        ("d", "02T10:00", "C1", ""),
        ("b", "01T11:00", "C1", "own"),
        ("a", "01T10:00", "C1", ""),
        ("c", "04T09:00", "C2", ""),
    ];
    rig.file("messages/0.csv", &messages(&c));
    let loaded = rig.load(&["messages"]);
    assert_eq!(
        accounts(&loaded),
        ["messages/0.csv loaded* 4=0+3+1", "messages/1.csv skipped 0=0+0+0", "messages/2.csv skipped 0=0+0+0"]
    );
    assert_eq!(loaded.touched["messages"].iter().map(|d| d.to_string()).collect::<Vec<_>>(), ["2026-07-01"]);
    let stands = ["a,C1,spam,2026-07-01", "b,C1,own,2026-07-01", "d,C1,,2026-07-02", "c,C2,bot,2026-07-02"];
    assert_eq!(rig.rows("messages", &shown), stands);
}

#[test]
fn late_rows_add_a_file_and_time_is_compared_as_an_instant() {
    let mut rig = Rig::new();
    rig.file("messages/1.csv", &messages(&[("a", "01T10:00", "C1", "")]));
    rig.load(&["messages"]);
    // The same instant in another offset, columns in another order, no visitor column at all in a further file.
    rig.file(
        "messages/2.csv",
        "ts,event_id,visitor_id,company_id\n2026-07-01T02:00:00Z,a,v1,C1\n2026-07-01 09:00:00,z,,C0\n",
    );
    rig.file("messages/3.csv", "ts,event_id,company_id\n2026-07-01T09:00:00,z,C0\n");
    let loaded = rig.load(&["messages"]);
    assert_eq!(accounts(&loaded)[1..], ["messages/2.csv loaded* 2=1+1+0", "messages/3.csv loaded* 1=0+1+0"]);
    assert_eq!(rig.lake().files("messages", None).unwrap().len(), 2);
    assert_eq!(rig.rows("messages", &["event_id", "ts"]), ["a,2026-07-01T02:00:00Z", "z,2026-07-01T01:00:00Z"]);
}

#[test]
fn a_refused_file_uses_up_no_id() {
    let mut rig = Rig::new();
    // 12 of 40 rows are bad: 11 times no time, one conflict within the file.
    let bad: String = (0..11).map(|i| format!("x{i},yesterday,C1,v1,\n")).collect();
    let conflict = "g00001,2026-07-01T08:00:00+08:00,C9,v1,\n";
    rig.file("messages/1.csv", &(HEAD.to_string() + &good(0, 28) + &bad + conflict));
    rig.file("messages/2.csv", &(HEAD.to_string() + conflict));
    let loaded = rig.load(&["messages"]);
    assert_eq!(accounts(&loaded), ["messages/1.csv refused* 40=0+0+40", "messages/2.csv loaded* 1=1+0+0"]);
    let reasons: Vec<(&str, u64)> = loaded.files[0].reasons.iter().map(|(r, n)| (r.word(), *n)).collect();
    assert_eq!(reasons, [("bad_time", 11), ("id_conflict", 1), ("file_refused", 28)]);
    assert_eq!(rig.rows("messages", &["event_id", "company_id"]), ["g00001,C9"]);
    let quarantine = rig.quarantine();
    assert_eq!(quarantine.len(), 40);
    assert_eq!(quarantine[0], "1 messages/1.csv:2 - file_refused g00000,2026-07-01T08:00:00+08:00,C0,v1,");
    assert_eq!(quarantine[39], format!("1 messages/1.csv:41 event_id id_conflict {}", conflict.trim_end()));

    // Refused once, its bytes are skipped wherever they come from.
    std::fs::rename(rig.project.storage.incoming.join("messages/1.csv"), rig.file("messages/9.csv", "")).unwrap();
    assert_eq!(accounts(&rig.load(&["messages"]))[1], "messages/9.csv skipped* 0=0+0+0");
    assert_eq!(accounts(&rig.load(&["messages"]))[1], "messages/9.csv skipped 0=0+0+0");
}

#[test]
fn a_second_run_loads_nothing_and_known_bytes_are_skipped_once_recorded() {
    let mut rig = Rig::new();
    let text = messages(&[("a", "01T10:00", "C1", "")]);
    rig.file("messages/1.csv", &text);
    rig.file("messages/2.csv", &text);
    rig.file("messages/3.csv", HEAD);
    rig.file("messages/4.csv", HEAD);
    let first = ["messages/1.csv loaded* 1=1+0+0", "messages/2.csv skipped* 0=0+0+0"];
    let empty = ["messages/3.csv loaded* 0=0+0+0", "messages/4.csv loaded* 0=0+0+0"];
    assert_eq!(accounts(&rig.load(&["messages"])), [first, empty].concat());
    let again = rig.load(&["messages"]);
    assert!(again.files.iter().all(|f| f.status.word() == "skipped" && !f.recorded) && again.touched.is_empty());
    // Touched, but the same bytes at the same paths.
    for path in ["messages/1.csv", "messages/3.csv"] {
        let disk = rig.project.storage.incoming.join(path);
        let other = std::time::SystemTime::UNIX_EPOCH;
        std::fs::File::options().write(true).open(disk).unwrap().set_modified(other).unwrap();
    }
    let again = rig.load(&["messages"]);
    assert!(again.files.iter().all(|f| f.status.word() == "skipped" && !f.recorded));
    assert_eq!(rig.lake().ledger().files().unwrap().len(), 4);
}

#[test]
fn an_unreadable_end_refuses_the_file_with_no_rows() {
    let mut rig = Rig::new();
    let text = HEAD.to_string() + &good(0, 3000);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gz, text.as_bytes()).unwrap();
    let whole = gz.finish().unwrap();
    std::fs::write(rig.file("messages/1.csv.gz", ""), &whole[..whole.len() - 9]).unwrap();
    rig.file("messages/2.csv", &(HEAD.to_string() + &good(5, 2)));
    rig.file("messages/3.csv", "event_id,ts\nq,2026-07-01T00:00:00Z\n");
    let loaded = rig.load(&["messages"]);
    assert_eq!(
        accounts(&loaded),
        ["messages/1.csv.gz refused* 0=0+0+0", "messages/2.csv loaded* 2=2+0+0", "messages/3.csv refused* 0=0+0+0"]
    );
    assert!(loaded.files[2].message.as_deref().unwrap().contains("company_id"));
    assert_eq!(rig.rows("messages", &["event_id"]).len(), 2);
}

/// Three files that repeat, contradict and correct each other over a dozen days.
fn tangled(rig: &Rig) {
    for file in 0..3u32 {
        let row = |i: u32| {
            let n = (i * 7 + file * 100) % 450;
            let (company, word) = (if n % 50 == file { "C8" } else { "C3" }, if n % 9 == file { "own" } else { "" });
            format!("e{n:03},2026-06-{:02}T{:02}:00:00+08:00,{company},v{},{word}\n", 1 + n % 12, n % 24, n % 5)
        };
        rig.file(&format!("messages/{file}.csv"), &(HEAD.to_string() + &(0..300).map(row).collect::<String>()));
    }
}

#[test]
fn threads_change_no_byte_windows_and_spills_no_row() {
    let run = |threads, budget| {
        let mut rig = Rig::new();
        (rig.threads, rig.budget) = (threads, budget);
        tangled(&rig);
        let mut accounted = accounts(&rig.load(&["messages"]));
        // The first file once more as another export, with one row more, and one excluded late.
        let first = std::fs::read_to_string(rig.project.storage.incoming.join("messages/0.csv")).unwrap();
        let more = first.replacen(",v0,\n", ",v0,late\n", 1) + "new,2026-06-03T00:00:00Z,C1,,\n";
        rig.file("messages/8.csv", &more);
        accounted.extend(accounts(&rig.load(&["messages"])));
        let mut rows = rig.rows("messages", &columns("messages"));
        rows.sort();
        (accounted, rig.bytes("messages"), rows, rig.quarantine())
    };
    let one = run(1, super::MEMORY_BUDGET);
    assert_eq!(one.2.len(), 401);
    assert!(one.0.contains(&"messages/8.csv loaded* 301=1+300+0".to_string()), "{:?}", one.0);
    assert!(!one.3.is_empty() && ["own", "late"].iter().all(|w| one.2.iter().any(|r| r.contains(w))));
    assert!(one == run(2, super::MEMORY_BUDGET), "bytes differ");
    for (threads, budget) in [(2, 1), (7, 60_000)] {
        let (accounted, _, rows, quarantined) = run(threads, budget);
        assert_eq!((&accounted, &rows, &quarantined), (&one.0, &one.2, &one.3));
    }
}

const REPS: &str = "rep_id,name,team,role,hired_on,left_on,daily_call_quota\n";

#[test]
fn a_table_is_upserted_in_file_order() {
    let mut rig = Rig::new();
    let a = format!(
        "{REPS}R2,Bo,north,sales,2025-01-01,,80\nR1,Al,north,sales,2025-01-01,,80\nR2,Bo,north,sales,2025-01-01,,80\n"
    );
    let b = format!("{REPS}R1,Al,south,sales,2025-01-01,,80.5\nR3,Cy,north,sales,2025-01-01,2026-06-30,\n");
    rig.file("reps/1.csv", &a);
    rig.file("reps/2.csv", &b);
    rig.file("reps/3.csv", &b);
    let loaded = rig.load(&["reps"]);
    assert_eq!(
        accounts(&loaded),
        ["reps/1.csv loaded* 3=2+1+0", "reps/2.csv loaded* 2=2+0+0", "reps/3.csv skipped* 0=0+0+0"]
    );
    let shown = ["rep_id", "team", "left_on", "daily_call_quota"];
    assert_eq!(rig.rows("reps", &shown), ["R1,south,,80.5", "R2,north,,80", "R3,north,2026-06-30,"]);
    assert_eq!(loaded.changed_tables, ["reps"]);

    // A again where B was: the table last loaded B, so it loads, and R1 is back in the north.
    rig.file("reps/2.csv", &a);
    let loaded = rig.load(&["reps"]);
    assert_eq!(accounts(&loaded)[1], "reps/2.csv loaded* 3=1+2+0");
    assert_eq!(rig.rows("reps", &shown)[0], "R1,north,,80");
    // Rows that are all there: loaded, nothing changes.
    rig.file("reps/4.csv", &format!("{REPS}R2,Bo,north,sales,2025-01-01,,80.0\n"));
    let loaded = rig.load(&["reps"]);
    assert_eq!(accounts(&loaded)[3], "reps/4.csv loaded* 1=0+1+0");
    assert!(loaded.changed_tables.is_empty());
    assert_eq!(rig.lake().files("reps", None).unwrap().len(), 1);
}

#[test]
fn a_null_is_a_key_value_of_targets_and_a_refused_table_file_changes_nothing() {
    let mut rig = Rig::new();
    rig.file("targets.csv", "period,rep_id,amount\n2026,,100\n2026,R1,40\n2026-07,,9.5\n2026,,120\n");
    assert_eq!(accounts(&rig.load(&["targets"])), ["targets.csv loaded* 4=4+0+0"]);
    let rows = ["2026,,120.00", "2026,R1,40.00", "2026-07,,9.50"];
    assert_eq!(rig.rows("targets", &["period", "rep_id", "amount"]), rows);
    let bad = "2026-13,R1,1\n".repeat(11);
    rig.file("targets-2.csv", &format!("period,rep_id,amount\n2026,R1,41\n{bad}"));
    let loaded = rig.load(&["targets"]);
    assert_eq!(accounts(&loaded), ["targets-2.csv refused* 12=0+0+12", "targets.csv skipped 0=0+0+0"]);
    assert_eq!(rig.rows("targets", &["period", "rep_id", "amount"]), rows);
    assert_eq!(rig.quarantine()[0], "2 targets-2.csv:2 - file_refused 2026,R1,41");
}
