//! A made-up B2B portal's files for all fifteen sources: the same bytes for the same request, on any machine.
//!
//! ```text
//! segments, names ─► portal     companies
//!                    people     reps, attendance
//!                    contracts  terms, renewals (truth: why; told by answers), what each shop was like (phases)
//!                      ├─► activity (season)  visits day by day ─┐
//!                      ├─► calls                                 ├─► events ─┐
//!                      └─► followups, plans                      ├─► tables ─┴─► feed (dirt) ─► write (layout)
//! ```
//!
//! Events stream day by day: memory follows the companies, not the span. Chance comes from `chance`, one
//! stream per concern and number; no clock, no hash order, no C library's `exp`.

mod activity;
mod answers;
mod calls;
mod chance;
mod contracts;
mod dirt;
mod events;
mod feed;
mod followups;
mod layout;
mod names;
mod people;
mod plans;
mod portal;
mod season;
mod segments;
mod summary;
mod tables;
#[cfg(test)]
mod tests;
mod truth;
mod write;

use std::io;
use std::path::{Path, PathBuf};

use crate::domain::Day;
use crate::domain::schema::{SOURCES, source};

use activity::{DayOfHits, Phase, Traffic};
use chance::{Chance, Concern};
use contracts::Contract;
use events::{Rows, Visit};
use feed::Feed;
use layout::LAYOUTS;
use people::People;
use portal::Company;

pub use summary::{FileCount, SourceCount, Summary};

/// The name of the summary beside the files; ingest ignores names that begin with `_`.
pub const SUMMARY_FILE: &str = "_sample.json";

/// The name of the file that tells each membership's true probability of renewal; ignored by ingest likewise.
pub const TRUTH_FILE: &str = "_truth.csv";

/// Which portal to make.
#[derive(Clone, Debug)]
pub struct Request {
    /// The folder for the sources' files, an `incoming`; made if need be.
    pub out: PathBuf,
    /// Companies that the portal knows sooner or later; about a third become members.
    pub companies: usize,
    /// First day of events; contracts reach back three years more.
    pub from: Day,
    /// Last day of everything: the morning after is "today".
    pub to: Day,
    pub seed: u64,
    /// Pack as each source's layout says; off: plain text.
    pub compress: bool,
    /// One event file a day instead of a month.
    pub daily: bool,
}

