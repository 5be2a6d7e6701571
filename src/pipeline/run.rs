//! The order of a run's steps, and its exit code.
//!
//! ```text
//! 1 lock      one run a project                          lock.rs
//! 2 mend      what a run that died left                  lake, publish.rs
//! 3 take in   files -> rows, quarantine, ledger          ingest/
//! 4 roll up   touched days                               rollup/
//! 5 judge     expectations, banners                      expect.rs
//! 6 report    marts -> staged files                      marts/, report/
//!             what the run did, for people               summarize.rs
//! 7 commit    everything above, or nothing               settle.rs
//! 8 publish   staged files to their places, deliveries   settle.rs, publish.rs, deliver.rs
//! ```
//!
//! Exit codes: 0 done; 3 done, but a data contract was broken past its limit; 4 done, but a delivery failed.
//! An error before step 7 leaves the lake as it was. One exception, because an operator needs it: when only a
//! mart lacks its tables, what was taken in (and refused, with its reasons) is kept, and the run fails.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::config::{OnBreach, Pipeline, Project};
use crate::domain::schema::{SOURCES, Source};
use crate::domain::{Day, Micros};
use crate::facts::Visible;
use crate::ingest::discover;
use crate::ingest::load::{self, LoadError, Loaded, Progress, Request};
use crate::ingest::merge_days;
use crate::ingest::personal::{Personal, PersonalError};
use crate::lake::ledger::Publication;
use crate::lake::{Lake, LakeError};
use crate::marts::renewal_risk::RenewalRiskRow;
use crate::marts::{self, MartError, Marts};
use crate::report::lang::Words;
use crate::report::summary::RunSummary;
use crate::report::{self, ReportContext, ReportError};
use crate::risk::kept::{Counts, Kept};
use crate::rollup;

pub use super::dates::Dates;
use super::expect::{self, Breach, Freshness};
use super::lock::{self, LockError};
use super::publish::{self, PublishError, Staging};
use super::summarize;

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

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub exit_code: u8,
    /// The run summary, in lines for a person.
    pub lines: Vec<String>,
    /// Report files that were published.
    pub reports: Vec<PathBuf>,
    /// Fits of the renewal model that an earlier run had made, and those that were made.
    pub fits: Counts,
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
    Personal(#[from] PersonalError),
    #[error(transparent)]
    Mart(#[from] MartError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// At the very end of the commit.
    #[error("the next start sees whether this run counts, and goes on from there: {0}")]
    Undecided(LakeError),
    /// After the commit.
    #[error("what was taken in is kept, but tables and reports show the state before; the next start mends that: {0}")]
    Unshown(Box<RunError>),
}

/// The report that tells what the run did.
const RUN_SUMMARY: &str = "run_summary";

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
    let known = lake.ledger().run_ids()?;
    publish::mend(&project.storage.reports, |run| known.contains(&run))?;
    let run_id = lake.ledger().next_run_id()?;
    let staging = Staging::new(&project.storage.reports, run_id)?;
    let mut run = Run { project, pipeline, request, progress, run_id, staging, staged: Vec::new(), settled: false };
    lake.begin()?;
    let finished = run.work(&mut lake).and_then(|done| run.settle(&mut lake, done));
    if let (Err(e), false) = (&finished, run.settled) {
        lake.rollback()?;
        // A run that the ledger names counts as one whose staged reports are to be moved.
        if run.staging.discard() {
            run.record_failure(&mut lake, e);
        }
    }
    finished
}

/// A run on its way.
pub(super) struct Run<'a> {
    pub project: &'a Project,
    pub pipeline: &'a Pipeline,
    pub request: &'a RunRequest,
    pub(super) progress: &'a dyn Progress,
    pub run_id: i64,
    pub staging: Staging,
    pub staged: Vec<Staged>,
    /// The transaction has come to its end; what is left to do, the next start does.
    pub settled: bool,
}

/// A file of a report that waits for the commit.
pub(super) struct Staged {
    pub report: String,
    pub as_of: Day,
    /// Below the reports folder.
    pub path: PathBuf,
    /// A page about the whole: what a person opens first.
    pub is_page: bool,
}

