//! How likely a membership is to be renewed. Grain: contract × as-of day.
//!
//! ```text
//! observe.rs    on which days a membership is looked at
//! features/     what is known of it on a day, as figures
//! baseline.rs   the segment's share of renewals at the same days left, drawn towards the share of all
//! drift.rs      how far what is scored lies from what the model learned from
//! learn.rs      from what is visible to a judged model
//! model/        learned from observations of contracts whose outcome is known: fit, calibration, effects, backtest
//! themes.rs     effects summed by their common cause: what people read as reasons
//! kept.rs       fits that an earlier night made
//! holdout.rs    which contracts are kept off the call list, to measure what calls do
//! value.rs      probability -> band, value at risk, what a call is expected to save
//! ```

pub mod baseline;
pub mod drift;
pub mod features;
pub mod holdout;
pub mod kept;
pub mod learn;
pub mod model;
pub mod observe;
pub mod themes;
pub mod value;

/// The name of the model: ridge logistic regression, the second of its kind (groups of columns weighed).
pub const MODEL: &str = "ridge-3";
