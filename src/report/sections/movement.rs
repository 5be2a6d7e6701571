//! Members who came, came back and left: the latest quarter as a waterfall, in numbers and in annual amount; 24 months.
//!
//! ```text
//! member_movement ─┬─ months of the quarter, summed ──► two waterfalls, segments in a table
//!                  └─ 24 months ──► bars, table
//! ```
//!
//! Members are counted with the days of grace here, so that a late renewal is no loss.

pub mod sums;

use crate::domain::{Cents, Quarter};
use crate::marts::member_movement::MemberMovementRow;

use self::sums::{Moved, quarters};
use super::super::ReportError;
use super::super::charts::{Flow, Flows, Step, Waterfall};
use super::super::document::{Block, Cell, Chart, Column, Kind, Mark, Section, Table};
use super::super::scope::Scope;
use super::made;
use super::renewals_by_month::month;
use super::segments::link;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let rows = scope.marts.rows::<MemberMovementRow>()?;
    let quarter = scope.day().quarter();
    let mut note = vec![Block::Text(scope.say("movement.note"))];
    if scope.day() < quarter.last_day() {
        let name = quarter.to_string();
        note.push(Block::Text(scope.fill("movement.running", &[("quarter", &name)])));
    }
    let moved = Moved::in_quarter(&rows, "all", quarter).unwrap_or_default();
    let mut blocks = vec![Block::Chart(members(scope, quarter, &moved)), Block::Chart(amounts(scope, quarter, &moved))];
    blocks.extend(note);
    blocks.push(Block::Table(by_segment(scope, &rows, quarter)?));
    blocks.push(Block::Table(by_quarter(scope, &rows)));
    blocks.push(Block::Chart(months(scope, &rows)));
    Ok(made(scope, "movement", blocks))
}

