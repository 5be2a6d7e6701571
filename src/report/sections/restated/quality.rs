//! How good the data of the quarter is: rows that count, rows that were refused, ids that no table knows. Days that a source
//! lacks are told in `source_gaps`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::domain::schema::SOURCES;
use crate::lake::ledger::RefusedRows;
use crate::marts::orphans::OrphanRow;
use crate::marts::restated::Restated;

use super::super::super::ReportError;
use super::super::super::document::{Block, Kind, Table};
use super::super::super::scope::Scope;

/// What is told of one source.
#[derive(Default)]
struct Quality {
    /// Rows dated in the quarter; of sources without a date none.
    rows: Option<i64>,
    refused: i64,
    orphan_ids: i64,
    orphan_rows: i64,
}

pub fn blocks(scope: &Scope<'_>, restated: &Restated) -> Result<Vec<Block>, ReportError> {
    let quarter = scope.day().quarter().to_string();
    let text = match &restated.last {
        None => scope.fill("restated.quality_ever", &[("quarter", &quarter)]),
        Some(last) => {
            let at = super::published_on(scope, last);
            scope.fill("restated.quality", &[("quarter", &quarter), ("at", &at)])
        }
    };
    Ok(vec![Block::Text(text), Block::Table(by_source(scope, restated)?), Block::Table(by_reason(scope, restated))])
}

fn by_source(scope: &Scope<'_>, restated: &Restated) -> Result<Table, ReportError> {
    let visible = scope.marts.visible;
    let first = scope.day().quarter().first_day();
    let mut sources: BTreeMap<&str, Quality> = BTreeMap::new();
    for source in SOURCES.iter().filter(|s| s.is_events()) {
        let rows = visible.loaded(source.name)?;
        if !rows.is_empty() {
            sources.entry(source.name).or_default().rows = Some(rows.range(first..).map(|(_, n)| n).sum());
        }
    }
    let signed = visible.contracts.iter().filter(|c| c.signed_on >= first).count() as i64;
    sources.entry("contracts").or_default().rows = Some(signed);
    for refused in &restated.refused {
        sources.entry(&refused.source).or_default().refused += refused.rows;
    }
    let orphans = scope.marts.rows::<OrphanRow>()?;
    for orphan in orphans.iter() {
        let quality = sources.entry(&orphan.source).or_default();
        quality.orphan_ids += 1;
        quality.orphan_rows += orphan.rows;
    }
    let columns = vec![
        scope.column("source", Kind::Code("source")),
        scope.column("quarter_rows", Kind::Int),
        scope.column("refused_rows", Kind::Int),
        scope.column("refusals", Kind::Lines).page(),
        scope.column("orphan_ids", Kind::Int),
        scope.column("orphan_rows", Kind::Int),
    ];
    let mut table = scope.table("quality_sources", columns);
    for source in SOURCES {
        let Some(q) = sources.get(source.name) else { continue };
        table.push(vec![
            source.name.into(),
            q.rows.into(),
            q.refused.into(),
            refusals(scope, restated, source.name).into(),
            q.orphan_ids.into(),
            q.orphan_rows.into(),
        ]);
    }
    Ok(table)
}

/// The reasons of a source in a line, the most frequent first; `None` without any.
fn refusals(scope: &Scope<'_>, restated: &Restated, source: &str) -> Option<Vec<String>> {
    let mut refused: Vec<_> = restated.refused.iter().filter(|r| &*r.source == source).collect();
    refused.sort_by_key(|r| (Reverse(r.rows), &r.reason));
    let format = scope.format();
    let one = |r: &&RefusedRows| {
        let values = [("reason", &*format.code("quarantine", &r.reason)), ("n", &*format.int(r.rows))];
        scope.fill("restated.refusal", &values)
    };
    let list: Vec<String> = refused.iter().map(one).collect();
    (!list.is_empty()).then(|| vec![list.join(scope.words.get("format.list"))])
}

/// The same in lines, for sheets, CSV and JSON.
fn by_reason(scope: &Scope<'_>, restated: &Restated) -> Table {
    let columns = vec![
        scope.column("source", Kind::Code("source")).data(),
        scope.column("refusal", Kind::Code("quarantine")).data(),
        scope.column("refused_rows", Kind::Int).data(),
    ];
    let mut table = scope.table("quality_refused", columns);
    for r in &restated.refused {
        table.push(vec![(&r.source).into(), (&r.reason).into(), r.rows.into()]);
    }
    table
}
