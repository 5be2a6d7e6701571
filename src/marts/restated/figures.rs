//! The figures of a review's day, and those that read differently in two states of the lake.
//!
//! | metric | of | from |
//! |---|---|---|
//! | `members`, `universe`, `share` | the quarter, at the day | `market_share` |
//! | `members_lost` | the quarter's months up to the day | `member_movement.lost` |
//! | `closing_annual` | the day | `member_movement.closing_amount` |
//! | `revenue`, `profit` | the value window up to the day | `client_value` |
//! | `due`, `renewed` | each month that is final on the day | `renewal_rates` |
//!
//! Each for all and for each segment. A segment without a row counts 0; its share is unknown.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Cents, Str};
use crate::marts::client_value::ClientValueRow;
use crate::marts::market_share::MarketShareRow;
use crate::marts::member_movement::MemberMovementRow;
use crate::marts::renewal_rates::RenewalRateRow;

use super::super::{Marts, Result};

const ALL: &str = "all";

/// The metrics, in the order in which people read them.
pub const METRICS: [&str; 9] =
    ["members", "members_lost", "closing_annual", "revenue", "profit", "due", "renewed", "universe", "share"];

/// What a figure is of. Figures of the whole come first, then metrics in their order, the latest period first, then
/// segments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    is_part: bool,
    /// Position in [`METRICS`].
    metric: usize,
    period: Reverse<Str>,
    pub segment: Str,
}

impl Key {
    fn new(metric: &str, period: &Str, segment: &Str) -> Key {
        let at = METRICS.iter().position(|m| *m == metric).unwrap_or(METRICS.len());
        Key { is_part: &**segment != ALL, metric: at, period: Reverse(period.clone()), segment: segment.clone() }
    }

    pub fn metric(&self) -> &'static str {
        METRICS.get(self.metric).copied().unwrap_or_default()
    }

    /// `2026-Q2` or `2026-05`.
    pub fn period(&self) -> &Str {
        &self.period.0
    }

    pub fn is_whole(&self) -> bool {
        !self.is_part
    }
}

/// The value of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    Count(i64),
    Money(Cents),
    Ratio(Option<f64>),
}

impl Measure {
    /// What a segment has that has no row.
    fn nothing(self) -> Measure {
        match self {
            Measure::Count(_) => Measure::Count(0),
            Measure::Money(_) => Measure::Money(Cents::ZERO),
            Measure::Ratio(_) => Measure::Ratio(None),
        }
    }

    /// Less another of its kind; a ratio of which either is unknown has no difference.
    pub fn less(self, other: Measure) -> Measure {
        match (self, other) {
            (Measure::Count(a), Measure::Count(b)) => Measure::Count(a - b),
            (Measure::Money(a), Measure::Money(b)) => Measure::Money(a - b),
            (Measure::Ratio(Some(a)), Measure::Ratio(Some(b))) => Measure::Ratio(Some(a - b)),
            _ => Measure::Ratio(None),
        }
    }
}

/// A figure that reads differently.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureChange {
    pub key: Key,
    pub then: Measure,
    pub now: Measure,
}

/// The figures that differ, by key; both sides are of the same day.
pub fn changes(then: &Marts<'_>, now: &Marts<'_>) -> Result<Vec<FigureChange>> {
    Ok(differing(&figures(then)?, &figures(now)?))
}

fn differing(then: &BTreeMap<Key, Measure>, now: &BTreeMap<Key, Measure>) -> Vec<FigureChange> {
    let keys: BTreeSet<&Key> = then.keys().chain(now.keys()).collect();
    let change = |key: &Key| {
        let (before, after) = (then.get(key).copied(), now.get(key).copied());
        let nothing = before.or(after)?.nothing();
        let (then, now) = (before.unwrap_or(nothing), after.unwrap_or(nothing));
        (then != now).then(|| FigureChange { key: key.clone(), then, now })
    };
    keys.into_iter().filter_map(change).collect()
}

