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

/// Pages and texts of some companies' stories, from a lake opened anew.
fn told(companies: &[&str], language: Language, audience: Audience) -> Vec<[String; 2]> {
    let mut project = project(PORTAL.path());
    project.language = language;
    let lake = Lake::open_reader(&project.storage.lake).unwrap().unwrap();
    let visible = Visible::at(&lake, &project, day("2026-10-31")).unwrap();
    let marts = Marts::of(&visible);
    let both = |company: &&str| {
        let story = tell(&marts, visible.company_of[*company]).unwrap();
        [Form::Html, Form::Text].map(|f| String::from_utf8(explain(&marts, &story, audience, f).unwrap()).unwrap())
    };
    companies.iter().map(both).collect()
}

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
    for at in (0..rows.len()).step_by(rows.len() / 4) {
        let row = &rows[at];
        let story = tell(&marts, visible.company_of[&row.company_id]).unwrap();
        let peers = Peers::of(row, &rows);
        assert_eq!(peers.rows.len() as i64, row.peers, "{}", row.company_id);
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
}

#[test]
fn every_story_is_whole_in_every_language_and_fits_a_terminal() {
    for language in [Language::En, Language::ZhHans, Language::ZhHant] {
        for [page, text] in told(&["H1", "H3", "C00042"], language, Audience::AfterSales) {
            assert!(!page.contains('⟦'), "{language:?}: {}", around(&page, '⟦'));
            assert!(!text.contains('⟦'), "{language:?}: {text}");
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
    let told = told(&["H1", "H3"], Language::En, Audience::AfterSales);
    let [page, _] = &told[0];
    for raw in ["<script", "<b>seg", "<i>Li", "<u>rep", "<em>plan", "<s>fact"] {
        assert!(!page.contains(raw), "{raw}");
    }
    assert!(page.contains("&lt;s&gt;fact"), "the follow-up is told");
    for told in &told[1] {
        assert!(told.contains("Ctrl") && told.contains('\u{FFFD}'), "{told}");
        assert!(!told.contains(|c: char| c.is_control() && c != '\n'), "{told}");
    }
    assert!(told[1].iter().all(|told| !told.contains('\u{202e}')), "a name turns the direction of writing");
}

#[test]
fn each_audience_is_told_what_it_may_know() {
    let whole = |audience| told(&["H1", "H2"], Language::En, audience).into_iter().flatten().collect::<String>();
    let after_sales = whole(Audience::AfterSales);
    for what in [PHONE, TYPED, "fact", "price", FORMULA] {
        assert!(after_sales.contains(what), "{what}");
    }
    for audience in [Audience::Sales, Audience::Management, Audience::Ops] {
        let told = whole(audience);
        for what in [PHONE, TYPED, "+Wang"] {
            assert!(!told.contains(what), "{what} {audience:?}");
        }
        assert_eq!(told.contains("fact"), audience == Audience::Sales, "{audience:?}");
        assert_eq!(told.contains(FORMULA), audience != Audience::Ops, "{audience:?}");
    }
}

#[test]
fn a_story_told_twice_is_the_same_bytes() {
    let once = || told(&["C00042"], Language::ZhHans, Audience::AfterSales);
    assert!(once() == once());
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
