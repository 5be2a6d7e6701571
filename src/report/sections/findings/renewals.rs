//! The renewals of the three latest final months against those of the same months a year before.

use crate::domain::Month;
use crate::marts::renewal_rates::RenewalRateRow;
use crate::stats::{newcombe, wilson};

use super::super::super::ReportError;
use super::super::super::scope::Scope;
use super::super::renewals_by_month::month;
use super::tested;

pub fn finding(scope: &Scope<'_>) -> Result<Option<String>, ReportError> {
    let format = scope.format();
    let rates = scope.marts.rows::<RenewalRateRow>()?;
    let Some(last) = rates.iter().filter(|r| r.r#final).map(|r| month(&r.month)).max() else { return Ok(None) };
    let (due, renewed) = three_months(&rates, last);
    let Some((low, high)) = wilson::interval(renewed, due) else { return Ok(None) };
    let figures = [
        ("from", format.short_month(last.plus(-2))),
        ("to", format.short_month(last)),
        ("renewed", format.int(renewed)),
        ("due", format.int(due)),
        ("rate", format.percent(renewed as f64 / due as f64)),
        ("low", format.percent(low)),
        ("high", format.percent(high)),
    ];
    let mut text = scope.fill_with("findings.renewals", &figures);
    let (due_before, renewed_before) = three_months(&rates, last.plus(-12));
    text.push_str(&match newcombe::difference((renewed, due), (renewed_before, due_before)) {
        None => scope.say("findings.no_year_before"),
        Some(difference) => {
            let rate = format.percent(renewed_before as f64 / due_before as f64);
            let (renewed, due) = (format.int(renewed_before), format.int(due_before));
            let verdict = tested(scope, &difference);
            let figures = [("renewed", renewed.as_str()), ("due", &due), ("rate", &rate), ("verdict", &verdict)];
            scope.fill("findings.year_before", &figures)
        }
    });
    Ok(Some(text))
}

/// Due and renewed of three months.
fn three_months(rates: &[RenewalRateRow], last: Month) -> (i64, i64) {
    let within =
        |r: &&RenewalRateRow| &*r.dimension == "all" && r.r#final && (last.plus(-2)..=last).contains(&month(&r.month));
    rates.iter().filter(within).fold((0, 0), |(due, renewed), r| (due + r.due, renewed + r.renewed))
}
