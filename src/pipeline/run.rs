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

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::config::{OnBreach, Pipeline, Project};
use crate::domain::schema::{SOURCES, Source};
use crate::domain::{Day, Micros};
use crate::facts::Visible;
use crate::ingest::load::{self, FileStatus, LoadError, Loaded, Progress, Request};
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

/// Text and rows that may wait in memory before a run writes them to its staging folder, bytes.
const MEMORY_BUDGET: usize = 200 << 20;

/// Runs a pipeline.
///
/// # Errors
/// [`RunError::Lock`] when another run holds the project; otherwise what failed, with the lake as it was.
pub fn run(
    project: &Project,
    pipeline: &Pipeline,
    request: &RunRequest,
    progress: &dyn Progress,
) -> Result<Outcome, RunError> {
    let _lock = lock::take(&project.storage.lake, request.wait)?;
    let mut lake = Lake::open_writer(&project.storage.lake, request.now)?;
    let known: Vec<i64> = lake.ledger().runs()?.iter().map(|run| run.run_id).collect();
    publish::mend(&project.storage.reports, |run| known.contains(&run))?;
    let run_id = lake.ledger().next_run_id()?;
    let mut run = Run { project, pipeline, request, progress, run_id, staging: None, steps: Vec::new() };
    lake.begin()?;
    let worked = run.work(&mut lake);
    let finished = match worked {
        Ok(done) if request.dry_run => {
            lake.rollback()?;
            run.discard();
            return Ok(run.outcome(&done, Vec::new()));
        }
        Ok(done) => run.commit(&mut lake, done),
        Err(e) => Err(e),
    };
    if finished.is_err() {
        lake.rollback()?;
        run.discard();
    }
    finished
}

/// A run on its way.
struct Run<'a> {
    project: &'a Project,
    pipeline: &'a Pipeline,
    request: &'a RunRequest,
    progress: &'a dyn Progress,
    run_id: i64,
    staging: Option<Staging>,
    /// Wall time of the steps so far.
    steps: Vec<(&'static str, Duration)>,
}

/// What a run did before its commit.
struct Done {
    loaded: Loaded,
    days: Vec<DayDone>,
    /// The mart that lacks its tables, if that is why nothing was computed.
    lacking: Option<MartError>,
}

/// What a run found of one business day.
struct DayDone {
    as_of: Day,
    freshness: Vec<Freshness>,
    breaches: Vec<Breach>,
    /// The last good reports stay.
    stopped: bool,
}

