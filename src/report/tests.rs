//! Every report, in every language and for every audience, from a small made-up portal with hostile names.

mod calls;
mod findings;
mod model;
mod story;
mod strategy;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use tempfile::TempDir;

use super::lang::Words;
use super::summary::{FileLine, RunSummary};
use super::{Banner, Rendered, ReportContext, ReportError, render};
use crate::config::{self, Audience, Language, Project, ReportConfig, ReportFormat};
use crate::domain::schema::SOURCES;
use crate::domain::{Day, Micros};
use crate::facts::Visible;
use crate::ingest::load::{self, Request, Silent};
use crate::ingest::personal::PLAIN;
use crate::lake::Lake;
use crate::lake::ledger::PublishedRisk;
use crate::marts::Marts;
use crate::marts::renewal_risk::RenewalRiskRow;
use crate::{rollup, sample};

const HOSTILE: &str = "<script>alert(1)</script>";
const FORMULA: &str = "=1+1";
const PHONE: &str = "000-555-4242";
/// A number that somebody typed where it does not belong.
const TYPED: &str = "１３９ 0000 4242";
const FORMATS: [ReportFormat; 4] = [ReportFormat::Html, ReportFormat::Xlsx, ReportFormat::Csv, ReportFormat::Json];

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// A project whose lake holds the portal.
static PORTAL: LazyLock<TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().unwrap();
    let incoming = dir.path().join("incoming");
    let mut request = sample::Request::new(incoming.clone(), 150, day("2026-06-01"), day("2026-10-31"), 5);
    request.compress = false;
    sample::write(&request, &|_| ()).unwrap();
    let companies = format!(
        "company_id,name,segment,size,contact_name,phone,service_rep_id\n\
         H1,{HOSTILE},<b>seg</b>,small,<i>Li</i>,{PHONE},<u>rep</u>\nH2,{FORMULA} tel {TYPED},@seg {TYPED},small,+Wang,{PHONE},<u>rep</u>\n"
    );
    fs::write(incoming.join("companies-hostile.csv"), companies).unwrap();
    let reps = "rep_id,name,team,role,hired_on\n<u>rep</u>,<u>rep</u>,t,after_sales,2020-01-01\n";
    fs::write(incoming.join("reps-hostile.csv"), reps).unwrap();
    let contracts = format!(
        "contract_id,company_id,plan,kind,start_date,end_date,signed_on,amount\n\
                     HC1,H1,<em>plan</em>,membership,2025-11-20,2026-11-19,2025-11-01,90000000\n\
                     HC2,H2,-plan {TYPED},membership,2025-11-20,2026-11-19,2025-11-01,90000001\n"
    );
    fs::write(
        incoming.join("companies-steering.csv"),
        "company_id,name,segment,size\nH3,Ctrl\u{1b}[2J\u{202e}\u{9b},s,small\n",
    )
    .unwrap();
    let followups = format!(
        "followup_id,ts,company_id,rep_id,stage,evidence\nHF1,2026-10-01T09:00:00,H1,<u>rep</u>,won,<s>fact {TYPED}\n"
    );
    fs::write(incoming.join("followups-hostile.csv"), followups).unwrap();
    let care = "action_id,ts,company_id,rep_id,action,outcome,reason\nHA1,2026-10-02T09:00:00,H1,<u>rep</u>,call,refused,price\n";
    fs::write(incoming.join("care_actions-hostile.csv"), care).unwrap();
    fs::write(incoming.join("contracts-hostile.csv"), contracts).unwrap();
    let mut lake = load(dir.path());
    let earlier = |id: &str, band: &str| PublishedRisk {
        as_of: day("2026-10-24"),
        contract_id: id.into(),
        p_renew: 0.9,
        risk_band: band.into(),
        priority_rank: 1,
        call_rank: Some(1),
        reason_1: None,
        action: None,
        holdout: false,
    };
    let list = [earlier("HC1", "low"), earlier("HC0", "low")];
    lake.ledger().publish_risks(1, day("2026-10-24"), &list).unwrap();
    lake.commit(now(), "test").unwrap();
    lake.publish_copy().unwrap();
    dir
});

