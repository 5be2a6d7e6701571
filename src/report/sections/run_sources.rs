//! How fresh each source is, and the days it lacks.

use crate::domain::Day;

use super::super::ReportError;
use super::super::document::{Block, Cell, Kind, Section};
use super::super::scope::Scope;
use super::made;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let run = scope.summary()?;
    let columns = vec![
        scope.column("source", Kind::Text),
        scope.column("newest", Kind::Text),
        scope.column("age_h", Kind::Float(1)),
        scope.column("source_rows", Kind::Int),
        scope.column("source_expected", Kind::Float(1)),
        scope.column("source_status", Kind::Code("source_status")),
    ];
    let mut fresh = scope.table("run_freshness", columns);
    for f in &run.freshness {
        fresh.push(vec![
            f.source.as_str().into(),
            f.newest.as_deref().into(),
            f.age_h.into(),
            f.rows.into(),
            f.expected.into(),
            f.status.as_deref().into(),
        ]);
    }
    let columns = vec![
        scope.column("date", Kind::Date),
        scope.column("source", Kind::Text),
        scope.column("source_status", Kind::Code("source_status")),
    ];
    let mut gaps = scope.table("run_gaps", columns);
    for g in &run.gaps {
        gaps.push(vec![Cell::from(Day::parse(&g.date)), g.source.as_str().into(), g.status.as_str().into()]);
    }
    Ok(made(scope, "run_sources", vec![Block::Table(fresh), Block::Table(gaps)]))
}
