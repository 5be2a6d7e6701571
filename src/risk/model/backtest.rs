//! What the same procedure would have said at earlier days, and whether it may speak today.
//!
//! ```text
//! cutoff t:  model trained on what had matured by t ─► p of the contracts at stake on t ─┐
//!            baseline's p of the same                                                    ├─► scores a cutoff, all rows pooled
//!            outcome, known since                                                        ┘
//! verdict:   the model when its mean log loss over all rows is below the baseline's, else the baseline
//! ```
//!
//! Where too few outcomes had matured by t, the procedure said what the baseline said. So a model that is used was better where it
//! was tried, and one that was not tried is not used: by construction never worse than the baseline in the backtest.

use std::convert::Infallible;

use crate::domain::{Day, Str};
use crate::ingest::workers;
use crate::risk::kept::Kept;
use crate::stats::paired::{self, Difference};
use crate::stats::scores::{self, loss};

use super::ModelSettings;
use super::examples::{Examples, Outcomes};
use super::train::{Model, Trainer, after_all};

/// A day of the past, and the contracts then at stake.
#[derive(Clone, Debug)]
pub struct Cutoff {
    pub day: Day,
    /// Seen on `day`; `renewed` is the outcome as known now.
    pub at_stake: Examples,
    /// p of each as the baseline had it.
    pub baseline: Vec<f64>,
}

/// Scores of a cutoff; null where they need rows, both outcomes or a lapse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CutoffScores {
    pub cutoff: Day,
    pub n: usize,
    pub auc: Option<f64>,
    pub log_loss: Option<f64>,
    pub brier: Option<f64>,
    pub ece: Option<f64>,
    pub lift_top_decile: Option<f64>,
    pub base_auc: Option<f64>,
    pub base_log_loss: Option<f64>,
    pub base_brier: Option<f64>,
}

/// A contract at a cutoff.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    pub cutoff: Day,
    pub id: Str,
    /// Calibrated.
    pub p: f64,
    pub base_p: f64,
    pub renewed: bool,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    Model,
    Baseline(Why),
}

/// Why the model does not speak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    FewLapsed {
        have: usize,
        need: usize,
    },
    FewRenewed {
        have: usize,
        need: usize,
    },
    /// There is no cutoff with a contract at stake.
    NeverTried,
    /// Mean log losses over the backtest.
    NotBetter {
        model: f64,
        baseline: f64,
    },
}

/// The backtest, and the model of today that it speaks for.
#[derive(Clone, Debug)]
pub struct Backtest {
    /// One a cutoff, in the order given.
    pub rows: Vec<CutoffScores>,
    /// One a cutoff and contract, sorted so.
    pub pooled: Vec<Scored>,
    pub verdict: Verdict,
    /// Contracts to learn from today.
    pub outcomes: Outcomes,
    /// Model's loss less the baseline's, by contract; below 0 the model is better.
    pub difference: Option<Difference>,
    /// Trained on all examples; also there when the baseline speaks, so that the two can be compared.
    pub model: Option<Model>,
}

/// Trains as of every cutoff and as of today; `train` holds contracts whose outcome is known today. `kept` saves time alone.
pub fn run(train: &Examples, cutoffs: &[Cutoff], settings: &ModelSettings, kept: &Kept) -> Backtest {
    let today = after_all(train, settings.grace);
    let mut days: Vec<Day> = cutoffs.iter().map(|cutoff| cutoff.day).collect();
    days.push(today);
    let months = tracing::debug_span!("months").entered();
    let trainer = Trainer::of(train, &days, settings, kept);
    drop(months);
    let _models = tracing::debug_span!("models").entered();
    // The largest first: the others fill the gaps.
    let pieces = std::iter::once(None).chain(cutoffs.iter().map(Some)).collect();
    let work = |cutoff: Option<&Cutoff>| {
        let model = trainer.model_of(cutoff.map_or(today, |c| c.day));
        Ok::<_, Infallible>(match cutoff {
            None => (model, Vec::new()),
            Some(cutoff) => (None, score(cutoff, model.as_ref())),
        })
    };
    let Ok(mut done) = workers::each(settings.threads, pieces, work);
    let model = done.remove(0).0;
    let rows = cutoffs.iter().zip(&done).map(|(cutoff, (_, scored))| scores_of(cutoff.day, scored)).collect();
    let mut pooled: Vec<Scored> = done.into_iter().flat_map(|(_, scored)| scored).collect();
    pooled.sort_by(|a, b| (a.cutoff, &a.id).cmp(&(b.cutoff, &b.id)));
    let difference = paired::interval(pooled.iter().map(|s| (&s.id, loss(s.p, s.renewed) - loss(s.base_p, s.renewed))));
    let outcomes = train.outcomes(&trainer.ordered);
    let verdict = verdict(outcomes, &pooled, model.is_some(), settings);
    Backtest { rows, pooled, verdict, outcomes, difference, model }
}

/// The contracts of a cutoff by id; without a model, its p is the baseline's.
fn score(cutoff: &Cutoff, model: Option<&Model>) -> Vec<Scored> {
    let at = &cutoff.at_stake;
    let one = |(row, base_p): (usize, &f64)| Scored {
        cutoff: cutoff.day,
        id: at.id[row].clone(),
        p: model.map_or(*base_p, |model| model.p(at.x.row(row), &at.about(row))),
        base_p: *base_p,
        renewed: at.renewed[row],
    };
    let mut scored: Vec<Scored> = (0..at.len()).zip(&cutoff.baseline).map(one).collect();
    scored.sort_by(|a, b| a.id.cmp(&b.id));
    scored
}

fn scores_of(cutoff: Day, scored: &[Scored]) -> CutoffScores {
    let sorted = |p: fn(&Scored) -> f64| {
        scores::sorted(scored.iter().map(|s| scores::Scored { p: p(s), came: s.renewed, id: &s.id }).collect())
    };
    let (model, base) = (sorted(|s| s.p), sorted(|s| s.base_p));
    CutoffScores {
        cutoff,
        n: scored.len(),
        auc: scores::auc(&model),
        log_loss: scores::log_loss(&model),
        brier: scores::brier(&model),
        ece: scores::ece(&model),
        lift_top_decile: scores::lift_of_lowest_tenth(&model),
        base_auc: scores::auc(&base),
        base_log_loss: scores::log_loss(&base),
        base_brier: scores::brier(&base),
    }
}

fn verdict(outcomes: Outcomes, pooled: &[Scored], trained: bool, settings: &ModelSettings) -> Verdict {
    let need = settings.min_outcomes.max(1);
    let mean = |p: fn(&Scored) -> f64| pooled.iter().map(|s| loss(p(s), s.renewed)).sum::<f64>() / pooled.len() as f64;
    if outcomes.lapsed < need {
        return Verdict::Baseline(Why::FewLapsed { have: outcomes.lapsed, need });
    }
    if outcomes.renewed < need {
        return Verdict::Baseline(Why::FewRenewed { have: outcomes.renewed, need });
    }
    if pooled.is_empty() || !trained {
        return Verdict::Baseline(Why::NeverTried);
    }
    let (model, baseline) = (mean(|s| s.p), mean(|s| s.base_p));
    if model < baseline { Verdict::Model } else { Verdict::Baseline(Why::NotBetter { model, baseline }) }
}
