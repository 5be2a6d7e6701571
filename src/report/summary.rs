//! What a run did: for the operator's terminal, the ledger and the `run_summary` report.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ReportError;
use super::lang::Words;
use crate::domain::printable::printable;

/// One run, from its first file to its exit code. Days, times and paths are text as the contract writes them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunSummary {
    pub run_id: i64,
    pub pipeline: String,
    /// Business days that were computed.
    pub as_of: Vec<String>,
    /// The run's clock, local: `2026-11-01 02:30`.
    pub started_at: String,
    pub time_zone: String,
    /// `ok`, `stamped`, `stopped` or `failed`.
    pub status: String,
    pub exit_code: u8,
    /// Files that were taken in or refused.
    pub files: Vec<FileLine>,
    /// Files that were known before and are not listed.
    pub skipped_files: i64,
    pub quarantined: Vec<Quarantined>,
    pub freshness: Vec<FreshnessLine>,
    /// Source-days `missing` or `low` within the last 60 days.
    pub gaps: Vec<Gap>,
    pub breaches: Vec<BreachLine>,
    /// Warnings as the reports show them.
    pub banners: Vec<String>,
    pub steps: Vec<Step>,
    /// Columns that no source knows, by source.
    pub unknown_columns: BTreeMap<String, Vec<String>>,
    /// Report files that were published.
    pub reports: Vec<String>,
    /// Those of them to open first: the pages that are about the whole.
    pub pages: Vec<String>,
    /// Contracts that are kept off the call list; none: no list was made.
    pub held_out: Option<i64>,
    /// Snapshot of the lake after the run.
    pub snapshot: Option<i64>,
    /// Why the run failed.
    pub failure: Option<String>,
}

/// A file; read = loaded + duplicate + quarantined.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileLine {
    pub source: String,
    pub path: String,
    /// `loaded`, `skipped` or `refused`.
    pub status: String,
    pub rows_read: i64,
    pub rows_loaded: i64,
    pub rows_duplicate: i64,
    pub rows_quarantined: i64,
    /// Quarantined rows by reason.
    pub reasons: BTreeMap<String, i64>,
    pub message: Option<String>,
}

/// Rows of a source that were quarantined for a reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quarantined {
    pub source: String,
    pub reason: String,
    pub rows: i64,
}

/// How fresh an event source is at the end of the as-of day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FreshnessLine {
    pub source: String,
    /// Newest event, in UTC.
    pub newest: Option<String>,
    /// Its age, hours.
    pub age_h: Option<f64>,
    /// Rows of the as-of day, and what was expected.
    pub rows: Option<i64>,
    pub expected: Option<f64>,
    /// `closed`, `missing`, `low`, `ok`; none: not covered.
    pub status: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gap {
    pub source: String,
    pub date: String,
    pub status: String,
}

/// An expectation that was not met; hours or ratios.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BreachLine {
    pub source: String,
    pub rule: String,
    pub found: Option<f64>,
    pub expected: f64,
    /// `warn`, `stamp` or `stop`.
    pub on_breach: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    pub step: String,
    pub ms: u64,
}

/// Sums of a source's files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub files: i64,
    pub read: i64,
    pub loaded: i64,
    pub duplicate: i64,
    pub quarantined: i64,
}

/// The most lines of one kind on a terminal.
const MOST_LINES: usize = 20;

impl RunSummary {
    /// The summary as a JSON document.
    pub fn json(&self) -> Result<Vec<u8>, ReportError> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Sums by source, of files that were not skipped.
    pub fn by_source(&self) -> BTreeMap<&str, Taken> {
        let mut sources: BTreeMap<&str, Taken> = BTreeMap::new();
        for file in self.files.iter().filter(|f| f.status != "skipped") {
            let sum = sources.entry(&file.source).or_default();
            sum.files += 1;
            sum.read += file.rows_read;
            sum.loaded += file.rows_loaded;
            sum.duplicate += file.rows_duplicate;
            sum.quarantined += file.rows_quarantined;
        }
        sources
    }

