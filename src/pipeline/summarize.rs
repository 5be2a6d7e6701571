//! What a run did, for people: banners and the run summary.

use std::collections::BTreeMap;

use crate::config::OnBreach;
use crate::ingest::load::{FileOutcome, FileStatus};
use crate::marts::Marts;
use crate::marts::source_day::SourceDayRow;
use crate::report::format::Format;
use crate::report::lang::Words;
use crate::report::summary::{BreachLine, FileLine, FreshnessLine, Gap, Quarantined, RunSummary, Step};
use crate::report::{Banner, ReportError, banner};

use super::expect::{Breach, Freshness, Rule};
use super::run::{DayDone, Done};

/// Days whose gaps the summary lists.
const GAP_DAYS: i32 = 60;

/// The warnings of the run's last day, as reports show them.
pub(super) fn banners(done: &Done) -> Vec<Banner> {
    let refused = done.loaded.files.iter().filter(|f| f.is_left_out()).count();
    let breaches = done.days.last().map_or(&[][..], |d| &d.breaches);
    let stopped = breaches.iter().any(|b| b.on_breach == OnBreach::Stop);
    let shown = breaches.iter().filter(|b| b.on_breach != OnBreach::Warn).map(breach_banner);
    let mut banners: Vec<Banner> = shown.collect();
    banners.extend((refused > 0).then_some(Banner::Refused { files: refused }));
    banners.extend(stopped.then_some(Banner::Stopped));
    banners
}

fn breach_banner(b: &Breach) -> Banner {
    match b.rule {
        Rule::MaxAge => Banner::TooOld { source: b.source.clone(), age_h: b.found, limit_h: b.expected },
        Rule::MinRatio => Banner::TooFew { source: b.source.clone(), ratio: b.found.unwrap_or(0.0), limit: b.expected },
    }
}

/// Files, refusals, freshness, gaps, breaches and times; who ran and how it ended is the caller's to add.
pub(super) fn summary(done: &Done, marts: &Marts<'_>, words: &'static Words) -> Result<RunSummary, ReportError> {
    let files = &done.loaded.files;
    let last = done.days.last();
    let since = marts.visible.day.window_start(GAP_DAYS);
    let gaps = marts.rows::<SourceDayRow>()?;
    let gaps = gaps.iter().filter(|d| d.date >= since && d.is_gap());
    let format = Format { words, currency: &marts.visible.project.currency };
    let mut all_banners = banners(done);
    all_banners.extend(banner::recent_gaps(marts)?);
    Ok(RunSummary {
        as_of: done.days.iter().map(|d| d.as_of.to_string()).collect(),
        files: files.iter().filter(|f| is_listed(f)).map(file_line).collect(),
        skipped_files: files.iter().filter(|f| !is_listed(f)).count() as i64,
        quarantined: quarantined(files),
        freshness: last.map_or(&[][..], |d| &d.freshness).iter().map(freshness_line).collect(),
        gaps: gaps.map(gap).collect(),
        breaches: done.days.iter().flat_map(|d| &d.breaches).map(breach_line).collect(),
        banners: banner::texts(&all_banners, format),
        steps: done
            .steps
            .iter()
            .map(|(step, took)| Step { step: (*step).into(), ms: took.as_millis() as u64 })
            .collect(),
        unknown_columns: done
            .loaded
            .unknown_columns
            .iter()
            .filter(|(_, columns)| !columns.is_empty())
            .map(|(source, columns)| ((*source).to_string(), columns.iter().cloned().collect()))
            .collect(),
        failure: done.lacking.as_ref().map(ToString::to_string),
        ..RunSummary::default()
    })
}

/// Files that are known and unchanged are only counted.
fn is_listed(f: &FileOutcome) -> bool {
    f.recorded || matches!(f.status, FileStatus::Unreadable | FileStatus::Waiting)
}

fn file_line(f: &FileOutcome) -> FileLine {
    FileLine {
        source: f.source.into(),
        path: f.path.clone(),
        status: f.status.word().into(),
        rows_read: f.rows_read as i64,
        rows_loaded: f.rows_loaded as i64,
        rows_duplicate: f.rows_duplicate as i64,
        rows_quarantined: f.rows_quarantined as i64,
        reasons: f.reasons.iter().map(|(reason, n)| (reason.word().to_string(), *n as i64)).collect(),
        message: f.message.clone(),
    }
}

fn quarantined(files: &[FileOutcome]) -> Vec<Quarantined> {
    let mut sums: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for f in files {
        for (reason, n) in &f.reasons {
            *sums.entry((f.source, reason.word())).or_default() += *n as i64;
        }
    }
    let line = |((source, reason), rows): ((&str, &str), i64)| Quarantined {
        source: source.into(),
        reason: reason.into(),
        rows,
    };
    sums.into_iter().map(line).collect()
}

fn freshness_line(f: &Freshness) -> FreshnessLine {
    FreshnessLine {
        source: f.source.to_string(),
        newest: f.newest.map(|at| at.to_string()),
        age_h: f.age_h,
        rows: f.day.as_ref().map(|d| d.rows),
        expected: f.day.as_ref().and_then(|d| d.expected),
        status: f.day.as_ref().map(|d| d.status.to_string()),
    }
}

fn gap(d: &SourceDayRow) -> Gap {
    Gap { source: d.source.to_string(), date: d.date.to_string(), status: d.status.to_string() }
}

fn breach_line(b: &Breach) -> BreachLine {
    let on_breach = match b.on_breach {
        OnBreach::Warn => "warn",
        OnBreach::Stamp => "stamp",
        OnBreach::Stop => "stop",
    };
    BreachLine {
        source: b.source.to_string(),
        rule: b.rule.word().into(),
        found: b.found,
        expected: b.expected,
        on_breach: on_breach.into(),
    }
}

/// The exit code of a run that came to its commit.
pub(super) fn exit_code(done: &Done) -> u8 {
    let refused = done.loaded.files.iter().any(FileOutcome::is_left_out);
    let broken = done.days.iter().flat_map(|d| &d.breaches).any(|b| b.on_breach != OnBreach::Warn);
    match (&done.lacking, refused || broken) {
        (Some(_), _) => 1,
        (None, true) => 3,
        (None, false) => 0,
    }
}

/// The word for it, as the ledger of runs keeps it.
pub(super) fn status(done: &Done) -> &'static str {
    match exit_code(done) {
        0 => "ok",
        1 => "failed",
        _ if done.days.iter().any(DayDone::is_stopped) => "stopped",
        _ => "stamped",
    }
}
