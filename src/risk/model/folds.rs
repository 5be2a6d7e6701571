//! What models said that did not know the outcome: month after month, fitted on the contracts matured before the month, said of
//! those seen in it (rolling-origin evaluation: Tashman 2000, *International Journal of Forecasting* 16:437-450).
//!
//! ```text
//! matured before 1 March ─► fit, a penalty at a time ─► log-odds of what was seen in March
//! matured before 1 April ─► ...                          (used by whoever trains once these have matured too)
//! ```
//!
//! Months are those of the calendar, so what is said of a month never changes: the model of today and those of the twelve
//! cutoffs of the backtest choose from the same table, each the rows that had matured by its day.

use std::convert::Infallible;

use crate::domain::Month;
use crate::ingest::workers;
use crate::risk::kept::Kept;
use crate::stats::matrix::Matrix;

use super::ModelSettings;
use super::examples::Examples;
use super::fit::fit;

/// Lapsed, and renewed, contracts that a month's fit needs.
const LEAST: usize = 20;

/// Log-odds said of each ordered row, by penalty; NaN where nobody spoke.
pub(super) struct Folds(Matrix);

impl Folds {
    /// For the rows seen in some months.
    pub(super) fn of(
        examples: &Examples,
        ordered: &[usize],
        months: Vec<Month>,
        settings: &ModelSettings,
        kept: &Kept,
    ) -> Folds {
        let mut places: Vec<(Month, usize)> =
            ordered.iter().enumerate().map(|(place, row)| (examples.day[*row].month(), place)).collect();
        places.sort_unstable();
        let work = |month: Month| {
            let from = places.partition_point(|(m, _)| *m < month);
            let to = places.partition_point(|(m, _)| *m <= month);
            let said = of_month(examples, ordered, month, &places[from..to], settings, kept);
            Ok::<_, Infallible>(said.map(|said| (from, said)))
        };
        let Ok(done) = workers::each(settings.threads, months, work);
        let mut all = Matrix::zeros(ordered.len(), settings.method.penalties.len());
        all.data.fill(f64::NAN);
        for (from, said) in done.into_iter().flatten() {
            for at in 0..said.rows {
                all.row_mut(places[from + at].1).copy_from_slice(said.row(at));
            }
        }
        Folds(all)
    }

    /// What was said of the row at a place of the order, by penalty.
    pub(super) fn said(&self, place: usize) -> Option<&[f64]> {
        Some(self.0.row(place)).filter(|said| said.first().is_some_and(|l| l.is_finite()))
    }
}

/// Rows: the places; columns: the penalties. `None` when too few outcomes were known, or nobody is asked about.
fn of_month(
    examples: &Examples,
    ordered: &[usize],
    month: Month,
    places: &[(Month, usize)],
    settings: &ModelSettings,
    kept: &Kept,
) -> Option<Matrix> {
    let rows = examples.matured(ordered, month.first_day(), settings.grace, settings.method.most_rows_of_fold);
    if places.is_empty() || examples.outcomes(&rows).fewer() < LEAST {
        return None;
    }
    let (encoder, path) = fit(examples, &rows, &settings.method.penalties, settings, kept);
    let _saying = tracing::debug_span!("say", rows = places.len()).entered();
    let mut said = Matrix::empty(path.len());
    for (_, place) in places {
        let row = ordered[*place];
        let encoded = encoder.row(examples.x.row(row), &examples.about(row));
        said.push(&path.iter().map(|fit| fit.margin(&encoded)).collect::<Vec<_>>());
    }
    Some(said)
}
