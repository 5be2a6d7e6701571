//! The counters of `member_day`: the last 30 days as `member_health` has them, and the year by week, against the peers.
//!
//! ```text
//! week 51 … week 0, each of 7 days, the last ending on the as-of day
//! own clicks of a week   |   mean over today's peers that were members without a break since that week began
//! ```

use crate::domain::schema::MEMBER_DAY_COUNTERS;
use crate::domain::{Day, Str};
use crate::facts::Visible;
use crate::facts::activity::{COUNTERS, VISITORS};
use crate::facts::coverage::Coverage;

use super::super::Result;
use super::super::member_health::MemberHealthRow;
use super::peers::Peers;

/// Weeks of the year that is drawn.
pub const WEEKS: i32 = 52;
const WINDOW: i32 = 30;
const YEAR: i32 = 365;

/// One counter of a company. What a source does not cover is `None`, never zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Counter {
    /// As in `member_day`.
    pub name: &'static str,
    /// Sum of the last 30 days.
    pub last: Option<i64>,
    /// Of the 30 days before.
    pub before: Option<i64>,
    /// last / before − 1; `None` unless both windows are known whole.
    pub change: Option<f64>,
    /// Of the 30 days that ended 365 days earlier.
    pub year_ago: Option<i64>,
    /// Mean of the peers over the last 30 days.
    pub peer_mean: Option<f64>,
    /// Percentile among the peers (0..1).
    pub percentile: Option<f64>,
    /// The oldest week first.
    pub weeks: Vec<Option<i64>>,
    /// Mean of the peers, week by week.
    pub peer_weeks: Vec<Option<f64>>,
}

/// Last day of each week of the year, the oldest first.
pub fn week_ends(day: Day) -> impl Iterator<Item = Day> {
    (0..WEEKS).map(move |week| day - 7 * (WEEKS - 1 - week))
}

/// The event source that a counter counts.
pub fn source_of(counter: &str) -> &str {
    match counter {
        "visitors" => "shop_clicks",
        "aftersale_calls" => "calls",
        same => same,
    }
}

/// 30 days, the 30 before, percentile: a counter's figures in a row of `member_health`.
pub fn figures(row: &MemberHealthRow, counter: usize) -> (Option<i64>, Option<i64>, Option<f64>) {
    match counter {
        0 => (Some(row.shop_clicks_30d), Some(row.shop_clicks_prev_30d), row.shop_clicks_pct),
        1 => (row.visitors_30d, row.visitors_prev_30d, row.visitors_pct),
        2 => (Some(row.ad_clicks_30d), Some(row.ad_clicks_prev_30d), row.ad_clicks_pct),
        3 => (Some(row.contact_views_30d), Some(row.contact_views_prev_30d), row.contact_views_pct),
        4 => (Some(row.messages_30d), Some(row.messages_prev_30d), row.messages_pct),
        5 => (Some(row.inquiries_30d), Some(row.inquiries_prev_30d), row.inquiries_pct),
        _ => (Some(row.aftersale_calls_30d), Some(row.aftersale_calls_prev_30d), row.aftersale_calls_pct),
    }
}

/// Every counter, in the order of `member_day`; of a company that is in no row of `member_health`, its own sums alone.
pub fn of(
    visible: &Visible<'_>,
    id: &Str,
    health: Option<&MemberHealthRow>,
    peers: Option<&Peers<'_>>,
    coverage: &Coverage,
) -> Result<Vec<Counter>> {
    let (activity, day) = (visible.activity()?, visible.day);
    let unknown = |counter: usize| counter == VISITORS && activity.visitors_unknown;
    let sums = |company: &Str, ends: &[Day], days: i32| -> Vec<[i64; COUNTERS]> {
        ends.iter().map(|end| activity.sums(company, end.window_start(days), *end)).collect()
    };
    let ends: Vec<Day> = week_ends(day).collect();
    let own = sums(id, &ends, 7);
    let recent = sums(id, &[day, day - WINDOW, day - YEAR], WINDOW);
    let rows = peers.map_or(&[][..], |p| p.rows.as_slice());
    let of_peers: Vec<Vec<[i64; COUNTERS]>> = rows.iter().map(|p| sums(&p.company_id, &ends, 7)).collect();
    let counter = |(at, name): (usize, &&'static str)| {
        let name: &'static str = name;
        let source = source_of(name);
        let covered = |end: Day| coverage.missing(source, end.window_start(WINDOW), end).is_some();
        let own_sum = |window: usize| Some(recent[window][at]).filter(|_| !unknown(at));
        let (last, before, percentile) = health.map_or_else(|| (own_sum(0), own_sum(1), None), |row| figures(row, at));
        let last = last.filter(|_| covered(day));
        let before = before.filter(|_| covered(day - WINDOW));
        let is_whole = coverage.is_whole(source, day.window_start(2 * WINDOW), day);
        let change = last.zip(before).filter(|(_, then)| is_whole && *then > 0);
        let known = |week: usize| !unknown(at) && coverage.is_whole(source, ends[week].window_start(7), ends[week]);
        let peer_week = |week: usize| {
            let began = ends[week].window_start(7);
            let there = |p: &usize| i64::from(day - began) < rows[*p].days_in_force;
            let (n, sum) =
                (0..rows.len()).filter(there).fold((0i64, 0i64), |(n, sum), p| (n + 1, sum + of_peers[p][week][at]));
            (n > 0).then(|| sum as f64 / n as f64)
        };
        Counter {
            name,
            last,
            before,
            change: change.map(|(now, then)| (now - then) as f64 / then as f64),
            year_ago: own_sum(2).filter(|_| covered(day - YEAR)),
            peer_mean: peers.and_then(|p| p.mean(|row| figures(row, at).0)).filter(|_| last.is_some()),
            percentile: percentile.filter(|_| last.is_some()),
            weeks: (0..ends.len()).map(|week| Some(own[week][at]).filter(|_| known(week))).collect(),
            peer_weeks: (0..ends.len()).map(|week| peer_week(week).filter(|_| known(week))).collect(),
        }
    };
    Ok(MEMBER_DAY_COUNTERS.iter().enumerate().map(counter).collect())
}
