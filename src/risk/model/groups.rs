//! How strongly each group of columns is drawn to 0: a group that told little in a first fit is drawn more, one that told much less.
//!
//! ```text
//! first fit, one penalty for all ─► mean square of each group's weights / that of all columns, kept within 0.1..10 = its factor
//!                                ─► columns × √factor: the same as the group's own penalty of λ / factor
//! ```
//!
//! Adaptive group-regularized ridge regression (van de Wiel et al. 2016, *Statistics in Medicine* 35:368-381), in its plainest
//! form. A portal whose members answer to visits alone need not pay for the forty figures that tell nothing there.

use crate::risk::kept::Kept;
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

/// Gives the groups their scales, in the encoder and in the rows that it encoded; `y` are their outcomes.
pub(super) fn weigh(encoder: &mut Encoder, encoded: &mut Matrix, y: &[f64], settings: &ModelSettings, kept: &Kept) {
    let Some(first) = settings.method.first_penalty else { return };
    let fits = kept.path(&Ridge { x: encoded, y, weight: None, offset: None }, &[first]);
    let Some(Coefficients { weights, .. }) = fits.first() else { return };
    let groups: Vec<Option<Group>> =
        encoder.columns.iter().map(|column| group_of(&column.source, &settings.groups)).collect();
    let scales = scales(&groups, weights);
    encoder.columns.iter_mut().zip(&scales).for_each(|(column, scale)| column.stretch(*scale));
    for row in 0..encoded.rows {
        encoded.row_mut(row).iter_mut().zip(&scales).for_each(|(value, scale)| *value *= scale);
    }
}

/// One a column: 1 for those without a group.
fn scales<G: Ord + Copy>(groups: &[Option<G>], weights: &[f64]) -> Vec<f64> {
    let mean = |of: &dyn Fn(&G) -> bool| {
        let squares = groups.iter().zip(weights).filter(|(group, _)| group.as_ref().is_some_and(of));
        let (sum, n) = squares.fold((0.0, 0.0), |(sum, n), (_, w)| (sum + w * w, n + 1.0));
        sum / n
    };
    let all = mean(&|_| true);
    let scale = |group: &Option<G>| match group {
        Some(group) if all > 0.0 => (mean(&|g| g == group) / all).clamp(FACTORS.0, FACTORS.1).sqrt(),
        _ => 1.0,
    };
    groups.iter().map(scale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: squares 4, 4 | 0.09, 0.01 | 0.9; the mean of all is 1.8, of the groups 4, 0.05 and 0.9.
    #[test]
    fn a_group_counts_by_what_its_weights_were() {
        let groups = [Some('a'), Some('b'), Some('a'), None, Some('b'), Some('c')];
        let scales = scales(&groups, &[2.0, 0.3, -2.0, 9.0, 0.1, 0.9f64.sqrt()]);
        let want = [4.0 / 1.8, 0.1, 4.0 / 1.8, 1.0, 0.1, 0.5];
        for (scale, want) in scales.iter().zip(want) {
            assert!((scale * scale - want).abs() < 1e-12, "{scales:?}");
        }
        assert_eq!(super::scales(&groups, &[0.0; 6]), [1.0; 6], "nothing told");
    }
}
