//! Which business day a pipeline computes when nobody names one.

use super::AsOfRule;
use crate::domain::{Day, Micros, Zone};

impl AsOfRule {
    /// The latest day before today (in the project's zone) that the rule means.
    pub fn day(self, now: Micros, zone: &Zone) -> Day {
        let today = zone.day_of(now);
        match self {
            AsOfRule::Yesterday => today - 1,
            AsOfRule::LastSunday => today - (today.weekday() as i32 + 1),
            AsOfRule::LastMonthEnd => today.month().first_day() - 1,
            AsOfRule::LastQuarterEnd => today.quarter().first_day() - 1,
        }
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
}
