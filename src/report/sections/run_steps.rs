//! Where the time of a run went.

use super::super::ReportError;
use super::super::document::{Block, Kind, Section};
use super::super::scope::Scope;
use super::made;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let run = scope.summary()?;
    let columns = vec![scope.column("step", Kind::Code("step")), scope.column("ms", Kind::Int)];
    let mut table = scope.table("run_steps", columns);
    for s in &run.steps {
        table.push(vec![s.step.as_str().into(), i64::try_from(s.ms).unwrap_or(i64::MAX).into()]);
    }
    Ok(made(scope, "run_steps", vec![Block::Table(table)]))
}
