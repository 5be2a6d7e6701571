//! What the next strategy review says of the last one: which of its figures read differently now, and why.
//!
//! The figures are worked out by hand, from four companies and a handful of contracts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot read")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

const COMPANIES: &str = "company_id,name,segment,size\n";
const CONTRACTS: &str = "contract_id,company_id,plan,start_date,end_date,signed_on,amount,cost,cancelled_on\n";
const CLICKS: &str = "event_id,ts,company_id,click_source\n";

struct Shop {
    dir: tempfile::TempDir,
}

impl Shop {
    /// Four companies, three of them members on 31 March 2026.
    fn new(settings: &str) -> Shop {
        let shop = Shop { dir: tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap() };
        shop.write("shoppulse.toml", &format!("[storage]\nsettle_seconds = 0\n{settings}"));
        let load = "as_of = \"yesterday\"\nmarts = []\n";
        shop.write("pipelines/load.toml", load);
        let report = "[[report]]\nname = \"strategy_review\"\nformats = [\"html\", \"csv\", \"xlsx\"]\npath = \"{as_of}/{report}.{ext}\"\n";
        shop.write("pipelines/review.toml", &format!("{load}{report}"));
        let companies =
            "A1,Firm A1,tools,small\nA2,Firm A2,tools,small\nA3,Firm A3,tools,small\nB1,Firm B1,paper,small\n";
        shop.write("incoming/companies/1.csv", &format!("{COMPANIES}{companies}"));
        let contracts = "K1,A1,basic,2025-04-01,2026-03-31,2025-03-20,1000,400,\n\
                         K2,A2,basic,2025-07-01,2026-06-30,2025-06-20,1200,,\n\
                         K3,B1,gold,2026-01-01,2026-12-31,2025-12-20,2400,,\n\
                         K4,A3,basic,2025-02-15,2026-02-14,2025-02-01,900,,\n";
        shop.write("incoming/contracts/1.csv", &format!("{CONTRACTS}{contracts}"));
        shop.clicks(1, &[("2026-03-01", 4), ("2026-03-02", 4), ("2026-03-03", 4)]);
        shop
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn clicks(&self, file: i32, days: &[(&str, i32)]) {
        let click = |day: &str, n: i32| format!("e{file}-{day}-{n},{day} 10:00:00,A1,search\n");
        let rows: String = days.iter().flat_map(|(day, n)| (0..*n).map(move |n| click(day, n))).collect();
        self.write(&format!("incoming/shop_clicks/{file}.csv"), &format!("{CLICKS}{rows}"));
    }

    fn run(&self, pipeline: &str, on: &str, more: &[&str]) {
        let mut program = Command::new(env!("CARGO_BIN_EXE_shoppulse"));
        let now = format!("{on}T06:00:00+08:00");
        program.arg("--project").arg(self.dir.path()).args(["run", pipeline, "--now", &now]).args(more);
        let Output { status, stderr, .. } = program.output().unwrap();
        assert!(matches!(status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&stderr));
    }

    fn review(&self, as_of: &str, on: &str) {
        self.run("review", on, &["--as-of", as_of]);
    }

    /// Every file of a review by name.
    fn files(&self, as_of: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let folder = fs::read_dir(self.dir.path().join("reports").join(as_of)).unwrap();
        folder.map(|e| e.unwrap().path()).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    /// Some columns of a table of a review, as `a|b|c`.
    fn table(&self, as_of: &str, name: &str, columns: &[&str]) -> Vec<String> {
        let path = self.dir.path().join(format!("reports/{as_of}/strategy_review-{name}.csv"));
        let mut reader = csv::Reader::from_path(path).unwrap();
        let head = reader.headers().unwrap().clone();
        let at: Vec<usize> = columns.iter().map(|c| head.iter().position(|h| h == *c).unwrap()).collect();
        let row = |r: csv::StringRecord| at.iter().map(|n| r[*n].to_string()).collect::<Vec<_>>().join("|");
        reader.records().map(|r| row(r.unwrap())).collect()
    }

    fn figures(&self, as_of: &str) -> Vec<String> {
        self.table(as_of, "restated", &["metric", "period", "segment", "said_then", "known_now"])
    }

    fn contracts(&self, as_of: &str) -> Vec<String> {
        let columns = ["contract_id", "restated_cause", "term", "said_then", "known_now"];
        self.table(as_of, "restated_contracts", &columns)
    }

    fn late(&self, as_of: &str) -> Vec<String> {
        let columns = ["source", "late_rows", "late_days", "oldest_day", "newest_day"];
        self.table(as_of, "restated_late", &columns)
    }

    fn page(&self, as_of: &str) -> String {
        fs::read_to_string(self.dir.path().join(format!("reports/{as_of}/strategy_review.html"))).unwrap()
    }

    fn says(&self, as_of: &str, text: &str) {
        assert!(self.page(as_of).contains(text), "{as_of} does not say: {text}");
    }
}

/// K2 turns out to run to 30 September for 1,500; K5, which renewed K4, comes late; so do five clicks of two days. What
/// happened in the second quarter (K6, the cancellation of K3, clicks in May) restates nothing.
///
/// Revenue of the 365 days to 31 March, by days in the window / days of the contract:
///
/// | | then | now |
/// |---|---|---|
/// | A1 | 1000 × 365/365 = 1000.00, cost 400 | the same |
/// | A2 | 1200 × 274/365 = 900.82 | 1500 × 274/457 = 899.34 |
/// | A3 | 900 × 320/365 = 789.04 | 900 × 320/365 + 1100 × 40/365 = 909.59 |
/// | B1 | 2400 × 90/365 = 591.78 | the same |
#[test]
fn what_came_late_is_told_with_what_it_changed() {
    let shop = Shop::new("");
    shop.review("2026-03-31", "2026-04-08");
    shop.says("2026-03-31", "No strategy review of an earlier day was published");
    assert!(shop.figures("2026-03-31").is_empty());

    let contracts = "K2,A2,basic,2025-07-01,2026-09-30,2025-06-20,1500,,\n\
                     K3,B1,gold,2026-01-01,2026-12-31,2025-12-20,2400,,2026-05-10\n\
                     K5,A3,basic,2026-02-20,2027-02-19,2026-02-10,1100,,\n\
                     K6,A1,basic,2026-05-01,2027-04-30,2026-05-01,1300,,\n";
    shop.write("incoming/contracts/2.csv", &format!("{CONTRACTS}{contracts}"));
    shop.clicks(2, &[("2026-02-10", 2), ("2026-03-02", 3), ("2026-05-05", 7)]);
    shop.run("load", "2026-05-20", &[]);
    shop.review("2026-06-30", "2026-07-08");
    let expected = [
        "members|2026-Q1|all|3|4",
        "members_lost|2026-Q1|all|1|0",
        "closing_annual|2026-Q1|all|4600.00|6000.00",
        "revenue|2026-Q1|all|3281.64|3400.71",
        "profit|2026-Q1|all|2881.64|3000.71",
        "renewed|2026-02|all|0|1",
        "share|2026-Q1|all|0.75|1",
        "members|2026-Q1|tools|2|3",
        "members_lost|2026-Q1|tools|1|0",
        "closing_annual|2026-Q1|tools|2200.00|3600.00",
        "revenue|2026-Q1|tools|2689.86|2808.93",
        "profit|2026-Q1|tools|2289.86|2408.93",
        "renewed|2026-02|tools|0|1",
        "share|2026-Q1|tools|0.6666666666666666|1",
    ];
    assert_eq!(shop.figures("2026-06-30"), expected);
    assert_eq!(shop.late("2026-06-30"), ["shop_clicks|5|2|2026-02-10|2026-03-02"]);
    let expected = [
        "K5|added|start||2026-02-20",
        "K5|added|end||2027-02-19",
        "K5|added|amount||1100.00",
        "K2|corrected|end|2026-06-30|2026-09-30",
        "K2|corrected|amount|1200.00|1500.00",
    ];
    assert_eq!(shop.contracts("2026-06-30"), expected);
    shop.says("2026-06-30", "that of 2026-03-31, published on 2026-04-08");
    shop.says("2026-06-30", "Figures that read differently now: 14, of them 7 of the whole.");
    let why = "since then: events that came late (5), contracts added (1), contracts corrected (1).";
    shop.says("2026-06-30", why);
    // The same review again is the same bytes, whatever its clock.
    let before = shop.files("2026-06-30");
    assert!(before.len() > 20, "{}", before.len());
    shop.review("2026-06-30", "2026-07-09");
    assert!(shop.files("2026-06-30") == before);

    // The first review, published anew, says what is known now: nothing is left to restate.
    shop.review("2026-03-31", "2026-07-10");
    shop.review("2026-06-30", "2026-07-11");
    shop.says("2026-06-30", "that of 2026-03-31, published on 2026-07-10");
    assert!(shop.figures("2026-06-30").is_empty() && shop.late("2026-06-30").is_empty());
}

/// B1 goes over to tools with its 2400 a year: figures of the segments differ, none of the whole. K4 is withdrawn by a
/// later date of signature, and a row of a year that is over changes nothing that is printed.
#[test]
fn a_company_in_another_segment_and_nothing_at_all() {
    let shop = Shop::new("");
    shop.review("2026-03-31", "2026-04-08");
    shop.clicks(2, &[("2026-05-05", 7)]);
    shop.review("2026-06-30", "2026-07-08");
    assert!(shop.figures("2026-06-30").is_empty() && shop.contracts("2026-06-30").is_empty());
    shop.says("2026-06-30", "No figure of that review reads differently now.");
    shop.says("2026-06-30", "No row dated on or before 2026-03-31 came late, was corrected or was withdrawn.");

    shop.write("incoming/companies/2.csv", &format!("{COMPANIES}B1,Firm B1,tools,small\n"));
    shop.write("incoming/contracts/2.csv", &format!("{CONTRACTS}K4,A3,basic,2025-02-15,2026-02-14,2026-07-20,900,,\n"));
    shop.review("2026-09-30", "2026-10-08");
    let columns = ["company_id", "segment_then", "segment_now"];
    assert_eq!(shop.table("2026-09-30", "restated_segments", &columns), ["B1|paper|tools"]);
    let withdrawn = ["start|2025-02-15|", "end|2026-02-14|", "amount|900.00|"];
    assert_eq!(shop.contracts("2026-09-30"), withdrawn.map(|line| format!("K4|withdrawn|{line}")));
    let figures = shop.figures("2026-09-30");
    assert!(figures.contains(&"closing_annual|2026-Q2|paper|2400.00|0.00".to_string()), "{figures:#?}");
    assert!(figures.contains(&"due|2026-02|all|1|0".to_string()), "{figures:#?}");
    assert!(!figures.iter().any(|f| f.starts_with("closing_annual|2026-Q2|all")), "{figures:#?}");
    // Two of the three members are left at the end of June; K1 has ended.
    assert!(figures.contains(&"members|2026-Q2|tools|1|2".to_string()), "{figures:#?}");
}

/// A review of a day that is no month's end: the lake gives its state up after 30 days.
#[test]
fn a_state_that_was_given_up_is_said_to_be() {
    let shop = Shop::new("[retention]\nsnapshots_days = 30\nreports_days = 30\n");
    shop.review("2026-03-30", "2026-04-08");
    shop.clicks(2, &[("2026-02-10", 2)]);
    shop.run("load", "2026-04-20", &[]);
    shop.clicks(3, &[("2026-03-02", 3), ("2026-05-05", 7)]);
    shop.run("load", "2026-06-20", &[]);
    shop.review("2026-06-30", "2026-07-08");
    shop.says(
        "2026-06-30",
        "that of 2026-03-30, published on 2026-04-08. The state of the lake of that time is not kept",
    );
    shop.says("2026-06-30", "taken in since: shop clicks 12 rows in 2 files.");
    assert!(shop.figures("2026-06-30").is_empty());
    assert!(!shop.page("2026-06-30").contains("No figure of that review"));
}

/// Reviews of two days made in one run are held against each other as those of two runs are.
#[test]
fn a_span_of_days_says_what_two_runs_say() {
    let shop = Shop::new("");
    shop.run("review", "2026-07-08", &["--from", "2026-06-29", "--to", "2026-06-30"]);
    shop.says("2026-06-30", "that of 2026-06-29, published on 2026-07-08");
    let before = shop.files("2026-06-30");
    shop.review("2026-06-30", "2026-07-08");
    assert!(shop.files("2026-06-30") == before);
}

/// Rows of the quarter, refused ones by reason since the last review, unknown ids.
#[test]
fn the_quality_of_the_quarter_is_told() {
    let shop = Shop::new("");
    shop.write("incoming/shop_clicks/0.csv", &format!("{CLICKS},2026-03-01 10:00:00,A1,search\n"));
    shop.review("2026-03-31", "2026-04-08");
    let rows = |as_of| {
        shop.table(as_of, "quality_sources", &["source", "quarter_rows", "refused_rows", "orphan_ids", "orphan_rows"])
    };
    let refused = |as_of| shop.table(as_of, "quality_refused", &["source", "refusal", "refused_rows"]);
    assert_eq!(rows("2026-03-31"), ["shop_clicks|12|1|0|0", "contracts|0|0|0|0"]);
    assert_eq!(refused("2026-03-31"), ["shop_clicks|missing|1"]);

    let bad = "b1,when,A1,search\nb2,2026-05-01 10:00:00,A1,\ng1,2026-05-01 10:00:00,Z9,search\ng2,2026-05-02 10:00:00,Z9,search\n";
    shop.write("incoming/shop_clicks/2.csv", &format!("{CLICKS}{bad}"));
    shop.review("2026-06-30", "2026-07-08");
    assert_eq!(rows("2026-06-30"), ["shop_clicks|2|2|1|2", "contracts|0|0|0|0"]);
    assert_eq!(refused("2026-06-30"), ["shop_clicks|bad_time|1", "shop_clicks|missing|1"]);
}
