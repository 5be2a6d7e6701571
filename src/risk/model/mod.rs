//! The renewal model: a calibrated probability for a contract on a day, and what it is made of. Knows tables of numbers only; what
//! the columns mean and how they were seen is for `risk::features` and `risk::observe`.
//!
//! ```text
//! examples.rs   contracts whose outcome is known, seen on days before their end; which were matured by a day
//! encode.rs     a row ──► numbers of mean 0: clipped, nulls marked, bent, latest months, days left, segment, plan, size, interactions
//! fit.rs        some rows ──► the encoder and the coefficients; made once for the same numbers (`risk::kept`)
//! groups.rs     how strongly each group of columns is drawn to 0
//! folds.rs      month after month: fitted on what had matured before it, said of the contracts seen in it
//! train.rs      the penalty that said best; the fit; the calibration        ──► Model
//! calibrate.rs  log-odds ──► probability, learned from what was said of later months only
//! effects.rs    log-odds = base + one effect a feature
//! backtest.rs   the same at each of the cutoffs ──► scores, and whether the model or the baseline speaks
//! ```
//!
//! Everything is a function of its arguments alone: same bits in any order of rows and on any number of threads.
//! The method with its sources, figures and limits: `docs/method-renewal-risk.md`.

pub mod backtest;
mod calibrate;
mod effects;
mod encode;
mod examples;
mod fit;
mod folds;
mod groups;
mod train;

pub use calibrate::{Calibration, CalibrationKind};
pub use effects::{BESIDE, Effects};
pub use encode::{About, Encoder};
pub use examples::{Examples, Outcomes, Seen};
pub use train::{Card, Model, Trainer};

/// What is chosen beforehand. Columns are positions of features.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSettings {
    /// Days after the end within which a renewal counts (`renewal.grace_days`).
    pub grace: i32,
    /// How many lapsed, and how many renewed contracts training needs (`risk.min_outcomes`).
    pub min_outcomes: usize,
    /// Of the hash that picks contracts when there are too many (`risk.seed`).
    pub seed: u64,
    /// Features whose effect may bend: five more slopes, at quantiles.
    pub bent: Vec<usize>,
    /// Features whose effect may change with the days left.
    pub with_lead: Vec<usize>,
    /// Features that may act together.
    pub pairs: Vec<(usize, usize)>,
    /// A number for each feature, the same for those that have a common cause; features without one are of group 0.
    pub groups: Vec<usize>,
    /// What the backtest of `benches/risk_model.rs` settled; other values are for that bench.
    pub method: Method,
    /// For speed alone.
    pub threads: usize,
}

impl ModelSettings {
    /// No bends, no interactions.
    pub fn new(grace: i32, min_outcomes: usize, seed: u64, threads: usize) -> ModelSettings {
        ModelSettings {
            grace,
            min_outcomes,
            seed,
            bent: Vec::new(),
            with_lead: Vec::new(),
            pairs: Vec::new(),
            groups: Vec::new(),
            method: Method::default(),
            threads,
        }
    }
}

/// The numbers of the method.
#[derive(Clone, Debug, PartialEq)]
pub struct Method {
    /// λ that are tried, from the greatest on: on the sum of losses of standardised columns, so that a coefficient is believed to
    /// have a standard deviation of 1 / √λ, from 0.018 to 1. Where most portals' lie, they stand closely.
    pub penalties: Vec<f64>,
    /// λ while nobody has spoken out of time yet.
    pub untried: f64,
    /// λ of the first fit, by which groups of columns are weighed; `None`: all alike.
    pub first_penalty: Option<f64>,
    /// The most observations that a model is fitted to.
    pub most_rows: usize,
    /// The same for the fits that choose λ and teach the calibration.
    pub most_rows_of_fold: usize,
    /// Standard deviation that the slope of the calibration is believed to have around 1.
    pub slope_sd: f64,
    /// And its intercept around 0: the fit's own is right for the rows that it learned from, the latest ones too.
    pub intercept_sd: f64,
    /// Scale of the column by which the level of the latest months may differ: 1, as free as that of a feature.
    pub latest_scale: f64,
    /// Lapsed contracts from which on the calibration is isotonic.
    pub steps_from: usize,
}

impl Default for Method {
    fn default() -> Method {
        Method {
            penalties: vec![3_000.0, 1_700.0, 1_000.0, 550.0, 300.0, 170.0, 100.0, 55.0, 30.0, 10.0, 3.0, 1.0],
            untried: 300.0,
            first_penalty: Some(30.0),
            most_rows: 200_000,
            most_rows_of_fold: 30_000,
            slope_sd: 0.1,
            intercept_sd: 0.02,
            latest_scale: 1.0,
            steps_from: 1_000,
        }
    }
}
