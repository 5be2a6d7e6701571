//! Cron expressions: checked, their next times in the project's zone, and as systemd calendars.

use std::cmp::Ordering;

use croner::Cron;
use croner::errors::CronError;
use croner::parser::{CronParser, Seconds, Year};
use croner::time::{CivilDateTime, CronDateTime, Resolution, Weekday};

use crate::domain::zone::{MICROS_PER_DAY, MICROS_PER_SECOND};
use crate::domain::{Day, Micros, Zone};

const DAYS: [&str; 8] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Checks a cron expression of five fields that every cron daemon understands.
///
/// # Errors
/// What is wrong with it.
pub fn check(expression: &str) -> Result<(), String> {
    parse(expression).map(|_| ())
}

fn parse(expression: &str) -> Result<Cron, String> {
    if expression.split_whitespace().count() != 5 {
        return Err("five fields are needed".into());
    }
    for word in expression.split(|c: char| !c.is_ascii_alphabetic()).filter(|w| !w.is_empty()) {
        if !DAYS.iter().chain(&MONTHS).any(|name| name.eq_ignore_ascii_case(word)) {
            return Err(format!("`{word}` is no name of a day or month"));
        }
    }
    if let Some(c) = expression.chars().find(|c| !c.is_ascii_alphanumeric() && !" \t*,-/".contains(*c)) {
        return Err(format!("`{c}` is not understood by every cron daemon"));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(expression).map_err(|e| e.to_string())
}

/// The next `n` times after `now`; fewer when the expression names a day that never comes.
pub fn next_times(expression: &str, now: Micros, zone: &Zone, n: usize) -> Vec<Micros> {
    let Ok(cron) = parse(expression) else { return Vec::new() };
    cron.iter_after(Local { zone, at: now }).take(n).map(|local| local.at).collect()
}

/// An instant on the project's wall.
#[derive(Clone)]
struct Local<'z> {
    zone: &'z Zone,
    at: Micros,
}

impl Local<'_> {
    /// Seconds since 1970-01-01T00:00:00 on the wall.
    fn wall(&self, at: Micros) -> i64 {
        at.0.div_euclid(MICROS_PER_SECOND) + self.zone.offset_minutes(at) * 60
    }
}

