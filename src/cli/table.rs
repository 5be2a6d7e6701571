use std::mem::ManuallyDrop;

use anyhow::anyhow;

use super::args::TimeOrDay;
use super::exit::Failure;
use super::output::TableArgs;
use super::{Global, args, project};
use crate::config::names::{LATER_MARTS, MARTS};
use crate::config::{hint, listed};
use crate::domain::Day;
use crate::facts::Visible;
use crate::marts::{self, Marts};

const EXAMPLES: &str = "\
Examples:
  shoppulse table renewals
  shoppulse table renewal_risk --as-of 2026-10-31 --format csv > risk.csv
  shoppulse table renewal_risk --as-of 2026-10-31 --known-at 2026-11-01    as it was published that night
  shoppulse table market_share -o market_share.parquet";

/// Print a mart
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Name of the mart
    name: String,
    /// Compute it as of this day [default: that of the last successful run]
    #[arg(long, value_name = "DATE", value_parser = args::day)]
    as_of: Option<Day>,
    /// Use only what had been committed by this time (RFC 3339, or a date to its end) [default: now]
    #[arg(long, value_name = "TIME", value_parser = args::time_or_day)]
    known_at: Option<TimeOrDay>,
    #[command(flatten)]
    table: TableArgs,
}

/// Marts that say the same whatever the day.
const ACCOUNTS: &[&str] = &["ingest_files", "quarantine"];

pub fn execute(args: &Args, global: &Global) -> Result<u8, Failure> {
    known(&args.name)?;
    args.table.format()?;
    let config = project::load(global)?;
    let known_at = args.known_at.map(|at| at.end(&config.project.zone));
    let Some(lake) = project::lake_at(&config.project, known_at, global)? else {
        return Err(Failure::Failed(anyhow!("{} cannot be computed: the lake is empty", args.name)));
    };
    // Accounts of runs are the same on every day, and wanted most after a run that failed.
    let as_of = match project::as_of(&lake, args.as_of) {
        Err(_) if ACCOUNTS.contains(&args.name.as_str()) => Day(0),
        as_of => as_of?,
    };
    // The process ends with this table: to take millions of texts apart one by one would only cost time.
    let visible = ManuallyDrop::new(Visible::at(&lake, &config.project, as_of).map_err(anyhow::Error::from)?);
    let mart = marts::by_name(&args.name).ok_or_else(|| Failure::Usage(format!("no mart `{}`", args.name)))?;
    let frame = (mart.frame)(&Marts::of(&visible)).map_err(anyhow::Error::from)?;
    args.table.write(&frame)?;
    Ok(0)
}

fn known(name: &str) -> Result<(), Failure> {
    if MARTS.contains(&name) {
        return Ok(());
    }
    let names = || MARTS.iter().copied();
    Err(Failure::Usage(if LATER_MARTS.contains(&name) {
        format!("the mart `{name}` is not supported yet; expected {}", listed(names()))
    } else {
        format!("no mart `{name}`; expected {}{}", listed(names()), hint(name, names()))
    }))
}
