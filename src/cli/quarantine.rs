use super::exit::Failure;
use super::output::TableArgs;
use super::{Global, project};
use crate::config::{hint, listed};
use crate::domain::frame::Frame;
use crate::domain::schema::SOURCES;
use crate::lake::ledger::QuarantineRow;

const EXAMPLES: &str = "\
Examples:
  shoppulse quarantine list
  shoppulse quarantine list --source contracts --reason bad_date
  shoppulse quarantine list --run 12 --format csv > refused.csv";

/// Show refused rows: file, line, column, reason and the raw record
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
    #[command(flatten)]
    table: TableArgs,
}

pub fn execute(args: &Args, global: &Global) -> Result<u8, Failure> {
    let list = match &args.command {
        Some(Action::List(list)) => list,
        None => &args.list,
    };
    if let Some(source) = &list.source {
        let names = || SOURCES.iter().map(|s| s.name);
        if !names().any(|name| name == source) {
            let near = hint(source, names());
            return Err(Failure::Usage(format!("no source `{source}`; expected {}{near}", listed(names()))));
        }
    }
    list.table.format()?;
    let config = project::load(global)?;
    let rows = match project::lake(&config.project, global)? {
        Some(lake) => lake.ledger().quarantine().map_err(anyhow::Error::from)?,
        None => Vec::new(),
    };
    let wanted: Vec<QuarantineRow> = rows.into_iter().filter(|row| list.wants(row)).collect();
    list.table.write(&Frame::of(&wanted))?;
    Ok(0)
}

impl ListArgs {
    fn wants(&self, row: &QuarantineRow) -> bool {
        self.source.as_deref().is_none_or(|source| source == &*row.source)
            && self.reason.as_deref().is_none_or(|reason| reason == &*row.reason)
            && self.run.is_none_or(|run| run == row.run_id)
    }
}
