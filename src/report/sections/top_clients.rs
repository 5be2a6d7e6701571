//! The clients that carry the profit, best first.

use crate::marts::client_value::ClientValueRow;

use super::super::ReportError;
use super::super::document::{Block, Kind, Mark, Section};
use super::super::scope::Scope;
use super::made;

/// Clients on a page; sheets, CSV and JSON have all.
const ON_PAGE: i64 = 30;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let clients = scope.marts.rows::<ClientValueRow>()?;
    let columns = vec![
        scope.column("value_rank", Kind::Int),
        scope.column("company_id", Kind::Text),
        scope.column("name", Kind::Text),
        scope.column("segment", Kind::Code("value")),
        scope.column("class", Kind::Text),
        scope.column("revenue", Kind::Money),
        scope.column("profit", Kind::Money),
        scope.column("cumulative_share", Kind::Percent),
        scope.column("annual_amount", Kind::Money),
        scope.column("tenure_days", Kind::Int),
        scope.column("cost_missing", Kind::Int),
    ];
    let mut table = scope.table("client_value", columns);
    for c in clients.iter() {
        let mark = if c.value_rank > ON_PAGE { Mark::Data } else { Mark::None };
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
            c.tenure_days.into(),
            c.cost_missing.into(),
        ];
        table.push_marked(cells, mark);
    }
    let hidden = clients.len() as i64 - ON_PAGE;
    let mut blocks = vec![Block::Table(table)];
    if hidden > 0 {
        blocks.push(Block::Text(scope.fill("page.more_rows", &[("n", &scope.format().int(hidden))])));
    }
    Ok(made(scope, "top_clients", blocks))
}
