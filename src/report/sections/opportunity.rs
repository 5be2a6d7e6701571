//! Under-penetrated segments: what reaching the share of all would bring a year.

use std::cmp::Reverse;

use crate::domain::Cents;
use crate::marts::market_share::MarketShareRow;

use super::super::ReportError;
use super::super::charts::Bars;
use super::super::document::{Block, Chart, Kind, Section};
use super::super::scope::Scope;
use super::made;
use super::market_share::latest;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let format = scope.format();
    let shares = scope.marts.rows::<MarketShareRow>()?;
    let rows = under_penetrated(&latest(&shares));
    let columns = vec![
        scope.column("segment", Kind::Code("value")),
        scope.column("share", Kind::Percent),
        scope.column("share_low", Kind::Percent),
        scope.column("share_high", Kind::Percent),
        scope.column("members", Kind::Int),
        scope.column("universe", Kind::Int),
        scope.column("opportunity", Kind::Money),
    ];
    let mut table = scope.table("opportunity", columns);
    for r in &rows {
        table.push(vec![
            (&r.segment).into(),
            r.share.into(),
            r.share_low.into(),
            r.share_high.into(),
            r.members.into(),
            r.universe.into(),
            r.opportunity.into(),
        ]);
    }
    let bar = |r: &&MarketShareRow| {
        let amount = r.opportunity.unwrap_or(Cents::ZERO);
        (scope.segment(&r.segment), amount.to_f64(), format.money_short(amount))
    };
    let chart = Chart {
        id: "opportunity",
        title: scope.say("opportunity.chart"),
        desc: scope.say("opportunity.desc"),
        empty: scope.say("opportunity.empty"),
        plot: Box::new(Bars { items: rows.iter().map(bar).collect() }),
        data: table,
    };
    Ok(made(scope, "opportunity", vec![Block::Text(scope.say("opportunity.note")), Block::Chart(chart)]))
}

/// The under-penetrated segments of a quarter's rows, the greatest opportunity first.
pub fn under_penetrated<'a>(rows: &[&'a MarketShareRow]) -> Vec<&'a MarketShareRow> {
    let mut under: Vec<&MarketShareRow> = rows.iter().copied().filter(|r| r.under_penetrated).collect();
    under.sort_by_key(|r| (Reverse(r.opportunity), r.segment.clone()));
    under
}
