use std::io::{self, BufRead, IsTerminal};
use std::time::Duration;

use super::exit::Failure;
use super::{Global, args, output, project};
use crate::domain::Micros;
use crate::ingest::erased::Kind;
use crate::pipeline::erase::{EraseRequest, Erasure, erase};

const EXAMPLES: &str = "\
Examples:
  shoppulse erase --company C1234 --dry-run
  shoppulse erase --visitor 8f14e45f --yes
  shoppulse erase --rep R17 --yes > reports-that-still-name-it.txt";

/// Remove a firm, a visitor or an employee from lake, quarantine and history; this cannot be undone
///
/// Every row of the id goes, at every kept snapshot; days are rolled up anew; the ledger keeps the count and a hash, and
/// rows of the id that come again are refused as `erased`. Published reports that name it are printed, not changed. Files in
/// the drop folder, deliveries and backups are yours to clean.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    whom: Whom,
    /// Say what would go, change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Take this time (RFC 3339) for the clock
    #[arg(long, value_name = "TIME", value_parser = args::time)]
    now: Option<Micros>,
    /// Wait so long (90s, 30m, 2h) for another run to end
    #[arg(long, value_name = "DURATION", value_parser = args::duration)]
    wait: Option<Duration>,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// A company, with its contracts and everything of them
    #[arg(long, value_name = "ID")]
    company: Option<String>,
    /// A visitor, by the id that the portal gave
    #[arg(long, value_name = "ID")]
    visitor: Option<String>,
    /// An employee: its own rows go, contracts and companies stay without it
    #[arg(long, value_name = "ID")]
    rep: Option<String>,
}

impl Whom {
    fn kind_and_id(&self) -> Result<(Kind, String), Failure> {
        let all = [(Kind::Company, &self.company), (Kind::Visitor, &self.visitor), (Kind::Rep, &self.rep)];
        let named = all.into_iter().find_map(|(kind, id)| id.clone().map(|id| (kind, id)));
        named
            .filter(|(_, id)| !id.is_empty())
            .ok_or_else(|| Failure::Usage("an empty id; expected one of the lake".into()))
    }
}

pub fn execute(args: &Args, global: &Global) -> Result<u8, Failure> {
    let (kind, id) = args.whom.kind_and_id()?;
    let config = project::load(global)?;
    if !config.project.storage.lake.exists() {
        return Err(Failure::Failed(anyhow::anyhow!(
            "nothing was ever loaded into {}; there is nothing to erase",
            config.project.storage.lake.display()
        )));
    }
    let request = |dry_run| EraseRequest {
        kind,
        id: id.clone(),
        dry_run,
        now: project::now(args.now, &config.project),
        wait: args.wait.unwrap_or_default(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    if args.dry_run {
        let plan = erase(&config.project, &request(true))?;
        global.say(told(&plan, "would go"));
        return Ok(0);
    }
    if !args.yes {
        if !io::stdin().is_terminal() {
            return Err(Failure::Usage("this cannot be undone; try it with --dry-run, then say --yes".into()));
        }
        let plan = erase(&config.project, &request(true))?;
        output::stderr_line(format_args!(
            "{}\nErase {} `{id}` for good? Type yes:",
            told(&plan, "would go"),
            kind.word()
        ));
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if answer.trim() != "yes" {
            global.say("nothing is changed");
            return Ok(0);
        }
    }
    let erasure = erase(&config.project, &request(false))?;
    global.say(told(&erasure, "are gone"));
    if !erasure.reports.is_empty() {
        global.say(format_args!(
            "{} published report file(s) still name it, listed on stdout: remove them, or publish their days again",
            erasure.reports.len()
        ));
        for path in &erasure.reports {
            output::stdout_line(path.display())?;
        }
    }
    global.say("not touched: files in the drop folder, deliveries, backups, and names of files");
    Ok(0)
}

fn told(erasure: &Erasure, what: &str) -> String {
    let listed = |counts: &std::collections::BTreeMap<&str, u64>| {
        let texts: Vec<String> = counts.iter().map(|(table, n)| format!("{table} {n}")).collect();
        if texts.is_empty() { "none".to_string() } else { texts.join(", ") }
    };
    let Erasure { files, contracts, refused, risks, .. } = erasure;
    format!(
        "rows that {what}: {}; mentions: {}; contracts: {contracts}; refused records cut: {refused}; lines of published \
         lists: {risks}; files of all snapshots: {files}",
        listed(&erasure.rows),
        listed(&erasure.mentions)
    )
}
