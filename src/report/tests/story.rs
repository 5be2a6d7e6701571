//! The story of one company, of the same portal.

use unicode_width::UnicodeWidthStr;

use super::*;
use crate::domain::frame::{Frame, Value};
use crate::facts::find::{Found, find};
use crate::marts::member_health::MemberHealthRow;
use crate::marts::member_story::counters::week_ends;
use crate::marts::member_story::peers::Peers;
use crate::marts::member_story::tell;
use crate::report::member_story::{Form, explain};

/// What a company's story says, from a lake opened anew.
fn told(company: &str, language: Language, audience: Audience, form: Form) -> String {
    let mut project = project(PORTAL.path());
    project.language = language;
    let lake = Lake::open_reader(&project.storage.lake).unwrap().unwrap();
    let visible = Visible::at(&lake, &project, day("2026-10-31")).unwrap();
    let marts = Marts::of(&visible);
    let story = tell(&marts, visible.company_of[company]).unwrap();
    String::from_utf8(explain(&marts, &story, audience, form).unwrap()).unwrap()
}

/// Members, one whose contract has ended, one that is held against peers, one that never signed.
#[test]
fn the_figures_are_those_of_member_health() {
    let project = project(PORTAL.path());
    let lake = Lake::open_reader(&project.storage.lake).unwrap().unwrap();
    let visible = Visible::at(&lake, &project, day("2026-10-31")).unwrap();
    let marts = Marts::of(&visible);
    let rows = marts.rows::<MemberHealthRow>().unwrap();
    let frame = Frame::of(&rows);
    let cell = |row: usize, column: &str| frame.columns[frame.spec.index(column).unwrap()].get(row);
    let int = |value: Option<i64>| value.map_or(Value::Null, Value::Int);
    let ends: Vec<Day> = week_ends(visible.day).collect();
    assert_eq!((ends[0], ends[51]), (visible.day - 357, visible.day));
    let mut of_groups = std::collections::BTreeSet::new();
    for at in (0..rows.len()).step_by(rows.len() / 8) {
        let row = &rows[at];
        let story = tell(&marts, visible.company_of[&row.company_id]).unwrap();
        let peers = Peers::of(row, &rows);
        assert_eq!(peers.rows.len() as i64, row.peers, "{}", row.company_id);
        of_groups.insert(row.peer_group.clone());
        for counter in &story.counters {
            let name = counter.name;
            assert_eq!(int(counter.last), cell(at, &format!("{name}_30d")), "{name}");
            assert_eq!(int(counter.before), cell(at, &format!("{name}_prev_30d")), "{name}");
            let pct = counter.percentile.map_or(Value::Null, Value::Float);
            assert_eq!(pct, cell(at, &format!("{name}_pct")), "{name}");
            let of_peers: Vec<i64> = (0..rows.len())
                .filter(|p| peers.rows.iter().any(|peer| peer.company_id == rows[*p].company_id))
                .map(|p| match cell(p, &format!("{name}_30d")) {
                    Value::Int(n) => n,
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(counter.peer_mean, Some(of_peers.iter().sum::<i64>() as f64 / of_peers.len() as f64), "{name}");
        }
        // The four weeks to the day are 28 of its 30 days; the source begins in June, so the weeks before are unknown.
        let clicks = &story.counters[0].weeks;
        let recent = visible.activity().unwrap().sums(&row.company_id, visible.day - 27, visible.day)[0];
        assert_eq!(clicks[48..].iter().map(|n| n.unwrap()).sum::<i64>(), recent);
        assert_eq!((clicks[0], story.counters[0].year_ago), (None, None));
        assert_eq!(story.click_sources.iter().map(|s| s.clicks_30d).sum::<i64>(), row.shop_clicks_30d);
    }
    assert!(of_groups.len() > 1, "{of_groups:?}");
}

#[test]
fn every_story_is_whole_in_every_language_and_fits_a_terminal() {
    for language in [Language::En, Language::ZhHans, Language::ZhHant] {
        for company in ["H1", "H2", "H3", "C00001", "C00042"] {
            let page = told(company, language, Audience::AfterSales, Form::Html);
            let text = told(company, language, Audience::AfterSales, Form::Text);
            assert!(!page.contains('⟦'), "{company} {language:?}: {}", around(&page, '⟦'));
            assert!(!text.contains('⟦'), "{company} {language:?}: {text}");
            let wide: Vec<&str> = text.lines().filter(|l| l.width() > 80).collect();
            assert!(wide.is_empty(), "{wide:#?}");
            for outside in ["<script", "src=", "url(", "@import", "<link"] {
                assert!(!page.contains(outside), "{outside}");
            }
        }
    }
}

#[test]
fn strangers_texts_steer_neither_page_nor_terminal() {
    let page = told("H1", Language::En, Audience::AfterSales, Form::Html);
    for raw in ["<script", "<b>seg", "<i>Li", "<u>rep", "<em>plan", "<s>fact"] {
        assert!(!page.contains(raw), "{raw}");
    }
    assert!(page.contains("&lt;s&gt;fact"), "the follow-up is told");
    for form in [Form::Html, Form::Text] {
        let told = told("H3", Language::En, Audience::AfterSales, form);
        assert!(told.contains("Ctrl") && told.contains('\u{FFFD}'), "{form:?}");
        assert!(!told.contains(|c: char| c.is_control() && c != '\n'), "{form:?}");
    }
    let text = told("H3", Language::En, Audience::AfterSales, Form::Text);
    assert!(!text.contains('\u{202e}'), "a name turns the direction of writing");
}

#[test]
fn each_audience_is_told_what_it_may_know() {
    for form in [Form::Html, Form::Text] {
        let whole = |audience| ["H1", "H2"].map(|id| told(id, Language::En, audience, form)).concat();
        let seen = |audience, what: &str| whole(audience).contains(what);
        for what in [PHONE, TYPED, "fact", "price", FORMULA] {
            assert!(seen(Audience::AfterSales, what), "{what} {form:?}");
        }
        for audience in [Audience::Sales, Audience::Management, Audience::Ops] {
            for what in [PHONE, TYPED, "+Wang"] {
                assert!(!seen(audience, what), "{what} {audience:?} {form:?}");
            }
            assert_eq!(seen(audience, "fact"), audience == Audience::Sales, "{audience:?} {form:?}");
            assert_eq!(seen(audience, FORMULA), audience != Audience::Ops, "{audience:?} {form:?}");
        }
    }
}

#[test]
fn a_story_told_twice_is_the_same_bytes() {
    for form in [Form::Html, Form::Text] {
        let once = told("C00042", Language::ZhHans, Audience::AfterSales, form);
        assert!(once == told("C00042", Language::ZhHans, Audience::AfterSales, form));
    }
}

#[test]
fn a_company_is_found_as_people_name_it() {
    let project = project(PORTAL.path());
    let lake = Lake::open_reader(&project.storage.lake).unwrap().unwrap();
    let visible = Visible::at(&lake, &project, day("2026-10-31")).unwrap();
    let found = |asked: &str, by_name: bool| find(&visible, asked, by_name).unwrap();
    let of = |id: &str| Found::Company(visible.company_of[id]);
    assert_eq!(found("H1", false), of("H1"));
    assert_eq!(found(" <SCRIPT>alert(1)</script>", true), of("H1"), "capitals and blanks of a name do not count");
    assert_eq!(found("<script>", true), of("H1"));
    assert!(matches!(found("<script>", false), Found::Nobody(_)), "whoever sees no names finds none");
    assert!(matches!(found("H", true), Found::Several(all) if all.len() >= 3));
    assert!(matches!(found("", true), Found::Nobody(None)));
    let Found::Nobody(Some(like)) = found("C0004Z", true) else { panic!("nothing is like it") };
    assert!(visible.companies[like].id.starts_with("C000"));
}
