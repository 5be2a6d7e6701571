//! Values of arguments: dates, times, durations, formats.

use std::time::Duration;

use clap::ValueEnum;

use crate::domain::{Day, Micros};

pub fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "expected a date YYYY-MM-DD from 1900-01-01 to 2199-12-31".into())
}

pub fn time(text: &str) -> Result<Micros, String> {
    Micros::parse_rfc3339(text)
        .ok_or_else(|| "expected an RFC 3339 time with an offset, as 2026-11-01T02:30:00+08:00".into())
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