/// Every figure of the marts' day.
fn figures(marts: &Marts<'_>) -> Result<BTreeMap<Key, Measure>> {
    let day = marts.visible.day;
    let quarter: Str = day.quarter().to_string().into();
    let mut figures = BTreeMap::new();
    for r in marts.rows::<MarketShareRow>()?.iter().filter(|r| r.quarter == quarter) {
        figures.insert(Key::new("members", &quarter, &r.segment), Measure::Count(r.members));
        figures.insert(Key::new("universe", &quarter, &r.segment), Measure::Count(r.universe));
        figures.insert(Key::new("share", &quarter, &r.segment), Measure::Ratio(r.share));
    }
    let last: Str = day.month().to_string().into();
    let first: Str = day.quarter().first_day().month().to_string().into();
    // Months of one year sort as their texts do.
    for r in marts.rows::<MemberMovementRow>()?.iter().filter(|r| first <= r.month && r.month <= last) {
        add_count(&mut figures, Key::new("members_lost", &quarter, &r.segment), r.lost);
        if r.month == last {
            figures.insert(Key::new("closing_annual", &quarter, &r.segment), Measure::Money(r.closing_amount));
        }
    }
    for r in marts.rows::<ClientValueRow>()?.iter() {
        for segment in [&ALL.into(), &r.segment] {
            add_money(&mut figures, Key::new("revenue", &quarter, segment), r.revenue);
            add_money(&mut figures, Key::new("profit", &quarter, segment), r.profit);
        }
    }
    let shown = |r: &&RenewalRateRow| r.r#final && matches!(&*r.dimension, "all" | "segment");
    for r in marts.rows::<RenewalRateRow>()?.iter().filter(shown) {
        figures.insert(Key::new("due", &r.month, &r.value), Measure::Count(r.due));
        figures.insert(Key::new("renewed", &r.month, &r.value), Measure::Count(r.renewed));
    }
    Ok(figures)
}

fn add_count(figures: &mut BTreeMap<Key, Measure>, key: Key, n: i64) {
    if let Measure::Count(sum) = figures.entry(key).or_insert(Measure::Count(0)) {
        *sum += n;
    }
}

fn add_money(figures: &mut BTreeMap<Key, Measure>, key: Key, amount: Cents) {
    if let Measure::Money(sum) = figures.entry(key).or_insert(Measure::Money(Cents::ZERO)) {
        *sum += amount;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_differs_from_nothing_and_from_another_value_alone() {
        let key = |metric: &str, segment: &str| Key::new(metric, &"2026-Q1".into(), &segment.into());
        let (tools, all) = (key("members", "tools"), key("members", "all"));
        let then = BTreeMap::from([
            (tools.clone(), Measure::Count(4)),
            (all.clone(), Measure::Count(9)),
            (key("share", "tools"), Measure::Ratio(Some(0.25))),
            (key("profit", "paper"), Measure::Money(Cents(0))),
            (key("revenue", "paper"), Measure::Money(Cents(5))),
        ]);
        let now = BTreeMap::from([(tools.clone(), Measure::Count(4)), (all.clone(), Measure::Count(10))]);
        let found = differing(&then, &now);
        let shown: Vec<(&str, &str)> = found.iter().map(|c| (c.key.metric(), &*c.key.segment)).collect();
        // The whole first; a profit of 0 that has no row any more is still 0.
        assert_eq!(shown, [("members", "all"), ("revenue", "paper"), ("share", "tools")]);
        assert_eq!(found[0].now.less(found[0].then), Measure::Count(1));
        assert_eq!(
            (found[1].now, found[1].now.less(found[1].then)),
            (Measure::Money(Cents(0)), Measure::Money(Cents(-5)))
        );
        assert_eq!((found[2].now, found[2].now.less(found[2].then)), (Measure::Ratio(None), Measure::Ratio(None)));
    }

    #[test]
    fn the_latest_month_comes_first() {
        let key = |month: &str| Key::new("due", &month.into(), &"all".into());
        assert!(key("2026-03") < key("2025-12"));
        assert!(key("2025-12") < Key::new("renewed", &"2026-03".into(), &"all".into()));
    }
}
