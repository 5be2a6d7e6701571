//! Every mart against its brute-force twin, on random portals, days, zones and graces.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot read")]

#[path = "support/mod.rs"]
mod support;
#[path = "twins/mod.rs"]
mod twins;

use std::collections::BTreeSet;

use support::days::{Day, day};
use support::portal::{Company, Contract, Portal};
use support::project::Project;
use support::random::Random;
use twins::sheet::{Cell, Expected};
use twins::{activity, backtest, health, market, movement, orphans, renewal, retention, risk, value};

type Twin = fn(&Portal, Day) -> Expected;

const TWINS: [Twin; 18] = [
    activity::member_day,
    activity::click_source_day,
    activity::ad_slot_day,
    activity::source_day,
    renewal::renewals,
    renewal::deals,
    renewal::renewal_rates,
    risk::renewal_risk,
    backtest::renewal_backtest,
    backtest::renewal_calibration,
    backtest::renewal_reasons,
    market::market_share,
    value::client_value,
    value::concentration,
    retention::retention_curve,
    movement::member_movement,
    health::member_health,
    orphans::orphans,
];

/// The day about which the data lie, one well inside them, and one from long before the first event.
fn days_of(p: &Portal, seed: u64) -> Vec<Day> {
    let mut days = vec![p.main, p.main - 40];
    if seed.is_multiple_of(3) {
        days.push(p.main - 400);
    }
    days
}

/// Seeds may be given by `TWIN_SEEDS=3,7`.
fn seeds(of: std::ops::Range<u64>) -> Vec<u64> {
    match std::env::var("TWIN_SEEDS") {
        Ok(list) => list.split(',').map(|s| s.parse().unwrap()).filter(|s| of.contains(s)).collect(),
        Err(_) => of.collect(),
    }
}

