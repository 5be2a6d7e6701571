//! What a client is expected to pay from now on (contract §3.4).
//!
//! ```text
//! annual amount × Σ_{k=1..10} S_k / 1.1^k
//! S_k by the plan's shifted-beta-geometric model after m renewals; without one r^k, r = the share renewed of the plan
//! ```

use std::collections::HashMap;

use crate::domain::Str;
use crate::stats::sbg::Sbg;

use super::super::retention_curve::{ALL, RetentionCurveRow};

const YEARS: usize = 10;
const DISCOUNT: f64 = 1.1;
/// The share renewed when nothing has matured yet.
const NOTHING_KNOWN: f64 = 0.5;

/// What is known of the renewals of each plan.
pub struct Outlook {
    plans: HashMap<Str, Plan>,
    all: Plan,
}

#[derive(Default)]
struct Plan {
    model: Option<Sbg>,
    at_risk: i64,
    renewed: i64,
}

impl Plan {
    fn share_renewed(&self) -> Option<f64> {
        (self.at_risk > 0).then(|| self.renewed as f64 / self.at_risk as f64)
    }
}

impl Outlook {
    /// From the curves of all cohorts together.
    pub fn of(curves: &[RetentionCurveRow]) -> Outlook {
        let mut plans: HashMap<Str, Plan> = HashMap::new();
        let mut all = Plan::default();
        for row in curves.iter().filter(|r| &*r.cohort == ALL) {
            let plan = plans.entry(row.plan.clone()).or_default();
            plan.model = row.sbg_alpha.zip(row.sbg_beta).map(|(alpha, beta)| Sbg { alpha, beta });
            for sum in [plan, &mut all] {
                sum.at_risk += row.at_risk;
                sum.renewed += row.renewed;
            }
        }
        Outlook { plans, all }
    }

    /// Annual amounts that a client of a plan is expected to pay in ten years from now, discounted, after `renewals` renewals.
    pub fn years(&self, plan: &str, renewals: i64) -> f64 {
        let plan = self.plans.get(plan);
        if let Some(model) = plan.and_then(|p| p.model) {
            return discounted(model.residual(renewals));
        }
        let r = plan.and_then(Plan::share_renewed).or(self.all.share_renewed()).unwrap_or(NOTHING_KNOWN);
        discounted(std::iter::successors(Some(r), |s| Some(s * r)))
    }
}

fn discounted(survival: impl Iterator<Item = f64>) -> f64 {
    let discounts = std::iter::successors(Some(DISCOUNT), |d| Some(d * DISCOUNT));
    survival.zip(discounts).take(YEARS).map(|(s, d)| s / d).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(plan: &str, at_risk: i64, renewed: i64, model: Option<(f64, f64)>) -> RetentionCurveRow {
        RetentionCurveRow {
            cohort: ALL.into(),
            plan: plan.into(),
            renewal: 1,
            at_risk,
            renewed,
            survival: 0.0,
            sbg_alpha: model.map(|m| m.0),
            sbg_beta: model.map(|m| m.1),
            sbg_survival: None,
        }
    }

    /// A share renewed of r: Σ (r / 1.1)^k = q (1 − q^10) / (1 − q) with q = r / 1.1.
    #[test]
    fn without_a_model_the_plan_then_all_then_a_half() {
        let geometric = |r: f64| {
            let q = r / 1.1;
            q * (1.0 - q.powi(10)) / (1.0 - q)
        };
        let outlook = Outlook::of(&[row("gold", 10, 8, None), row("silver", 30, 12, None)]);
        for (plan, r) in [("gold", 0.8), ("silver", 0.4), ("none", 0.5)] {
            assert!((outlook.years(plan, 3) - geometric(r)).abs() < 1e-12, "{plan}");
        }
        assert!((Outlook::of(&[row("gold", 10, 9, None)]).years("none", 0) - geometric(0.9)).abs() < 1e-12);
        assert!((Outlook::of(&[]).years("none", 0) - geometric(0.5)).abs() < 1e-12);
    }

    /// Fader & Hardie 2010, table 3, case 1 (α 3.8, β 15.2): the ten years are most of the published infinite sum, 3.309818 / 1.1.
    /// After two renewals the first of them is worth (β + 2) / (α + β + 2) / 1.1 = 17.2 / 21 / 1.1 alone.
    #[test]
    fn the_model_goes_on_from_the_renewals_made() {
        let outlook = Outlook::of(&[row("gold", 10, 8, Some((3.8, 15.2)))]);
        let fresh = outlook.years("gold", 0);
        assert!(fresh < 3.309_818 / 1.1 && fresh > 0.8 * 3.309_818 / 1.1, "{fresh}");
        let by_hand: f64 = (1..=10)
            .map(|k| (0..k).map(|i| (17.2 + f64::from(i)) / (21.0 + f64::from(i))).product::<f64>() / 1.1_f64.powi(k))
            .sum();
        assert!((outlook.years("gold", 2) - by_hand).abs() < 1e-12);
    }
}
