//! One lake in two states, worked out by hand.

use super::contracts::{FieldChange, SegmentChange, Term};
use super::*;
use crate::domain::{Cents, Micros};
use crate::ingest::rig::Rig;

const CONTRACTS: &str = "contract_id,company_id,plan,start_date,end_date,signed_on,amount,cost,cancelled_on,refund\n";
const SOURCES_READ: [&str; 4] = ["companies", "contracts", "market_estimates", "shop_clicks"];

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// A lake whose review of 31 March was published by its first run.
fn published() -> Rig {
    let mut rig = Rig::new();
    rig.file("companies/1.csv", "company_id,name,segment,size\nA,A,tools,small\nB,B,paper,small\n");
    let contracts = "P1,A,basic,2026-01-01,2026-12-31,2025-12-20,1200,,,\n\
                     P2,A,extra,2026-02-01,2026-06-30,2026-01-20,100,,,\n\
                     P3,B,gold,2026-01-01,2026-12-31,2025-12-20,2400,,,\n\
                     P4,Z,gold,2026-01-01,2026-12-31,2026-02-10,500,,,\n\
                     P5,B,gold,2026-05-01,2027-04-30,2026-03-20,10,,,\n";
    rig.file("contracts/1.csv", &format!("{CONTRACTS}{contracts}"));
    rig.file("shop_clicks/1.csv", "event_id,ts,company_id,click_source\ne1,2026-03-01 10:00:00,A,search\n");
    rig.load(&SOURCES_READ);
    let mut lake = rig.lake();
    let at = Micros::parse_rfc3339("2026-07-10T12:00:00+08:00").unwrap();
    let snapshot = lake.snapshot().unwrap();
    lake.begin().unwrap();
    let publication = |as_of: &str, run_id| Publication {
        report: REVIEW.into(),
        as_of: day(as_of),
        run_id,
        at,
        snapshot,
        configuration: "".into(),
    };
    lake.ledger().add_publication(&publication("2026-03-31", 1)).unwrap();
    // Neither of the day itself nor of a later one.
    lake.ledger().add_publication(&publication("2026-06-30", 1)).unwrap();
    lake.commit(at, "test").unwrap();
    lake.publish_copy().unwrap();
    rig
}

fn restated(rig: &Rig) -> Restated {
    let lake = rig.lake();
    lake.publish_copy().unwrap();
    let visible = Visible::at(&lake, &rig.project, day("2026-06-30")).unwrap();
    let restated = Restated::of(&Marts::of(&visible)).unwrap();
    assert_eq!(restated.last.as_ref().map(|p| p.as_of), Some(day("2026-03-31")));
    Rc::unwrap_or_clone(restated)
}

/// P3 was cancelled before the day, P5 only after it. P1 ends before P2, which so is no add-on any more. P4 was entered
/// under the wrong company, whom nobody else knew.
#[test]
fn what_was_corrected_of_a_day_is_told_and_nothing_that_came_after_it() {
    let mut rig = published();
    assert_eq!(restated(&rig).state, State::Kept(Box::default()));
    rig.file("companies/2.csv", "company_id,name,segment,size\nB,B,tools,small\nN,N,paper,small\n");
    let contracts = "P1,A,basic,2026-01-01,2026-05-31,2025-12-20,1200,,,\n\
                     P3,B,gold,2026-01-01,2026-12-31,2025-12-20,2400,300,2026-03-15,1000\n\
                     P4,A,gold,2026-01-01,2026-12-31,2026-02-10,500,,,\n\
                     P5,B,gold,2026-05-01,2027-04-30,2026-03-20,10,,2026-04-10,5\n";
    rig.file("contracts/2.csv", &format!("{CONTRACTS}{contracts}"));
    rig.file("market_estimates/1.csv", "segment,year,companies\ntools,2026,100\ntools,2027,120\n");
    let clicks = "e2,2026-02-20 10:00:00,A,search\ne3,2026-03-01 11:00:00,A,search\ne4,2026-04-01 10:00:00,A,search\n";
    rig.file("shop_clicks/2.csv", &format!("event_id,ts,company_id,click_source\n{clicks}"));
    rig.load(&SOURCES_READ);
    let State::Kept(found) = restated(&rig).state else { panic!("the state is kept") };
    let late = Late { source: "shop_clicks", rows: 2, days: 2, first: day("2026-02-20"), last: day("2026-03-01") };
    assert_eq!(found.late, [late]);
    let told: Vec<(&str, Vec<FieldChange>, i128)> = found
        .corrections
        .contracts
        .iter()
        .map(|c| (&*c.contract_id, c.fields.clone(), (c.annual_now - c.annual_then).0))
        .collect();
    let field = |field, then, now| FieldChange { field, then, now };
    let ends = [Some(Term::Date(day("2026-12-31"))), Some(Term::Date(day("2026-05-31")))];
    let classes = [Some(Term::Class("addon")), Some(Term::Class("membership"))];
    let companies = [Some(Term::Id("Z".into())), Some(Term::Id("A".into()))];
    let [(end_then, end_now), (class_then, class_now), (company_then, company_now)] =
        [ends, classes, companies].map(|[then, now]| (then, now));
    let cancelled = vec![
        field("cost", None, Some(Term::Money(Cents(300_00)))),
        field("cancelled_on", None, Some(Term::Date(day("2026-03-15")))),
        field("refund", None, Some(Term::Money(Cents(1000_00)))),
    ];
    // 2400 less the refund of 1000 is 1400 a year: the greatest change first.
    let expected = [
        ("P3", cancelled, -1000_00),
        ("P1", vec![field("end", end_then, end_now)], 0),
        ("P2", vec![field("class", class_then, class_now)], 0),
        ("P4", vec![field("company", company_then, company_now)], 0),
    ];
    assert_eq!(told, expected);
    assert_eq!(found.corrections.counts(), [("added", 0), ("corrected", 4), ("withdrawn", 0)]);
    let moved = SegmentChange { company_id: "B".into(), then: "paper".into(), now: "tools".into() };
    assert_eq!(found.corrections.segments, [moved]);
    // N came, Z is named by no contract any more; the estimate of 2027 is not of the day's time.
    let counts = &found.corrections;
    assert_eq!((counts.companies_added, counts.companies_withdrawn, counts.estimates), (1, 1, 1));
}

/// Without the snapshot only the files since are known.
#[test]
fn a_state_that_is_not_kept_leaves_the_files_since() {
    let mut rig = published();
    rig.file("shop_clicks/2.csv", "event_id,ts,company_id,click_source\ne2,2026-02-20 10:00:00,A,search\n");
    rig.load(&SOURCES_READ);
    let mut lake = rig.lake();
    lake.begin().unwrap();
    let late = Micros::parse_rfc3339("2027-07-10T12:00:00+08:00").unwrap();
    assert!(lake.expire(late, &BTreeSet::new()).unwrap().snapshots > 0);
    lake.commit(late, "test").unwrap();
    drop(lake);
    let taken = TakenIn { source: "shop_clicks".into(), files: 1, rows: 1 };
    assert_eq!(restated(&rig).state, State::GivenUp(vec![taken]));
}
