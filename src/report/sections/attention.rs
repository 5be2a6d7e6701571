//! Where members' attention comes from, by segment: click sources and ad slots, and how the mix moved.

pub mod mix;

use crate::domain::Str;

use self::mix::{Mix, Part, windows};
use super::super::ReportError;
use super::super::charts::{Heat, Shade};
use super::super::document::{Block, Chart, Kind, Mark, Section, Table};
use super::super::scope::Scope;
use super::made;
use super::segments::link;

/// Ways that have a column in the drawing; the table has all.
const WAYS: usize = 6;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let attention = scope.attention()?;
    let format = scope.format();
    let [first, before] = windows(scope.day());
    let note = scope.fill(
        "attention.note",
        &[("first", &format.date(first)), ("last", &format.date(scope.day())), ("before", &format.date(before))],
    );
    let mut blocks = vec![Block::Text(note)];
    let charts = [("click_mix", "click_source", &attention.sources), ("slot_mix", "ad_slot", &attention.slots)];
    for (id, key, mix) in charts {
        blocks.push(Block::Chart(Chart {
            id,
            title: scope.say(&format!("attention.{id}_chart")),
            desc: scope.say("attention.desc"),
            empty: scope.say("attention.empty"),
            plot: Box::new(heat(scope, key, mix)),
            data: table(scope, id, key, mix)?,
        }));
    }
    Ok(made(scope, "attention", blocks))
}

/// A way as people call it.
pub fn way_name(scope: &Scope<'_>, list: &str, way: &Str) -> String {
    scope.format().code(list, &scope.free(way))
}

/// The segments with the most clicks first, all at the head.
fn order(mix: &Mix) -> Vec<&Str> {
    let clicks = |segment: &Str| mix.segments[segment].values().map(|c| c.now).sum::<i64>();
    let mut segments: Vec<&Str> = mix.segments.keys().collect();
    segments.sort_by_key(|s| (&***s != "all", std::cmp::Reverse(clicks(s)), *s));
    segments
}

fn heat(scope: &Scope<'_>, list: &str, mix: &Mix) -> Heat {
    let format = scope.format();
    let ways: Vec<&Str> = mix.of("all").into_iter().map(|(way, _)| way).take(WAYS).collect();
    let cell = |part: Option<&Part>| {
        let Some(share) = part.and_then(|p| p.share) else { return Shade::default() };
        let change = part.and_then(Part::change).map(|c| format!(" {}", format.points(c))).unwrap_or_default();
        Shade { value: Some(share), lines: vec![format!("{}{change}", format.percent_short(share))] }
    };
    let row = |segment: &Str| {
        let parts = mix.of(segment);
        let of = |way: &&Str| cell(parts.iter().find(|(w, _)| w == way).map(|(_, p)| p));
        (scope.segment(segment), ways.iter().map(of).collect())
    };
    Heat {
        columns: ways.iter().map(|way| way_name(scope, list, way)).collect(),
        rows: if mix.covered { order(mix).into_iter().map(row).collect() } else { Vec::new() },
        x_title: scope.say("attention.x"),
        most: 1.0,
    }
}

fn table(scope: &Scope<'_>, name: &'static str, key: &'static str, mix: &Mix) -> Result<Table, ReportError> {
    let columns = vec![
        scope.column("segment", Kind::Code("value")),
        scope.column(key, Kind::Code(key)),
        scope.column("clicks_90d", Kind::Int),
        scope.column("share_90d", Kind::Percent),
        scope.column("clicks_prev_90d", Kind::Int),
        scope.column("share_prev_90d", Kind::Percent),
        scope.column("mix_change", Kind::Points),
    ];
    let mut table = scope.table(name, columns);
    for segment in order(mix) {
        let mark = if &**segment == "all" { Mark::Total } else { Mark::None };
        for (way, part) in mix.of(segment) {
            let cells = vec![
                segment.into(),
                scope.free(way).into(),
                Some(part.clicks.now).filter(|_| mix.covered).into(),
                part.share.into(),
                Some(part.clicks.before).filter(|_| mix.covered_before).into(),
                part.share_before.into(),
                part.change().into(),
            ];
            table.push_linked(cells, mark, link(scope, segment)?);
        }
    }
    Ok(table)
}
