//! From what is visible to a judged model: what it learns from, what it would have said, what it says today.
//!
//! ```text
//! matured memberships × usual days left, in play ──► features ──► Examples ─┐
//! cutoffs: memberships then at stake ──► features, base rates, outcomes ────┴─► backtest, model of today
//! ```

use crate::facts::Visible;
use crate::stats::matrix::Matrix;

use super::features::{FEATURES, Ground};
use super::model::{About, Examples, ModelSettings, Seen};
use super::observe::{Moment, in_play, leads, matured};

/// Features whose effect may bend, change with the days left, or act together: chosen beforehand, for any portal.
const BENT: &[&str] = &["shop_clicks_level_90d", "shop_clicks_long_trend", "tenure"];
const WITH_LEAD: &[&str] = &["shop_clicks_trend", "shop_clicks_level_90d"];
const PAIRS: &[(&str, &str)] = &[("shop_clicks_level_90d", "shop_clicks_long_trend")];

/// The model's settings of a project.
pub fn settings(visible: &Visible<'_>) -> ModelSettings {
    let risk = &visible.project.risk;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let place = |name: &&str| FEATURES.iter().position(|f| f.name == *name);
    ModelSettings {
        bent: BENT.iter().filter_map(place).collect(),
        with_lead: WITH_LEAD.iter().filter_map(place).collect(),
        pairs: PAIRS.iter().filter_map(|(a, b)| Some((place(a)?, place(b)?))).collect(),
        ..ModelSettings::new(visible.grace(), risk.min_outcomes.max(1) as usize, risk.seed, threads)
    }
}

/// Memberships that have matured, on the usual days left on which they were in play.
pub fn lessons(visible: &Visible<'_>) -> Vec<Moment> {
    let leads = leads(visible.project.risk.horizon_days, visible.grace());
    let of = |contract: usize| leads.iter().map(move |lead| Moment::ahead(visible, contract, *lead));
    let moments = matured(visible, visible.day).into_iter().flat_map(of);
    moments.filter(|m| m.day <= visible.day && in_play(visible, m.contract, m.day)).collect()
}

/// The moments as a model reads them.
pub fn examples(visible: &Visible<'_>, ground: &Ground<'_>, moments: &[Moment]) -> Examples {
    let x: Matrix = ground.x(moments);
    let mut examples = Examples::empty(FEATURES.len());
    for (row, moment) in moments.iter().enumerate() {
        let contract = &visible.contracts[moment.contract];
        let company = &visible.companies[contract.company];
        let seen = Seen {
            id: contract.id.clone(),
            day: moment.day,
            end: contract.end_signed,
            renewed: visible.renewed[moment.contract].is_some(),
            segment: company.segment.clone(),
            plan: contract.plan.clone(),
            size: company.size.clone(),
        };
        examples.push(x.row(row), seen);
    }
    examples
}

/// What is known of a moment besides its features.
pub fn about<'v>(visible: &'v Visible<'_>, moment: &Moment) -> About<'v> {
    let contract = &visible.contracts[moment.contract];
    let company = &visible.companies[contract.company];
    About { lead: moment.lead, segment: &company.segment, plan: &contract.plan, size: &company.size }
}
