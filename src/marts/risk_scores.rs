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
use crate::risk::baseline::Baseline;
use crate::risk::drift::{self, Drifted};
use crate::risk::features::{FEATURES, Ground};
use crate::risk::kept::Kept;
use crate::risk::model::backtest::{self, Backtest, Cutoff, CutoffScores, Why};
use crate::risk::model::{BESIDE, Model};
use crate::risk::observe::{Moment, at_stake};
use crate::risk::{MODEL, learn};
use crate::stats::logit::{logit, sigmoid};
use crate::stats::scores::loss;

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
    /// The contracts at stake as the same method sees them on the day of the latest earlier list; none without one.
    pub then: Option<Then>,
    /// How far each feature lies from what the model was trained on; empty when the base rate is on.
    pub drift: Vec<Drifted>,
}

/// Contracts of today on an earlier day: the difference is what their figures did, the model being the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Then {
    pub day: Day,
    /// By position in `Visible::contracts`; those that had begun by then.
    pub scored: BTreeMap<usize, Scored>,
}

/// Which method is on, with the figures that decided it.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// `better` (the model is on), or why the base rate is: `few_outcomes`, `never_tried`, `not_better`.
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
    marts.once(|marts| scores_of(marts.visible, &*marts.kept()?))
}

/// The latest month ends whose contracts at stake are all decided, the oldest first.
pub fn cutoffs(visible: &Visible<'_>) -> Vec<Day> {
    let before = visible.day - visible.project.risk.horizon_days - visible.grace();
    let last = before.month().plus(-1);
    let months = (0..CUTOFFS as i32).rev().map(|back| last.plus(-back));
    months.map(|month| month.last_day()).collect()
}

fn scores_of(visible: &Visible<'_>, kept: &Kept) -> Result<RiskScores> {
    let _judging = tracing::debug_span!("risk_scores").entered();
    let lessons = learn::lessons(visible);
    // Small portals pay nothing for a model that there cannot be.
    let ground = if learn::are_enough(visible, &lessons) { Some(Ground::of(visible)?) } else { None };
    let ground = ground.as_ref();
    let days = cutoffs(visible);
    let then = Baseline::on(visible, days.clone());
    let cutoff = |(at, day): (usize, &Day)| {
        let stake = at_stake(visible, *day);
        let moments: Vec<Moment> = stake.iter().map(|i| Moment::on(visible, *i, *day)).collect();
        let rate = |i: &usize| {
            let c = &visible.contracts[*i];
            then.p_renew_on(at, &visible.companies[c.company].segment, c.end_signed - *day)
        };
        let baseline = stake.iter().map(rate).collect();
        Cutoff { day: *day, at_stake: learn::examples(visible, ground, &moments), baseline }
    };
    let tried: Vec<Cutoff> = days.iter().enumerate().map(cutoff).collect();
    let lessons = learn::examples(visible, ground, &lessons);
    let test = backtest::run(&lessons, &tried, &learn::settings(visible), kept);
    drop(tried);

    let _scoring = tracing::debug_span!("score").entered();
    let verdict = verdict(visible, &test);
    let speaks = test.model.as_ref().filter(|_| test.verdict == backtest::Verdict::Model).zip(ground);
    let stake = at_stake(visible, visible.day);
    let drift = speaks.map_or_else(Vec::new, |(_, ground)| {
        let moments: Vec<Moment> = stake.iter().map(|i| Moment::on(visible, *i, visible.day)).collect();
        drift::of(&lessons, &ground.x(&moments))
    });
    drop(lessons);
    let today = Baseline::of(visible);
    let score = |i: usize, day: Day| {
        let c = &visible.contracts[i];
        let p_baseline = today.p_renew(&visible.companies[c.company].segment, c.end - day);
        let plain = Scored {
            p_renew: p_baseline,
            p_baseline,
            log_odds: logit(p_baseline),
            base: logit(p_baseline),
            reasons: Vec::new(),
        };
        let moment = Moment::on(visible, i, day);
        (i, speaks.map_or(plain, |(model, ground)| by_model(visible, ground, model, &moment, p_baseline)))
    };
    let scored = stake.iter().map(|i| score(*i, visible.day)).collect();
    let then = visible.lake().ledger().latest_list(visible.day)?.map(|day| {
        let begun = stake.iter().filter(|i| visible.contracts[**i].begun_by(day));
        Then { day, scored: begun.map(|i| score(*i, day)).collect() }
    });
    let pooled = test.pooled.into_iter().filter_map(|t| {
        let contract = visible.contracts.binary_search_by(|c| c.id.cmp(&t.id)).ok()?;
        Some(Tried { cutoff: t.cutoff, contract, id: t.id, p: t.p, base_p: t.base_p, renewed: t.renewed })
    });
    Ok(RiskScores {
        model: speaks.map_or(BASELINE.into(), |_| MODEL.into()),
        why: verdict,
        scored,
        backtest: test.rows.iter().map(cutoff_row).collect(),
        pooled: pooled.collect(),
        then,
        drift,
    })
}

