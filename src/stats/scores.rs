//! How good probabilities were, once the outcomes are known. A row is a probability `p` of the good outcome, whether it came, and
//! an id that settles ties.
//!
//! ```text
//! AUC           P(p of a good > p of a bad), ties half       Hanley & McNeil 1982, Radiology 143:29-36
//! log loss      mean of −ln(p given to what came)            p kept 1e-15 off 0 and 1
//! Brier         mean of (p − came)²                          Brier 1950
//! ECE           Σ bins n_b / n · |mean p − share that came|  Naeini et al. 2015; 10 bins of equal count by (p, id)
//! lift          share of bad among the lowest tenth / among all
//! slope, intercept   of came on logit p: 1 and 0 when calibrated       Cox 1958
//! ```

use std::ops::Range;

use super::logit::logit;
use super::platt;

/// How far p is kept off 0 and 1 where a logarithm is taken.
const EDGE: f64 = 1e-15;
/// Draw of a calibration slope towards 1: next to nothing, only so that separable data have one.
const DRAW: f64 = 1e-6;

/// A probability, what came of it, and the row's id.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored<'a> {
    pub p: f64,
    pub came: bool,
    pub id: &'a str,
}

impl Scored<'_> {
    fn y(&self) -> f64 {
        f64::from(u8::from(self.came))
    }
}

/// −ln of the probability given to what came.
pub fn loss(p: f64, came: bool) -> f64 {
    -libm::log(if came { p } else { 1.0 - p }.clamp(EDGE, 1.0 - EDGE))
}

/// Sorted by (p, id): the order of all that follows.
pub fn sorted(mut rows: Vec<Scored<'_>>) -> Vec<Scored<'_>> {
    rows.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.id.cmp(b.id)));
    rows
}

/// Of sorted rows; `None` unless both outcomes came.
pub fn auc(rows: &[Scored<'_>]) -> Option<f64> {
    let (mut bad, mut good, mut halves) = (0u128, 0u128, 0u128);
    for tie in rows.chunk_by(|a, b| a.p == b.p) {
        let good_here = tie.iter().filter(|r| r.came).count() as u128;
        let bad_here = tie.len() as u128 - good_here;
        halves += good_here * (2 * bad + bad_here);
        (bad, good) = (bad + bad_here, good + good_here);
    }
    (bad > 0 && good > 0).then(|| halves as f64 / (2 * bad * good) as f64)
}

/// Mean log loss; `None` without rows.
pub fn log_loss(rows: &[Scored<'_>]) -> Option<f64> {
    mean(rows, |r| loss(r.p, r.came))
}

/// Mean squared error; `None` without rows.
pub fn brier(rows: &[Scored<'_>]) -> Option<f64> {
    mean(rows, |r| (r.p - r.y()) * (r.p - r.y()))
}

/// Ten runs of sorted rows whose counts differ by at most one, the longer ones first; some are empty under ten rows.
pub fn tenths(n: usize) -> [Range<usize>; 10] {
    let start = |bin: usize| bin * (n / 10) + bin.min(n % 10);
    std::array::from_fn(|bin| start(bin)..start(bin + 1))
}

/// Expected calibration error of sorted rows; `None` without rows.
pub fn ece(rows: &[Scored<'_>]) -> Option<f64> {
    let gap = |bin: Range<usize>| rows[bin].iter().map(|r| r.p - r.y()).sum::<f64>().abs();
    (!rows.is_empty()).then(|| tenths(rows.len()).map(gap).iter().sum::<f64>() / rows.len() as f64)
}

/// Share of bad outcomes among the ceil(n / 10) first of sorted rows, over that of all; `None` when none is bad.
pub fn lift_of_lowest_tenth(rows: &[Scored<'_>]) -> Option<f64> {
    let share = |rows: &[Scored<'_>]| rows.iter().filter(|r| !r.came).count() as f64 / rows.len() as f64;
    let all = if rows.is_empty() { 0.0 } else { share(rows) };
    (all > 0.0).then(|| share(&rows[..rows.len().div_ceil(10)]) / all)
}

/// Intercept and slope of the outcomes (0..1, true probabilities too) on logit p; `None` under two different p.
pub fn calibration_line(p: &[f64], outcomes: &[f64]) -> Option<(f64, f64)> {
    let log_odds: Vec<f64> = p.iter().map(|p| logit(p.clamp(EDGE, 1.0 - EDGE))).collect();
    let varies = log_odds.iter().any(|l| *l != log_odds[0]);
    varies.then(|| platt::two_parameters(&log_odds, outcomes, DRAW))
}

fn mean(rows: &[Scored<'_>], of: impl Fn(&Scored<'_>) -> f64) -> Option<f64> {
    (!rows.is_empty()).then(|| rows.iter().map(of).sum::<f64>() / rows.len() as f64)
}
