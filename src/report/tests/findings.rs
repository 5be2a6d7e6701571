//! The findings of a portal whose every number is known by hand.

use std::fmt::Write;

use super::*;

/// As of 2026-09-30, (then and now) of each segment's companies:
///
/// | | members 2025-09-30 | 2026-06-30 | 2026-09-30 | universe |
/// |---|---|---|---|---|
/// | A | 10 | 10 | 30 | 60 |
/// | B | 20 | 20 | 22 | 60 |
/// | C | 30 | 30 | 10 | 60 |
/// | D | 30 | 30 | 30 | 60, since 2026 estimated at 200 |
/// | E | 18 | 18 | 18 | 20 |
///
/// Of D four members and five others are large. Twenty of C end on 2026-07-31 for good. Of E's twenty that ended on 2025-06-30 eighteen renewed, and did again in July 2026.
fn portal() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let incoming = dir.path().join("incoming");
    fs::create_dir_all(&incoming).unwrap();
    let mut companies = String::from("company_id,name,segment,size,registered_on\n");
    for (segment, n) in [("A", 60), ("B", 60), ("C", 60), ("D", 60), ("E", 20)] {
        for i in 1..=n {
            let size = if segment == "D" && (i <= 4 || i > 55) { "large" } else { "small" };
            writeln!(companies, "{segment}{i:02},Firm {segment}{i:02},{segment},{size},2025-01-01").unwrap();
        }
    }
    let mut contracts = String::from("contract_id,company_id,plan,kind,start_date,end_date,signed_on,amount,cost\n");
    let mut sign = |segment: &str, first: i32, last: i32, start: &str, end: &str, amount: &str| {
        for i in first..=last {
            let signed = day(start) - 10;
            writeln!(
                contracts,
                "K{segment}{i:02}-{start},{segment}{i:02},basic,membership,{start},{end},{signed},{amount},0"
            )
            .unwrap();
        }
    };
    for (segment, n) in [("A", 10), ("B", 20), ("C", 10), ("D", 30)] {
        sign(segment, 1, n, "2025-01-01", "2027-12-31", "3000");
    }
    sign("C", 11, 30, "2025-01-01", "2026-07-31", "500");
    sign("A", 11, 30, "2026-08-01", "2027-07-31", "1000");
    sign("B", 21, 22, "2026-08-01", "2027-07-31", "1000");
    sign("E", 1, 20, "2024-07-01", "2025-06-30", "1000");
    sign("E", 1, 18, "2025-07-01", "2026-07-31", "1000");
    sign("E", 1, 18, "2026-08-01", "2027-07-31", "1000");
    fs::write(incoming.join("companies.csv"), companies).unwrap();
    fs::write(incoming.join("contracts.csv"), contracts).unwrap();
    fs::write(incoming.join("market_estimates.csv"), "segment,year,companies\nD,2026,200\n").unwrap();
    let mut lake = load(dir.path());
    lake.commit(now(), "test").unwrap();
    lake.publish_copy().unwrap();
    dir
}

fn findings(root: &Path, as_of: &str, language: Language) -> Vec<String> {
    let mut project = project(root);
    project.language = language;
    let lake = Lake::open_reader(&project.storage.lake).unwrap().unwrap();
    let visible = Visible::at(&lake, &project, day(as_of)).unwrap();
    let marts = Marts::of(&visible);
    let config = ReportConfig {
        name: "strategy_review".into(),
        audience: Audience::AfterSales,
        formats: vec![ReportFormat::Json],
        split_by: None,
        path: "-".into(),
    };
    let files = render(&config, &marts, &ReportContext { now: now(), banners: &[], summary: None }).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&files[0].file.bytes).unwrap();
    let lines = json["findings"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_string());
    lines.collect()
}

