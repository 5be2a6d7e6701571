use super::exit::Failure;
use super::output::TableArgs;
use super::{Global, project};
use crate::domain::frame::Frame;
use crate::domain::{Day, Micros, Str};
use crate::lake::ledger::RunRow;
use crate::rows;

const EXAMPLES: &str = "\
Examples:
  shoppulse runs
  shoppulse runs --last 10
  shoppulse runs --format csv -o runs.csv";

/// Show the ledger of runs
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Only the last N runs
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    #[command(flatten)]
    table: TableArgs,
}

rows! {
    /// A run as the list shows it.
    pub struct RunLine = "runs", "run", key(run_id) {
        /// 1 for the first run
        run_id: i64,
        /// name of the pipeline
        pipeline: Str,
        /// the run's clock
        started_at: Micros,
        /// ok, stamped, stopped, delivery_failed or failed
        status: Str,
        /// as the run ended
        exit_code: i64,
        /// the business day computed
        as_of: Option<Day>,
        /// snapshot of the lake it left
        snapshot: i64,
    }
}

impl From<&RunRow> for RunLine {
    fn from(run: &RunRow) -> RunLine {
        RunLine {
            run_id: run.run_id,
            pipeline: run.pipeline.clone(),
            started_at: run.started_at,
            status: run.status.clone(),
            exit_code: run.exit_code,
            as_of: run.as_of,
            snapshot: run.snapshot,
        }
    }
}

pub fn execute(args: &Args, global: &Global) -> Result<u8, Failure> {
    args.table.format()?;
    let config = project::load(global)?;
    let runs = match project::lake(&config.project, global)? {
        Some(lake) => lake.ledger().runs().map_err(anyhow::Error::from)?,
        None => Vec::new(),
    };
    let from = args.last.map_or(0, |n| runs.len().saturating_sub(n));
    let lines: Vec<RunLine> = runs[from..].iter().map(RunLine::from).collect();
    args.table.write(&Frame::of(&lines))?;
    Ok(0)
}
