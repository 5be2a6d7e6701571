//! Features of a moment: nothing later moves a bit of them, a second reading of their definitions gives the same, and
//! what was not covered is unknown.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot read")]

#[path = "support/mod.rs"]
mod support;
#[path = "twins/mod.rs"]
mod twins;

use std::collections::BTreeMap;

use shoppulse::domain;
use shoppulse::facts::Visible;
use shoppulse::lake::Lake;
use shoppulse::risk::features::{Cell, FEATURES, Ground};
use shoppulse::risk::observe::{Moment, leads};

use support::days::{self, Day};
use support::files::{Sheet, sheets};
use support::portal::{Company, Contract, Event, FEEDS, Feed, Portal};
use support::project::Project;
use twins::features::Twin;

/// A service of a contract: its id, due, done.
type Task = (String, Day, Option<Day>);

/// A random portal with four times its days of events, so that a year before is known, and services.
fn portal(seed: u64) -> (Portal, Vec<Task>) {
    let mut p = Portal::random(seed);
    let events = p.events.clone();
    for turn in 1..4 {
        // Half of them will do.
        p.events.extend(events.iter().step_by(2).filter(|e| e.date <= p.main).map(|e| Event {
            id: format!("{}-{turn}", e.id),
            date: e.date - 151 * turn,
            ..e.clone()
        }));
    }
    let r = &mut support::random::Random::new(seed);
    let tasks = p.contracts.iter().filter(|c| c.id.len() % 2 == 0).flat_map(|c| [(c, 3), (c, 20)]);
    let tasks = tasks.map(|(c, days)| {
        let due = c.start + days;
        (c.id.clone(), due, r.chance(80).then(|| due + r.range(-3, 60)))
    });
    let tasks = tasks.collect();
    (p, tasks)
}

fn loaded(p: &Portal, tasks: &[Task]) -> Project {
    let project = Project::bare(p);
    for sheet in sheets(p).iter().filter(|s| s.source != "service_tasks") {
        project.drop(&format!("{}.csv", sheet.source), sheet, &sheet.rows);
    }
    let row = |(i, (contract, due, done)): (usize, &Task)| {
        let done = done.map(days::text).unwrap_or_default();
        vec![format!("t{i}"), contract.clone(), "upload".into(), days::text(*due), done]
    };
    let rows: Vec<Vec<String>> = tasks.iter().enumerate().map(row).collect();
    if !rows.is_empty() {
        let header = vec!["task_id", "contract_id", "kind", "due_on", "done_on"];
        let sheet = Sheet { source: "service_tasks", header, rows };
        project.drop("service_tasks.csv", &sheet, &sheet.rows);
    }
    project.load();
    project
}

/// What features say of contracts on days, by the lake as it counts on a day: all moments at once, and one by one.
fn seen(project: &Project, as_of: Day, moments: &[(String, Day)]) -> Vec<Vec<Cell>> {
    let settings = shoppulse::config::load(project.folder.path()).unwrap().project;
    let lake = Lake::open_reader(&settings.storage.lake).unwrap().unwrap();
    let visible = Visible::at(&lake, &settings, domain::Day(as_of as i32)).unwrap();
    let ground = Ground::of(&visible).unwrap();
    let position: BTreeMap<&str, usize> = visible.contracts.iter().zip(0..).map(|(c, at)| (&*c.id, at)).collect();
    let moments: Vec<Moment> =
        moments.iter().map(|(id, day)| Moment::on(&visible, position[id.as_str()], domain::Day(*day as i32))).collect();
    let x = ground.x(&moments);
    assert_eq!((x.rows, x.columns), (moments.len(), FEATURES.len()));
    let cells: Vec<Vec<Cell>> = moments.iter().map(|m| ground.cells(m)).collect();
    for (row, cells) in cells.iter().enumerate() {
        let alone: Vec<u64> = cells.iter().map(|c| c.x.unwrap_or(f64::NAN).to_bits()).collect();
        let together: Vec<u64> = x.row(row).iter().map(|x| x.to_bits()).collect();
        assert_eq!(alone, together, "a moment's features depend on which others are asked for");
        assert!(cells.iter().all(|c| [c.value, c.peer, c.past, c.x].iter().flatten().all(|v| v.is_finite())));
    }
    cells
}

