//! shoppulse: a portal's raw files become, every night, the list of members to call and the figures to steer by.
//!
//! ```text
//! raw files ──► ingest ──► lake ──► rollup ──► marts ──► report ──► people
//!               open       days of   member×day  one table  page, sheet,
//!               parse      Parquet,            ▲ per file   chart, CSV
//!               check      catalog,            │
//!               dedupe     ledger            facts, risk: what was true on a day
//!                 │
//!                 └─► quarantine (reason, file, line, raw record)
//! ```
//!
//! | module | its one job |
//! |---|---|
//! | [`domain`] | the words as types: days, money, schemas, frames |
//! | [`config`] | `shoppulse.toml` and `pipelines/*.toml`, checked |
//! | [`stats`] | Wilson intervals, Gini, percentiles: method before code |
//! | [`lake`] | DuckLake catalog, Parquet files, ledgers, one commit a run |
//! | [`ingest`] | files become rows, or refused rows with a reason |
//! | [`rollup`] | activity per member and day |
//! | [`facts`] | what was true on a day: the as-of rule, terms, renewals |
//! | [`risk`] | the probability that a contract is renewed |
//! | [`marts`] | the tables people ask for, one file each |
//! | [`report`] | pages, sheets and charts |
//! | [`pipeline`] | a run from lock to delivery |
//! | [`sample`] | a made-up portal's files |
//! | [`cli`] | one file a command |
//!
//! Imports run one way, in this order (`sample` and `domain` need nobody); `tests/house.rs` holds it.

pub mod cli;
pub mod config;
pub mod domain;
pub mod facts;
pub mod ingest;
pub mod lake;
pub mod marts;
pub mod pipeline;
pub mod report;
pub mod risk;
pub mod rollup;
pub mod sample;
pub mod stats;
