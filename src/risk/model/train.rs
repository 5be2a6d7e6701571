//! A model: the penalty that spoke best of later months, the fit to all that has matured, the calibration.

use crate::domain::{Day, Month};
use crate::risk::kept::Kept;
use crate::stats::logit::sigmoid;
use crate::stats::ridge::Coefficients;
use crate::stats::scores::loss;

use super::ModelSettings;
use super::calibrate::{Calibration, Said};
use super::encode::{About, Encoder};
use super::examples::{Examples, Outcomes};
use super::fit::fit;
use super::folds::Folds;

/// Months before the day of training from which out-of-time statements are taken.
const MONTHS: i32 = 24;

/// A fitted and calibrated model.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub encoder: Encoder,
    pub coefficients: Coefficients,
    pub calibration: Calibration,
    pub card: Card,
}

/// How a model came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// Contracts whose outcome it knew.
    pub outcomes: Outcomes,
    /// Observations that it was fitted to.
    pub rows: usize,
    /// λ.
    pub penalty: f64,
    /// Observations said out of time, before their outcome was known.
    pub said: usize,
    /// Their mean log loss by penalty, before calibration, the greatest penalty first; empty when none was said.
    pub tried: Vec<(f64, f64)>,
}

impl Model {
    /// Learned from all examples; `None` when fewer than `min_outcomes` contracts lapsed, or fewer renewed.
    pub fn train(examples: &Examples, settings: &ModelSettings) -> Option<Model> {
        let after_all = after_all(examples, settings.grace);
        Trainer::of(examples, &[after_all], settings, &Kept::default()).model_of(after_all)
    }

    /// Log-odds before calibration; as [`Model::effects`] adds them up.
    pub fn log_odds(&self, x: &[f64], about: &About<'_>) -> f64 {
        self.effects(x, about).total
    }

    /// Calibrated probability of renewal.
    pub fn p(&self, x: &[f64], about: &About<'_>) -> f64 {
        sigmoid(self.calibration.apply(self.log_odds(x, about)))
    }
}

/// The first day on which every outcome is known.
pub(super) fn after_all(examples: &Examples, grace: i32) -> Day {
    examples.end.iter().max().map_or(Day(0), |end| *end + grace + 1)
}

/// Trains models as of several days over one set of examples; what was said out of time is shared.
pub struct Trainer<'a> {
    examples: &'a Examples,
    settings: &'a ModelSettings,
    kept: &'a Kept,
    pub(super) ordered: Vec<usize>,
    folds: Folds,
}

impl<'a> Trainer<'a> {
    /// For models of some days.
    pub fn of(examples: &'a Examples, days: &[Day], settings: &'a ModelSettings, kept: &'a Kept) -> Trainer<'a> {
        let ordered = examples.order(settings.seed);
        // With too few outcomes in all there is no model on any day, and nobody asks what was said.
        let is_any = examples.outcomes(&ordered).fewer() >= settings.min_outcomes.max(1);
        let mut months: Vec<Month> = days.iter().filter(|_| is_any).flat_map(|day| months_before(*day)).collect();
        months.sort_unstable();
        months.dedup();
        let folds = Folds::of(examples, &ordered, months, settings, kept);
        Trainer { examples, settings, kept, ordered, folds }
    }

    /// The model that would have been trained on a day, by what had matured then.
    pub fn model_of(&self, by: Day) -> Option<Model> {
        let (examples, settings) = (self.examples, self.settings);
        let known = examples.matured(&self.ordered, by, settings.grace, usize::MAX);
        let outcomes = examples.outcomes(&known);
        if outcomes.fewer() < settings.min_outcomes.max(1) {
            return None;
        }
        let places: Vec<usize> = self.said_by(by);
        let tried = self.tried(&places);
        let best = (0..tried.len()).min_by(|a, b| tried[*a].1.total_cmp(&tried[*b].1)).unwrap_or(0);
        let penalty = tried.get(best).map_or(settings.method.untried, |(penalty, _)| *penalty);
        let said: Vec<Said> = places
            .iter()
            .filter_map(|place| Some(Said { row: self.ordered[*place], log_odds: self.folds.said(*place)?[best] }))
            .collect();
        let rows = examples.matured(&self.ordered, by, settings.grace, settings.method.most_rows);
        let (encoder, mut path) = fit(examples, &rows, &[penalty], settings, self.kept);
        let coefficients = path.pop()?;
        let _calibrating = tracing::debug_span!("calibrate", said = said.len()).entered();
        let calibration = Calibration::of(examples, &said, &settings.method);
        let card = Card { outcomes, rows: rows.len(), penalty, said: said.len(), tried };
        Some(Model { encoder, coefficients, calibration, card })
    }

    /// Places of the rows of the latest months that were spoken of and have matured since.
    fn said_by(&self, by: Day) -> Vec<usize> {
        let months = months_before(by);
        let counts = |place: &usize| {
            let row = self.ordered[*place];
            self.examples.end[row] + self.settings.grace < by
                && months.contains(&self.examples.day[row].month())
                && self.folds.said(*place).is_some()
        };
        (0..self.ordered.len()).filter(counts).collect()
    }

    /// Penalties and the mean log loss of what was said with them; nothing when nothing was said.
    fn tried(&self, places: &[usize]) -> Vec<(f64, f64)> {
        let penalties = &self.settings.method.penalties;
        if places.is_empty() {
            return Vec::new();
        }
        let mut sums = vec![0.0; penalties.len()];
        for place in places {
            let renewed = self.examples.renewed[self.ordered[*place]];
            for (sum, log_odds) in sums.iter_mut().zip(self.folds.said(*place).unwrap_or_default()) {
                *sum += loss(sigmoid(*log_odds), renewed);
            }
        }
        penalties.iter().zip(sums).map(|(penalty, sum)| (*penalty, sum / places.len() as f64)).collect()
    }
}

/// The months whose statements a model of a day may use.
fn months_before(day: Day) -> Vec<Month> {
    let last = day.month();
    (0..=MONTHS).map(|back| last.plus(-back)).collect()
}
