//! Since when a company has been a member without a break (contract §3.2).

use crate::domain::Day;

use super::terms::Contract;

/// An unbroken chain of memberships: one that starts by the latest end so far + grace continues it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    pub first: Day,
    /// The latest last day in force.
    pub latest: Day,
    /// Memberships that started later than the one before and carried the chain further.
    pub extensions: i32,
}

/// The last chain of terms that are given as first and last day, by the first day.
pub fn last_chain(terms: impl IntoIterator<Item = (Day, Day)>, grace: i32) -> Option<Chain> {
    let mut chain: Option<(Chain, Day)> = None;
    for (start, end) in terms {
        chain = match chain {
            Some((so_far, previous)) if start <= so_far.latest + grace => {
                let further = start > previous && end > so_far.latest;
                let extensions = so_far.extensions + i32::from(further);
                Some((Chain { latest: so_far.latest.max(end), extensions, ..so_far }, start))
            }
            _ => Some((Chain { first: start, latest: end, extensions: 0 }, start)),
        };
    }
    chain.map(|(chain, _)| chain)
}

/// The first day of the unbroken chain of memberships that had begun by `as_of`. `None` when none had.
pub fn chain_start<'a>(memberships: impl Iterator<Item = &'a Contract>, as_of: Day, grace: i32) -> Option<Day> {
    let mut terms: Vec<(Day, Day)> = memberships.map(|c| (c.start, c.end)).filter(|(s, _)| *s <= as_of).collect();
    terms.sort_unstable();
    last_chain(terms, grace).map(|chain| chain.first)
}

#[cfg(test)]
mod tests {
    use super::super::terms::tests::{at, day, signed};
    use super::*;

    #[test]
    fn a_gap_up_to_grace_does_not_break_the_chain() {
        let rows = [
            signed("a", "2023-01-01", "2023-12-31", 1),
            signed("b", "2024-01-30", "2025-01-28", 1),
            signed("c", "2026-03-01", "2027-02-28", 1),
        ];
        let start = |as_of: &str| chain_start(at(&rows, as_of).iter(), day(as_of), 30);
        assert_eq!(start("2024-06-01"), Some(day("2023-01-01")));
        assert_eq!(start("2026-02-01"), Some(day("2023-01-01")));
        assert_eq!(start("2026-03-01"), Some(day("2026-03-01")));
        assert_eq!(start("2022-01-01"), None);
    }

    /// A parallel term within the first adds nothing; the third starts beyond grace and begins anew.
    #[test]
    fn what_carries_a_chain_further_is_counted() {
        let chain = |terms: &[(i32, i32)]| last_chain(terms.iter().map(|(a, b)| (Day(*a), Day(*b))), 30);
        let of = |first, latest, extensions| Some(Chain { first: Day(first), latest: Day(latest), extensions });
        assert_eq!(chain(&[(0, 99), (50, 80), (110, 199)]), of(0, 199, 1));
        assert_eq!(chain(&[(0, 99), (0, 120), (151, 199)]), of(151, 199, 0));
        assert_eq!(chain(&[]), None);
    }
}
