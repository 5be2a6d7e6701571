//! Contract §3.2: days of members, click sources, ad slots and sources.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::days::Day;
use crate::support::portal::{Event, FEEDS, Feed, Portal};
use crate::twins::sheet::{Cell, Expected, date};

/// The counters of `member_day`, in its order.
pub const COUNTERS: [&str; 7] =
    ["shop_clicks", "visitors", "ad_clicks", "contact_views", "messages", "inquiries", "aftersale_calls"];

/// The events that the marts count by a day.
pub fn counted(p: &Portal, as_of: Day) -> Vec<&Event> {
    let is_counted = |e: &&Event| match e.feed {
        Feed::Calls => e.outcome == "connected" && e.purpose == Some("aftersale") && e.company_id.is_some(),
        _ => e.excluded.is_none(),
    };
    p.events.iter().filter(|e| e.date <= as_of).filter(is_counted).collect()
}

/// The seven counters of one company over events.
pub fn counters(events: &[&Event]) -> [i64; 7] {
    let n = |feed: Feed| events.iter().filter(|e| e.feed == feed).count() as i64;
    let clicks = events.iter().filter(|e| e.feed == Feed::ShopClicks);
    let visitors: BTreeSet<(Day, &String)> = clicks.filter_map(|e| e.visitor.as_ref().map(|v| (e.date, v))).collect();
    [
        n(Feed::ShopClicks),
        visitors.len() as i64,
        n(Feed::AdClicks),
        n(Feed::ContactViews),
        n(Feed::Messages),
        n(Feed::Inquiries),
        n(Feed::Calls),
    ]
}

pub fn member_day(p: &Portal, as_of: Day) -> Expected {
    let events = counted(p, as_of);
    let keys: BTreeSet<(Day, &str)> = events.iter().map(|e| (e.date, e.company_id.as_deref().unwrap())).collect();
    let rows = keys.iter().map(|(d, company)| {
        let here: Vec<&Event> =
            events.iter().filter(|e| e.date == *d && e.company_id.as_deref() == Some(company)).copied().collect();
        let mut row = vec![("date", date(*d)), ("company_id", (*company).into())];
        row.extend(COUNTERS.into_iter().zip(counters(&here)).map(|(name, n)| (name, n.into())));
        row
    });
    Expected::sorted("member_day", 2, rows.collect())
}

fn by_word(p: &Portal, as_of: Day, feed: Feed, table: &'static str, key: &'static str) -> Expected {
    let events: Vec<&Event> = counted(p, as_of).into_iter().filter(|e| e.feed == feed).collect();
    let keys: BTreeSet<(Day, &str, String)> =
        events.iter().map(|e| (e.date, e.company_id.as_deref().unwrap(), word(e))).collect();
    let rows = keys.iter().map(|(d, company, value)| {
        let clicks = events
            .iter()
            .filter(|e| e.date == *d && e.company_id.as_deref() == Some(company) && word(e) == *value)
            .count();
        vec![("date", date(*d)), ("company_id", (*company).into()), (key, value.into()), ("clicks", clicks.into())]
    });
    Expected::sorted(table, 3, rows.collect())
}

/// The click source in lower case, the ad slot as it is; trimmed, and `unknown` when null.
pub fn word(e: &Event) -> String {
    match (&e.word, e.feed) {
        (None, _) => "unknown".to_string(),
        (Some(w), Feed::ShopClicks) => w.trim().to_lowercase(),
        (Some(w), _) => w.trim().to_string(),
    }
}

pub fn click_source_day(p: &Portal, as_of: Day) -> Expected {
    by_word(p, as_of, Feed::ShopClicks, "click_source_day", "click_source")
}

pub fn ad_slot_day(p: &Portal, as_of: Day) -> Expected {
    by_word(p, as_of, Feed::AdClicks, "ad_slot_day", "ad_slot")
}

/// One day of a source: its rows, the median that was to be expected, its status.
pub struct SourceDay {
    pub feed: Feed,
    pub date: Day,
    pub rows: i64,
    pub expected: Option<f64>,
    pub status: &'static str,
}

pub fn source_days(p: &Portal, as_of: Day) -> Vec<SourceDay> {
    let mut out = Vec::new();
    for feed in FEEDS {
        let mut loaded: BTreeMap<Day, i64> = BTreeMap::new();
        for e in p.events.iter().filter(|e| e.feed == feed && e.date <= as_of) {
            *loaded.entry(e.date).or_default() += 1;
        }
        let rows = |d: Day| loaded.get(&d).copied().unwrap_or(0);
        let first = loaded.keys().copied().find(|d| rows(d + 1) > 0 && rows(d + 2) > 0);
        let Some(first) = first else { continue };
        for d in first..=as_of {
            let earlier = [d - 7, d - 14, d - 21, d - 28];
            let usable = earlier.into_iter().filter(|e| *e >= first && !p.holidays.contains(e));
            let mut before: Vec<i64> = usable.map(rows).collect();
            before.sort_unstable();
            let expected = match before[..] {
                [a, b] | [_, a, b, _] => Some((a + b) as f64 / 2.0),
                [_, a, _] => Some(a as f64),
                _ => None,
            };
            let enough = expected.is_some_and(|e| e >= 20.0);
            let status = if p.holidays.contains(&d) {
                "closed"
            } else if rows(d) == 0 && enough {
                "missing"
            } else if enough && 10 * rows(d) < (3.0 * expected.unwrap()).ceil() as i64 {
                "low"
            } else {
                "ok"
            };
            out.push(SourceDay { feed, date: d, rows: rows(d), expected, status });
        }
    }
    out
}

pub fn source_day(p: &Portal, as_of: Day) -> Expected {
    let rows = source_days(p, as_of).into_iter().map(|s| {
        vec![
            ("date", date(s.date)),
            ("source", s.feed.name().into()),
            ("rows", s.rows.into()),
            ("expected", Cell::from(s.expected)),
            ("status", s.status.into()),
        ]
    });
    Expected::sorted("source_day", 2, rows.collect())
}