impl Request {
    /// Packed, monthly event files.
    pub fn new(out: PathBuf, companies: usize, from: Day, to: Day, seed: u64) -> Request {
        Request { out, companies, from, to, seed, compress: true, daily: false }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    #[error("sample: {0}")]
    Usage(String),
    #[error("sample: cannot write {path}: {error}")]
    File { path: String, error: io::Error },
    #[error("sample: cannot write: {0}; is the disk full?")]
    Write(io::Error),
    #[error("sample: cannot write Parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    #[error("sample: cannot build Parquet columns: {0}")]
    Arrow(#[from] arrow_schema::ArrowError),
    #[error("sample: no file of {0} is open (a defect of shoppulse)")]
    NoFile(&'static str),
    #[error("sample: cannot write the summary: {0}")]
    Summary(#[from] serde_json::Error),
}

impl SampleError {
    fn io(path: &Path, error: io::Error) -> SampleError {
        SampleError::File { path: path.display().to_string(), error }
    }
}

/// The portal before any file is written.
struct Portal {
    companies: Vec<Company>,
    people: People,
    contracts: Vec<Contract>,
    /// Per company: what its shop was like.
    phases: Vec<Vec<Phase>>,
}

impl Portal {
    fn build(request: &Request) -> Portal {
        let Request { companies: n, from, to, seed, .. } = *request;
        let people = People::hire(n, from, to, seed);
        let companies = portal::companies(n, from, to, seed);
        let (contracts, phases) = contracts::all(&companies, &people, from, to, seed);
        Portal { companies, people, contracts, phases }
    }
}

/// Writes the files of all fifteen sources, [`TRUTH_FILE`] and [`SUMMARY_FILE`] below `request.out`; `progress` hears each step.
///
/// # Errors
/// When the span or the number of companies makes no sense, when files of a source are there already (they
/// would mix with the new ones), and when the disk fails.
pub fn write(request: &Request, progress: &dyn Fn(&str)) -> Result<Summary, SampleError> {
    check(request)?;
    let portal = Portal::build(request);
    let mut summary = Summary {
        companies: portal.companies.len() as u64,
        clients: portal.phases.iter().filter(|p| !p.is_empty()).count() as u64,
        contracts: portal.contracts.len() as u64,
        ..Summary::default()
    };
    progress("tables");
    write_tables(request, &portal, &mut summary)?;
    answers::write(&request.out.join(TRUTH_FILE), &portal.contracts, &portal.companies)?;
    write_events(request, &portal, &mut summary, progress)?;
    // Ingest takes files in byte order of their path; the summary lists them so.
    summary.files.sort_by(|a, b| a.path.cmp(&b.path));
    let path = request.out.join(SUMMARY_FILE);
    let text = serde_json::to_string_pretty(&summary)? + "\n";
    std::fs::write(&path, text).map_err(|e| SampleError::io(&path, e))?;
    Ok(summary)
}

fn check(request: &Request) -> Result<(), SampleError> {
    let Request { companies, from, to, .. } = *request;
    if !(10..=5_000_000).contains(&companies) {
        return Err(SampleError::Usage(format!("{companies} companies; expected 10 to 5000000")));
    }
    let (first, last) = (Day::from_ymd(2004, 1, 1), Day::from_ymd(2190, 1, 1));
    if from > to || Some(from) < first || Some(to) > last {
        return Err(SampleError::Usage(format!(
            "events from {from} to {to}; expected a first day not after the last, between 2004-01-01 and 2190-01-01"
        )));
    }
    let entries = match std::fs::read_dir(&request.out) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(SampleError::io(&request.out, e)),
    };
    let mut names: Vec<String> = Vec::new();
    for entry in entries {
        names.push(entry.map_err(|e| SampleError::io(&request.out, e))?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    match names.iter().find(|name| SOURCES.iter().any(|s| name.starts_with(s.name))) {
        None => Ok(()),
        Some(name) => Err(SampleError::Usage(format!(
            "{} already holds {name}; old and new files would mix: choose an empty folder",
            request.out.display()
        ))),
    }
}

/// The feed of a source, by its name.
fn feed(request: &Request, name: &'static str) -> Result<Feed, SampleError> {
    let layout = LAYOUTS.iter().find(|l| l.source == name).ok_or(SampleError::NoFile(name))?;
    let source = source(name).ok_or(SampleError::NoFile(name))?;
    Ok(Feed::new(source, layout, request.out.clone(), request.compress, request.seed))
}

fn write_tables(request: &Request, portal: &Portal, summary: &mut Summary) -> Result<(), SampleError> {
    let Portal { companies, people, contracts, .. } = portal;
    let Request { from, to, seed, .. } = *request;
    let each = |name, summary: &mut Summary, rows: &dyn Fn(&mut Feed, &mut Summary) -> Result<(), SampleError>| {
        let mut feed = feed(request, name)?;
        rows(&mut feed, summary)?;
        feed.finish(summary)
    };
    each("companies", summary, &|f, s| tables::companies(f, companies, people, to, s))?;
    let dump = if to - from > 60 { to - 30 } else { to };
    each("contracts", summary, &|f, s| tables::contracts(f, contracts, companies, people, (dump, to), s))?;
    each("reps", summary, &|f, s| tables::reps(f, people, to, s))?;
    let targets = plans::targets(contracts, people, from, to, seed);
    each("targets", summary, &|f, s| tables::targets(f, &targets, people, s))?;
    let followups = followups::followups(companies, contracts, people, from, to, seed);
    each("followups", summary, &|f, s| tables::followups(f, &followups, companies, people, s))?;
    each("attendance", summary, &|f, s| tables::attendance(f, people, from, to, s))?;
    let tasks = plans::tasks(contracts, companies, people, to, seed);
    each("service_tasks", summary, &|f, s| tables::tasks(f, &tasks, contracts, people, s))?;
    let estimates = plans::estimates(companies, from, to, seed);
    each("market_estimates", summary, &|f, s| tables::estimates(f, &estimates, s))?;
    let care = followups::care(contracts, companies, people, from, to, seed);
    each("care_actions", summary, &|f, s| tables::care(f, &care, contracts, companies, people, s))
}

/// Days on which a source loses rows: three of `messages` from a Tuesday on, a Wednesday of `contact_views`.
struct Outage {
    messages: Option<Day>,
    views: Option<Day>,
}

impl Outage {
    fn of(from: Day, to: Day) -> Outage {
        let span = to - from;
        let on = |share: i32, weekday: i32| {
            let day = from + span * share / 100;
            (span >= 60).then(|| day + (weekday - day.weekday() as i32).rem_euclid(7))
        };
        Outage { messages: on(61, 1), views: on(75, 2) }
    }

    fn keeps(&self, what: Visit, day: Day, chance: &mut Chance) -> bool {
        match what {
            Visit::Message => !self.messages.is_some_and(|first| (first..=first + 2).contains(&day)),
            Visit::View => self.views != Some(day) || chance.hit(0.1),
            _ => true,
        }
    }
}

fn write_events(
    request: &Request,
    portal: &Portal,
    summary: &mut Summary,
    progress: &dyn Fn(&str),
) -> Result<(), SampleError> {
    let Portal { companies, people, phases, .. } = portal;
    let Request { from, to, seed, daily, .. } = *request;
    let outage = Outage::of(from, to);
    if let (Some(messages), Some(views)) = (outage.messages, outage.views) {
        summary.outages.insert("messages".into(), (0..3).map(|n| (messages + n).to_string()).collect());
        summary.outages.insert("contact_views".into(), vec![views.to_string()]);
    }
    const VISITS: [(Visit, &str, char); 5] = [
        (Visit::Click, "shop_clicks", 's'),
        (Visit::Ad, "ad_clicks", 'a'),
        (Visit::View, "contact_views", 'w'),
        (Visit::Message, "messages", 'm'),
        (Visit::Inquiry, "inquiries", 'i'),
    ];
    let mut outlets = Vec::new();
    for (what, name, letter) in VISITS {
        outlets.push((what, name, Rows::new(letter), feed(request, name)?));
    }
    let (mut call_rows, mut call_feed) = (Rows::new('c'), feed(request, "calls")?);
    let mut traffic = Traffic::new(companies, phases, from, seed);
    let mut hits = DayOfHits::default();
    for day in (from.0..=to.0).map(Day) {
        if day == from || day.ymd().2 == 1 {
            progress(&format!("events of {}", day.month()));
        }
        let file = if daily { day.to_string() } else { day.month().to_string() };
        traffic.day(day, &mut hits);
        let mut chance = Chance::new(seed, Concern::Dirt, (1 << 40) + day.0 as u64);
        for (what, name, rows, feed) in &mut outlets {
            feed.open(&format!("{name}/{file}"), summary)?;
            for hit in hits.of(*what).iter().filter(|_| outage.keeps(*what, day, &mut chance)) {
                feed.put(rows.visit(*what, day, hit, companies), summary)?;
                if hit.company as usize >= companies.len() {
                    summary.plant("orphan_company", 1);
                }
            }
        }
        call_feed.open(&format!("calls/{file}"), summary)?;
        for call in calls::day(day, companies, phases, people, seed) {
            call_feed.put(call_rows.call(day, &call, companies, people), summary)?;
        }
    }
    for (.., feed) in outlets {
        feed.finish(summary)?;
    }
    call_feed.finish(summary)
}
