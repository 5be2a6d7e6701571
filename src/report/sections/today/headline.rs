//! What the call list comes to: how many to call, how much is at stake.

use crate::domain::Cents;
use crate::marts::renewal_risk::RenewalRiskRow;

use super::super::super::calls::Calls;
use super::super::super::document::Figure;
use super::super::super::scope::Scope;

/// From the greatest risk to the least.
const BANDS: [&str; 3] = ["high", "medium", "low"];

/// Calls, money and bands. In a person's part nothing of those that are held out, or the sums would give them away: who
/// knows of them calls them.
pub fn figures(scope: &Scope<'_>, rows: &[&RenewalRiskRow], calls: &Calls<'_>) -> Vec<Figure> {
    let format = scope.format();
    let rows: Vec<&RenewalRiskRow> =
        rows.iter().copied().filter(|r| scope.part.is_none() || r.call_rank.is_some()).collect();
    let sum = |of: fn(&RenewalRiskRow) -> Cents| rows.iter().map(|r| of(r)).sum::<Cents>();
    let figure = |key: &str, value: String, note: Option<String>| Figure {
        label: scope.say(&format!("risk_headline.{key}")),
        value,
        note,
    };
    let annual = format.money_short(sum(|r| r.annual_amount));
    let mut figures = vec![
        figure("calls", format.int(calls.today.len() as i64), not_today(scope, &rows, calls)),
        figure(
            "at_risk",
            format.money_short(sum(|r| r.value_at_risk)),
            Some(scope.fill("risk_headline.of", &[("amount", &annual)])),
        ),
        figure("saved", format.money_short(sum(|r| r.expected_saved)), None),
    ];
    for band in BANDS {
        let of_band: Vec<_> = rows.iter().filter(|r| &*r.risk_band == band).collect();
        let at_risk: Cents = of_band.iter().map(|r| r.value_at_risk).sum();
        figures.push(Figure {
            label: format.code("band", band),
            value: format.int(of_band.len() as i64),
            note: Some(scope.fill("risk_headline.at_risk_of", &[("amount", &format.money_short(at_risk))])),
        });
    }
    figures
}

/// Whom nobody calls today, by why, so that nobody of them is overlooked.
fn not_today(scope: &Scope<'_>, rows: &[&RenewalRiskRow], calls: &Calls<'_>) -> Option<String> {
    let held = rows.iter().filter(|r| r.call_rank.is_none()).count();
    let apart = [("later", calls.later.len()), ("unassigned", calls.unassigned.len()), ("held", held)];
    let some = apart.into_iter().filter(|(_, n)| *n > 0);
    let said =
        some.map(|(key, n)| scope.fill(&format!("risk_headline.{key}"), &[("n", &scope.format().int(n as i64))]));
    let said: Vec<String> = said.collect();
    (!said.is_empty()).then(|| said.join(scope.words.get("format.list")))
}
