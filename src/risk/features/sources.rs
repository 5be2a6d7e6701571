//! Where the visits come from: how far a shop lives on advertisements, how many find it by themselves.
//!
//! ```text
//! share  = part / clicks of 90 days, drawn towards the peers' share by 10 clicks;  x = share − peers' share
//! change = x now − x of the 90 days before
//! ```

use crate::facts::activity::{SHOP_CLICKS, VISITORS};

use super::series::{OWN, PAID};
use super::view::{View, Window};
use super::{Against, Cell, Feature, Good, Theme, Unit};

const fn share(name: &'static str, good: Good, action: &'static str) -> Feature {
    Feature {
        name,
        theme: Theme::Sources,
        unit: Unit::Share,
        window_days: Some(DAYS),
        good,
        against: Against::Peers,
        source: "click_source_day",
        actionable: true,
        action,
    }
}

pub const FEATURES: &[Feature] = &[
    share("ad_click_share", Good::Less, "widen_sources"),
    Feature { against: Against::Past, ..share("ad_click_share_change", Good::Less, "widen_sources") },
    share("own_traffic_share", Good::More, "widen_sources"),
    Feature { against: Against::Past, ..share("own_traffic_share_change", Good::More, "widen_sources") },
    Feature { source: "member_day", unit: Unit::Ratio, ..share("visitors_per_click", Good::More, "refresh_shop") },
];

/// Clicks for which the peers' share counts.
const PRIOR: f64 = 10.0;
const DAYS: i32 = 90;

pub fn cells(view: &View<'_>, out: &mut Vec<Cell>) {
    for part in [PAID, OWN] {
        let now = Share::of(view, part, view.now(SHOP_CLICKS, DAYS));
        let before = Share::of(view, part, view.before(SHOP_CLICKS, DAYS, DAYS));
        let cell = Cell {
            value: now.and_then(|s| s.own),
            peer: now.map(|s| s.peers),
            past: before.and_then(|s| s.own),
            ago: before.map(|s| s.ago),
            x: now.map(|s| s.above),
        };
        let change = now.zip(before).map(|(now, before)| Cell { x: Some(now.above - before.above), ..cell });
        out.extend([cell, change.unwrap_or_default()]);
    }
    out.push(visitors_per_click(view));
}

#[derive(Clone, Copy)]
struct Share {
    /// Null without a click.
    own: Option<f64>,
    peers: f64,
    /// The share drawn towards the peers', less the peers'.
    above: f64,
    ago: i32,
}

impl Share {
    /// The share of a part in the clicks of a window.
    fn of(view: &View<'_>, part: usize, clicks: Option<Window>) -> Option<Share> {
        let clicks = clicks?;
        let part = view.window(part, clicks.from, clicks.to)?;
        let group = view.group(&[clicks])?;
        let (all, some) = (view.done(group, &clicks).count, view.done(group, &part).count);
        let peers = if all == 0 { 0.0 } else { some as f64 / all as f64 };
        let (n, k) = (clicks.sum as f64, part.sum as f64);
        let above = (k + PRIOR * peers) / (n + PRIOR) - peers;
        Some(Share { own: (n > 0.0).then(|| k / n), peers, above, ago: clicks.ago })
    }
}

fn visitors_per_click(view: &View<'_>) -> Cell {
    let share = |window| Share::of(view, VISITORS, window);
    let Some(now) = share(view.now(SHOP_CLICKS, DAYS)) else { return Cell::default() };
    let past = share(view.year_ago(SHOP_CLICKS, DAYS)).or_else(|| share(view.before(SHOP_CLICKS, DAYS, DAYS)));
    Cell {
        value: now.own,
        peer: Some(now.peers),
        past: past.and_then(|s| s.own),
        ago: past.map(|s| s.ago),
        x: Some(now.above),
    }
}
