//! What was tried with similar members, and what became of them.

use crate::marts::member_story::similar::{OUTCOMES, Shares};

use super::super::ReportError;
use super::super::document::{Block, Kind, Section};
use super::super::format::NOTHING;
use super::super::scope::Scope;
use super::made;

/// One row a kind of action; `None` for a company without peers.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let Some(similar) = &scope.story()?.similar else { return Ok(None) };
    let format = scope.format();
    let mut table = scope.table(
        "member_similar",
        vec![
            scope.column("care_action", Kind::Code("care_action")),
            scope.column("contracts", Kind::Int),
            scope.column("outcomes", Kind::Text),
            scope.column("decided", Kind::Int),
            scope.column("renewed_of", Kind::Int),
            scope.column("renewed_share", Kind::Percent),
            scope.column("renewed_between", Kind::Text),
        ],
    );
    for t in &similar.tried {
        let said = |(n, word): (&i64, &str)| {
            let word = format.code("outcome", word);
            (*n > 0).then(|| scope.fill("member_similar.outcome", &[("n", &format.int(*n)), ("outcome", &word)]))
        };
        let outcomes: Vec<String> = t.outcomes.iter().zip(OUTCOMES).filter_map(said).collect();
        table.push(vec![
            scope.free(&t.action).into(),
            t.contracts.into(),
            outcomes.join(scope.words.get("format.list")).into(),
            t.shares.decided.into(),
            t.shares.renewed.into(),
            t.shares.share.into(),
            between(scope, &t.shares).into(),
        ]);
    }
    let all = &similar.all;
    let values = [
        ("group", format.code("peer_group", &similar.group)),
        ("renewed", format.int(all.renewed)),
        ("decided", format.int(all.decided)),
        ("share", all.share.map_or(NOTHING.to_string(), |s| format.percent(s))),
        ("between", between(scope, all)),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let texts = [scope.fill("member_similar.all", &values), scope.say("member_similar.no_cause")];
    let mut blocks: Vec<Block> = texts.into_iter().map(Block::Text).collect();
    blocks.push(Block::Table(table));
    Ok(made(scope, "member_similar", blocks))
}

fn between(scope: &Scope<'_>, shares: &Shares) -> String {
    let percent = |x: Option<f64>| x.map_or(NOTHING.to_string(), |x| scope.format().percent_short(x));
    match shares.share {
        None => NOTHING.to_string(),
        Some(_) => format!("{} – {}", percent(shares.low), percent(shares.high)),
    }
}
