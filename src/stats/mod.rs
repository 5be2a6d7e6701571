//! Statistics that a mart needs, each with its method before its code. Pure functions of their arguments.

pub mod gini;
pub mod logit;
pub mod median;
pub mod percentile;
pub mod wilson;