/// A bar of the waterfall: its word, whether it is a total, its value.
type Bar<T> = (&'static str, bool, T);

fn members(scope: &Scope<'_>, quarter: Quarter, moved: &Moved) -> Chart {
    let format = scope.format();
    let bars: [Bar<i64>; 5] = [
        ("opening", true, moved.opening),
        ("new", false, moved.new),
        ("won_back", false, moved.won_back),
        ("lost", false, -moved.lost),
        ("closing", true, moved.closing),
    ];
    let mut data = scope.table("movement_members", vec![step(scope), scope.column("step_members", Kind::Int)]);
    bars.iter().for_each(|(word, _, n)| data.push(vec![(*word).into(), (*n).into()]));
    let shown = |n: i64, is_total: bool| sign(n > 0 && !is_total, format.int(n));
    let bar = |(word, is_total, n): &Bar<i64>| Step {
        label: format.code("movement", word),
        value: *n as f64,
        is_total: *is_total,
        shown: shown(*n, *is_total),
    };
    let words = scope.words;
    Chart {
        id: "movement_members",
        title: scope.fill("movement.members_chart", &[("quarter", &quarter.to_string())]),
        desc: scope.say("movement.members_desc"),
        empty: scope.say("movement.empty"),
        plot: Box::new(Waterfall {
            steps: bars.iter().map(bar).collect(),
            y_title: scope.say("label.members"),
            tick: Box::new(move |x| super::super::format::Format { words, currency: "" }.float(x, 0)),
        }),
        data,
    }
}

fn amounts(scope: &Scope<'_>, quarter: Quarter, moved: &Moved) -> Chart {
    let format = scope.format();
    let bars: [Bar<Cents>; 7] = [
        ("opening", true, moved.opening_amount),
        ("new", false, moved.new_amount),
        ("won_back", false, moved.won_back_amount),
        ("lost", false, -moved.lost_amount),
        ("expansion", false, moved.expansion),
        ("contraction", false, -moved.contraction),
        ("closing", true, moved.closing_amount),
    ];
    let mut data = scope.table("movement_amounts", vec![step(scope), scope.column("step_amount", Kind::AMOUNT)]);
    bars.iter().for_each(|(word, _, amount)| data.push(vec![(*word).into(), (*amount).into()]));
    let bar = |(word, is_total, amount): &Bar<Cents>| Step {
        label: format.code("movement", word),
        value: amount.to_f64(),
        is_total: *is_total,
        shown: sign(*amount > Cents::ZERO && !is_total, format.magnitude(amount.to_f64())),
    };
    Chart {
        id: "movement_amounts",
        title: scope.fill("movement.amounts_chart", &[("quarter", &quarter.to_string())]),
        desc: scope.say("movement.amounts_desc"),
        empty: scope.say("movement.empty"),
        plot: Box::new(Waterfall {
            steps: bars.iter().map(bar).collect(),
            y_title: scope.column("annual_amount", Kind::Money).label,
            tick: scope.magnitude_tick(),
        }),
        data,
    }
}

fn sign(plus: bool, text: String) -> String {
    if plus { format!("+{text}") } else { text }
}

fn step(scope: &Scope<'_>) -> Column {
    scope.column("step", Kind::Code("movement"))
}

/// The columns of a movement, behind what it is of.
fn columns(scope: &Scope<'_>, first: Column) -> Vec<Column> {
    let counts = ["opening", "new", "won_back", "lost", "closing"];
    let amounts = [
        "opening_amount",
        "new_amount",
        "won_back_amount",
        "lost_amount",
        "expansion",
        "contraction",
        "closing_amount",
    ];
    let counts = counts.iter().map(|key| scope.column(key, Kind::Int));
    let amounts = amounts.iter().map(|key| scope.column(key, Kind::AMOUNT));
    std::iter::once(first).chain(counts).chain(amounts).collect()
}

fn cells(first: Cell, moved: &Moved) -> Vec<Cell> {
    vec![
        first,
        moved.opening.into(),
        moved.new.into(),
        moved.won_back.into(),
        moved.lost.into(),
        moved.closing.into(),
        moved.opening_amount.into(),
        moved.new_amount.into(),
        moved.won_back_amount.into(),
        moved.lost_amount.into(),
        moved.expansion.into(),
        moved.contraction.into(),
        moved.closing_amount.into(),
    ]
}

fn by_segment(scope: &Scope<'_>, rows: &[MemberMovementRow], quarter: Quarter) -> Result<Table, ReportError> {
    let segment = scope.column("segment", Kind::Code("value"));
    let mut table = scope.table("movement_segments", columns(scope, segment));
    let mut names: Vec<_> = rows.iter().map(|r| &r.segment).collect();
    names.sort();
    names.dedup();
    names.sort_by_key(|name| &***name == "all");
    for name in names {
        let Some(moved) = Moved::in_quarter(rows, name, quarter) else { continue };
        let mark = if &**name == "all" { Mark::Total } else { Mark::None };
        table.push_linked(cells(name.into(), &moved), mark, link(scope, name)?);
    }
    Ok(table)
}

fn by_quarter(scope: &Scope<'_>, rows: &[MemberMovementRow]) -> Table {
    let quarter = scope.column("quarter", Kind::Text);
    let mut table = scope.table("movement_quarters", columns(scope, quarter));
    for quarter in quarters(rows) {
        let Some(moved) = Moved::in_quarter(rows, "all", quarter) else { continue };
        let mark = if scope.day() < quarter.last_day() { Mark::Provisional } else { Mark::None };
        table.push_marked(cells(quarter.to_string().into(), &moved), mark);
    }
    table
}

/// 24 months of all on the page; those of the segments too in sheets, CSV and JSON.
fn months(scope: &Scope<'_>, rows: &[MemberMovementRow]) -> Chart {
    let format = scope.format();
    let mut columns = columns(scope, scope.column("month", Kind::Text));
    columns.insert(1, scope.column("segment", Kind::Code("value")).data());
    let mut data = scope.table("member_movement", columns);
    for r in rows {
        let mark = if &*r.segment == "all" { Mark::None } else { Mark::Data };
        let mut cells = cells((&r.month).into(), &Moved::over([r]).unwrap_or_default());
        cells.insert(1, (&r.segment).into());
        data.push_marked(cells, mark);
    }
    let flow = |r: &MemberMovementRow| Flow {
        label: format.short_month(month(&r.month)),
        came: [r.new as f64, r.won_back as f64],
        went: r.lost as f64,
    };
    let words = scope.words;
    Chart {
        id: "movement_months",
        title: scope.say("movement.months_chart"),
        desc: scope.say("movement.months_desc"),
        empty: scope.say("movement.empty_months"),
        plot: Box::new(Flows {
            periods: rows.iter().filter(|r| &*r.segment == "all").map(flow).collect(),
            came_mean: [format.code("movement", "new"), format.code("movement", "won_back")],
            went_means: format.code("movement", "lost"),
            y_title: scope.say("label.members"),
            tick: Box::new(move |x| super::super::format::Format { words, currency: "" }.float(x, 0)),
        }),
        data,
    }
}
