//! `renewal_reasons`: what the log-odds of each contract at stake are made of (contract §3.3).
//!
//! ```text
//! base + Σ effects of the features = total = log-odds before calibration
//! ```
//!
//! A base rate knows no reasons: then base = total.

use crate::domain::Str;
use crate::risk::features;
use crate::risk::themes::{Cause, TERMS, causes};
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

/// What people read: a theme, and the feature that speaks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Below `code.theme` in the language files.
    pub theme: &'static str,
    /// Sum of the effects of its features (log-odds); negative speaks for a lapse.
    pub effect: f64,
    /// With its own effect and figures.
    pub speaks: RenewalReasonRow,
}

impl Reason {
    /// Whether it is one of the features, and not of what stands beside them.
    pub fn is_of_features(&self) -> bool {
        self.theme != TERMS
    }

    /// Whether after-sales can do something about it.
    pub fn is_actionable(&self) -> bool {
        features::by_name(&self.speaks.feature).is_some_and(|feature| feature.actionable)
    }
}

/// The reasons of a contract by theme, those for a lapse first; of the mart's rows. None with a base rate, which knows none.
pub fn by_theme(rows: &[RenewalReasonRow], contract: &Str) -> Vec<Reason> {
    let from = rows.partition_point(|r| r.contract_id < *contract);
    let to = rows.partition_point(|r| r.contract_id <= *contract);
    let parts: Vec<&RenewalReasonRow> =
        rows[from..to].iter().filter(|r| ![BASE, TOTAL].contains(&&*r.feature)).collect();
    let reason = |c: Cause| Reason { theme: c.theme, effect: c.effect, speaks: parts[c.speaks].clone() };
    causes(parts.iter().map(|r| (&*r.feature, r.effect.unwrap_or(0.0)))).into_iter().map(reason).collect()
}

#[cfg(test)]
mod tests {
    use super::super::risk_scores;
    use super::*;

    #[test]
    fn features_stand_in_order_among_base_and_total_and_what_is_infinite_is_null() {
        let reason = |feature: &str| risk_scores::Reason {
            feature: feature.into(),
            value: Some(3.0),
            ..risk_scores::Reason::default()
        };
        let reasons_of = vec![reason("visitors"), reason("ad_clicks")];
        let scored = Scored { base: f64::INFINITY, reasons: reasons_of, ..Scored::default() };
        let rows = reasons(&"c".into(), &scored);
        let features: Vec<&str> = rows.iter().map(|r| &*r.feature).collect();
        assert_eq!(features, ["ad_clicks", "base", "total", "visitors"]);
        assert_eq!((rows[0].value, rows[1].effect, rows[2].effect), (Some(3.0), None, Some(0.0)));
    }

    /// Visits −0.4 + 0.1, leads 0.2: what speaks is the most negative, and base and total are no parts.
    #[test]
    fn people_read_themes_of_their_contract_alone() {
        let effects = [("base", 0.5), ("inquiries_level", 0.2), ("shop_clicks_level", -0.4), ("visitors_level", 0.1)];
        let row = |contract: &str, (feature, effect): (&str, f64)| RenewalReasonRow {
            contract_id: contract.into(),
            feature: feature.into(),
            value: Some(effect),
            peer_value: None,
            own_past: None,
            effect: Some(effect),
        };
        let mut rows: Vec<_> = [("a", -9.0), ("c", 9.0)].map(|(id, e)| row(id, ("shop_clicks_trend", e))).into();
        rows.splice(1..1, effects.map(|e| row("b", e)));
        let found = by_theme(&rows, &"b".into());
        let found: Vec<_> = found.iter().map(|r| (r.theme, &*r.speaks.feature, r.is_actionable())).collect();
        assert_eq!(found, [("visits", "shop_clicks_level", true), ("leads", "inquiries_level", true)]);
        assert!(by_theme(&rows, &"bb".into()).is_empty());
    }
}
