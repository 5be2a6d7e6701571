//! Which business day a pipeline computes when nobody names one.

use super::AsOfRule;
use super::schedule::next_times;
use crate::domain::zone::MICROS_PER_SECOND;
use crate::domain::{Day, Micros, Zone};

impl AsOfRule {
    /// The latest day before today (in the project's zone) that the rule means.
    pub fn day(self, now: Micros, zone: &Zone) -> Day {
        self.before(zone.day_of(now))
    }

    fn before(self, day: Day) -> Day {
        match self {
            AsOfRule::Yesterday => day - 1,
            AsOfRule::LastSunday => day - (day.weekday() as i32 + 1),
            AsOfRule::LastMonthEnd => day.month().first_day() - 1,
            AsOfRule::LastQuarterEnd => day.quarter().first_day() - 1,
        }
    }

    /// The days to publish when those after `last` were missed, oldest first: each that the schedule (without one: the
    /// rule) would have published meanwhile, and in any case the latest.
    pub fn since(self, last: Day, schedule: Option<&str>, now: Micros, zone: &Zone) -> Vec<Day> {
        let latest = self.day(now, zone);
        let (mut days, mut next) = (vec![latest], latest);
        loop {
            let day = self.before(next);
            if day <= last {
                break;
            }
            // From the night after the day to that after the next one, a run publishes this day.
            let (from, to) = (zone.start_of(day + 1), zone.start_of(next + 1));
            let ran =
                |cron| next_times(cron, Micros(from.0 - MICROS_PER_SECOND), zone, 1).first().is_some_and(|t| *t < to);
            if schedule.is_none_or(ran) {
                days.push(day);
            }
            next = day;
        }
        days.reverse();
        days
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-01 is a Sunday; 2024 has a 29 February (any calendar).
    #[test]
    fn the_day_before_today_that_the_rule_means() {
        use AsOfRule::*;
        let zone = Zone::named("Asia/Shanghai").unwrap();
        for (rule, now, day) in [
            (Yesterday, "2026-11-01T02:30:00+08:00", "2026-10-31"),
            (Yesterday, "2026-10-31T15:59:59Z", "2026-10-30"),
            (Yesterday, "2026-10-31T16:00:00Z", "2026-10-31"),
            (LastSunday, "2026-11-01T02:30:00+08:00", "2026-10-25"),
            (LastSunday, "2026-11-02T02:30:00+08:00", "2026-11-01"),
            (LastSunday, "2026-11-07T23:59:59+08:00", "2026-11-01"),
            (LastMonthEnd, "2026-11-01T00:00:00+08:00", "2026-10-31"),
            (LastMonthEnd, "2026-10-31T23:00:00+08:00", "2026-09-30"),
            (LastMonthEnd, "2024-03-03T06:00:00+08:00", "2024-02-29"),
            (LastQuarterEnd, "2026-10-08T06:00:00+08:00", "2026-09-30"),
            (LastQuarterEnd, "2026-12-31T06:00:00+08:00", "2026-09-30"),
            (LastQuarterEnd, "2027-01-01T06:00:00+08:00", "2026-12-31"),
        ] {
            let at = Micros::parse_rfc3339(now).unwrap();
            assert_eq!(rule.day(at, &zone).to_string(), day, "{rule:?} at {now}");
        }
    }

    /// 2026-11-01 is a Sunday (any calendar).
    #[test]
    fn missed_days_are_those_that_the_schedule_would_have_published() {
        use AsOfRule::*;
        let zone = Zone::named("Asia/Shanghai").unwrap();
        for (rule, schedule, last, now, days) in [
            (Yesterday, Some("30 2 * * *"), "2026-10-28", "2026-11-01T02:30:00+08:00", "29 30 31"),
            (Yesterday, Some("0 0 * * *"), "2026-10-28", "2026-11-01T00:00:00+08:00", "29 30 31"),
            (Yesterday, None, "2026-10-31", "2026-11-01T02:30:00+08:00", "31"),
            (Yesterday, None, "2027-01-01", "2026-11-01T02:30:00+08:00", "31"),
            // From Monday to Friday: on Tuesday 3 November the day is Monday; Friday 30 and Saturday have no run.
            (Yesterday, Some("30 2 * * 1-5"), "2026-10-27", "2026-11-03T02:30:00+08:00", "28 29 01 02"),
            (LastSunday, Some("0 7 * * 1"), "2026-10-11", "2026-11-02T07:00:00+08:00", "18 25 01"),
            (LastMonthEnd, Some("0 6 3 * *"), "2026-06-30", "2026-11-03T06:00:00+08:00", "31 31 30 31"),
            (LastQuarterEnd, None, "2025-12-31", "2026-11-03T06:00:00+08:00", "31 30 30"),
        ] {
            let (last, now) = (Day::parse(last).unwrap(), Micros::parse_rfc3339(now).unwrap());
            let found = rule.since(last, schedule, now, &zone);
            let found: Vec<String> = found.iter().map(|day| day.to_string()[8..].to_string()).collect();
            assert_eq!(found.join(" "), days, "{rule:?} {schedule:?} since {last}");
        }
    }
}
