//! What a probability is worth: band, value at risk, expected saving of a call (contract §3.3).

use crate::config::RiskSettings;
use crate::domain::Cents;
use crate::stats::logit::{logit, sigmoid};

/// `high` risk below the first limit, `medium` below the second, else `low`.
pub fn band(p_renew: f64, settings: &RiskSettings) -> &'static str {
    if p_renew < settings.high_below {
        "high"
    } else if p_renew < settings.medium_below {
        "medium"
    } else {
        "low"
    }
}

/// annual amount × (1 − p).
pub fn value_at_risk(annual: Cents, p_renew: f64) -> Cents {
    annual.scale(1.0 - p_renew)
}

/// annual amount × (σ(logit p + effect) − p): what a call is expected to save a year.
pub fn expected_saved(annual: Cents, p_renew: f64, call_effect: f64) -> Cents {
    annual.scale(sigmoid(logit(p_renew) + call_effect) - p_renew)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// σ(0.5) = 0.62245933; of 1,000.00 at p = 0.5 a call saves 122.46.
    #[test]
    fn a_call_saves_most_where_it_is_undecided() {
        assert_eq!(expected_saved(Cents(1000_00), 0.5, 0.5), Cents(122_46));
        assert_eq!(expected_saved(Cents(1000_00), 1.0, 0.5), Cents(0));
        assert_eq!(expected_saved(Cents(1000_00), 0.0, 0.5), Cents(0));
        assert_eq!(value_at_risk(Cents(999), 0.5), Cents(500));
    }
}