/// A lake, not yet committed, of what lies in the project's drop folder.
fn load(root: &Path) -> Lake {
    fs::write(root.join("shoppulse.toml"), "").unwrap();
    let project = project(root);
    let staging = root.join("staging");
    fs::create_dir_all(&staging).unwrap();
    let mut lake = Lake::open_writer(&project.storage.lake, now()).unwrap();
    lake.begin().unwrap();
    let sources: Vec<_> = SOURCES.iter().collect();
    let request = Request {
        project: &project,
        sources: &sources,
        run_id: 1,
        now: now(),
        threads: 1,
        staging: &staging,
        memory_budget: load::MEMORY_BUDGET,
        personal: &PLAIN,
        rehash: false,
        progress: &Silent,
    };
    let loaded = load::ingest(&mut lake, &request).unwrap();
    rollup::refresh(&mut lake, &project.storage.lake, &loaded.touched, &loaded.counted, 1).unwrap();
    lake
}

/// The clock of the run.
fn now() -> Micros {
    Micros::parse_rfc3339("2026-11-01T02:30:00+08:00").unwrap()
}

fn project(root: &Path) -> Project {
    config::load(root).unwrap().project
}

/// A report's files, made from a lake opened anew.
fn made(name: &str, language: Language, audience: Audience) -> Vec<Rendered> {
    made_at(name, language, audience, day("2026-10-31")).unwrap()
}

fn made_at(name: &str, language: Language, audience: Audience, as_of: Day) -> Result<Vec<Rendered>, ReportError> {
    let mut project = project(PORTAL.path());
    project.language = language;
    let lake = Lake::open_reader(&project.storage.lake).unwrap().unwrap();
    let visible = Visible::at(&lake, &project, as_of).unwrap();
    let marts = Marts::of(&visible);
    let split_by = (name == "renewal_risk").then(|| "service_rep_id".to_string());
    let config = ReportConfig { name: name.into(), audience, formats: FORMATS.to_vec(), split_by, path: "-".into() };
    let banners = [
        Banner::Incomplete { source: "calls".into(), day: as_of, status: "low".into() },
        Banner::TooOld { source: "calls".into(), age_h: None, limit_h: 30.0 },
        Banner::TooFew { source: "calls".into(), ratio: 0.1, limit: 0.3 },
        Banner::Refused { files: 2 },
        Banner::Stopped,
    ];
    let summary = summary();
    render(&config, &marts, &ReportContext { now: now(), banners: &banners, summary: Some(&summary) })
}

fn summary() -> RunSummary {
    let refused = FileLine {
        source: "calls".into(),
        path: HOSTILE.into(),
        status: "refused".into(),
        message: Some("truncated".into()),
        ..FileLine::default()
    };
    RunSummary { files: vec![refused], status: "stamped".into(), exit_code: 3, ..RunSummary::default() }
}

fn text<'a>(files: &'a [Rendered], split: Option<&str>, extension: &str, part: Option<&str>) -> &'a str {
    let file =
        files.iter().find(|r| r.split.as_deref() == split && r.file.extension == extension && r.file.part == part);
    std::str::from_utf8(&file.unwrap().file.bytes).unwrap()
}

#[test]
fn every_report_is_whole_in_every_language() {
    for language in [Language::En, Language::ZhHans, Language::ZhHant] {
        for name in ["renewal_risk", "strategy_review", "run_summary"] {
            for r in made(name, language, Audience::AfterSales).iter().filter(|r| r.file.extension != "xlsx") {
                let text = std::str::from_utf8(&r.file.bytes).unwrap();
                assert!(!text.contains('⟦'), "{name} {language:?} {:?}: {}", r.file.part, around(text, '⟦'));
                if r.file.extension == "html" {
                    assert!(!text.contains("<script"), "{name}");
                    for outside in ["src=", "url(", "@import", "<link"] {
                        assert!(!text.contains(outside), "{name}: {outside}");
                    }
                }
            }
        }
    }
}

fn around(text: &str, c: char) -> String {
    let at = text.chars().position(|x| x == c).unwrap_or(0);
    text.chars().skip(at.saturating_sub(120)).take(240).collect()
}

