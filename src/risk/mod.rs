//! How likely a membership is to be renewed. Grain: contract × as-of day.
//!
//! ```text
//! baseline.rs   the segment's share of renewals at the same days left, drawn towards the share of all
//! model/        learned from observations of contracts whose outcome is known: fit, calibration, effects, backtest
//! holdout.rs    which contracts are kept off the call list, to measure what calls do
//! value.rs      probability -> band, value at risk, what a call is expected to save
//! ```

pub mod baseline;
pub mod holdout;
pub mod model;
pub mod value;
