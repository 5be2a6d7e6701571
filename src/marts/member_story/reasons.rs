//! Why a contract may not be renewed: the one place that reads it from the risk marts.

use crate::domain::Str;

use super::super::renewal_reasons::{BASE, RenewalReasonRow, TOTAL};
use super::super::renewal_risk::RenewalRiskRow;
use super::super::{Marts, Result};

/// One reason, most telling first.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    pub feature: Str,
    /// Log-odds that it adds; negative speaks for a lapse.
    pub effect: Option<f64>,
    /// The member's own, its peers', and its own of a year before, in the feature's unit.
    pub value: Option<f64>,
    pub peer_value: Option<f64>,
    pub own_past: Option<f64>,
}

/// How many that speak for a lapse, and how many that speak against it.
const AGAINST: usize = 5;
const FOR: usize = 3;

/// The reasons of a contract at stake that weigh most; none with a base rate, which knows none.
pub fn of(marts: &Marts<'_>, row: &RenewalRiskRow) -> Result<Vec<Reason>> {
    let all = marts.rows::<RenewalReasonRow>()?;
    let own = all.iter().filter(|r| r.contract_id == row.contract_id && ![BASE, TOTAL].contains(&&*r.feature));
    let mut reasons: Vec<Reason> = own
        .filter(|r| r.effect.is_some_and(|effect| effect != 0.0))
        .map(|r| Reason {
            feature: r.feature.clone(),
            effect: r.effect,
            value: r.value,
            peer_value: r.peer_value,
            own_past: r.own_past,
        })
        .collect();
    let effect = |r: &Reason| r.effect.unwrap_or(0.0);
    reasons.sort_by(|a, b| effect(a).total_cmp(&effect(b)).then_with(|| a.feature.cmp(&b.feature)));
    let against = reasons.iter().filter(|r| effect(r) < 0.0).count();
    let n = reasons.len();
    let kept = |at: &usize| *at < against.min(AGAINST) || *at >= against.max(n.saturating_sub(FOR));
    Ok(reasons.into_iter().enumerate().filter(|(at, _)| kept(at)).map(|(_, r)| r).collect())
}
