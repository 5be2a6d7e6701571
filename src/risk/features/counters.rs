//! Each counter of `member_day`: how much, which way, against last year, since when nothing.
//!
//! ```text
//! level   = ln (own rate / the rate expected of its segment, plan and size)      of 30 and of 90 days
//! trend   = level of 30 days − level of the 90 before    so the own trend of a segment with enough members falls out
//! year    = level of 30 days − level of the same 30 days a year ago
//! long    = level of 90 days − level of what is known of the nine months before them
//!           (of the three, a level that fell counts as the share lost, e^difference − 1)
//! recency = ln ((days since the last + 1) / (the days expected from one to the next + 1))
//! streak  = ln (1 + days without × own rate in the 90 days before them): what was missed by the own measure
//! ```
//! Rates are events a known day, plus one in 30 days. A silence is counted up to the last day that is whole: on a low one whoever
//! has no event is unknown, so such a day makes no silence longer.

use crate::domain::Day;
use crate::facts::activity::{AD_CLICKS, CONTACT_VIEWS, INQUIRIES, MESSAGES, SHOP_CLICKS, VISITORS};

use super::view::{View, Window};
use super::{Against, Cell, Feature, Good, Theme, Unit};

/// The five features of a counter, and its two of silence.
macro_rules! of_counter {
    ($counter:literal, $theme:expr, $action:literal) => {
        [
            of_counter!($counter, "_level", $theme, Unit::Count, Some(30), Against::Both, $action),
            of_counter!($counter, "_level_90d", $theme, Unit::Count, Some(90), Against::Both, $action),
            of_counter!($counter, "_trend", $theme, Unit::Count, Some(30), Against::Past, $action),
            of_counter!($counter, "_year_on_year", $theme, Unit::Count, Some(30), Against::Past, $action),
            of_counter!($counter, "_long_trend", $theme, Unit::Monthly, Some(90), Against::Past, $action),
            of_counter!($counter, "_recency", $theme, Unit::Days, None, Against::Both, $action),
            of_counter!($counter, "_zero_streak", $theme, Unit::Days, None, Against::Both, $action),
        ]
    };
    ($counter:literal, $what:literal, $theme:expr, $unit:expr, $days:expr, $against:expr, $action:literal) => {
        Feature {
            name: concat!($counter, $what),
            theme: $theme,
            unit: $unit,
            window_days: $days,
            good: if matches!($unit, Unit::Days) { Good::Less } else { Good::More },
            against: $against,
            source: "member_day",
            actionable: true,
            action: $action,
        }
    };
}

const SHOP: [Feature; 7] = of_counter!("shop_clicks", Theme::Visits, "refresh_shop");
/// Visits and visitors come and stop together: the silence of one is that of the other.
const PEOPLE: [Feature; 7] = of_counter!("visitors", Theme::Visits, "refresh_shop");
const ADS: [Feature; 7] = of_counter!("ad_clicks", Theme::Ads, "renew_ads");
const VIEWS: [Feature; 7] = of_counter!("contact_views", Theme::Leads, "show_contacts");
const TALKS: [Feature; 7] = of_counter!("messages", Theme::Leads, "answer_messages");
const ASKED: [Feature; 7] = of_counter!("inquiries", Theme::Leads, "promote_products");

pub const FEATURES: &[Feature] = &{
    let mut all = [SHOP[0]; 40];
    let parts: [&[Feature]; 6] = [&SHOP, PEOPLE.split_at(5).0, &ADS, &VIEWS, &TALKS, &ASKED];
    let (mut n, mut part) = (0, 0);
    while part < parts.len() {
        let mut at = 0;
        while at < parts[part].len() {
            all[n] = parts[part][at];
            (n, at) = (n + 1, at + 1);
        }
        part += 1;
    }
    all
};

/// Longest silence that is told apart, days.
const LONGEST: f64 = 365.0;
/// Days of a silence that count as missed.
const MISSED: f64 = 90.0;

pub fn cells(view: &View<'_>, out: &mut Vec<Cell>) {
    for column in [SHOP_CLICKS, VISITORS, AD_CLICKS, CONTACT_VIEWS, MESSAGES, INQUIRIES] {
        let seen = Seen::of(view, column);
        out.extend([level_30(view, &seen), level_90(view, &seen)]);
        out.extend([trend(view, &seen), year_on_year(view, &seen), long_trend(view, &seen)]);
        if column != VISITORS {
            out.extend([recency(view, &seen), zero_streak(view, &seen)]);
        }
    }
}

/// The windows that several features of a counter look at.
struct Seen {
    column: usize,
    month: Option<Window>,
    quarter: Option<Window>,
    /// The 90 days before the month.
    before: Option<Window>,
    year_ago: Option<Window>,
    /// What is known of the nine months before the quarter.
    earlier: Option<Window>,
}

