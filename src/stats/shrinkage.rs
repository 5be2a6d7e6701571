//! What to make of an estimate when most effects are believed to be small and a few large.
//!
//! ```text
//! believed: normal around 0, with the standard deviation s_k with the weight w_k (0: no effect at all)
//! mean after an estimate e of variance v = Σ π_k · e s_k² / (s_k² + v),   π_k ∝ w_k · N(e; 0, s_k² + v)
//! ```
//!
//! A scale mixture of normals (Stephens 2017, "False discovery rates: a new deal", *Biostatistics* 18:275-294): what may be chance is
//! drawn to 0 almost wholly, what cannot be is left almost whole.

/// The mean of an effect after it was estimated, by what was believed: (standard deviation, weight).
pub fn drawn(estimate: f64, variance: f64, believed: &[(f64, f64)]) -> f64 {
    if !(variance > 0.0 && variance.is_finite()) {
        return if variance == 0.0 { estimate } else { 0.0 };
    }
    let square = |sd: f64| sd * sd;
    let weights: Vec<f64> = believed
        .iter()
        .map(|(sd, weight)| (square(*sd) + variance, weight))
        .map(|(total, weight)| weight * libm::exp(-0.5 * estimate * estimate / total) / total.sqrt())
        .collect();
    let sum: f64 = weights.iter().sum();
    // So far off that no belief allows for it: the widest one does.
    let widest = believed.iter().map(|(sd, _)| *sd).fold(0.0, f64::max);
    if sum <= 0.0 {
        return estimate * square(widest) / (square(widest) + variance);
    }
    let means = believed.iter().map(|(sd, _)| estimate * square(*sd) / (square(*sd) + variance));
    means.zip(&weights).map(|(mean, weight)| mean * weight / sum).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: e = 1, v = 1, half no effect, half s² = 3: π ∝ e^(−1/2) = 0.6065 and e^(−1/8) / 2 = 0.4412; of the second 0.4211;
    /// mean 0.4211 · 3 / 4.
    #[test]
    fn little_is_drawn_and_much_is_left() {
        let believed = [(0.0, 1.0), (3f64.sqrt(), 1.0)];
        assert!((drawn(1.0, 1.0, &believed) - 0.315_85).abs() < 1e-4);
        assert!((drawn(10.0, 1.0, &believed) - 7.5).abs() < 1e-6, "no chance");
        assert_eq!(drawn(-1.0, 1.0, &believed), -drawn(1.0, 1.0, &believed));
        assert!((drawn(1e6, 1.0, &believed) - 7.5e5).abs() < 1.0, "beyond every belief");
        assert_eq!((drawn(0.5, 0.0, &believed), drawn(0.5, f64::INFINITY, &believed)), (0.5, 0.0));
    }
}
