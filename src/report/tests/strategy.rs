//! The strategy review: what it shows adds up, its parts can be reached, its drawings hold what they say.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::marts::concentration::ConcentrationRow;
use crate::marts::renewal_risk::RenewalRiskRow;

fn csv(files: &[Rendered], part: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = ::csv::Reader::from_reader(text(files, None, "csv", Some(part)).as_bytes());
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_string).collect();
    let row = |record: ::csv::StringRecord| head.iter().cloned().zip(record.iter().map(str::to_string)).collect();
    reader.records().map(|r| row(r.unwrap())).collect()
}

/// An amount in cents, or a count.
fn number(row: &BTreeMap<String, String>, key: &str) -> i128 {
    let text = &row[key];
    let cents = text.split_once('.').map(|(whole, cents)| format!("{whole}{cents}"));
    cents.unwrap_or_else(|| text.clone()).parse().unwrap()
}

const MOVES: [&str; 3] = ["movement_segments", "movement_quarters", "member_movement"];

#[test]
fn what_moved_adds_up_wherever_it_is_shown() {
    let files = made("strategy_review", Language::En, Audience::AfterSales);
    for part in MOVES {
        let rows = csv(&files, part);
        assert!(!rows.is_empty(), "{part}");
        for row in &rows {
            let of = |key| number(row, key);
            assert_eq!(of("opening") + of("new") + of("won_back") - of("lost"), of("closing"), "{part} {row:?}");
            let came = of("opening_amount") + of("new_amount") + of("won_back_amount") + of("expansion");
            assert_eq!(came - of("lost_amount") - of("contraction"), of("closing_amount"), "{part} {row:?}");
        }
    }
    // The bars: totals at both ends, what lies between leads from one to the other.
    for (part, key) in [("movement_members", "step_members"), ("movement_amounts", "step_amount")] {
        let bars: Vec<i128> = csv(&files, part).iter().map(|row| number(row, key)).collect();
        let (last, before) = bars.split_last().unwrap();
        assert_eq!(before.iter().sum::<i128>(), *last, "{part}");
        assert!(bars[0] > 0 && *last > 0, "{part}: {bars:?}");
    }
    // The segments of the quarter are all of it, and the quarter's months lead from its opening to its closing.
    let segments = csv(&files, "movement_segments");
    let (all, others): (Vec<_>, Vec<_>) = segments.iter().partition(|r| r["segment"] == "all");
    for key in ["opening", "new", "lost", "closing", "closing_amount", "expansion"] {
        assert_eq!(others.iter().map(|r| number(r, key)).sum::<i128>(), number(all[0], key), "{key}");
    }
    let quarters = csv(&files, "movement_quarters");
    for pair in quarters.windows(2) {
        assert_eq!(number(&pair[0], "closing"), number(&pair[1], "opening"));
    }
    let months = csv(&files, "member_movement");
    assert_eq!(months.iter().filter(|r| r["segment"] == "all").count(), 24);
    assert_eq!(number(all[0], "closing"), number(quarters.last().unwrap(), "closing"));
}

/// Every link within the page has its end there, every segment and the first thirty clients have theirs.
#[test]
fn every_segment_and_top_client_is_reached_without_a_script() {
    let files = made("strategy_review", Language::En, Audience::Management);
    let page = text(&files, None, "html", None);
    let after = |mark: &'static str| page.split(mark).skip(1).map(|rest| rest.split('"').next().unwrap());
    let ids: Vec<&str> = after(" id=\"").collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "an id stands twice");
    let links: BTreeSet<&str> = after("href=\"").collect();
    assert!(links.iter().all(|l| l.strip_prefix('#').is_some_and(|id| unique.contains(id))), "{links:?}");
    let shares = csv(&files, "market_share");
    let segments = shares.iter().filter(|r| r["segment"] != "all").count();
    assert!(segments > 5);
    for n in 1..=segments {
        assert!(links.contains(&*format!("#segment-{n}")), "segment {n}");
    }
    let clients = csv(&files, "client_value").len().min(30);
    for n in 1..=clients {
        assert!(links.contains(&*format!("#client-{n}")), "client {n}");
    }
    // Their tables are views of others: they are in no sheet and no CSV.
    let parts: Vec<_> = files.iter().filter_map(|r| r.file.part).collect();
    assert!(!parts.contains(&"segment_quarters") && !parts.contains(&"client_contracts"), "{parts:?}");
}