#[test]
fn what_looks_like_markup_or_a_formula_stays_text() {
    let files = made("renewal_risk", Language::En, Audience::AfterSales);
    let page = text(&files, None, "html", None);
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt;")
            || page.contains("&lt;script&gt;alert(1)&lt;/script&gt;")
    );
    for raw in ["<b>seg", "<i>Li", "<u>rep", "<em>plan"] {
        assert!(!page.contains(raw), "{raw}");
    }
    for svg in files.iter().filter(|r| r.file.extension == "svg") {
        assert!(!std::str::from_utf8(&svg.file.bytes).unwrap().contains("<b>seg"));
    }
    let book = files.iter().find(|r| r.split.is_none() && r.file.extension == "xlsx").unwrap();
    let raw: String = unpacked(&book.file.bytes).into_iter().map(|(_, text)| text).collect();
    assert!(raw.contains("=1+1") && !raw.contains("<f>"), "a formula, or no text");
}

/// The parts of a workbook with their XML, unpacked by hand: local headers, deflate.
fn unpacked(bytes: &[u8]) -> Vec<(String, String)> {
    use std::io::Read;
    let number = |at: usize, n: usize| bytes[at..at + n].iter().rev().fold(0usize, |v, b| v << 8 | usize::from(*b));
    // The directory at the end has the sizes, whatever the headers before the data leave out.
    let end = (0..bytes.len() - 21).rev().find(|at| bytes[*at..].starts_with(b"PK\x05\x06")).unwrap();
    let (mut at, mut parts) = (number(end + 16, 4), Vec::new());
    while bytes[at..].starts_with(b"PK\x01\x02") {
        let (method, size, header) = (number(at + 10, 2), number(at + 20, 4), number(at + 42, 4));
        let (name, extra, comment) = (number(at + 28, 2), number(at + 30, 2), number(at + 32, 2));
        let data = header + 30 + number(header + 26, 2) + number(header + 28, 2);
        let packed = &bytes[data..data + size];
        let mut text = Vec::new();
        match method {
            8 => drop(flate2::read::DeflateDecoder::new(packed).read_to_end(&mut text).unwrap()),
            _ => text.extend_from_slice(packed),
        }
        let name_text = String::from_utf8_lossy(&bytes[at + 46..at + 46 + name]).into_owned();
        parts.push((name_text, String::from_utf8_lossy(&text).into_owned()));
        at += 46 + name + extra + comment;
    }
    parts
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    for name in ["renewal_risk", "strategy_review"] {
        let one = made(name, Language::ZhHans, Audience::AfterSales);
        assert!(one == made(name, Language::ZhHans, Audience::AfterSales), "{name}");
    }
}

#[test]
fn each_audience_sees_what_it_may() {
    let whole = |audience| made("renewal_risk", Language::En, audience);
    let seen = |files: &[Rendered], what: &str| {
        let sheets = |bytes: &[u8]| {
            let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
            format!("{:?}", calamine::Reader::worksheets(&mut book))
        };
        let text = |r: &Rendered| match r.file.extension {
            "xlsx" => sheets(&r.file.bytes),
            _ => String::from_utf8_lossy(&r.file.bytes).into_owned(),
        };
        files.iter().filter(|r| text(r).contains(what)).count()
    };
    let after_sales = whole(Audience::AfterSales);
    assert!([PHONE, FORMULA, TYPED].iter().all(|what| seen(&after_sales, what) > 0));
    let sheet: Vec<Rendered> = after_sales.into_iter().filter(|r| r.file.extension == "xlsx").collect();
    assert!(seen(&sheet, TYPED) > 0, "a sheet is looked into");
    for audience in [Audience::Sales, Audience::Management, Audience::Ops] {
        let files = whole(audience);
        assert_eq!(seen(&files, PHONE), 0, "{audience:?}");
        assert_eq!(seen(&files, "+Wang"), 0, "{audience:?}");
        for name in ["renewal_risk", "strategy_review"] {
            assert_eq!(seen(&made(name, Language::ZhHant, audience), TYPED), 0, "{name} {audience:?}");
        }
        assert_eq!(seen(&files, FORMULA) > 0, audience != Audience::Ops, "{audience:?}");
    }
    let strategy = made("strategy_review", Language::En, Audience::Ops);
    assert_eq!(seen(&strategy, FORMULA) + seen(&strategy, "alert(1)"), 0);
    assert!(seen(&made("strategy_review", Language::En, Audience::Management), FORMULA) > 0);
}

