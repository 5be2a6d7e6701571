//! What the membership costs, and what came of it. Amounts as signed: a later refund is not seen.
//!
//! ```text
//! leads for the money = leads / (annual amount / 365.25 × known days) since the term began, at most 365 days
//! change of amount    = ln (annual amount / that of the membership before)
//! amount against plan = ln (annual amount / the plan's median of the year in which it began)
//! ```

use crate::domain::Day;
use crate::facts::terms::Contract;

use super::series::LEADS;
use super::view::{View, Window};
use super::{Against, Cell, Feature, Good, Theme, Unit};

pub const FEATURES: &[Feature] = &[
    Feature {
        name: "leads_per_money",
        theme: Theme::Value,
        unit: Unit::PerThousand,
        window_days: Some(365),
        good: Good::More,
        against: Against::Both,
        source: "member_day",
        actionable: true,
        action: "show_value",
    },
    Feature { against: Against::Past, ..of_contract("amount_change") },
    of_contract("amount_against_plan"),
];

const fn of_contract(name: &'static str) -> Feature {
    Feature {
        name,
        theme: Theme::Price,
        unit: Unit::MoneyAYear,
        window_days: None,
        good: Good::Less,
        against: Against::Peers,
        source: "contracts",
        actionable: true,
        action: "review_price",
    }
}

const YEAR: i32 = 365;
/// The ratio that is told apart at most: tenfold.
const MOST: f64 = std::f64::consts::LN_10;

pub fn cells(view: &View<'_>, out: &mut Vec<Cell>) {
    out.extend([leads_per_money(view), amount_change(view), amount_against_plan(view)]);
}

/// Annual amount as signed, currency.
fn annual(c: &Contract) -> f64 {
    c.annual_signed().0 as f64 / 100.0
}

/// Thousands of the currency paid for the known days of a window.
fn paid(c: &Contract, window: &Window) -> f64 {
    annual(c) / 1_000.0 / 365.25 * f64::from(window.days)
}

fn leads_per_money(view: &View<'_>) -> Cell {
    let c = view.contract;
    let Some(term) = view.window(LEADS, c.start.max(view.last.window_start(YEAR)), view.last) else {
        return Cell::default();
    };
    let thousands = paid(c, &term);
    let peers = view.group(&[term]).map(|group| view.done(group, &term)).filter(|done| done.money > 0);
    let peers = peers.map(|done| done.count as f64 / (done.money as f64 / 100_000.0 / 365.25));
    let past = view.previous.and_then(|before| {
        let to: Day = c.start - 1;
        let window = view.window(LEADS, before.start.max(to.window_start(YEAR)), to)?;
        Some(window.sum as f64 / paid(before, &window)).filter(|v| v.is_finite())
    });
    let sum = term.sum as f64;
    Cell {
        value: Some(sum / thousands).filter(|v| v.is_finite()),
        peer: peers,
        past,
        ago: None,
        x: peers.map(|p| libm::log((sum + 1.0) / (p * thousands + 1.0))),
    }
}

fn ratio(a: f64, b: f64) -> Option<f64> {
    (a > 0.0 && b > 0.0).then(|| libm::log(a / b).clamp(-MOST, MOST))
}

fn amount_change(view: &View<'_>) -> Cell {
    let Some(before) = view.previous.map(annual) else { return Cell::default() };
    let now = annual(view.contract);
    Cell { value: Some(now), past: Some(before), x: ratio(now, before), ..Cell::default() }
}

fn amount_against_plan(view: &View<'_>) -> Cell {
    let now = annual(view.contract);
    let x = view.usual.and_then(|usual| ratio(now, usual));
    Cell { value: Some(now), peer: view.usual, past: view.previous.map(annual), ago: None, x }
}
