//! Contracts and companies of a day that two states of the lake know differently.
//!
//! Both states are cut at the day: a cancellation that came after it is in neither, a contract signed after it neither.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Cents, Day, Str};
use crate::facts::Visible;
use crate::facts::rows::EstimateRow;
use crate::facts::terms::{Class, Contract};

/// What was corrected of a day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Corrections {
    /// The greatest change of annual amount first, ties by id.
    pub contracts: Vec<ContractChange>,
    /// By company.
    pub segments: Vec<SegmentChange>,
    /// Companies that are visible on the day now and were not then.
    pub companies_added: i64,
    /// Companies that were visible then and are not now.
    pub companies_withdrawn: i64,
    /// Rows of `market_estimates` for the day's year or an earlier one that were added, changed or withdrawn.
    pub estimates: i64,
}

/// A contract that is known differently.
#[derive(Clone, Debug, PartialEq)]
pub struct ContractChange {
    pub contract_id: Str,
    /// Whose it is now, else whose it was.
    pub company_id: Str,
    /// `added`, `corrected`, `withdrawn`: among the contracts signed by the day.
    pub cause: &'static str,
    pub fields: Vec<FieldChange>,
    /// 0 without the contract.
    pub annual_then: Cents,
    pub annual_now: Cents,
}

/// What a contract says otherwise. Of one that was added or withdrawn: its dates and its amount.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// `company`, `plan`, `class`, `start`, `end`, `signed_on`, `amount`, `cost`, `cancelled_on`, `refund`; dates and
    /// amounts as signed.
    pub field: &'static str,
    pub then: Option<Term>,
    pub now: Option<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    Id(Str),
    /// What a person typed.
    Typed(Str),
    /// `membership`, `addon`, `trial`, `void`.
    Class(&'static str),
    Date(Day),
    Money(Cents),
}

/// A company that is in another segment now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentChange {
    pub company_id: Str,
    pub then: Str,
    pub now: Str,
}

impl Corrections {
    pub(super) fn between(then: &Visible<'_>, now: &Visible<'_>) -> Corrections {
        let mut corrections = Corrections { contracts: contracts(then, now), ..Corrections::default() };
        for company in &now.companies {
            match then.company_of.get(&company.id).map(|at| &then.companies[*at].segment) {
                None => corrections.companies_added += 1,
                Some(segment) if *segment != company.segment => corrections.segments.push(SegmentChange {
                    company_id: company.id.clone(),
                    then: segment.clone(),
                    now: company.segment.clone(),
                }),
                Some(_) => {}
            }
        }
        let gone = then.companies.iter().filter(|c| !now.company_of.contains_key(&c.id));
        corrections.companies_withdrawn = gone.count() as i64;
        let (before, after) = (estimates(then), estimates(now));
        let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        corrections.estimates = keys.into_iter().filter(|key| before.get(*key) != after.get(*key)).count() as i64;
        corrections
    }

    /// How many contracts were added, corrected and withdrawn.
    pub fn counts(&self) -> [(&'static str, i64); 3] {
        ["added", "corrected", "withdrawn"]
            .map(|cause| (cause, self.contracts.iter().filter(|c| c.cause == cause).count() as i64))
    }
}

fn estimates<'v>(visible: &'v Visible<'_>) -> BTreeMap<(&'v Str, i32), &'v EstimateRow> {
    let known = visible.estimates.iter().filter(|e| e.year <= visible.day.year());
    known.map(|e| ((&e.segment, e.year), e)).collect()
}

fn contracts(then: &Visible<'_>, now: &Visible<'_>) -> Vec<ContractChange> {
    let by_id = |c: &Visible<'_>| c.contracts.iter().enumerate().map(|(at, c)| (c.id.clone(), at)).collect();
    let (before, after): (BTreeMap<Str, usize>, BTreeMap<Str, usize>) = (by_id(then), by_id(now));
    let ids: BTreeSet<&Str> = before.keys().chain(after.keys()).collect();
    let change = |id: &Str| {
        let of = |visible: &Visible<'_>, at: Option<&usize>| at.map(|at| Known::of(visible, &visible.contracts[*at]));
        change(id, of(then, before.get(id)), of(now, after.get(id)))
    };
    let mut changes: Vec<ContractChange> = ids.into_iter().filter_map(change).collect();
    changes.sort_by_key(|c| (Reverse((c.annual_now - c.annual_then).0.abs()), c.contract_id.clone()));
    changes
}

/// A contract in one state: its terms in the order in which they are shown.
struct Known {
    company_id: Str,
    annual: Cents,
    terms: [(&'static str, Option<Term>); 10],
}

impl Known {
    fn of(visible: &Visible<'_>, c: &Contract) -> Known {
        let company_id = &visible.companies[c.company].id;
        let refund = Some(c.amount_signed - c.amount).filter(|r| *r != Cents::ZERO);
        Known {
            company_id: company_id.clone(),
            annual: c.annual,
            terms: [
                ("company", Some(Term::Id(company_id.clone()))),
                ("plan", Some(Term::Typed(c.plan.clone()))),
                ("class", Some(Term::Class(class(c.class)))),
                ("start", Some(Term::Date(c.start))),
                ("end", Some(Term::Date(c.end_signed))),
                ("signed_on", Some(Term::Date(c.signed_on))),
                ("amount", Some(Term::Money(c.amount_signed))),
                ("cost", c.cost.map(Term::Money)),
                ("cancelled_on", c.cancelled_on.map(Term::Date)),
                ("refund", refund.map(Term::Money)),
            ],
        }
    }
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Void => "void",
        Class::Trial => "trial",
        Class::Addon => "addon",
        Class::Membership => "membership",
    }
}

/// `None` when both say the same.
fn change(id: &Str, then: Option<Known>, now: Option<Known>) -> Option<ContractChange> {
    let cause = match (&then, &now) {
        (None, _) => "added",
        (_, None) => "withdrawn",
        _ => "corrected",
    };
    let shown = |field: &str| cause == "corrected" || matches!(field, "start" | "end" | "amount");
    let known = now.as_ref().or(then.as_ref())?;
    let of = |state: &Option<Known>, at: usize| state.as_ref().and_then(|known| known.terms[at].1.clone());
    let fields = known.terms.iter().enumerate().filter(|(_, (field, _))| shown(field));
    let fields = fields.map(|(at, (field, _))| FieldChange { field, then: of(&then, at), now: of(&now, at) });
    let fields: Vec<FieldChange> = fields.filter(|f| f.then != f.now).collect();
    let annual = |state: &Option<Known>| state.as_ref().map_or(Cents::ZERO, |known| known.annual);
    (!fields.is_empty()).then(|| ContractChange {
        contract_id: id.clone(),
        company_id: known.company_id.clone(),
        cause,
        fields,
        annual_then: annual(&then),
        annual_now: annual(&now),
    })
}
