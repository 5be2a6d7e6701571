//! The activity of every company: `member_day`, gathered by company.
//!
//! Grain: company × day with at least one counted event. Counters stand in the order of
//! [`MEMBER_DAY_COUNTERS`]; a day without a row had no counted event, or was not covered (see `coverage.rs`).
//!
//! ```text
//! files by day ──► 1. rows a company (ids alone are read) ──► 2. each row to its place
//! rows    c0: d3 d4 d9 | c1: d1 d4 | …        32 bytes a day, no slack: 30 million days are 1 GB
//! starts  0              3           5
//! ```

use std::collections::HashMap;
use std::ops::Range;

use crate::config::VisitorIds;
use crate::domain::schema::{CLICK_SOURCE_DAY, MEMBER_DAY, MEMBER_DAY_COUNTERS};
use crate::domain::{Day, Str};
use crate::lake::{Lake, Result, scan_coded};

use super::rows::{counts, numbers};

/// Number of counters of `member_day`.
pub const COUNTERS: usize = MEMBER_DAY_COUNTERS.len();
/// Positions of the counters that a definition names.
pub const SHOP_CLICKS: usize = 0;
pub const VISITORS: usize = 1;
pub const AD_CLICKS: usize = 2;
pub const CONTACT_VIEWS: usize = 3;
pub const MESSAGES: usize = 4;
pub const INQUIRIES: usize = 5;
pub const AFTERSALE_CALLS: usize = 6;

/// One company's counters of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCounts {
    pub day: Day,
    /// At most 4,294,967,295 each.
    pub counts: [u32; COUNTERS],
}

/// Shop clicks of one company and day by where they came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// From advertisements: `click_source` is `ad`.
    pub paid: u32,
    /// The member's own doing: `direct`, `referral` or `email`.
    pub own: u32,
}

/// Every company's active days, each company's in order of the day.
#[derive(Clone, Debug, Default)]
pub struct Activity {
    numbers: HashMap<Str, u32>,
    /// By number: where its days begin; one more at the end.
    starts: Vec<usize>,
    rows: Vec<DayCounts>,
    /// The lake keeps nothing that tells visitors apart: they count as 0 here, and are unknown.
    pub visitors_unknown: bool,
}

impl Activity {
    /// Reads `member_day` up to a day.
    pub fn read(lake: &Lake, until: Day) -> Result<Activity> {
        let by_day = lake.files_until(MEMBER_DAY.name, until)?;
        let mut ids: HashMap<Str, u32> = HashMap::new();
        let mut counted: Vec<usize> = Vec::new();
        let company = MEMBER_DAY.key[1].0;
        for file in by_day.values().flatten() {
            for batch in scan_coded(MEMBER_DAY.name, file, &[company], &[company])? {
                for number in numbers(&batch?, 0, |id| Some(number_of(&mut ids, id))).into_iter().flatten() {
                    counted.resize(ids.len(), 0);
                    counted[number as usize] += 1;
                }
            }
        }
        let mut activity = Activity::with_room(ids, &counted);
        let mut next = activity.starts.clone();
        let columns: Vec<&str> = [company].into_iter().chain(MEMBER_DAY_COUNTERS.iter().copied()).collect();
        for (day, file) in by_day.iter().flat_map(|(day, files)| files.iter().map(|file| (*day, file))) {
            for batch in scan_coded(MEMBER_DAY.name, file, &columns, &[company])? {
                let batch = batch?;
                let companies = numbers(&batch, 0, |id| activity.numbers.get(id).copied());
                let counters: [_; COUNTERS] = std::array::from_fn(|i| counts(&batch, 1 + i));
                for (row, company) in companies.iter().enumerate() {
                    let Some(company) = company.map(|c| c as usize) else { continue };
                    let counts = std::array::from_fn(|i| few(counters[i][row]));
                    activity.rows[next[company]] = DayCounts { day, counts };
                    next[company] += 1;
                }
            }
        }
        activity.sort();
        let fixed = lake.ledger().visitor_ids()?;
        activity.visitors_unknown = fixed.is_some_and(|(mode, _)| mode == VisitorIds::Drop.word());
        Ok(activity)
    }

    /// From rows in any order.
    pub fn of(by_company: HashMap<Str, Vec<DayCounts>>) -> Activity {
        let mut companies: Vec<(Str, Vec<DayCounts>)> = by_company.into_iter().collect();
        companies.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let counted: Vec<usize> = companies.iter().map(|(_, days)| days.len()).collect();
        let numbers = companies.iter().zip(0..).map(|((id, _), number)| (id.clone(), number)).collect();
        let mut activity = Activity::with_room(numbers, &counted);
        activity.rows = companies.into_iter().flat_map(|(_, days)| days).collect();
        activity.sort();
        activity
    }

