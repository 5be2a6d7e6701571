use std::path::PathBuf;

use anyhow::anyhow;

use super::args::TimeOrDay;
use super::exit::Failure;
use super::{Global, args, output, project};
use crate::config::Audience;
use crate::domain::Day;
use crate::domain::printable::printable;
use crate::facts::Visible;
use crate::facts::find::{Found, find};
use crate::marts::{Marts, member_story};
use crate::report::mask::{Class, shows};
use crate::report::member_story::{Form, explain};

const EXAMPLES: &str = "\
Examples:
  shoppulse explain C00042
  shoppulse explain C00042 -o C00042.html            one page, to take into the call
  shoppulse explain \"Harbour Tools\" --as-of 2026-10-31 | less
  shoppulse explain C00042 --audience management     as another reader may see it";

/// Companies that are named when several fit.
const MOST: usize = 8;

/// Tell one member's story: figures against peers, risk and reasons, care so far, what to do
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Its id; else its name, or the beginning of an id or a name that no other company shares
    company: String,
    /// Tell it as of this day [default: that of the last successful run]
    #[arg(long, value_name = "DATE", value_parser = args::day)]
    as_of: Option<Day>,
    /// Use only what had been committed by this time (RFC 3339, or a date to its end) [default: now]
    #[arg(long, value_name = "TIME", value_parser = args::time_or_day)]
    known_at: Option<TimeOrDay>,
    /// Who reads it: after_sales, sales, management or ops; decides what is masked
    #[arg(long, value_name = "WHO", default_value = "after_sales", value_parser = args::audience)]
    audience: Audience,
    /// Write to a file, which appears whole or not at all: a page when it ends in .html, else text
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn execute(args: &Args, global: &Global) -> Result<u8, Failure> {
    let config = project::load(global)?;
    let known_at = args.known_at.map(|at| at.end(&config.project.zone));
    let Some(lake) = project::lake_at(&config.project, known_at, global)? else {
        return Err(Failure::Failed(anyhow!("no company can be explained: the lake is empty")));
    };
    let as_of = project::as_of(&lake, args.as_of)?;
    let visible = Visible::at(&lake, &config.project, as_of).map_err(anyhow::Error::from)?;
    let company = company(&visible, args)?;
    let marts = Marts::of(&visible);
    let story = member_story::tell(&marts, company).map_err(anyhow::Error::from)?;
    let bytes = explain(&marts, &story, args.audience, form(args)).map_err(anyhow::Error::from)?;
    output::bytes(args.output.as_deref(), &bytes)?;
    Ok(0)
}

fn form(args: &Args) -> Form {
    let extension = args.output.as_ref().and_then(|path| path.extension()).and_then(|e| e.to_str());
    match extension.map(str::to_lowercase).as_deref() {
        Some("html" | "htm") => Form::Html,
        _ => Form::Text,
    }
}

/// The position of the company that is meant.
///
/// # Errors
/// Wrong usage for one that is not known, erased, or not told from others.
fn company(visible: &Visible<'_>, args: &Args) -> Result<usize, Failure> {
    let sees_names = shows(args.audience, Class::CompanyName);
    let asked = printable(&args.company);
    let named = |at: usize| {
        let company = &visible.companies[at];
        let name = company.name.as_ref().filter(|_| sees_names).map(|n| format!(" ({})", printable(n)));
        format!("`{}`{}", printable(&company.id), name.unwrap_or_default())
    };
    let day = visible.day;
    let found = find(visible, &args.company, sees_names).map_err(anyhow::Error::from)?;
    Err(Failure::Usage(match found {
        Found::Company(at) => return Ok(at),
        Found::Several(several) => {
            let first: Vec<String> = several.iter().take(MOST).map(|at| named(*at)).collect();
            let more = several.len().saturating_sub(MOST);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("`{asked}` fits {} companies; expected one of {}{more}", several.len(), first.join(", "))
        }
        Found::Erased => format!("company `{asked}` was erased: nothing of it is kept"),
        Found::Later(from) => {
            format!("company `{asked}` is not known yet on {day}; use `--as-of {from}` or a later day")
        }
        Found::Nobody(like) => {
            let like = like.map_or(String::new(), |at| format!("; did you mean {}?", named(at)));
            format!("no company `{asked}` on {day}{like}")
        }
    }))
}
