//! The project's settings: `shoppulse.toml` and `pipelines/*.toml`, read into checked structs.
//!
//! ```text
//! load.rs      the folder -> Config, or every problem of every file
//! read.rs      a TOML file -> values with their place; unknown keys refused with the nearest known one
//! problem.rs   what is wrong, and where
//! project.rs   shoppulse.toml -> Project; sources.rs and sources/ its [sources.*]
//! privacy.rs   its [privacy], and the key of visitor ids
//! pipeline.rs  pipelines/*.toml -> Pipeline; report.rs its [[report]]; names.rs the names they may use
//! retention.rs [retention] of both
//! schedule.rs  cron expressions: checked, their next times, as systemd calendars
//! as_of.rs     which day a pipeline computes
//! starter.rs   what `init` writes
//! ```
//!
//! Every problem of every file is reported at once, each with file, line, what was found and what was expected.

mod as_of;
mod deliver;
mod load;
pub mod names;
mod pipeline;
pub mod privacy;
mod problem;
mod project;
mod read;
mod report;
mod retention;
pub mod schedule;
mod sources;
pub mod starter;

pub use load::load;
pub use privacy::{Privacy, VisitorIds};
pub use problem::{ConfigErrors, Problem, hint, listed, nearest};

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::{Day, Micros, TimeFormat, Zone};

/// All that a project's files say.
#[derive(Clone, Debug)]
pub struct Config {
    pub project: Project,
    /// By name.
    pub pipelines: BTreeMap<String, Pipeline>,
}

/// A portal's project: a folder with `shoppulse.toml`.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder of `shoppulse.toml`, absolute.
    pub root: PathBuf,
    pub zone: Zone,
    pub language: Language,
    /// ISO 4217 code, e.g. `CNY`.
    pub currency: String,
    /// `project.now`: stands for the clock (samples only).
    pub now: Option<Micros>,
    pub holidays: BTreeSet<Day>,
    pub storage: Storage,
    /// `renewal.grace_days`.
    pub grace_days: i32,
    pub risk: RiskSettings,
    /// `value.window_days`.
    pub value_window_days: i32,
    pub privacy: Privacy,
    /// `report.max_rows`: rows of an HTML table.
    pub report_max_rows: usize,
    /// Settings of the sources that differ from the default; all fifteen are in the map.
    pub sources: BTreeMap<&'static str, SourceConfig>,
    pub retention: Retention,
    /// `[playbook]`: feature -> action code, where it differs from the usual one; names are of [`names::FEATURES`].
    pub playbook: BTreeMap<String, String>,
    /// SHA-256 of the text of all configuration files, for the run's stamp.
    pub fingerprint: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    En,
    ZhHans,
    ZhHant,
}

/// Folders, absolute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    pub incoming: PathBuf,
    pub lake: PathBuf,
    pub reports: PathBuf,
    /// Rights that new files and folders do not get: 0o077.
    pub umask: u32,
    /// Seconds for which a file must lie unchanged before it is read; 2.
    pub settle_seconds: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RiskSettings {
    /// 90
    pub horizon_days: i32,
    /// 0.5, log-odds that a call adds
    pub call_effect: f64,
    /// 1
    pub seed: u64,
    /// 0.0 .. below 1
    pub holdout: f64,
    /// `risk.bands.high` 0.5: below it the band is `high`
    pub high_below: f64,
    /// `risk.bands.medium` 0.8: below it `medium`, else `low`
    pub medium_below: f64,
    /// 50
    pub min_outcomes: i64,
    /// 12: calls on a person's list of a day, at least 1
    pub calls_per_rep_day: usize,
}

/// How long something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    Days(i32),
    Forever,
}

/// What is kept how long. Snapshots are never kept shorter than reports: they are what reports were made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// `retention.snapshots_days`: 400, or more where a pipeline keeps its reports longer.
    pub snapshots: Keep,
    /// `retention.reports_days`: 400, where a pipeline says nothing else.
    pub reports: Keep,
}

