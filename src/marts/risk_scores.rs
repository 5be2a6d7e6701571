//! What the risk model says of every contract at stake, how often it was right, and why it is on or off.
//!
//! ```text
//! Visible ──► 12 cutoffs t: the contracts then at stake ──► p as it was to be had on t, outcome known now ──► backtest
//!         └─► contracts at stake today ──► p, log-odds, reasons
//! ```
//!
//! Computed once for a day; the marts `renewal_risk`, `renewal_reasons`, `renewal_backtest` and `renewal_calibration`
//! are cut from it. The base rate of the segment at the same days left gives every probability.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::domain::{Day, Str};
use crate::facts::Visible;
use crate::risk::baseline::{Baseline, is_in_play};
use crate::stats::logit::logit;
use crate::stats::scores;

use super::renewal_risk::at_stake;
use super::{Marts, Result};

/// The name of the model that is none.
pub const BASELINE: &str = "baseline";
/// Month ends of the backtest.
pub const CUTOFFS: usize = 12;

/// The scores of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskScores {
    /// The model that gave the probabilities: its id, or [`BASELINE`].
    pub model: Str,
    /// Why that one.
    pub why: Verdict,
    /// Contracts at stake, by position in `Visible::contracts`.
    pub scored: BTreeMap<usize, Scored>,
    /// The latest month ends, the oldest first.
    pub backtest: Vec<CutoffRow>,
    /// Every contract that was at stake on a cutoff, by (cutoff, contract).
    pub pooled: Vec<Tried>,
}

/// Which method is on, with the figures that decided it.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// `better` (the model is on), or why the base rate is: `few_outcomes`, `never_tried`, `not_better`, `no_model`.
    pub code: &'static str,
    /// Renewed and lapsed memberships that there are to train on.
    pub renewed: i64,
    pub lapsed: i64,
    /// How many of each are needed (`risk.min_outcomes`).
    pub needed: i64,
    /// Mean log loss over all contracts of the backtest, of the model and of the base rate (nats); null without any.
    pub log_loss: Option<f64>,
    pub base_log_loss: Option<f64>,
}

/// A contract's score today.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scored {
    /// P(renewed by end + grace), given not renewed yet and the days left (0..1).
    pub p_renew: f64,
    /// Base rate of the segment at the same days left (0..1).
    pub p_baseline: f64,
    /// Log-odds before calibration; infinite where the base rate is 0 or 1.
    pub log_odds: f64,
    /// Log-odds of a contract of which nothing is known; base + effects = log-odds.
    pub base: f64,
    pub reasons: Vec<Reason>,
}

/// What a feature adds to the log-odds, and the figures that a person can check.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reason {
    pub feature: Str,
    /// The member's own, its peers', and its own of a year ago, in the feature's unit.
    pub value: Option<f64>,
    pub peer: Option<f64>,
    pub past: Option<f64>,
    /// Log-odds; negative speaks for a lapse.
    pub effect: f64,
    /// Whether after-sales can do something about it.
    pub actionable: bool,
}

/// How good the probabilities of a cutoff were.
#[derive(Clone, Debug, PartialEq)]
pub struct CutoffRow {
    pub cutoff: Day,
    /// Contracts at stake.
    pub n: i64,
    pub model: Quality,
    pub base: Quality,
}

/// Scores of probabilities against outcomes; null where there is nothing to score.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    pub auc: Option<f64>,
    pub log_loss: Option<f64>,
    pub brier: Option<f64>,
    pub ece: Option<f64>,
    pub lift_top_decile: Option<f64>,
}

/// A contract at a cutoff: what was said then, what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    pub cutoff: Day,
    /// Position in `Visible::contracts`.
    pub contract: usize,
    pub id: Str,
    pub p: f64,
    pub base_p: f64,
    pub renewed: bool,
}

/// The scores of the marts' day; computed once.
pub fn risk_scores(marts: &Marts<'_>) -> Result<Rc<RiskScores>> {
    marts.once(|marts| Ok(by_base_rate(marts.visible)))
}

