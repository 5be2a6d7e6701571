//! How concentrated the profit was at each of eight quarter ends.
//!
//! Each quarter is the table `concentration` as of its last day (of the latest: as of the report's day), from what was
//! dated on or before it: `shoppulse table concentration --as-of DAY` prints the same.

use crate::domain::Quarter;
use crate::facts::Visible;
use crate::marts::Marts;
use crate::marts::concentration::ConcentrationRow;

use super::super::ReportError;
use super::super::charts::{Panel, Panels};
use super::super::document::{Block, Chart, Kind, Mark, Section};
use super::super::scope::Scope;
use super::made;

const QUARTERS: i32 = 8;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let last = scope.day().quarter();
    let quarters: Vec<Quarter> = (1 - QUARTERS..=0).map(|n| last.plus(n)).collect();
    let rows: Result<Vec<Option<ConcentrationRow>>, ReportError> =
        quarters.iter().map(|q| concentration(scope, *q)).collect();
    let rows = rows?;
    let columns = vec![
        scope.column("quarter", Kind::Text),
        scope.column("clients", Kind::Int),
        scope.column("profit", Kind::AMOUNT),
        scope.column("top20_share", Kind::Percent),
        scope.column("clients_for_80", Kind::Int),
        scope.column("gini", Kind::Float(2)),
    ];
    let mut data = scope.table("concentration_quarters", columns);
    let open = scope.day() < last.last_day();
    for (quarter, row) in quarters.iter().zip(&rows) {
        let mark = if open && *quarter == last { Mark::Provisional } else { Mark::None };
        let Some(r) = row else { continue };
        let (top, fewest) = (r.top20_share.into(), r.clients_for_80.into());
        data.push_marked(
            vec![quarter.to_string().into(), r.clients.into(), r.profit.into(), top, fewest, r.gini.into()],
            mark,
        );
    }
    let format = scope.format();
    let panel = |key: &str, of: fn(&ConcentrationRow) -> Option<f64>, shown: &dyn Fn(f64) -> String| {
        let points: Vec<Option<f64>> = rows.iter().map(|r| r.as_ref().and_then(of)).collect();
        let latest = points.iter().copied().flatten().next_back();
        Panel {
            name: scope.say(&format!("label.{key}")),
            points,
            last_is_open: open,
            shown: latest.map(shown).unwrap_or_default(),
            ..Panel::default()
        }
    };
    let fewest = |r: &ConcentrationRow| Some(r.clients_for_80? as f64 / r.clients as f64);
    let percent = |x: f64| format.percent_short(x);
    let chart = Chart {
        id: "concentration_quarters",
        title: scope.say("concentration_quarters.chart"),
        desc: scope.say("concentration_quarters.desc"),
        empty: scope.say("profit_curve.empty"),
        plot: Box::new(Panels {
            panels: vec![
                panel("top20_share", |r| r.top20_share, &percent),
                panel("share_for_80", fewest, &percent),
                panel("gini", |r| r.gini, &|x| format.float(x, 2)),
            ],
            labels: quarters.iter().map(Quarter::to_string).collect(),
            joined: true,
            y_title: scope.say("concentration_quarters.y"),
            points_mean: None,
            curve_means: None,
            open_means: Some(scope.say("market_quarters.running")),
            tick: scope.percent_tick(),
        }),
        data,
    };
    let note = Block::Text(scope.say("concentration_quarters.note"));
    Ok(made(scope, "concentration_quarters", vec![note, Block::Chart(chart)]))
}

/// The row of all as of a quarter's end.
fn concentration(scope: &Scope<'_>, quarter: Quarter) -> Result<Option<ConcentrationRow>, ReportError> {
    let visible = scope.marts.visible;
    let all = |rows: &[ConcentrationRow]| rows.iter().find(|r| &*r.dimension == "all").cloned();
    if quarter.last_day() >= visible.day {
        return Ok(all(&scope.marts.rows::<ConcentrationRow>()?));
    }
    let then = Visible::at(visible.lake(), visible.project, quarter.last_day())?;
    Ok(all(&Marts::of(&then).rows::<ConcentrationRow>()?))
}
