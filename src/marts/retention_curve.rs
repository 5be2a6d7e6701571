//! `retention_curve`: how many of those who began in a year are still there after each renewal (contract §3.4).
//!
//! ```text
//! company ──► its first membership: year of start = cohort, its plan ──► renewed_by ──► renewed_by ──► …
//!             matured (end + grace < as-of) and renewed | lapsed: the chain ends | open: no more is known
//! ```
//!
//! The curve of cohort `all` is the sum of a plan's cohorts, and carries their shifted-beta-geometric model.

use std::collections::BTreeMap;

use crate::domain::Str;
use crate::facts::Visible;
use crate::rows;
use crate::stats::sbg::{self, Trial};

use super::{MartRow, Marts, Result};

rows! {
    /// One renewal of a cohort.
    pub struct RetentionCurveRow = "retention_curve", "cohort, plan and number of the renewal", key(cohort, plan, renewal) {
        /// year in which the company's first membership began; all = every year
        cohort: Str,
        /// plan of that first membership
        plan: Str,
        /// 1 = of the first membership, 2 = of the one that renewed it, …
        renewal: i64,
        /// companies whose contract of that number has ended for good (end + grace is past)
        at_risk: i64,
        /// of them renewed
        renewed: i64,
        /// product of renewed / at_risk up to this renewal (ratio)
        survival: f64,
        /// α of the shifted-beta-geometric model of all the plan's cohorts; on cohort all only
        sbg_alpha: Option<f64>,
        /// its β
        sbg_beta: Option<f64>,
        /// survival by that model (ratio)
        sbg_survival: Option<f64>,
    }
}

/// The cohort of every year.
pub const ALL: &str = "all";

impl MartRow for RetentionCurveRow {
    fn compute(marts: &Marts<'_>) -> Result<Vec<RetentionCurveRow>> {
        let visible = marts.visible;
        let mut cohorts: BTreeMap<(i32, Str), Vec<Trial>> = BTreeMap::new();
        for company in 0..visible.companies.len() {
            let memberships = visible.memberships_of(company);
            let start = |c: &usize| (visible.contracts[*c].start, &visible.contracts[*c].id);
            let Some(first) = memberships.min_by(|a, b| start(a).cmp(&start(b))) else { continue };
            follow(visible, first, &mut cohorts);
        }
        let mut plans: BTreeMap<Str, Vec<Trial>> = BTreeMap::new();
        for ((_, plan), trials) in &cohorts {
            let sum = plans.entry(plan.clone()).or_default();
            trials.iter().enumerate().for_each(|(at, t)| add(sum, at, t.at_risk, t.renewed));
        }
        let mut rows = Vec::new();
        for ((year, plan), trials) in &cohorts {
            rows.extend(curve(&year.to_string().into(), plan, trials, None));
        }
        for (plan, trials) in &plans {
            rows.extend(curve(&ALL.into(), plan, trials, sbg::fit(trials)));
        }
        rows.sort_by(|a, b| (&a.cohort, &a.plan, a.renewal).cmp(&(&b.cohort, &b.plan, b.renewal)));
        Ok(rows)
    }
}

/// Counts a company's chain from its first membership on, as far as it has matured.
fn follow(visible: &Visible<'_>, first: usize, cohorts: &mut BTreeMap<(i32, Str), Vec<Trial>>) {
    let matured = |c: usize| visible.contracts[c].end + visible.grace() < visible.day;
    if !matured(first) {
        return;
    }
    let begun = &visible.contracts[first];
    let trials = cohorts.entry((begun.start.year(), begun.plan.clone())).or_default();
    // A renewal starts and ends later than what it renews: the chain has an end, and nothing matured stands behind what is open.
    let chain = std::iter::successors(Some(first), |c| visible.renewed[*c].map(|r| r.by));
    for (at, contract) in chain.take_while(|c| matured(*c)).enumerate() {
        add(trials, at, 1, i64::from(visible.renewed[contract].is_some()));
    }
}

fn add(trials: &mut Vec<Trial>, at: usize, at_risk: i64, renewed: i64) {
    if trials.len() <= at {
        trials.resize(at + 1, Trial::default());
    }
    trials[at].at_risk += at_risk;
    trials[at].renewed += renewed;
}

fn curve(cohort: &Str, plan: &Str, trials: &[Trial], model: Option<sbg::Sbg>) -> Vec<RetentionCurveRow> {
    let mut survival = 1.0;
    let modelled: Vec<f64> = model.map(|m| m.residual(0).take(trials.len()).collect()).unwrap_or_default();
    let row = |(at, t): (usize, &Trial)| {
        survival *= t.renewed as f64 / t.at_risk as f64;
        RetentionCurveRow {
            cohort: cohort.clone(),
            plan: plan.clone(),
            renewal: at as i64 + 1,
            at_risk: t.at_risk,
            renewed: t.renewed,
            survival,
            sbg_alpha: model.map(|m| m.alpha),
            sbg_beta: model.map(|m| m.beta),
            sbg_survival: modelled.get(at).copied(),
        }
    };
    trials.iter().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fader & Hardie 2007, table 1, high end: 86.9, 74.3, 65.3 … 49.1 % left after each year. By their α = 0.668, β = 3.806 the model
    /// says β/(α+β) = 0.8507, · (β+1)/(α+β+1) = 0.7469, · (β+2)/(α+β+2) = 0.6698, and from their 46.044 % after eight years
    /// 0.46044 · (α+β+7)/(β+7) = 0.4889 after seven.
    #[test]
    fn published_curve() {
        let trials: Vec<Trial> = [1000, 869, 743, 653, 593, 551, 517, 491]
            .windows(2)
            .map(|w| Trial { at_risk: w[0], renewed: w[1] })
            .collect();
        let rows = curve(&ALL.into(), &"gold".into(), &trials, sbg::fit(&trials));
        let at = |renewal: usize| (rows[renewal - 1].survival, rows[renewal - 1].sbg_survival.unwrap());
        for (renewal, (left, modelled)) in
            [(1, (0.869, 0.8507)), (2, (0.743, 0.7469)), (3, (0.653, 0.6698)), (7, (0.491, 0.4889))]
        {
            let (s, m) = at(renewal);
            assert!((s - left).abs() < 1e-12 && (m - modelled).abs() < 2e-4, "{renewal}: {s} {m}");
        }
        assert!(curve(&"2020".into(), &"gold".into(), &trials, None).iter().all(|r| r.sbg_alpha.is_none()));
    }
}
