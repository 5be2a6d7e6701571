//! Market share by segment at the end of the latest quarter, with intervals and the change.

use crate::domain::Str;
use crate::marts::market_share::MarketShareRow;

use super::super::ReportError;
use super::super::charts::{DotPlot, Interval};
use super::super::document::{Block, Chart, Kind, Mark, Section, Table};
use super::super::scope::Scope;
use super::segments::link;
use super::{left_out, made};

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let shares = scope.marts.rows::<MarketShareRow>()?;
    let rows = latest(&shares);
    let chart = Chart {
        id: "market_share",
        title: scope.say("market_share.chart"),
        desc: scope.say("market_share.desc"),
        empty: scope.say("market_share.empty"),
        plot: Box::new(plot(scope, &rows)),
        data: intervals(scope, &rows),
    };
    let drawn = chart.data.rows.len();
    let mut blocks = vec![Block::Chart(chart)];
    blocks.extend(left_out(scope, drawn));
    blocks.push(Block::Table(table(scope, &rows)?));
    Ok(made(scope, "market_share", blocks))
}

/// The rows of the latest quarter, `all` last.
pub fn latest(shares: &[MarketShareRow]) -> Vec<&MarketShareRow> {
    let quarter: Option<&Str> = shares.iter().map(|r| &r.quarter).max();
    let mut rows: Vec<&MarketShareRow> = shares.iter().filter(|r| Some(&r.quarter) == quarter).collect();
    rows.sort_by_key(|r| &*r.segment == "all");
    rows
}

fn by_share<'a>(rows: &[&'a MarketShareRow]) -> Vec<&'a MarketShareRow> {
    let mut segments: Vec<&MarketShareRow> = rows.iter().copied().filter(|r| &*r.segment != "all").collect();
    segments.sort_by(|a, b| b.share.unwrap_or(-1.0).total_cmp(&a.share.unwrap_or(-1.0)));
    segments
}

fn plot(scope: &Scope<'_>, rows: &[&MarketShareRow]) -> DotPlot {
    let format = scope.format();
    let item = |r: &&MarketShareRow| {
        let (value, low, high) = (r.share?, r.share_low?, r.share_high?);
        let change = r.share_change.map_or_else(|| super::super::format::NOTHING.to_string(), |c| format.points(c));
        let shown = scope.fill("market_share.shown", &[("share", &format.percent(value)), ("change", &change)]);
        Some(Interval { label: scope.segment(&r.segment), value, low, high, marked: r.under_penetrated, shown })
    };
    let all = rows.iter().find(|r| &*r.segment == "all").and_then(|r| r.share);
    DotPlot {
        items: by_share(rows).iter().filter_map(item).collect(),
        reference: all.map(|share| (share, scope.fill("chart.all", &[("value", &format.percent(share))]))),
        marked_means: scope.say("market_share.under"),
        tick: scope.percent_tick(),
    }
}

/// The values of the drawing, in its order.
fn intervals(scope: &Scope<'_>, rows: &[&MarketShareRow]) -> Table {
    let columns = vec![
        scope.column("segment", Kind::Code("value")),
        scope.column("share", Kind::Percent),
        scope.column("share_low", Kind::Percent),
        scope.column("share_high", Kind::Percent),
        scope.column("share_change", Kind::Points),
    ];
    let mut table = scope.table("market_share_chart", columns);
    for r in by_share(rows) {
        let (low, high) = (r.share_low.into(), r.share_high.into());
        table.push(vec![(&r.segment).into(), r.share.into(), low, high, r.share_change.into()]);
    }
    table
}

fn table(scope: &Scope<'_>, rows: &[&MarketShareRow]) -> Result<Table, ReportError> {
    let columns = vec![
        scope.column("quarter", Kind::Text).data(),
        scope.column("segment", Kind::Code("value")),
        scope.column("companies", Kind::Int),
        scope.column("registered", Kind::Int),
        scope.column("members", Kind::Int),
        scope.column("universe", Kind::Int),
        scope.column("share", Kind::Percent),
        scope.column("share_low", Kind::Percent).data(),
        scope.column("share_high", Kind::Percent).data(),
        scope.column("share_change", Kind::Points),
        scope.column("share_change_like", Kind::Points),
        scope.column("bookings_12m", Kind::AMOUNT),
        scope.column("bookings_share", Kind::Percent),
        scope.column("spend_share", Kind::Percent),
        scope.column("large_companies", Kind::Int).data(),
        scope.column("large_members", Kind::Int).data(),
        scope.column("large_share", Kind::Percent),
        scope.column("under_penetrated", Kind::Code("under")),
        scope.column("opportunity", Kind::Money).data(),
        scope.column("hhi", Kind::Float(3)).data(),
    ];
    let mut table = scope.table("market_share", columns);
    for r in rows {
        let mark = if &*r.segment == "all" { Mark::Total } else { Mark::None };
        let cells = vec![
            (&r.quarter).into(),
            (&r.segment).into(),
            r.companies.into(),
            r.registered.into(),
            r.members.into(),
            r.universe.into(),
            r.share.into(),
            r.share_low.into(),
            r.share_high.into(),
            r.share_change.into(),
            r.share_change_like.into(),
            r.bookings_12m.into(),
            r.bookings_share.into(),
            r.spend_share.into(),
            r.large_companies.into(),
            r.large_members.into(),
            r.large_share.into(),
            r.under_penetrated.into(),
            r.opportunity.into(),
            r.hhi.into(),
        ];
        table.push_linked(cells, mark, link(scope, &r.segment)?);
    }
    Ok(table)
}
