//! Which days of which event source the lake knows, as `source_day` says: what is not covered is unknown, never zero.

use std::collections::BTreeMap;

use crate::domain::{Day, Str};

use super::super::source_day::SourceDayRow;

/// Which days of which event source the lake knows.
pub struct Coverage {
    sources: BTreeMap<Str, Source>,
}

struct Source {
    /// First covered day.
    from: Day,
    missing: Vec<Day>,
}

impl Coverage {
    /// By the rows of `source_day`, which stand in order of their day.
    pub fn of(rows: &[SourceDayRow]) -> Coverage {
        let mut sources: BTreeMap<Str, Source> = BTreeMap::new();
        for row in rows {
            let source = sources.entry(row.source.clone()).or_insert(Source { from: row.date, missing: Vec::new() });
            if &*row.status == "missing" {
                source.missing.push(row.date);
            }
        }
        Coverage { sources }
    }

    /// Missing days of a source from `first` to `last`, both in; `None` when the source does not cover the window, or all of it is missing.
    pub fn missing(&self, source: &str, first: Day, last: Day) -> Option<i32> {
        let source = self.sources.get(source).filter(|s| s.from <= first)?;
        let missing = source.missing.iter().filter(|d| (first..=last).contains(d)).count() as i32;
        (missing < last - first + 1).then_some(missing)
    }

    /// Whether every day of a window is known.
    pub fn is_whole(&self, source: &str, first: Day, last: Day) -> bool {
        self.missing(source, first, last) == Some(0)
    }
}