impl Seen {
    fn of(view: &View<'_>, column: usize) -> Seen {
        Seen {
            column,
            month: view.now(column, 30),
            quarter: view.now(column, 90),
            before: view.before(column, 90, 30),
            year_ago: view.year_ago(column, 30),
            earlier: view.earlier(column, 274, 90),
        }
    }
}

/// A rate as events of so many days.
fn in_days(rate: f64, days: i32) -> f64 {
    rate * f64::from(days)
}

fn level(view: &View<'_>, now: Option<Window>, past: Option<Window>, days: i32) -> Cell {
    let Some(now) = now else { return Cell::default() };
    let peers = view.rate(view.group(&[now]), &now);
    Cell {
        value: Some(in_days(now.rate(), days)),
        peer: peers.map(|p| in_days(p, days)),
        past: past.map(|w| in_days(w.rate(), days)),
        ago: past.map(|w| w.ago),
        x: view.level(&now),
    }
}

fn level_30(view: &View<'_>, seen: &Seen) -> Cell {
    level(view, seen.month, seen.year_ago.or(seen.before), 30)
}

fn level_90(view: &View<'_>, seen: &Seen) -> Cell {
    let past = view.year_ago(seen.column, 90).or_else(|| view.before(seen.column, 90, 90));
    level(view, seen.quarter, past, 90)
}

/// The level now less a level of the past.
fn change(view: &View<'_>, now: Option<Window>, past: Option<Window>) -> Cell {
    let Some((now, past)) = now.zip(past) else { return Cell::default() };
    let peers = view.rate(view.group(&[now, past]), &now);
    Cell {
        value: Some(in_days(now.rate(), 30)),
        peer: peers.map(|p| in_days(p, 30)),
        past: Some(in_days(past.rate(), 30)),
        ago: Some(past.ago),
        x: view.level(&now).zip(view.level(&past)).map(|(now, past)| moved(now - past)),
    }
}

/// A change of the level as what was lost, -1..0, or as the logarithm of what was gained: from little to nothing is no more than
/// everything lost.
fn moved(change: f64) -> f64 {
    if change < 0.0 { libm::expm1(change) } else { change }
}

fn trend(view: &View<'_>, seen: &Seen) -> Cell {
    change(view, seen.month, seen.before)
}

fn year_on_year(view: &View<'_>, seen: &Seen) -> Cell {
    change(view, seen.month, seen.year_ago)
}

fn long_trend(view: &View<'_>, seen: &Seen) -> Cell {
    change(view, seen.quarter, seen.earlier)
}

/// Days from one event to the next at a rate.
fn pace(rate: f64) -> Option<f64> {
    (rate > 0.0).then(|| 1.0 / rate)
}

/// The first day of the silence that lasts to its last day: the one after the last event, else the chain's first that
/// is known.
fn silent_since(view: &View<'_>, column: usize) -> Option<Day> {
    let known = view.calendar.known(column).first()?.max(view.chain.first);
    let latest = view.series.latest(view.calendar, column, view.last).filter(|day| *day >= view.chain.first);
    Some(latest.map_or(known, |day| day + 1))
}

fn recency(view: &View<'_>, seen: &Seen) -> Cell {
    let (Some(_), Some(quarter), Some(since)) = (seen.month, seen.quarter, silent_since(view, seen.column)) else {
        return Cell::default();
    };
    let whole = view.calendar.whole(seen.column).latest(view.last).unwrap_or(since - 1);
    let days = f64::from((whole - since + 1).max(0));
    let peers = view.rate(view.group(&[quarter]), &quarter);
    let before = seen.year_ago.or(seen.before).and_then(|w| Some((pace(w.rate())?, w.ago)));
    let x = |rate: f64| {
        let usual = pace(rate).unwrap_or(LONGEST).min(LONGEST);
        libm::log((days.min(LONGEST) + 1.0) / (usual + 1.0))
    };
    Cell {
        value: Some(days),
        peer: peers.and_then(pace),
        past: before.map(|b| b.0),
        ago: before.map(|b| b.1),
        x: view.expected(&quarter).map(x),
    }
}

fn zero_streak(view: &View<'_>, seen: &Seen) -> Cell {
    let (Some(month), Some(since)) = (seen.month, silent_since(view, seen.column)) else { return Cell::default() };
    let silent = f64::from(view.calendar.whole(seen.column).between(since, view.last));
    let before = view.window(seen.column, since - 90, since - 1);
    let own = before.map(|w| w.rate());
    // Whoever never had one is held against what is expected of its kind.
    let peers = view.rate(view.group(&[month]), &month);
    let missed = own.or(view.expected(&month)).map(|rate| libm::log(1.0 + silent.min(MISSED) * rate));
    let usual = before.and_then(|w| Some((pace(w.rate())?, w.ago)));
    Cell {
        value: Some(silent),
        peer: peers.and_then(pace),
        past: usual.map(|u| u.0),
        ago: usual.map(|u| u.1),
        x: missed,
    }
}
