//! What the whole-program tests share: a random small portal, its files, and calls of the program.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod days;
pub mod files;
pub mod portal;
pub mod project;
pub mod random;