/// What a run did before its commit.
#[derive(Default)]
pub(super) struct Done {
    pub loaded: Loaded,
    pub days: Vec<DayDone>,
    /// The mart that lacks its tables, if that is why nothing was computed.
    pub lacking: Option<MartError>,
    /// Wall time of the steps so far.
    pub steps: Vec<(&'static str, Duration)>,
    pub summary: RunSummary,
    /// Fits of the renewal model, shared by the days.
    pub kept: Rc<Kept>,
}

/// What a run found of one business day.
pub(super) struct DayDone {
    pub as_of: Day,
    pub freshness: Vec<Freshness>,
    pub breaches: Vec<Breach>,
}

impl DayDone {
    /// The last good reports stay.
    pub fn is_stopped(&self) -> bool {
        self.breaches.iter().any(|b| b.on_breach == OnBreach::Stop)
    }
}

impl Run<'_> {
    /// Steps 3 to 6, in the running transaction.
    fn work(&mut self, lake: &mut Lake) -> Result<Done, RunError> {
        let mut done = Done::default();
        self.take_in(lake, &mut done)?;
        let days = self.days(lake)?;
        done.kept = Rc::new(Kept::read(lake));
        for as_of in &days {
            done.kept.next_day();
            let visible = Visible::at(lake, self.project, *as_of)?;
            let marts = Marts::of(&visible).sharing(done.kept.clone());
            match self.compute(&marts, &mut done) {
                Err(RunError::Mart(lacking) | RunError::Report(ReportError::Mart(lacking)))
                    if matches!(lacking, MartError::NeverLoaded { .. }) =>
                {
                    // Only the account of the run is published.
                    self.staging.clear()?;
                    self.staged.clear();
                    done.lacking = Some(lacking);
                }
                other => other?,
            }
            if done.lacking.is_some() || Some(as_of) == days.last() {
                self.summarize(&marts, &mut done, lake.snapshot()?)?;
                break;
            }
        }
        Ok(done)
    }

