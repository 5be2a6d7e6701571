//! Log-odds become probabilities, by what was said of later months only.
//!
//! ```text
//! said (log-odds by models that did not know the outcome; outcome)
//!   1. under 20 lapsed or renewed contracts   intercept alone
//!      else                                   slope about the mean of what was said, drawn towards 1; intercept, drawn towards 0
//!   2. from 1,000 lapsed contracts on         isotonic steps over that, joined by lines, ends carried on
//! ```
//!
//! A contract seen at several leads has one outcome, so rows say less than as many contracts would: how much less is measured by the
//! variance that is robust to it (Liang & Zeger 1986, *Biometrika* 73:13-22), and the draws are so much stronger. The fit's own
//! intercept has learned all outcomes, and follows the latest months (`Source::Latest`): chance that stands in it must not be added a second
//! time, so the calibration's is held tightly. Every map is strictly rising: calibration changes no order. Isotonic steps: Zadrozny &
//! Elkan 2002; two parameters before and joined steps after: so that no probability is 0 or 1 and close scores stay apart.

use crate::stats::isotonic::{self, Step};
use crate::stats::logit::{logit, sigmoid};
use crate::stats::platt;

use super::Method;
use super::examples::{Examples, Outcomes};

/// Outcomes of either kind that a slope needs.
const FOR_SLOPE: usize = 20;
/// Observations that a step's two-parameter probability counts for.
const STEP_PRIOR: f64 = 20.0;
/// Log-odds are kept within ±12 (p within 6e-6 of 0 and 1).
const FURTHEST: f64 = 12.0;

/// What kind of calibration the data were enough for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalibrationKind {
    /// Nothing was said out of time.
    None,
    Intercept,
    TwoParameters,
    Isotonic,
}

/// The map from log-odds to calibrated log-odds.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    pub kind: CalibrationKind,
    pub intercept: f64,
    pub slope: f64,
    /// Two-parameter log-odds to log-odds, both rising.
    points: Vec<(f64, f64)>,
}

/// What was said of a row before its outcome was known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub row: usize,
    pub log_odds: f64,
}

impl Calibration {
    /// Calibrated log-odds.
    pub fn apply(&self, log_odds: f64) -> f64 {
        along(&self.points, self.intercept + self.slope * log_odds).clamp(-FURTHEST, FURTHEST)
    }

    /// From what was said of rows that stand together by contract.
    pub(super) fn of(examples: &Examples, said: &[Said], method: &Method) -> Calibration {
        let mut found = Calibration { kind: CalibrationKind::None, intercept: 0.0, slope: 1.0, points: Vec::new() };
        let outcomes = outcomes(examples, said);
        let contracts = outcomes.lapsed + outcomes.renewed;
        if contracts == 0 {
            return found;
        }
        let (log_odds, y): (Vec<f64>, Vec<f64>) = said.iter().map(|s| (s.log_odds, examples.y(s.row))).unzip();
        let effect = design_effect(examples, said);
        let draw = |sd: f64| effect / (sd * sd);
        if outcomes.fewer() < FOR_SLOPE {
            found.kind = CalibrationKind::Intercept;
        } else {
            found.kind = CalibrationKind::TwoParameters;
            found.slope = platt::two_parameters(&log_odds, &y, draw(method.slope_sd)).1;
        }
        // Turned about the mean, a slope leaves the level where it was, whatever the base rate.
        let mean = log_odds.iter().sum::<f64>() / log_odds.len() as f64;
        let turned: Vec<f64> = log_odds.iter().map(|l| mean + found.slope * (l - mean)).collect();
        found.intercept = mean * (1.0 - found.slope) + platt::shift(&turned, &y, draw(method.intercept_sd));
        if outcomes.lapsed >= method.steps_from {
            found.kind = CalibrationKind::Isotonic;
            found.points = points(log_odds.iter().map(|l| found.apply(*l)).zip(y));
        }
        found
    }
}

/// How much less rows say of an intercept than if each had an outcome of its own: Σ over contracts of (Σ of its rows' y − p)²
/// over Σ p (1 − p). The rows stand together by contract.
fn design_effect(examples: &Examples, said: &[Said]) -> f64 {
    let (mut plain, mut robust) = (0.0, 0.0);
    for contract in said.chunk_by(|a, b| examples.id[a.row] == examples.id[b.row]) {
        let mut off = 0.0;
        for s in contract {
            let p = sigmoid(s.log_odds);
            off += examples.y(s.row) - p;
            plain += p * (1.0 - p);
        }
        robust += off * off;
    }
    // Not less: rows say no more than as many outcomes.
    (robust / plain).max(1.0)
}

fn outcomes(examples: &Examples, said: &[Said]) -> Outcomes {
    let rows: Vec<usize> = said.iter().map(|s| s.row).collect();
    examples.outcomes(&rows)
}

/// Isotonic steps as a rising line: mean log-odds of a step to the logit of its share, which a few pseudo-observations of the
/// two-parameter probability keep off 0 and 1.
fn points(rows: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let steps = isotonic::steps(rows.map(|(line, y)| Step::at(line, y, 1.0)).collect());
    let drawn = |s: Step| {
        let share = (s.value * s.weight + STEP_PRIOR * sigmoid(s.x)) / (s.weight + STEP_PRIOR);
        Step::at(s.x, share, s.weight + STEP_PRIOR)
    };
    // Drawn unequally, two neighbours may have changed their order: once more.
    isotonic::steps(steps.into_iter().map(drawn).collect()).iter().map(|s| (s.x, logit(s.value))).collect()
}

/// The line through some points; beyond the first and last it goes on with slope 1. Without points: `x` itself.
fn along(points: &[(f64, f64)], x: f64) -> f64 {
    let above = points.partition_point(|(at, _)| *at <= x);
    match (above.checked_sub(1).map(|i| points[i]), points.get(above)) {
        (Some((a, fa)), Some((b, fb))) => fa + (fb - fa) * ((x - a) / (b - a)),
        (Some((a, fa)), None) => fa + (x - a),
        (None, Some((b, fb))) => fb + (x - b),
        (None, None) => x,
    }
}