/// Intervals by a calculator of Newcombe's method 10 outside of this program.
#[test]
fn findings_are_the_ones_worked_by_hand() {
    let dir = portal();
    let lines = findings(dir.path(), "2026-09-30", Language::En);
    let says = |n: usize, parts: &[&str]| {
        for part in parts {
            assert!(lines[n].contains(part), "expected {part}, found\n{}", lines[n]);
        }
    };
    assert_eq!(lines.len(), 5, "{lines:#?}");
    says(
        0,
        &[
            "110 of 400 companies are members: 27.5%",
            "Against 2026-Q2, of 5 segments, won: A (10 of 60 to 30 of 60, +33.3 points, 95 % interval +16.6 to +47.6); \
         lost: C (30 of 60 to 10 of 60, −33.3 points, 95 % interval −47.6 to −16.6).",
            "Against 2025-Q3, of 5 segments, won: A (10 of 60 to 30 of 60, +33.3 points, 95 % interval +16.6 to +47.6); \
         lost: D by the size of its market, not by members (30 of 60 to 30 of 200, −35.0 points, 95 % interval −48.0 to −21.5), \
         C (30 of 60 to 10 of 60, −33.3 points, 95 % interval −47.6 to −16.6).",
        ],
    );
    // 27.5 % of 200 are 55, 25 more than there are, each worth 1,000 a year.
    says(
        1,
        &[
            "Under-penetrated segments: 1.",
            "27.5% of all",
            "CNY 25k a year",
            "D (15.0%, CNY 25k, large companies to win: 5)",
        ],
    );
    // 70 clients bring 1,000 each; twenty 500 × 304 / 577, twenty-two 1,000 × 61 / 365, eighteen 1,000 × (304 / 396 + 61 / 365):
    // 95,771.67 together, of which the ten best bring 10.44 %, and 70 + 8 clients make 80 %.
    says(
        2,
        &[
            "78 of 130 clients make 80 % of it",
            "With the 10 best CNY 10k would leave, 10.4% of the profit: Firm A01 (CNY 1k), Firm A02 (CNY 1k), \
             Firm A03 (CNY 1k) and 7 more.",
            "The 78 clients of class A bring CNY 77.5k",
        ],
    );
    says(
        3,
        &[
            "from May 26 to Jul 26, 18 of 38 renewed: 47.4%",
            "18 of 20, 90.0%: less than by chance (−42.6 points, 95 % interval −59.2 to −17.3)",
        ],
    );
    says(
        4,
        &[
            "108 members became 110: 22 new, 0 won back, 20 lost",
            "most of it by this: new, CNY 22k.",
            "15.4% were lost, in the same quarter a year before 1.8%: more than by chance (+13.6 points, 95 % interval +6.6 to +20.9)",
        ],
    );
}

/// A quarter later nothing has moved: that is said, and no segment is named.
#[test]
fn where_nothing_differs_that_is_said() {
    let dir = portal();
    let lines = findings(dir.path(), "2026-12-31", Language::En);
    assert!(
        lines[0].contains("Against 2026-Q3 the share of none of 5 segments changed beyond chance."),
        "{}",
        lines[0]
    );
    assert!(lines[4].contains("no difference beyond chance"), "{}", lines[4]);
    assert!(lines[4].contains("to CNY") && !lines[4].contains("most of it"), "{}", lines[4]);
}

/// Before anything was there: one sentence, no figure, in every language.
#[test]
fn without_figures_there_is_no_finding() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("incoming")).unwrap();
    for (file, text) in [
        ("companies.csv", "company_id,name,segment,size,listed_on\nX1,Firm,s,small,2026-01-01\n"),
        (
            "contracts.csv",
            "contract_id,company_id,plan,kind,start_date,end_date,signed_on,amount\n\
             K1,X1,basic,membership,2026-02-01,2027-01-31,2026-01-20,1\n",
        ),
    ] {
        fs::write(dir.path().join("incoming").join(file), text).unwrap();
    }
    let mut lake = load(dir.path());
    lake.commit(now(), "test").unwrap();
    lake.publish_copy().unwrap();
    for (language, said) in [
        (Language::En, "There are no figures yet that a finding could rest on."),
        (Language::ZhHans, "还没有可以支撑结论的数字。"),
        (Language::ZhHant, "還沒有可以支撐結論的數字。"),
    ] {
        assert_eq!(findings(dir.path(), "2024-01-31", language), [said]);
    }
}
