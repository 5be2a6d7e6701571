use std::path::PathBuf;

use super::exit::Failure;
use super::{Global, args, output};
use crate::domain::Day;
use crate::sample::{self, Request};

const EXAMPLES: &str = "\
Examples:
  shoppulse sample --out portal/incoming --companies 500 --from 2025-09-01 --to 2026-10-31 --seed 1
  shoppulse sample --out big --companies 20000 --from 2025-11-01 --to 2026-10-31 --seed 7 --plain";

/// Write a made-up portal's files for all sources
///
/// The same arguments give the same bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder to write to; made when it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Companies in the portal's list, members and others
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    companies: u32,
    /// First day of events
    #[arg(long, value_name = "DATE", value_parser = args::day)]
    from: Day,
    /// Last day of events
    #[arg(long, value_name = "DATE", value_parser = args::day)]
    to: Day,
    /// Another seed gives another portal
    #[arg(long, value_name = "SEED")]
    seed: u64,
    /// One file a day and source instead of one a month
    #[arg(long)]
    daily: bool,
    /// Write all files without compression
    #[arg(long)]
    plain: bool,
}

pub fn execute(args: &Args, global: &Global) -> Result<u8, Failure> {
    if args.from > args.to {
        return Err(Failure::Usage(format!("--from {} is after --to {}; expected from <= to", args.from, args.to)));
    }
    let request = Request {
        out: args.out.clone(),
        companies: args.companies as usize,
        from: args.from,
        to: args.to,
        seed: args.seed,
        compress: !args.plain,
        daily: args.daily,
    };
    sample::write(&request, &|line| global.say(line)).map_err(anyhow::Error::from)?;
    output::stdout_line(args.out.display())?;
    Ok(0)
}
