//! What a company has signed, and how it stands.

use crate::domain::{Cents, Day, Str};
use crate::facts::Visible;
use crate::facts::terms::{Class, Contract};
use crate::facts::windows::chain_start;
use crate::risk::observe::at_stake;

use super::super::deals::DealRow;
use super::super::renewals;
use super::super::{Marts, Result};

/// How a company stands on the day.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// `member`, `at_stake` (its membership ended, and can still be renewed), `upcoming`, `former` or `never`.
    pub word: &'static str,
    /// The contract that the story is about, by position: the one that gives its plan in `member_health`; else its
    /// latest membership.
    pub contract: Option<usize>,
    /// First day of its unbroken chain of memberships, for one in force or at stake.
    pub since: Option<Day>,
    /// First day of its first contract, whatever its kind.
    pub first_contract: Option<Day>,
    /// Renewals that it has signed.
    pub renewals: i64,
    /// Newest first.
    pub contracts: Vec<Line>,
}

/// A contract of the company.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub contract_id: Str,
    pub plan: Str,
    /// As in `deals`.
    pub deal_type: Str,
    pub start: Day,
    /// Effective last day in force.
    pub end: Day,
    pub amount: Cents,
    pub annual_amount: Cents,
    /// As in `renewals`; `None` for what is no membership.
    pub status: Option<&'static str>,
    /// What renewed it.
    pub renewed_by: Option<Str>,
}

/// How the company at a position stands.
pub fn standing(marts: &Marts<'_>, company: usize) -> Result<Standing> {
    let visible = marts.visible;
    let deals = marts.rows::<DealRow>()?;
    let id = &visible.companies[company].id;
    let own: Vec<&DealRow> = deals.iter().filter(|d| d.company_id == *id).collect();
    let (word, contract) = contract_of(visible, company);
    let memberships = visible.memberships_of(company).map(|c| &visible.contracts[c]);
    let started = visible.contracts_of[company].iter().map(|c| &visible.contracts[*c]);
    Ok(Standing {
        word,
        contract,
        since: chain_start(memberships, visible.day, visible.grace()).filter(|_| matches!(word, "member" | "at_stake")),
        first_contract: started.filter(|c| c.class != Class::Void).map(|c| c.start).min(),
        renewals: own.iter().filter(|d| &*d.deal_type == "renewal").count() as i64,
        contracts: lines(visible, company, &own),
    })
}

/// The standing, and the contract that the story is about.
fn contract_of(visible: &Visible<'_>, company: usize) -> (&'static str, Option<usize>) {
    let order = |c: &usize| (visible.contracts[*c].start, visible.contracts[*c].id.clone());
    let memberships: Vec<usize> = visible.memberships_of(company).collect();
    let latest = |fits: &dyn Fn(usize) -> bool| memberships.iter().copied().filter(|c| fits(*c)).max_by_key(order);
    let stake: Vec<usize> =
        at_stake(visible, visible.day).into_iter().filter(|c| visible.contracts[*c].company == company).collect();
    if let Some(c) = latest(&|c| visible.contracts[c].in_force(visible.day)) {
        ("member", Some(c))
    } else if let Some(c) = latest(&|c| stake.contains(&c)) {
        ("at_stake", Some(c))
    } else if let Some(c) = latest(&|c| visible.contracts[c].start > visible.day) {
        ("upcoming", Some(c))
    } else {
        latest(&|_| true).map_or(("never", None), |c| ("former", Some(c)))
    }
}

fn lines(visible: &Visible<'_>, company: usize, deals: &[&DealRow]) -> Vec<Line> {
    let line = |at: &usize| {
        let c: &Contract = &visible.contracts[*at];
        let deal = deals.iter().find(|d| d.contract_id == c.id)?;
        Some(Line {
            contract_id: c.id.clone(),
            plan: c.plan.clone(),
            deal_type: deal.deal_type.clone(),
            start: c.start,
            end: c.end,
            amount: c.amount,
            annual_amount: c.annual,
            status: c.is_membership().then(|| renewals::status(visible, *at)),
            renewed_by: visible.renewed[*at].map(|r| visible.contracts[r.by].id.clone()),
        })
    };
    let mut lines: Vec<Line> = visible.contracts_of[company].iter().filter_map(line).collect();
    lines.sort_by(|a, b| (b.start, &b.contract_id).cmp(&(a.start, &a.contract_id)));
    lines
}
