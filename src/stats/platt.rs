//! Calibration by two parameters: log-odds' = a + b · log-odds.
//!
//! Platt 1999, "Probabilistic outputs for support vector machines", on log-odds instead of margins (logistic recalibration: Cox 1958,
//! *Biometrika* 45:562-565). The slope is drawn towards 1 by ½ κ (b − 1)², so that a few outcomes cannot turn it about;
//! it is kept between [`SLOPES`], so that the order of scores always stays.

use std::ops::RangeInclusive;

use super::logit::sigmoid;
use super::matrix::Matrix;
use super::ridge::Ridge;

/// Slopes that are let stand.
pub const SLOPES: RangeInclusive<f64> = 0.1..=5.0;
/// No intercept goes further.
const FURTHEST: f64 = 20.0;

/// Intercept a and slope b for outcomes (0..1) of some finite log-odds; `draw` is κ.
pub fn two_parameters(log_odds: &[f64], outcomes: &[f64], draw: f64) -> (f64, f64) {
    let x = Matrix { rows: log_odds.len(), columns: 1, data: log_odds.to_vec() };
    // With the scores as offset the weight is b − 1, and its ridge is the draw towards 1.
    let fit = Ridge { x: &x, y: outcomes, weight: None, offset: Some(log_odds) }.fit(draw);
    let slope = 1.0 + fit.weights.iter().sum::<f64>();
    if SLOPES.contains(&slope) {
        return (fit.intercept.clamp(-FURTHEST, FURTHEST), slope);
    }
    let slope = slope.clamp(*SLOPES.start(), *SLOPES.end());
    let scaled: Vec<f64> = log_odds.iter().map(|l| slope * l).collect();
    (shift(&scaled, outcomes, 0.0), slope)
}

/// The a that makes the mean of σ(log-odds + a) the mean outcome, drawn towards 0 by ½ κ a²: the root of
/// Σ (σ(l + a) − y) + κ a, which rises in a, by halving an interval. 0 of nothing.
pub fn shift(log_odds: &[f64], outcomes: &[f64], draw: f64) -> f64 {
    if log_odds.is_empty() {
        return 0.0;
    }
    let too_high = |a: f64| {
        let sum: f64 = log_odds.iter().zip(outcomes).map(|(l, y)| sigmoid(l + a) - y).sum();
        sum + draw * a > 0.0
    };
    let (mut low, mut high) = (-FURTHEST, FURTHEST);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if too_high(middle) { high = middle } else { low = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_of_nothing_fits_the_mean_and_a_strong_one_stays_at_one() {
        // 3 of 4 at log-odds 0: a = ln 3.
        let y = [1.0, 1.0, 1.0, 0.0];
        assert!((shift(&[0.0; 4], &y, 0.0) - 3f64.ln()).abs() < 1e-12);
        assert!(shift(&[0.0; 4], &y, 1e9).abs() < 1e-8);
        assert_eq!(shift(&[], &[], 1.0), 0.0);
        assert!((two_parameters(&[1.0, -1.0, 1.0, -1.0], &y, 1e12).1 - 1.0).abs() < 1e-9);
    }

    /// Scores that say the opposite, and scores that say all: the slope stays above 0 and finite, the mean is the outcomes'.
    #[test]
    fn the_slope_keeps_its_bounds() {
        let scores: Vec<f64> = (0..40).map(|i| f64::from(i) / 10.0 - 2.0).collect();
        for (turned, bound) in [(true, 0.1), (false, 5.0)] {
            let y: Vec<f64> = (0..40).map(|i| f64::from(u8::from((i < 25) == turned))).collect();
            let (a, b) = two_parameters(&scores, &y, 1e-9);
            assert_eq!(b, bound);
            let mean: f64 = scores.iter().map(|l| sigmoid(a + b * l)).sum::<f64>() / 40.0;
            assert!((mean - y.iter().sum::<f64>() / 40.0).abs() < 1e-9, "{mean}");
        }
    }
}
