//! How far the contracts that are scored lie from those that the model learned from. Grain: feature.
//!
//! What a feature reads is compared, not what came of it: a model can be wrong without drift, and right with it.

use crate::stats::matrix::Matrix;
use crate::stats::stability::{self, Marks};

use super::features::FEATURES;
use super::model::Examples;

/// One feature then (training) and now (scored).
#[derive(Clone, Debug, PartialEq)]
pub struct Drifted {
    pub feature: &'static str,
    /// Population stability index.
    pub psi: f64,
    /// The same among the known alone, so that a source that began since is told from figures that moved; null without known ones.
    pub psi_known: Option<f64>,
    pub mark_known: Marks,
    /// What 95 of 100 samples of as many contracts stay below without any drift.
    pub by_chance: f64,
    pub mark: Marks,
    /// Share of the known ones above the median of the training; null without known ones.
    pub above_then: Option<f64>,
    pub above_now: Option<f64>,
    /// Share that is not known.
    pub unknown_then: f64,
    pub unknown_now: f64,
}

/// Every feature, the greatest index first, ties in the order of [`FEATURES`]. `now` has a row a contract, as the examples' columns.
pub fn of(then: &Examples, now: &Matrix) -> Vec<Drifted> {
    // The rows of a contract are nearly the same: it is contracts that chance draws.
    let mut ids: Vec<&str> = then.id.iter().map(|id| &**id).collect();
    ids.sort_unstable();
    ids.dedup();
    let one = |(at, feature): (usize, &super::features::Feature)| {
        let column = |m: &Matrix| (0..m.rows).map(|row| m.row(row)[at]).collect::<Vec<f64>>();
        let (old, new) = (column(&then.x), column(now));
        let index = stability::index(&old, &new)?;
        let by_chance = stability::by_chance(index.bins, ids.len(), now.rows);
        let (known_old, known_new) = (stability::known(&old), stability::known(&new));
        let among = stability::index(&known_old, &known_new).map(|index| {
            let contracts = ids.len() * known_old.len() / old.len();
            (index, stability::by_chance(index.bins, contracts, known_new.len()))
        });
        let middle = stability::median(&old);
        let above = |xs: &[f64]| {
            let known = xs.iter().filter(|x| x.is_finite()).count();
            let above = xs.iter().filter(|x| x.is_finite() && middle.is_some_and(|m| **x > m)).count();
            (known > 0).then(|| above as f64 / known as f64)
        };
        let unknown = |xs: &[f64]| xs.iter().filter(|x| !x.is_finite()).count() as f64 / xs.len() as f64;
        Some(Drifted {
            feature: feature.name,
            psi: index.psi,
            psi_known: among.map(|(index, _)| index.psi),
            mark_known: among.map_or(Marks::Steady, |(index, chance)| Marks::of(index.psi, chance)),
            by_chance,
            mark: Marks::of(index.psi, by_chance),
            above_then: above(&old),
            above_now: above(&new),
            unknown_then: unknown(&old),
            unknown_now: unknown(&new),
        })
    };
    let mut drifted: Vec<Drifted> = FEATURES.iter().enumerate().filter_map(one).collect();
    drifted.sort_by(|a, b| b.psi.total_cmp(&a.psi));
    drifted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Day;
    use crate::risk::model::Seen;

    /// Forty contracts seen twice; now forty more, of which the second feature is all above the earlier median and the third unknown.
    #[test]
    fn what_moved_stands_first() {
        let seen = |n: usize| Seen {
            id: format!("{n}").as_str().into(),
            day: Day(0),
            end: Day(9),
            renewed: true,
            segment: "s".into(),
            plan: "p".into(),
            size: "small".into(),
        };
        let row = |x: f64, second: f64, third: f64| {
            let mut row = vec![x; FEATURES.len()];
            (row[1], row[2]) = (second, third);
            row
        };
        let mut then = Examples::empty(FEATURES.len());
        let mut now = Matrix::empty(FEATURES.len());
        for n in 0..40 {
            let x = n as f64;
            (0..2).for_each(|_| then.push(&row(x, x, x), seen(n)));
            now.push(&row(x, 20.0 + x / 2.0, f64::NAN));
        }
        let drift = of(&then, &now);
        let found: Vec<_> = drift.iter().take(3).map(|d| (d.feature, d.mark)).collect();
        let name = |at: usize| FEATURES[at].name;
        assert_eq!(found, [(name(2), Marks::MovedMuch), (name(1), Marks::MovedMuch), (name(0), Marks::Steady)]);
        assert_eq!((drift[0].unknown_then, drift[0].unknown_now, drift[0].above_now), (0.0, 1.0, None));
        assert_eq!((drift[1].above_then, drift[1].above_now), (Some(0.5), Some(1.0)));
        assert_eq!((drift[0].psi_known, drift[1].psi_known), (None, Some(drift[1].psi)));
        assert_eq!([0, 1].map(|at| drift[at].mark_known), [Marks::Steady, Marks::MovedMuch]);
        // Ten bins: 16.919 (1/40 + 1/40).
        assert!((drift[2].by_chance - 0.846).abs() < 0.001 && drift[2].psi == 0.0);
    }
}
