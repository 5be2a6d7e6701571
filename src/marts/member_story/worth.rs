//! What a member got for its money since its term began, against the median of its peers.

use crate::domain::{Cents, Str};
use crate::stats::median::median;

use super::super::member_health::MemberHealthRow;
use super::peers::Peers;

/// Leads of the term, and what each cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Worth {
    /// Contact views + messages + inquiries since the term began, as in `member_health`.
    pub leads_term: i64,
    /// As in `member_health`.
    pub cost_per_lead: Option<Cents>,
    /// Median of the peers' leads, each since its own term began.
    pub peer_leads: Option<f64>,
    /// Median of the peers' cost per lead, those without leads left out; rounded to the cent.
    pub peer_cost: Option<Cents>,
    /// Peers with a lead.
    pub peers_with_leads: i64,
    pub peers: i64,
    /// As `peer_group` of `member_health`.
    pub group: Str,
}

/// What the company of a row got.
pub fn of(row: &MemberHealthRow, peers: &Peers<'_>) -> Worth {
    let mut leads: Vec<i64> = peers.rows.iter().map(|p| p.leads_term).collect();
    let cost = |p: &&MemberHealthRow| p.cost_per_lead.and_then(|c| i64::try_from(c.0).ok());
    let mut costs: Vec<i64> = peers.rows.iter().filter_map(cost).collect();
    Worth {
        leads_term: row.leads_term,
        cost_per_lead: row.cost_per_lead,
        peer_leads: median(&mut leads),
        peer_cost: median(&mut costs).map(|cents| Cents(cents.round() as i128)),
        peers_with_leads: costs.len() as i64,
        peers: peers.rows.len() as i64,
        group: row.peer_group.clone(),
    }
}
