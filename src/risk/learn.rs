//! From what is visible to a judged model: what it learns from, what it would have said, what it says today.
//!
//! ```text
//! matured memberships × usual days left, in play ──► features ──► Examples ─┐
//! cutoffs: memberships then at stake ──► features, base rates, outcomes ────┴─► backtest, model of today
//! ```

use std::collections::BTreeSet;

use crate::facts::Visible;
use crate::stats::matrix::Matrix;

use super::features::{FEATURES, Ground};
use super::model::{About, Examples, ModelSettings, Seen};
use super::observe::{Moment, in_play, leads, matured};

/// Features whose effect may bend, change with the days left, or act together: chosen beforehand, for any portal.
const BENT: &[&str] =
    &["shop_clicks_trend", "shop_clicks_level_90d", "shop_clicks_long_trend", "visitors_long_trend", "tenure"];
const WITH_LEAD: &[&str] = &["shop_clicks_trend", "shop_clicks_level_90d", "shop_clicks_long_trend"];
const PAIRS: &[(&str, &str)] = &[("shop_clicks_level_90d", "shop_clicks_long_trend")];

/// The model's settings of a project.
pub fn settings(visible: &Visible<'_>) -> ModelSettings {
    let risk = &visible.project.risk;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let place = |name: &&str| FEATURES.iter().position(|f| f.name == *name);
    ModelSettings {
        bent: BENT.iter().filter_map(place).collect(),
        with_lead: WITH_LEAD.iter().filter_map(place).collect(),
        groups: FEATURES.iter().map(|f| f.theme as usize).collect(),
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

/// Whether lessons hold as many lapsed and renewed memberships as training needs (`risk.min_outcomes`). What had matured by an
/// earlier day is part of them, so without enough nothing is trained on any day, and no feature is read.
pub fn are_enough(visible: &Visible<'_>, lessons: &[Moment]) -> bool {
    let contracts: BTreeSet<usize> = lessons.iter().map(|m| m.contract).collect();
    let renewed = contracts.iter().filter(|c| visible.renewed[**c].is_some()).count();
    renewed.min(contracts.len() - renewed) >= settings(visible).min_outcomes
}

/// The moments as a model reads them; without ground they have outcomes and no features.
pub fn examples(visible: &Visible<'_>, ground: Option<&Ground<'_>>, moments: &[Moment]) -> Examples {
    let x = ground.map_or_else(|| Matrix::zeros(moments.len(), 0), |ground| ground.x(moments));
    let mut examples = Examples::empty(x.columns);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Day;
    use crate::ingest::rig::Rig;

    /// A renewed B, B lapsed; C lapsed, D renewed E is active: two lapsed, two renewed.
    #[test]
    fn without_enough_outcomes_no_feature_is_read() {
        let mut rig = Rig::new();
        rig.file("companies.csv", "company_id,name,segment,size\nX,x,s,small\nY,y,s,small\nZ,z,s,small\n");
        rig.file(
            "contracts.csv",
            "contract_id,company_id,plan,start_date,end_date,signed_on,amount\n\
             A,X,p,2023-01-01,2023-12-31,2023-01-01,10\nB,X,p,2024-01-01,2024-12-31,2023-12-01,10\n\
             C,Y,p,2024-01-01,2024-12-31,2023-12-01,10\nD,Z,p,2024-01-01,2024-12-31,2023-12-01,10\n\
             E,Z,p,2025-01-01,2025-12-31,2024-12-01,10\n",
        );
        rig.load(&["companies", "contracts"]);
        for (needed, enough) in [(2, true), (3, false)] {
            rig.project.risk.min_outcomes = needed;
            let lake = rig.lake();
            let visible = Visible::at(&lake, &rig.project, Day::parse("2025-06-30").unwrap()).unwrap();
            let lessons = lessons(&visible);
            assert_eq!(are_enough(&visible, &lessons), enough);
            let plain = examples(&visible, None, &lessons);
            let ground = Ground::of(&visible).unwrap();
            let read = examples(&visible, Some(&ground), &lessons);
            assert_eq!((plain.x.columns, read.x.columns), (0, FEATURES.len()));
            assert_eq!((plain.id, plain.lead, plain.renewed), (read.id, read.lead, read.renewed));
        }
    }
}
