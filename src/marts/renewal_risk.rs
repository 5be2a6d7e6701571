//! `renewal_risk`: the memberships at stake and how likely each is to renew (contract §3.3).
//!
//! ```text
//! started, not renewed, not cancelled, −grace <= days_left <= horizon
//!   ──► p_renew ──► value at risk ──► priority_rank
//!             └──► what a call saves ──► call_rank (holdout left out)
//! ```
//!
//! Probability and reasons are those of [`super::risk_scores`]; a base rate (`model` = `baseline`) knows no reasons, so
//! that they and the action are null with it.

use std::cmp::Reverse;

use crate::domain::{Cents, Day, Str};
use crate::facts::Visible;
use crate::risk::{features, holdout, value};
use crate::rows;

use super::risk_scores::{Reason, Scored, risk_scores};
use super::{MartRow, Marts, Result};

rows! {
    /// One membership at stake.
    pub struct RenewalRiskRow = "renewal_risk", "membership at stake", key(contract_id) {
        /// the contract
        contract_id: Str,
        /// its company
        company_id: Str,
        /// who looks after the company
        service_rep_id: Option<Str>,
        /// effective last day in force
        end_date: Day,
        /// end date − as-of (days); negative within grace
        days_left: i64,
        /// effective amount (currency)
        amount: Cents,
        /// amount per whole year of the term (currency)
        annual_amount: Cents,
        /// probability of renewal by end + grace, given not renewed yet (0..1)
        p_renew: f64,
        /// base rate of the segment at the same days left (0..1)
        p_baseline: f64,
        /// high, medium or low risk
        risk_band: Str,
        /// annual amount × (1 − p_renew) (currency)
        value_at_risk: Cents,
        /// 1 = greatest value at risk
        priority_rank: i64,
        /// annual amount that a call is expected to save (currency)
        expected_saved: Cents,
        /// kept off the call list on purpose, to measure what calls do
        holdout: bool,
        /// 1 = greatest expected saving; null for the holdout
        call_rank: Option<i64>,
        /// strongest reason that can be acted on
        reason_1: Option<Str>,
        /// its effect (log-odds)
        reason_1_effect: Option<f64>,
        /// second reason
        reason_2: Option<Str>,
        /// its effect (log-odds)
        reason_2_effect: Option<f64>,
        /// third reason
        reason_3: Option<Str>,
        /// its effect (log-odds)
        reason_3_effect: Option<f64>,
        /// action from the playbook
        action: Option<Str>,
        /// the model that gave p_renew, or baseline
        model: Str,
        /// the company's segment
        segment: Str,
        /// the contract's plan
        plan: Str,
    }
}

impl MartRow for RenewalRiskRow {
    fn compute(marts: &Marts<'_>) -> Result<Vec<RenewalRiskRow>> {
        let visible = marts.visible;
        let scores = risk_scores(marts)?;
        let row = |(i, scored): (&usize, &Scored)| at_risk(visible, &scores.model, scored, *i);
        let mut rows: Vec<RenewalRiskRow> = scores.scored.iter().map(row).collect();
        rows.sort_by_key(|r| (Reverse(r.expected_saved), r.contract_id.clone()));
        rows.iter_mut().filter(|r| !r.holdout).zip(1..).for_each(|(r, rank)| r.call_rank = Some(rank));
        rows.sort_by_key(|r| (Reverse(r.value_at_risk), r.contract_id.clone()));
        rows.iter_mut().zip(1..).for_each(|(r, rank)| r.priority_rank = rank);
        Ok(rows)
    }
}

/// The row of a contract; ranks are given when all are known.
fn at_risk(visible: &Visible<'_>, model: &Str, scored: &Scored, i: usize) -> RenewalRiskRow {
    let settings = &visible.project.risk;
    let c = &visible.contracts[i];
    let company = &visible.companies[c.company];
    let p = scored.p_renew;
    let mut row = RenewalRiskRow {
        contract_id: c.id.clone(),
        company_id: company.id.clone(),
        service_rep_id: company.service_rep_id.clone(),
        end_date: c.end,
        days_left: i64::from(c.end - visible.day),
        amount: c.amount,
        annual_amount: c.annual,
        p_renew: p,
        p_baseline: scored.p_baseline,
        risk_band: value::band(p, settings).into(),
        value_at_risk: value::value_at_risk(c.annual, p),
        priority_rank: 0,
        expected_saved: value::expected_saved(c.annual, p, settings.call_effect),
        holdout: holdout::is_held_out(settings.seed, &c.id, settings.holdout),
        call_rank: None,
        reason_1: None,
        reason_1_effect: None,
        reason_2: None,
        reason_2_effect: None,
        reason_3: None,
        reason_3_effect: None,
        action: None,
        model: model.clone(),
        segment: company.segment.clone(),
        plan: c.plan.clone(),
    };
    let mut reasons = to_act_on(scored).into_iter().map(|r| (Some(r.feature.clone()), Some(r.effect)));
    (row.reason_1, row.reason_1_effect) = reasons.next().unwrap_or_default();
    (row.reason_2, row.reason_2_effect) = reasons.next().unwrap_or_default();
    (row.reason_3, row.reason_3_effect) = reasons.next().unwrap_or_default();
    row.action = row.reason_1.as_deref().and_then(|feature| action_of(visible, feature)).map(Str::from);
    row
}

/// What the project does about a feature: the code of its playbook, else the usual one.
pub fn action_of<'v>(visible: &'v Visible<'_>, feature: &str) -> Option<&'v str> {
    let playbook = &visible.project.playbook;
    let own = playbook.get(feature).map(String::as_str).filter(|code| !code.is_empty());
    own.or_else(|| features::by_name(feature).and_then(|f| features::action(f, playbook)))
}

/// The reasons that speak for a lapse and that after-sales can act on, the most negative effect first, ties by name.
fn to_act_on(scored: &Scored) -> Vec<&Reason> {
    let mut reasons: Vec<&Reason> = scored.reasons.iter().filter(|r| r.actionable && r.effect < 0.0).collect();
    reasons.sort_by(|a, b| a.effect.total_cmp(&b.effect).then_with(|| a.feature.cmp(&b.feature)));
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_those_that_one_can_act_on_the_worst_first() {
        let reason = |feature: &str, effect: f64, actionable| Reason {
            feature: feature.into(),
            effect,
            actionable,
            ..Reason::default()
        };
        let reasons = vec![
            reason("tenure", -2.0, false),
            reason("b", -0.5, true),
            reason("a", -0.5, true),
            reason("up", 0.3, true),
            reason("worst", -1.0, true),
        ];
        let scored = Scored { reasons, ..Scored::default() };
        let found: Vec<&str> = to_act_on(&scored).iter().map(|r| &*r.feature).collect();
        assert_eq!(found, ["worst", "a", "b"]);
    }
}
