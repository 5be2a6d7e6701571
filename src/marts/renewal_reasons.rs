//! `renewal_reasons`: what the log-odds of each contract at stake are made of (contract §3.3).
//!
//! ```text
//! base + Σ effects of the features = total = log-odds before calibration
//! ```
//!
//! A base rate knows no reasons: then base = total.

use crate::domain::Str;
use crate::rows;

use super::risk_scores::{Scored, risk_scores};
use super::{MartRow, Marts, Result};

/// Rows that are no features; no feature has such a name.
pub const BASE: &str = "base";
pub const TOTAL: &str = "total";

rows! {
    /// What one feature adds.
    pub struct RenewalReasonRow = "renewal_reasons", "membership at stake and feature", key(contract_id, feature) {
        /// the contract
        contract_id: Str,
        /// the feature; also `base` (of a contract of which nothing is known) and `total`
        feature: Str,
        /// the member's own value, in the feature's unit; null where it is not known
        value: Option<f64>,
        /// its peers' value
        peer_value: Option<f64>,
        /// its own value of a year before
        own_past: Option<f64>,
        /// what it adds (log-odds); base + effects = total; null where a base rate is 0 or 1
        effect: Option<f64>,
    }
}

impl MartRow for RenewalReasonRow {
    fn compute(marts: &Marts<'_>) -> Result<Vec<RenewalReasonRow>> {
        let scores = risk_scores(marts)?;
        let of = |(contract, scored): (&usize, &Scored)| reasons(&marts.visible.contracts[*contract].id, scored);
        Ok(scores.scored.iter().flat_map(of).collect())
    }
}

/// The rows of a contract, by feature.
fn reasons(contract: &Str, scored: &Scored) -> Vec<RenewalReasonRow> {
    let row = |feature: &str, effect: f64| RenewalReasonRow {
        contract_id: contract.clone(),
        feature: feature.into(),
        value: None,
        peer_value: None,
        own_past: None,
        effect: Some(effect).filter(|e| e.is_finite()),
    };
    let mut rows = vec![row(BASE, scored.base), row(TOTAL, scored.log_odds)];
    rows.extend(scored.reasons.iter().map(|r| RenewalReasonRow {
        value: r.value,
        peer_value: r.peer,
        own_past: r.past,
        ..row(&r.feature, r.effect)
    }));
    rows.sort_by(|a, b| a.feature.cmp(&b.feature));
    rows
}

#[cfg(test)]
mod tests {
    use super::super::risk_scores::Reason;
    use super::*;

    #[test]
    fn features_stand_in_order_among_base_and_total_and_what_is_infinite_is_null() {
        let reason = |feature: &str| Reason { feature: feature.into(), value: Some(3.0), ..Reason::default() };
        let reasons_of = vec![reason("visitors"), reason("ad_clicks")];
        let scored = Scored { base: f64::INFINITY, reasons: reasons_of, ..Scored::default() };
        let rows = reasons(&"c".into(), &scored);
        let features: Vec<&str> = rows.iter().map(|r| &*r.feature).collect();
        assert_eq!(features, ["ad_clicks", "base", "total", "visitors"]);
        assert_eq!((rows[0].value, rows[1].effect, rows[2].effect), (Some(3.0), None, Some(0.0)));
    }
}
