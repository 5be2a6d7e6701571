//! Pages, sheets, charts and tables for people.
//!
//! ```text
//! marts ──► Scope ──► sections/*.rs ──► Document ──► mask ──► export/*.rs ──► files
//!           one report, one part,       typed tables,         html, svg, xlsx,
//!           one audience                sentences, charts     csv, json
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `renewal_risk.rs`, `strategy_review.rs`, `run_summary.rs`, `member_story.rs` | which sections a report has, in order |
//! | [`sections`] | one section a file |
//! | [`banner`] | warnings above everything else |
//! | [`summary`] | what a run did, for the operator |
//! | [`document`], [`charts`], [`mask`] | the model, the drawings, who may see what |
//! | `units` | in which unit a column of money reads best |
//! | [`reasons`] | why a contract is at risk, in words |
//! | [`lang`], [`mod@format`] | all text for people, all numbers as people write them |

pub mod banner;
mod calls;
pub mod charts;
pub mod document;
pub mod export;
pub mod format;
pub mod lang;
mod lowest;
pub mod mask;
pub mod member_story;
pub mod reasons;
mod render;
mod renewal_risk;
mod run_summary;
mod scope;
pub mod sections;
mod strategy_review;
pub mod summary;
mod units;

#[cfg(test)]
mod tests;

pub use banner::Banner;
pub use render::{Rendered, ReportContext, audience_word, render};

use crate::lake::LakeError;
use crate::marts::MartError;

/// Why a report or table cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("there is no report `{0}`; expected one of renewal_risk, strategy_review, run_summary")]
    Unknown(String),
    #[error("{report} cannot be split by `{column}`; {expected}")]
    Split { report: &'static str, column: String, expected: String },
    #[error("{0} tells what a run did, and is made by `shoppulse run` only")]
    NoRun(&'static str),
    #[error("{0} tells of one company, and is made by `shoppulse explain` only")]
    NoStory(&'static str),
    #[error(transparent)]
    Mart(#[from] MartError),
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error("page template: {0:#}")]
    Template(#[from] minijinja::Error),
    #[error("workbook: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    #[error("chart: {0}")]
    Chart(String),
    #[error("json: {0}")]
    Json(#[from] serde_json::Error),
    #[error("csv: {0}")]
    Csv(#[from] ::csv::Error),
    #[error("parquet: {0}")]
    Parquet(String),
    #[error("writing: {0}")]
    Io(#[from] std::io::Error),
}
