//! The report files that a run published.

use super::super::ReportError;
use super::super::document::{Block, Kind, Section};
use super::super::scope::Scope;
use super::made;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let run = scope.summary()?;
    let mut table = scope.table("run_reports", vec![scope.column("path", Kind::Text)]);
    for path in &run.reports {
        table.push(vec![path.as_str().into()]);
    }
    Ok(made(scope, "run_reports", vec![Block::Table(table)]))
}
