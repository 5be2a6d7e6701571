//! What a run refused: rows by reason, and columns that nobody knows.

use super::super::ReportError;
use super::super::document::{Block, Kind, Section};
use super::super::scope::Scope;
use super::made;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let run = scope.summary()?;
    let columns = vec![
        scope.column("source", Kind::Text),
        scope.column("reason_code", Kind::Text),
        scope.column("reason_words", Kind::Code("quarantine")).page(),
        scope.column("rows", Kind::Int),
    ];
    let mut table = scope.table("run_quarantine", columns);
    for q in &run.quarantined {
        let reason = q.reason.as_str();
        table.push(vec![q.source.as_str().into(), reason.into(), reason.into(), q.rows.into()]);
    }
    let mut blocks = vec![Block::Table(table)];
    for (source, columns) in &run.unknown_columns {
        let list = columns.join(scope.words.get("format.list"));
        blocks.push(Block::Text(scope.fill("lines.unknown_columns", &[("source", source), ("columns", &list)])));
    }
    Ok(made(scope, "run_quarantine", blocks))
}
