//! The services of the contract: done, late, overdue.

use super::super::ReportError;
use super::super::document::{Block, Kind, Section};
use super::super::scope::Scope;
use super::made;

/// One row a service, by the day it was due; the latest that fit.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    const MOST: usize = 20;
    let services = &scope.story()?.services;
    let mut table = scope.table(
        "member_services",
        vec![
            scope.column("service_kind", Kind::Code("service_kind")),
            scope.column("due_on", Kind::Date),
            scope.column("done_on", Kind::Date),
            scope.column("days_late", Kind::Int),
            scope.column("service_state", Kind::Code("service_state")),
            scope.column("rep", Kind::Text),
        ],
    );
    let left_out = services.len().saturating_sub(MOST);
    for s in &services[left_out..] {
        table.push(vec![
            scope.free(&s.kind).into(),
            s.due_on.into(),
            s.done_on.into(),
            s.days_late.into(),
            s.state.into(),
            s.rep_id.as_ref().map(|id| scope.rep(id)).into(),
        ]);
    }
    let mut blocks = vec![Block::Table(table)];
    if left_out > 0 {
        blocks.push(Block::Text(scope.fill("member_talks.more", &[("n", &left_out.to_string())])));
    }
    Ok(made(scope, "member_services", blocks))
}
