use std::time::Duration;

use super::exit::Failure;
use super::output::TableArgs;
use super::{Global, args, output, project};
use crate::config::{hint, listed};
use crate::domain::printable::printable;
use crate::domain::schema::SOURCES;
use crate::domain::{Micros, Reason};
use crate::lake::ledger::{QuarantineFilter, QuarantineRow};
use crate::pipeline::retry::{self, RetryRequest};

const EXAMPLES: &str = "\
Examples:
  shoppulse quarantine list
  shoppulse quarantine list --source contracts --reason bad_date
  shoppulse quarantine list --run 12 --format csv > refused.csv
  shoppulse quarantine retry --source shop_clicks";

/// Show refused rows: file, line, column, reason and the raw record; have refused files read again
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Action>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List refused rows
    #[command(after_help = EXAMPLES)]
    List(ListArgs),
    /// Have the next run read refused files again, after a setting was changed
    ///
    /// Only marks them, and prints them: nothing is loaded before the next run. Files that are no longer below incoming/
    /// are read when their bytes come again, under any name.
    #[command(after_help = EXAMPLES)]
    Retry(RetryArgs),
}

#[derive(Debug, clap::Args)]
struct RetryArgs {
    /// Only files of this source
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// Only this file, as `quarantine list` names it
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Wait so long (90s, 30m, 2h) for a run to end
    #[arg(long, value_name = "DURATION", value_parser = args::duration)]
    wait: Option<Duration>,
    /// Take this time (RFC 3339) for the clock
    #[arg(long, value_name = "TIME", value_parser = args::time)]
    now: Option<Micros>,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Only rows of this source
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// Only rows refused for this reason
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// Only rows refused by this run
    #[arg(long, value_name = "RUN_ID")]
    run: Option<i64>,
    /// Also rows of refused files that were read again since
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    table: TableArgs,
}

pub fn execute(args: &Args, global: &Global) -> Result<u8, Failure> {
    match &args.command {
        Some(Action::Retry(retry)) => retry.execute(global),
        Some(Action::List(list)) => list.execute(global),
        None => args.list.execute(global),
    }
}

/// Rows that are in memory at once.
const AT_ONCE: usize = 10_000;

impl ListArgs {
    fn execute(&self, global: &Global) -> Result<u8, Failure> {
        known(self.source.as_deref())?;
        among("reason", self.reason.as_deref(), || Reason::ALL.into_iter().map(Reason::word))?;
        self.table.format()?;
        let config = project::load(global)?;
        let lake = project::lake(&config.project, global)?;
        let (source, reason) = (self.source.clone(), self.reason.clone());
        let filter = QuarantineFilter { source, reason, run: self.run, all: self.all };
        self.table.write_parts::<QuarantineRow>(|take| match &lake {
            Some(lake) => lake.ledger().each_quarantine(&filter, AT_ONCE, take),
            None => take(Vec::new()),
        })?;
        Ok(0)
    }
}

impl RetryArgs {
    fn execute(&self, global: &Global) -> Result<u8, Failure> {
        known(self.source.as_deref())?;
        let config = project::load(global)?;
        let request = RetryRequest {
            source: self.source.clone(),
            path: self.path.clone(),
            now: project::now(self.now, &config.project),
            wait: self.wait.unwrap_or_default(),
        };
        let retries = retry::retry(&config.project, &request)?;
        for retry in &retries {
            let (source, path, run) = (&retry.file.source, &retry.file.path, retry.file.run_id);
            let place = match &retry.found {
                Some(found) if **found == **path => "the next run reads it".to_string(),
                Some(found) => format!("the next run reads it at {found}"),
                None => "gone from the drop folder; read when these bytes come again".to_string(),
            };
            output::told(format_args!("{source} {path} (refused by run {run}): {place}"))?;
            if retry.overtakes() {
                global.say(format_args!(
                    "{source} {path}: newer files of this table were loaded since; its rows will take their place"
                ));
            }
        }
        if let Some(path) = self.path.as_ref().filter(|_| retries.is_empty()) {
            return Err(Failure::Usage(format!(
                "no refused file `{}`; `shoppulse quarantine list` and the run's summary name those there are",
                printable(path)
            )));
        }
        match retries.len() {
            0 => global.say("no refused file of this kind"),
            n => global
                .say(format_args!("{n} marked; they are loaded by the next run whose pipeline takes their source in")),
        }
        Ok(0)
    }
}

fn known(source: Option<&str>) -> Result<(), Failure> {
    among("source", source, || SOURCES.iter().map(|s| s.name))
}

/// # Errors
/// Wrong usage, with the words there are.
fn among<'a, I: Iterator<Item = &'a str>>(
    what: &str,
    found: Option<&str>,
    words: impl Fn() -> I,
) -> Result<(), Failure> {
    match found.filter(|found| !words().any(|word| word == *found)) {
        Some(found) => {
            let near = hint(found, words());
            Err(Failure::Usage(format!("no {what} `{found}`; expected {}{near}", listed(words()))))
        }
        None => Ok(()),
    }
}
