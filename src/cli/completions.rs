use clap::CommandFactory;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;

use super::exit::Failure;
use super::{Cli, Global, output};
use crate::config::names::MARTS;

const EXAMPLES: &str = "\
Examples:
  shoppulse completions bash > ~/.local/share/bash-completion/completions/shoppulse
  shoppulse completions zsh > ~/.zfunc/_shoppulse       with ~/.zfunc in fpath
  shoppulse completions fish > ~/.config/fish/completions/shoppulse.fish";

/// Print what a shell needs to complete commands, options and names of marts
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The shell
    shell: Shell,
}

pub fn execute(args: &Args, _: &Global) -> Result<u8, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "shoppulse", &mut script);
    output::stdout_line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(0)
}

/// The command line, with the marts as the names that `table` knows.
fn command() -> clap::Command {
    let name = |arg: clap::Arg| arg.value_parser(PossibleValuesParser::new(MARTS));
    Cli::command().mut_subcommand("table", |table| table.mut_arg("name", name))
}
