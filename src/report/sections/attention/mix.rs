//! Clicks that members received, by segment and by where they came from, in two windows of 90 days.

use std::collections::BTreeMap;

use crate::domain::schema::{AD_SLOT_DAY, CLICK_SOURCE_DAY, Rollup};
use crate::domain::{Day, Str};

use super::super::super::ReportError;
use super::super::super::scope::Scope;

pub const DAYS: i32 = 90;

/// Clicks of the window and of the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clicks {
    pub now: i64,
    pub before: i64,
}

/// Where the clicks of each segment came from; `all` is the sum of the segments.
#[derive(Debug, Default)]
pub struct Mix {
    pub segments: BTreeMap<Str, BTreeMap<Str, Clicks>>,
    /// Whether the source covers the window, and the one before it too.
    pub covered: bool,
    pub covered_before: bool,
}

/// One part of a mix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    pub clicks: Clicks,
    /// Of the segment's clicks in the window.
    pub share: Option<f64>,
    pub share_before: Option<f64>,
}

impl Part {
    pub fn change(&self) -> Option<f64> {
        Some(self.share? - self.share_before?)
    }
}

impl Mix {
    /// Of a segment: each way with its part, the greatest first.
    pub fn of(&self, segment: &str) -> Vec<(&Str, Part)> {
        let Some(ways) = self.segments.get(segment) else { return Vec::new() };
        let (now, before) = ways.values().fold((0, 0), |(n, b), c| (n + c.now, b + c.before));
        let ratio = |part: i64, whole: i64| (whole > 0).then(|| part as f64 / whole as f64);
        let part = |clicks: &Clicks| Part {
            clicks: *clicks,
            share: ratio(clicks.now, now).filter(|_| self.covered),
            share_before: ratio(clicks.before, before).filter(|_| self.covered_before),
        };
        let mut parts: Vec<(&Str, Part)> = ways.iter().map(|(way, clicks)| (way, part(clicks))).collect();
        parts.sort_by_key(|(way, part)| (std::cmp::Reverse(part.clicks.now + part.clicks.before), *way));
        parts
    }

    fn add(&mut self, segment: &Str, way: &Str, clicks: i64, is_before: bool) {
        for group in [segment, &"all".into()] {
            let ways = self.segments.entry(group.clone()).or_default();
            let sum = ways.entry(way.clone()).or_default();
            *if is_before { &mut sum.before } else { &mut sum.now } += clicks;
        }
    }
}

/// Of shop clicks by click source, and of ad clicks by slot.
#[derive(Debug, Default)]
pub struct Attention {
    pub sources: Mix,
    pub slots: Mix,
}

impl Attention {
    pub fn of(scope: &Scope<'_>) -> Result<Attention, ReportError> {
        Ok(Attention {
            sources: mix(scope, &CLICK_SOURCE_DAY, "shop_clicks")?,
            slots: mix(scope, &AD_SLOT_DAY, "ad_clicks")?,
        })
    }
}

/// The clicks of companies on days on which they were members.
fn mix(scope: &Scope<'_>, rollup: &Rollup, source: &str) -> Result<Mix, ReportError> {
    let visible = scope.marts.visible;
    let day = visible.day;
    let (first, before) = (day.window_start(DAYS), day.window_start(2 * DAYS));
    let coverage = scope.coverage()?;
    let mut mix = Mix {
        covered: coverage.missing(source, first, day).is_some(),
        covered_before: coverage.missing(source, before, first - 1).is_some(),
        ..Mix::default()
    };
    visible.each_rollup(rollup, before, |row| {
        let [company, way] = row.key.as_slice() else { return };
        let Some(at) = visible.company_of.get(company).filter(|at| visible.is_member(**at, row.day)) else { return };
        mix.add(&visible.companies[*at].segment, way, row.count(0), row.day < first);
    })?;
    Ok(mix)
}

/// The first day of each window, for those who name it.
pub fn windows(day: Day) -> [Day; 2] {
    [day.window_start(DAYS), day.window_start(2 * DAYS)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 100 clicks 60 by search, of the 50 before 20: 60 % after 40 %, 20 points more.
    #[test]
    fn shares_are_of_the_segment_and_the_window() {
        let mut mix = Mix { covered: true, covered_before: true, ..Mix::default() };
        for (way, clicks, is_before) in
            [("search", 60, false), ("ad", 40, false), ("search", 20, true), ("ad", 30, true)]
        {
            mix.add(&"s".into(), &way.into(), clicks, is_before);
        }
        mix.add(&"t".into(), &"ad".into(), 100, false);
        let parts = mix.of("s");
        assert_eq!((&**parts[0].0, parts[0].1.share, parts[0].1.share_before), ("search", Some(0.6), Some(0.4)));
        assert!((parts[0].1.change().unwrap() - 0.2).abs() < 1e-12);
        assert_eq!(mix.of("all")[0].1.share, Some(0.7));
        mix.covered_before = false;
        assert_eq!(mix.of("s")[0].1.change(), None);
    }
}
