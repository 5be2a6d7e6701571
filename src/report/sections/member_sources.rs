//! Where its clicks came from.

use super::super::ReportError;
use super::super::document::{Block, Cell, Kind, Section};
use super::super::scope::Scope;
use super::made;

/// One row a source of clicks.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let mut table = scope.table(
        "member_sources",
        vec![
            scope.column("click_source", Kind::Text),
            scope.column("clicks_30d", Kind::Int),
            scope.column("share_30d", Kind::Percent),
            scope.column("change", Kind::Percent),
            scope.column("clicks_90d", Kind::Int),
            scope.column("share_90d", Kind::Percent),
        ],
    );
    for s in &scope.story()?.click_sources {
        let name: Cell = match &s.source {
            Some(source) => scope.format().code("click_source", &scope.free(source)).into(),
            None => scope.say("member_sources.others").into(),
        };
        table.push(vec![
            name,
            s.clicks_30d.into(),
            s.share_30d.into(),
            s.change.into(),
            s.clicks_90d.into(),
            s.share_90d.into(),
        ]);
    }
    Ok(made(scope, "member_sources", vec![Block::Table(table)]))
}
