//! The peers of a company: those of its row in `member_health`.

use super::super::member_health::MemberHealthRow;

/// Days in force from which a member is a peer (contract §3.2).
const SETTLED: i64 = 30;

/// The members that a company is compared with, itself among them when it is such a member.
pub struct Peers<'a> {
    pub rows: Vec<&'a MemberHealthRow>,
}

impl<'a> Peers<'a> {
    /// The group that the row names, out of all rows.
    pub fn of(row: &MemberHealthRow, all: &'a [MemberHealthRow]) -> Peers<'a> {
        let is_peer = |p: &&MemberHealthRow| {
            p.in_force
                && p.days_in_force >= SETTLED
                && match &*row.peer_group {
                    "segment_plan" => p.segment == row.segment && p.plan == row.plan,
                    "segment" => p.segment == row.segment,
                    _ => true,
                }
        };
        Peers { rows: all.iter().filter(is_peer).collect() }
    }

    /// The mean of a figure; `None` without peers, or when it is unknown of one.
    pub fn mean(&self, figure: impl Fn(&MemberHealthRow) -> Option<i64>) -> Option<f64> {
        let figures: Option<Vec<i64>> = self.rows.iter().map(|p| figure(p)).collect();
        // A sum of whole numbers: the order does not matter.
        figures.filter(|f| !f.is_empty()).map(|f| f.iter().sum::<i64>() as f64 / f.len() as f64)
    }
}
