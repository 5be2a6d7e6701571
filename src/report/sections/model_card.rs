//! The model card: which method is on and why, how good it was on twelve month ends, where it fails, what drifts.
//!
//! ```text
//! risk_scores ──► verdict, groups whose outcomes differ from what was said
//! renewal_calibration ──► said against seen, ten bins
//! renewal_backtest ──► log loss at each cutoff, of the method in use and of the base rate
//! renewal_rates, risk_scores ──► base rate over two years, figures that moved since the training
//! ```

mod charts;
mod drift;
mod groups;

use crate::domain::Str;
use crate::marts::renewal_backtest::RenewalBacktestRow;
use crate::marts::renewal_calibration::RenewalCalibrationRow;
use crate::marts::risk_scores::{RiskScores, Tried, risk_scores};
use crate::stats::{paired, scores};

use super::super::ReportError;
use super::super::document::{Block, Figure, Section};
use super::super::format::NOTHING;
use super::super::scope::Scope;
use super::made;

/// Of the whole only: the parts are lists of calls.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    if scope.part.is_some() {
        return Ok(None);
    }
    let known = risk_scores(scope.marts)?;
    let backtest = scope.marts.rows::<RenewalBacktestRow>()?;
    let bins = scope.marts.rows::<RenewalCalibrationRow>()?;
    let groups = groups::groups(scope, &known.pooled);
    let mut findings = vec![why(scope, &known), data(scope, &backtest)];
    findings.extend(drift::base_rate(scope, &known)?);
    findings.extend(drift::figures(scope, &known.drift));
    findings.extend((!groups.is_empty()).then(|| groups::worst(scope, &groups)));
    let mut blocks = vec![Block::Findings(findings)];
    if !known.pooled.is_empty() {
        blocks.push(Block::Figures(figures(scope, &backtest, &bins, &known.pooled)));
    }
    blocks.push(Block::Chart(charts::calibration(scope, &bins)));
    blocks.push(Block::Chart(charts::backtest(scope, &backtest)));
    blocks.push(Block::Table(groups::table(scope, &groups)));
    if !known.drift.is_empty() {
        blocks.push(Block::Table(drift::table(scope, &known.drift)));
        blocks.push(Block::Text(scope.say("model_card.drift_note")));
    }
    blocks.extend(["method", "limits"].map(|key| Block::Text(scope.say(&format!("model_card.{key}")))));
    Ok(made(scope, "model_card", blocks))
}

/// Which method is on, and the figures that decided it.
fn why(scope: &Scope<'_>, known: &RiskScores) -> String {
    let (format, why) = (scope.format(), &known.why);
    let loss = |x: Option<f64>| x.map_or(NOTHING.to_string(), |x| format.float(x, 4));
    scope.fill(
        &format!("model_card.why.{}", why.code),
        &[
            ("model", &known.model),
            ("renewed", &format.int(why.renewed)),
            ("lapsed", &format.int(why.lapsed)),
            ("needed", &format.int(why.needed)),
            ("log_loss", &loss(why.log_loss)),
            ("base", &loss(why.base_log_loss)),
        ],
    )
}

/// What the backtest is made of.
fn data(scope: &Scope<'_>, backtest: &[RenewalBacktestRow]) -> String {
    let format = scope.format();
    let used: Vec<&RenewalBacktestRow> = backtest.iter().filter(|row| row.n > 0).collect();
    let (Some(first), Some(last)) = (used.first(), used.last()) else { return scope.say("model_card.nothing") };
    scope.fill(
        "model_card.data",
        &[
            ("n", &format.int(used.iter().map(|row| row.n).sum())),
            ("cutoffs", &format.int(used.len() as i64)),
            ("from", &format.date(first.cutoff)),
            ("to", &format.date(last.cutoff)),
        ],
    )
}

/// Means over the cutoffs, each weighing what its contracts do, beside the base rate's.
fn figures(
    scope: &Scope<'_>,
    backtest: &[RenewalBacktestRow],
    bins: &[RenewalCalibrationRow],
    pooled: &[Tried],
) -> Vec<Figure> {
    let format = scope.format();
    let mean = |of: fn(&RenewalBacktestRow) -> Option<f64>| {
        let known = backtest.iter().filter_map(|row| Some((of(row)?, row.n as f64)));
        let (sum, n) = known.fold((0.0, 0.0), |(sum, n), (x, weight)| (sum + x * weight, n + weight));
        (n > 0.0).then(|| sum / n)
    };
    let shown = |x: Option<f64>, places: usize| x.map_or(NOTHING.to_string(), |x| format.float(x, places));
    let base = |x: Option<f64>, places: usize| scope.fill("model_card.base", &[("value", &shown(x, places))]);
    let losses =
        |t: &Tried| -> (Str, f64) { (t.id.clone(), scores::loss(t.p, t.renewed) - scores::loss(t.base_p, t.renewed)) };
    let difference = paired::interval(pooled.iter().map(losses)).filter(|d| d.low < d.high).map(|d| {
        let [mean, low, high] = [d.mean, d.low, d.high].map(|x| format.float(x, 4));
        scope.fill("model_card.difference", &[("mean", &mean), ("low", &low), ("high", &high)])
    });
    let figure = |key: &str, value: String, note: String| Figure {
        label: scope.say(&format!("label.{key}")),
        value,
        note: Some(note),
    };
    let at_chance = scope.say("model_card.lift");
    vec![
        figure("auc", shown(mean(|r| r.auc), 3), base(mean(|r| r.base_auc), 3)),
        figure(
            "log_loss",
            shown(mean(|r| r.log_loss), 4),
            difference.unwrap_or_else(|| base(mean(|r| r.base_log_loss), 4)),
        ),
        figure("brier", shown(mean(|r| r.brier), 4), base(mean(|r| r.base_brier), 4)),
        figure("ece", shown(gap(bins), 3), scope.say("model_card.ece")),
        figure("lift_top_decile", shown(mean(|r| r.lift_top_decile), 2), at_chance),
    ]
}

/// Mean gap between said and seen over the ten bins of all cutoffs. Those of single cutoffs are mostly chance, as their
/// bins hold few contracts.
fn gap(bins: &[RenewalCalibrationRow]) -> Option<f64> {
    let known = bins.iter().filter_map(|b| Some((b.n as f64, b.p_mean? - b.rate?)));
    let (sum, n) = known.fold((0.0, 0.0), |(sum, n), (weight, gap)| (sum + weight * gap.abs(), n + weight));
    (n > 0.0).then(|| sum / n)
}
