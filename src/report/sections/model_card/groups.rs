//! Where what was said and what came of it part: by segment and by distance from the end, over the backtest.

use std::collections::BTreeMap;

use crate::domain::Str;
use crate::marts::risk_scores::Tried;
use crate::stats::wilson;

use super::super::super::document::{Kind, Table};
use super::super::super::scope::Scope;

/// The last days left of a group, but of the farthest one.
const LEADS: [i32; 4] = [-1, 14, 30, 60];

/// Contracts at stake on the cutoffs that have something in common.
pub struct Group {
    /// `segment` or `days_left`.
    dimension: &'static str,
    /// The segment; `15..30`.
    name: Str,
    n: i64,
    p_mean: f64,
    rate: f64,
    low: f64,
    high: f64,
}

impl Group {
    fn gap(&self) -> f64 {
        self.rate - self.p_mean
    }

    /// Whether the interval of what was seen leaves out what was said.
    fn is_off(&self) -> bool {
        self.p_mean < self.low || self.p_mean > self.high
    }
}

/// All groups: those that are off first, each by the size of the gap, ties by name.
pub fn groups(scope: &Scope<'_>, pooled: &[Tried]) -> Vec<Group> {
    let visible = scope.marts.visible;
    let mut sums: BTreeMap<(&'static str, Str), (f64, i64, i64)> = BTreeMap::new();
    for t in pooled {
        let contract = &visible.contracts[t.contract];
        let segment = visible.companies[contract.company].segment.clone();
        let lead = lead(contract.end_signed - t.cutoff, scope);
        for key in [("segment", segment), ("days_left", lead)] {
            let sum = sums.entry(key).or_default();
            *sum = (sum.0 + t.p, sum.1 + i64::from(t.renewed), sum.2 + 1);
        }
    }
    let group = |((dimension, name), (p, renewed, n)): ((&'static str, Str), (f64, i64, i64))| {
        let (low, high) = wilson::interval(renewed, n)?;
        let (p_mean, rate) = (p / n as f64, renewed as f64 / n as f64);
        Some(Group { dimension, name, n, p_mean, rate, low, high })
    };
    let mut groups: Vec<Group> = sums.into_iter().filter_map(group).collect();
    groups.sort_by(|a, b| b.is_off().cmp(&a.is_off()).then(b.gap().abs().total_cmp(&a.gap().abs())));
    groups
}

/// `15..30`: the group of a number of days left.
fn lead(days: i32, scope: &Scope<'_>) -> Str {
    let last = LEADS.iter().copied().find(|last| days <= *last);
    let first = LEADS.iter().copied().rfind(|last| days > *last).map(|last| last + 1);
    let visible = scope.marts.visible;
    let (first, last) = (first.unwrap_or(-visible.grace()), last.unwrap_or(visible.project.risk.horizon_days));
    format!("{first}..{last}").as_str().into()
}

/// The group that is off most, or that none is.
pub fn worst(scope: &Scope<'_>, groups: &[Group]) -> String {
    let format = scope.format();
    let Some(g) = groups.first().filter(|g| g.is_off()) else { return scope.say("model_card.worst_none") };
    let name = if g.dimension == "segment" { scope.segment(&g.name) } else { g.name.to_string() };
    scope.fill(
        "model_card.worst",
        &[
            ("dimension", &format.code("dimension", g.dimension)),
            ("group", &name),
            ("p", &format.percent(g.p_mean)),
            ("rate", &format.percent(g.rate)),
            ("low", &format.percent(g.low)),
            ("high", &format.percent(g.high)),
            ("n", &format.int(g.n)),
        ],
    )
}

pub fn table(scope: &Scope<'_>, groups: &[Group]) -> Table {
    let columns = vec![
        scope.column("dimension", Kind::Code("dimension")),
        scope.column("group", Kind::Code("value")),
        scope.column("n", Kind::Int),
        scope.column("p_mean", Kind::Percent),
        scope.column("rate", Kind::Percent),
        scope.column("rate_low", Kind::Percent),
        scope.column("rate_high", Kind::Percent),
        scope.column("gap", Kind::Points),
        scope.column("is_off", Kind::Code("off")),
    ];
    let mut table = scope.table("calibration_groups", columns);
    for g in groups {
        table.push(vec![
            g.dimension.into(),
            (&g.name).into(),
            g.n.into(),
            g.p_mean.into(),
            g.rate.into(),
            g.low.into(),
            g.high.into(),
            g.gap().into(),
            g.is_off().into(),
        ]);
    }
    table
}
