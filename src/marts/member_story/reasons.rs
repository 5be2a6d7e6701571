//! Why a contract may not be renewed: the one place that reads it from the risk marts.

use crate::domain::Str;

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

/// The reasons of a contract at stake; none with a base rate, which knows none.
pub fn of(_marts: &Marts<'_>, row: &RenewalRiskRow) -> Result<Vec<Reason>> {
    let named = [
        (&row.reason_1, row.reason_1_effect),
        (&row.reason_2, row.reason_2_effect),
        (&row.reason_3, row.reason_3_effect),
    ];
    let reason = |(feature, effect): (&Option<Str>, Option<f64>)| {
        let feature = feature.clone()?;
        Some(Reason { feature, effect, value: None, peer_value: None, own_past: None })
    };
    Ok(named.into_iter().filter_map(reason).collect())
}
