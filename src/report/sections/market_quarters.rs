//! Market share over eight quarters: the whole as a line, every segment in a table.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::Str;
use crate::marts::market_share::MarketShareRow;

use super::super::ReportError;
use super::super::charts::{Point, Trend};
use super::super::document::{Block, Cell, Chart, Column, Kind, Mark, Section, Table};
use super::super::scope::Scope;
use super::made;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let shares = scope.marts.rows::<MarketShareRow>()?;
    let all: Vec<&MarketShareRow> = shares.iter().filter(|r| &*r.segment == "all").collect();
    let quarter = scope.day().quarter();
    let running = (scope.day() < quarter.last_day()).then(|| quarter.to_string());
    let point = |r: &&MarketShareRow| Point {
        label: r.quarter.to_string(),
        value: r.share,
        interval: r.share_low.zip(r.share_high),
        settled: running.as_deref() != Some(&*r.quarter),
    };
    let chart = Chart {
        id: "market_quarters",
        title: scope.say("market_quarters.chart"),
        desc: scope.say("market_quarters.desc"),
        empty: scope.say("market_share.empty"),
        plot: Box::new(Trend {
            points: all.iter().map(point).collect(),
            y_title: scope.say("label.share"),
            open_means: scope.say("market_quarters.running"),
            tick: scope.percent_tick(),
        }),
        data: whole(scope, &all),
    };
    let blocks = vec![Block::Chart(chart), Block::Table(segments(scope, &shares))];
    Ok(made(scope, "market_quarters", blocks))
}

fn whole(scope: &Scope<'_>, all: &[&MarketShareRow]) -> Table {
    let columns = vec![
        scope.column("quarter", Kind::Text),
        scope.column("members", Kind::Int),
        scope.column("universe", Kind::Int),
        scope.column("share", Kind::Percent),
        scope.column("share_low", Kind::Percent),
        scope.column("share_high", Kind::Percent),
        scope.column("share_change", Kind::Points),
    ];
    let mut table = scope.table("market_quarters", columns);
    for r in all {
        let (low, high, change) = (r.share_low.into(), r.share_high.into(), r.share_change.into());
        table.push(vec![(&r.quarter).into(), r.members.into(), r.universe.into(), r.share.into(), low, high, change]);
    }
    table
}

/// A segment a row, a quarter a column.
fn segments(scope: &Scope<'_>, shares: &[MarketShareRow]) -> Table {
    let quarters: BTreeSet<&Str> = shares.iter().map(|r| &r.quarter).collect();
    let mut by_segment: BTreeMap<(bool, &Str), BTreeMap<&Str, Option<f64>>> = BTreeMap::new();
    for r in shares {
        by_segment.entry((&*r.segment == "all", &r.segment)).or_default().insert(&r.quarter, r.share);
    }
    let mut columns = vec![scope.column("segment", Kind::Code("value"))];
    columns.extend(quarters.iter().map(|q| Column {
        key: q.to_string(),
        label: q.to_string(),
        doc: String::new(),
        ..scope.column("share", Kind::Percent)
    }));
    let mut table = scope.table("market_quarters_segments", columns);
    for ((all, segment), shares) in by_segment {
        let mut cells: Vec<Cell> = vec![segment.into()];
        cells.extend(quarters.iter().map(|q| Cell::from(shares.get(q).copied().flatten())));
        table.push_marked(cells, if all { Mark::Total } else { Mark::None });
    }
    table
}