/// Contracts that had begun, on the days on which they are observed and on the last day of all.
fn moments(p: &Portal, last: Day) -> Vec<(String, Day)> {
    let leads = leads(p.horizon as i32, p.grace as i32);
    let of = |c: &Contract| {
        let days: Vec<Day> = leads.iter().map(|lead| c.end - i64::from(*lead)).chain([last]).collect();
        let (id, from) = (c.id.clone(), c.start.max(c.signed));
        days.into_iter().filter(move |day| from <= *day && *day <= last).map(move |day| (id.clone(), day))
    };
    let mut moments: Vec<_> = p.contracts.iter().flat_map(of).filter(|(_, day)| *day > p.main - 500).collect();
    moments.sort_unstable();
    moments.dedup();
    moments
}

/// The portal as its rows stood at the end of a day.
fn cut(p: &Portal, tasks: &[Task], day: Day) -> (Portal, Vec<Task>) {
    let mut p = p.clone();
    p.contracts.retain(|c| c.signed <= day);
    for c in &mut p.contracts {
        if c.cancelled_on.is_some_and(|on| on > day) {
            (c.cancelled_on, c.refund) = (None, None);
        }
    }
    p.events.retain(|e| e.date <= day);
    let tasks = tasks.iter().filter(|t| t.1 <= day).cloned();
    (p, tasks.map(|(id, due, done)| (id, due, done.filter(|on| *on <= day))).collect())
}

/// Everything that may happen after a day: events, contracts, cancellations, services, edits of companies.
fn later(p: &Portal, tasks: &[Task], day: Day) -> (Portal, Vec<Task>) {
    let (mut p, mut tasks) = (p.clone(), tasks.to_vec());
    for (i, c) in p.contracts.clone().into_iter().enumerate() {
        let mut next = c.clone();
        next.id = format!("0-next-{i}");
        (next.start, next.end, next.signed) = (c.end - 20, c.end + 365, day + 1 + i as i64 % 5);
        (next.kind, next.cancelled_on, next.refund) = (Some("membership"), None, None);
        p.contracts.push(next);
        let mut around = c.clone();
        (around.id, around.kind) = (format!("0-around-{i}"), Some("membership"));
        (around.start, around.end, around.signed) = (c.start - 1, c.end + 1, day + 1);
        (around.cancelled_on, around.refund) = (None, None);
        p.contracts.push(around);
        tasks.push((c.id.clone(), day + 1, None));
    }
    for c in p.contracts.iter_mut().filter(|c| c.cancelled_on.is_none() && c.end > day) {
        (c.cancelled_on, c.refund) = (Some((day + 1).max(c.start - 3)), Some(c.amount));
    }
    for (_, due, done) in &mut tasks {
        *done = done.or((*due <= day).then_some(day + 1));
    }
    // Every segment gets a dozen members, so that one which was too small to speak is not any more.
    let segments: BTreeMap<String, Company> = p.companies.iter().map(|c| (c.segment.clone(), c.clone())).collect();
    let template = p.contracts[0].clone();
    for (i, company) in segments.into_values().enumerate() {
        for n in 0..12 {
            let id = format!("0-new-{i}-{n}");
            let (company_id, signed) = (id.clone(), day + 1);
            p.companies.push(Company { id: id.clone(), ..company.clone() });
            let (start, end, kind) = (signed, signed + 364, Some("membership"));
            let (cancelled_on, refund) = (None, None);
            p.contracts.push(Contract {
                id,
                company_id,
                start,
                end,
                signed,
                kind,
                cancelled_on,
                refund,
                ..template.clone()
            });
        }
    }
    for (i, company) in p.companies.iter_mut().enumerate() {
        // Segment and size are of the company as it is known last; all else may change after the outcome.
        company.region = Some(format!("moved {i}"));
        (company.sales_rep_id, company.service_rep_id) = (Some("new".into()), None);
        company.registered_on = company.registered_on.or(Some(day + 1));
        for feed in FEEDS {
            let template = p.events.iter().find(|e| e.feed == feed).unwrap().clone();
            p.events.extend((0..9).map(|n| Event {
                id: format!("late-{i}-{n}-{feed:?}"),
                date: day + 1 + n % 3,
                company_id: Some(company.id.clone()),
                excluded: None,
                ..template.clone()
            }));
        }
    }
    (p, tasks)
}

