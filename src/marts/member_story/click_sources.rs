//! Where a company's shop clicks came from: 30 days, the 30 before, 90.

use std::collections::BTreeMap;

use crate::domain::Str;
use crate::facts::Visible;
use crate::facts::coverage::Coverage;

use super::super::Result;

/// One source of clicks.
#[derive(Clone, Debug, PartialEq)]
pub struct ClickSource {
    /// `None`: all that are not among the first.
    pub source: Option<Str>,
    pub clicks_30d: i64,
    /// Of all its clicks of 30 days (ratio).
    pub share_30d: Option<f64>,
    /// clicks / those of the 30 days before − 1; `None` where the days before are not known whole.
    pub change: Option<f64>,
    pub clicks_90d: i64,
    /// Of all its clicks of 90 days (ratio); `None` where they are not covered.
    pub share_90d: Option<f64>,
}

/// Sources that are told apart.
const MOST: usize = 8;

/// A company's sources of clicks, by clicks of 90 days, greatest first, ties by name; none where 30 days are not covered.
pub fn of(visible: &Visible<'_>, id: &str, coverage: &Coverage) -> Result<Vec<ClickSource>> {
    let day = visible.day;
    let covered = |days: i32| coverage.missing("shop_clicks", day.window_start(days), day).is_some();
    if !covered(30) {
        return Ok(Vec::new());
    }
    // 30 days, the 30 before, 90.
    let mut clicks: BTreeMap<Str, [i64; 3]> = BTreeMap::new();
    for (on, source, n) in visible.click_sources_of(id, day.window_start(90))? {
        let sums = clicks.entry(source).or_default();
        let is_last = on >= day.window_start(30);
        let windows = [is_last, !is_last && on >= day.window_start(60), true];
        sums.iter_mut().zip(windows).filter(|(_, is_in)| *is_in).for_each(|(sum, _)| *sum += n);
    }
    let mut by_clicks: Vec<(Option<Str>, [i64; 3])> = clicks.into_iter().map(|(s, sums)| (Some(s), sums)).collect();
    by_clicks.sort_by(|a, b| b.1[2].cmp(&a.1[2]).then_with(|| a.0.cmp(&b.0)));
    if by_clicks.len() > MOST {
        let rest = by_clicks.split_off(MOST - 1);
        let add = |sum: [i64; 3], (_, more): &(_, [i64; 3])| std::array::from_fn(|i| sum[i] + more[i]);
        by_clicks.push((None, rest.iter().fold([0; 3], add)));
    }
    let total = |window: usize| by_clicks.iter().map(|(_, sums)| sums[window]).sum::<i64>();
    let (all_30d, all_90d) = (total(0), total(2));
    let share = |n: i64, all: i64| (all > 0).then(|| n as f64 / all as f64);
    let is_whole = coverage.is_whole("shop_clicks", day.window_start(60), day);
    let row = |(source, [last, before, quarter]): (Option<Str>, [i64; 3])| ClickSource {
        source,
        clicks_30d: last,
        share_30d: share(last, all_30d),
        change: (is_whole && before > 0).then(|| (last - before) as f64 / before as f64),
        clicks_90d: quarter,
        share_90d: share(quarter, all_90d).filter(|_| covered(90)),
    };
    Ok(by_clicks.into_iter().map(row).collect())
}
