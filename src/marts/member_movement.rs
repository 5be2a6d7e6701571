//! `member_movement`: who came, came back and left in each month, and what that did to the yearly amounts (contract §3.4).
//!
//! ```text
//! d0 = last day of the month before        d = last day of the month, at most the as-of day
//! counted on d:  a membership signed by d, start <= d <= end + grace
//! amount on d:   annual amounts of those, without what a membership signed and started by d renews
//!
//! opening        + new        + won_back        − lost                                   = closing
//! opening_amount + new_amount + won_back_amount − lost_amount + expansion − contraction  = closing_amount
//! ```

use std::collections::BTreeMap;

use crate::domain::{Cents, Day, Str};
use crate::facts::renewed::renews;
use crate::facts::terms::Contract;
use crate::rows;

use super::{MartRow, Marts, Result};

rows! {
    /// One month of a segment, or of all.
    pub struct MemberMovementRow = "member_movement", "month and segment", key(month, segment) {
        /// the month
        month: Str,
        /// the segment; all = their sum
        segment: Str,
        /// companies counted at the end of the month before
        opening: i64,
        /// came, and had no membership before
        new: i64,
        /// came, and had had one
        won_back: i64,
        /// left: no longer counted
        lost: i64,
        /// companies counted at the end of the month, or on the as-of day
        closing: i64,
        /// annual amount at the end of the month before (currency)
        opening_amount: Cents,
        /// annual amount of the new ones (currency)
        new_amount: Cents,
        /// annual amount of those won back (currency)
        won_back_amount: Cents,
        /// annual amount that the lost ones had (currency)
        lost_amount: Cents,
        /// rises of annual amount of those who stayed (currency)
        expansion: Cents,
        /// falls of annual amount of those who stayed, as a positive amount (currency)
        contraction: Cents,
        /// annual amount at the end (currency)
        closing_amount: Cents,
    }
}

const MONTHS: i32 = 24;

/// A company that is counted on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    amount: Cents,
    /// It had no earlier membership, by what was signed then.
    is_first: bool,
}

/// The companies of one kind of movement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Part {
    companies: i64,
    amount: Cents,
}

impl Part {
    fn add(&mut self, amount: Cents) {
        self.companies += 1;
        self.amount += amount;
    }

