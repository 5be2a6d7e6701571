//! The renewal-risk report with a model on: page one, the model card, the track record.

use std::collections::BTreeMap;

use unicode_width::UnicodeWidthStr;

use super::*;
use crate::domain::Str;
use crate::marts::member_story::tell;
use crate::marts::risk_published::RiskPublishedRow;
use crate::marts::risk_scores::{Reason, RiskScores, Then, risk_scores};
use crate::marts::risk_track::{Earlier, RiskTrackRow};
use crate::report::member_story::{Form, explain};

/// A feature and an action whose names fill two lines each.
const FEATURE: &str = "leads_per_money";
const SAID: &str = "Contact views, messages and inquiries for the money paid: 3 for CNY 1k; peers 14; own past 11";
const ACTION: &str = "show_the_contact_details_on_every_page";

/// Scores as a model would give them: probabilities apart from the base rate, a reason for every contract.
fn with_model(known: &RiskScores) -> RiskScores {
    let mut scores = known.clone();
    scores.model = "logit-1".into();
    scores.why.code = "better";
    (scores.why.log_loss, scores.why.base_log_loss) = (Some(0.41), Some(0.46));
    for (n, scored) in scores.scored.values_mut().enumerate() {
        let reason = |feature: &str, effect, actionable| Reason {
            feature: feature.into(),
            value: Some(3.0),
            peer: Some(14.0),
            past: Some(11.0),
            effect,
            actionable,
        };
        scored.p_renew = 0.05 + 0.9 * (n % 10) as f64 / 10.0;
        // The strongest single feature is none of a reason: its theme speaks for the member.
        scored.reasons = vec![
            reason("ad_clicks_level", -0.9, true),
            reason("ad_clicks_trend", 1.2, true),
            reason("inquiries_level", -0.3, true),
            reason(FEATURE, -0.8, true),
            reason("tenure", -1.0, false),
            reason("days_left", -2.0, false),
        ];
    }
    let (first, now) = scores.scored.first_key_value().unwrap();
    let mut before = now.clone();
    before.log_odds += 1.0;
    (before.reasons[3].value, before.reasons[3].effect) = (Some(12.0), 0.1);
    (before.reasons[2].value, before.reasons[2].effect) = (Some(4.0), -0.9);
    scores.then = Some(Then { day: day("2026-10-24"), scored: [(*first, before)].into() });
    for (n, tried) in scores.pooled.iter_mut().enumerate() {
        tried.p = if tried.renewed { 0.8 } else { 0.4 } + (n % 7) as f64 / 100.0;
    }
    for row in &mut scores.backtest {
        row.model.log_loss = row.base.log_loss.map(|loss| loss - 0.05);
    }
    scores
}

fn track() -> Vec<RiskTrackRow> {
    let row = |month: &str, band: &str, n, renewed, p_mean, r#final| RiskTrackRow {
        month: month.into(),
        risk_band: band.into(),
        n,
        p_mean,
        r#final,
        renewed,
        rate: renewed as f64 / n as f64,
    };
    vec![
        row("2026-02", "high", 100, 100, 0.3, true),
        row("2026-03", "high", 10, 2, 0.3, true),
        row("2026-04", "high", 20, 8, 0.45, true),
        row("2026-04", "low", 50, 45, 0.9, true),
        row("2026-05", "high", 10, 5, 0.4, true),
        row("2026-06", "high", 30, 4, 0.4, false),
    ]
}

