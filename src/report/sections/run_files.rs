//! The files that a run met: read = loaded + duplicate + quarantined.

use super::super::ReportError;
use super::super::document::{Block, Kind, Section};
use super::super::scope::Scope;
use super::made;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let run = scope.summary()?;
    let rows = |key: &str| scope.column(key, Kind::Int);
    let columns = vec![
        scope.column("source", Kind::Text),
        rows("files"),
        rows("rows_read"),
        rows("rows_loaded"),
        rows("rows_duplicate"),
        rows("rows_quarantined"),
    ];
    let mut sources = scope.table("run_sources", columns);
    for (source, t) in run.by_source() {
        let counts = [t.files, t.read, t.loaded, t.duplicate, t.quarantined];
        sources.push([source.into()].into_iter().chain(counts.map(Into::into)).collect());
    }
    let columns = vec![
        scope.column("source", Kind::Text),
        scope.column("path", Kind::Text),
        scope.column("file_status", Kind::Code("file_status")),
        rows("rows_read"),
        rows("rows_loaded"),
        rows("rows_duplicate"),
        rows("rows_quarantined"),
        scope.column("message", Kind::Text),
    ];
    let mut files = scope.table("run_files", columns);
    for f in &run.files {
        files.push(vec![
            f.source.as_str().into(),
            f.path.as_str().into(),
            f.status.as_str().into(),
            f.rows_read.into(),
            f.rows_loaded.into(),
            f.rows_duplicate.into(),
            f.rows_quarantined.into(),
            f.message.as_deref().into(),
        ]);
    }
    let skipped = scope.fill("run_files.skipped", &[("n", &scope.format().int(run.skipped_files))]);
    let blocks = vec![Block::Table(sources), Block::Table(files), Block::Text(skipped)];
    Ok(made(scope, "run_files", blocks))
}
