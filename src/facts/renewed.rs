//! Which membership renewed which (contract §3.3).
//!
//! ```text
//! C  |=========|····grace····|
//! D      ^ starts after C started, ends after C ends, starts and is signed by C.end + grace
//! ```
//!
//! Of several D the smallest (start, id) renews. One D that renews several C is shared among them in
//! proportion to their annual amounts, to the cent, largest remainder first, ties by id.

use std::collections::BTreeMap;

use crate::domain::{Cents, Day};

use super::terms::{Class, Contract};

/// What renewed a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// Position of the renewing contract.
    pub by: usize,
    /// Its share of the renewing contract's annual amount.
    pub annual: Cents,
}

/// For each contract (by position) what renewed it; `None` for all that are no memberships.
/// `of_company[k]` are the positions of company k's contracts.
pub fn renewals(contracts: &[Contract], of_company: &[Vec<usize>], grace: i32) -> Vec<Option<Renewal>> {
    let mut renewed = vec![None; contracts.len()];
    for positions in of_company {
        let mut shared: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &c in positions.iter().filter(|c| contracts[**c].is_membership()) {
            let candidates = positions.iter().copied().filter(|d| {
                contracts[*d].is_membership() && renews(&contracts[*d], contracts[*d].end, &contracts[c], grace)
            });
            if let Some(by) = candidates.min_by_key(|d| (contracts[*d].start, &contracts[*d].id)) {
                shared.entry(by).or_default().push(c);
            }
        }
        for (by, parts) in shared {
            for (c, annual) in share(contracts, by, &parts) {
                renewed[c] = Some(Renewal { by, annual });
            }
        }
    }
    renewed
}

/// Whether D, ending on `d_end`, renews C; both are memberships of one company.
pub fn renews(d: &Contract, d_end: Day, c: &Contract, grace: i32) -> bool {
    let last = c.end + grace;
    d.start > c.start && d_end > c.end && d.start <= last && d.signed_on <= last
}

/// Whether C was renewed by what was visible on `day`: D signed by then, and cancelled only if that had happened.
pub fn renewed_on(contracts: &[Contract], of_company: &[usize], c: usize, day: Day, grace: i32) -> bool {
    of_company.iter().any(|d| {
        let d = &contracts[*d];
        let cancelled = d.cancelled_on.filter(|cancelled| *cancelled <= day);
        let end = if cancelled.is_some() { d.end } else { d.end_signed };
        let void = cancelled.is_some_and(|cancelled| cancelled <= d.start);
        d.signed_on <= day && !void && d.class_unless_void == Class::Membership && renews(d, end, &contracts[c], grace)
    })
}

/// The annual amount of `by`, split over the contracts that it renews.
fn share(contracts: &[Contract], by: usize, parts: &[usize]) -> Vec<(usize, Cents)> {
    let amount = contracts[by].annual.0;
    let sum: i128 = parts.iter().map(|c| contracts[*c].annual.0).sum();
    let weight = |c: usize| if sum == 0 { 1 } else { contracts[c].annual.0 };
    let whole = if sum == 0 { parts.len() as i128 } else { sum };
    let mut shares: Vec<(usize, i128, i128)> =
        parts.iter().map(|c| (*c, amount * weight(*c) / whole, amount * weight(*c) % whole)).collect();
    shares.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| contracts[a.0].id.cmp(&contracts[b.0].id)));
    let rest = amount - shares.iter().map(|s| s.1).sum::<i128>();
    shares
        .into_iter()
        .enumerate()
        .map(|(i, (c, cents, _))| (c, Cents(cents + i128::from((i as i128) < rest))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::terms::tests::{at, day, signed};
    use super::*;

    fn renewed(rows: &[super::super::rows::ContractRow], as_of: &str) -> Vec<Option<(usize, i128)>> {
        let contracts = at(rows, as_of);
        let all = vec![(0..contracts.len()).collect()];
        renewals(&contracts, &all, 30).into_iter().map(|r| r.map(|r| (r.by, r.annual.0))).collect()
    }

    #[test]
    fn the_first_that_starts_within_grace_renews() {
        let a = signed("a", "2025-01-01", "2025-12-31", 100);
        let mut late = signed("b", "2026-01-30", "2027-01-29", 120);
        assert_eq!(renewed(&[a.clone(), late.clone()], "2026-06-01"), [Some((1, 120)), None]);
        late = signed("b", "2026-01-31", "2027-01-30", 120);
        assert_eq!(renewed(&[a.clone(), late], "2026-06-01"), [None, None]);
        let mut signed_late = signed("b", "2026-01-10", "2027-01-09", 120);
        signed_late.signed_on = day("2026-01-31");
        assert_eq!(renewed(&[a, signed_late], "2026-06-01"), [None, None]);
    }

    /// 100 over 1 : 1 : 1 is 33 each, the odd cent to the smallest id; over 2 : 1 it is 67 and 33.
    #[test]
    fn a_renewal_of_several_is_shared_to_the_cent() {
        let mut rows: Vec<_> =
            ["a", "b", "c"].map(|id| signed(id, "2025-01-01", "2025-12-31", 50)).into_iter().collect();
        for row in &mut rows {
            row.kind = Some("membership".into());
        }
        rows.push(signed("d", "2026-01-01", "2026-12-31", 100));
        assert_eq!(renewed(&rows, "2026-06-01")[..3], [Some((3, 34)), Some((3, 33)), Some((3, 33))]);
        rows.remove(2);
        rows[0].amount = Cents(100);
        assert_eq!(renewed(&rows, "2026-06-01")[..2], [Some((2, 67)), Some((2, 33))]);
    }
}
