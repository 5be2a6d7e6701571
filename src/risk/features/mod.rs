//! What is known of a membership on a day, as figures. Grain: moment (membership × day) × feature.
//!
//! ```text
//! member_day ─┐  series.rs  one company's days as running sums ┐
//! contracts ──┼─ peers.rs   a group's days as running sums     ├─► view.rs  windows of a moment ──► one file a theme ──► Cell
//! services ───┘  expected.rs what its kind is expected to have │                                     value, peer, past, x
//!                plans.rs   the plan's usual amount            ┘
//! ```
//!
//! Every figure rests on rows dated on or before the moment's day. A window counts the days on which its source is
//! known; with less than half of them, or under 14, the figure is null, never zero.
//!
//! | file | theme | features |
//! |---|---|---|
//! | `counters.rs` | visits, ads, leads | level, trend, year on year, recency, zero streak of each counter |
//! | `sources.rs` | sources | shares of paid and own clicks, visitors a click |
//! | `money.rs` | value, price | leads for the money, change of amount, amount against the plan |
//! | `history.rs` | history | tenure, renewals made |
//! | `service.rs` | service | services late and open, after-sales calls before the horizon |
//!
//! `x` is what the model reads: logarithms of ratios, differences of shares, monotone in what people read.

mod counters;
mod expected;
mod ground;
mod history;
mod money;
mod peers;
mod plans;
mod series;
mod service;
mod sources;
#[cfg(test)]
mod tests;
mod view;

pub use ground::Ground;

use std::collections::BTreeMap;

/// What several features have as their common cause; their effects are summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Theme {
    Visits,
    Ads,
    Leads,
    Sources,
    Value,
    Price,
    History,
    Service,
}

impl Theme {
    pub const ALL: [Theme; 8] = [
        Theme::Visits,
        Theme::Ads,
        Theme::Leads,
        Theme::Sources,
        Theme::Value,
        Theme::Price,
        Theme::History,
        Theme::Service,
    ];

    /// The key of its text in the language files, below `code.theme`.
    pub fn word(self) -> &'static str {
        match self {
            Theme::Visits => "visits",
            Theme::Ads => "ads",
            Theme::Leads => "leads",
            Theme::Sources => "sources",
            Theme::Value => "value",
            Theme::Price => "price",
            Theme::History => "history",
            Theme::Service => "service",
        }
    }
}

/// What value, peer and past of a feature are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Events in the feature's window, by the rate per known day: what the window would hold if all were known.
    Count,
    /// Events in 30 days, the mean of the feature's window.
    Monthly,
    Days,
    Years,
    /// A share, 0..1.
    Share,
    /// One number over another.
    Ratio,
    /// Leads for 1,000 of the currency.
    PerThousand,
    /// An amount of the currency a year.
    MoneyAYear,
}

/// Which way of a figure is better for the member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Good {
    More,
    Less,
}

/// What a feature's figure is held against when it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Against {
    /// The peers' and the own past.
    Both,
    /// The peers' alone, from which the model reads how far it lies.
    Peers,
    /// The own past alone: it is the change against that, as its name says.
    Past,
}

/// A feature's description; its name in words stands in the language files, below `feature`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    pub name: &'static str,
    pub theme: Theme,
    pub unit: Unit,
    /// Days of the window that value, peer and past are of; none for what does not come from a window.
    pub window_days: Option<i32>,
    pub good: Good,
    pub against: Against,
    /// The table that it comes from.
    pub source: &'static str,
    /// Whether someone can do something about it.
    pub actionable: bool,
    /// Code of what to do, unless `[playbook]` says otherwise; empty when nothing can be done.
    pub action: &'static str,
}

/// One feature of one moment; null is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// The member's, in the feature's unit.
    pub value: Option<f64>,
    /// Its peers', per member: of segment and plan, else of the segment, else all; the member is among them.
    pub peer: Option<f64>,
    /// Its own past: a year ago where that is known, else the 90 days before; of a contract's terms the one before it.
    pub past: Option<f64>,
    /// How long ago that was, days; null where it has no distance.
    pub ago: Option<i32>,
    /// What the model reads.
    pub x: Option<f64>,
}

/// All features, in the order of the columns.
pub const FEATURES: &[Feature] = &joined::<{ count(PARTS) }>(PARTS);

const PARTS: &[&[Feature]] =
    &[counters::FEATURES, sources::FEATURES, money::FEATURES, history::FEATURES, service::FEATURES];

const fn count(parts: &[&[Feature]]) -> usize {
    let (mut n, mut part) = (0, 0);
    while part < parts.len() {
        n += parts[part].len();
        part += 1;
    }
    n
}

const fn joined<const N: usize>(parts: &[&[Feature]]) -> [Feature; N] {
    let mut all = [parts[0][0]; N];
    let (mut n, mut part) = (0, 0);
    while part < parts.len() {
        let mut at = 0;
        while at < parts[part].len() {
            all[n] = parts[part][at];
            (n, at) = (n + 1, at + 1);
        }
        part += 1;
    }
    all
}

/// All cells of a moment, in the order of [`FEATURES`].
fn cells_of(view: &view::View<'_>, out: &mut Vec<Cell>) {
    out.clear();
    counters::cells(view, out);
    sources::cells(view, out);
    money::cells(view, out);
    history::cells(view, out);
    service::cells(view, out);
}

/// The feature of a name.
pub fn by_name(name: &str) -> Option<&'static Feature> {
    FEATURES.iter().find(|f| f.name == name)
}

/// The code of what to do about a feature: the playbook's, else the usual one; none where nothing can be done.
pub fn action<'a>(feature: &Feature, playbook: &'a BTreeMap<String, String>) -> Option<&'a str> {
    let own = playbook.get(feature.name).map(String::as_str);
    own.or(Some(feature.action)).filter(|code| feature.actionable && !code.is_empty())
}