/// The report as a model makes it; `FRONT_PAGES=DIR` keeps its pages, for a browser to look at.
fn made_by_model(language: Language, audience: Audience, banners: usize) -> Vec<Rendered> {
    let mut project = project(PORTAL.path());
    project.language = language;
    project.playbook.insert(FEATURE.into(), ACTION.into());
    // Enough of them to fill the page.
    project.risk.horizon_days = 300;
    let lake = Lake::open_reader(&project.storage.lake).unwrap().unwrap();
    let mut visible = Visible::at(&lake, &project, day("2026-10-31")).unwrap();
    let long = [
        "Guangzhou Jinhua Precision Electronic Technology and Trading Co., Ltd.",
        "广东省佛山市南海区金华精密电子科技进出口贸易有限责任公司",
    ];
    for (n, company) in visible.companies.iter_mut().enumerate() {
        company.name = Some(Str::from(long[n % 2]));
        company.contact_name = Some("欧阳慕容 (Procurement)".into());
    }
    let plain = Marts::of(&visible);
    let scores = with_model(&risk_scores(&plain).unwrap());
    let first = *scores.scored.first_key_value().unwrap().0;
    let published = RiskPublishedRow {
        as_of: day("2026-10-24"),
        contract_id: visible.contracts[first].id.clone(),
        p_renew: 0.9,
        risk_band: "low".into(),
        priority_rank: 1,
        call_rank: Some(1),
        reason_1: None,
        action: None,
        holdout: false,
    };
    let marts = Marts::of(&visible).with(scores).with(Earlier(track())).with(vec![published]);
    let config = ReportConfig {
        name: "renewal_risk".into(),
        audience,
        formats: FORMATS.to_vec(),
        split_by: Some("service_rep_id".into()),
        path: "-".into(),
    };
    let banners = vec![
        Banner::Refused { files: 2 },
        Banner::Stopped,
        Banner::TooOld { source: "calls".into(), age_h: None, limit_h: 30.0 },
    ][..banners]
        .to_vec();
    let made =
        render(&config, &marts, &ReportContext { now: crate::domain::Micros(0), banners: &banners, summary: None })
            .unwrap();
    if let Some(folder) = std::env::var_os("FRONT_PAGES") {
        let page = made.iter().find(|r| r.split.is_none() && r.file.extension == "html").unwrap();
        let name = format!("{language:?}-{audience:?}-{}.html", banners.len());
        fs::write(Path::new(&folder).join(name), &page.file.bytes).unwrap();
    }
    made
}

/// The rows of a table's body on a page, by the section's id.
fn calls(page: &str) -> usize {
    let section = page.split("<section id=\"today\">").nth(1).unwrap().split("</section>").next().unwrap();
    section.matches("<tr").count() - 1
}

#[test]
fn page_one_says_whom_to_call_why_and_what_to_do() {
    let files = made_by_model(Language::En, Audience::AfterSales, 0);
    let page = text(&files, None, "html", None);
    // On page one the strongest theme to act on, in the list all three, with tenure first and no word of ads.
    assert!(page.contains(SAID));
    assert!(page.contains(&format!("<div>Return on the fee: {SAID}</div>")), "{}", around(page, 'R'));
    assert!(!page.contains("Ad clicks: 3"));
    assert!(page.contains(ACTION) && page.contains(PHONE));
    assert_eq!(calls(page), 12);
    assert!(page.contains("The first 12 of "));
    // Page one is a view of the list: no sheet, no file of its own.
    assert!(!files.iter().any(|r| r.file.part == Some("today")));
    let json: serde_json::Value = serde_json::from_str(text(&files, None, "json", None)).unwrap();
    assert!(json["tables"]["today"].is_null() && json["tables"]["call_list"][0]["call_rank"] == 1);
    // Those who must not see telephones and names do not see them here either.
    let masked = made_by_model(Language::En, Audience::Ops, 0);
    let page = text(&masked, None, "html", None);
    assert!(!page.contains(PHONE) && !page.contains("Jinhua") && !page.contains("欧阳"));
}

/// Three warnings of one line each take the place of calls, in every language.
#[test]
fn warnings_take_the_place_of_calls() {
    for language in [Language::En, Language::ZhHans, Language::ZhHant] {
        let files = made_by_model(language, Audience::AfterSales, 3);
        let calls = calls(text(&files, None, "html", None));
        assert!((6..12).contains(&calls), "{calls}");
    }
}

/// By single features the mart's first reason is the ad clicks, by themes people read the fee; the action is that of what they read.
#[test]
fn one_cause_is_one_reason() {
    let files = made_by_model(Language::En, Audience::AfterSales, 0);
    let mut list = csv::Reader::from_reader(text(&files, None, "csv", Some("call_list")).as_bytes());
    let row: BTreeMap<String, String> = list.deserialize().next().unwrap().unwrap();
    let of = |n: usize| ["", "_effect", "_feature"].map(|what| row[&format!("theme_{n}{what}")].clone());
    assert_eq!(of(1), ["history", "-1", "tenure"].map(String::from));
    assert_eq!(of(2), ["value", "-0.8", FEATURE].map(String::from));
    assert_eq!(of(3), ["leads", "-0.3", "inquiries_level"].map(String::from));
}

