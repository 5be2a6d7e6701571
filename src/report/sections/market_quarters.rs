//! Market share over eight quarters: the whole as a line, the segments with the largest universe beside each other on
//! one scale, every segment in a table.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::Str;
use crate::marts::market_share::MarketShareRow;

use super::super::ReportError;
use super::super::charts::{Panel, Panels, Point, Trend};
use super::super::document::{Block, Cell, Chart, Column, Kind, Mark, Section, Table};
use super::super::scope::Scope;
use super::made;
use super::segments::link;

/// Segments that are drawn beside each other; the table has all.
const DRAWN: usize = 12;

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
    let blocks = vec![
        Block::Chart(chart),
        Block::Chart(largest(scope, &shares, running.as_deref())),
        Block::Table(segments(scope, &shares)?),
    ];
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

/// The segments with the largest universe at the end, their quarters on one scale.
fn largest(scope: &Scope<'_>, shares: &[MarketShareRow], running: Option<&str>) -> Chart {
    let format = scope.format();
    let quarters: BTreeSet<&Str> = shares.iter().map(|r| &r.quarter).collect();
    let mut last: Vec<&MarketShareRow> =
        shares.iter().filter(|r| Some(&&r.quarter) == quarters.last() && &*r.segment != "all").collect();
    last.sort_by_key(|r| (Reverse(r.universe), r.segment.clone()));
    last.truncate(DRAWN);
    let mut data = scope.table(
        "market_quarters_largest",
        vec![
            scope.column("segment", Kind::Code("value")),
            scope.column("quarter", Kind::Text),
            scope.column("members", Kind::Int),
            scope.column("universe", Kind::Int),
            scope.column("share", Kind::Percent),
            scope.column("share_low", Kind::Percent),
            scope.column("share_high", Kind::Percent),
        ],
    );
    let mut panels = Vec::new();
    for segment in last.iter().map(|r| &r.segment) {
        let rows: Vec<Option<&MarketShareRow>> =
            quarters.iter().map(|q| shares.iter().find(|r| r.segment == *segment && r.quarter == **q)).collect();
        for r in rows.iter().flatten() {
            let (share, low, high) = (r.share.into(), r.share_low.into(), r.share_high.into());
            data.push(vec![segment.into(), (&r.quarter).into(), r.members.into(), r.universe.into(), share, low, high]);
        }
        panels.push(Panel {
            name: scope.segment(segment),
            points: rows.iter().map(|r| r.and_then(|r| r.share)).collect(),
            intervals: rows.iter().map(|r| r.and_then(|r| r.share_low.zip(r.share_high))).collect(),
            curve: Vec::new(),
            last_is_open: running.is_some(),
            shown: rows.last().and_then(|r| (*r)?.share).map(|s| format.percent(s)).unwrap_or_default(),
        });
    }
    Chart {
        id: "market_quarters_largest",
        title: scope.fill("market_quarters.largest", &[("n", &panels.len().to_string())]),
        desc: scope.say("market_quarters.largest_desc"),
        empty: scope.say("market_share.empty"),
        plot: Box::new(Panels {
            panels,
            labels: quarters.iter().map(|q| q.to_string()).collect(),
            joined: true,
            y_title: scope.say("label.share"),
            points_mean: Some(scope.say("market_quarters.points")),
            curve_means: None,
            open_means: Some(scope.say("market_quarters.running")),
            tick: scope.percent_tick(),
        }),
        data,
    }
}

/// A segment a row, a quarter a column.
fn segments(scope: &Scope<'_>, shares: &[MarketShareRow]) -> Result<Table, ReportError> {
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
        let mark = if all { Mark::Total } else { Mark::None };
        table.push_linked(cells, mark, link(scope, segment)?);
    }
    Ok(table)
}
