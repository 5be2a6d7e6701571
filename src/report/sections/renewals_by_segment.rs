//! Renewal rates by segment (or plan, region, team): the last twelve final months together, and the months that can still change.

use std::collections::BTreeMap;

use crate::domain::{Cents, Str};
use crate::marts::renewal_rates::RenewalRateRow;
use crate::stats::wilson;

use super::super::ReportError;
use super::super::charts::{DotPlot, Interval};
use super::super::document::{Block, Cell, Chart, Kind, Mark, Section, Table};
use super::super::scope::Scope;
use super::renewals_by_month::month;
use super::segments::link;
use super::{left_out, made};

/// Final months that are counted together.
const MONTHS: i32 = 12;

/// Sums of a segment, or of another group.
#[derive(Default)]
pub struct Sum {
    pub due: i64,
    pub renewed: i64,
    amount_due: Cents,
    amount_renewed: Cents,
    open_due: i64,
    open_renewed: i64,
}

impl Sum {
    pub fn rate(&self) -> Option<f64> {
        (self.due > 0).then(|| self.renewed as f64 / self.due as f64)
    }
}

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    if scope.part.is_some() {
        return Ok(None);
    }
    let rates = scope.marts.rows::<RenewalRateRow>()?;
    let segments = sums(&rates, "segment");
    let all = sums(&rates, "all").into_values().next().unwrap_or_default();
    let chart = Chart {
        id: "renewals_by_segment",
        title: scope.say("renewals_by_segment.chart"),
        desc: scope.say("renewals_by_segment.desc"),
        empty: scope.say("renewals_by_segment.empty"),
        plot: Box::new(plot(scope, &segments, &all)),
        data: table(scope, "renewals_by_segment", "segment", &segments, &all)?,
    };
    let drawn = segments.values().filter(|s| s.due > 0).count();
    let mut blocks = vec![Block::Chart(chart)];
    blocks.extend(left_out(scope, drawn));
    Ok(made(scope, "renewals_by_segment", blocks))
}

/// The sums of every value of a dimension.
pub fn sums(rates: &[RenewalRateRow], dimension: &str) -> BTreeMap<Str, Sum> {
    let last = rates.iter().filter(|r| r.r#final).map(|r| month(&r.month)).max();
    let mut sums: BTreeMap<Str, Sum> = BTreeMap::new();
    for r in rates.iter().filter(|r| &*r.dimension == dimension) {
        if !r.r#final {
            let sum = sums.entry(r.value.clone()).or_default();
            sum.open_due += r.due;
            sum.open_renewed += r.renewed;
        } else if last.is_some_and(|last| month(&r.month) > last.plus(-MONTHS)) {
            let sum = sums.entry(r.value.clone()).or_default();
            sum.due += r.due;
            sum.renewed += r.renewed;
            sum.amount_due += r.amount_due;
            sum.amount_renewed += r.amount_renewed;
        }
    }
    sums
}

/// Lowest rate first; a ring where even the upper limit lies below the rate of all.
pub fn plot(scope: &Scope<'_>, groups: &BTreeMap<Str, Sum>, all: &Sum) -> DotPlot {
    let format = scope.format();
    let item = |(group, sum): (&Str, &Sum)| {
        let (value, (low, high)) = (sum.rate()?, wilson::interval(sum.renewed, sum.due)?);
        let marked = all.rate().is_some_and(|of_all| high < of_all);
        let rate = format.percent(value);
        let shown = scope.fill("renewals_by_segment.shown", &[("rate", &rate), ("n", &format.int(sum.due))]);
        Some(Interval { label: scope.segment(group), value, low, high, marked, shown })
    };
    let mut items: Vec<Interval> = groups.iter().filter_map(item).collect();
    items.sort_by(|a, b| a.value.total_cmp(&b.value));
    let reference = all.rate().map(|rate| (rate, scope.fill("chart.all", &[("value", &format.percent(rate))])));
    DotPlot { items, reference, marked_means: scope.say("chart.below_all"), tick: scope.percent_tick() }
}

/// A group a row, `key` its column; a segment leads to its own part of a page that has them.
pub fn table(
    scope: &Scope<'_>,
    name: &'static str,
    key: &str,
    groups: &BTreeMap<Str, Sum>,
    all: &Sum,
) -> Result<Table, ReportError> {
    let columns = vec![
        scope.column(key, Kind::Code("value")),
        scope.column("due_12m", Kind::Int),
        scope.column("renewed_12m", Kind::Int),
        scope.column("rate_12m", Kind::Percent),
        scope.column("rate_low", Kind::Percent),
        scope.column("rate_high", Kind::Percent),
        scope.column("amount_due", Kind::AMOUNT),
        scope.column("amount_renewed", Kind::AMOUNT),
        scope.column("open_due", Kind::Int),
        scope.column("open_renewed", Kind::Int),
    ];
    let mut table = scope.table(name, columns);
    let cells = |name: &str, sum: &Sum| -> Vec<Cell> {
        let interval = wilson::interval(sum.renewed, sum.due);
        vec![
            name.into(),
            sum.due.into(),
            sum.renewed.into(),
            sum.rate().into(),
            interval.map(|i| i.0).into(),
            interval.map(|i| i.1).into(),
            sum.amount_due.into(),
            sum.amount_renewed.into(),
            sum.open_due.into(),
            sum.open_renewed.into(),
        ]
    };
    for (group, sum) in groups {
        let link = if key == "segment" { link(scope, group)? } else { None };
        table.push_linked(cells(group, sum), Mark::None, link);
    }
    table.push_marked(cells("all", all), Mark::Total);
    Ok(table)
}