    /// Companies with room for so many days each, not filled yet.
    fn with_room(numbers: HashMap<Str, u32>, counted: &[usize]) -> Activity {
        let mut starts = Vec::with_capacity(counted.len() + 1);
        let mut sum = 0;
        starts.push(0);
        for n in counted {
            sum += n;
            starts.push(sum);
        }
        let rows = vec![DayCounts { day: Day::MIN, counts: [0; COUNTERS] }; sum];
        Activity { numbers, starts, rows, visitors_unknown: false }
    }

    fn sort(&mut self) {
        for bounds in self.starts.windows(2) {
            let days = &mut self.rows[bounds[0]..bounds[1]];
            if !days.is_sorted_by_key(|d| d.day) {
                days.sort_unstable_by_key(|d| d.day);
            }
        }
    }

    /// Where the clicks of each active day came from, in the order of [`Activity::rows`]; read while the rows pass.
    pub fn origins(&self, lake: &Lake, until: Day) -> Result<Vec<Origin>> {
        let mut origins = vec![Origin::default(); self.rows.len()];
        let mut at: Vec<usize> = self.starts.clone();
        let [company, source] = [CLICK_SOURCE_DAY.key[1].0, CLICK_SOURCE_DAY.key[2].0];
        let columns = [company, source, CLICK_SOURCE_DAY.counters[0]];
        let by_day = lake.files_until(CLICK_SOURCE_DAY.name, until)?;
        for (day, file) in by_day.iter().flat_map(|(day, files)| files.iter().map(|file| (*day, file))) {
            for batch in scan_coded(CLICK_SOURCE_DAY.name, file, &columns, &[company, source])? {
                let batch = batch?;
                let companies = numbers(&batch, 0, |id| self.numbers.get(id).copied());
                let kinds = numbers(&batch, 1, |word| OWN.contains(&word).then_some(1).or((word == PAID).then_some(0)));
                let clicks = counts(&batch, 2);
                for (row, (company, kind)) in companies.iter().zip(kinds).enumerate() {
                    let (Some(company), Some(kind)) = (company.map(|c| c as usize), kind) else { continue };
                    // Files come by day, so each company's place only moves on.
                    let end = self.starts[company + 1];
                    while at[company] < end && self.rows[at[company]].day < day {
                        at[company] += 1;
                    }
                    let place = at[company];
                    if place < end && self.rows[place].day == day {
                        let sum = if kind == 0 { &mut origins[place].paid } else { &mut origins[place].own };
                        *sum = sum.saturating_add(few(clicks[row]));
                    }
                }
            }
        }
        Ok(origins)
    }

    /// All active days: company by company, each company's in order.
    pub fn rows(&self) -> &[DayCounts] {
        &self.rows
    }

    /// Where a company's days stand in [`Activity::rows`].
    pub fn places_of(&self, id: &str) -> Range<usize> {
        self.numbers.get(id).map_or(0..0, |n| self.starts[*n as usize]..self.starts[*n as usize + 1])
    }

    /// The active days of a company, in order.
    pub fn of_company(&self, id: &str) -> &[DayCounts] {
        &self.rows[self.places_of(id)]
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
            sum.iter_mut().zip(day.counts).for_each(|(s, c)| *s += i64::from(c));
            sum
        })
    }

    /// Shop clicks of the 13 weeks to `last`, the oldest week first.
    pub fn weekly_clicks(&self, id: &str, last: Day) -> [i64; 13] {
        std::array::from_fn(|week| {
            let end = last - 7 * (12 - week as i32);
            self.between(id, end - 6, end).iter().map(|d| i64::from(d.counts[SHOP_CLICKS])).sum()
        })
    }
}

/// Click sources by which the paid and the member's own part are told.
const PAID: &str = "ad";
const OWN: [&str; 3] = ["direct", "email", "referral"];

/// A count as it is kept.
fn few(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

fn number_of(ids: &mut HashMap<Str, u32>, id: &str) -> u32 {
    if let Some(number) = ids.get(id) {
        return *number;
    }
    let number = ids.len() as u32;
    ids.insert(id.into(), number);
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_include_both_ends() {
        let day = |d, clicks| DayCounts { day: Day(d), counts: [clicks, 0, 0, 0, 0, 1, 0] };
        let activity = Activity::of(HashMap::from([
            ("c".into(), vec![day(10, 4), day(1, 2), day(4, 1)]),
            ("b".into(), vec![day(4, 50)]),
        ]));
        assert_eq!(activity.sums("c", Day(1), Day(4))[SHOP_CLICKS], 3);
        assert_eq!(activity.sums("c", Day(2), Day(10))[INQUIRIES], 2);
        assert_eq!(activity.sums("x", Day(0), Day(99)), [0; COUNTERS]);
        assert_eq!(activity.weekly_clicks("c", Day(10))[11..], [2, 5]);
        assert_eq!(size_of::<DayCounts>(), 32);
    }
}
