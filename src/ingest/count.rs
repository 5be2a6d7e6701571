//! One day of one event source -> how many of its events count for each company: what the roll-ups add up.
//!
//! A day that gets its only file in a run is counted while it is written; of any other the files are read (`rollup`).

mod names;
mod tally;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;

use crate::domain::Day;
use crate::lake::DataFile;

use super::account::LoadError;
use names::Names;
use tally::Tally;

/// What counts of an event source; rows with a word in `excluded` never do.
#[derive(Debug)]
pub struct Counted {
    source: &'static str,
    /// The counter of `member_day` that its events add to.
    pub counter: &'static str,
    excluded: bool,
    /// Values that a row must have.
    only: &'static [(&'static str, &'static str)],
    /// The column that names who came, each counted once: `visitors` of `member_day`.
    visitor: Option<&'static str>,
    /// The column by whose words events are counted too, and the word of rows that have none, if they count.
    kind: Option<(&'static str, Option<&'static str>)>,
}

const PLAIN: Counted = Counted { source: "", counter: "", excluded: true, only: &[], visitor: None, kind: None };

/// Every event source.
const COUNTED: &[Counted] = &[
    Counted {
        source: "shop_clicks",
        counter: "shop_clicks",
        visitor: Some("visitor_id"),
        kind: Some(("click_source", None)),
        ..PLAIN
    },
    Counted { source: "ad_clicks", counter: "ad_clicks", kind: Some(("ad_slot", Some("unknown"))), ..PLAIN },
    Counted { source: "contact_views", counter: "contact_views", ..PLAIN },
    Counted { source: "messages", counter: "messages", ..PLAIN },
    Counted { source: "inquiries", counter: "inquiries", ..PLAIN },
    Counted {
        source: "calls",
        counter: "aftersale_calls",
        excluded: false,
        only: &[("outcome", "connected"), ("purpose", "aftersale")],
        ..PLAIN
    },
];

impl Counted {
    /// What counts of a source.
    ///
    /// # Errors
    /// It has no events: a fault of the program.
    pub fn of(source: &str) -> Result<&'static Counted, LoadError> {
        let found = COUNTED.iter().find(|c| c.source == source);
        found.ok_or_else(|| LoadError::Internal(format!("no counter for the events of {source}")))
    }

    /// Whether it is told who came.
    pub fn has_visitors(&self) -> bool {
        self.visitor.is_some()
    }

    /// The columns that are looked at.
    pub fn columns(&self) -> Vec<&'static str> {
        let more = self.excluded.then_some("excluded").into_iter().chain(self.only.iter().map(|(column, _)| *column));
        ["company_id"].into_iter().chain(more).chain(self.visitor).chain(self.kind.map(|(column, _)| column)).collect()
    }

    /// Those of them whose texts are stored as numbers of a dictionary.
    pub fn coded(&self) -> Vec<&'static str> {
        let columns = self.columns().into_iter().skip(1);
        columns.filter(|column| Some(*column) != self.visitor).collect()
    }
}

/// The events of one source that count on one day, by company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    companies: Names,
    /// Events and distinct visitors of each company.
    counts: Vec<(u32, u32)>,
    kinds: Names,
    /// Company, kind, events; sorted.
    by_kind: Vec<(u32, u32, u32)>,
}

impl Counts {
    /// Company, events, distinct visitors, in the order of companies.
    pub fn companies(&self) -> impl Iterator<Item = (&str, u32, u32)> {
        self.companies.iter().zip(&self.counts).map(|(name, (events, visitors))| (name, *events, *visitors))
    }

    /// Company, kind, events, in this order.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &str, u32)> {
        self.by_kind.iter().map(|(company, kind, n)| (self.companies.get(*company), self.kinds.get(*kind), *n))
    }

    /// About the memory that it takes.
    fn bytes(&self) -> usize {
        self.companies.bytes() + self.kinds.bytes() + self.counts.len() * 8 + self.by_kind.len() * 12
    }
}

/// What was counted while days were written.
#[derive(Clone, Debug, Default)]
pub struct CountedDays {
    days: BTreeMap<(&'static str, Day), (PathBuf, Counts)>,
    bytes: usize,
}

/// Memory for counts that are kept: about those of a year of a portal of ten thousand companies. Beyond it files are read.
const KEPT_BYTES: usize = 48 << 20;

impl CountedDays {
    /// Keeps the counts of a file that is its day's only one, while there is room.
    pub fn add(&mut self, source: &'static str, day: Day, file: &Path, counts: Counts) {
        if self.bytes < KEPT_BYTES {
            self.bytes += counts.bytes();
            self.days.insert((source, day), (file.to_path_buf(), counts));
        }
    }

    /// The counts of a day's live files: of one that is the same still.
    pub fn of(&self, source: &'static str, day: Day, files: &[DataFile]) -> Option<&Counts> {
        let (path, counts) = self.days.get(&(source, day))?;
        matches!(files, [file] if file.path == *path).then_some(counts)
    }
}

/// Counts the rows of one day; `files` is how many files they stand in.
pub fn count(counted: &Counted, batches: &[RecordBatch], files: usize) -> Result<Counts, LoadError> {
    // Rows of one file are sorted by company. Should they not be, they are counted once more, as of several files.
    for in_order in [files < 2, false] {
        let mut tally = Tally::new(in_order);
        for batch in batches {
            tally.add(counted, batch)?;
        }
        if !tally.disordered {
            return Ok(tally.finish());
        }
    }
    Err(LoadError::Internal("rows without an order were found out of order".into()))
}
