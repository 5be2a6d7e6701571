use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;

use super::*;
use crate::domain::Micros;
use crate::ingest::rig::Rig;

fn rig(mode: VisitorIds) -> Rig {
    let mut rig = Rig::new();
    rig.project.privacy.visitor_ids = mode;
    rig
}

/// How the project's visitors are kept, or why they cannot be.
fn opened(rig: &Rig) -> Result<Personal, String> {
    let lake = rig.writer(Micros(0));
    Personal::open(&rig.project.privacy, &lake.ledger(), true).map(|(p, _)| p).map_err(|e| e.to_string())
}

/// BLAKE3's own test vectors: keyed, input of one and of two bytes `00`, `00 01`.
#[test]
fn ids_are_hashed_by_the_key() {
    let mut key = [0; KEY_BYTES];
    key.copy_from_slice(b"whats the Elvish word for friend");
    let hash = Personal { mode: VisitorIds::Hash, key: Key(key), erased: Erased::NONE };
    let drop = Personal { mode: VisitorIds::Drop, key: Key(key), erased: Erased::NONE };
    assert_eq!(hash.token("\0"), "6d7878dfff2f485635d39013278ae14f");
    assert_eq!(hash.token("\0\u{1}"), "5392ddae0e0a69d5f40160462cbd9bd8");
    let id = || Value::Text(Cow::Borrowed("v1"));
    let token = hash.token("v1");
    let kept = |personal: &Personal, value| personal.stored(personal.hidden(value));
    assert_eq!((kept(&hash, id()), kept(&drop, id())), (Value::Text(token.clone()), Value::Null));
    assert_eq!((kept(&hash, Value::Null), kept(&PLAIN, id())), (Value::Null, id()));
    // What is derived from an id is the same whether the id itself is kept or not.
    assert_eq!((drop.token("v1"), PLAIN.token("v1")), (token, "v1".into()));
}

const HEAD: &str = "event_id,ts,visitor_id,company_id,excluded\n";

/// Files whose rows are good, bad in each way, in conflict, and in a file that is refused; every visitor is `SECRET…`.
fn drop_files(rig: &Rig) {
    let long = "x".repeat(128);
    let csv = [
        HEAD,
        "a,2026-07-01 10:00:00,SECRET1,C1,\n",
        "b,never,SECRET2,C1,\n",
        "c,never,\"SECRET\"\"3\",C1,\n",
        "d,2026-07-01 10:00:00,SECRET4,C1\n",
        "e,2026-07-01 10:00:00,\"SECRET5,C1,\n",
        "a,2026-07-01 11:00:00,SECRET6,C1,\n",
        &format!("f,2026-07-01 11:00:00,SECRET7{long},C1,\n"),
        "g,never,,C1,\n",
        "a,2026-07-01 10:00:00,SECRET1,C1,\n",
    ];
    rig.file("messages/1.csv", &csv.concat());
    // Bad bytes beside a visitor that can be told apart.
    let mut bytes = format!("{HEAD}h,2026-07-01 10:00:00,SECRET8,C").into_bytes();
    bytes.extend_from_slice(b"\xff,\n");
    let refused = rig.file("messages/2.csv", "");
    std::fs::write(refused, bytes).unwrap();
    let json = [
        r#"{"event_id":"i","ts":"never","company_id":"C1","visitor_id":"SECRET9"}"#,
        r#"{"event_id":"j","ts":"never","company_id":"C1", "visitor\u005fid" : "SE\u0043RET10" }"#,
        r#"{"event_id":"k","ts":"2026-07-01 10:00:00","company_id":"C1","visitor_id":{"SECRET11":1}}"#,
        r#"{"event_id":"l","ts":"2026-07-01 10:00:00","company_id":"C1","visitor_id":"SECRET12","visitor_id":"SECRET13"}"#,
        r#"{"event_id":"m","visitor_id":"SECRET14"#,
    ];
    rig.file("messages/3.jsonl", &json.join("\n"));
    let column = |texts: [&str; 1]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
    let columns = [
        ("event_id", column(["n"])),
        ("ts", column(["never"])),
        ("company_id", column(["C1"])),
        ("visitor_id", column(["SECRET15"])),
    ];
    let rows = RecordBatch::try_from_iter(columns).unwrap();
    let mut file = ArrowWriter::try_new(Vec::new(), rows.schema(), None).unwrap();
    file.write(&rows).unwrap();
    std::fs::write(rig.project.storage.incoming.join("messages/4.parquet"), file.into_inner().unwrap()).unwrap();
    let bad: Vec<String> = (0..11).map(|n| format!("bad{n},never,SECRET16,C1,\n")).collect();
    rig.file("messages/5.csv", &format!("{HEAD}o,2026-07-01 10:00:00,SECRET17,C1,\n{}", bad.concat()));
}

