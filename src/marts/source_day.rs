//! `source_day`: is a source's day complete? (contract §3.2)
//!
//! The rule stands in `facts/coverage.rs`.

use std::rc::Rc;

use crate::domain::{Day, Str};
use crate::facts::coverage::{Coverage, is_gap, source_days};
use crate::rows;

use super::{MartRow, Marts, Result};

rows! {
    /// One covered day of an event source.
    pub struct SourceDayRow = "source_day", "covered day and event source", key(date, source) {
        /// local day
        date: Day,
        /// event source
        source: Str,
        /// loaded events, excluded ones too
        rows: i64,
        /// median of the same weekday in the 4 weeks before (events)
        expected: Option<f64>,
        /// closed, missing, low or ok
        status: Str,
    }
}

impl SourceDayRow {
    /// Whether rows of the day are missing: it must not be read as little activity.
    pub fn is_gap(&self) -> bool {
        is_gap(&self.status)
    }
}

/// Which days of which source are known.
pub fn coverage(marts: &Marts<'_>) -> Result<Rc<Coverage>> {
    marts.once(|marts| {
        let rows = marts.rows::<SourceDayRow>()?;
        Ok(Coverage::of(rows.iter().map(|row| (&row.source, row.date, &*row.status))))
    })
}

impl MartRow for SourceDayRow {
    const NEEDS: &'static [&'static str] = &[];

    fn compute(marts: &Marts<'_>) -> Result<Vec<SourceDayRow>> {
        let mut rows = Vec::new();
        for (source, days) in source_days(marts.visible)? {
            rows.extend(days.into_iter().map(|d| SourceDayRow {
                date: d.day,
                source: source.into(),
                rows: d.rows,
                expected: d.expected,
                status: d.status.into(),
            }));
        }
        rows.sort_unstable_by(|a, b| (a.date, &a.source).cmp(&(b.date, &b.source)));
        Ok(rows)
    }
}
