//! Which days of an event source are complete (contract §3.2): the rule of `source_day`, and the days that count.
//!
//! ```text
//! covered from the first of three days in a row with rows
//! expected = median of the same weekday in the 4 weeks before (covered, not closed; at least 2 of them)
//! status   = closed | missing (0 rows, expected >= 20) | low (< 0.3 × expected, expected >= 20) | ok
//! ```
//!
//! A day's status rests on that day and on earlier ones, so it is the same on every later as-of day.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::schema::{SOURCES, Source};
use crate::domain::{Day, Str};
use crate::lake::Result;
use crate::stats::median::median;

use super::Visible;

/// One covered day of an event source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceDay {
    pub day: Day,
    /// Loaded events, excluded ones too.
    pub rows: i64,
    /// Median of the same weekday in the 4 weeks before.
    pub expected: Option<f64>,
    /// `closed`, `missing`, `low` or `ok`.
    pub status: &'static str,
}

/// Below it a day says nothing about completeness (events).
const ENOUGH: f64 = 20.0;
/// Share of the expected rows below which a day is low.
const LOW: f64 = 0.3;
const MISSING: &str = "missing";

/// Whether a status says that rows are missing.
pub fn is_gap(status: &str) -> bool {
    matches!(status, MISSING | "low")
}

/// The covered days of every event source, by the order of sources, then by day.
pub fn source_days(visible: &Visible<'_>) -> Result<Vec<(&'static str, Vec<SourceDay>)>> {
    let holidays = &visible.project.holidays;
    let days = |source: &'static Source| {
        let rows = visible.loaded(source.name)?;
        Ok((source.name, days_of(&rows, visible.day, holidays)))
    };
    SOURCES.iter().filter(|s| s.is_events()).map(days).collect()
}

fn days_of(rows: &BTreeMap<Day, i64>, as_of: Day, holidays: &BTreeSet<Day>) -> Vec<SourceDay> {
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
        SourceDay { day, rows: count(day), expected, status }
    };
    (first.0..=as_of.0).map(|day| row(Day(day))).collect()
}

fn status(closed: bool, rows: i64, expected: Option<f64>) -> &'static str {
    let expected = expected.filter(|e| *e >= ENOUGH);
    match expected {
        _ if closed => "closed",
        Some(_) if rows == 0 => MISSING,
        Some(expected) if (rows as f64) < LOW * expected => "low",
        _ => "ok",
    }
}

/// The days of which something is known: covered, and not missing. Counted in no time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownDays {
    first: Option<Day>,
    /// Known days before the first day + i.
    before: Vec<i32>,
}

impl KnownDays {
    /// The known days of a source's covered ones, which follow each other.
    pub fn of(days: &[SourceDay]) -> KnownDays {
        KnownDays::from(days.first().map(|d| d.day), days.iter().map(|d| d.status != MISSING))
    }

    /// The known days of which most came: not low either. That a company has no row on another says nothing.
    pub fn whole(days: &[SourceDay]) -> KnownDays {
        KnownDays::from(days.first().map(|d| d.day), days.iter().map(|d| !is_gap(d.status)))
    }

    /// Days on which any of several sources is known.
    pub fn any(of: &[&KnownDays]) -> KnownDays {
        let first = of.iter().filter_map(|k| k.first).min();
        let last = of.iter().filter_map(|k| k.last()).max();
        let span = first.zip(last).map(|(first, last)| first.0..=last.0).into_iter().flatten();
        KnownDays::from(first, span.map(|day| of.iter().any(|k| k.is(Day(day)))))
    }

    fn from(first: Option<Day>, known: impl Iterator<Item = bool>) -> KnownDays {
        let mut sum = 0;
        let mut before = vec![0];
        for known in known {
            sum += i32::from(known);
            before.push(sum);
        }
        KnownDays { first, before }
    }

    pub fn first(&self) -> Option<Day> {
        self.first
    }

    fn last(&self) -> Option<Day> {
        self.first.map(|first| first + self.before.len() as i32 - 2)
    }

    pub fn is(&self, day: Day) -> bool {
        self.between(day, day) == 1
    }

    /// The last known day up to a day.
    pub fn latest(&self, day: Day) -> Option<Day> {
        let first = self.first?;
        let n = self.between(first, day);
        (n > 0).then(|| first + self.before.partition_point(|before| *before < n) as i32 - 1)
    }

    /// Known days from `from` to `to`, both in.
    pub fn between(&self, from: Day, to: Day) -> i32 {
        let Some(first) = self.first.filter(|_| from <= to) else { return 0 };
        let upto = |days: i32| self.before[(days.max(0) as usize).min(self.before.len() - 1)];
        upto(to - first + 1) - upto(from - first)
    }
}

