//! What was tried with similar members, and what became of their contracts. Counts: it does not say what caused what.
//!
//! ```text
//! memberships of other companies, of the plan and segment by which the peers are chosen, members or not any more
//!   care action ──► its contract; without one, the membership in force that day with the greatest (start, id)
//!                   before that contract was renewed ──► counted once a contract and kind of action
//!   renewed or lapsed by now ──► decided: share renewed with its 95 % Wilson interval
//! ```
//!
//! Today's peers alone would leave out those that have left.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::Str;
use crate::facts::Visible;
use crate::facts::rows::CareRow;
use crate::stats::wilson::interval;

use super::super::member_health::MemberHealthRow;
use super::super::renewals::status;

/// What became of similar contracts.
#[derive(Clone, Debug, PartialEq)]
pub struct Similar {
    /// As `peer_group` of `member_health`.
    pub group: Str,
    /// All decided contracts of the group, cared for or not.
    pub all: Shares,
    /// By contracts, most first, ties by action.
    pub tried: Vec<Tried>,
}

/// Contracts that are decided, and those renewed among them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    pub decided: i64,
    pub renewed: i64,
    /// renewed / decided, and its 95 % interval.
    pub share: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// A kind of action.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    pub action: Str,
    /// Contracts for which it was tried.
    pub contracts: i64,
    /// How often it was tried, by what was said: `promised`, `undecided`, `refused`, `not_reached`, nothing noted.
    pub outcomes: [i64; 5],
    pub shares: Shares,
}

/// The words of `Tried::outcomes`, in order.
pub const OUTCOMES: [&str; 5] = ["promised", "undecided", "refused", "not_reached", "none"];
/// Kinds of action that are told.
const MOST: usize = 8;

impl Shares {
    fn of(decided: i64, renewed: i64) -> Shares {
        let limits = interval(renewed, decided);
        Shares {
            decided,
            renewed,
            share: (decided > 0).then(|| renewed as f64 / decided as f64),
            low: limits.map(|l| l.0),
            high: limits.map(|l| l.1),
        }
    }
}

#[derive(Default)]
struct Sums {
    contracts: BTreeSet<usize>,
    outcomes: [i64; 5],
}

/// What was tried with companies like that of a row, out of all care actions.
pub fn of(visible: &Visible<'_>, row: &MemberHealthRow, care: &[CareRow]) -> Similar {
    let is_similar = |c: usize| {
        let contract = &visible.contracts[c];
        let company = &visible.companies[contract.company];
        contract.is_membership()
            && company.id != row.company_id
            && match &*row.peer_group {
                "segment_plan" => company.segment == row.segment && contract.plan == row.plan,
                "segment" => company.segment == row.segment,
                _ => true,
            }
    };
    let similar: BTreeSet<usize> = (0..visible.contracts.len()).filter(|c| is_similar(*c)).collect();
    let by_id: HashMap<&Str, usize> = similar.iter().map(|c| (&visible.contracts[*c].id, *c)).collect();
    let mut sums: BTreeMap<&Str, Sums> = BTreeMap::new();
    for action in care {
        let contract = match &action.contract_id {
            Some(id) => by_id.get(id).copied(),
            None => in_force(visible, action).filter(|c| similar.contains(c)),
        };
        let Some(contract) = contract.filter(|c| is_open(visible, *c, action)) else { continue };
        let sum = sums.entry(&action.action).or_default();
        sum.contracts.insert(contract);
        let word = action.outcome.as_deref().unwrap_or("none");
        sum.outcomes.iter_mut().zip(OUTCOMES).filter(|(_, o)| *o == word).for_each(|(n, _)| *n += 1);
    }
    let mut tried: Vec<Tried> = sums
        .into_iter()
        .map(|(action, sum)| Tried {
            action: action.clone(),
            contracts: sum.contracts.len() as i64,
            outcomes: sum.outcomes,
            shares: shares(visible, &sum.contracts),
        })
        .collect();
    tried.sort_by(|a, b| b.contracts.cmp(&a.contracts).then_with(|| a.action.cmp(&b.action)));
    tried.truncate(MOST);
    Similar { group: row.peer_group.clone(), all: shares(visible, &similar), tried }
}

/// The company's membership in force on the day of an action, with the greatest (start, id).
fn in_force(visible: &Visible<'_>, action: &CareRow) -> Option<usize> {
    let company = *visible.company_of.get(&action.company_id)?;
    let held = visible.memberships_of(company).filter(|c| visible.contracts[*c].in_force(action.day));
    held.max_by_key(|c| (visible.contracts[*c].start, &visible.contracts[*c].id))
}

/// Whether the contract had not been renewed before the day of an action.
fn is_open(visible: &Visible<'_>, contract: usize, action: &CareRow) -> bool {
    visible.renewed[contract].is_none_or(|r| visible.contracts[r.by].signed_on >= action.day)
}

fn shares(visible: &Visible<'_>, contracts: &BTreeSet<usize>) -> Shares {
    let count = |word: &str| contracts.iter().filter(|c| status(visible, **c) == word).count() as i64;
    let renewed = count("renewed");
    Shares::of(renewed + count("lapsed"), renewed)
}
