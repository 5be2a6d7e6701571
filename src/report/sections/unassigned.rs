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
    if rows.is_empty() && scope.part.is_some() {
        return Ok(None);
    }
    let values = [("n", format.int(rows.len() as i64)), ("amount", format.money_short(stake(&rows)))];
    let values: Vec<(&str, &str)> = values.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let said = if rows.is_empty() { scope.say("unassigned.none") } else { scope.fill("unassigned.stake", &values) };
    Ok(made(scope, "unassigned", vec![Block::Text(said), Block::Table(brief(scope, "unassigned", &rows))]))
}