#[test]
fn no_visitor_is_told_by_lake_or_quarantine() {
    for mode in [VisitorIds::Hash, VisitorIds::Drop, VisitorIds::Plain] {
        let mut rig = rig(mode);
        drop_files(&rig);
        let loaded = rig.load(&["messages"]);
        let read: u64 = loaded.files.iter().map(|f| f.rows_read).sum();
        let duplicate: u64 = loaded.files.iter().map(|f| f.rows_duplicate).sum();
        assert_eq!((read, duplicate), (28, 1), "{:?}", crate::ingest::rig::accounts(&loaded));
        let personal = opened(&rig).unwrap();
        let stored = rig.rows("messages", &["event_id", "visitor_id"]);
        let quarantine = rig.quarantine();
        let told = stored.iter().chain(&quarantine).any(|row| row.contains("SECRET"));
        assert_eq!(told, mode == VisitorIds::Plain, "{quarantine:#?}");
        let raw = |at: &str| {
            let found = quarantine.iter().find(|q| q.starts_with(&format!("1 messages/{at} "))).unwrap();
            found.splitn(5, ' ').nth(4).unwrap().to_string()
        };
        if mode == VisitorIds::Hash {
            assert_eq!(stored, [format!("a,{}", personal.token("SECRET1"))]);
            assert_eq!(raw("1.csv:3"), format!("b,never,{},C1,", personal.token("SECRET2")));
            assert_eq!(raw("1.csv:4"), format!("c,never,{},C1,", personal.token("SECRET\"3")));
            assert_eq!(raw("1.csv:7"), format!("a,2026-07-01 11:00:00,{},C1,", personal.token("SECRET6")));
            assert_eq!(raw("2.csv:2"), format!("h,2026-07-01 10:00:00,{},C\\xFF,", personal.token("SECRET8")));
            assert!(raw("3.jsonl:1").ends_with(&format!("\"visitor_id\":\"{}\"}}", personal.token("SECRET9"))));
            assert!(raw("3.jsonl:2").ends_with(&format!("id\" : \"{}\" }}", personal.token("SECRET10"))));
            assert!(raw("4.parquet:1").contains(&*personal.token("SECRET15")));
            assert_eq!(raw("5.csv:2"), format!("o,2026-07-01 10:00:00,{},C1,", personal.token("SECRET17")));
        }
        if mode == VisitorIds::Drop {
            assert_eq!(stored, ["a,"]);
            assert_eq!(raw("1.csv:3"), "b,never,,C1,");
            assert!(raw("3.jsonl:1").ends_with("\"visitor_id\":\"\"}"));
        }
        if mode != VisitorIds::Plain {
            assert_eq!(raw("1.csv:5"), "[32 bytes, not kept: they may hold a visitor_id; see the file]");
            assert_eq!(raw("1.csv:9"), "g,never,,C1,");
        }
    }
}

#[test]
fn mode_and_key_are_fixed_by_the_first_load_of_events() {
    let mut rig = rig(VisitorIds::Hash);
    rig.file("reps.csv", "rep_id,name,team,role,hired_on\nr1,A,t,sales,2020-01-01\n");
    rig.load(&["reps"]);
    rig.project.privacy.visitor_ids = VisitorIds::Plain;
    assert!(opened(&rig).is_ok(), "no events yet");
    rig.project.privacy.visitor_ids = VisitorIds::Hash;
    rig.file("messages/1.csv", &format!("{HEAD}a,2026-07-01 10:00:00,v1,C1,\n"));
    rig.load(&["messages"]);
    // The same row, delivered again under another name, is known.
    rig.file("messages/2.csv", &format!("{HEAD}a,2026-07-01 10:00:00,v1,C1,\n\n"));
    assert_eq!(rig.load(&["messages"]).files[1].rows_duplicate, 1);

    for mode in [VisitorIds::Plain, VisitorIds::Drop] {
        rig.project.privacy.visitor_ids = mode;
        let told = opened(&rig).unwrap_err();
        assert!(told.contains("set `visitor_ids = \"hash\"`"), "{told}");
    }
    rig.project.privacy.visitor_ids = VisitorIds::Hash;
    let path = rig.project.privacy.key_file.clone();
    let key = Key::read(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(opened(&rig).unwrap_err().contains("chmod 600"));
    std::fs::remove_file(&path).unwrap();
    assert!(opened(&rig).unwrap_err().contains("restore it from your backup"));
    assert!(!path.exists(), "no other key is made");
    Key::random().unwrap().write(&path).unwrap();
    assert!(opened(&rig).unwrap_err().contains("is another one"));
    std::fs::remove_file(&path).unwrap();
    key.write(&path).unwrap();
    assert!(opened(&rig).is_ok());
}

#[test]
fn a_lake_of_before_has_plain_ids() {
    let mut rig = rig(VisitorIds::Plain);
    rig.file("messages/1.csv", &format!("{HEAD}a,2026-07-01 10:00:00,v1,C1,\n"));
    rig.load(&["messages"]);
    let catalog = rusqlite::Connection::open(rig.project.storage.lake.join("catalog.sqlite")).unwrap();
    assert_eq!(catalog.execute("DELETE FROM shoppulse_state WHERE key = 'visitor_ids'", []).unwrap(), 1);
    drop(catalog);
    assert!(opened(&rig).is_ok());
    rig.project.privacy.visitor_ids = VisitorIds::Hash;
    let told = opened(&rig).unwrap_err();
    assert!(told.contains("set `visitor_ids = \"plain\"`"), "{told}");
    assert!(!rig.project.privacy.key_file.exists());
}
