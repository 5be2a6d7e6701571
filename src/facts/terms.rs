//! The terms of a contract: what it is, until when it runs, what it is worth a year (contract §3.1).
//!
//! ```text
//! as signed ──► effective: cancelled on c -> ends min(end, c − 1), amount − refund; c <= start -> void
//!           ──► class: the first that holds of void, trial, addon, membership
//!           ──► annual amount = amount / max(1, round(days as signed / 365.25))
//! ```

use std::collections::HashMap;

use crate::domain::{Cents, Day, Str};

use super::rows::ContractRow;

/// What a contract is; the order is the order of judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Void,
    Trial,
    Addon,
    Membership,
}

/// A contract with its effective terms on the as-of day.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    pub id: Str,
    /// Position of its company in `Visible::companies`.
    pub company: usize,
    pub plan: Str,
    pub class: Class,
    /// What it would be if it had not been cancelled before its start.
    pub class_unless_void: Class,
    pub start: Day,
    /// Effective last day in force.
    pub end: Day,
    pub end_signed: Day,
    pub signed_on: Day,
    /// Before any refund.
    pub amount_signed: Cents,
    /// Effective amount.
    pub amount: Cents,
    pub annual: Cents,
    pub cost: Option<Cents>,
    pub rep_id: Option<Str>,
    pub cancelled_on: Option<Day>,
}

impl Contract {
    pub fn is_membership(&self) -> bool {
        self.class == Class::Membership
    }

    /// Days as signed, both ends in.
    pub fn days_signed(&self) -> i32 {
        self.end_signed - self.start + 1
    }

    /// Effective days, both ends in.
    pub fn days(&self) -> i32 {
        self.end - self.start + 1
    }

    /// Amount as signed per whole year of the term.
    pub fn annual_signed(&self) -> Cents {
        self.amount_signed.times(1, years(self.days_signed())).unwrap_or(self.amount_signed)
    }

    /// The last day in force by what was known on `day`: a later cancellation has not happened yet.
    pub fn end_on(&self, day: Day) -> Day {
        let cancelled = self.cancelled_on.filter(|on| *on <= day);
        cancelled.map_or(self.end_signed, |on| self.end_signed.min(on - 1))
    }

    /// Whether it was a membership that had been signed and had started by `day`, by what was known then: that it lay
    /// inside another one, or was void, was known when it started.
    pub fn begun_by(&self, day: Day) -> bool {
        let begun = self.signed_on <= day && self.start <= day;
        begun && self.class_unless_void == Class::Membership && self.start <= self.end_on(day)
    }

    pub fn in_force(&self, day: Day) -> bool {
        self.start <= day && day <= self.end
    }
}

/// Whole years of a span of days, at least 1: round(days / 365.25), half away from zero.
pub fn years(days: i32) -> i128 {
    let days = i128::from(days);
    ((days * 200 + 36_525) / 73_050).max(1)
}

/// The contracts with their effective terms on `as_of`, in the order given (by id).
/// `company_of` gives a company's position.
pub fn terms(signed: &[ContractRow], company_of: &HashMap<Str, usize>, as_of: Day) -> Vec<Contract> {
    let companies: Vec<Option<usize>> = signed.iter().map(|c| company_of.get(&c.company_id).copied()).collect();
    let mut by_company: Vec<Vec<usize>> = vec![Vec::new(); company_of.len()];
    for (i, company) in companies.iter().enumerate() {
        company.iter().for_each(|company| by_company[*company].push(i));
    }
    let term = |(c, company): (&ContractRow, Option<usize>)| -> Option<Contract> {
        let company = company?;
        let plain = unless_void(c, by_company[company].iter().map(|i| &signed[*i]));
        let refund = refund(c, as_of);
        let amount = c.amount - refund;
        Some(Contract {
            id: c.id.clone(),
            company,
            plan: c.plan.clone(),
            class: if is_void(c) { Class::Void } else { plain },
            class_unless_void: plain,
            start: c.start,
            end: c.cancelled_on.map_or(c.end, |day| c.end.min(day - 1)),
            end_signed: c.end,
            signed_on: c.signed_on,
            amount_signed: c.amount,
            amount,
            annual: amount.times(1, years(c.end - c.start + 1)).unwrap_or(amount),
            cost: c.cost,
            rep_id: c.rep_id.clone(),
            cancelled_on: c.cancelled_on,
        })
    };
    let mut terms = Vec::with_capacity(signed.len());
    terms.extend(signed.iter().zip(companies).filter_map(term));
    terms
}

