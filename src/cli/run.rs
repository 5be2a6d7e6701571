use std::time::Duration;

use super::exit::Failure;
use super::{Global, args, output, progress, project};
use crate::domain::{Day, Micros};
use crate::pipeline::run::{self, Dates, RunRequest};

const EXAMPLES: &str = "\
Examples:
  shoppulse run nightly
  shoppulse run nightly --as-of 2026-10-31
  shoppulse run nightly --from 2026-10-01 --to 2026-10-31
  shoppulse run nightly --dry-run";

/// Take in, compute and report; safe to repeat
///
/// Loads new files of the pipeline's sources, computes its marts, publishes its reports, whose paths are printed.
/// A run that is interrupted at any moment leaves the old state or the new.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Name of a file in pipelines/, without .toml
    pipeline: String,
    /// Compute this day instead of the one that the pipeline's rule means
    #[arg(long, value_name = "DATE", value_parser = args::day, conflicts_with_all = ["from", "to"])]
    as_of: Option<Day>,
    /// Compute every day from this one
    #[arg(long, value_name = "DATE", value_parser = args::day, requires = "to")]
    from: Option<Day>,
    /// … to this one
    #[arg(long, value_name = "DATE", value_parser = args::day, requires = "from")]
    to: Option<Day>,
    /// Say what would be done: nothing is loaded or published (a lake that is not there yet is laid out, empty)
    #[arg(long)]
    dry_run: bool,
    /// Take this time (RFC 3339) for the clock
    #[arg(long, value_name = "TIME", value_parser = args::time)]
    now: Option<Micros>,
    /// Wait so long (90s, 30m, 2h) for another run to end
    #[arg(long, value_name = "DURATION", value_parser = args::duration)]
    wait: Option<Duration>,
    /// Read every file again, even when its size, time and inode are unchanged
    #[arg(long)]
    rehash: bool,
}

impl Args {
    fn dates(&self) -> Result<Dates, Failure> {
        Ok(match (self.as_of, self.from, self.to) {
            (Some(day), ..) => Dates::One(day),
            (None, Some(from), Some(to)) if from > to => {
                return Err(Failure::Usage(format!("--from {from} is after --to {to}; expected from <= to")));
            }
            (None, Some(from), Some(to)) => Dates::Span(from, to),
            _ => Dates::Rule,
        })
    }
}

pub fn execute(args: &Args, global: &Global) -> Result<u8, Failure> {
    let dates = args.dates()?;
    let config = project::load(global)?;
    let pipeline = project::pipeline(&config, &args.pipeline)?;
    let request = RunRequest {
        dates,
        dry_run: args.dry_run,
        now: project::now(args.now, &config.project),
        wait: args.wait.unwrap_or_default(),
        rehash: args.rehash,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let progress = progress::fitting(global);
    let outcome = run::run(&config.project, pipeline, &request, progress.as_ref())?;
    drop(progress);
    for line in &outcome.lines {
        global.say(line);
    }
    if args.dry_run {
        global.say("a dry run: nothing was loaded or published");
    }
    for report in &outcome.reports {
        // The run is done, and its exit code stands, whether anybody reads this list or not.
        let _ = output::stdout_line(report.display());
    }
    Ok(outcome.exit_code)
}
