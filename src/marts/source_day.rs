//! `source_day`: is a source's day complete? (contract §3.2)
//!
//! ```text
//! covered from the first of three days in a row with rows
//! expected = median of the same weekday in the 4 weeks before (covered, not closed; at least 2 of them)
//! status   = closed | missing (0 rows, expected >= 20) | low (< 0.3 × expected, expected >= 20) | ok
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::schema::SOURCES;
use crate::domain::{Day, Str};
use crate::rows;
use crate::stats::median::median;

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
        matches!(&*self.status, "missing" | "low")
    }
}

/// Below it a day says nothing about completeness (events).
const ENOUGH: f64 = 20.0;
/// Share of the expected rows below which a day is low.
const LOW: f64 = 0.3;

impl MartRow for SourceDayRow {
    const NEEDS: &'static [&'static str] = &[];

    fn compute(marts: &Marts<'_>) -> Result<Vec<SourceDayRow>> {
        let mut by_source: BTreeMap<Str, BTreeMap<Day, i64>> = BTreeMap::new();
        for row in marts.visible.source_rows()? {
            by_source.entry(row.key[0].clone()).or_default().insert(row.day, row.count(0));
        }
        let holidays = &marts.visible.project.holidays;
        let mut rows: Vec<SourceDayRow> = SOURCES
            .iter()
            .filter(|s| s.is_events())
            .filter_map(|s| by_source.get(s.name).map(|days| days_of(s.name, days, marts.visible.day, holidays)))
            .flatten()
            .collect();
        rows.sort_unstable_by(|a, b| (a.date, &a.source).cmp(&(b.date, &b.source)));
        Ok(rows)
    }
}

fn days_of(source: &str, rows: &BTreeMap<Day, i64>, as_of: Day, holidays: &BTreeSet<Day>) -> Vec<SourceDayRow> {
    let has = |day: Day| rows.get(&day).is_some_and(|n| *n > 0);
    let Some(first) = rows.keys().copied().find(|d| has(*d) && has(*d + 1) && has(*d + 2)) else {
        return Vec::new();
    };
    let count = |day: Day| rows.get(&day).copied().unwrap_or(0);
    let row = |day: Day| {
        let counts = |d: &Day| *d >= first && !holidays.contains(d);
        let mut before: Vec<i64> = (1..=4).map(|week| day - 7 * week).filter(counts).map(count).collect();
        let expected = if before.len() < 2 { None } else { median(&mut before) };
        let status = status(holidays.contains(&day), count(day), expected);
        SourceDayRow { date: day, source: source.into(), rows: count(day), expected, status: status.into() }
    };
    (first.0..=as_of.0).map(|day| row(Day(day))).collect()
}

fn status(closed: bool, rows: i64, expected: Option<f64>) -> &'static str {
    let expected = expected.filter(|e| *e >= ENOUGH);
    match expected {
        _ if closed => "closed",
        Some(_) if rows == 0 => "missing",
        Some(expected) if (rows as f64) < LOW * expected => "low",
        _ => "ok",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covered_from_three_in_a_row_and_judged_by_the_same_weekday() {
        // A lone day, then days 10..=40 with 30 rows each, but none on day 38 and 8 on day 39.
        let mut rows: BTreeMap<Day, i64> = (10..=40).map(|d| (Day(d), 30)).collect();
        rows.insert(Day(3), 5);
        rows.remove(&Day(38));
        rows.insert(Day(39), 8);
        let holidays = BTreeSet::from([Day(33)]);
        let days = days_of("s", &rows, Day(41), &holidays);
        let status = |d: i32| days.iter().find(|r| r.date == Day(d)).map(|r| r.status.to_string());
        assert_eq!(days[0].date, Day(10));
        assert_eq!(status(38).as_deref(), Some("missing"));
        assert_eq!(status(39).as_deref(), Some("low"));
        assert_eq!(status(33).as_deref(), Some("closed"));
        assert_eq!(status(41).as_deref(), Some("missing"));
        // One week before is not enough to expect anything; two are.
        assert_eq!(days[7].expected, None);
        assert_eq!(days[14].expected, Some(30.0));
    }
}
