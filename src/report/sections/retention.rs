//! How long members stay: survival by cohort and number of the renewal, and by plan with the model fitted to it.
//!
//! ```text
//! retention_curve ─┬─ cohorts, their plans together ──► heat table
//!                  └─ cohort all, a plan each ──► points with intervals, the shifted-beta-geometric curve
//! ```

mod interval;

use std::collections::BTreeMap;

use crate::domain::Str;
use crate::marts::retention_curve::{ALL, RetentionCurveRow};

use self::interval::intervals;
use super::super::ReportError;
use super::super::charts::{Heat, Panel, Panels, Shade};
use super::super::document::{Block, Chart, Kind, Mark, Section, Table};
use super::super::scope::Scope;
use super::made;

/// Plans that are drawn, those with the most members; the table has all.
const DRAWN: usize = 12;

/// At risk and renewed, by number of the renewal from 1 on.
type Trials = Vec<(i64, i64)>;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let rows = scope.marts.rows::<RetentionCurveRow>()?;
    let plans = plans(&rows);
    let mut blocks = vec![Block::Text(scope.say("retention.note")), Block::Chart(cohorts(scope, &rows))];
    blocks.push(Block::Chart(curves(scope, &rows, &plans)));
    blocks.extend(unfitted(scope, &plans).map(Block::Text));
    Ok(made(scope, "retention", blocks))
}

/// Survival after each renewal.
fn survival(trials: &Trials) -> Vec<f64> {
    let mut left = 1.0;
    let mut after = |(at_risk, renewed): &(i64, i64)| {
        left *= *renewed as f64 / *at_risk as f64;
        left
    };
    trials.iter().map(&mut after).collect()
}

/// A cohort's renewals, its plans together, the earliest cohort first and all last.
fn pooled(rows: &[RetentionCurveRow]) -> BTreeMap<&Str, Trials> {
    let mut cohorts: BTreeMap<&Str, Trials> = BTreeMap::new();
    for r in rows {
        let trials = cohorts.entry(&r.cohort).or_default();
        let at = (r.renewal - 1).max(0) as usize;
        if trials.len() <= at {
            trials.resize(at + 1, (0, 0));
        }
        trials[at].0 += r.at_risk;
        trials[at].1 += r.renewed;
    }
    cohorts
}

fn cohorts(scope: &Scope<'_>, rows: &[RetentionCurveRow]) -> Chart {
    let format = scope.format();
    let cohorts = pooled(rows);
    let mut data = scope.table(
        "retention_cohorts",
        vec![
            scope.column("cohort", Kind::Code("value")),
            scope.column("renewal", Kind::Int),
            scope.column("at_risk", Kind::Int),
            scope.column("renewed", Kind::Int),
            scope.column("survival", Kind::Percent),
        ],
    );
    let mut drawn = Vec::new();
    for (cohort, trials) in &cohorts {
        let left = survival(trials);
        let mark = if &***cohort == ALL { Mark::Total } else { Mark::None };
        for (n, ((at_risk, renewed), left)) in trials.iter().zip(&left).enumerate() {
            let cells =
                vec![(*cohort).into(), (n as i64 + 1).into(), (*at_risk).into(), (*renewed).into(), (*left).into()];
            data.push_marked(cells, mark);
        }
        let cell = |((at_risk, _), left): (&(i64, i64), &f64)| Shade {
            value: Some(*left),
            lines: vec![format.percent_short(*left), scope.fill("retention.of", &[("n", &format.int(*at_risk))])],
        };
        drawn.push((format.code("value", cohort), trials.iter().zip(&left).map(cell).collect()));
    }
    let most = cohorts.values().map(Vec::len).max().unwrap_or(0);
    Chart {
        id: "retention_cohorts",
        title: scope.say("retention.cohorts_chart"),
        desc: scope.say("retention.cohorts_desc"),
        empty: scope.say("retention.empty"),
        plot: Box::new(Heat {
            columns: (1..=most).map(|n| format.int(n as i64)).collect(),
            rows: drawn,
            x_title: scope.say("label.renewal"),
            most: 1.0,
        }),
        data,
    }
}