fn is_void(c: &ContractRow) -> bool {
    c.cancelled_on.is_some_and(|day| day <= c.start)
}

fn is_trial(c: &ContractRow) -> bool {
    c.kind.as_deref() == Some("trial") || c.amount == Cents::ZERO
}

/// Taken off from the cancellation on, or from the start on when there is none.
fn refund(c: &ContractRow, as_of: Day) -> Cents {
    let due = c.cancelled_on.is_some() || c.start <= as_of;
    c.refund.filter(|_| due).unwrap_or(Cents::ZERO)
}

fn unless_void<'a>(c: &ContractRow, siblings: impl Iterator<Item = &'a ContractRow>) -> Class {
    if is_trial(c) {
        return Class::Trial;
    }
    match c.kind.as_deref() {
        Some("addon") => Class::Addon,
        Some(_) => Class::Membership,
        None if siblings.into_iter().any(|other| holds_inside(other, c)) => Class::Addon,
        None => Class::Membership,
    }
}

/// Whether `c` lies inside `other`; of equal dates the greater id lies inside.
fn holds_inside(other: &ContractRow, c: &ContractRow) -> bool {
    let dates = |x: &ContractRow| (x.start, x.end, x.signed_on);
    let inside = other.start <= c.start && other.end >= c.end && other.signed_on <= c.signed_on;
    let first = dates(other) != dates(c) || other.id < c.id;
    inside && first && !is_trial(other) && other.kind.as_deref() != Some("addon") && !is_void(other)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    pub(crate) fn signed(id: &str, start: &str, end: &str, amount: i128) -> ContractRow {
        ContractRow {
            id: id.into(),
            company_id: "c".into(),
            plan: "basic".into(),
            kind: None,
            start: day(start),
            end: day(end),
            signed_on: day(start) - 10,
            amount: Cents(amount),
            cost: None,
            rep_id: None,
            cancelled_on: None,
            refund: None,
        }
    }

    pub(crate) fn at(rows: &[ContractRow], as_of: &str) -> Vec<Contract> {
        terms(rows, &HashMap::from([("c".into(), 0)]), day(as_of))
    }

    #[test]
    fn years_round_half_away() {
        assert_eq!([1, 365, 366, 547, 548, 731, 1096].map(years), [1, 1, 1, 1, 2, 2, 3]);
    }

    #[test]
    fn cancellation_ends_and_refunds_from_its_day() {
        let mut c = signed("a", "2025-01-01", "2025-12-31", 100_00);
        (c.cancelled_on, c.refund) = (Some(day("2025-07-01")), Some(Cents(40_00)));
        let after = &at(&[c.clone()], "2025-08-01")[0];
        assert_eq!((after.end, after.amount, after.class), (day("2025-06-30"), Cents(60_00), Class::Membership));
        c.cancelled_on = Some(c.start);
        assert_eq!(at(&[c.clone()], "2025-08-01")[0].class, Class::Void);
        // A refund without a cancellation counts from the start.
        c.cancelled_on = None;
        assert_eq!(at(&[c.clone()], "2024-12-31")[0].amount, Cents(100_00));
        assert_eq!(at(&[c], "2025-01-01")[0].amount, Cents(60_00));
    }

    #[test]
    fn what_lies_inside_another_is_an_addon() {
        let year = signed("a", "2025-01-01", "2025-12-31", 100_00);
        let mut inside = signed("b", "2025-03-01", "2025-12-31", 5_00);
        let twin = signed("z", "2025-01-01", "2025-12-31", 100_00);
        let classes = |rows: &[ContractRow]| at(rows, "2026-01-01").iter().map(|c| c.class).collect::<Vec<_>>();
        let rows = [year.clone(), inside.clone(), twin.clone()];
        assert_eq!(classes(&rows), [Class::Membership, Class::Addon, Class::Addon]);
        inside.kind = Some("membership".into());
        assert_eq!(classes(&[year.clone(), inside])[1], Class::Membership);
        // Inside a void contract nothing lies.
        let mut void = year;
        void.cancelled_on = Some(void.start);
        assert_eq!(classes(&[void, twin]), [Class::Void, Class::Membership]);
    }
}