#[test]
fn what_happens_later_moves_no_bit() {
    let (seed, back) = (20, 40);
    let (whole, tasks) = portal(seed);
    let day = whole.main - back;
    let asked = moments(&whole, day);
    let (then, tasks_then) = cut(&whole, &tasks, day);
    let expected = seen(&loaded(&then, &tasks_then), day, &asked);
    let nulls = |f: usize| expected.iter().filter(|cells| cells[f].x.is_none()).count();
    for (f, feature) in FEATURES.iter().enumerate() {
        assert!(nulls(f) < asked.len(), "seed {seed}: {} is always null and shows nothing", feature.name);
    }
    let (crowd, tasks_crowd) = later(&whole, &tasks, day);
    for (name, p, tasks) in [("whole", &whole, &tasks), ("crowd", &crowd, &tasks_crowd)] {
        let got = seen(&loaded(p, tasks), whole.main + 12, &asked);
        for ((moment, expected), got) in asked.iter().zip(&expected).zip(&got) {
            for ((feature, expected), got) in FEATURES.iter().zip(expected).zip(got) {
                let bits = |c: &Cell| [c.value, c.peer, c.past, c.x].map(|v| v.map(f64::to_bits));
                let same = bits(expected) == bits(got) && expected.ago == got.ago;
                assert!(same, "seed {seed}, {name}: {} of {moment:?}: {expected:?} {got:?}", feature.name);
            }
        }
    }
}

/// Plain loops over the portal's rows, day by day.
#[test]
fn a_second_reading_gives_the_same() {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in [3, 10] {
        let (p, tasks) = portal(seed);
        let as_of = p.main + 5;
        let asked: Vec<_> = moments(&p, as_of).into_iter().filter(|(_, day)| *day > p.main - 200).step_by(3).collect();
        let got = seen(&loaded(&p, &tasks), as_of, &asked);
        let twin = Twin::new(&p, &tasks, as_of);
        for name in twins::features::NAMES {
            let at = FEATURES.iter().position(|f| f.name == *name).unwrap();
            for ((id, day), cells) in asked.iter().zip(&got) {
                let expected = twin.x(name, id, *day);
                let equal = match (expected, cells[at].x) {
                    (Some(a), Some(b)) => (a - b).abs() < 1e-9,
                    (a, b) => a == b,
                };
                assert!(equal, "seed {seed}: {name} of {id} on {}: {expected:?}, {:?}", days::text(*day), cells[at]);
                *known.entry(name).or_default() += usize::from(expected.is_some());
            }
        }
    }
    assert!(known.values().all(|n| *n > 0), "never known: {known:?}");
}

/// Ten members with a click a day; in the last 30 days one has none, the others have two.
///
/// Peers' rate 9 × 2 / 10 = 1.8 now and 1 before, slack 1/30:
/// level = ln (1/30 / (1.8 + 1/30)) = ln (1/55), of the others ln ((2 + 1/30) / (1.8 + 1/30)) = ln (61/55);
/// before: ln 1 = 0, so the trends are 1/55 - 1, the share lost, and ln (61/55).
/// Ten members of one kind.
fn ten() -> Portal {
    let mut p = Portal::empty("2026-06-30");
    for i in 0..10 {
        p.companies.push(Company {
            id: format!("c{i}"),
            segment: "machinery".into(),
            region: None,
            size: "small",
            listed_on: None,
            registered_on: None,
            sales_rep_id: None,
            service_rep_id: None,
        });
        p.contracts.push(Contract {
            id: format!("k{i}"),
            company_id: format!("c{i}"),
            plan: "basic".into(),
            kind: Some("membership"),
            start: p.main - 340,
            end: p.main + 24,
            signed: p.main - 350,
            amount: 365_250,
            cost: None,
            rep_id: None,
            cancelled_on: None,
            refund: None,
        });
    }
    p
}