/// The quarters of the concentration are what the table says as of their ends.
#[test]
fn an_earlier_quarter_is_as_of_its_end() {
    let files = made("strategy_review", Language::En, Audience::AfterSales);
    let rows = csv(&files, "concentration_quarters");
    let quarters: Vec<&str> = rows.iter().map(|r| r["quarter"].as_str()).collect();
    assert_eq!((quarters.len(), quarters[0], quarters[7]), (8, "2025-Q1", "2026-Q4"));
    let project = project(PORTAL.path());
    let lake = Lake::open_reader(&project.storage.lake).unwrap().unwrap();
    for (at, end) in [(3, "2025-12-31"), (6, "2026-09-30"), (7, "2026-10-31")] {
        let visible = Visible::at(&lake, &project, day(end)).unwrap();
        let marts = Marts::of(&visible);
        let all = marts.rows::<ConcentrationRow>().unwrap().iter().find(|r| &*r.dimension == "all").cloned().unwrap();
        assert_eq!(
            (rows[at]["clients"].clone(), number(&rows[at], "profit")),
            (all.clients.to_string(), all.profit.0),
            "{end}"
        );
    }
}

/// A client that is held out has its renewal date, but neither probability nor amount at risk in any list.
#[test]
fn what_is_held_out_has_no_risk_in_the_lists() {
    let mut project = project(PORTAL.path());
    project.risk.holdout = 0.5;
    let lake = Lake::open_reader(&project.storage.lake).unwrap().unwrap();
    let visible = Visible::at(&lake, &project, day("2026-10-31")).unwrap();
    let marts = Marts::of(&visible);
    let formats = vec![ReportFormat::Csv];
    let config = ReportConfig {
        name: "strategy_review".into(),
        audience: Audience::Management,
        formats,
        split_by: None,
        path: "-".into(),
    };
    let files = render(&config, &marts, &ReportContext { now: now(), banners: &[], summary: None }).unwrap();
    let clients = csv(&files, "client_value");
    let risks = marts.rows::<RenewalRiskRow>().unwrap();
    let held: BTreeSet<&str> = risks.iter().filter(|r| r.holdout).map(|r| &*r.company_id).collect();
    let listed: BTreeSet<&str> = risks.iter().filter(|r| !r.holdout).map(|r| &*r.company_id).collect();
    let (mut without, mut with) = (0, 0);
    for client in &clients {
        let id = client["company_id"].as_str();
        if held.contains(id) {
            assert_eq!(
                (&*client["p_renew_client"], &*client["profit_at_risk"], &*client["risk_band"]),
                ("", "", ""),
                "{id}"
            );
            assert_ne!(client["renewal_on"], "", "{id}");
            without += 1;
        } else if listed.contains(id) {
            assert_ne!(client["p_renew_client"], "", "{id}");
            with += 1;
        }
    }
    assert!(without > 0 && with > 0, "{without} {with}");
}

/// Pages show amounts in one unit a table, named in the heads; CSV has them to the cent.
#[test]
fn a_page_names_the_unit_of_its_amounts() {
    for (language, unit) in
        [(Language::En, "(CNY\u{a0}k)"), (Language::ZhHans, "（万\u{a0}CNY）"), (Language::ZhHant, "（萬\u{a0}CNY）")]
    {
        let files = made("strategy_review", language, Audience::AfterSales);
        let page = text(&files, None, "html", None);
        assert!(page.contains(unit), "{unit}");
        let profit = &csv(&files, "client_value")[0]["profit"];
        assert!(profit.split_once('.').is_some_and(|(_, cents)| cents.len() == 2), "{profit}");
        let book = files.iter().find(|r| r.file.extension == "xlsx").unwrap();
        let sheets: String = unpacked(&book.file.bytes).into_iter().map(|(_, text)| text).collect();
        assert!(!sheets.contains(unit), "a sheet has amounts in the currency itself");
    }
}

/// The mix of clicks is the roll-up's, over members' days of the window alone.
#[test]
fn the_mix_of_clicks_is_that_of_members() {
    let files = made("strategy_review", Language::En, Audience::AfterSales);
    let project = project(PORTAL.path());
    let lake = Lake::open_reader(&project.storage.lake).unwrap().unwrap();
    let visible = Visible::at(&lake, &project, day("2026-10-31")).unwrap();
    let mut clicks: BTreeMap<String, i64> = BTreeMap::new();
    let mut others = 0;
    for row in visible.click_sources(day("2026-08-03")).unwrap() {
        let member = visible.company_of.get(&row.key[0]).is_some_and(|at| visible.is_member(*at, row.day));
        if member { *clicks.entry(row.key[1].to_string()).or_default() += row.count(0) } else { others += row.count(0) }
    }
    let rows = csv(&files, "click_mix");
    let all: BTreeMap<String, i64> = rows
        .iter()
        .filter(|r| r["segment"] == "all" && r["clicks_90d"] != "0")
        .map(|r| (r["click_source"].clone(), r["clicks_90d"].parse().unwrap()))
        .collect();
    assert_eq!(all, clicks);
    assert!(others > 0, "somebody who is no member is clicked too");
    // June and July are covered, May is not: nothing can be said of the 90 days before.
    assert!(rows.iter().all(|r| r["share_prev_90d"].is_empty() && r["mix_change"].is_empty()));
}
