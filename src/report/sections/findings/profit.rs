//! Who carries the profit, what would leave with the ten best clients, and what of the profit is at risk soon.

use crate::domain::Cents;
use crate::marts::client_value::ClientValueRow;
use crate::marts::concentration::ConcentrationRow;

use super::super::super::ReportError;
use super::super::super::scope::Scope;
use super::super::top_clients::exposure::exposures;
use super::super::top_clients::said;
use super::listed;

/// The clients whose leaving is spoken of.
const BEST: usize = 10;

pub fn finding(scope: &Scope<'_>) -> Result<Option<String>, ReportError> {
    let format = scope.format();
    let groups = scope.marts.rows::<ConcentrationRow>()?;
    let all = groups.iter().find(|g| &*g.dimension == "all");
    let Some((group, share, fewest)) = all.and_then(|g| Some((g, g.top20_share?, g.clients_for_80?))) else {
        return Ok(None);
    };
    let figures =
        [("share", format.percent(share)), ("fewest", format.int(fewest)), ("clients", format.int(group.clients))];
    let mut text = scope.fill_with("findings.concentration", &figures);
    let clients = scope.marts.rows::<ClientValueRow>()?;
    let gap = scope.words.get("format.gap");
    text.push_str(gap);
    text.push_str(&best(scope, &clients[..clients.len().min(BEST)]));
    let exposures = exposures(scope)?;
    text.push_str(gap);
    text.push_str(&said(scope, &clients, |id| exposures.get(id)));
    Ok(Some(text))
}

/// What the best clients bring together.
fn best(scope: &Scope<'_>, clients: &[ClientValueRow]) -> String {
    let format = scope.format();
    let profit: Cents = clients.iter().map(|c| c.profit).sum();
    let named = |c: &ClientValueRow| {
        let (name, value) = (scope.company(&c.company_id), format.money_short(c.profit));
        scope.fill("findings.named", &[("name", &name), ("value", &value)])
    };
    let list = listed(scope, &clients.iter().map(named).collect::<Vec<_>>());
    let share = clients.last().and_then(|c| c.cumulative_share).map(|s| format.percent(s)).unwrap_or_default();
    let figures = [
        ("n", format.int(clients.len() as i64)),
        ("profit", format.money_short(profit)),
        ("share", share),
        ("list", list),
    ];
    scope.fill_with("findings.best", &figures)
}
