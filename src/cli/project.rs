//! The project that a command works on, its clock, its lake.

use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{Mode, RawMode};
use rustix::process::umask;

use super::Global;
use super::exit::Failure;
use crate::config::{self, Config, Pipeline, Project, hint, listed};
use crate::domain::{Day, Micros};
use crate::lake::ledger::RunRow;
use crate::lake::{Lake, LakeError};

/// Reads the project's settings. From here on, whatever the process makes has the rights that `storage.umask` leaves,
/// from its first moment: data, catalog, journals, staged rows, reports, copies.
pub fn load(global: &Global) -> Result<Config, Failure> {
    let config = config::load(&global.project)?;
    let mask = RawMode::try_from(config.project.storage.umask).map_err(anyhow::Error::from)?;
    umask(Mode::from_raw_mode(mask));
    Ok(config)
}

/// The pipeline of a name.
///
/// # Errors
/// Wrong usage, with the names there are.
pub fn pipeline<'c>(config: &'c Config, name: &str) -> Result<&'c Pipeline, Failure> {
    config.pipelines.get(name).ok_or_else(|| {
        let names = || config.pipelines.keys().map(String::as_str);
        Failure::Usage(match config.pipelines.len() {
            0 => format!("no pipeline `{name}`: this project has none; write one as pipelines/{name}.toml"),
            _ => format!("no pipeline `{name}`; expected {}{}", listed(names()), hint(name, names())),
        })
    })
}

/// `--now`, else `project.now`, else the system's clock: the only place that reads it.
pub fn now(argument: Option<Micros>, project: &Project) -> Micros {
    argument.or(project.now).unwrap_or_else(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    })
}

/// The lake as people read it; `None`, said on stderr, when nothing was ever loaded.
pub fn lake(project: &Project, global: &Global) -> Result<Option<Lake>, Failure> {
    lake_at(project, None, global)
}

/// The lake as it was known at a time.
///
/// # Errors
/// Wrong usage for a time whose state cannot be had, with those that can.
pub fn lake_at(project: &Project, known_at: Option<Micros>, global: &Global) -> Result<Option<Lake>, Failure> {
    let root = &project.storage.lake;
    let lake = match known_at {
        None => Lake::open_reader(root),
        Some(at) => Lake::open_reader_at(root, at),
    };
    let lake = lake.map_err(|e| match e {
        LakeError::NotKnown { .. } => Failure::Usage(e.to_string()),
        other => Failure::Failed(anyhow::Error::from(other).context("opening the lake")),
    })?;
    if lake.is_none() {
        let lake = root.display();
        global
            .say(format_args!("nothing was ever loaded into {lake}; run a pipeline first, as `shoppulse run nightly`"));
    }
    Ok(lake)
}

/// The day that was asked for, else that of the last run that published.
///
/// # Errors
/// Wrong usage when there was no such run.
pub fn as_of(lake: &Lake, asked: Option<Day>) -> Result<Day, Failure> {
    if let Some(day) = asked {
        return Ok(day);
    }
    let runs = lake.ledger().runs().map_err(anyhow::Error::from)?;
    last_successful(&runs).ok_or_else(|| Failure::Usage("no run was successful yet; add `--as-of DATE`".into()))
}

/// The day of the last run that published.
fn last_successful(runs: &[RunRow]) -> Option<Day> {
    let done = |run: &&RunRow| matches!(&*run.status, "ok" | "stamped" | "delivery_failed") && run.as_of.is_some();
    runs.iter().rev().find(done).and_then(|run| run.as_of)
}
