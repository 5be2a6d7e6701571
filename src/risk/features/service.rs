//! What the portal did for the member: services done late or still open, calls before the contract came up.
//!
//! A service counts from the day on which it is due, as done from the day on which it was. After-sales calls of the
//! time in which the contract is at stake say who was thought to be at risk: they are left out, the window ends on
//! the day before the horizon begins.

use crate::facts::activity::AFTERSALE_CALLS;

use super::view::View;
use super::{Against, Cell, Feature, Good, Theme, Unit};

const fn feature(name: &'static str, unit: Unit, source: &'static str, action: &'static str) -> Feature {
    Feature {
        name,
        theme: Theme::Service,
        unit,
        window_days: None,
        good: Good::Less,
        against: Against::Both,
        source,
        actionable: true,
        action,
    }
}

pub const FEATURES: &[Feature] = &[
    feature("services_late", Unit::Share, "service_tasks", "make_good"),
    feature("services_open", Unit::Count, "service_tasks", "finish_services"),
    Feature {
        window_days: Some(90),
        good: Good::More,
        ..feature("aftersale_calls_level", Unit::Count, "member_day", "care_call")
    },
];

pub fn cells(view: &View<'_>, out: &mut Vec<Cell>) {
    let day = view.moment.day;
    let due = view.tasks.map(|tasks| tasks.iter().filter(|t| t.due_on <= day));
    let (n, late, open) = due.into_iter().flatten().fold((0.0, 0.0, 0.0), |(n, late, open), task| {
        let one = |is: bool| if is { 1.0 } else { 0.0 };
        (n + 1.0, late + one(task.is_late(day)), open + one(task.is_open(day)))
    });
    // A contract to which nothing was due says nothing.
    let of = |value: f64, x: f64| {
        if n > 0.0 { Cell { value: Some(value), x: Some(x), ..Cell::default() } } else { Cell::default() }
    };
    out.extend([of(late / n, late / n), of(open, libm::log(1.0 + open)), calls(view)]);
}

fn calls(view: &View<'_>) -> Cell {
    let horizon = view.visible.project.risk.horizon_days;
    let to = (view.contract.end_signed - horizon - 1).min(view.last);
    let Some(window) = view.window(AFTERSALE_CALLS, to.window_start(90), to) else { return Cell::default() };
    let peers = view.rate(view.group(&[window]), &window);
    let past = to - 90;
    let past = view.window(AFTERSALE_CALLS, past.window_start(90), past);
    Cell {
        value: Some(window.rate() * 90.0),
        peer: peers.map(|p| p * 90.0),
        past: past.map(|w| w.rate() * 90.0),
        ago: past.map(|w| w.ago),
        x: view.level(&window),
    }
}
