//! The project that a command works on, its clock, its lake.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;

use super::Global;
use super::exit::Failure;
use crate::config::{self, Config, Pipeline, Project, hint, listed};
use crate::domain::Micros;
use crate::lake::Lake;

pub fn load(global: &Global) -> Result<Config, Failure> {
    Ok(config::load(&global.project)?)
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
    let lake = Lake::open_reader(&project.storage.lake).context("opening the lake")?;
    if lake.is_none() {
        global.say(format_args!(
            "nothing was ever loaded into {}; run a pipeline first, as `shoppulse run nightly`",
            project.storage.lake.display()
        ));
    }
    Ok(lake)
}
