//! The figures of the shop: 30 days against its past and its peers, and the year by week.

use crate::marts::Story;
use crate::marts::member_story::counters::{Counter, week_ends};

use super::super::ReportError;
use super::super::charts::{Spark, Sparks};
use super::super::document::{Block, Cell, Chart, Column, Kind, Place, Section, Table};
use super::super::format::NOTHING;
use super::super::scope::Scope;
use super::made;

/// The table of the counters and the drawing of the year.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let story = scope.story()?;
    let mut blocks = vec![Block::Text(peers(scope, story)), Block::Table(figures(scope, story))];
    blocks.extend(missing(scope, story).map(Block::Text));
    blocks.push(Block::Chart(year(scope, story)));
    Ok(made(scope, "member_figures", blocks))
}

fn peers(scope: &Scope<'_>, story: &Story) -> String {
    let Some(health) = &story.health else { return scope.say("member_figures.no_peers") };
    let group = scope.format().code("peer_group", &health.peer_group);
    scope.fill("member_figures.peers", &[("n", &scope.format().int(health.peers)), ("group", &group)])
}

fn missing(scope: &Scope<'_>, story: &Story) -> Option<String> {
    let days = story.health.as_ref().map(|h| h.missing_days).filter(|n| *n > 0)?;
    Some(scope.fill("call_list.missing", &[("n", &scope.format().int(days))]))
}

fn figures(scope: &Scope<'_>, story: &Story) -> Table {
    let mut table = scope.table(
        "member_figures",
        vec![
            scope.column("counter", Kind::Code("counter")),
            scope.column("last_30d", Kind::Int),
            scope.column("before_30d", Kind::Int),
            scope.column("change", Kind::Percent),
            scope.column("year_ago", Kind::Int),
            scope.column("peer_mean", Kind::Float(1)),
            scope.column("percentile", Kind::Percent),
        ],
    );
    for c in &story.counters {
        table.push(vec![
            c.name.into(),
            c.last.into(),
            c.before.into(),
            c.change.into(),
            c.year_ago.into(),
            c.peer_mean.into(),
            c.percentile.into(),
        ]);
    }
    table
}

fn year(scope: &Scope<'_>, story: &Story) -> Chart {
    let format = scope.format();
    let (own, peers) = (scope.say("member_figures.own"), scope.say("member_figures.peer"));
    let ends: Vec<_> = week_ends(scope.day()).collect();
    let nothing = || NOTHING.to_string();
    let row = |c: &Counter| Spark {
        label: format.code("counter", c.name),
        own: c.weeks.iter().map(|n| n.map(|n| n as f64)).collect(),
        peers: c.peer_weeks.clone(),
        own_shown: c.weeks.last().copied().flatten().map_or_else(nothing, |n| format.int(n)),
        peers_shown: c.peer_weeks.last().copied().flatten().map_or_else(nothing, |x| format.float(x, 1)),
    };
    let edge = |end: Option<&crate::domain::Day>| end.map_or(String::new(), |d| format.date(*d));
    let plot = Sparks {
        rows: story.counters.iter().map(row).collect(),
        own_means: own,
        peers_mean: peers,
        from: edge(ends.first()),
        to: edge(ends.last()),
    };
    let column = |key: &str, label: String, kind| Column {
        key: key.into(),
        label,
        doc: String::new(),
        kind,
        place: Place::Everywhere,
        page_label: None,
        entry: None,
    };
    let mut columns = vec![scope.column("week_end", Kind::Date)];
    for c in &story.counters {
        let name = format.code("counter", c.name);
        columns.push(column(c.name, name.clone(), Kind::Int));
        columns.push(column(c.name, scope.fill("member_figures.of_peers", &[("counter", &name)]), Kind::Float(1)));
    }
    let mut data = scope.table("member_weeks", columns);
    for (week, end) in ends.iter().enumerate() {
        let mut cells: Vec<Cell> = vec![(*end).into()];
        for c in &story.counters {
            cells.push(c.weeks[week].into());
            cells.push(c.peer_weeks[week].into());
        }
        data.push(cells);
    }
    Chart {
        id: "member_year",
        title: scope.say("member_figures.chart"),
        desc: scope.say("member_figures.desc"),
        empty: scope.say("member_figures.empty"),
        plot: Box::new(plot),
        data,
    }
}
