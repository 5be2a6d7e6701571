//! The track record: of those whom published lists called at risk, how many left.

use crate::marts::risk_track::{self, RiskTrackRow};
use crate::stats::wilson;

use super::super::ReportError;
use super::super::document::{Block, Kind, Mark, Section, Table};
use super::super::scope::Scope;
use super::made;

/// Months that a sentence sums: a quarter.
const MONTHS: usize = 3;

/// Of the whole only.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    if scope.part.is_some() {
        return Ok(None);
    }
    let earlier = risk_track::earlier(scope.marts)?;
    let rows = &earlier.0;
    if rows.is_empty() {
        return Ok(made(scope, "track_record", vec![Block::Text(scope.say("track_record.none"))]));
    }
    let mut findings = vec![record(scope, rows)];
    findings.extend(open(scope, rows));
    let blocks =
        vec![Block::Findings(findings), Block::Table(table(scope, rows)), Block::Text(scope.say("track_record.note"))];
    Ok(made(scope, "track_record", blocks))
}

fn high(rows: &[RiskTrackRow], r#final: bool) -> impl Iterator<Item = &RiskTrackRow> {
    rows.iter().filter(move |r| &*r.risk_band == "high" && r.r#final == r#final)
}

/// Of those first called high risk in the latest final months, how many left, and how many had been expected to.
fn record(scope: &Scope<'_>, rows: &[RiskTrackRow]) -> String {
    let format = scope.format();
    let all: Vec<&RiskTrackRow> = high(rows, true).collect();
    let latest = &all[all.len().saturating_sub(MONTHS)..];
    let n: i64 = latest.iter().map(|r| r.n).sum();
    let left = n - latest.iter().map(|r| r.renewed).sum::<i64>();
    let interval = wilson::interval(left, n);
    let (Some(first), Some(last), Some((low, high))) = (latest.first(), latest.last(), interval) else {
        return scope.say("track_record.none_final");
    };
    let expected: f64 = latest.iter().map(|r| r.n as f64 * (1.0 - r.p_mean)).sum();
    scope.fill(
        "track_record.high",
        &[
            ("from", &first.month),
            ("to", &last.month),
            ("n", &format.int(n)),
            ("left", &format.int(left)),
            ("rate", &format.percent(left as f64 / n as f64)),
            ("low", &format.percent(low)),
            ("high", &format.percent(high)),
            ("expected", &format.float(expected, 0)),
            ("share", &format.percent_short(expected / n as f64)),
        ],
    )
}

/// How those of the months that are not final stand.
fn open(scope: &Scope<'_>, rows: &[RiskTrackRow]) -> Option<String> {
    let (n, renewed) = high(rows, false).fold((0, 0), |sum, r| (sum.0 + r.n, sum.1 + r.renewed));
    let format = scope.format();
    (n > 0).then(|| scope.fill("track_record.open", &[("n", &format.int(n)), ("renewed", &format.int(renewed))]))
}

fn table(scope: &Scope<'_>, rows: &[RiskTrackRow]) -> Table {
    let columns = vec![
        scope.column("month", Kind::Text),
        scope.column("risk_band", Kind::Code("band")),
        scope.column("n", Kind::Int),
        scope.column("p_mean", Kind::Percent),
        scope.column("final", Kind::Bool),
        scope.column("renewed", Kind::Int),
        scope.column("rate", Kind::Percent),
        scope.column("rate_low", Kind::Percent),
        scope.column("rate_high", Kind::Percent),
    ];
    let mut table = scope.table("risk_track", columns);
    for r in rows {
        // What can still change has no interval.
        let interval = wilson::interval(r.renewed, r.n).filter(|_| r.r#final);
        let cells = vec![
            (&r.month).into(),
            (&r.risk_band).into(),
            r.n.into(),
            r.p_mean.into(),
            r.r#final.into(),
            r.renewed.into(),
            r.rate.into(),
            interval.map(|i| i.0).into(),
            interval.map(|i| i.1).into(),
        ];
        table.push_marked(cells, if r.r#final { Mark::None } else { Mark::Provisional });
    }
    table
}
