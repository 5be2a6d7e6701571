//! What the call list comes to: how many to call, how much is at stake.

use crate::domain::Cents;
use crate::marts::renewal_risk::RenewalRiskRow;

use super::super::super::document::Figure;
use super::super::super::scope::Scope;

/// From the greatest risk to the least.
const BANDS: [&str; 3] = ["high", "medium", "low"];

/// Calls, money and bands.
pub fn figures(scope: &Scope<'_>, rows: &[&RenewalRiskRow]) -> Vec<Figure> {
    let format = scope.format();
    let calls = rows.iter().filter(|r| r.call_rank.is_some()).count() as i64;
    let held = rows.len() as i64 - calls;
    let sum = |of: fn(&RenewalRiskRow) -> Cents| rows.iter().map(|r| of(r)).sum::<Cents>();
    let figure = |key: &str, value: String, note: Option<String>| Figure {
        label: scope.say(&format!("risk_headline.{key}")),
        value,
        note,
    };
    // Nothing of it in a person's part: who knows of them calls them.
    let held_note =
        (held > 0 && scope.part.is_none()).then(|| scope.fill("risk_headline.held", &[("n", &format.int(held))]));
    let annual = format.money_short(sum(|r| r.annual_amount));
    let mut figures = vec![
        figure("calls", format.int(calls), held_note),
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
