use std::time::Duration;

use super::exit::Failure;
use super::output::TableArgs;
use super::{Global, args, output, progress, project};
use crate::domain::frame::Frame;
use crate::domain::{Micros, Str};
use crate::lake::verify::Finding;
use crate::pipeline::verify::{self, VerifyRequest};
use crate::rows;

const EXAMPLES: &str = "\
Examples:
  shoppulse verify
  shoppulse verify --quick --wait 30m
  shoppulse verify --repair
  shoppulse verify --format csv -o findings.csv";

/// Read the lake again and prove it against what was recorded of it
///
/// Hashes, counts, statistics and order of every file, conservation of rows, unique ids, roll-ups, no orphan file. Each
/// problem is one line on stdout: what, where, what to do. Ends with 0 when the lake is sound and with 1 when it is not.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Leave the roll-ups out, which takes about as long as all the rest
    #[arg(long)]
    quick: bool,
    /// Mend what the rest of the lake determines: roll-ups, id index, lake.sqlite, orphan files, missing hashes
    #[arg(long)]
    repair: bool,
    /// Wait so long (90s, 30m, 2h) for a run to end
    #[arg(long, value_name = "DURATION", value_parser = args::duration)]
    wait: Option<Duration>,
    /// Take this time (RFC 3339) for the clock
    #[arg(long, value_name = "TIME", value_parser = args::time)]
    now: Option<Micros>,
    #[command(flatten)]
    table: TableArgs,
}

rows! {
    /// One thing that was found.
    pub struct FindingRow = "findings", "finding", key(check, place, found) {
        /// whether the lake is not sound because of it; else it is a note
        problem: bool,
        /// the check that found it
        check: Str,
        /// file, table, day or run
        place: Str,
        /// what was found, and what was expected
        found: Str,
        /// what to do
        todo: Str,
    }
}

pub fn execute(args: &Args, global: &Global) -> Result<u8, Failure> {
    args.table.format()?;
    let config = project::load(global)?;
    let request = VerifyRequest {
        now: project::now(args.now, &config.project),
        wait: args.wait.unwrap_or_default(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        quick: args.quick,
        repair: args.repair,
    };
    let progress = progress::fitting(global);
    let verified = verify::verify(&config.project, &request, progress.as_ref())?;
    drop(progress);
    for line in &verified.repaired {
        global.say(format_args!("repaired: {line}"));
    }
    if args.table.format.is_some() || args.table.output.is_some() {
        args.table.write(&Frame::of(&verified.findings.iter().map(row).collect::<Vec<_>>()))?;
    } else {
        for finding in &verified.findings {
            output::told(line(finding))?;
        }
    }
    let (files, bytes, rows) = (verified.files, indicatif::HumanBytes(verified.bytes), verified.rows);
    let problems = verified.problems();
    let end = match problems {
        0 => "the lake is sound".to_string(),
        1 => "1 problem".to_string(),
        n => format!("{n} problems"),
    };
    global.say(format_args!("{files} files, {bytes}, {rows} rows looked at: {end}"));
    Ok(if problems == 0 { 0 } else { 1 })
}

/// `problem hash data/main/…: what was found; what to do`; names of files may hold anything.
fn line(finding: &Finding) -> String {
    let kind = if finding.is_problem() { "problem" } else { "note" };
    let text = format!("{kind} {} {}: {}; {}", finding.check, finding.place, finding.found, finding.remedy.text());
    text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

fn row(finding: &Finding) -> FindingRow {
    FindingRow {
        problem: finding.is_problem(),
        check: finding.check.into(),
        place: finding.place.as_str().into(),
        found: finding.found.as_str().into(),
        todo: finding.remedy.text().into(),
    }
}