impl CronDateTime for Local<'_> {
    fn to_civil(&self) -> CivilDateTime {
        let wall = self.wall(self.at);
        let (year, month, day) = Day(wall.div_euclid(86_400) as i32).ymd();
        let second = wall.rem_euclid(86_400) as u32;
        let date = croner::time::CivilDate::from_parts_unchecked(year, month, day);
        let time = croner::time::CivilTime::from_parts_unchecked(second / 3600, second / 60 % 60, second % 60);
        CivilDateTime::new(date, time)
    }

    fn civil_weekday(&self) -> Weekday {
        Weekday::from_days_from_sunday(self.zone.day_of(self.at).weekday() + 1)
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let day = Day::from_ymd(civil.year(), civil.month(), civil.day()).ok_or(CronError::InvalidDate)?;
        if day > Day::MAX {
            return Err(CronError::TimeSearchLimitExceeded);
        }
        let second = i64::from(civil.hour() * 3600 + civil.minute() * 60 + civil.second());
        let wall = i64::from(day.0) * 86_400 + second;
        let local = |at| Local { zone: self.zone, at };
        let first = self.zone.clock().from_local(wall * MICROS_PER_SECOND);
        if self.wall(first) != wall {
            return Ok(Resolution::Gap);
        }
        // The same wall time under the offset of a day later: another instant when the clock goes back between.
        let later = wall - self.zone.offset_minutes(Micros(first.0 + MICROS_PER_DAY)) * 60;
        let second = Micros(later * MICROS_PER_SECOND);
        Ok(if second > first && self.wall(second) == wall {
            Resolution::Ambiguous(local(first), local(second))
        } else {
            Resolution::Single(local(first))
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        let at = self.at.0.checked_add(seconds.checked_mul(MICROS_PER_SECOND)?)?;
        Some(Local { zone: self.zone, at: Micros(at) })
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.at.cmp(&other.at)
    }
}

/// The expression as systemd's `OnCalendar`: times of day on all days, on days of the week or of the month.
///
/// # Errors
/// Why it has no such form: steps, or days of week and month together (cron means either, systemd both).
pub fn on_calendar(expression: &str, zone: &Zone) -> Result<String, String> {
    check(expression)?;
    let fields: Vec<&str> = expression.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields[..] else { return Err("five fields are needed".into()) };
    if let Some(step) = fields.iter().find(|f| f.contains('/')) {
        return Err(format!("the step `{step}` has no simple form in systemd"));
    }
    if day != "*" && weekday != "*" {
        return Err("day of month and day of week together mean either in cron, both in systemd".into());
    }
    let two = |word: &str| format!("{word:0>2}");
    let month_of = |word: &str| two(&place(&MONTHS, word).map_or(word.to_string(), |n| (n + 1).to_string()));
    let days = if weekday == "*" { String::new() } else { format!("{} ", weekdays(weekday)) };
    Ok(format!(
        "{days}*-{}-{} {}:{}:00 {}",
        mapped(month, &month_of),
        mapped(day, &two),
        mapped(hour, &two),
        mapped(minute, &two),
        zone.name()
    ))
}

fn place(names: &[&str], word: &str) -> Option<usize> {
    names.iter().position(|name| name.eq_ignore_ascii_case(word))
}

/// A field's lists and ranges, each number written anew.
fn mapped(field: &str, write: &dyn Fn(&str) -> String) -> String {
    let part = |part: &str| match part.split_once('-') {
        Some((from, to)) => format!("{}..{}", write(from), write(to)),
        None if part == "*" => "*".to_string(),
        None => write(part),
    };
    field.split(',').map(part).collect::<Vec<_>>().join(",")
}

/// The days of a week field by name; ranges as lists, for systemd's week begins on Monday and cron's on Sunday.
fn weekdays(field: &str) -> String {
    let number = |word: &str| place(&DAYS, word).or_else(|| word.parse().ok()).unwrap_or(0);
    let part = |part: &str| match part.split_once('-') {
        Some((from, to)) => (number(from)..=number(to)).map(|n| DAYS[n % 7]).collect::<Vec<_>>().join(","),
        None => DAYS[number(part) % 7].to_string(),
    };
    field.split(',').map(part).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(expression: &str, now: &str, zone: &str) -> Vec<String> {
        let zone = Zone::named(zone).unwrap();
        let now = Micros::parse_rfc3339(now).unwrap();
        next_times(expression, now, &zone, 3).into_iter().map(|t| zone.wall(t)).collect()
    }

    #[test]
    fn next_times_are_on_the_projects_wall() {
        let at = "2026-11-01T02:30:00+08:00";
        let shanghai = "Asia/Shanghai";
        assert_eq!(next("30 2 * * *", at, shanghai), ["2026-11-02 02:30", "2026-11-03 02:30", "2026-11-04 02:30"]);
        assert_eq!(next("0 6 3 * *", at, shanghai), ["2026-11-03 06:00", "2026-12-03 06:00", "2027-01-03 06:00"]);
        assert_eq!(
            next("0 6 8 1,4,7,10 *", at, shanghai),
            ["2027-01-08 06:00", "2027-04-08 06:00", "2027-07-08 06:00"]
        );
        // 2026-11-02 is a Monday.
        assert_eq!(next("0 7 * * MON", at, shanghai), ["2026-11-02 07:00", "2026-11-09 07:00", "2026-11-16 07:00"]);
        assert!(next("0 0 30 2 *", at, shanghai).is_empty());
    }

    /// New York 2026: 01:30 comes twice on 1 November (IANA); a nightly job runs once.
    #[test]
    fn a_repeated_hour_runs_a_nightly_job_once() {
        let times = next("30 1 * * *", "2026-10-31T12:00:00Z", "America/New_York");
        assert_eq!(times, ["2026-11-01 01:30", "2026-11-02 01:30", "2026-11-03 01:30"]);
    }

    /// Forms as in systemd.time(7).
    #[test]
    fn systemd_calendars() {
        let zone = Zone::named("Asia/Shanghai").unwrap();
        for (cron, calendar) in [
            ("30 2 * * *", "*-*-* 02:30:00 Asia/Shanghai"),
            ("0 6 3 * *", "*-*-03 06:00:00 Asia/Shanghai"),
            ("0 6 8 1,4,7,10 *", "*-01,04,07,10-08 06:00:00 Asia/Shanghai"),
            ("5 7 * * 1-5", "Mon,Tue,Wed,Thu,Fri *-*-* 07:05:00 Asia/Shanghai"),
            ("5 7 * jan 0", "Sun *-01-* 07:05:00 Asia/Shanghai"),
        ] {
            assert_eq!(on_calendar(cron, &zone).as_deref(), Ok(calendar));
        }
        for bad in ["*/15 * * * *", "0 6 1 * 1", "0 6 * *", "61 6 * * *", "0 6 L * *", "0 6 ? * *", "@daily"] {
            assert!(on_calendar(bad, &zone).is_err(), "{bad}");
        }
    }
}
