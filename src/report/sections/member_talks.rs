//! What was said and done so far: follow-ups and care actions, newest first.

use crate::domain::Str;
use crate::facts::visible::FollowupNote;
use crate::marts::Story;

use super::super::ReportError;
use super::super::document::{Block, Cell, Column, Kind, Section, Table};
use super::super::scope::Scope;
use super::made;

/// Rows of each table.
const MOST: usize = 8;

/// Care actions first: they are about the renewal.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let story = scope.story()?;
    let mut blocks = vec![Block::Table(care(scope, story))];
    blocks.extend(more(scope, story.care.len()));
    blocks.push(Block::Table(followups(scope, story)));
    blocks.extend(more(scope, story.followups.len()));
    Ok(made(scope, "member_talks", blocks))
}

fn more(scope: &Scope<'_>, all: usize) -> Option<Block> {
    let more = all.checked_sub(MOST).filter(|n| *n > 0)?;
    Some(Block::Text(scope.fill("member_talks.more", &[("n", &more.to_string())])))
}

fn care(scope: &Scope<'_>, story: &Story) -> Table {
    let mut table = scope.table(
        "member_care",
        vec![
            scope.column("date", Kind::Date),
            scope.column("rep", Kind::Text),
            scope.column("care_action", Kind::Code("care_action")),
            scope.column("outcome", Kind::Code("outcome")),
            Column { key: "reason".into(), ..scope.column("care_reason", Kind::Code("reason")) },
        ],
    );
    for a in story.care.iter().take(MOST) {
        table.push(vec![
            a.day.into(),
            scope.rep(&a.rep_id).into(),
            scope.free(&a.action).into(),
            a.outcome.as_ref().into(),
            a.reason.as_ref().into(),
        ]);
    }
    table
}

fn followups(scope: &Scope<'_>, story: &Story) -> Table {
    let mut table = scope.table(
        "member_followups",
        vec![
            scope.column("date", Kind::Date),
            scope.column("rep", Kind::Text),
            scope.column("channel", Kind::Code("channel")),
            scope.column("stage", Kind::Code("stage")),
            Column { key: "evidence".into(), ..scope.column("notes", Kind::Text) },
        ],
    );
    for f in story.followups.iter().take(MOST) {
        table.push(vec![
            f.day.into(),
            scope.rep(&f.rep_id).into(),
            f.channel.as_ref().map(|c| scope.free(c)).into(),
            (&f.stage).into(),
            notes(scope, f),
        ]);
    }
    table
}

/// What its author noted, each with its label, on one line.
fn notes(scope: &Scope<'_>, f: &FollowupNote) -> Cell {
    let said = |key: &str, text: &Option<Str>| {
        let text = scope.free(text.as_ref()?);
        Some(scope.fill(&format!("member_talks.{key}"), &[("text", &text)]))
    };
    let next = match f.next_on {
        Some(on) => {
            let step = f.next_step.as_ref().map(|s| scope.free(s)).unwrap_or_default();
            Some(scope.fill("member_talks.next_on", &[("date", &scope.format().date(on)), ("text", &step)]))
        }
        None => said("next_step", &f.next_step),
    };
    let lines =
        [said("evidence", &f.evidence), said("objection", &f.objection), said("competitor", &f.competitor), next];
    let lines: Vec<String> = lines.into_iter().flatten().collect();
    if lines.is_empty() { Cell::Null } else { lines.join(" · ").into() }
}
