//! `risk_track`: what became of the contracts that published lists named, by the band they were first given
//! (contract §3.3).
//!
//! ```text
//! risk_published ──► each contract's first listing: month, band, p ──► renewals now ──► n, mean p, renewed
//! ```
//!
//! Each contract counts once, in the month and band of its first listing, holdout or not. One of which the lake holds
//! no membership any more (its row was retired or its terms changed) has no outcome and is left out.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::domain::{Day, Month, Str};
use crate::facts::Visible;
use crate::lake::ledger::PublishedRisk;
use crate::rows;

use super::{MartRow, Marts, Result};

rows! {
    /// The contracts first listed in one month under one band.
    pub struct RiskTrackRow = "risk_track", "month of first listing and band", key(month, risk_band) {
        /// month of the list that first named them
        month: Str,
        /// high, medium or low: as that list said
        risk_band: Str,
        /// contracts
        n: i64,
        /// mean probability of renewal that it said (0..1)
        p_mean: f64,
        /// every one of them is past its end and grace: no renewal can be added
        r#final: bool,
        /// of them renewed
        renewed: i64,
        /// renewed / n; it can still change until final
        rate: f64,
    }
}

impl MartRow for RiskTrackRow {
    fn compute(marts: &Marts<'_>) -> Result<Vec<RiskTrackRow>> {
        up_to(marts.visible, marts.visible.day)
    }
}

/// The track of lists of earlier days alone.
pub struct Earlier(pub Vec<RiskTrackRow>);

/// The record as it stood before the as-of day's own list was published: what that day's report shows, so that the report is the
/// same when it is made again.
pub fn earlier(marts: &Marts<'_>) -> Result<Rc<Earlier>> {
    marts.once(|marts| Ok(Earlier(up_to(marts.visible, marts.visible.day - 1)?)))
}

fn up_to(visible: &Visible<'_>, day: Day) -> Result<Vec<RiskTrackRow>> {
    let listed = visible.lake().ledger().first_published(day)?;
    Ok(track(&listed, |id| outcome(visible, id)))
}

/// What became of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Outcome {
    renewed: bool,
    /// Past its end and grace: it stays so.
    decided: bool,
}

/// `None` for what is no membership, or unknown.
fn outcome(visible: &Visible<'_>, id: &Str) -> Option<Outcome> {
    let at = visible.contracts.binary_search_by(|c| c.id.cmp(id)).ok()?;
    let c = visible.contracts.get(at).filter(|c| c.is_membership())?;
    let decided = c.end + visible.grace() < visible.day;
    Some(Outcome { renewed: visible.renewed[at].is_some(), decided })
}

/// Sums over first listings, by month and band.
fn track(listed: &[PublishedRisk], outcome: impl Fn(&Str) -> Option<Outcome>) -> Vec<RiskTrackRow> {
    let mut groups: BTreeMap<(Month, &Str), Vec<(f64, Outcome)>> = BTreeMap::new();
    for first in listed {
        if let Some(outcome) = outcome(&first.contract_id) {
            groups.entry((first.as_of.month(), &first.risk_band)).or_default().push((first.p_renew, outcome));
        }
    }
    let row = |((month, band), contracts): ((Month, &Str), Vec<(f64, Outcome)>)| {
        let n = contracts.len() as f64;
        let renewed = contracts.iter().filter(|(_, o)| o.renewed).count();
        RiskTrackRow {
            month: month.to_string().as_str().into(),
            risk_band: band.clone(),
            n: contracts.len() as i64,
            p_mean: contracts.iter().map(|(p, _)| p).sum::<f64>() / n,
            r#final: contracts.iter().all(|(_, o)| o.decided),
            renewed: renewed as i64,
            rate: renewed as f64 / n,
        }
    };
    groups.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(day: &str, id: &str, p_renew: f64, band: &str) -> PublishedRisk {
        PublishedRisk {
            as_of: Day::parse(day).unwrap(),
            contract_id: id.into(),
            p_renew,
            risk_band: band.into(),
            priority_rank: 1,
            call_rank: None,
            reason_1: None,
            action: None,
            holdout: true,
        }
    }

    /// July: a (renewed) and b (lapsed) were high, c low and still open. August: d high and renewed, but its grace runs.
    /// e is no contract any more.
    #[test]
    fn a_band_is_final_when_none_of_its_contracts_can_be_renewed_any_more() {
        let lists = [
            listed("2026-07-01", "a", 0.25, "high"),
            listed("2026-07-31", "b", 0.5, "high"),
            listed("2026-07-02", "c", 0.9, "low"),
            listed("2026-08-01", "d", 0.4, "high"),
            listed("2026-07-01", "e", 0.1, "high"),
        ];
        let known = [("a", true, true), ("b", false, true), ("c", false, false), ("d", true, false)];
        let outcome = |id: &Str| {
            let found = known.iter().find(|(name, ..)| *name == &**id)?;
            Some(Outcome { renewed: found.1, decided: found.2 })
        };
        let rows = track(&lists, outcome);
        let row = |month: &str, band: &str, n, p_mean, r#final, renewed, rate| RiskTrackRow {
            month: month.into(),
            risk_band: band.into(),
            n,
            p_mean,
            r#final,
            renewed,
            rate,
        };
        let expected = [
            row("2026-07", "high", 2, 0.375, true, 1, 0.5),
            row("2026-07", "low", 1, 0.9, false, 0, 0.0),
            row("2026-08", "high", 1, 0.4, false, 1, 1.0),
        ];
        assert_eq!(rows, expected);
    }
}
