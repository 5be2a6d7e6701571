//! A civil day of the project's zone, counted from 1970-01-01.

use std::fmt;
use std::ops::{Add, Sub};

use super::period::{Month, Quarter};

/// A day of the proleptic Gregorian calendar; `0` is 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

impl Day {
    /// 1900-01-01, the first day that a source may name.
    pub const MIN: Day = Day(-25_567);
    /// 2199-12-31, the last day that a source may name.
    pub const MAX: Day = Day(84_005);

    /// The day of a year, month (1..12) and day of month, or `None` if there is no such day.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Day> {
        if !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
            return None;
        }
        // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
        let y = i64::from(if month <= 2 { year - 1 } else { year });
        let era = y.div_euclid(400);
        let yoe = y.rem_euclid(400);
        let mp = i64::from((month + 9) % 12);
        let doy = (153 * mp + 2) / 5 + i64::from(day) - 1;
        let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
        i32::try_from(era * 146_097 + doe - 719_468).ok().map(Day)
    }

    /// Reads `YYYY-MM-DD`, nothing else, between [`Day::MIN`] and [`Day::MAX`].
    pub fn parse(text: &str) -> Option<Day> {
        Day::parse_any(text).filter(|day| (Day::MIN..=Day::MAX).contains(day))
    }

    /// Reads `YYYY-MM-DD`, nothing else, of any year.
    pub fn parse_any(text: &str) -> Option<Day> {
        let b = text.as_bytes();
        if b.len() != 10 || b[4] != b'-' || b[7] != b'-' {
            return None;
        }
        let number = |range: std::ops::Range<usize>| -> Option<u32> {
            b[range].iter().try_fold(0u32, |n, c| c.is_ascii_digit().then(|| n * 10 + u32::from(c - b'0')))
        };
        let year = i32::try_from(number(0..4)?).ok()?;
        Day::from_ymd(year, number(5..7)?, number(8..10)?)
    }

    /// Year, month (1..12) and day of month.
    pub fn ymd(self) -> (i32, u32, u32) {
        // Howard Hinnant, civil_from_days.
        let z = i64::from(self.0) + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
        let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
        let year = (yoe + era * 400) as i32 + i32::from(month <= 2);
        (year, month, day)
    }

    pub fn year(self) -> i32 {
        self.ymd().0
    }

    pub fn month(self) -> Month {
        let (year, month, _) = self.ymd();
        Month::new(year, month)
    }

    pub fn quarter(self) -> Quarter {
        self.month().quarter()
    }

    /// Whether it is the last of its month, as the last of a quarter is too.
    pub fn is_month_end(self) -> bool {
        (self + 1).ymd().2 == 1
    }

    /// Days since Monday: Monday 0, Sunday 6.
    pub fn weekday(self) -> u32 {
        (self.0 + 3).rem_euclid(7) as u32
    }

    /// The first day of "the last `n` days" that end here, this day included.
    pub fn window_start(self, n: i32) -> Day {
        self - n + 1
    }
}

/// Days of a month (1..12) of a year.
pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

impl Add<i32> for Day {
    type Output = Day;
    fn add(self, days: i32) -> Day {
        Day(self.0 + days)
    }
}

impl Sub<i32> for Day {
    type Output = Day;
    fn sub(self, days: i32) -> Day {
        Day(self.0 - days)
    }
}

impl Sub<Day> for Day {
    type Output = i32;
    fn sub(self, other: Day) -> i32 {
        self.0 - other.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (y, m, d) = self.ymd();
        write!(f, "{y:04}-{m:02}-{d:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        assert_eq!(Day::parse("1970-01-01"), Some(Day(0)));
        assert_eq!(Day::parse("2000-03-01"), Some(Day(11_017)));
        assert_eq!(Day::parse("1900-01-01"), Some(Day::MIN));
        assert_eq!(Day::parse("2199-12-31"), Some(Day::MAX));
        // 2026-11-24 is a Tuesday.
        assert_eq!(Day::parse("2026-11-24").map(Day::weekday), Some(1));
        for bad in [
            "1899-12-31",
            "2200-01-01",
            "2025-02-29",
            "2025-13-01",
            "2025-1-01",
            "2025-01-01 ",
            "2025/01/01",
            "+025-01-01",
        ] {
            assert_eq!(Day::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_day_reads_back() {
        for d in Day::MIN.0..=Day::MAX.0 {
            assert_eq!(Day::parse(&Day(d).to_string()), Some(Day(d)));
        }
    }
}
