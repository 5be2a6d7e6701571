//! Why a probability is what it is: log-odds before calibration = base + one effect a feature.
//!
//! ```text
//! base = log-odds of the average training row, at the level of the latest months   effect of a feature = Σ of its columns, weight · value
//! ```
//!
//! Columns have mean 0, so an effect is the Shapley value of the feature in a linear model whose features are taken as
//! independent (Štrumbelj & Kononenko 2014, *Knowledge and Information Systems* 41:647-665, eq. 7; Lundberg & Lee 2017, cor. 1). What
//! belongs to a feature: its level, its bends, its being null, its interaction with the days left; a pair's column is halved between its two.

use super::encode::{About, Source};
use super::train::Model;

/// What has an effect besides the features, in the order in which it follows them.
pub const BESIDE: [&str; 4] = ["days_left", "segment", "plan", "size"];

/// The parts of a row's log-odds.
#[derive(Clone, Debug, PartialEq)]
pub struct Effects {
    pub base: f64,
    /// One a feature, then those [`BESIDE`]; 0 for a feature that the model leaves out.
    pub effects: Vec<f64>,
    /// base + effects, added in their order: the log-odds before calibration.
    pub total: f64,
}

impl Model {
    /// The parts of a row's log-odds.
    pub fn effects(&self, x: &[f64], about: &About<'_>) -> Effects {
        let features = self.encoder.spreads.len();
        let mut effects = vec![0.0; features + BESIDE.len()];
        let mut base = self.coefficients.intercept;
        let values = self.encoder.row(x, about);
        for ((column, value), weight) in self.encoder.columns.iter().zip(values).zip(&self.coefficients.weights) {
            let part = value * weight;
            let owner = match &column.source {
                Source::Level(f) | Source::Null(f) | Source::Bend(f, _) | Source::WithLead(f) => *f,
                Source::Pair(f, g) => {
                    effects[*f] += part / 2.0;
                    effects[*g] += part / 2.0;
                    continue;
                }
                Source::Latest => {
                    base += part;
                    continue;
                }
                Source::Lead | Source::LeadBend(_) => features,
                Source::Segment(_) => features + 1,
                Source::Plan(_) => features + 2,
                Source::Size(_) => features + 3,
            };
            effects[owner] += part;
        }
        Effects { base, total: effects.iter().fold(base, |sum, effect| sum + effect), effects }
    }
}