    /// The run in a few plain lines for stderr.
    pub fn lines(&self, words: &Words) -> Vec<String> {
        let mut lines = Vec::new();
        let number = |n: i64| n.to_string();
        for (source, t) in self.by_source() {
            let values = [
                ("source", source),
                ("files", &number(t.files)),
                ("read", &number(t.read)),
                ("loaded", &number(t.loaded)),
                ("duplicate", &number(t.duplicate)),
                ("quarantined", &number(t.quarantined)),
            ];
            lines.push(words.fill("lines.source", &values));
        }
        let skipped = self.skipped_files + self.files.iter().filter(|f| f.status == "skipped").count() as i64;
        if self.files.iter().all(|f| f.status == "skipped") {
            lines.push(words.fill("lines.nothing_new", &[("n", &number(skipped))]));
        } else if skipped > 0 {
            lines.push(words.fill("lines.skipped", &[("n", &number(skipped))]));
        }
        let refused = self
            .files
            .iter()
            .filter(|f| matches!(&*f.status, "refused" | "unreadable"))
            .map(|f| words.fill("lines.refused", &file_and_why(f)));
        few(&mut lines, words, refused);
        let waiting = self.files.iter().filter(|f| f.status == "waiting");
        few(&mut lines, words, waiting.map(|f| words.fill("lines.waiting", &file_and_why(f))));
        let quarantined = self.quarantined.iter().map(|q| {
            words.fill("lines.quarantined", &[("source", &q.source), ("reason", &q.reason), ("n", &number(q.rows))])
        });
        few(&mut lines, words, quarantined);
        for (source, columns) in &self.unknown_columns {
            let list = columns.join(words.get("format.list"));
            lines.push(words.fill("lines.unknown_columns", &[("source", source), ("columns", &list)]));
        }
        lines.extend(self.breaches.iter().map(|b| breach(b, words)));
        let gap = |g: &Gap| words.fill("lines.gap", &[("source", &g.source), ("date", &g.date), ("status", &g.status)]);
        // The latest say most.
        few(&mut lines, words, self.gaps.iter().rev().map(gap));
        lines.extend(self.banners.iter().map(|b| words.fill("lines.banner", &[("text", b)])));
        let held = self.held_out.filter(|n| *n > 0);
        lines.extend(held.map(|n| words.fill("lines.held", &[("n", &number(n))])));
        few(&mut lines, words, self.pages.iter().map(|path| words.fill("lines.report", &[("path", path)])));
        if let Some(failure) = &self.failure {
            lines.push(words.fill("lines.failure", &[("why", failure)]));
        }
        let status = words.find(&format!("code.run_status.{}", self.status)).unwrap_or(&self.status);
        lines.push(words.fill(
            "lines.end",
            &[
                ("run", &number(self.run_id)),
                ("pipeline", &self.pipeline),
                ("as_of", &self.as_of.join(words.get("format.list"))),
                ("status", status),
                ("code", &self.exit_code.to_string()),
            ],
        ));
        lines.iter().map(|line| printable(line).into_owned()).collect()
    }
}

fn file_and_why(f: &FileLine) -> [(&str, &str); 3] {
    [("source", &f.source), ("path", &f.path), ("why", f.message.as_deref().unwrap_or("–"))]
}

/// A breach in a sentence.
pub fn breach(b: &BreachLine, words: &Words) -> String {
    let found = b.found.map_or("–".to_string(), |x| format!("{x:.2}"));
    let action = words.find(&format!("code.on_breach.{}", b.on_breach)).unwrap_or(&b.on_breach);
    words.fill(
        "lines.breach",
        &[
            ("source", &b.source),
            ("rule", &b.rule),
            ("found", &found),
            ("expected", &format!("{:.2}", b.expected)),
            ("action", action),
        ],
    )
}

/// The first lines of a kind, and how many more there are.
fn few(lines: &mut Vec<String>, words: &Words, all: impl Iterator<Item = String>) {
    let mut rest = 0;
    for (n, line) in all.enumerate() {
        if n < MOST_LINES { lines.push(line) } else { rest += 1 }
    }
    if rest > 0 {
        lines.push(words.fill("lines.more", &[("n", &rest.to_string())]));
    }
}
