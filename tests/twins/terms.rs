//! Contract §1 and §3.1: what is visible on a day, and what the contracts are on it.

use crate::support::days::Day;
use crate::support::portal::{Company, Contract, Portal};
use crate::twins::sheet::round;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Void,
    Trial,
    Addon,
    Membership,
}

/// A contract as it stands on a day: effective end and amount.
#[derive(Clone, Debug)]
pub struct Term<'a> {
    pub c: &'a Contract,
    pub class: Class,
    pub end: Day,
    pub amount: i128,
    pub annual: i128,
    pub cancelled: Option<Day>,
}

impl Term<'_> {
    pub fn id(&self) -> &str {
        &self.c.id
    }

    pub fn company(&self) -> &str {
        &self.c.company_id
    }

    pub fn days_signed(&self) -> i64 {
        self.c.end - self.c.start + 1
    }

    pub fn is_membership(&self) -> bool {
        self.class == Class::Membership
    }

    /// In force on a day, of whatever class it is; void ones never are.
    pub fn in_force(&self, d: Day) -> bool {
        self.class != Class::Void && self.c.signed <= d && self.c.start <= d && d <= self.end
    }
}

fn is_trial(c: &Contract) -> bool {
    c.kind == Some("trial") || c.amount == 0
}

fn cancelled(c: &Contract, at: Day) -> Option<Day> {
    c.cancelled_on.filter(|d| *d <= at)
}

fn is_void(c: &Contract, at: Day) -> bool {
    cancelled(c, at).is_some_and(|d| d <= c.start)
}

fn lies_inside(c: &Contract, other: &Contract, at: Day) -> bool {
    if other.id == c.id || other.company_id != c.company_id {
        return false;
    }
    if is_trial(other) || other.kind == Some("addon") || is_void(other, at) {
        return false;
    }
    let inside = other.start <= c.start && other.end >= c.end && other.signed <= c.signed;
    let equal = other.start == c.start && other.end == c.end && other.signed == c.signed;
    inside && (!equal || c.id.as_bytes() > other.id.as_bytes())
}

/// The contracts visible on a day, in the order of the portal's rows.
pub fn terms(p: &Portal, at: Day) -> Vec<Term<'_>> {
    let visible: Vec<&Contract> = p.contracts.iter().filter(|c| c.signed <= at).collect();
    visible
        .iter()
        .map(|c| {
            let cancelled = cancelled(c, at);
            let class = if is_void(c, at) {
                Class::Void
            } else if is_trial(c) {
                Class::Trial
            } else if c.kind == Some("addon")
                || c.kind.is_none() && visible.iter().any(|other| lies_inside(c, other, at))
            {
                Class::Addon
            } else {
                Class::Membership
            };
            let refunded = match c.cancelled_on {
                Some(_) => cancelled.is_some(),
                None => c.start <= at,
            };
            let amount = c.amount - if refunded { c.refund.unwrap_or(0) } else { 0 };
            let years = round(i128::from(c.end - c.start + 1) * 100, 36_525).max(1);
            let end = cancelled.map_or(c.end, |d| c.end.min(d - 1));
            Term { c, class, end, amount, annual: round(amount, years), cancelled }
        })
        .collect()
}

pub fn memberships<'a, 'b>(terms: &'b [Term<'a>]) -> Vec<&'b Term<'a>> {
    terms.iter().filter(|t| t.is_membership()).collect()
}

/// Whether D renews C, by their effective ends.
pub fn renews(d: &Term, c: &Term, grace: i64) -> bool {
    d.company() == c.company()
        && d.c.start > c.c.start
        && d.end > c.end
        && d.c.start <= c.end + grace
        && d.c.signed <= c.end + grace
}

/// The membership that renews C, among those given.
pub fn renewed_by<'a, 'b>(c: &Term, among: &'b [Term<'a>], grace: i64) -> Option<&'b Term<'a>> {
    let mut best: Option<&Term> = None;
    for d in among {
        if d.is_membership()
            && renews(d, c, grace)
            && best.is_none_or(|b| (d.c.start, d.id().as_bytes()) < (b.c.start, b.id().as_bytes()))
        {
            best = Some(d);
        }
    }
    best
}

/// What is known of a company: its row, or nothing.
#[derive(Clone, Debug)]
pub struct Firm<'a> {
    pub id: &'a str,
    pub row: Option<&'a Company>,
}

impl Firm<'_> {
    pub fn segment(&self) -> &str {
        self.row.map_or("unknown", |c| &c.segment)
    }

    pub fn region(&self) -> &str {
        self.row.and_then(|c| c.region.as_deref()).unwrap_or("unknown")
    }

    pub fn size(&self) -> &str {
        self.row.map_or("unknown", |c| c.size)
    }

    pub fn service_rep(&self) -> Option<&str> {
        self.row.and_then(|c| c.service_rep_id.as_deref())
    }

    pub fn registered(&self, d: Day) -> bool {
        self.row.and_then(|c| c.registered_on).is_some_and(|r| r <= d)
    }
}

fn first_signed(p: &Portal, company: &str) -> Option<Day> {
    p.contracts.iter().filter(|c| c.company_id == company).map(|c| c.signed).min()
}

pub fn row_visible(p: &Portal, c: &Company, d: Day) -> bool {
    match c.listed_on {
        None => true,
        Some(listed) => [Some(listed), c.registered_on, first_signed(p, &c.id)].into_iter().flatten().any(|e| e <= d),
    }
}

pub fn firm<'a>(p: &'a Portal, id: &'a str, at: Day) -> Firm<'a> {
    Firm { id, row: p.companies.iter().find(|c| c.id == id && row_visible(p, c, at)) }
}

/// The companies visible on a day: rows, and those known by a contract only.
pub fn firms(p: &Portal, d: Day) -> Vec<Firm<'_>> {
    let mut out: Vec<Firm> = Vec::new();
    for c in &p.companies {
        if row_visible(p, c, d) {
            out.push(Firm { id: &c.id, row: Some(c) });
        }
    }
    for c in p.contracts.iter().filter(|c| c.signed <= d) {
        if out.iter().all(|f| f.id != c.company_id) {
            out.push(Firm { id: &c.company_id, row: None });
        }
    }
    out
}

pub fn is_member(terms: &[Term], company: &str, d: Day) -> bool {
    terms.iter().any(|t| t.is_membership() && t.company() == company && t.in_force(d))
}
