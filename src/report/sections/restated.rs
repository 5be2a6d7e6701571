//! What was restated since the last review and why, and how good the data of the quarter is.
//!
//! ```text
//! figures that read differently ─► one table, the whole first
//! why (restated/why.rs)         ─► late rows, contracts, segments
//! data quality (quality.rs)     ─► rows taken, refused by reason, ids that no table knows
//! ```

mod quality;
mod why;

use crate::domain::Str;
use crate::lake::ledger::Publication;
use crate::marts::restated::figures::Measure;
use crate::marts::restated::{Differences, Restated, State, TakenIn};

use super::super::ReportError;
use super::super::document::{Block, Cell, Column, Kind, Mark, Place, Section, Table};
use super::super::format::{Format, NOTHING};
use super::super::scope::Scope;
use super::made;

/// Figures on the page; sheets, CSV and JSON have all.
const MOST_FIGURES: usize = 40;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let restated = Restated::of(scope.marts)?;
    let mut blocks = vec![Block::Text(held_against(scope, &restated))];
    if let Some(last) = &restated.last {
        blocks.extend(reserves(scope, &restated, last).map(Block::Text));
    }
    let nothing = Differences::default();
    let differences = match &restated.state {
        State::Kept(differences) => {
            blocks.push(Block::Text(said(scope, differences)));
            differences
        }
        State::Never | State::GivenUp(_) => &nothing,
    };
    let table = figures(scope, differences);
    let more = left_out(scope, table.rows.len(), MOST_FIGURES);
    blocks.push(quiet(table));
    blocks.extend(more);
    if let (Some(last), State::Kept(differences)) = (&restated.last, &restated.state) {
        blocks.push(Block::Text(why::said(scope, last, differences)));
    }
    blocks.extend(why::tables(scope, differences));
    blocks.extend(quality::blocks(scope, &restated)?);
    Ok(made(scope, "restated", blocks))
}

/// Which review this one is held against.
fn held_against(scope: &Scope<'_>, restated: &Restated) -> String {
    let Some(last) = &restated.last else { return scope.say("restated.never") };
    let format = scope.format();
    let (date, at) = (format.date(last.as_of), published_on(scope, last));
    let State::GivenUp(taken) = &restated.state else {
        return scope.fill("restated.since", &[("date", &date), ("at", &at)]);
    };
    let one = |t: &TakenIn| {
        let (source, files, rows) = (format.code("source", &t.source), format.int(t.files), format.int(t.rows));
        scope.fill("restated.taken_in", &[("source", &source), ("files", &files), ("rows", &rows)])
    };
    let list = match taken.as_slice() {
        [] => scope.say("restated.taken_nothing"),
        some => some.iter().map(one).collect::<Vec<_>>().join(scope.words.get("format.list")),
    };
    scope.fill("restated.given_up", &[("date", &date), ("at", &at), ("list", &list)])
}

fn published_on(scope: &Scope<'_>, last: &Publication) -> String {
    scope.format().date(scope.marts.visible.project.zone.day_of(last.at))
}

/// Why “said then” can differ from what was printed.
fn reserves(scope: &Scope<'_>, restated: &Restated, last: &Publication) -> impl Iterator<Item = String> {
    let settings = &scope.marts.visible.project.fingerprint;
    let changed = !last.configuration.is_empty() && *last.configuration != **settings;
    let is_kept = matches!(restated.state, State::Kept(_));
    let settings = (changed && is_kept).then(|| scope.say("restated.settings"));
    let n = scope.format().int(restated.erased as i64);
    let erased = (restated.erased > 0 && is_kept).then(|| scope.fill("restated.erased", &[("n", &n)]));
    settings.into_iter().chain(erased)
}

fn said(scope: &Scope<'_>, differences: &Differences) -> String {
    let figures = &differences.figures;
    if figures.is_empty() {
        return scope.say("restated.same");
    }
    let int = |n: usize| scope.format().int(n as i64);
    let whole = figures.iter().filter(|f| f.key.is_whole()).count();
    scope.fill("restated.differ", &[("n", &int(figures.len())), ("whole", &int(whole))])
}