impl Run<'_> {
    /// Steps 3 to 6, in the running transaction.
    fn work(&mut self, lake: &mut Lake) -> Result<Done, RunError> {
        let loaded = self.take_in(lake)?;
        let mut done = Done { loaded, days: Vec::new(), lacking: None };
        for as_of in self.days() {
            match self.compute(lake, as_of, &done.loaded) {
                Ok(day) => done.days.push(day),
                Err(RunError::Mart(lacking @ MartError::NeverLoaded { .. })) => {
                    done.lacking = Some(lacking);
                    break;
                }
                Err(e) => return Err(e),
            }
        }
        Ok(done)
    }

    fn days(&self) -> Vec<Day> {
        match self.request.dates {
            Dates::Rule => vec![self.pipeline.as_of.day(self.request.now, &self.project.zone)],
            Dates::One(day) => vec![day],
            Dates::Span(first, last) => (first.0..=last.0).map(Day).collect(),
        }
    }

    fn take_in(&mut self, lake: &mut Lake) -> Result<Loaded, RunError> {
        let sources: Vec<&'static Source> = SOURCES.iter().filter(|s| self.pipeline.ingest.contains(&s.name)).collect();
        let root = &self.project.storage.lake;
        // What a run that died staged is of no use to this one.
        let staging = root.join("staging");
        let failed = |source| LakeError::Io { action: "make", path: staging.clone(), source };
        if staging.exists() {
            std::fs::remove_dir_all(&staging).map_err(failed)?;
        }
        std::fs::create_dir_all(&staging).map_err(failed)?;
        let request = Request {
            project: self.project,
            sources: &sources,
            run_id: self.run_id,
            now: self.request.now,
            threads: self.request.threads,
            staging: &staging,
            memory_budget: MEMORY_BUDGET,
            rehash: self.request.rehash,
            progress: self.progress,
        };
        let loaded = load::ingest(lake, &request)?;
        let t = &loaded.timings;
        self.steps.extend([
            ("discover", t.discover),
            ("read", t.read),
            ("dedupe", t.dedupe),
            ("conflict_scan", t.conflict_scan),
            ("write", t.write),
        ]);
        let rolled = rollup::refresh(lake, root, &loaded.touched, self.request.threads)?;
        self.steps.push(("roll_up", rolled.took));
        Ok(loaded)
    }

    /// Computes a day's marts, judges what arrived, and stages its reports.
    fn compute(&mut self, lake: &Lake, as_of: Day, loaded: &Loaded) -> Result<DayDone, RunError> {
        let started = Instant::now();
        let visible = Visible::at(lake, self.project, as_of)?;
        let marts = Marts::of(&visible);
        for name in &self.pipeline.marts {
            if let Some(mart) = MARTS.iter().find(|m| m.spec.name == name) {
                (mart.frame)(&marts)?;
            }
        }
        let freshness = expect::freshness(&marts)?;
        let breaches = expect::breaches(self.pipeline, &freshness);
        let stopped = breaches.iter().any(|b| b.on_breach == OnBreach::Stop);
        self.step("marts", started);
        let day = DayDone { as_of, freshness, breaches, stopped };
        Ok(day)
    }

    fn step(&mut self, name: &'static str, started: Instant) {
        let took = started.elapsed();
        match self.steps.iter_mut().find(|(step, _)| *step == name) {
            Some((_, sum)) => *sum += took,
            None => self.steps.push((name, took)),
        }
    }

    fn discard(&mut self) {
        if let Some(staging) = self.staging.take() {
            staging.discard();
        }
    }

    /// Steps 7 and 8.
    fn commit(&mut self, lake: &mut Lake, done: Done) -> Result<Outcome, RunError> {
        let exit_code = self.exit_code(&done);
        let run = RunRow {
            run_id: self.run_id,
            pipeline: self.pipeline.name.as_str().into(),
            started_at: self.request.now,
            status: status(&done, exit_code).into(),
            exit_code: i64::from(exit_code),
            as_of: done.days.last().map(|d| d.as_of),
            snapshot: lake.snapshot()?,
            summary: "{}".into(),
        };
        lake.ledger().add_run(&run)?;
        lake.commit(self.request.now, &format!("run {} of {}", self.run_id, self.pipeline.name))?;
        lake.publish_copy()?;
        Ok(self.outcome(&done, Vec::new()))
    }

    fn exit_code(&self, done: &Done) -> u8 {
        let refused =
            done.loaded.files.iter().any(|f| matches!(f.status, FileStatus::Refused | FileStatus::Unreadable));
        let broken = done.days.iter().flat_map(|d| &d.breaches).any(|b| b.on_breach != OnBreach::Warn);
        match (&done.lacking, refused || broken) {
            (Some(_), _) => 1,
            (None, true) => 3,
            (None, false) => 0,
        }
    }

    fn outcome(&self, done: &Done, reports: Vec<PathBuf>) -> Outcome {
        let mut lines = Vec::new();
        for f in &done.loaded.files {
            if f.recorded || f.message.is_some() {
                lines.push(format!(
                    "{} {} {}: {} read, {} loaded, {} duplicate, {} quarantined {}",
                    f.source,
                    f.path,
                    f.status.word(),
                    f.rows_read,
                    f.rows_loaded,
                    f.rows_duplicate,
                    f.rows_quarantined,
                    f.message.as_deref().unwrap_or("")
                ));
            }
        }
        if let Some(e) = &done.lacking {
            lines.push(e.to_string());
        }
        Outcome { exit_code: self.exit_code(done), lines, reports }
    }
}

fn status(done: &Done, exit_code: u8) -> &'static str {
    match exit_code {
        0 => "ok",
        _ if done.lacking.is_some() => "failed",
        _ if done.days.iter().any(|d| d.stopped) => "stopped",
        _ => "stamped",
    }
}
