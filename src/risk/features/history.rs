//! How long it has been a member, and how often it has renewed.

use super::view::View;
use super::{Against, Cell, Feature, Good, Theme, Unit};

const fn of_contracts(name: &'static str, unit: Unit) -> Feature {
    Feature {
        name,
        theme: Theme::History,
        unit,
        window_days: None,
        good: Good::More,
        against: Against::Both,
        source: "contracts",
        actionable: false,
        action: "",
    }
}

pub const FEATURES: &[Feature] = &[of_contracts("tenure", Unit::Years), of_contracts("renewals_made", Unit::Count)];

/// x of both: ln (1 + value).
pub fn cells(view: &View<'_>, out: &mut Vec<Cell>) {
    let years = f64::from(view.moment.day - view.since) / 365.25;
    let renewals = f64::from(view.chain.extensions);
    out.extend([years, renewals].map(|value| Cell {
        value: Some(value),
        x: Some(libm::log(1.0 + value.max(0.0))),
        ..Cell::default()
    }));
}
