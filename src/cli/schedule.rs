use std::fmt::Write;
use std::path::Path;

use anyhow::Context;

use super::exit::Failure;
use super::{Global, args, output, project};
use crate::config::{Config, Pipeline, schedule};
use crate::domain::{Micros, Zone};

const EXAMPLES: &str = "\
Examples:
  shoppulse schedule                      lines for `crontab -e`
  shoppulse schedule --systemd            a service and a timer for each pipeline";

/// Print the crontab lines, or systemd units, of all pipelines
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Units for systemd instead of crontab lines
    #[arg(long)]
    systemd: bool,
    /// Count the next times from this one (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = args::time)]
    now: Option<Micros>,
}

pub fn execute(args: &Args, global: &Global) -> Result<u8, Failure> {
    let config = project::load(global)?;
    let program = std::env::current_exe().context("finding the path of this program")?;
    let now = project::now(args.now, &config.project);
    let text = if args.systemd { systemd(&config, &program, now)? } else { crontab(&config, &program, now) };
    output::stdout_line(text.trim_end())?;
    Ok(0)
}

/// Pipelines with their schedule; those without are named in a comment.
fn scheduled<'c>(config: &'c Config, text: &mut String) -> Vec<(&'c Pipeline, &'c str)> {
    let mut all = Vec::new();
    for pipeline in config.pipelines.values() {
        match pipeline.schedule.as_deref() {
            Some(cron) => all.push((pipeline, cron)),
            None => {
                let _ = writeln!(text, "# {} has no schedule: run it by hand", pipeline.name);
            }
        }
    }
    all
}

/// `# nightly: next at 2026-11-02 02:30, …`
fn upcoming(pipeline: &Pipeline, cron: &str, now: Micros, zone: &Zone) -> String {
    let times: Vec<String> = schedule::next_times(cron, now, zone, 3).into_iter().map(|t| zone.wall(t)).collect();
    let times = if times.is_empty() { "never".to_string() } else { times.join(", ") };
    format!("# {}: next at {times} ({})", pipeline.name, zone.name())
}

fn crontab(config: &Config, program: &Path, now: Micros) -> String {
    let zone = &config.project.zone;
    let mut text = format!(
        "# Times are local in {zone}. cronie reads CRON_TZ. Debian's cron and BusyBox do not: with them the machine's own\n\
         # zone must be {zone}, or the hours below must be moved.\n\
         CRON_TZ={zone}\n",
        zone = zone.name()
    );
    for (pipeline, cron) in scheduled(config, &mut text) {
        let _ = writeln!(
            text,
            "{}\n{cron} {} --project {} run {}",
            upcoming(pipeline, cron, now, zone),
            shell(program),
            shell(&config.project.root),
            pipeline.name
        );
    }
    text
}

/// A path as one word of the shell in a crontab, where `%` ends the command.
fn shell(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+,:@".contains(&b));
    let word = if plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) };
    word.replace('%', "\\%")
}

fn systemd(config: &Config, program: &Path, now: Micros) -> Result<String, Failure> {
    let zone = &config.project.zone;
    let mut text = String::from("# Save each part under the name above it, then: systemctl enable --now NAME.timer\n");
    let mut refused = Vec::new();
    for (pipeline, cron) in scheduled(config, &mut text) {
        let name = &pipeline.name;
        let calendar = match schedule::on_calendar(cron, zone) {
            Ok(calendar) => calendar,
            Err(why) => {
                refused.push(format!("pipelines/{name}.toml: schedule \"{cron}\": {why}"));
                continue;
            }
        };
        let _ = write!(
            text,
            "\n# /etc/systemd/system/shoppulse-{name}.service\n\
             [Unit]\nDescription=shoppulse {name}\n\n\
             [Service]\nType=oneshot\nExecStart={} --project {} run {name}\n\
             \n# /etc/systemd/system/shoppulse-{name}.timer\n{}\n\
             [Unit]\nDescription=shoppulse {name}, cron {cron}\n\n\
             [Timer]\nOnCalendar={calendar}\nPersistent=true\n\n\
             [Install]\nWantedBy=timers.target\n",
            unit(program),
            unit(&config.project.root),
            upcoming(pipeline, cron, now, zone),
        );
    }
    if refused.is_empty() {
        return Ok(text);
    }
    Err(Failure::Usage(format!(
        "{}; expected times of day on all days, on days of the week or on days of the month; use the crontab instead",
        refused.join("\n")
    )))
}

/// A path as one word of a unit's command line.
fn unit(path: &Path) -> String {
    let text = path.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('%', "%%").replace('$', "$$"))
}
