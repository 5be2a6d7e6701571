//! How a source writes its times.
//!
//! | `ts_format` | text that is read |
//! |---|---|
//! | `rfc3339` | `2026-07-01T09:30:00.5+08:00`, `2026-07-01 09:30:00` (local) |
//! | `epoch_s`, `epoch_ms` | `1782869400`, `1782869400000.5`: seconds, milliseconds since 1970-01-01T00:00:00Z |
//! | a pattern | what `strptime` reads by it; without an offset it is local |

use jiff::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::Offset;

use super::day::Day;
use super::decimal::decimal;
use super::zone::{MICROS_PER_SECOND, Micros};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TimeFormat {
    #[default]
    Rfc3339,
    EpochSeconds,
    EpochMillis,
    /// Directives of `strptime`, proved by [`TimeFormat::pattern`].
    Pattern(String),
}

/// What a text says of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    At(Micros),
    /// Microseconds since 1970-01-01T00:00:00 on the wall.
    Wall(i64),
}

/// No instant of any use lies further from 1970; sums with it cannot overflow.
const FAR: i64 = i64::MAX / 4;

impl TimeFormat {
    /// A pattern that names a whole date and a time of day, to the minute at least: shown by writing two times by it
    /// and reading them back.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn pattern(pattern: &str) -> Result<TimeFormat, String> {
        // Before and after noon, in days over and under 12, of two years.
        for seconds in [1_772_906_948, 1_322_009_251] {
            let probe = Timestamp::from_second(seconds).map_err(|e| e.to_string())?;
            let written = BrokenDownTime::from(probe).to_string(pattern).map_err(|e| e.to_string())?;
            let read = match by_pattern(pattern, &written) {
                Some(Moment::At(at)) => at.0,
                Some(Moment::Wall(wall)) => wall,
                None => return Err(format!("it writes a time as {written:?} and cannot read that back")),
            };
            let lost = (seconds - read.div_euclid(MICROS_PER_SECOND)).abs();
            if lost >= 60 {
                return Err(format!("it writes {probe} as {written:?}, which leaves the date or the time of day open"));
            }
        }
        Ok(TimeFormat::Pattern(pattern.to_string()))
    }

    /// Reads a trimmed text.
    #[inline]
    pub(super) fn read(&self, text: &str, last: &mut LastDay) -> Option<Moment> {
        match self {
            TimeFormat::Rfc3339 => Some(match wall_time(text, last)? {
                (wall, Some(offset)) => Moment::At(Micros(wall - offset)),
                (wall, None) => Moment::Wall(wall),
            }),
            TimeFormat::EpochSeconds => epoch(text, 6),
            TimeFormat::EpochMillis => epoch(text, 3),
            TimeFormat::Pattern(pattern) => by_pattern(pattern, text),
        }
    }
}

/// A number of seconds (`places` 6) or milliseconds (3), cut after microseconds; one beyond all calendars as [`FAR`].
fn epoch(text: &str, places: usize) -> Option<Moment> {
    let number = decimal(text, false)?;
    let decimals = (0..places).map(|n| number.decimals.get(n).map_or(0, |c| c - b'0'));
    let micros = (number.whole.iter().map(|c| c - b'0').chain(decimals))
        .try_fold(0i64, |n, digit| n.checked_mul(10)?.checked_add(i64::from(digit)));
    let micros = micros.map_or(FAR, |n| n.min(FAR));
    Some(Moment::At(Micros(if number.negative { -micros } else { micros })))
}

fn by_pattern(pattern: &str, text: &str) -> Option<Moment> {
    let time = BrokenDownTime::parse(pattern, text).ok()?;
    if time.iana_time_zone().is_some() || is_leap_second(pattern, text, &time) {
        return None;
    }
    if time.timestamp().is_some() || time.offset().is_some() {
        return Some(Moment::At(Micros(time.to_timestamp().ok()?.as_microsecond())));
    }
    let wall = Offset::UTC.to_timestamp(time.to_datetime().ok()?).ok()?;
    Some(Moment::Wall(wall.as_microsecond()))
}

/// Whether the text says second 60, which the parser takes for 59: then no other number can stand in its place.
fn is_leap_second(pattern: &str, text: &str, time: &BrokenDownTime) -> bool {
    let unreadable = |at: usize| {
        let other = format!("{}61{}", &text[..at], &text[at + 2..]);
        BrokenDownTime::parse(pattern, other).is_err()
    };
    time.second() == Some(59) && text.match_indices("60").any(|(at, _)| unreadable(at))
}

/// Two ASCII digits as a number.
pub(super) fn two(b: &[u8], at: usize) -> Option<i64> {
    let (tens, ones) = (b.get(at)?.wrapping_sub(b'0'), b.get(at + 1)?.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
}

/// The day that was read last, with its text: most times of a file follow one of the same day.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastDay(Option<([u8; 10], Day)>);

impl LastDay {
    #[inline]
    fn read(&mut self, text: &str) -> Option<Day> {
        let bytes: [u8; 10] = *text.as_bytes().first_chunk()?;
        match self.0 {
            Some((last, day)) if last == bytes => Some(day),
            _ => {
                // A time far away can be read; it is out of range, not unreadable.
                let day = Day::parse_any(text.get(..bytes.len())?)?;
                self.0 = Some((bytes, day));
                Some(day)
            }
        }
    }
}

/// Wall time in microseconds since 1970-01-01T00:00:00 on that wall, and the offset in microseconds if one is written.
fn wall_time(text: &str, last: &mut LastDay) -> Option<(i64, Option<i64>)> {
    let b = text.as_bytes();
    let day = last.read(text)?;
    if b.len() < 19 || !matches!(b[10], b'T' | b't' | b' ') || b[13] != b':' || b[16] != b':' {
        return None;
    }
    let (hour, minute, second) = (two(b, 11)?, two(b, 14)?, two(b, 17)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (micros, rest) = fraction(&b[19..])?;
    let seconds = i64::from(day.0) * 86_400 + hour * 3600 + minute * 60 + second;
    Some((seconds * MICROS_PER_SECOND + micros, offset(rest)?))
}

/// Decimals of a second cut after microseconds, and what follows them.
fn fraction(b: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = b.strip_prefix(b".") else { return Some((0, b)) };
    let length = digits.iter().take_while(|c| c.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let digit = |n: usize| if n < length { i64::from(digits[n] - b'0') } else { 0 };
    Some(((0..6).fold(0, |micros, n| micros * 10 + digit(n)), &digits[length..]))
}

/// Nothing, `Z`, or ±hh:mm.
fn offset(b: &[u8]) -> Option<Option<i64>> {
    let sign = match b {
        [] => return Some(None),
        [b'Z' | b'z'] => return Some(Some(0)),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let (hours, minutes) = (two(b, 1)?, two(b, 4)?);
    (b.len() == 6 && b[3] == b':' && hours < 24 && minutes < 60)
        .then(|| Some(sign * (hours * 3600 + minutes * 60) * MICROS_PER_SECOND))
}

#[cfg(test)]
mod tests;