/// The latest month ends whose contracts at stake are all decided, the oldest first.
pub fn cutoffs(visible: &Visible<'_>) -> Vec<Day> {
    let before = visible.day - visible.project.risk.horizon_days - visible.grace();
    let last = before.month().plus(-1);
    let months = (0..CUTOFFS as i32).rev().map(|back| last.plus(-back));
    months.map(|month| month.last_day()).collect()
}

/// Positions of the contracts at stake on a cutoff: in play, the end as signed within −grace..=horizon.
pub fn at_stake_on(visible: &Visible<'_>, cutoff: Day) -> Vec<usize> {
    let span = -visible.grace()..=visible.project.risk.horizon_days;
    let is = |i: &usize| span.contains(&(visible.contracts[*i].end_signed - cutoff)) && is_in_play(visible, *i, cutoff);
    (0..visible.contracts.len()).filter(is).collect()
}

fn by_base_rate(visible: &Visible<'_>) -> RiskScores {
    let today = Baseline::of(visible);
    let score = |i: usize| {
        let c = &visible.contracts[i];
        let p_renew = today.p_renew(&visible.companies[c.company].segment, c.end - visible.day);
        let log_odds = logit(p_renew);
        (i, Scored { p_renew, p_baseline: p_renew, log_odds, base: log_odds, reasons: Vec::new() })
    };
    let days = cutoffs(visible);
    let then = Baseline::on(visible, days.clone());
    let mut pooled = Vec::new();
    let mut backtest = Vec::new();
    for (at, cutoff) in days.into_iter().enumerate() {
        let tried = |i: usize| {
            let c = &visible.contracts[i];
            let p = then.p_renew_on(at, &visible.companies[c.company].segment, c.end_signed - cutoff);
            let renewed = visible.renewed[i].is_some();
            Tried { cutoff, contract: i, id: c.id.clone(), p, base_p: p, renewed }
        };
        let of_cutoff: Vec<Tried> = at_stake_on(visible, cutoff).into_iter().map(tried).collect();
        let base = quality(&of_cutoff, |t| t.base_p);
        backtest.push(CutoffRow { cutoff, n: of_cutoff.len() as i64, model: base, base });
        pooled.extend(of_cutoff);
    }
    let losses: f64 = pooled.iter().map(|t| scores::loss(t.base_p, t.renewed)).sum();
    let base_log_loss = (!pooled.is_empty()).then(|| losses / pooled.len() as f64);
    let (renewed, lapsed) = outcomes(visible);
    let needed = visible.project.risk.min_outcomes;
    let code = if renewed.min(lapsed) < needed { "few_outcomes" } else { "no_model" };
    RiskScores {
        model: BASELINE.into(),
        why: Verdict { code, renewed, lapsed, needed, log_loss: None, base_log_loss },
        scored: at_stake(visible).into_iter().map(score).collect(),
        backtest,
        pooled,
    }
}

/// Renewed and lapsed memberships whose end as signed and grace have passed.
fn outcomes(visible: &Visible<'_>) -> (i64, i64) {
    let matured = |i: &usize| {
        let c = &visible.contracts[*i];
        c.is_membership() && c.end_signed + visible.grace() < visible.day
    };
    let (renewed, lapsed): (Vec<usize>, Vec<usize>) =
        (0..visible.contracts.len()).filter(matured).partition(|i| visible.renewed[*i].is_some());
    (renewed.len() as i64, lapsed.len() as i64)
}

/// Scores of some contracts' probabilities.
fn quality(tried: &[Tried], p: fn(&Tried) -> f64) -> Quality {
    let rows = tried.iter().map(|t| scores::Scored { p: p(t), came: t.renewed, id: &t.id });
    let rows = scores::sorted(rows.collect());
    Quality {
        auc: scores::auc(&rows),
        log_loss: scores::log_loss(&rows),
        brier: scores::brier(&rows),
        ece: scores::ece(&rows),
        lift_top_decile: scores::lift_of_lowest_tenth(&rows),
    }
}
