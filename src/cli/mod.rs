//! The command line: one file a command, no computing.
//!
//! Results go to stdout, everything that a person reads to stderr. `exit.rs` is the one place that maps what happened
//! to an exit code.
// This is the one part of the program that talks to a terminal.
#![allow(clippy::print_stderr)]

mod args;
mod check;
mod completions;
mod erase;
mod exit;
mod explain;
mod init;
mod output;
mod progress;
mod project;
mod quarantine;
mod run;
mod runs;
mod sample;
mod schedule;
mod signals;
mod status;
mod table;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use tracing_subscriber::fmt::format::FmtSpan;

use exit::Failure;

const AFTER: &str = "\
Exit codes: 0 done; 1 failed, the old state stands; 2 wrong usage or configuration; 3 done, but a data contract was \
broken past its limit; 4 done, but a delivery failed; 75 another run holds the project; 130/143 interrupted, nothing \
half done.

Examples:
  shoppulse init portal && cd portal          a new project
  shoppulse check                             what would fail, and where
  shoppulse run nightly                       take in, compute, report
  shoppulse table renewals --format csv       a mart, for a spreadsheet
  shoppulse explain C1234 -o C1234.html       one member's story, to take into the call";

/// Nightly batch for a B2B portal: which members are about to leave, which segments are won, who carries the profit.
#[derive(Debug, Parser)]
#[command(name = "shoppulse", version, after_help = AFTER, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Args)]
struct Global {
    /// Folder of shoppulse.toml
    #[arg(long, global = true, value_name = "DIR", default_value = ".")]
    project: PathBuf,
    /// Say nothing on stderr but errors
    #[arg(long, short, global = true)]
    quiet: bool,
    /// How log lines are written to stderr (their level: SHOPPULSE_LOG=info)
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Sample(sample::Args),
    Check(check::Args),
    Run(run::Args),
    Table(table::Args),
    Explain(explain::Args),
    Quarantine(quarantine::Args),
    Erase(erase::Args),
    Runs(runs::Args),
    Status(status::Args),
    Verify(verify::Args),
    Schedule(schedule::Args),
    Completions(completions::Args),
}

/// Parses the arguments, does what they say, and gives the exit code.
pub fn main() -> ExitCode {
    signals::watch();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            // Help goes to stdout with 0, wrong usage to stderr with 2; a closed pipe is no matter.
            let _ = e.print();
            return ExitCode::from(u8::try_from(e.exit_code()).unwrap_or(2));
        }
    };
    log(&cli.global);
    exit::code(dispatch(&cli))
}

fn dispatch(cli: &Cli) -> Result<u8, Failure> {
    let global = &cli.global;
    match &cli.command {
        Command::Init(args) => init::execute(args, global),
        Command::Sample(args) => sample::execute(args, global),
        Command::Check(args) => check::execute(args, global),
        Command::Run(args) => run::execute(args, global),
        Command::Table(args) => table::execute(args, global),
        Command::Explain(args) => explain::execute(args, global),
        Command::Quarantine(args) => quarantine::execute(args, global),
        Command::Erase(args) => erase::execute(args, global),
        Command::Runs(args) => runs::execute(args, global),
        Command::Status(args) => status::execute(args, global),
        Command::Verify(args) => verify::execute(args, global),
        Command::Schedule(args) => schedule::execute(args, global),
        Command::Completions(args) => completions::execute(args, global),
    }
}

fn log(global: &Global) {
    let level = if global.quiet { "error" } else { "warn" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("SHOPPULSE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_span_events(FmtSpan::CLOSE).with_writer(std::io::stderr);
    match global.log_format {
        LogFormat::Text => builder.without_time().with_target(false).with_ansi(false).init(),
        LogFormat::Json => builder.json().init(),
    }
}

impl Global {
    /// Writes a line for the person at the terminal, unless asked to be quiet.
    fn say(&self, line: impl std::fmt::Display) {
        if !self.quiet {
            output::stderr_line(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// clap's own check of the arguments, and: every command shows examples.
    #[test]
    fn every_command_is_well_formed_and_has_examples() {
        let mut command = Cli::command();
        command.clone().debug_assert();
        for sub in command.get_subcommands_mut() {
            let help = sub.render_help().to_string();
            assert!(help.contains("Examples:\n  shoppulse"), "{help}");
        }
    }
}
