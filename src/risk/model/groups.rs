//! How strongly each group of columns is drawn to 0: a group whose coefficients are spread little about it is drawn more.
//!
//! ```text
//! first fit, one penalty for all ─► how far each group's coefficients are spread (`stats::group_spread`), against the mean of all columns,
//!                                   kept within 0.1..10 = its factor
//!                                ─► columns × √factor: the same as the group's own penalty of λ / factor
//! ```
//!
//! Adaptive group-regularized ridge regression (van de Wiel et al. 2016, *Statistics in Medicine* 35:368-381). A portal whose members answer
//! to visits alone need not pay for the forty figures that tell nothing there.

use crate::risk::kept::Kept;
use crate::stats::group_spread::Grouped;
use crate::stats::matrix::Matrix;
use crate::stats::ridge::{Coefficients, Ridge};

use super::ModelSettings;
use super::encode::{Encoder, Source};

/// Least and greatest factor of a group.
const FACTORS: (f64, f64) = (0.1, 10.0);

/// Columns that are believed to matter about alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// Levels of the features of one group, by its number.
    Features(usize),
    Nulls,
    /// Bends, changes with the days left, pairs.
    Shapes,
    Segments,
    Plans,
    Sizes,
}

/// The group of a column; none for the days left, which are hardly drawn at all, and for the level of the latest months.
fn group_of(source: &Source, of_feature: &[usize]) -> Option<Group> {
    Some(match source {
        Source::Level(f) => Group::Features(of_feature.get(*f).copied().unwrap_or(0)),
        Source::Null(_) => Group::Nulls,
        Source::Bend(..) | Source::WithLead(_) | Source::Pair(..) => Group::Shapes,
        Source::Segment(_) => Group::Segments,
        Source::Plan(_) => Group::Plans,
        Source::Size(_) => Group::Sizes,
        Source::Latest | Source::Lead | Source::LeadBend(_) => return None,
    })
}

/// Gives the groups their scales, in the encoder and in the rows that it encoded; with their outcomes, and how many rows each contract
/// has, one after the other.
pub(super) fn weigh(
    encoder: &mut Encoder,
    encoded: &mut Matrix,
    (y, runs): (&[f64], &[usize]),
    settings: &ModelSettings,
    kept: &Kept,
) {
    let Some(first) = settings.method.first_penalty else { return };
    let of: Vec<Option<Group>> =
        encoder.columns.iter().map(|column| group_of(&column.source, &settings.groups)).collect();
    let mut known: Vec<Group> = of.iter().flatten().copied().collect();
    known.sort_unstable();
    known.dedup();
    let groups: Vec<Option<usize>> = of.iter().map(|group| known.binary_search(group.as_ref()?).ok()).collect();
    let ridge = Ridge { x: encoded, y, weight: None, offset: None };
    let beside: Vec<f64> =
        runs.iter().map(|run| *run as f64).chain(groups.iter().map(|g| g.map_or(-1.0, |g| g as f64))).collect();
    let made = kept.once(&ridge, &[first], &beside, || {
        let variances = Grouped { ridge, runs, groups: &groups }.variances(first, &ridge.fit(first));
        vec![Coefficients { intercept: 0.0, weights: scales(&groups, &variances) }]
    });
    let Some(Coefficients { weights: scales, .. }) = made.first() else { return };
    encoder.columns.iter_mut().zip(scales).for_each(|(column, scale)| column.stretch(*scale));
    for row in 0..encoded.rows {
        encoded.row_mut(row).iter_mut().zip(scales).for_each(|(value, scale)| *value *= scale);
    }
}

/// One a column: 1 for those without a group, and for all where nothing is spread.
fn scales(groups: &[Option<usize>], variances: &[f64]) -> Vec<f64> {
    let (sum, n) = groups.iter().flatten().fold((0.0, 0.0), |(sum, n), g| (sum + variances[*g], n + 1.0));
    let mean: f64 = sum / n;
    let scale = |group: &Option<usize>| match group {
        Some(g) if mean > 0.0 => (variances[*g] / mean).clamp(FACTORS.0, FACTORS.1).sqrt(),
        _ => 1.0,
    };
    groups.iter().map(scale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: variances 4, 0.05 and 0.9 of two, two and one columns; the mean of the five is 9 / 5.
    #[test]
    fn a_group_counts_by_how_far_it_is_spread() {
        let groups = [Some(0), Some(1), Some(0), None, Some(1), Some(2)];
        let found = scales(&groups, &[4.0, 0.05, 0.9]);
        let want = [4.0 / 1.8, 0.1, 4.0 / 1.8, 1.0, 0.1, 0.5];
        for (scale, want) in found.iter().zip(want) {
            assert!((scale * scale - want).abs() < 1e-12, "{found:?}");
        }
        assert_eq!(scales(&groups, &[0.0; 3]), [1.0; 6], "nothing told");
        assert_eq!(scales(&[None], &[]), [1.0], "no groups");
    }
}
