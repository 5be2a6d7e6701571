//! Members at stake whom nobody looks after: for whoever assigns people.

use crate::marts::renewal_risk::RenewalRiskRow;

use super::super::ReportError;
use super::super::calls::{Calls, brief, stake};
use super::super::document::{Block, Section};
use super::super::scope::Scope;
use super::made;

/// None in the part of a person who is there: all of that part are that person's.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let risks = scope.marts.rows::<RenewalRiskRow>()?;
    let rows = Calls::of(scope, &risks).unassigned;
    let format = scope.format();
    if rows.is_empty() {
        let all_have = Block::Text(scope.say("unassigned.none"));
        return Ok(scope.part.is_none().then(|| made(scope, "unassigned", vec![all_have])).flatten());
    }
    let values = [("n", format.int(rows.len() as i64)), ("amount", format.money_short(stake(&rows)))];
    let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let blocks =
        vec![Block::Text(scope.fill("unassigned.stake", &values)), Block::Table(brief(scope, "unassigned", &rows))];
    Ok(made(scope, "unassigned", blocks))
}