/// The known days of every event source: what is not covered is unknown, never zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage(BTreeMap<Str, KnownDays>);

impl Coverage {
    /// From source, day and status of covered days, each source's in order.
    pub fn of<'d>(days: impl Iterator<Item = (&'d Str, Day, &'d str)>) -> Coverage {
        let mut sources: BTreeMap<&Str, (Day, Vec<bool>)> = BTreeMap::new();
        for (source, day, status) in days {
            sources.entry(source).or_insert((day, Vec::new())).1.push(status != MISSING);
        }
        let known = |(source, (first, known)): (&Str, (Day, Vec<bool>))| {
            (source.clone(), KnownDays::from(Some(first), known.into_iter()))
        };
        Coverage(sources.into_iter().map(known).collect())
    }

    /// Missing days of a source from `first` to `last`, both in and up to the as-of day; `None` when the source does not cover the
    /// window, or all of it is missing.
    pub fn missing(&self, source: &str, first: Day, last: Day) -> Option<i32> {
        let source = self.0.get(source).filter(|s| s.first().is_some_and(|covered| covered <= first))?;
        let known = source.between(first, last);
        (known > 0).then_some(last - first + 1 - known)
    }

    /// Whether any day of a source is known.
    pub fn has(&self, source: &str) -> bool {
        self.0.get(source).is_some_and(|days| days.first().is_some())
    }

    /// Whether every day of a window is known.
    pub fn is_whole(&self, source: &str, first: Day, last: Day) -> bool {
        self.missing(source, first, last) == Some(0)
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
        let days = days_of(&rows, Day(41), &holidays);
        let status = |d: i32| days.iter().find(|r| r.day == Day(d)).map(|r| r.status);
        assert_eq!(days[0].day, Day(10));
        assert_eq!(status(38), Some("missing"));
        assert_eq!(status(39), Some("low"));
        assert_eq!(status(33), Some("closed"));
        assert_eq!(status(41), Some("missing"));
        // One week before is not enough to expect anything; two are.
        assert_eq!(days[7].expected, None);
        assert_eq!(days[14].expected, Some(30.0));
        // 10..=37, 39, 40 are known.
        let known = KnownDays::of(&days);
        assert_eq!(known.between(Day(0), Day(99)), 30);
        assert_eq!(known.between(Day(36), Day(39)), 3);
        assert_eq!((known.between(Day(0), Day(9)), known.between(Day(38), Day(38))), (0, 0));
        assert!(known.is(Day(10)) && !known.is(Day(38)) && !known.is(Day(42)));
        assert_eq!(
            [9, 10, 38, 39, 99].map(|d| known.latest(Day(d))),
            [None, Some(10), Some(37), Some(39), Some(40)].map(|d| d.map(Day))
        );
        // 39 is low.
        let whole = KnownDays::whole(&days);
        assert_eq!((whole.between(Day(0), Day(99)), whole.latest(Day(39))), (29, Some(Day(37))));
    }

    #[test]
    fn any_of_several_is_known() {
        let days = |from: i32, to: i32| {
            let row = |d| SourceDay { day: Day(d), rows: 1, expected: None, status: "ok" };
            KnownDays::of(&(from..=to).map(row).collect::<Vec<_>>())
        };
        let any = KnownDays::any(&[&days(5, 9), &KnownDays::default(), &days(12, 13)]);
        assert_eq!(any.between(Day(0), Day(99)), 7);
        assert!(any.is(Day(12)) && !any.is(Day(10)));
        assert_eq!(KnownDays::any(&[&KnownDays::default()]).between(Day(0), Day(9)), 0);
    }

    /// Days 10..=14, of which 12 and 13 are missing.
    #[test]
    fn a_window_is_known_as_far_as_it_is_covered() {
        let source = Str::from("calls");
        let status = |d| if matches!(d, 12 | 13) { "missing" } else { "low" };
        let coverage = Coverage::of((10..=14).map(|d| (&source, Day(d), status(d))));
        let missing = |first, last| coverage.missing("calls", Day(first), Day(last));
        assert_eq!([missing(10, 14), missing(10, 11), missing(12, 13)], [Some(2), Some(0), None]);
        assert_eq!((missing(9, 14), coverage.missing("messages", Day(10), Day(14))), (None, None));
        assert!(coverage.is_whole("calls", Day(10), Day(11)) && !coverage.is_whole("calls", Day(10), Day(12)));
    }
}