/// A contract's score by the model, with an effect for each feature and for what stands beside them.
fn by_model(visible: &Visible<'_>, ground: &Ground<'_>, model: &Model, moment: &Moment, p_baseline: f64) -> Scored {
    let cells = ground.cells(moment);
    let x: Vec<f64> = cells.iter().map(|cell| cell.x.unwrap_or(f64::NAN)).collect();
    let effects = model.effects(&x, &learn::about(visible, moment));
    let beside = BESIDE.iter().map(|name| Reason { feature: (*name).into(), ..Reason::default() });
    let featured = FEATURES.iter().zip(&cells).map(|(feature, cell)| Reason {
        feature: feature.name.into(),
        value: cell.value,
        peer: cell.peer,
        past: cell.past,
        effect: 0.0,
        actionable: feature.actionable,
    });
    let reasons =
        featured.chain(beside).zip(&effects.effects).map(|(reason, effect)| Reason { effect: *effect, ..reason });
    Scored {
        p_renew: sigmoid(model.calibration.apply(effects.total)),
        p_baseline,
        log_odds: effects.total,
        base: effects.base,
        reasons: reasons.collect(),
    }
}

/// The verdict with its figures.
fn verdict(visible: &Visible<'_>, test: &Backtest) -> Verdict {
    let outcomes = test.outcomes;
    let mean = |p: fn(&backtest::Scored) -> f64| {
        let losses: f64 = test.pooled.iter().map(|t| loss(p(t), t.renewed)).sum();
        (!test.pooled.is_empty()).then(|| losses / test.pooled.len() as f64)
    };
    let code = match test.verdict {
        backtest::Verdict::Model => "better",
        backtest::Verdict::Baseline(Why::FewLapsed { .. } | Why::FewRenewed { .. }) => "few_outcomes",
        backtest::Verdict::Baseline(Why::NeverTried) => "never_tried",
        backtest::Verdict::Baseline(Why::NotBetter { .. }) => "not_better",
    };
    Verdict {
        code,
        renewed: outcomes.renewed as i64,
        lapsed: outcomes.lapsed as i64,
        needed: visible.project.risk.min_outcomes,
        log_loss: mean(|t| t.p),
        base_log_loss: mean(|t| t.base_p),
    }
}

fn cutoff_row(scores: &CutoffScores) -> CutoffRow {
    CutoffRow {
        cutoff: scores.cutoff,
        n: scores.n as i64,
        model: Quality {
            auc: scores.auc,
            log_loss: scores.log_loss,
            brier: scores.brier,
            ece: scores.ece,
            lift_top_decile: scores.lift_top_decile,
        },
        base: Quality {
            auc: scores.base_auc,
            log_loss: scores.base_log_loss,
            brier: scores.base_brier,
            ..Quality::default()
        },
    }
}
