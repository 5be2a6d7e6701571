use std::path::PathBuf;

use anyhow::anyhow;

use super::Global;
use super::exit::Failure;
use crate::config::starter::{self, InitError};

const EXAMPLES: &str = "\
Examples:
  shoppulse init portal        a project in the folder portal
  shoppulse init .             here";

/// Make a new project, ready to run, with comments
///
/// Writes shoppulse.toml with every key and its default, the pipelines nightly, month-end and quarterly-strategy, and
/// the folder incoming, and
/// visitor.key, by which ids of visitors are hashed. Nothing is overwritten.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder of the project; made when it is not there
    dir: PathBuf,
}

pub fn execute(args: &Args, global: &Global) -> Result<u8, Failure> {
    let files = starter::write(&args.dir).map_err(|e| match e {
        InitError::Exists(_) => Failure::Usage(e.to_string()),
        InitError::Io(..) | InitError::Key(_) => Failure::Failed(anyhow!(e)),
    })?;
    for file in files {
        super::output::stdout_line(file.display())?;
    }
    let dir = args.dir.display();
    global.say(format_args!(
        "Next: put files into {dir}/incoming (companies.csv, contracts.csv, shop_clicks/2026-10-31.csv.gz, …), then\n  \
         shoppulse --project {dir} check\n  shoppulse --project {dir} run nightly\n\
         Or try it with made-up files:\n  shoppulse sample --out {dir}/incoming --companies 500 --from 2025-09-01 --to 2026-10-31 --seed 1"
    ));
    Ok(0)
}
