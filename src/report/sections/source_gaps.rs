//! Days on which a source delivered nothing or too little: they lower every figure drawn from it.

use crate::marts::source_day::SourceDayRow;

use super::super::ReportError;
use super::super::document::{Block, Kind, Section};
use super::super::scope::Scope;
use super::made;

/// Days before the as-of day, itself included: the 13 weeks of the smallest chart.
const DAYS: i32 = 91;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let first = scope.day().window_start(DAYS);
    let days = scope.marts.rows::<SourceDayRow>()?;
    let columns = vec![
        scope.column("date", Kind::Date),
        scope.column("source", Kind::Code("source")),
        scope.column("source_status", Kind::Code("source_status")),
        scope.column("source_rows", Kind::Int),
        scope.column("source_expected", Kind::Float(1)),
    ];
    let mut table = scope.table("source_gaps", columns);
    for d in days.iter().filter(|d| d.date >= first && d.is_gap()) {
        let status = (&d.status).into();
        table.push(vec![d.date.into(), (&d.source).into(), status, d.rows.into(), d.expected.into()]);
    }
    let mut sources: Vec<(&str, _)> = Vec::new();
    for d in days.iter() {
        if !sources.iter().any(|(source, _)| **source == *d.source) {
            sources.push((&d.source, d.date));
        }
    }
    sources.sort_unstable();
    let format = scope.format();
    let since: Vec<String> = sources
        .into_iter()
        .map(|(source, day)| {
            let source = format.code("source", source);
            scope.fill("source_gaps.since", &[("source", &source), ("date", &format.date(day))])
        })
        .collect();
    let covered = match since.as_slice() {
        [] => scope.say("source_gaps.none"),
        some => scope.fill("source_gaps.covered", &[("list", &some.join(scope.words.get("format.list")))]),
    };
    Ok(made(scope, "source_gaps", vec![Block::Text(covered), Block::Table(table)]))
}