#[test]
fn the_parts_of_a_split_are_the_whole() {
    let files = made("renewal_risk", Language::En, Audience::AfterSales);
    let rows = |split: Option<&str>| text(&files, split, "csv", Some("call_list")).lines().count() - 1;
    let parts: std::collections::BTreeSet<&str> = files.iter().filter_map(|r| r.split.as_deref()).collect();
    assert!(parts.contains("<u>rep</u>") && parts.len() > 2, "{parts:?}");
    assert_eq!(parts.iter().map(|p| rows(Some(p))).sum::<usize>(), rows(None));
    let mine = text(&files, Some("<u>rep</u>"), "csv", Some("call_list"));
    assert!(mine.contains("HC1") && mine.contains("HC2") && rows(Some("<u>rep</u>")) == 2);
    // The list is the mart's, in the order of calls, as far as each person's day goes.
    let project = project(PORTAL.path());
    let lake = Lake::open_reader(&project.storage.lake).unwrap().unwrap();
    let visible = Visible::at(&lake, &project, day("2026-10-31")).unwrap();
    let mut risks = Marts::of(&visible).rows::<RenewalRiskRow>().unwrap().to_vec();
    risks.sort_by_key(|r| r.call_rank);
    let there = |id: &str| visible.reps.get(id).is_some_and(|r| r.left_on.is_none());
    let mut calls: std::collections::BTreeMap<&str, usize> = Default::default();
    risks.retain(|r| r.service_rep_id.as_deref().is_some_and(there));
    let ranks = risks.iter().filter(|r| {
        let n = calls.entry(r.service_rep_id.as_deref().unwrap()).or_default();
        *n += 1;
        *n <= project.risk.calls_per_rep_day
    });
    let ranks: Vec<_> = ranks.map(|r| r.call_rank).collect();
    let whole = text(&files, None, "csv", Some("call_list"));
    let listed = whole.lines().skip(1).map(|l| l.split(',').next().unwrap().parse::<i64>().ok());
    assert_eq!(listed.collect::<Vec<_>>(), ranks);
}

#[test]
fn the_change_is_against_the_latest_earlier_list() {
    let mine = |as_of| {
        let files = made_at("renewal_risk", Language::En, Audience::AfterSales, day(as_of)).unwrap();
        text(&files, Some("<u>rep</u>"), "html", None).to_string()
    };
    // HC1 was low and is worse, HC2 is new; HC0 has no contract, so it is nobody's.
    let said = "Since the list of 2026-10-24: 1 ＋ new, 1 ▲ greater risk.";
    // On page one and above the changes.
    assert_eq!(mine("2026-10-31").matches(said).count(), 2);
    assert_eq!(mine("2026-10-24").matches("No list of an earlier day was published").count(), 2);
}

#[test]
fn a_run_is_told_in_a_few_lines() {
    let words = Words::of(Language::En);
    let nothing = RunSummary { skipped_files: 3, status: "ok".into(), ..RunSummary::default() };
    assert_eq!(nothing.lines(words)[0], "nothing new: 3 file(s) were known before");
    let mut run = summary();
    run.quarantined = (0..30)
        .map(|n| super::summary::Quarantined { source: "calls".into(), reason: format!("r{n}"), rows: 1 })
        .collect();
    let lines = run.lines(words);
    assert!(lines.contains(&format!("refused: calls {HOSTILE}: truncated")), "{lines:?}");
    assert!(lines.contains(&"… and 10 more".to_string()), "{lines:?}");
    assert!(lines.last().unwrap().ends_with("(exit 3)"), "{lines:?}");
    let read: RunSummary = serde_json::from_slice(&run.json().unwrap()).unwrap();
    assert_eq!(read, run);
}

#[test]
fn days_that_are_not_covered_are_no_zeros() {
    // Events begin in June: in mid-June neither window is covered.
    let files = made_at("renewal_risk", Language::En, Audience::AfterSales, day("2026-06-15")).unwrap();
    let json: serde_json::Value = serde_json::from_str(text(&files, None, "json", None)).unwrap();
    let list = json["tables"]["call_list"].as_array().unwrap();
    assert!(!list.is_empty());
    for row in list {
        for key in ["shop_clicks_30d", "shop_clicks_prev_30d", "shop_clicks_pct", "inquiries_30d"] {
            assert!(row[key].is_null(), "{key}: {row}");
        }
    }
}

#[test]
fn what_cannot_be_made_is_refused_by_name() {
    let unknown = made_at("month_report", Language::En, Audience::Ops, day("2026-10-31"));
    assert!(unknown.unwrap_err().to_string().contains("renewal_risk, strategy_review, run_summary"));
}