    fn take_in(&mut self, lake: &mut Lake, done: &mut Done) -> Result<(), RunError> {
        let sources: Vec<&'static Source> = SOURCES.iter().filter(|s| self.pipeline.ingest.contains(&s.name)).collect();
        let personal = self.personal(lake, &sources)?;
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
            memory_budget: load::MEMORY_BUDGET,
            personal: &personal,
            rehash: self.request.rehash,
            progress: self.progress,
        };
        for name in discover::strays(self.project) {
            self.progress.line(&discover::stray_line(&name));
        }
        done.loaded = load::ingest(lake, &request)?;
        let started = Instant::now();
        merge_days::merge(lake, root, &done.loaded.touched, self.request.threads)?;
        done.loaded.timings.write += started.elapsed();
        let rolled = rollup::refresh(lake, root, &done.loaded.touched, &done.loaded.counted, self.request.threads)?;
        std::fs::remove_dir_all(&staging).map_err(failed)?;
        let t = done.loaded.timings;
        done.steps.extend([
            ("discover", t.discover),
            ("settle", t.settle),
            ("read", t.read),
            ("dedupe", t.dedupe),
            ("conflict_scan", t.conflict_scan),
            ("write", t.write),
            ("roll_up", rolled.took),
        ]);
        Ok(())
    }

    /// What becomes of ids of visitors; makes their key before the first load.
    fn personal(&self, lake: &Lake, sources: &[&Source]) -> Result<Personal, RunError> {
        if !sources.iter().any(|s| s.is_events()) {
            return Ok(Personal::of_tables(&lake.ledger())?);
        }
        let privacy = &self.project.privacy;
        let (personal, made) = Personal::open(privacy, &lake.ledger(), !self.request.dry_run)?;
        if made {
            self.progress.line(&format!(
                "made the key of visitor ids, {}: back it up apart from the lake, which cannot be loaded further without it",
                privacy.key_file.display()
            ));
        }
        Ok(personal)
    }

    /// Computes a day's marts, judges what arrived, and stages its reports.
    fn compute(&mut self, marts: &Marts<'_>, done: &mut Done) -> Result<(), RunError> {
        let started = Instant::now();
        let freshness = expect::freshness(marts)?;
        let breaches = expect::breaches(self.pipeline, &freshness);
        done.days.push(DayDone { as_of: marts.visible.day, freshness, breaches });
        for mart in self.pipeline.marts.iter().filter_map(|name| marts::by_name(name)).filter(|mart| !mart.stored) {
            (mart.frame)(marts)?;
        }
        done.step("marts", started);
        if done.days.last().is_some_and(DayDone::is_stopped) {
            return Ok(());
        }
        let started = Instant::now();
        let banners = summarize::banners(done);
        let context = ReportContext { now: self.request.now, banners: &banners, summary: None };
        self.stage(marts, &context, |report| report != RUN_SUMMARY)?;
        done.step("reports", started);
        self.remember(marts.visible)?;
        self.keep_published(marts)
    }

    /// Which reports of a day are published from this state of the lake: within a run too, so that the next review is held
    /// against it.
    fn remember(&self, visible: &Visible<'_>) -> Result<(), RunError> {
        let lake = visible.lake();
        for report in self.pipeline.reports.iter().filter(|report| report.name != RUN_SUMMARY) {
            lake.ledger().add_publication(&Publication {
                report: report.name.as_str().into(),
                as_of: visible.day,
                run_id: self.run_id,
                at: self.request.now,
                snapshot: lake.snapshot()?,
                configuration: self.project.fingerprint.as_str().into(),
            })?;
        }
        Ok(())
    }

    /// Says what the run did, and stages it as a report.
    fn summarize(&mut self, marts: &Marts<'_>, done: &mut Done, snapshot: i64) -> Result<(), RunError> {
        let mut summary = self.signed(
            summarize::summary(done, marts, self.words())?,
            summarize::status(done),
            summarize::exit_code(done),
        );
        summary.snapshot = Some(snapshot);
        if self.staged.iter().any(|s| s.report == "renewal_risk") {
            let risks = marts.rows::<RenewalRiskRow>()?;
            summary.held_out = Some(risks.iter().filter(|r| r.holdout).count() as i64);
        }
        summary.reports = self.staged_paths(|_| true);
        summary.pages = self.staged_paths(|s| s.is_page);
        let banners = summarize::banners(done);
        let context = ReportContext { now: self.request.now, banners: &banners, summary: Some(&summary) };
        self.stage(marts, &context, |r| r == RUN_SUMMARY)?;
        summary.reports = self.staged_paths(|_| true);
        summary.pages = self.staged_paths(|s| s.is_page);
        done.summary = summary;
        Ok(())
    }

    /// A summary with who ran, when, and how it ended.
    pub fn signed(&self, summary: RunSummary, status: &str, exit_code: u8) -> RunSummary {
        RunSummary {
            run_id: self.run_id,
            pipeline: self.pipeline.name.clone(),
            started_at: self.project.zone.wall(self.request.now),
            time_zone: self.project.zone.name().to_string(),
            status: status.to_string(),
            exit_code,
            ..summary
        }
    }

    fn staged_paths(&self, wanted: impl Fn(&Staged) -> bool) -> Vec<String> {
        self.staged.iter().filter(|s| wanted(s)).map(|s| s.path.display().to_string()).collect()
    }

    /// Renders the pipeline's reports of some names to the staging folder.
    fn stage(
        &mut self,
        marts: &Marts<'_>,
        context: &ReportContext<'_>,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), RunError> {
        for config in self.pipeline.reports.iter().filter(|config| wanted(&config.name)) {
            for made in report::render(config, marts, context)? {
                let (split, file) = (made.split.as_deref(), &made.file);
                let day = marts.visible.day;
                let place = publish::place(&config.path, &config.name, day, split, file.part, file.extension);
                self.staged.push(Staged {
                    report: config.name.clone(),
                    as_of: day,
                    path: place.path.clone(),
                    is_page: split.is_none() && file.extension == "html",
                });
                self.staging.add(place, &file.bytes)?;
            }
            self.progress.line(&format!("{}: made for {}", config.name, marts.visible.day));
        }
        Ok(())
    }

    pub fn words(&self) -> &'static Words {
        Words::of(self.project.language)
    }
}

impl Done {
    fn step(&mut self, name: &'static str, started: Instant) {
        let took = started.elapsed();
        match self.steps.iter_mut().find(|(step, _)| *step == name) {
            Some((_, sum)) => *sum += took,
            None => self.steps.push((name, took)),
        }
    }
}
