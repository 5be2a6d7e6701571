//! Log-odds become probabilities, by what was said of later months only.
//!
//! ```text
//! said (log-odds by models that did not know the outcome; outcome)
//!   1. under 20 lapsed or renewed contracts   intercept alone
//!      else                                   intercept and slope, slope drawn towards 1
//!   2. from 1,000 lapsed contracts on         isotonic steps over that, joined by lines, ends carried on
//!   3. intercept of the latest half year      drawn towards 0 while it has few contracts
//! ```
//!
//! A contract seen at several leads has one outcome; draws are therefore counted a contract, not an observation. Every map is
//! strictly rising: calibration changes no order. Isotonic steps: Zadrozny & Elkan 2002; two parameters before and joined steps after: so
//! that no probability is 0 or 1 and close scores stay apart. The last: "recalibration in the large", Steyerberg, *Clinical Prediction
//! Models*, 2nd ed., 20.3.

use crate::domain::Day;
use crate::stats::isotonic::{self, Step};
use crate::stats::logit::{logit, sigmoid};
use crate::stats::platt;

use super::Method;
use super::examples::{Examples, Outcomes};

/// Outcomes of either kind that a slope needs.
const FOR_SLOPE: usize = 20;
/// Days before the latest end that count as the latest months.
const LATEST: i32 = 183;
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
    /// What the latest months add.
    pub shift: f64,
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
        let line = self.intercept + self.slope * log_odds;
        (along(&self.points, line) + self.shift).clamp(-FURTHEST, FURTHEST)
    }

    /// From what was said of rows that stand together by contract.
    pub(super) fn of(examples: &Examples, said: &[Said], method: &Method) -> Calibration {
        let mut found =
            Calibration { kind: CalibrationKind::None, intercept: 0.0, slope: 1.0, points: Vec::new(), shift: 0.0 };
        let outcomes = outcomes(examples, said);
        let contracts = outcomes.lapsed + outcomes.renewed;
        if contracts == 0 {
            return found;
        }
        let rows_a_contract = said.len() as f64 / contracts as f64;
        let (log_odds, y): (Vec<f64>, Vec<f64>) = said.iter().map(|s| (s.log_odds, examples.y(s.row))).unzip();
        let draw = rows_a_contract / (method.slope_sd * method.slope_sd);
        if outcomes.fewer() < FOR_SLOPE {
            found.kind = CalibrationKind::Intercept;
            found.intercept = platt::shift(&log_odds, &y, draw);
        } else {
            found.kind = CalibrationKind::TwoParameters;
            (found.intercept, found.slope) = platt::two_parameters(&log_odds, &y, draw);
        }
        if outcomes.lapsed >= method.steps_from {
            found.kind = CalibrationKind::Isotonic;
            found.points = points(log_odds.iter().map(|l| found.apply(*l)).zip(y));
        }
        found.shift = found.latest(examples, said, rows_a_contract / (method.shift_sd * method.shift_sd));
        found
    }

    /// What has to be added so that the latest matured months come out right.
    fn latest(&self, examples: &Examples, said: &[Said], draw: f64) -> f64 {
        let since = said.iter().map(|s| examples.end[s.row]).max().unwrap_or(Day(0)) - LATEST;
        let late = said.iter().filter(|s| examples.end[s.row] > since);
        let (log_odds, y): (Vec<f64>, Vec<f64>) = late.map(|s| (self.apply(s.log_odds), examples.y(s.row))).unzip();
        platt::shift(&log_odds, &y, draw)
    }
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