/// The rows of cohort all by plan, the plan with the most members first.
fn plans(rows: &[RetentionCurveRow]) -> Vec<(&Str, Vec<&RetentionCurveRow>)> {
    let mut plans: BTreeMap<&Str, Vec<&RetentionCurveRow>> = BTreeMap::new();
    for r in rows.iter().filter(|r| &*r.cohort == ALL) {
        plans.entry(&r.plan).or_default().push(r);
    }
    let mut plans: Vec<_> = plans.into_iter().collect();
    plans.sort_by_key(|(plan, rows)| (std::cmp::Reverse(rows.first().map_or(0, |r| r.at_risk)), *plan));
    plans
}

fn curves(scope: &Scope<'_>, rows: &[RetentionCurveRow], plans: &[(&Str, Vec<&RetentionCurveRow>)]) -> Chart {
    let format = scope.format();
    let most = plans.iter().take(DRAWN).map(|(_, rows)| rows.len()).max().unwrap_or(0);
    let panel = |(plan, rows): &(&Str, Vec<&RetentionCurveRow>)| {
        // Everybody is there before the first renewal.
        let begin = rows.first().map(|_| 1.0);
        let fitted = rows.first().and_then(|r| r.sbg_survival).map(|_| 1.0);
        let trials: Trials = rows.iter().map(|r| (r.at_risk, r.renewed)).collect();
        let mut panel = Panel {
            name: scope.segment(plan),
            points: std::iter::once(begin).chain(rows.iter().map(|r| Some(r.survival))).collect(),
            intervals: std::iter::once(None).chain(intervals(&trials)).collect(),
            curve: std::iter::once(fitted).chain(rows.iter().map(|r| r.sbg_survival)).collect(),
            last_is_open: false,
            shown: rows.last().map(|r| format.percent_short(r.survival)).unwrap_or_default(),
        };
        panel.points.resize(most + 1, None);
        panel.intervals.resize(most + 1, None);
        panel.curve.resize(most + 1, None);
        panel
    };
    Chart {
        id: "retention_curves",
        title: scope.say("retention.curves_chart"),
        desc: scope.say("retention.curves_desc"),
        empty: scope.say("retention.empty"),
        plot: Box::new(Panels {
            panels: plans.iter().take(DRAWN).map(panel).collect(),
            labels: (0..=most).map(|n| format.int(n as i64)).collect(),
            joined: false,
            y_title: scope.say("retention.y"),
            points_mean: Some(scope.say("retention.points")),
            curve_means: Some(scope.say("retention.curve")),
            open_means: None,
            tick: scope.percent_tick(),
        }),
        data: table(scope, rows),
    }
}

fn table(scope: &Scope<'_>, rows: &[RetentionCurveRow]) -> Table {
    let columns = vec![
        scope.column("cohort", Kind::Code("value")),
        scope.column("plan", Kind::Text),
        scope.column("renewal", Kind::Int),
        scope.column("at_risk", Kind::Int),
        scope.column("renewed", Kind::Int),
        scope.column("survival", Kind::Percent),
        scope.column("sbg_survival", Kind::Percent),
        scope.column("sbg_alpha", Kind::Float(3)),
        scope.column("sbg_beta", Kind::Float(3)),
    ];
    let mut table = scope.table("retention_curve", columns);
    for r in rows {
        let mark = if &*r.cohort == ALL { Mark::None } else { Mark::Data };
        let cells = vec![
            (&r.cohort).into(),
            (&r.plan).into(),
            r.renewal.into(),
            r.at_risk.into(),
            r.renewed.into(),
            r.survival.into(),
            r.sbg_survival.into(),
            r.sbg_alpha.into(),
            r.sbg_beta.into(),
        ];
        table.push_marked(cells, mark);
    }
    table
}

/// The plans to which no model could be fitted, and what that means.
fn unfitted(scope: &Scope<'_>, plans: &[(&Str, Vec<&RetentionCurveRow>)]) -> Option<String> {
    let without = plans.iter().filter(|(_, rows)| rows.iter().all(|r| r.sbg_alpha.is_none()));
    let names: Vec<String> = without.map(|(plan, _)| scope.segment(plan)).collect();
    (!names.is_empty())
        .then(|| scope.fill("retention.unfitted", &[("list", &names.join(scope.words.get("format.list")))]))
}
