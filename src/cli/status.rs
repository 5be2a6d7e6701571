use super::exit::Failure;
use super::output::TableArgs;
use super::{Global, args, project};
use crate::domain::frame::Frame;
use crate::domain::{Day, Micros, Str};
use crate::facts::Visible;
use crate::marts::Marts;
use crate::pipeline::expect;
use crate::rows;

const EXAMPLES: &str = "\
Examples:
  shoppulse status
  shoppulse status --format csv";

/// Show how fresh each source is, and what is late
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Judge as of this day [default: yesterday by the clock]
    #[arg(long, value_name = "DATE", value_parser = args::day)]
    as_of: Option<Day>,
    /// Take this time (RFC 3339) for the clock
    #[arg(long, value_name = "TIME", value_parser = args::time)]
    now: Option<Micros>,
    #[command(flatten)]
    table: TableArgs,
}

rows! {
    /// One event source.
    pub struct StatusRow = "status", "event source", key(source) {
        /// event source
        source: Str,
        /// newest event on or before the day
        newest: Option<Micros>,
        /// its age at the end of the day (hours)
        age_h: Option<f64>,
        /// events of the day
        rows: Option<i64>,
        /// what the same weekday of the weeks before had (events)
        expected: Option<f64>,
        /// ok, low, missing, closed or not covered
        status: Str,
        /// days missing or low in the last 7
        gaps_7d: i64,
    }
}

pub fn execute(args: &Args, global: &Global) -> Result<u8, Failure> {
    args.table.format()?;
    let config = project::load(global)?;
    let project = &config.project;
    let now = project::now(args.now, project);
    let Some(lake) = project::lake(project, global)? else { return Ok(0) };
    let as_of = args.as_of.unwrap_or_else(|| project.zone.day_of(now) - 1);
    if project.now.is_some() && args.now.is_none() {
        global.say("the clock is project.now of shoppulse.toml, not the system's");
    }
    if let Some(run) = lake.ledger().runs().map_err(anyhow::Error::from)?.last() {
        let day = run.as_of.map_or_else(|| "no day".to_string(), |day| day.to_string());
        let started = project.zone.wall(run.started_at);
        global.say(format_args!(
            "last run: {} of {}, {} for {day}, started {started}",
            run.run_id, run.pipeline, run.status
        ));
    }
    let visible = Visible::at(&lake, project, as_of).map_err(anyhow::Error::from)?;
    let rows = rows_of(&Marts::of(&visible)).map_err(anyhow::Error::from)?;
    args.table.write(&Frame::of(&rows))?;
    Ok(0)
}

fn rows_of(marts: &Marts<'_>) -> crate::marts::Result<Vec<StatusRow>> {
    let days = marts.rows::<crate::marts::source_day::SourceDayRow>()?;
    let since = marts.visible.day.window_start(7);
    let row = |f: expect::Freshness| {
        let gap = |status: &str| matches!(status, "missing" | "low");
        let gaps = days.iter().filter(|d| d.source == f.source && d.date >= since && gap(&d.status)).count();
        StatusRow {
            source: f.source,
            newest: f.newest,
            age_h: f.age_h,
            rows: f.day.as_ref().map(|d| d.rows),
            expected: f.day.as_ref().and_then(|d| d.expected),
            status: f.day.map_or_else(|| "not covered".into(), |d| d.status),
            gaps_7d: gaps as i64,
        }
    };
    Ok(expect::freshness(marts)?.into_iter().map(row).collect())
}