#[test]
fn peers_and_trend_by_hand_and_nothing_where_nothing_is_covered() {
    let mut p = ten();
    let template = Portal::random(2).events[0].clone();
    let mut add = |feed: Feed, company: usize, date: Day, n: usize| {
        p.events.extend((0..n).map(|i| Event {
            feed,
            id: format!("{feed:?} {company} {date} {i}"),
            date,
            company_id: Some(format!("c{company}")),
            word: Some("ad".into()).filter(|_| feed == Feed::ShopClicks && company == 1),
            excluded: None,
            ..template.clone()
        }));
    };
    let main = days::day("2026-06-30");
    for date in main - 199..=main {
        for company in 0..10 {
            let late = date > main - 30;
            add(
                Feed::ShopClicks,
                company,
                date,
                if !late {
                    1
                } else if company == 0 {
                    0
                } else {
                    2
                },
            );
        }
        if date > main - 20 {
            add(Feed::ContactViews, 3, date, 1);
        }
        if date > main - 10 {
            add(Feed::Messages, 3, date, 1);
        }
    }
    for e in p.events.iter_mut().filter(|e| e.feed == Feed::ShopClicks && e.word.is_none()) {
        e.word = Some("search".into());
    }
    let asked = [("k0".to_string(), main), ("k1".to_string(), main), ("k3".to_string(), main)];
    let cells = seen(&loaded(&p, &[]), main, &asked);
    let of = |row: usize, name: &str| cells[row][FEATURES.iter().position(|f| f.name == name).unwrap()];
    let near = |a: Option<f64>, b: f64| assert!((a.unwrap() - b).abs() < 1e-12, "{a:?} {b}");
    let level = of(0, "shop_clicks_level");
    assert_eq!((level.value, level.past, level.ago), (Some(0.0), Some(30.0), Some(30)));
    near(level.peer, 54.0);
    near(level.x, (1.0_f64 / 55.0).ln());
    near(of(0, "shop_clicks_trend").x, 1.0 / 55.0 - 1.0);
    near(of(1, "shop_clicks_trend").x, (61.0_f64 / 55.0).ln());
    // 30 days without; the 90 before them had one a day.
    assert_eq!(of(0, "shop_clicks_zero_streak").value, Some(30.0));
    near(of(0, "shop_clicks_zero_streak").x, 31.0_f64.ln());
    assert_eq!(of(0, "shop_clicks_recency").value, Some(30.0));
    // Of 90 days: c1 has 60 + 60 clicks, all from ads; all ten have 60 × 10 + 9 × 60 = 1,140.
    let share = of(1, "ad_click_share");
    assert_eq!((share.value, share.peer), (Some(1.0), Some(120.0 / 1140.0)));
    near(share.x, (120.0 + 10.0 * 120.0 / 1140.0) / 130.0 - 120.0 / 1140.0);
    // 20 days are over half of 30, and under half of 90; 10 days are too few; ads and calls are not covered at all.
    near(of(2, "contact_views_level").value, 30.0);
    for name in ["contact_views_level_90d", "contact_views_trend", "messages_level", "ad_clicks_level"] {
        assert_eq!(of(2, name), Cell::default(), "{name}");
    }
    for name in ["shop_clicks_year_on_year", "aftersale_calls_level", "services_late", "amount_change"] {
        assert_eq!(of(2, name), Cell::default(), "{name}");
    }
}

/// Three clicks a shop and day, but one of thirty on the last day and on the tenth before it: these days are low. c2 had its
/// last click on the eleventh before.
#[test]
fn a_low_day_makes_no_silence_longer() {
    let mut p = ten();
    let main = p.main;
    let template = Portal::random(2).events[0].clone();
    for (date, company) in (main - 199..=main).flat_map(|date| (0..10).map(move |company| (date, company))) {
        let n = match main - date {
            0 => i32::from(company == 1),
            10 => i32::from(company == 0),
            ago => {
                if company == 2 && ago < 10 {
                    0
                } else {
                    3
                }
            }
        };
        p.events.extend((0..n).map(|i| Event {
            feed: Feed::ShopClicks,
            id: format!("{company} {date} {i}"),
            date,
            company_id: Some(format!("c{company}")),
            word: Some("search".into()),
            excluded: None,
            ..template.clone()
        }));
    }
    let asked: Vec<(String, Day)> = ["k0", "k1", "k2"].map(|id| (id.to_string(), main)).into();
    let cells = seen(&loaded(&p, &[]), main, &asked);
    let of = |row: usize, name: &str| cells[row][FEATURES.iter().position(|f| f.name == name).unwrap()].value;
    let silence = |row| ["shop_clicks_zero_streak", "shop_clicks_recency"].map(|name| of(row, name));
    assert_eq!(silence(0), [Some(0.0), Some(0.0)]);
    assert_eq!(silence(1), [Some(0.0), Some(0.0)]);
    // Since the tenth day before: nine whole days without one; ten days to the last of them.
    assert_eq!(silence(2), [Some(9.0), Some(10.0)]);
    // What is counted is counted on low days too.
    assert_eq!(of(0, "shop_clicks_level"), Some(28.0 * 3.0 + 1.0));
}
