//! Statistics that a mart needs, each with its method before its code. Pure functions of their arguments.

pub mod cholesky;
pub mod gini;
pub mod group_spread;
pub mod isotonic;
pub mod logit;
pub mod margins;
pub mod matrix;
pub mod median;
pub mod newcombe;
pub mod paired;
pub mod percentile;
pub mod platt;
pub mod ridge;
pub mod sbg;
pub mod scores;
pub mod stability;
pub mod wilson;

#[cfg(test)]
mod tests;
