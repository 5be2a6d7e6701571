//! All that it has signed, newest first.

use super::super::ReportError;
use super::super::document::{Block, Kind, Section};
use super::super::scope::Scope;
use super::made;

/// One row a contract; `None` for a company that never signed one.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    const MOST: usize = 10;
    let contracts = &scope.story()?.standing.contracts;
    if contracts.is_empty() {
        return Ok(None);
    }
    let mut table = scope.table(
        "member_contracts",
        vec![
            scope.column("contract_id", Kind::Text),
            scope.column("plan", Kind::Text),
            scope.column("deal_type", Kind::Code("deal_type")),
            scope.column("start_date", Kind::Date),
            scope.column("end_date", Kind::Date),
            scope.column("amount", Kind::Money),
            scope.column("annual_amount", Kind::Money),
            scope.column("contract_status", Kind::Code("contract_status")),
        ],
    );
    for c in contracts.iter().take(MOST) {
        table.push(vec![
            (&c.contract_id).into(),
            scope.free(&c.plan).into(),
            (&c.deal_type).into(),
            c.start.into(),
            c.end.into(),
            c.amount.into(),
            c.annual_amount.into(),
            c.status.into(),
        ]);
    }
    let mut blocks = vec![Block::Table(table)];
    if contracts.len() > MOST {
        let more = (contracts.len() - MOST).to_string();
        blocks.push(Block::Text(scope.fill("member_talks.more", &[("n", &more)])));
    }
    Ok(made(scope, "member_contracts", blocks))
}
