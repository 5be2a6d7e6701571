//! The renewal model: a calibrated probability for a contract on a day, and what it is made of. Knows tables of numbers only; what
//! the columns mean and how they were seen is for `risk::features` and `risk::observe`.
//!
//! ```text
//! examples.rs   contracts whose outcome is known, seen on days before their end; which were matured by a day
//! encode.rs     a row ──► numbers of mean 0: clipped, nulls marked, bent, days left, segment, plan, size, interactions
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
mod folds;
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
    /// Features whose effect may bend: two more slopes, at the terciles.
    pub bent: Vec<usize>,
    /// Features whose effect may change with the days left.
    pub with_lead: Vec<usize>,
    /// Features that may act together.
    pub pairs: Vec<(usize, usize)>,
    /// The most observations that a model is fitted to.
    pub most_rows: usize,
    /// The same for the fits that choose the penalty and teach the calibration.
    pub most_rows_of_fold: usize,
    /// For speed alone.
    pub threads: usize,
}

impl ModelSettings {
    /// No bends, no interactions; 200,000 and 30,000 observations at most.
    pub fn new(grace: i32, min_outcomes: usize, seed: u64, threads: usize) -> ModelSettings {
        ModelSettings {
            grace,
            min_outcomes,
            seed,
            bent: Vec::new(),
            with_lead: Vec::new(),
            pairs: Vec::new(),
            most_rows: 200_000,
            most_rows_of_fold: 30_000,
            threads,
        }
    }
}
