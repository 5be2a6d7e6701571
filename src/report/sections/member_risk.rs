//! Why it may leave, in figures that both can check, and what to do about it.

use crate::marts::renewal_reasons::Reason;
use crate::marts::renewal_risk::RenewalRiskRow;

use super::super::ReportError;
use super::super::document::{Block, Kind, Section, Table};
use super::super::reasons;
use super::super::scope::Scope;
use super::made;

/// One table of the contracts at stake, one of their reasons, the action of each; `None` when nothing is at stake.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let story = scope.story()?;
    if story.at_stake.is_empty() {
        return Ok(None);
    }
    let mut blocks: Vec<Block> = story.at_stake.iter().map(|(r, found)| Block::Text(action(scope, r, found))).collect();
    blocks.push(Block::Table(stakes(scope, &story.at_stake)));
    let table = themes(scope, &story.at_stake);
    if table.rows.is_empty() {
        blocks.push(Block::Text(scope.say("member_risk.no_reasons")));
    } else {
        blocks.push(Block::Text(scope.say("member_risk.themes")));
        blocks.push(Block::Table(table));
    }
    Ok(made(scope, "member_risk", blocks))
}

fn action(scope: &Scope<'_>, r: &RenewalRiskRow, found: &[Reason]) -> String {
    let id = r.contract_id.to_string();
    match reasons::action(scope, found) {
        Some(action) => {
            let text = scope.format().code("action", &action);
            scope.fill("member_risk.action", &[("id", &id), ("action", &text)])
        }
        None => scope.fill("member_risk.no_action", &[("id", &id)]),
    }
}

fn stakes(scope: &Scope<'_>, at_stake: &[(RenewalRiskRow, Vec<Reason>)]) -> Table {
    let mut table = scope.table(
        "member_stakes",
        vec![
            scope.column("contract_id", Kind::Text),
            scope.column("p_renew", Kind::Percent),
            scope.column("p_baseline", Kind::Percent),
            scope.column("risk_band", Kind::Code("band")),
            scope.column("value_at_risk", Kind::Money),
            scope.column("expected_saved", Kind::Money),
            scope.column("call_rank", Kind::Int),
            scope.column("model", Kind::Text),
        ],
    );
    for (r, _) in at_stake {
        table.push(vec![
            (&r.contract_id).into(),
            r.p_renew.into(),
            r.p_baseline.into(),
            (&r.risk_band).into(),
            r.value_at_risk.into(),
            r.expected_saved.into(),
            r.call_rank.into(),
            (&r.model).into(),
        ]);
    }
    table
}

/// Every theme of each contract, those that speak for a lapse first.
fn themes(scope: &Scope<'_>, at_stake: &[(RenewalRiskRow, Vec<Reason>)]) -> Table {
    let mut columns = vec![
        scope.column("theme", Kind::Code("theme")),
        scope.column("effect", Kind::Float(2)),
        scope.column("feature", Kind::Code("feature")),
        scope.column("value", Kind::Float(2)),
        scope.column("peer_value", Kind::Float(2)),
        scope.column("own_past", Kind::Float(2)),
    ];
    if at_stake.len() > 1 {
        columns.insert(0, scope.column("contract_id", Kind::Text));
    }
    let mut table = scope.table("member_reasons", columns);
    for (r, reasons) in at_stake {
        for reason in reasons {
            let mut cells = vec![
                reason.theme.into(),
                reason.effect.into(),
                (&reason.speaks.feature).into(),
                reason.speaks.value.into(),
                reason.speaks.peer_value.into(),
                reason.speaks.own_past.into(),
            ];
            if at_stake.len() > 1 {
                cells.insert(0, (&r.contract_id).into());
            }
            table.push(cells);
        }
    }
    table
}