    fn plus(&mut self, other: &Part) {
        self.companies += other.companies;
        self.amount += other.amount;
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Movement {
    opening: Part,
    new: Part,
    won_back: Part,
    lost: Part,
    closing: Part,
    expansion: Cents,
    contraction: Cents,
}

impl MartRow for MemberMovementRow {
    fn compute(marts: &Marts<'_>) -> Result<Vec<MemberMovementRow>> {
        let visible = marts.visible;
        let last = visible.day.month();
        let ends: Vec<Day> = (-MONTHS..=0).map(|n| last.plus(n).last_day().min(visible.day)).collect();
        let mut segments: BTreeMap<&Str, Vec<Movement>> = BTreeMap::new();
        let nothing = || vec![Movement::default(); MONTHS as usize];
        let mut all = nothing();
        for (company, row) in visible.companies.iter().enumerate() {
            let mut terms: Vec<&Contract> = visible.memberships_of(company).map(|c| &visible.contracts[c]).collect();
            if terms.is_empty() {
                continue;
            }
            terms.sort_unstable_by_key(|c| (c.start, &c.id));
            let standings: Vec<Option<Standing>> = ends.iter().map(|d| standing(&terms, *d, visible.grace())).collect();
            let months = segments.entry(&row.segment).or_insert_with(nothing);
            for (month, pair) in months.iter_mut().zip(standings.windows(2)) {
                month.moved(pair[0], pair[1]);
            }
        }
        for months in segments.values() {
            all.iter_mut().zip(months).for_each(|(sum, month)| sum.plus(month));
        }
        let mut rows = Vec::new();
        for (at, sum) in all.iter().enumerate() {
            let month: Str = last.plus(at as i32 + 1 - MONTHS).to_string().into();
            rows.push(sum.row(&month, "all".into()));
            let counted = segments.iter().map(|(segment, months)| (segment, &months[at]));
            let counted = counted.filter(|(_, m)| m.opening.companies > 0 || m.closing.companies > 0);
            rows.extend(counted.map(|(segment, m)| m.row(&month, (*segment).clone())));
        }
        rows.sort_by(|a, b| (&a.month, &a.segment).cmp(&(&b.month, &b.segment)));
        Ok(rows)
    }
}

/// A company on a day, given its memberships by (start, id); `None` when it is not counted.
fn standing(terms: &[&Contract], day: Day, grace: i32) -> Option<Standing> {
    let begun = |c: &Contract| c.signed_on <= day && c.start <= day;
    let counts = |c: &Contract| begun(c) && day <= c.end + grace;
    let first = terms.iter().position(|c| counts(c))?;
    let renewed = |c: &Contract| terms.iter().any(|d| begun(d) && renews(d, d.end, c, grace));
    Some(Standing {
        amount: terms[first..].iter().filter(|c| counts(c) && !renewed(c)).map(|c| c.annual).sum(),
        is_first: !terms[..first].iter().any(|c| begun(c)),
    })
}

impl Movement {
    /// Counts one company by how it stood before and how it stands now.
    fn moved(&mut self, before: Option<Standing>, now: Option<Standing>) {
        before.iter().for_each(|b| self.opening.add(b.amount));
        now.iter().for_each(|n| self.closing.add(n.amount));
        match (before, now) {
            (None, None) => {}
            (None, Some(n)) if n.is_first => self.new.add(n.amount),
            (None, Some(n)) => self.won_back.add(n.amount),
            (Some(b), None) => self.lost.add(b.amount),
            (Some(b), Some(n)) if n.amount > b.amount => self.expansion += n.amount - b.amount,
            (Some(b), Some(n)) => self.contraction += b.amount - n.amount,
        }
    }

    fn plus(&mut self, other: &Movement) {
        self.opening.plus(&other.opening);
        self.new.plus(&other.new);
        self.won_back.plus(&other.won_back);
        self.lost.plus(&other.lost);
        self.closing.plus(&other.closing);
        self.expansion += other.expansion;
        self.contraction += other.contraction;
    }

    fn row(&self, month: &Str, segment: Str) -> MemberMovementRow {
        MemberMovementRow {
            month: month.clone(),
            segment,
            opening: self.opening.companies,
            new: self.new.companies,
            won_back: self.won_back.companies,
            lost: self.lost.companies,
            closing: self.closing.companies,
            opening_amount: self.opening.amount,
            new_amount: self.new.amount,
            won_back_amount: self.won_back.amount,
            lost_amount: self.lost.amount,
            expansion: self.expansion,
            contraction: self.contraction,
            closing_amount: self.closing.amount,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::terms::tests::{at, day, signed};

    fn of(rows: &[crate::facts::rows::ContractRow], on: &str) -> Option<(i128, bool)> {
        let contracts = at(rows, "2030-01-01");
        let terms: Vec<&Contract> = contracts.iter().collect();
        standing(&terms, day(on), 30).map(|s| (s.amount.0, s.is_first))
    }

    /// A membership of 2025 counts to the end of its grace, 30 January; one that begins on the 31st is no gap, but no renewal
    /// either; one that begins a day later is a gap of a day.
    #[test]
    fn grace_bridges_a_gap() {
        let year = signed("a", "2025-01-01", "2025-12-31", 100);
        let restart = signed("b", "2026-01-31", "2027-01-30", 120);
        let both = [year.clone(), restart];
        assert_eq!(of(&both, "2024-12-31"), None);
        assert_eq!(of(&both, "2025-06-30"), Some((100, true)));
        assert_eq!(of(&both, "2026-01-30"), Some((100, true)));
        assert_eq!(of(&both, "2026-01-31"), Some((120, false)));
        let late = [year, signed("b", "2026-02-01", "2027-01-31", 120)];
        assert_eq!(of(&late, "2026-01-31"), None);
        assert_eq!(of(&late, "2026-02-01"), Some((120, false)));
    }

    /// While the old term runs out, only the one that renews it is counted, from the day on which it is signed and begun.
    #[test]
    fn what_is_renewed_does_not_count_twice() {
        let old = signed("a", "2025-01-01", "2025-12-31", 100);
        let mut new = signed("b", "2025-12-01", "2026-11-30", 150);
        assert_eq!(of(&[old.clone(), new.clone()], "2025-11-30"), Some((100, true)));
        assert_eq!(of(&[old.clone(), new.clone()], "2025-12-31"), Some((150, true)));
        new.signed_on = day("2025-12-20");
        assert_eq!(of(&[old.clone(), new.clone()], "2025-12-10"), Some((100, true)));
        // Beside each other, neither renews: both count.
        new = signed("b", "2025-01-01", "2025-12-31", 150);
        new.kind = Some("membership".into());
        assert_eq!(of(&[old, new], "2025-12-31"), Some((250, true)));
    }

    #[test]
    fn movements_add_up() {
        let s = |amount, is_first| Some(Standing { amount: Cents(amount), is_first });
        let mut m = Movement::default();
        for (before, now) in [
            (None, s(5, true)),
            (None, s(7, false)),
            (s(3, true), None),
            (s(10, true), s(25, true)),
            (s(30, true), s(10, false)),
            (s(4, true), s(4, true)),
            (None, None),
        ] {
            m.moved(before, now);
        }
        let row = m.row(&"2026-01".into(), "all".into());
        assert_eq!((row.opening, row.new, row.won_back, row.lost, row.closing), (4, 1, 1, 1, 5));
        let amounts = [row.opening_amount, row.new_amount, row.won_back_amount, row.lost_amount];
        assert_eq!(amounts, [47, 5, 7, 3].map(Cents));
        assert_eq!([row.expansion, row.contraction, row.closing_amount], [15, 20, 51].map(Cents));
    }
}
