//! The Pareto curve of the clients' profit, and how concentrated each segment is.

use crate::marts::client_value::ClientValueRow;
use crate::marts::concentration::ConcentrationRow;

use super::super::ReportError;
use super::super::charts::Pareto;
use super::super::document::{Block, Chart, Kind, Mark, Section, Table};
use super::super::scope::Scope;
use super::made;
use super::segments::link;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let format = scope.format();
    let clients = scope.marts.rows::<ClientValueRow>()?;
    let groups = scope.marts.rows::<ConcentrationRow>()?;
    let all = groups.iter().find(|g| &*g.dimension == "all");
    let mark = all
        .and_then(|g| g.clients_for_80)
        .map(|n| (n as usize, scope.fill("profit_curve.mark", &[("n", &format.int(n))])));
    let chart = Chart {
        id: "profit_curve",
        title: scope.say("profit_curve.chart"),
        desc: scope.say("profit_curve.desc"),
        empty: scope.say("profit_curve.empty"),
        plot: Box::new(Pareto {
            cumulative: clients.iter().filter_map(|c| c.cumulative_share).collect(),
            mark,
            x_title: scope.say("profit_curve.x"),
            y_title: scope.say("profit_curve.y"),
            tick: scope.percent_tick(),
        }),
        data: tenths(scope, &clients),
    };
    Ok(made(scope, "profit_curve", vec![Block::Chart(chart), Block::Table(concentration(scope, &groups)?)]))
}

/// The curve at every tenth of the clients.
fn tenths(scope: &Scope<'_>, clients: &[ClientValueRow]) -> Table {
    let columns = vec![
        scope.column("clients_share", Kind::Percent),
        scope.column("clients", Kind::Int),
        scope.column("cumulative_share", Kind::Percent),
    ];
    let mut table = scope.table("profit_curve", columns);
    for tenth in 1..=10 {
        let n = (clients.len() * tenth).div_ceil(10);
        if let Some(client) = n.checked_sub(1).and_then(|at| clients.get(at)) {
            table.push(vec![(tenth as f64 / 10.0).into(), (n as i64).into(), client.cumulative_share.into()]);
        }
    }
    table
}

fn concentration(scope: &Scope<'_>, groups: &[ConcentrationRow]) -> Result<Table, ReportError> {
    let columns = vec![
        scope.column("group", Kind::Code("value")),
        scope.column("clients", Kind::Int),
        scope.column("profit", Kind::AMOUNT),
        scope.column("top20_share", Kind::Percent),
        scope.column("clients_for_80", Kind::Int),
        scope.column("gini", Kind::Float(2)),
    ];
    let mut table = scope.table("concentration", columns);
    let all = groups.iter().filter(|g| &*g.dimension == "all");
    for g in groups.iter().filter(|g| &*g.dimension != "all").chain(all) {
        let (mark, link) = match &*g.dimension {
            "all" => (Mark::Total, None),
            _ => (Mark::None, link(scope, &g.value)?),
        };
        let (top, fewest) = (g.top20_share.into(), g.clients_for_80.into());
        let cells = vec![(&g.value).into(), g.clients.into(), g.profit.into(), top, fewest, g.gini.into()];
        table.push_linked(cells, mark, link);
    }
    Ok(table)
}
