//! What a plan usually costs: the median annual amount of the memberships that began within a year.
//!
//! ```text
//! a membership is there from max(signed, start) on = t;  its year: those of its plan with t in (t − 365, t], itself too
//! ```
//!
//! So nothing later than the membership's own beginning counts. Amounts as signed: later refunds are not seen. The
//! running median is held in a tree of counts over the ranks of the amounts (Fenwick 1994, "A new data structure for
//! cumulative frequency tables").

use std::collections::BTreeMap;

use crate::domain::Day;
use crate::facts::Visible;
use crate::facts::terms::Contract;

const YEAR: i32 = 365;
/// Fewer memberships say nothing of what is usual.
const ENOUGH: usize = 5;

/// By position of the contract: the usual annual amount of its plan (currency); null for all but memberships.
pub fn usual_amounts(visible: &Visible<'_>) -> Vec<Option<f64>> {
    let mut of_plan: BTreeMap<&str, Vec<(Day, usize)>> = BTreeMap::new();
    for (at, c) in visible.contracts.iter().enumerate().filter(|(_, c)| c.is_membership()) {
        of_plan.entry(&c.plan).or_default().push((there_from(c), at));
    }
    let mut usual = vec![None; visible.contracts.len()];
    for mut begun in of_plan.into_values() {
        begun.sort_unstable();
        let amounts: Vec<i128> = begun.iter().map(|(_, c)| visible.contracts[*c].annual_signed().0).collect();
        let days: Vec<Day> = begun.iter().map(|b| b.0).collect();
        for ((_, contract), median) in begun.iter().zip(medians(&days, &amounts)) {
            usual[*contract] = median.map(|cents| cents / 100.0);
        }
    }
    usual
}

fn there_from(c: &Contract) -> Day {
    c.start.max(c.signed_on)
}

/// For each of these, in order of their days: the median amount of the year that ends with its day.
fn medians(days: &[Day], amounts: &[i128]) -> Vec<Option<f64>> {
    let mut ranks = amounts.to_vec();
    ranks.sort_unstable();
    ranks.dedup();
    let rank = |amount: i128| ranks.partition_point(|r| *r < amount);
    let mut counts = Counts { tree: vec![0; ranks.len() + 1] };
    let (mut first, mut next) = (0, 0);
    let mut medians = Vec::with_capacity(days.len());
    for day in days {
        while next < days.len() && days[next] <= *day {
            counts.add(rank(amounts[next]), 1);
            next += 1;
        }
        while days[first] <= *day - YEAR {
            counts.add(rank(amounts[first]), -1);
            first += 1;
        }
        let n = next - first;
        let at = |k: usize| ranks.get(counts.find(k)).map_or(0.0, |amount| *amount as f64);
        medians.push((n >= ENOUGH).then(|| (at((n - 1) / 2) + at(n / 2)) / 2.0));
    }
    medians
}

/// How many there are of each rank, in a tree of partial sums.
struct Counts {
    tree: Vec<i32>,
}

impl Counts {
    fn add(&mut self, rank: usize, n: i32) {
        let mut at = rank + 1;
        while at < self.tree.len() {
            self.tree[at] += n;
            at += at & at.wrapping_neg();
        }
    }

    /// The rank of the one that has `before` smaller or equal ones before it.
    fn find(&self, before: usize) -> usize {
        let mut left = before as i32;
        let mut at = 0;
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            if at + step < self.tree.len() && self.tree[at + step] <= left {
                at += step;
                left -= self.tree[at];
            }
            step /= 2;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against sorting each year's amounts.
    #[test]
    fn the_tree_gives_the_median_of_the_year() {
        let mut seed = 7u64;
        let mut next = |n: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % n
        };
        let mut rows: Vec<(Day, i128)> =
            (0..200).map(|_| (Day(next(1_500) as i32), i128::from(next(12)) * 50)).collect();
        rows.sort_unstable();
        let (days, amounts): (Vec<Day>, Vec<i128>) = rows.iter().copied().unzip();
        for (day, median) in days.iter().zip(medians(&days, &amounts)) {
            let mut year: Vec<i64> =
                rows.iter().filter(|r| r.0 > *day - 365 && r.0 <= *day).map(|r| r.1 as i64).collect();
            let expected = (year.len() >= 5).then(|| crate::stats::median::median(&mut year)).flatten();
            assert_eq!(median, expected);
        }
    }
}
