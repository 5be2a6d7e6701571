//! The activity of every company: `member_day`, gathered by company.
//!
//! Grain: company × day with at least one counted event. Counters stand in the order of
//! [`MEMBER_DAY_COUNTERS`]; a day without a row had no counted event, or was not covered (see `source_day`).

use std::collections::HashMap;

use crate::config::VisitorIds;
use crate::domain::schema::{MEMBER_DAY, MEMBER_DAY_COUNTERS};
use crate::domain::{Day, Str};
use crate::lake::{Lake, Result};

use super::rows;

/// Number of counters of `member_day`.
pub const COUNTERS: usize = MEMBER_DAY_COUNTERS.len();
/// Positions of the counters that a definition names.
pub const SHOP_CLICKS: usize = 0;
pub const VISITORS: usize = 1;
pub const CONTACT_VIEWS: usize = 3;
pub const MESSAGES: usize = 4;
pub const INQUIRIES: usize = 5;

/// One company's counters of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCounts {
    pub day: Day,
    pub counts: [i64; COUNTERS],
}

/// Every company's active days, each company's in order of the day.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    by_company: HashMap<Str, Vec<DayCounts>>,
    /// The lake keeps nothing that tells visitors apart: they count as 0 here, and are unknown.
    pub visitors_unknown: bool,
}

impl Activity {
    /// Reads `member_day` up to a day.
    pub fn read(lake: &Lake, until: Day) -> Result<Activity> {
        let columns: Vec<&str> =
            MEMBER_DAY.key.iter().map(|k| k.0).chain(MEMBER_DAY_COUNTERS.iter().copied()).collect();
        let mut by_company: HashMap<Str, Vec<DayCounts>> = HashMap::new();
        rows::scan(lake, MEMBER_DAY.name, Some(Day::MIN..=until), &columns, |row| {
            let (Some(day), Some(company)) = (row.day(0), row.text(1)) else { return };
            let counts = std::array::from_fn(|i| row.int(2 + i).unwrap_or(0));
            by_company.entry(company).or_default().push(DayCounts { day, counts });
        })?;
        let fixed = lake.ledger().visitor_ids()?;
        let visitors_unknown = fixed.is_some_and(|(mode, _)| mode == VisitorIds::Drop.word());
        Ok(Activity { visitors_unknown, ..Activity::of(by_company) })
    }

    /// From rows in any order.
    pub fn of(mut by_company: HashMap<Str, Vec<DayCounts>>) -> Activity {
        for days in by_company.values_mut() {
            days.sort_unstable_by_key(|d| d.day);
        }
        Activity { by_company, visitors_unknown: false }
    }

    /// The active days of a company, in order.
    pub fn of_company(&self, id: &str) -> &[DayCounts] {
        self.by_company.get(id).map_or(&[], Vec::as_slice)
    }

    /// A company's active days from `first` to `last`, both in.
    pub fn between(&self, id: &str, first: Day, last: Day) -> &[DayCounts] {
        let days = self.of_company(id);
        let from = days.partition_point(|d| d.day < first);
        let to = days.partition_point(|d| d.day <= last);
        &days[from..to.max(from)]
    }

    /// Sums of every counter from `first` to `last`, both in.
    pub fn sums(&self, id: &str, first: Day, last: Day) -> [i64; COUNTERS] {
        self.between(id, first, last).iter().fold([0; COUNTERS], |mut sum, day| {
            sum.iter_mut().zip(day.counts).for_each(|(s, c)| *s += c);
            sum
        })
    }

    /// Shop clicks of the 13 weeks to `last`, the oldest week first.
    pub fn weekly_clicks(&self, id: &str, last: Day) -> [i64; 13] {
        std::array::from_fn(|week| {
            let end = last - 7 * (12 - week as i32);
            self.between(id, end - 6, end).iter().map(|d| d.counts[SHOP_CLICKS]).sum()
        })
    }

    /// All companies with activity, by id, each with its days.
    pub fn companies(&self) -> Vec<(&Str, &[DayCounts])> {
        let mut all: Vec<_> = self.by_company.iter().map(|(id, days)| (id, days.as_slice())).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_include_both_ends() {
        let day = |d, clicks| DayCounts { day: Day(d), counts: [clicks, 0, 0, 0, 0, 1, 0] };
        let activity = Activity::of(HashMap::from([("c".into(), vec![day(10, 4), day(1, 2), day(4, 1)])]));
        assert_eq!(activity.sums("c", Day(1), Day(4))[SHOP_CLICKS], 3);
        assert_eq!(activity.sums("c", Day(2), Day(10))[INQUIRIES], 2);
        assert_eq!(activity.sums("x", Day(0), Day(99)), [0; COUNTERS]);
        assert_eq!(activity.weekly_clicks("c", Day(10))[11..], [2, 5]);
    }
}
