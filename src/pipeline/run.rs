//! The order of a run's steps, and its exit code.
//!
//! ```text
//! 1 lock      one run a project                          lock.rs
//! 2 mend      what a run that died left                  lake, publish.rs
//! 3 take in   files -> rows, quarantine, ledger          ingest/
//! 4 roll up   touched days                               rollup/
//! 5 judge     expectations, banners                      expect.rs
//! 6 report    marts -> staged files                      marts/, report/
//! 7 commit    everything above, or nothing
//! 8 publish   staged files to their places, deliveries   publish.rs
//! ```
//!
//! Exit codes: 0 done; 3 done, but a data contract was broken past its limit; 4 done, but a delivery failed.
//! An error before step 7 leaves the lake as it was. One exception, because an operator needs it: when only a
//! mart lacks its tables, what was taken in (and refused, with its reasons) is kept, and the run fails.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::config::{OnBreach, Pipeline, Project};
use crate::domain::schema::{SOURCES, Source};
use crate::domain::{Day, Micros};
use crate::facts::Visible;
use crate::ingest::load::{self, LoadError, Loaded, Progress};
use crate::lake::ledger::RunRow;
use crate::lake::{Lake, LakeError};
use crate::marts::{MARTS, MartError, Marts};
use crate::rollup;

use super::expect::{self, Breach, Freshness};
use super::lock::{self, LockError};
use super::publish::{self, PublishError, Staging};

/// What a run is asked for.
#[derive(Clone, Debug)]
pub struct RunRequest {
    pub dates: Dates,
    /// Everything but the commit: nothing is changed.
    pub dry_run: bool,
    pub now: Micros,
    /// How long to wait for another run.
    pub wait: Duration,
    /// Read files again that look unchanged.
    pub rehash: bool,
    pub threads: usize,
}

/// Which business days are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dates {
    /// The pipeline's own rule.
    Rule,
    One(Day),
    /// Each day from the first to the last, both in.
    Span(Day, Day),
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub exit_code: u8,
    /// The run summary, in lines for a person.
    pub lines: Vec<String>,
    /// Report files that were published.
    pub reports: Vec<PathBuf>,
}

/// Why a run failed; the old state stands.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Mart(#[from] MartError),
    #[error(transparent)]
    Publish(#[from] PublishError),
}
