//! Rows of ids that were erased, when they come again.

use super::sources::{rig, settings};
use crate::domain::Micros;
use crate::ingest::erased::{Kind, digest};
use crate::ingest::rig::{Rig, accounts};
use crate::lake::ErasedRow;

const HEAD: &str = "event_id,ts,company_id,visitor_id\n";

fn erase(rig: &Rig, kind: Kind, id: &str) {
    let mut lake = rig.lake();
    lake.begin().unwrap();
    let id_hash = digest(kind, id).as_str().into();
    let row = ErasedRow { run_id: 1, kind: kind.word().into(), id_hash, source: "".into(), rows: 0 };
    lake.ledger().add_erased(&row).unwrap();
    lake.commit(Micros(0), "erase").unwrap();
}

/// Whatever the file calls it, and were the row bad for another reason: nothing of it is kept, and it is no bad row.
#[test]
fn an_erased_id_is_known_by_what_the_settings_make_of_it() {
    let mut rig =
        rig("messages", "values.company_id = { \"S-one\" = \"C1\" }\nvalues.visitor_id = { \"g\" = \"guest\" }");
    erase(&rig, Kind::Company, "C1");
    erase(&rig, Kind::Visitor, "guest");
    let bad: String = (0..12).map(|n| format!("b{n},never,S-one,v\n")).collect();
    rig.file("messages/1.csv", &format!("{HEAD}{bad}b12,never,C1,v\nb13,never,C2,g\ng1,2026-07-01 10:00:00,C2,v\n"));
    assert_eq!(accounts(&rig.load(&["messages"])), ["messages/1.csv loaded* 15=1+0+14"]);
    let quarantine = rig.quarantine();
    assert!(quarantine.iter().all(|row| row.ends_with("erased -")), "{quarantine:?}");
    assert!(quarantine[13].contains("visitor_id"), "{}", quarantine[13]);

    // A file that is all of one company.
    rig.project.sources.insert("messages", settings("messages", "constants = { company_id = \"C1\" }"));
    rig.file("messages/2.csv", "event_id,ts,visitor_id\nx,never,v\n");
    rig.load(&["messages"]);
    assert_eq!(rig.quarantine()[14], "2 messages/2.csv:2 company_id erased -");
}

/// Of equal rows of a log the one beside an erased one keeps its id: it is not loaded a second time.
#[test]
fn an_erased_row_of_a_log_without_ids_leaves_the_others_theirs() {
    let mut rig = rig("messages", "event_id = [\"ts\", \"company_id\"]");
    let log = "ts,company_id,visitor_id\n2026-07-01 10:00:00,C1,vA\n2026-07-01 10:00:00,C1,vB\n";
    rig.file("messages/1.csv", log);
    assert_eq!(accounts(&rig.load(&["messages"])), ["messages/1.csv loaded* 2=2+0+0"]);
    erase(&rig, Kind::Visitor, "vA");
    rig.file("messages/2.csv", &format!("{log}2026-07-01 10:00:01,C1,vB\n"));
    assert_eq!(accounts(&rig.load(&["messages"]))[1], "messages/2.csv loaded* 3=1+1+1");
}
