//! Brute-force twins of the marts: a second reading of the contract, from a portal's rows, without the program's code.
//!
//! Plain loops over everything, exact cents, exact fractions; no index, no sort that a definition does not ask for.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod activity;
pub mod backtest;
pub mod features;
pub mod health;
pub mod market;
pub mod movement;
pub mod orphans;
pub mod renewal;
pub mod retention;
pub mod risk;
pub mod sheet;
pub mod terms;
pub mod value;
