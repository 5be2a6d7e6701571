//! Values of arguments: dates, times, durations, formats.

use std::time::Duration;

use clap::ValueEnum;

use crate::config::{Audience, hint, listed};
use crate::domain::{Day, Micros, Zone};
use crate::report::audience_word;

pub fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "expected a date YYYY-MM-DD from 1900-01-01 to 2199-12-31".into())
}

pub fn time(text: &str) -> Result<Micros, String> {
    Micros::parse_rfc3339(text)
        .ok_or_else(|| "expected an RFC 3339 time with an offset, as 2026-11-01T02:30:00+08:00".into())
}

/// A time, or a whole day of the project's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeOrDay {
    Time(Micros),
    Day(Day),
}

impl TimeOrDay {
    /// The time; of a day its last microsecond.
    pub fn end(self, zone: &Zone) -> Micros {
        match self {
            TimeOrDay::Time(at) => at,
            TimeOrDay::Day(day) => Micros(zone.start_of(day + 1).0 - 1),
        }
    }
}

pub fn time_or_day(text: &str) -> Result<TimeOrDay, String> {
    if let Some(day) = Day::parse(text) {
        return Ok(TimeOrDay::Day(day));
    }
    time(text).map(TimeOrDay::Time).map_err(|expected| format!("{expected}, or a date, whose end is meant"))
}

/// `90s`, `30m`, `2h`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a whole number and s, m or h, as 30m".to_string();
    let unit = match text.as_bytes().last() {
        Some(b's') => 1,
        Some(b'm') => 60,
        Some(b'h') => 3_600,
        _ => return Err(expected()),
    };
    let digits = &text[..text.len() - 1];
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u64>().ok()).flatten();
    number.and_then(|n| n.checked_mul(unit)).map(Duration::from_secs).ok_or_else(expected)
}

/// `ops`, `after_sales`, `sales`, `management`.
pub fn audience(text: &str) -> Result<Audience, String> {
    let all = [Audience::Ops, Audience::AfterSales, Audience::Sales, Audience::Management];
    let words = || all.into_iter().map(audience_word);
    all.into_iter()
        .find(|a| audience_word(*a) == text)
        .ok_or_else(|| format!("expected {}{}", listed(words()), hint(text, words())))
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// RFC 4180 with a header
    Csv,
    /// A list of objects
    Json,
    Parquet,
    /// For reading
    Table,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shanghai is 8 hours ahead.
    #[test]
    fn a_day_is_meant_to_its_end() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let end = |text: &str| time_or_day(text).unwrap().end(&zone).to_string();
        assert_eq!(end("2026-11-01"), "2026-11-01T15:59:59.999999Z");
        assert_eq!(end("2026-11-01T02:30:00+08:00"), "2026-10-31T18:30:00Z");
        assert!(time_or_day("2026-11-01T02:30:00").unwrap_err().contains("or a date"));
    }

    #[test]
    fn durations() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("30m"), Ok(Duration::from_secs(1_800)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7_200)));
        for bad in ["", "m", "30", "-1m", "+1m", "1.5h", "30 m", "1d", "99999999999999999999h", "1µ"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
