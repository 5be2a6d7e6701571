//! Population stability index: how far a sample has moved from the one before it.
//!
//! ```text
//! bins: the tenths of the earlier sample, equal cuts once; what is not known is a bin of its own
//! PSI = Σ (now − then) · ln (now / then)      shares of the bins; an empty bin counts as half an observation
//! ```
//!
//! The usual marks are 0.1 (some change) and 0.25 (a significant one): Siddiqi 2006, *Credit Risk Scorecards* (Wiley). They take no
//! account of the samples' sizes: without any drift PSI / (1/n + 1/m) is near χ² with bins − 1 degrees of freedom (Yurdakul & Naranjo
//! 2020, *Journal of Risk Model Validation* 14(4)), so a hundred contracts reach 0.1 by chance. A mark counts when chance does not explain it.

/// Bins of what is known.
const TENTHS: usize = 10;
const SOME: f64 = 0.1;
const MUCH: f64 = 0.25;
/// 95 % quantile of the normal distribution.
const Z: f64 = 1.644_853_626_951_472_7;

/// An index, and over how many bins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Index {
    pub psi: f64,
    pub bins: usize,
}

/// What an index comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    Steady,
    Moved,
    MovedMuch,
}

impl Marks {
    /// By the usual marks, where the index is above what chance gives.
    pub fn of(psi: f64, by_chance: f64) -> Marks {
        match psi {
            _ if psi <= by_chance || psi < SOME => Marks::Steady,
            _ if psi < MUCH => Marks::Moved,
            _ => Marks::MovedMuch,
        }
    }
}

/// The index of two samples; NaN or infinite is not known. `None` when one is empty.
pub fn index(then: &[f64], now: &[f64]) -> Option<Index> {
    if then.is_empty() || now.is_empty() {
        return None;
    }
    let cuts = cuts(then);
    let shares = |xs: &[f64]| {
        let mut counts = vec![0usize; cuts.len() + 2];
        for x in xs {
            // A value on a cut belongs below it; the last bin is that of the unknown.
            let bin = if x.is_finite() { cuts.partition_point(|cut| cut < x) } else { cuts.len() + 1 };
            counts[bin] += 1;
        }
        counts
    };
    let (old, new) = (shares(then), shares(now));
    // A bin that both leave empty is none.
    let used = old.iter().zip(&new).filter(|(a, b)| **a + **b > 0);
    let share = |count: usize, n: usize| (count as f64).max(0.5) / n as f64;
    let part = |(a, b): (&usize, &usize)| {
        let (a, b) = (share(*a, then.len()), share(*b, now.len()));
        (b - a) * libm::log(b / a)
    };
    Some(Index { psi: used.clone().map(part).sum(), bins: used.count() })
}

/// What the index stays below in 95 of 100 pairs of samples of one population (χ² by Wilson & Hilferty 1931, *PNAS* 17:684-688).
pub fn by_chance(bins: usize, n: usize, m: usize) -> f64 {
    let free = bins.saturating_sub(1) as f64;
    if free == 0.0 || n == 0 || m == 0 {
        return 0.0;
    }
    let spread = 2.0 / (9.0 * free);
    free * libm::pow(1.0 - spread + Z * libm::sqrt(spread), 3.0) * (1.0 / n as f64 + 1.0 / m as f64)
}

/// The middle of what is known, the lower one of two.
pub fn median(xs: &[f64]) -> Option<f64> {
    let known = known(xs);
    known.get(known.len().saturating_sub(1) / 2).copied()
}

/// What is known, the least first.
pub fn known(xs: &[f64]) -> Vec<f64> {
    let mut known: Vec<f64> = xs.iter().copied().filter(|x| x.is_finite()).collect();
    known.sort_unstable_by(f64::total_cmp);
    known
}

/// The inner ends of the tenths, each once; none at the greatest value, above which there is nothing.
fn cuts(xs: &[f64]) -> Vec<f64> {
    let known = known(xs);
    let Some(last) = known.last() else { return Vec::new() };
    let end = |tenth: usize| known[(known.len() * tenth).div_ceil(TENTHS).max(1) - 1];
    let mut cuts: Vec<f64> = (1..TENTHS).map(end).filter(|cut| cut < last).collect();
    cuts.dedup();
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tenths of 1..=10 hold one each. Now three hold two, three none (half a one): 3 (0.2 − 0.1) ln 2 + 3 (0.05 − 0.1) ln ½ = 0.45 ln 2.
    #[test]
    fn ten_bins_worked_by_hand() {
        let then: Vec<f64> = (1..=10).map(f64::from).collect();
        let now = [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 5.0, 6.0, 7.0];
        let found = index(&then, &now).unwrap();
        assert!((found.psi - 0.311_916_231_251_975_4).abs() < 1e-12, "{found:?}");
        assert_eq!(found.bins, 10);
        assert_eq!(index(&then, &then).unwrap().psi, 0.0);
    }

    /// Half and half becomes 70 to 30: 0.2 ln 1.4 − 0.2 ln 0.6 = 0.169460.
    #[test]
    fn ties_make_fewer_bins() {
        let sample = |zeros: usize| [vec![0.0; zeros], vec![5.0; 10 - zeros]].concat();
        let found = index(&sample(5), &sample(7)).unwrap();
        assert!((found.psi - 0.169_459_572_077_440_6).abs() < 1e-12, "{found:?}");
        assert_eq!(found.bins, 2);
        // What lies beyond the training's greatest value is in its last bin.
        assert_eq!(index(&sample(5), &[0.0, 99.0]).unwrap().psi, 0.0);
    }

    /// Two of ten unknown, then four: 0.2 ln 2; of the eight tenths that are left two are empty: 2 (0.05 − 0.1) ln ½ = 0.1 ln 2.
    #[test]
    fn the_unknown_are_a_bin_of_their_own() {
        let sample =
            |known: i32| (1..=10).map(|n| if n <= known { f64::from(n) } else { f64::NAN }).collect::<Vec<_>>();
        let found = index(&sample(8), &sample(6)).unwrap();
        assert!((found.psi - 0.3 * std::f64::consts::LN_2).abs() < 1e-12, "{found:?}");
        assert_eq!(found.bins, 9);
        assert_eq!(index(&[], &[1.0]), None);
        assert_eq!(median(&sample(8)), Some(4.0));
    }

    /// Tables of χ²: 95 % at 9 and at 10 degrees of freedom are 16.919 and 18.307.
    #[test]
    fn chance_is_that_of_chi_squared() {
        assert!((by_chance(10, 2, 2) - 16.919).abs() < 0.02);
        assert!((by_chance(11, 200, 200) * 100.0 - 18.307).abs() < 0.02);
        let marks = [(0.09, 0.0), (0.12, 0.2), (0.12, 0.1), (0.25, 0.1)].map(|(psi, chance)| Marks::of(psi, chance));
        assert_eq!(marks, [Marks::Steady, Marks::Steady, Marks::Moved, Marks::MovedMuch]);
    }
}
