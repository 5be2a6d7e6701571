//! Renewal rates over time: of the memberships that ended in a month, how many renewed.

use crate::domain::Month;
use crate::marts::renewal_rates::RenewalRateRow;

use super::super::ReportError;
use super::super::charts::{Point, Trend};
use super::super::document::{Block, Chart, Kind, Mark, Section, Table};
use super::super::scope::Scope;
use super::made;

/// Months on the chart and in the page's table; sheets, CSV and JSON have all.
const MONTHS: i32 = 24;

/// All memberships, or those of the part's after-sales person.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let rates = scope.marts.rows::<RenewalRateRow>()?;
    let mine = |r: &&RenewalRateRow| match &scope.part {
        None => &*r.dimension == "all",
        Some(part) => &*r.dimension == "service_rep" && r.value == *part,
    };
    let mut rows: Vec<(Month, &RenewalRateRow)> = rates.iter().filter(mine).map(|r| (month(&r.month), r)).collect();
    rows.sort_by_key(|(month, _)| *month);
    let chart = Chart {
        id: "renewals_by_month",
        title: scope.say("renewals_by_month.chart"),
        desc: scope.say("renewals_by_month.desc"),
        empty: scope.say("renewals_by_month.empty"),
        plot: Box::new(trend(scope, &rows)),
        data: table(scope, &rows),
    };
    let blocks = vec![Block::Chart(chart), Block::Text(scope.say("renewals_by_month.note"))];
    Ok(made(scope, "renewals_by_month", blocks))
}

/// The month of `2026-07`.
pub fn month(text: &str) -> Month {
    let number = |part: Option<&str>| part.and_then(|p| p.parse::<i32>().ok()).unwrap_or(1);
    let mut parts = text.split('-');
    Month::new(number(parts.next()), number(parts.next()) as u32)
}

fn trend(scope: &Scope<'_>, rows: &[(Month, &RenewalRateRow)]) -> Trend {
    let format = scope.format();
    let last = rows.last().map_or(scope.day().month(), |(month, _)| *month);
    let first = rows.first().map_or(last, |(month, _)| *month).max(last.plus(1 - MONTHS));
    let point = |month: Month| {
        let row = rows.iter().find(|(m, _)| *m == month).map(|(_, r)| *r);
        Point {
            label: format.short_month(month),
            value: row.and_then(|r| r.renewal_rate.or(r.rate_so_far)),
            interval: row.and_then(|r| r.rate_low.zip(r.rate_high)),
            settled: row.is_some_and(|r| r.r#final),
        }
    };
    Trend {
        points: (first.0..=last.0).map(|m| point(Month(m))).collect(),
        y_title: scope.say("label.renewal_rate"),
        open_means: scope.say("renewals_by_month.open"),
        tick: scope.percent_tick(),
    }
}

fn table(scope: &Scope<'_>, rows: &[(Month, &RenewalRateRow)]) -> Table {
    let columns = vec![
        scope.column("month", Kind::Text),
        scope.column("due", Kind::Int),
        scope.column("renewed", Kind::Int),
        scope.column("lapsed", Kind::Int),
        scope.column("pending", Kind::Int),
        scope.column("final", Kind::Bool),
        scope.column("renewal_rate", Kind::Percent),
        scope.column("rate_low", Kind::Percent),
        scope.column("rate_high", Kind::Percent),
        scope.column("rate_so_far", Kind::Percent),
        scope.column("amount_due", Kind::AMOUNT),
        scope.column("amount_renewed", Kind::AMOUNT),
        scope.column("gross_retention", Kind::Percent),
        scope.column("net_retention", Kind::Percent),
    ];
    let mut table = scope.table("renewals_by_month", columns);
    let last = rows.last().map_or(Month(0), |(month, _)| *month);
    for (month, r) in rows {
        let mark = match r.r#final {
            _ if *month <= last.plus(-MONTHS) => Mark::Data,
            true => Mark::None,
            false => Mark::Provisional,
        };
        let cells = vec![
            (&r.month).into(),
            r.due.into(),
            r.renewed.into(),
            r.lapsed.into(),
            r.pending.into(),
            r.r#final.into(),
            r.renewal_rate.into(),
            r.rate_low.into(),
            r.rate_high.into(),
            r.rate_so_far.into(),
            r.amount_due.into(),
            r.amount_renewed.into(),
            r.gross_retention.into(),
            r.net_retention.into(),
        ];
        table.push_marked(cells, mark);
    }
    table
}
