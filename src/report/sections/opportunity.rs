//! Under-penetrated segments: what reaching the share of all would bring a year, and the large companies to win there.
//!
//! ```text
//! market_share, latest quarter, under_penetrated ──► bars by opportunity
//!   └─ companies of size large that are no members ──► names: former members first, then registered, then the rest
//! ```

use std::cmp::Reverse;

use crate::domain::{Cents, Day, Str};
use crate::facts::rows::Company;
use crate::marts::market_share::MarketShareRow;

use super::super::ReportError;
use super::super::charts::Bars;
use super::super::document::{Block, Chart, Kind, Mark, Section, Table};
use super::super::scope::Scope;
use super::made;
use super::market_share::latest;
use super::segments::link;

/// Large companies on a page; sheets, CSV and JSON have all.
const ON_PAGE: usize = 30;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let format = scope.format();
    let shares = scope.marts.rows::<MarketShareRow>()?;
    let rows = under_penetrated(&latest(&shares));
    let columns = vec![
        scope.column("segment", Kind::Code("value")),
        scope.column("large_missing", Kind::Int),
        scope.column("large_companies", Kind::Int),
        scope.column("large_share", Kind::Percent),
        scope.column("share", Kind::Percent),
        scope.column("share_low", Kind::Percent),
        scope.column("share_high", Kind::Percent),
        scope.column("members", Kind::Int),
        scope.column("universe", Kind::Int),
        scope.column("opportunity", Kind::AMOUNT),
    ];
    let mut table = scope.table("opportunity", columns);
    for r in &rows {
        let cells = vec![
            (&r.segment).into(),
            (r.large_companies - r.large_members).into(),
            r.large_companies.into(),
            r.large_share.into(),
            r.share.into(),
            r.share_low.into(),
            r.share_high.into(),
            r.members.into(),
            r.universe.into(),
            r.opportunity.into(),
        ];
        table.push_linked(cells, Mark::None, link(scope, &r.segment)?);
    }
    let bar = |r: &&MarketShareRow| {
        let amount = r.opportunity.unwrap_or(Cents::ZERO);
        let (shown, large) = (format.money_short(amount), format.int(r.large_companies - r.large_members));
        let shown = scope.fill("opportunity.shown", &[("amount", &shown), ("n", &large)]);
        (scope.segment(&r.segment), amount.to_f64(), shown)
    };
    let chart = Chart {
        id: "opportunity",
        title: scope.say("opportunity.chart"),
        desc: scope.say("opportunity.desc"),
        empty: scope.say("opportunity.empty"),
        plot: Box::new(Bars { items: rows.iter().map(bar).collect() }),
        data: table,
    };
    let mut blocks = vec![Block::Text(scope.say("opportunity.note")), Block::Chart(chart)];
    let large = large(scope, &rows)?;
    let hidden = large.rows.len().saturating_sub(ON_PAGE);
    blocks.push(Block::Table(large));
    if hidden > 0 {
        blocks.push(Block::Text(scope.fill("page.more_rows", &[("n", &format.int(hidden as i64))])));
    }
    Ok(made(scope, "opportunity", blocks))
}

/// The under-penetrated segments of a quarter's rows, the greatest opportunity first.
pub fn under_penetrated<'a>(rows: &[&'a MarketShareRow]) -> Vec<&'a MarketShareRow> {
    let mut under: Vec<&MarketShareRow> = rows.iter().copied().filter(|r| r.under_penetrated).collect();
    under.sort_by_key(|r| (Reverse(r.opportunity), r.segment.clone()));
    under
}

/// A large company without a membership in force or to come.
struct Large<'a> {
    company: &'a Company,
    /// Last day of its latest membership.
    left_on: Option<Day>,
}

/// The large companies of these segments that have no membership in force or to come, by opportunity of the segment.
fn large(scope: &Scope<'_>, rows: &[&MarketShareRow]) -> Result<Table, ReportError> {
    let columns = vec![
        scope.column("segment", Kind::Code("value")),
        scope.column("company_id", Kind::Text),
        scope.column("name", Kind::Text),
        scope.column("region", Kind::Code("value")),
        scope.column("registered_on", Kind::Date),
        scope.column("left_on", Kind::Date),
        scope.column("sales_rep", Kind::Text),
    ];
    let mut table = scope.table("large_to_win", columns);
    for r in rows {
        for Large { company, left_on } in in_segment(scope, &r.segment) {
            let mark = if table.rows.len() < ON_PAGE { Mark::None } else { Mark::Data };
            let cells = vec![
                (&r.segment).into(),
                (&company.id).into(),
                company.name.as_ref().into(),
                (&company.region).into(),
                company.registered_on.into(),
                left_on.into(),
                company.sales_rep_id.as_ref().map(|id| scope.rep(id)).into(),
            ];
            table.push_linked(cells, mark, link(scope, &r.segment)?);
        }
    }
    Ok(table)
}

/// Former members first, the latest to leave before the others; then those that are registered; ties by id.
fn in_segment<'a>(scope: &Scope<'a>, segment: &Str) -> Vec<Large<'a>> {
    let visible = scope.marts.visible;
    let of = |(at, company): (usize, &'a Company)| {
        let left_on = visible.memberships_of(at).map(|c| visible.contracts[c].end).max();
        // A membership that is signed and still to begin is won already.
        let wanted = company.segment == *segment && &*company.size == "large" && left_on < Some(visible.day);
        wanted.then_some(Large { company, left_on })
    };
    let mut large: Vec<Large<'_>> = visible.companies.iter().enumerate().filter_map(of).collect();
    large.sort_by_key(|l| (Reverse(l.left_on), l.company.registered_on.is_none(), l.company.id.clone()));
    large
}
