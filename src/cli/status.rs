use std::collections::{BTreeMap, BTreeSet};

use super::exit::Failure;
use super::output::TableArgs;
use super::{Global, args, project};
use crate::domain::frame::Frame;
use crate::domain::schema::{SOURCES, Source};
use crate::domain::{Day, Micros, Str};
use crate::facts::Visible;
use crate::lake::Lake;
use crate::lake::ledger::RunRow;
use crate::marts::Marts;
use crate::marts::source_day::SourceDayRow;
use crate::pipeline::expect;
use crate::pipeline::verify::wider_folders;
use crate::rows;

const EXAMPLES: &str = "\
Examples:
  shoppulse status
  shoppulse status --format csv";

/// Show how fresh each source is, and what is late
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Judge as of this day [default: yesterday by the clock]
    #[arg(long, value_name = "DATE", value_parser = args::day)]
    as_of: Option<Day>,
    /// Take this time (RFC 3339) for the clock
    #[arg(long, value_name = "TIME", value_parser = args::time)]
    now: Option<Micros>,
    #[command(flatten)]
    table: TableArgs,
}

rows! {
    /// One source that has something in the lake.
    pub struct StatusRow = "status", "source", key(source) {
        /// the source
        source: Str,
        /// clock of the run that last loaded a file of it
        loaded_at: Option<Micros>,
        /// newest event on or before the day
        newest: Option<Micros>,
        /// its age at the end of the day (hours)
        age_h: Option<f64>,
        /// events of the day
        rows: Option<i64>,
        /// what the same weekday of the weeks before had (events)
        expected: Option<f64>,
        /// of event sources: ok, low, missing, closed or not covered
        status: Option<Str>,
        /// days missing or low in the last 7
        gaps_7d: Option<i64>,
        /// whether an expectation of some pipeline is not met
        late: bool,
    }
}

pub fn execute(args: &Args, global: &Global) -> Result<u8, Failure> {
    args.table.format()?;
    let config = project::load(global)?;
    let project = &config.project;
    let now = project::now(args.now, project);
    let Some(lake) = project::lake(project, global)? else { return Ok(0) };
    let as_of = args.as_of.unwrap_or_else(|| project.zone.day_of(now) - 1);
    if project.now.is_some() && args.now.is_none() {
        global.say("the clock is project.now of shoppulse.toml, not the system's");
    }
    for (folder, mode) in wider_folders(&project.storage) {
        let (folder, umask) = (folder.display(), project.storage.umask);
        global.say(format_args!("{folder} has mode {mode:o}, wider than storage.umask = {umask:03o} makes folders"));
    }
    let runs = lake.ledger().runs().map_err(anyhow::Error::from)?;
    if let Some(run) = runs.last() {
        let day = run.as_of.map_or_else(|| "no day".to_string(), |day| day.to_string());
        let started = project.zone.wall(run.started_at);
        global.say(format_args!(
            "last run: {} of {}, {} for {day}, started {started}",
            run.run_id, run.pipeline, run.status
        ));
    }
    let visible = Visible::at(&lake, project, as_of).map_err(anyhow::Error::from)?;
    let marts = Marts::of(&visible);
    let fresh = expect::freshness(&marts).map_err(anyhow::Error::from)?;
    let mut late = BTreeSet::new();
    for pipeline in config.pipelines.values() {
        for breach in expect::breaches(pipeline, &fresh) {
            let found = breach.found.map_or_else(|| "nothing".to_string(), |n| format!("{n:.2}"));
            let (rule, expected) = (breach.rule.word(), breach.expected);
            global.say(format_args!("late: {}: {found}, {} expects {rule} {expected}", breach.source, pipeline.name));
            late.insert(breach.source);
        }
    }
    let loaded = loaded_at(&lake, &runs)?;
    let days = marts.rows::<SourceDayRow>().map_err(anyhow::Error::from)?;
    let since = as_of.window_start(7);
    let row = |source: &Source| {
        let f = fresh.iter().find(|f| &*f.source == source.name);
        let day = f.and_then(|f| f.day.as_ref());
        let gap = |d: &&SourceDayRow| &*d.source == source.name && d.date >= since && d.is_gap();
        StatusRow {
            source: source.name.into(),
            loaded_at: loaded.get(source.name).copied(),
            newest: f.and_then(|f| f.newest),
            age_h: f.and_then(|f| f.age_h),
            rows: day.map(|d| d.rows),
            expected: day.and_then(|d| d.expected),
            status: source.is_events().then(|| day.map_or_else(|| "not covered".into(), |d| d.status.clone())),
            gaps_7d: f.map(|_| days.iter().filter(gap).count() as i64),
            late: late.contains(source.name),
        }
    };
    let known = |s: &&Source| loaded.contains_key(s.name) || late.contains(s.name);
    let rows: Vec<StatusRow> = SOURCES.iter().filter(known).map(row).collect();
    args.table.write(&Frame::of(&rows))?;
    Ok(0)
}

/// When each source last had a file loaded.
fn loaded_at(lake: &Lake, runs: &[RunRow]) -> Result<BTreeMap<Str, Micros>, Failure> {
    let clock: BTreeMap<i64, Micros> = runs.iter().map(|run| (run.run_id, run.started_at)).collect();
    let mut loaded = BTreeMap::new();
    for file in lake.ledger().files().map_err(anyhow::Error::from)? {
        if let Some(at) = clock.get(&file.run_id).filter(|_| &*file.status == "loaded") {
            // Files come by run: the last one stays.
            loaded.insert(file.source, *at);
        }
    }
    Ok(loaded)
}
