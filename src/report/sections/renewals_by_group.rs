//! Renewal rates by segment, plan, region and team: the last twelve final months together, with intervals.

use crate::marts::renewal_rates::RenewalRateRow;

use super::super::ReportError;
use super::super::document::{Block, Chart, Section};
use super::super::scope::Scope;
use super::renewals_by_segment::{plot, sums, table};
use super::{left_out, made};

/// Chart, dimension, and the key of the column that names it.
const GROUPS: [(&str, &str); 4] = [
    ("renewals_by_segment", "segment"),
    ("renewals_by_plan", "plan"),
    ("renewals_by_region", "region"),
    ("renewals_by_team", "team"),
];

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let rates = scope.marts.rows::<RenewalRateRow>()?;
    let all = sums(&rates, "all").into_values().next().unwrap_or_default();
    let mut blocks = vec![Block::Text(scope.say("renewals_by_group.note"))];
    for (id, dimension) in GROUPS {
        let groups = sums(&rates, dimension);
        blocks.push(Block::Chart(Chart {
            id,
            title: scope.say(&format!("renewals_by_group.{dimension}")),
            desc: scope.say("renewals_by_group.desc"),
            empty: scope.say("renewals_by_segment.empty"),
            plot: Box::new(plot(scope, &groups, &all)),
            data: table(scope, id, dimension, &groups, &all)?,
        }));
        blocks.extend(left_out(scope, groups.values().filter(|s| s.due > 0).count()));
    }
    Ok(made(scope, "renewals_by_group", blocks))
}
