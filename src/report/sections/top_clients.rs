//! The clients that carry the profit, best first, with their next renewal and its risk.

pub mod exposure;

use crate::domain::{Cents, Str};
use crate::marts::client_value::ClientValueRow;

use self::exposure::{Exposure, exposures};
use super::super::ReportError;
use super::super::document::{Block, Cell, Kind, Mark, Section};
use super::super::scope::Scope;
use super::made;

/// Clients on a page, and with a part of their own; sheets, CSV and JSON have all.
pub const ON_PAGE: i64 = 30;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let clients = scope.marts.rows::<ClientValueRow>()?;
    let exposures = exposures(scope)?;
    let columns = vec![
        scope.column("value_rank", Kind::Int),
        scope.column("company_id", Kind::Text),
        scope.column("name", Kind::Text),
        scope.column("segment", Kind::Code("value")),
        scope.column("class", Kind::Text),
        scope.column("revenue", Kind::AMOUNT),
        scope.column("profit", Kind::AMOUNT),
        scope.column("cumulative_share", Kind::Percent),
        scope.column("annual_amount", Kind::AMOUNT),
        scope.column("expected_lifetime_value", Kind::AMOUNT),
        scope.column("renewal_on", Kind::Date),
        scope.column("p_renew_client", Kind::Percent),
        scope.column("risk_band", Kind::Code("band")),
        scope.column("profit_at_risk", Kind::AMOUNT),
        scope.column("tenure_days", Kind::Int).data(),
        scope.column("cost_missing", Kind::Int).data(),
    ];
    let mut table = scope.table("client_value", columns);
    for c in clients.iter() {
        let mark = if c.value_rank > ON_PAGE { Mark::Data } else { Mark::None };
        let none = Exposure::default();
        let exposure = exposures.get(&c.company_id).unwrap_or(&none);
        let cells = vec![
            c.value_rank.into(),
            (&c.company_id).into(),
            c.name.as_ref().into(),
            (&c.segment).into(),
            (&c.class).into(),
            c.revenue.into(),
            c.profit.into(),
            c.cumulative_share.into(),
            c.annual_amount.into(),
            c.expected_lifetime_value.into(),
            exposure.renewal_on.into(),
            exposure.p_renew.into(),
            exposure.risk_band.as_ref().into(),
            at_risk(exposure, c).into(),
            c.tenure_days.into(),
            c.cost_missing.into(),
        ];
        table.push_linked(cells, mark, link(c.value_rank));
    }
    let hidden = clients.len() as i64 - ON_PAGE;
    let mut blocks = vec![Block::Text(said(scope, &clients, |id| exposures.get(id)))];
    blocks.push(Block::Table(table));
    if hidden > 0 {
        blocks.push(Block::Text(scope.fill("page.more_rows", &[("n", &scope.format().int(hidden))])));
    }
    Ok(made(scope, "top_clients", blocks))
}

/// What of a client's profit is at risk; unknown where nothing is at stake or it is held out.
pub fn at_risk(exposure: &Exposure, client: &ClientValueRow) -> Option<Cents> {
    exposure.share.filter(|_| !exposure.held_out).map(|_| exposure.of_profit(client.profit))
}

/// Where the client of a rank has its own part of the page.
pub fn link(rank: i64) -> Option<String> {
    (rank <= ON_PAGE).then(|| format!("client-{rank}"))
}

/// The profit at risk among the clients of class A, in a sentence; those held out are in the sum.
pub fn said<'e>(
    scope: &Scope<'_>,
    clients: &[ClientValueRow],
    exposure: impl Fn(&Str) -> Option<&'e Exposure>,
) -> String {
    let format = scope.format();
    let best: Vec<&ClientValueRow> = clients.iter().filter(|c| &*c.class == "A").collect();
    let staked: Vec<_> =
        best.iter().filter_map(|c| exposure(&c.company_id).filter(|e| e.share.is_some()).map(|e| (c, e))).collect();
    let profit: Cents = best.iter().map(|c| c.profit).sum();
    let lost: Cents = staked.iter().map(|(c, e)| e.of_profit(c.profit)).sum();
    let share = lost.ratio(profit).map_or_else(|| Cell::Null, Cell::from);
    scope.fill(
        "top_clients.at_risk",
        &[
            ("n", &format.int(best.len() as i64)),
            ("profit", &format.money_short(profit)),
            ("staked", &format.int(staked.len() as i64)),
            ("days", &format.int(i64::from(scope.marts.visible.project.risk.horizon_days))),
            ("lost", &format.money_short(lost)),
            ("share", &format.cell(&share, Kind::Percent)),
        ],
    )
}