/// How one source is found and read.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceConfig {
    /// A glob relative to the project, instead of `incoming/SOURCE…`.
    pub path: Option<String>,
    /// Else by name and content.
    pub format: Option<Format>,
    /// Else UTF-8.
    pub encoding: Option<TextEncoding>,
    /// Else `,`, or a tab for TSV.
    pub delimiter: Option<u8>,
    /// Contract name -> the file's name.
    pub columns: BTreeMap<String, String>,
    /// Texts that mean null, besides the empty one.
    pub null_values: Vec<String>,
    /// Contract name -> what stands in every row; a good value of its kind.
    pub constants: BTreeMap<String, String>,
    /// Contract name -> the file's word -> ours, a good value of its kind.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// How `ts` is written.
    pub ts_format: TimeFormat,
    /// Events without ids: the columns that tell two of them apart, in contract order; else empty.
    pub event_id: Vec<&'static str>,
    /// Tables only.
    pub mode: Mode,
    /// 0.05: the share of its rows that a table may lose by one file, in mode `full`.
    pub max_shrink: f64,
    /// 0.05
    pub max_bad_ratio: f64,
}

/// An encoding of text, by one of the names that the WHATWG Encoding Standard has for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEncoding {
    /// Lower case.
    pub label: String,
    pub encoding: &'static encoding_rs::Encoding,
}

/// What a file of a table says of the keys that it lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nothing: they stay.
    #[default]
    Upsert,
    /// They are gone: the file is the whole table.
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Tsv,
    JsonLines,
    Parquet,
    /// Tables only.
    Xlsx,
}

/// A pipeline: `pipelines/NAME.toml`.
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub name: String,
    /// Cron expression, project time zone; `None` = only by hand.
    pub schedule: Option<String>,
    pub as_of: AsOfRule,
    /// `catch_up = "all"`: missed days are published too, not the latest alone.
    pub catch_up_all: bool,
    /// Sources to take in; empty = use the lake as it is.
    pub ingest: Vec<&'static str>,
    /// Marts to compute beyond those that reports need, each exported nowhere but checked; `*` in the file is all of
    /// [`names::MARTS`] here.
    pub marts: Vec<String>,
    pub expect: BTreeMap<&'static str, Expectation>,
    pub reports: Vec<ReportConfig>,
    pub deliver: Vec<DeliverConfig>,
    /// How long its reports are kept; those of month ends are kept for ever.
    pub keep_reports: Keep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOfRule {
    Yesterday,
    LastSunday,
    LastMonthEnd,
    LastQuarterEnd,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Age of the newest event at the end of the as-of day, hours.
    pub max_age_h: Option<f64>,
    /// Rows of the as-of day against `source_day.expected`.
    pub min_ratio: Option<f64>,
    pub on_breach: OnBreach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBreach {
    Warn,
    Stamp,
    Stop,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportConfig {
    /// `renewal_risk`, `strategy_review`, `run_summary`.
    pub name: String,
    pub audience: Audience,
    pub formats: Vec<ReportFormat>,
    /// One more file per value of this column.
    pub split_by: Option<String>,
    /// Below `storage.reports`; `{report}`, `{as_of}`, `{split}`, `{ext}`.
    pub path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Ops,
    AfterSales,
    Sales,
    Management,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportFormat {
    Html,
    Xlsx,
    Csv,
    Json,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverConfig {
    pub report: String,
    /// Only the files of these formats; `None` = all that are published of the report.
    pub formats: Option<Vec<ReportFormat>>,
    pub to: DeliverTo,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliverTo {
    /// Copied to a folder; an absolute path.
    Folder(PathBuf),
    /// Handed to a program with its arguments, in which `{path}`, `{report}` and `{as_of}` stand for a file's own.
    Command { arguments: Vec<String>, timeout: Duration },
}
