//! What drifts: the base rate month by month, and the figures that the model reads.

use crate::marts::renewal_rates::RenewalRateRow;
use crate::marts::risk_scores::RiskScores;
use crate::risk::drift::Drifted;
use crate::stats::stability::Marks;
use crate::stats::wilson;

use super::super::super::ReportError;
use super::super::super::document::{Column, Kind, Mark, Table};
use super::super::super::format::NOTHING;
use super::super::super::scope::Scope;

/// Months of a year, and the figures that a page shows.
const YEAR: usize = 12;
const SHOWN: usize = 8;

/// The share renewed in the 12 latest final months, in the 12 before, and among what the method learns from.
pub fn base_rate(scope: &Scope<'_>, known: &RiskScores) -> Result<Option<String>, ReportError> {
    let format = scope.format();
    let rates = scope.marts.rows::<RenewalRateRow>()?;
    let mut months: Vec<&RenewalRateRow> = rates.iter().filter(|r| &*r.dimension == "all" && r.r#final).collect();
    months.reverse();
    let (now, before) = months.split_at(months.len().min(YEAR));
    let share = |of: &[&RenewalRateRow]| {
        let (renewed, due) = of.iter().fold((0, 0), |(r, d), row| (r + row.renewed, d + row.due));
        let (low, high) = wilson::interval(renewed, due)?;
        let [rate, low, high] = [renewed as f64 / due as f64, low, high].map(|x| format.percent(x));
        Some(scope.fill("model_card.rate", &[("rate", &rate), ("low", &low), ("high", &high), ("n", &format.int(due))]))
    };
    let Some(latest) = share(now) else { return Ok(None) };
    let before = share(&before[..before.len().min(YEAR)]).unwrap_or_else(|| scope.say("model_card.rate_none"));
    let all = known.why.renewed + known.why.lapsed;
    let learned = if all > 0 { format.percent(known.why.renewed as f64 / all as f64) } else { NOTHING.into() };
    let (from, to) = (now.last().map_or("", |r| &*r.month), now.first().map_or("", |r| &*r.month));
    let values = [("from", from), ("to", to), ("latest", &latest), ("before", &before), ("learned", &learned)];
    Ok(Some(scope.fill("model_card.base_rate", &values)))
}

/// How many figures moved, and the one that moved most.
pub fn figures(scope: &Scope<'_>, drift: &[Drifted]) -> Option<String> {
    let format = scope.format();
    let moved: Vec<&Drifted> = drift.iter().filter(|d| d.mark != Marks::Steady).collect();
    let all = format.int(drift.len() as i64);
    let Some(most) = moved.first() else {
        return (!drift.is_empty()).then(|| scope.fill("model_card.no_drift", &[("all", &all)]));
    };
    let known = moved.iter().filter(|d| d.mark_known != Marks::Steady).count() as i64;
    Some(scope.fill(
        "model_card.drifted",
        &[
            ("n", &format.int(moved.len() as i64)),
            ("all", &all),
            ("known", &format.int(known)),
            ("figure", &format.code("feature", most.feature)),
            ("psi", &format.float(most.psi, 2)),
        ],
    ))
}

/// The figures that moved most; all of them in the data.
pub fn table(scope: &Scope<'_>, drift: &[Drifted]) -> Table {
    let columns = vec![
        Column { key: "feature".into(), ..scope.column("figure", Kind::Code("feature")) },
        scope.column("psi", Kind::Float(2)),
        scope.column("by_chance", Kind::Float(2)),
        scope.column("psi_known", Kind::Float(2)),
        scope.column("drift", Kind::Code("drift")),
        scope.column("above_then", Kind::Percent),
        scope.column("above_now", Kind::Percent),
        scope.column("unknown_then", Kind::Percent),
        scope.column("unknown_now", Kind::Percent),
    ];
    let mut table = scope.table("model_drift", columns);
    for (n, d) in drift.iter().enumerate() {
        let word = match d.mark {
            Marks::Steady => "steady",
            Marks::Moved => "moved",
            Marks::MovedMuch => "moved_much",
        };
        let cells = vec![
            d.feature.into(),
            d.psi.into(),
            d.by_chance.into(),
            d.psi_known.into(),
            word.into(),
            d.above_then.into(),
            d.above_now.into(),
            d.unknown_then.into(),
            d.unknown_now.into(),
        ];
        table.push_marked(cells, if n < SHOWN { Mark::None } else { Mark::Data });
    }
    table
}
