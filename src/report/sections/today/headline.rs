//! What the call list comes to: how many to call, how much is at stake, what changed since it was last published.

use std::collections::BTreeMap;

use crate::domain::{Cents, Str};
use crate::marts::renewal_risk::RenewalRiskRow;
use crate::marts::risk_published::RiskPublishedRow;

use super::super::super::ReportError;
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

/// What changed against the latest list of an earlier day.
pub fn change(scope: &Scope<'_>, rows: &[&RenewalRiskRow]) -> Result<String, ReportError> {
    let visible = scope.marts.visible;
    let format = scope.format();
    let published = scope.marts.rows::<RiskPublishedRow>()?;
    let Some(day) = published.iter().map(|p| p.as_of).filter(|day| *day < scope.day()).max() else {
        return Ok(scope.say("risk_headline.no_earlier"));
    };
    let contract_of = |id: &Str| visible.contracts.binary_search_by(|c| c.id.cmp(id)).ok();
    let ours = |id: &Str| {
        contract_of(id)
            .is_some_and(|c| scope.covers(visible.companies[visible.contracts[c].company].service_rep_id.as_ref()))
    };
    let then: BTreeMap<&Str, &Str> = published
        .iter()
        .filter(|p| p.as_of == day && ours(&p.contract_id))
        .map(|p| (&p.contract_id, &p.risk_band))
        .collect();
    let now: BTreeMap<&Str, &Str> = rows.iter().map(|r| (&r.contract_id, &r.risk_band)).collect();
    let level = |band: &Str| BANDS.iter().position(|b| **b == **band);
    let mut counts = [0i64; 5];
    let [new, gone, renewed, worse, better] = &mut counts;
    for (id, band) in &now {
        match then.get(id) {
            None => *new += 1,
            Some(before) if level(band) < level(before) => *worse += 1,
            Some(before) if level(band) > level(before) => *better += 1,
            Some(_) => {}
        }
    }
    for id in then.keys().filter(|id| !now.contains_key(*id)) {
        *gone += 1;
        *renewed += i64::from(contract_of(id).is_some_and(|c| visible.renewed[c].is_some()));
    }
    let [new, gone, renewed, worse, better] = counts.map(|n| format.int(n));
    Ok(scope.fill(
        "risk_headline.change",
        &[
            ("date", &format.date(day)),
            ("new", &new),
            ("gone", &gone),
            ("renewed", &renewed),
            ("worse", &worse),
            ("better", &better),
        ],
    ))
}
