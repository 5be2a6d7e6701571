//! The base rate of renewal, given the days left (contract §3.3, `p_baseline`).
//!
//! ```text
//! matured memberships, each seen on its own day o = end as signed − days left, where it was signed, started,
//! not cancelled and not renewed yet:  r = share of all that renewed;  p = (renewed + 20 r) / (n + 20) of the segment
//! ```
//!
//! Drawing a small segment towards all is the usual shrinkage with a prior of 20 contracts.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::domain::{Day, Str};
use crate::facts::Visible;

use super::observe::in_play;

/// How many contracts the share of all counts for.
const PRIOR: f64 = 20.0;

/// Renewed and observed memberships by segment.
type Counts = HashMap<Str, (i64, i64)>;

/// Base rates as they stood on one or more days; those of one number of days left are counted once for all of them.
pub struct Baseline<'a> {
    visible: &'a Visible<'a>,
    /// Ascending; none is later than that of `visible`.
    days: Vec<Day>,
    /// Memberships that were matured on one of the days, with the first such day's position.
    matured: Vec<(usize, usize)>,
    /// By days left: the counts of each day.
    rates: RefCell<HashMap<i32, Vec<Counts>>>,
}

impl<'a> Baseline<'a> {
    /// The base rates of the as-of day.
    pub fn of(visible: &'a Visible<'a>) -> Baseline<'a> {
        Baseline::on(visible, vec![visible.day])
    }

    /// The base rates of days on or before the as-of day, ascending, each as the contracts matured by then give it.
    ///
    /// What a membership had become when it matured is what it is on any later day: whatever renews it is signed and
    /// started by then, and a contract that is void was cancelled before its start.
    pub fn on(visible: &'a Visible<'a>, days: Vec<Day>) -> Baseline<'a> {
        let first_day = |i: usize| {
            let c = &visible.contracts[i];
            let first = days.partition_point(|day| *day <= c.end_signed + visible.grace());
            (c.is_membership() && first < days.len()).then_some((i, first))
        };
        let matured = (0..visible.contracts.len()).filter_map(first_day).collect();
        Baseline { visible, days, matured, rates: RefCell::default() }
    }

    /// P(renewed by end + grace), given not renewed with these days left, for a segment, on the latest day.
    pub fn p_renew(&self, segment: &str, days_left: i32) -> f64 {
        self.p_renew_on(self.days.len().saturating_sub(1), segment, days_left)
    }

    /// The same on the day of a position.
    pub fn p_renew_on(&self, day: usize, segment: &str, days_left: i32) -> f64 {
        let mut rates = self.rates.borrow_mut();
        let of_days = rates.entry(days_left).or_insert_with(|| self.counts(days_left));
        let empty = Counts::new();
        let counts = of_days.get(day).unwrap_or(&empty);
        let (renewed, n) = counts.values().fold((0, 0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
        let of_all = if n == 0 { 0.5 } else { renewed as f64 / n as f64 };
        let (renewed, n) = counts.get(segment).copied().unwrap_or_default();
        (renewed as f64 + PRIOR * of_all) / (n as f64 + PRIOR)
    }

    /// Renewed and observed memberships per segment at these days left, on each day.
    fn counts(&self, days_left: i32) -> Vec<Counts> {
        let v = self.visible;
        let mut of_days = vec![Counts::new(); self.days.len()];
        for &(i, first) in &self.matured {
            let c = &v.contracts[i];
            if in_play(v, i, c.end_signed - days_left) {
                let count = of_days[first].entry(v.companies[c.company].segment.clone()).or_default();
                count.0 += i64::from(v.renewed[i].is_some());
                count.1 += 1;
            }
        }
        // What was matured on a day is so on every later one.
        for day in 1..of_days.len() {
            let (before, from) = of_days.split_at_mut(day);
            for (segment, (renewed, n)) in &before[day - 1] {
                let count = from[0].entry(segment.clone()).or_default();
                *count = (count.0 + renewed, count.1 + n);
            }
        }
        of_days
    }
}
