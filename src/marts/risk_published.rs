//! `risk_published`: what every published call list said, as it was first published (contract §3.3).

use crate::domain::{Day, Str};
use crate::rows;

use super::{MartRow, Marts, Result};

rows! {
    /// One line of a published list.
    pub struct RiskPublishedRow = "risk_published", "published list and contract", key(as_of, contract_id) {
        /// day of the list
        as_of: Day,
        /// the contract
        contract_id: Str,
        /// probability of renewal that was published (0..1)
        p_renew: f64,
        /// band that was published
        risk_band: Str,
        /// rank by value at risk, 1 = greatest
        priority_rank: i64,
        /// rank by expected saving, 1 = greatest; null for the holdout
        call_rank: Option<i64>,
        /// strongest reason that can be acted on
        reason_1: Option<Str>,
        /// action from the playbook
        action: Option<Str>,
        /// kept off the call list on purpose, to measure what calls do
        holdout: bool,
    }
}

impl MartRow for RiskPublishedRow {
    const NEEDS: &'static [&'static str] = &[];

    /// Lists published for a day on or before the as-of day.
    fn compute(marts: &Marts<'_>) -> Result<Vec<RiskPublishedRow>> {
        let published = marts.visible.lake().ledger().published_risks()?;
        let visible = published.into_iter().filter(|p| p.as_of <= marts.visible.day);
        let row = |p: crate::lake::ledger::PublishedRisk| RiskPublishedRow {
            as_of: p.as_of,
            contract_id: p.contract_id,
            p_renew: p.p_renew,
            risk_band: p.risk_band,
            priority_rank: p.priority_rank,
            call_rank: p.call_rank,
            reason_1: p.reason_1,
            action: p.action,
            holdout: p.holdout,
        };
        Ok(visible.map(row).collect())
    }
}