fn figures(scope: &Scope<'_>, differences: &Differences) -> Table {
    let format = scope.format();
    let columns = vec![
        scope.column("metric", Kind::Code("metric")),
        scope.column("period", Kind::Text),
        scope.column("segment", Kind::Code("value")),
        scope.column("unit", Kind::Code("unit")).data(),
        scope.column("said_then", Kind::Float(2)).data(),
        scope.column("known_now", Kind::Float(2)).data(),
        scope.column("difference", Kind::Float(2)).data(),
        shown(scope, "said_then"),
        shown(scope, "known_now"),
        shown(scope, "difference"),
    ];
    let mut table = scope.table("restated", columns);
    for (at, figure) in differences.figures.iter().enumerate() {
        let key = &figure.key;
        let difference = figure.now.less(figure.then);
        let cells = vec![
            key.metric().into(),
            key.period().into(),
            (&key.segment).into(),
            unit(figure.then).into(),
            value(figure.then),
            value(figure.now),
            value(difference),
            text(figure.then, format).into(),
            text(figure.now, format).into(),
            change(difference, format).into(),
        ];
        table.push_marked(cells, on_page(at, MOST_FIGURES));
    }
    table
}

/// A table that a page shows only when it has rows; sheets, CSV and JSON have its heads in any case.
fn quiet(mut table: Table) -> Block {
    if table.rows.is_empty() {
        table.retain_columns(|column| column.place != Place::Page);
        table.columns.iter_mut().for_each(|column| column.place = Place::Data);
    }
    Block::Table(table)
}

/// The first rows of a list are on the page, all in sheets, CSV and JSON.
fn on_page(at: usize, most: usize) -> Mark {
    if at < most { Mark::None } else { Mark::Data }
}

/// A sentence when a page has not all rows.
fn left_out(scope: &Scope<'_>, rows: usize, most: usize) -> Option<Block> {
    let more = rows.checked_sub(most).filter(|n| *n > 0)?;
    Some(Block::Text(scope.fill("page.more_rows", &[("n", &scope.format().int(more as i64))])))
}

/// A column of ready text on the page that is set as numbers are; the data has its value under the same key.
fn shown(scope: &Scope<'_>, key: &str) -> Column {
    scope.column(key, Kind::Float(2)).page()
}

fn unit(measure: Measure) -> &'static str {
    match measure {
        Measure::Count(_) => "count",
        Measure::Money(_) => "money",
        Measure::Ratio(_) => "ratio",
    }
}

fn value(measure: Measure) -> Cell {
    match measure {
        Measure::Count(n) => n.into(),
        Measure::Money(amount) => amount.into(),
        Measure::Ratio(ratio) => ratio.into(),
    }
}

fn text(measure: Measure, format: Format<'_>) -> String {
    match measure {
        Measure::Count(n) => format.int(n),
        Measure::Money(amount) => format!("{} {}", format.money(amount), format.currency),
        Measure::Ratio(ratio) => ratio.map_or(NOTHING.into(), |r| format!("{}%", format.float(r * 100.0, 2))),
    }
}

/// A difference, with its sign; of ratios in percentage points.
fn change(measure: Measure, format: Format<'_>) -> Str {
    let (is_more, text) = match measure {
        Measure::Count(n) => (n > 0, format.int(n)),
        Measure::Money(amount) => (amount.0 > 0, format!("{} {}", format.money(amount), format.currency)),
        Measure::Ratio(None) => (false, NOTHING.into()),
        Measure::Ratio(Some(r)) => {
            (r > 0.0, format!("{} {}", format.float(r * 100.0, 2), format.words.get("restated.points")))
        }
    };
    if is_more { format!("+{text}").into() } else { text.into() }
}
