//! One company's story on a day: every figure that [`explain`](crate::report::member_story) shows.
//!
//! ```text
//! contracts.rs      what it has signed, and how it stands
//! peers.rs          whom it is compared with: the peers of its row in member_health
//! counters.rs       30 days as in member_health, and the year by week, against the peers' mean
//! click_sources.rs  where its clicks came from
//! services.rs       what was owed, done, late
//! similar.rs        what was tried with similar members, and what became of them
//! worth.rs          what it got for its money, against the peers' median
//! ```
//!
//! No mart of its own: it is a row of several marts and of the lake, gathered for one company.

pub mod click_sources;
pub mod contracts;
pub mod counters;
pub mod peers;
pub mod services;
pub mod similar;
pub mod worth;

use crate::facts::Visible;
use crate::facts::rows::CareRow;
use crate::facts::visible::FollowupNote;

use super::member_health::MemberHealthRow;
use super::renewal_reasons::{self, Reason, RenewalReasonRow};
use super::renewal_risk::RenewalRiskRow;
use super::source_day;
use super::{Marts, Result};

use click_sources::ClickSource;
use contracts::Standing;
use counters::Counter;
use peers::Peers;
use services::ServiceLine;
use similar::Similar;
use worth::Worth;

/// What is known of one company.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// Position in `Visible::companies`.
    pub company: usize,
    pub standing: Standing,
    /// Its row, for a member and a company with a contract at stake.
    pub health: Option<MemberHealthRow>,
    /// In the order of `member_day`.
    pub counters: Vec<Counter>,
    /// Greatest of 90 days first.
    pub click_sources: Vec<ClickSource>,
    /// Of the contract that the story is about, by the day they were due.
    pub services: Vec<ServiceLine>,
    /// Newest first.
    pub followups: Vec<FollowupNote>,
    /// Newest first.
    pub care: Vec<CareRow>,
    /// Its contracts at stake, greatest value at risk first, each with its reasons by theme.
    pub at_stake: Vec<(RenewalRiskRow, Vec<Reason>)>,
    /// `None` for a company without a row in `member_health`.
    pub similar: Option<Similar>,
    pub worth: Option<Worth>,
}

/// The story of the company at a position.
///
/// # Errors
/// A mart that lacks its tables, a lake that cannot be read.
pub fn tell(marts: &Marts<'_>, company: usize) -> Result<Story> {
    let visible = marts.visible;
    let id = &visible.companies[company].id;
    let all = marts.rows::<MemberHealthRow>()?;
    let health = all.iter().find(|h| h.company_id == *id);
    let peers = health.map(|h| Peers::of(h, &all));
    let standing = contracts::standing(marts, company)?;
    let coverage = source_day::coverage(marts)?;
    let services = match standing.contract {
        Some(contract) => services::of(visible, contract)?,
        None => Vec::new(),
    };
    let care = visible.care_actions()?;
    let mut own: Vec<CareRow> = care.iter().filter(|a| a.company_id == *id).cloned().collect();
    own.reverse();
    let mut followups = visible.followups_of(id)?;
    followups.reverse();
    let risks = marts.rows::<RenewalRiskRow>()?;
    let reasons = marts.rows::<RenewalReasonRow>()?;
    let own_risks = risks.iter().filter(|r| r.company_id == *id);
    let at_stake = own_risks.map(|r| (r.clone(), renewal_reasons::by_theme(&reasons, &r.contract_id))).collect();
    Ok(Story {
        company,
        counters: counters::of(visible, id, health, peers.as_ref(), &coverage)?,
        click_sources: click_sources::of(visible, id, &coverage)?,
        services,
        followups,
        care: own,
        at_stake,
        similar: health.map(|h| similar::of(visible, h, &care)),
        worth: health.zip(peers.as_ref()).map(|(h, peers)| worth::of(h, peers)),
        health: health.cloned(),
        standing,
    })
}

impl Story {
    /// Its position's contract, if the story is about one.
    pub fn contract<'v>(&self, visible: &'v Visible<'_>) -> Option<&'v crate::facts::terms::Contract> {
        self.standing.contract.map(|c| &visible.contracts[c])
    }
}