fn compare(of: std::ops::Range<u64>) {
    let mut found = Vec::new();
    for seed in seeds(of) {
        let p = Portal::random(seed);
        let project = Project::loaded(&p);
        for as_of in days_of(&p, seed) {
            for twin in TWINS {
                let expected = twin(&p, as_of);
                let got = project.table(expected.table, as_of);
                if expected.table == "member_movement" {
                    found.extend(movement::gaps(&got));
                }
                let place = format!("seed {seed}, as of {}, grace {}: ", support::days::text(as_of), p.grace);
                found.extend(expected.differences(&got).into_iter().take(4).map(|d| place.clone() + &d));
            }
        }
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

#[test]
fn marts_equal_their_twins_on_the_first_portals() {
    compare(0..8);
}

#[test]
fn marts_equal_their_twins_on_the_other_portals() {
    compare(8..15);
}

/// Lists are published on some days by the pipeline that may; what became of them is asked on the main day and before.
#[test]
fn the_record_of_published_lists_equals_its_twin() {
    let nightly = "as_of = \"yesterday\"\ningest = []\nmarts = []\n[[report]]\nname = \"renewal_risk\"\n\
                   formats = [\"csv\"]\npath = \"{report}/{as_of}/{report}-{split}.{ext}\"\n";
    let mut seen = BTreeSet::new();
    for seed in seeds(0..3) {
        let p = Portal::random(seed);
        let project = Project::loaded(&p);
        std::fs::write(project.path("pipelines/nightly.toml"), nightly).unwrap();
        for before in [0, 30, 150, 160, 260, 400] {
            let as_of = support::days::text(p.main - before);
            let output = project.command().args(["run", "nightly", "--as-of", &as_of, "--now", &project.now]).output();
            project.must(&output.unwrap(), "run nightly");
        }
        for as_of in [p.main, p.main - 40] {
            let expected = backtest::risk_track(&p, as_of, &project.table("risk_published", as_of));
            let found = expected.differences(&project.table("risk_track", as_of));
            assert!(found.is_empty(), "seed {seed}: {found:?}");
            let cells = expected.rows.iter().flatten();
            seen.extend(cells.filter(|(name, _)| *name == "final").map(|(_, cell)| cell.to_string()));
        }
    }
    assert_eq!(seen.len(), 2, "final and open months");
}

/// Comparisons prove little on cases that do not occur: every word of every list does, and every null that may.
#[test]
fn the_portals_show_every_case() {
    let mut seen = BTreeSet::new();
    for seed in 0..15 {
        let p = Portal::random(seed);
        for as_of in days_of(&p, seed) {
            for twin in TWINS {
                let expected = twin(&p, as_of);
                let cells = expected.rows.iter().flatten();
                seen.extend(cells.map(|(name, cell)| format!("{}.{name}={cell}", expected.table)));
            }
        }
    }
    let cases = [
        ("deals.deal_type", "void trial addon renewal new parallel won_back"),
        ("renewals.status", "renewed active pending lapsed"),
        ("renewal_rates.final", "true false"),
        ("renewal_rates.net_retention", " 0"),
        ("renewal_risk.risk_band", "high medium low"),
        ("renewal_risk.holdout", "true false"),
        ("renewal_risk.service_rep_id", " stranger"),
        ("renewal_backtest.auc", " 0.5"),
        ("renewal_backtest.n", "0 1"),
        ("renewal_calibration.n", "1 2"),
        ("source_day.status", "closed missing low ok"),
        ("source_day.expected", " 20"),
        ("member_health.in_force", "true false"),
        ("member_health.peer_group", "segment_plan segment all"),
        (
            "member_health.weakest_metric",
            " shop_clicks visitors ad_clicks contact_views messages inquiries aftersale_calls",
        ),
        ("member_health.missing_days", "0 1"),
        ("market_share.under_penetrated", "true false"),
        ("market_share.share_change_like", " 0"),
        ("client_value.class", "A B C"),
        ("concentration.gini", " 0"),
        ("retention_curve.cohort", "2024 all"),
        ("retention_curve.renewal", "1 2 3"),
        ("client_value.expected_lifetime_value", "0.00"),
        ("member_movement.new", "0 1"),
        ("member_movement.won_back", "0 1"),
        ("member_movement.lost", "0 1"),
    ];
    for (column, words) in cases {
        for word in words.split(' ') {
            assert!(seen.contains(&format!("{column}={word}")), "no portal shows {column} = `{word}`");
        }
    }
}

fn contract(id: &str, dates: [&str; 3], amount: i128) -> Contract {
    Contract {
        id: id.to_string(),
        company_id: "m".to_string(),
        plan: "gold".to_string(),
        kind: Some("membership"),
        start: day(dates[0]),
        end: day(dates[1]),
        signed: day(dates[2]),
        amount,
        cost: None,
        rep_id: None,
        cancelled_on: None,
        refund: None,
    }
}

fn cell(expected: &Expected, key: &str, column: &str) -> Cell {
    let row = expected.rows.iter().find(|r| r[0].1 == Cell::from(key)).unwrap();
    row.iter().find(|(name, _)| *name == column).unwrap().1.clone()
}

/// Enough lapses for a model: companies of differing loyalty that began in five years, in two plans, some of them still running.
fn loyal_and_fickle() -> Portal {
    let mut p = Portal::empty("2026-05-20");
    let r = &mut Random::new(11);
    for i in 0..260 {
        let company = format!("m{i:03}");
        let plan = if i % 4 == 0 { "silver" } else { "gold" };
        // Chances of renewal of 40 to 97 % that a company keeps; the mean of two makes few extremes.
        let chance = (r.range(40, 97) + r.range(40, 97)) / 2;
        let mut start = p.main - r.range(30, 1800);
        for n in 0..6 {
            let mut c = contract(&format!("{company}-{n}"), ["2025-01-01"; 3], i128::from(r.range(50_000, 900_000)));
            (c.company_id, c.plan) = (company.clone(), plan.to_string());
            (c.start, c.end, c.signed) = (start, start + 364, start - r.range(0, 20));
            start = c.end + 1 + r.range(-10, 20);
            p.contracts.push(c);
            if start > p.main || !r.chance(chance) {
                break;
            }
        }
        let segment = ["a", "b", "c"][i % 3].to_string();
        p.companies.push(Company {
            id: company,
            segment,
            region: None,
            size: "small",
            listed_on: None,
            registered_on: None,
            sales_rep_id: None,
            service_rep_id: None,
        });
    }
    p
}

/// The random portals are too small for it: the model of all cohorts, and lifetimes by it.
#[test]
fn curves_with_a_model_equal_their_twins() {
    retention::assert_published();
    let p = loyal_and_fickle();
    let project = Project::loaded(&p);
    let mut models = BTreeSet::new();
    // The last day of a grace and the day after it: pending, then matured.
    let open = p.contracts.iter().map(|c| c.end + p.grace).find(|d| *d < p.main).unwrap();
    for as_of in [p.main, p.main - 200, p.main - 1400, open, open + 1] {
        let curve = project.table("retention_curve", as_of);
        models.extend(curve.cells("sbg_alpha").iter().map(|cell| cell.to_string()));
        for expected in
            [retention::retention_curve, movement::member_movement, value::client_value].map(|t| t(&p, as_of))
        {
            let found = expected.differences(&project.table(expected.table, as_of));
            assert!(found.is_empty(), "{}: {:?}", found.len(), &found[..found.len().min(6)]);
        }
        assert_eq!(movement::gaps(&project.table("member_movement", as_of)), Vec::<String>::new());
    }
    assert!(models.len() > 2 && models.contains(""), "{models:?}");
}

/// Two years of 2025, 100.00 and 200.00, renewed by one contract of 100.01 a year:
/// 100.01 × 1/3 = 33.3366…, 100.01 × 2/3 = 66.6733…; to the cent 33.33 + 66.67 = 100.00, the cent left
/// goes to the greater remainder, .66, that is to the first: 33.34 and 66.67.
#[test]
fn one_renewal_is_shared_to_the_cent() {
    let mut p = Portal::empty("2026-03-15");
    p.contracts = vec![
        contract("a", ["2025-01-01", "2025-12-31", "2024-12-01"], 10_000),
        contract("b", ["2025-01-01", "2025-12-31", "2024-12-01"], 20_000),
        contract("d", ["2026-01-30", "2027-01-29", "2026-01-30"], 10_001),
    ];
    let got = renewal::renewals(&p, day("2026-03-15"));
    assert_eq!(cell(&got, "a", "renewed_annual_amount"), Cell::Money(3_334));
    assert_eq!(cell(&got, "b", "renewed_annual_amount"), Cell::Money(6_667));
    assert_eq!(cell(&got, "a", "renewed_by"), Cell::from("d"));
    // 30 January is the last day of grace; the day before its signature nothing is known of it.
    let got = renewal::renewals(&p, day("2026-01-29"));
    assert_eq!(cell(&got, "a", "status"), Cell::from("pending"));
    // A day later it would be too late, and both lapsed.
    p.contracts[2].start = day("2026-01-31");
    let got = renewal::renewals(&p, day("2026-03-15"));
    assert_eq!(cell(&got, "a", "status"), Cell::from("lapsed"));
    assert_eq!(cell(&renewal::deals(&p, day("2026-03-15")), "d", "deal_type"), Cell::from("won_back"));
}

/// 547 days are 1.4976 years, so one; 548 are 1.5003, so two: 100.01 a year or 50.01 (50.005 away from zero).
#[test]
fn years_and_half_cents_round_away_from_zero() {
    let mut p = Portal::empty("2026-03-15");
    p.contracts = vec![
        contract("one", ["2024-01-01", "2025-06-30", "2024-01-01"], 10_001),
        contract("two", ["2024-01-01", "2025-07-01", "2024-01-01"], 10_001),
    ];
    assert_eq!(p.contracts[0].end - p.contracts[0].start + 1, 547);
    let got = renewal::deals(&p, day("2026-03-15"));
    assert_eq!(cell(&got, "one", "annual_amount"), Cell::Money(10_001));
    assert_eq!(cell(&got, "two", "annual_amount"), Cell::Money(5_001));
}

/// 365.00 with a cost of 73.00 over 365 days, 100 of them in the window of 365 days: 100.00 and 80.00.
/// Cancelled after 50 days with 265.00 back: 100.00 all inside, profit 27.00.
#[test]
fn revenue_is_spread_over_effective_days() {
    let mut p = Portal::empty("2026-04-10");
    p.contracts = vec![contract("a", ["2026-01-01", "2026-12-31", "2025-12-01"], 36_500)];
    p.contracts[0].cost = Some(7_300);
    // 2026-01-01 … 2026-04-10 are 31 + 28 + 31 + 10 = 100 days.
    let got = value::clients(&p, day("2026-04-10"));
    assert_eq!((got[0].revenue, got[0].profit, got[0].annual, got[0].tenure), (10_000, 8_000, 36_500, 99));
    p.contracts[0].cancelled_on = Some(day("2026-02-20"));
    p.contracts[0].refund = Some(26_500);
    let got = value::clients(&p, day("2026-04-10"));
    assert_eq!((got[0].revenue, got[0].profit, got[0].annual), (10_000, 2_700, 0));
}

/// R's ineq package, example of Gini: 0.4620911.
#[test]
fn gini_of_a_published_example() {
    let profits = [22_261, 11_904, 8_304, 6_392, 5_401, 4_437, 3_438, 2_445, 1_463, 541];
    let row = value::concentrated("all", "all", &profits);
    let Cell::Float(gini) = row[6].1 else { panic!("{row:?}") };
    assert!((gini - 0.462_091_1).abs() < 1e-7);
    // 22261 + 11904 of 66586; 22261 + 11904 + 8304 + 6392 = 48861 < 53268.8 <= 54262: five make 80 %.
    assert_eq!(row[4].1, Cell::Float(34_165.0 / 66_586.0));
    assert_eq!(row[5].1, Cell::Int(5));
}

/// Wilson, Newcombe 1998 table I method 3: 81 of 263 gives 0.255289 to 0.366210.
#[test]
fn wilson_of_a_published_example() {
    let (low, high) = twins::sheet::wilson(81, 263);
    assert!((low.unwrap() - 0.255_289).abs() < 1e-6 && (high.unwrap() - 0.366_210).abs() < 1e-6);
}
