//! Since when a company has been a member without a break (contract §3.2).

use crate::domain::Day;

use super::terms::Contract;

/// The first day of the unbroken chain of memberships that had begun by `as_of`: one that starts by the
/// latest end so far + grace continues it. `None` when no membership had begun.
pub fn chain_start<'a>(memberships: impl Iterator<Item = &'a Contract>, as_of: Day, grace: i32) -> Option<Day> {
    let mut terms: Vec<(Day, Day)> = memberships.map(|c| (c.start, c.end)).filter(|(s, _)| *s <= as_of).collect();
    terms.sort_unstable();
    let mut chain: Option<(Day, Day)> = None;
    for (start, end) in terms {
        chain = match chain {
            Some((first, latest)) if start <= latest + grace => Some((first, latest.max(end))),
            _ => Some((start, end)),
        };
    }
    chain.map(|(first, _)| first)
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
}
