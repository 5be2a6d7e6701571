use super::{differing, refresh};
use crate::domain::Micros;
use crate::ingest::rig::{Rig, columns};

const EVENTS: &[&str] = &["shop_clicks", "ad_clicks", "contact_views", "messages", "inquiries", "calls"];

/// Loads all event sources and refreshes what they touched; the days' files read again say the same as what was counted
/// while they were written.
fn load(rig: &mut Rig) -> super::RollupReport {
    let loaded = rig.load(EVENTS);
    let mut lake = rig.lake();
    lake.begin().unwrap();
    let report = refresh(&mut lake, &rig.project.storage.lake, &loaded.touched, &loaded.counted, rig.threads).unwrap();
    lake.commit(Micros(1), "roll up").unwrap();
    assert_eq!(differing(&rig.lake(), &Default::default(), rig.threads).unwrap(), Default::default());
    report
}

#[test]
fn a_day_counted_by_hand() {
    let mut rig = Rig::new();
    rig.file(
        "shop_clicks.csv",
        "event_id,ts,company_id,visitor_id,click_source,excluded\n\
         1,2026-07-01T00:00:00+08:00,B,v1,search,\n\
         2,2026-07-01T10:00:00+08:00,B,v1,Direct,\n\
         3,2026-07-01T11:00:00+08:00,B,v2,search,\n\
         4,2026-07-01T12:00:00+08:00,B,,search,\n\
         5,2026-07-01T13:00:00+08:00,B,v3,search,bot\n\
         6,2026-07-01T14:00:00+08:00,A,v1,search,\n\
         7,2026-07-01T15:00:00+08:00,D,v1,search,spam\n\
         8,2026-07-01T16:00:00Z,B,v1,search,\n",
    );
    rig.file(
        "ad_clicks.csv",
        "event_id,ts,company_id,ad_slot\n1,2026-07-01T09:00:00,B,Top\n2,2026-07-01T09:00:00,B,\n3,2026-07-01T09:00:00,B,unknown\n",
    );
    rig.file("contact_views.csv", "event_id,ts,company_id\n1,2026-07-01T09:00:00,A\n");
    rig.file("messages.csv", "event_id,ts,company_id,excluded\n1,2026-07-01T09:00:00,A,own\n");
    rig.file("inquiries.csv", "event_id,ts,company_id\n1,2026-07-01T09:00:00,C\n");
    rig.file(
        "calls.csv",
        "event_id,ts,rep_id,company_id,direction,duration_s,outcome,purpose\n\
         1,2026-07-01T09:00:00,R,E,outbound,60,connected,aftersale\n\
         2,2026-07-01T09:00:00,R,E,inbound,60,connected,presale\n\
         3,2026-07-01T09:00:00,R,F,outbound,0,no_answer,aftersale\n\
         4,2026-07-01T09:00:00,R,,outbound,60,connected,aftersale\n\
         5,2026-07-01T09:00:00,R,F,outbound,60,connected,\n",
    );
    let report = load(&mut rig);
    assert_eq!(report.days, 2);
    let member_day = [
        "2026-07-01,A,1,1,0,1,0,0,0",
        "2026-07-01,B,4,2,3,0,0,0,0",
        "2026-07-01,C,0,0,0,0,0,1,0",
        "2026-07-01,E,0,0,0,0,0,0,1",
        "2026-07-02,B,1,1,0,0,0,0,0",
    ];
    assert_eq!(rig.rows("member_day", &columns("member_day")), member_day);
    let by_source =
        ["2026-07-01,A,search,1", "2026-07-01,B,direct,1", "2026-07-01,B,search,3", "2026-07-02,B,search,1"];
    assert_eq!(rig.rows("click_source_day", &columns("click_source_day")), by_source);
    assert_eq!(rig.rows("ad_slot_day", &columns("ad_slot_day")), ["2026-07-01,B,Top,1", "2026-07-01,B,unknown,2"]);
    let source_day = [
        "2026-07-01,ad_clicks,3",
        "2026-07-01,calls,5",
        "2026-07-01,contact_views,1",
        "2026-07-01,inquiries,1",
        "2026-07-01,messages,1",
        "2026-07-01,shop_clicks,7",
        "2026-07-02,shop_clicks,1",
    ];
    assert_eq!(rig.rows("source_day", &columns("source_day")), source_day);

    // A late row and a click that turns out to be a bot: the day is counted anew, the other day stands.
    rig.file(
        "shop_clicks-late.csv",
        "event_id,ts,company_id,visitor_id,click_source,excluded\n\
         9,2026-07-01T23:00:00+08:00,B,v4,search,\n6,2026-07-01T14:00:00+08:00,A,v1,search,bot\n",
    );
    assert_eq!(load(&mut rig).days, 1);
    let rows = rig.rows("member_day", &columns("member_day"));
    assert_eq!(rows[..2], ["2026-07-01,A,0,0,0,1,0,0,0", "2026-07-01,B,5,3,3,0,0,0,0"]);
    assert_eq!(rig.lake().files("member_day", None).unwrap().len(), 2);
}

/// Loads folders one after the other and rolls each up; `SHOPPULSE_LOADS` names them, each with `incoming/`, separated
/// by `:`. Says CPU time and the peak of memory so far.
#[test]
#[ignore = "a measurement, not a check"]
#[allow(clippy::print_stderr)]
fn measure() {
    let cpu = || {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let field = |n: usize| stat.split(' ').nth(n).unwrap().parse::<f64>().unwrap() / 100.0;
        (field(13), field(14))
    };
    let report = |what: &str, before: (f64, f64)| {
        let (user, system) = cpu();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
        eprintln!("  {what}: user {:.2} s, system {:.2} s, {peak}", user - before.0, system - before.1);
    };
    let mut rig = Rig::new();
    rig.now = "2026-11-02T12:00:00+08:00";
    for folder in std::env::var("SHOPPULSE_LOADS").unwrap().split(':') {
        rig.project.storage.incoming = std::path::Path::new(folder).join("incoming");
        let before = cpu();
        let loaded = rig.load(EVENTS);
        let sum = |f: fn(&crate::ingest::load::FileOutcome) -> u64| loaded.files.iter().map(f).sum::<u64>();
        let (rows, duplicate) = (sum(|f| f.rows_loaded), sum(|f| f.rows_duplicate));
        eprintln!("{folder}: {} files, {rows} rows, {duplicate} duplicates; {:?}", loaded.files.len(), loaded.timings);
        report("load", before);
        let before = cpu();
        let mut lake = rig.lake();
        lake.begin().unwrap();
        let rollup =
            refresh(&mut lake, &rig.project.storage.lake, &loaded.touched, &loaded.counted, rig.threads).unwrap();
        lake.commit(Micros(1), "roll up").unwrap();
        report("roll up", before);
        eprintln!("  {rollup:?}");
    }
}