/// Leads for the money fell (−0.9), inquiries rose (+0.6): what made the risk greater is told, then and now.
#[test]
fn a_change_says_the_figure_that_moved_it() {
    let files = made_by_model(Language::En, Audience::AfterSales, 0);
    let mut list = csv::Reader::from_reader(text(&files, None, "csv", Some("changes")).as_bytes());
    let rows: Vec<BTreeMap<String, String>> = list.deserialize().map(Result::unwrap).collect();
    let row = rows.iter().find(|row| row["list_change"] == "worse").unwrap();
    let said =
        "Return on the fee: Contact views, messages and inquiries for the money paid: 12 → 3 for CNY 1k; peers 14 → 14";
    assert_eq!(row["moved"], said);
    assert!(text(&files, None, "html", None).contains("Since the list of 2026-10-24: "));
}

/// All themes, those that speak for a lapse first: −2.0, −1.0, −0.8, −0.3, and ads with +0.3.
#[test]
fn a_story_tells_every_theme_and_fits_a_terminal() {
    let project = project(PORTAL.path());
    let lake = Lake::open_reader(&project.storage.lake).unwrap().unwrap();
    let visible = Visible::at(&lake, &project, day("2026-10-31")).unwrap();
    let scores = with_model(&risk_scores(&Marts::of(&visible)).unwrap());
    let first = *scores.scored.first_key_value().unwrap().0;
    let marts = Marts::of(&visible).with(scores);
    let story = tell(&marts, visible.contracts[first].company).unwrap();
    let themes: Vec<&str> = story.at_stake[0].1.iter().map(|reason| reason.theme).collect();
    assert_eq!(themes, ["terms", "history", "value", "leads", "ads"]);
    let told = |form| String::from_utf8(explain(&marts, &story, Audience::AfterSales, form).unwrap()).unwrap();
    let page = told(Form::Text);
    assert!(page.contains("Return on the fee") && page.contains("Ad clicks against 90 days before"), "{page}");
    assert!(page.lines().all(|line| line.width() <= 80), "{page}");
    assert!(!told(Form::Html).contains('⟦'));
}

#[test]
fn the_model_card_says_which_method_is_on_and_how_good_it_was() {
    let files = made_by_model(Language::En, Audience::AfterSales, 0);
    let page = text(&files, None, "html", None);
    assert!(page.contains("A trained model (logit-1) gives the probabilities"));
    assert!(page.contains("was 0.4100, that of the base rate 0.4600"));
    for chart in ["renewal_calibration", "renewal_backtest"] {
        let drawn = files.iter().any(|r| r.file.extension == "svg" && r.file.part == Some(chart));
        assert!(drawn, "{chart}");
    }
    // The injected scores are those of a base rate, which reads no figures; its own rate is told.
    assert!(page.contains("Base rate, with 95 % intervals: of the memberships that ended from "));
    let part = files.iter().find_map(|r| r.split.as_deref()).unwrap();
    assert!(!text(&files, Some(part), "html", None).contains("logit-1) gives"));
}

/// The three latest final months of the high band: 40 members, 15 renewed, 25 left; 10 × 0.7 + 20 × 0.55 + 10 × 0.6 = 24
/// had been expected to. Newcombe's Wilson limits of 25/40 are 0.470 and 0.758.
#[test]
fn the_record_tells_how_many_left_of_those_called_high_risk() {
    let files = made_by_model(Language::En, Audience::AfterSales, 0);
    let page = text(&files, None, "html", None);
    let said = "First called high risk from 2026-03 to 2026-05: 40. Of them left: 25, 62.5% \
                (95 % interval 47.0% to 75.8%); the lists had expected 24 to leave (60%).";
    assert!(page.contains(said));
    assert!(page.contains("First called high risk in months that are not final: 30; renewed so far: 4."));
}
