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

use crate::domain::Str;
use crate::facts::Visible;
use crate::facts::renewed::renewed_on;

/// How many contracts the share of all counts for.
const PRIOR: f64 = 20.0;

/// Renewed and observed memberships by segment.
type Counts = HashMap<Str, (i64, i64)>;

/// Base rates of a day; those of one number of days left are computed once.
pub struct Baseline<'a> {
    visible: &'a Visible<'a>,
    matured: Vec<usize>,
    rates: RefCell<HashMap<i32, Counts>>,
}

impl<'a> Baseline<'a> {
    pub fn of(visible: &'a Visible<'a>) -> Baseline<'a> {
        let is_matured = |c: &usize| {
            let c = &visible.contracts[*c];
            c.is_membership() && c.end_signed + visible.grace() < visible.day
        };
        let matured = (0..visible.contracts.len()).filter(is_matured).collect();
        Baseline { visible, matured, rates: RefCell::default() }
    }

    /// P(renewed by end + grace), given not renewed with these days left, for a segment.
    pub fn p_renew(&self, segment: &str, days_left: i32) -> f64 {
        let mut rates = self.rates.borrow_mut();
        let counts = rates.entry(days_left).or_insert_with(|| self.counts(days_left));
        let (renewed, n) = counts.values().fold((0, 0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
        let of_all = if n == 0 { 0.5 } else { renewed as f64 / n as f64 };
        let (renewed, n) = counts.get(segment).copied().unwrap_or_default();
        (renewed as f64 + PRIOR * of_all) / (n as f64 + PRIOR)
    }

    /// Renewed and observed memberships per segment at these days left.
    fn counts(&self, days_left: i32) -> Counts {
        let v = self.visible;
        let mut counts = Counts::new();
        for &i in &self.matured {
            let c = &v.contracts[i];
            let day = c.end_signed - days_left;
            let in_play = c.signed_on <= day && c.start <= day && c.cancelled_on.is_none_or(|on| on > day);
            if in_play && !renewed_on(&v.contracts, &v.contracts_of[c.company], i, day, v.grace()) {
                let count = counts.entry(v.companies[c.company].segment.clone()).or_default();
                count.0 += i64::from(v.renewed[i].is_some());
                count.1 += 1;
            }
        }
        counts
    }
}
