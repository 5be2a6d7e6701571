//! Which segments were won or lost: their share at the end of an earlier quarter and now, with the interval of the difference.
//!
//! ```text
//! change = members now / universe now − members then / universe then       95 %: Newcombe 1998, method 10
//! ```
//!
//! The earlier quarter is the one before, and the same of the year before. Method 10 takes the two shares as independent;
//! those of mostly the same companies vary together, so that the interval is rather too wide than too narrow.

use std::cmp::Ordering;

use crate::domain::{Quarter, Str};
use crate::marts::market_share::MarketShareRow;
use crate::stats::newcombe::{self, Difference};

use super::super::ReportError;
use super::super::charts::{DotPlot, Interval};
use super::super::document::{Block, Cell, Chart, Kind, Mark, Section, Table};
use super::super::format::Format;
use super::super::scope::Scope;
use super::segments::link;
use super::{left_out, made};

/// The whole, beside the segments.
const ALL: &str = "all";

/// How many quarters back the comparisons reach.
pub const SPANS: [i32; 2] = [1, 4];

/// One segment, or `all`, from the end of an earlier quarter to now; each pair as (members, universe).
#[derive(Clone, Debug, PartialEq)]
pub struct ShareChange {
    pub segment: Str,
    pub before: (i64, i64),
    pub now: (i64, i64),
    pub difference: Difference,
}

impl ShareChange {
    /// A word of `code.share_verdict`.
    pub fn verdict(&self) -> &'static str {
        match (self.difference.direction(), self.now.0.cmp(&self.before.0)) {
            (Ordering::Greater, Ordering::Greater) => "won",
            (Ordering::Less, Ordering::Less) => "lost",
            // Members held or moved the other way: the size of the market did it, or its estimate.
            (Ordering::Greater, _) => "shrunk",
            (Ordering::Less, _) => "outgrown",
            (Ordering::Equal, _) => "none",
        }
    }
}

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let shares = scope.marts.rows::<MarketShareRow>()?;
    let spans = SPANS.map(|back| (earlier(scope, back), changes(&shares, scope.day().quarter(), back)));
    let year = &spans[1].1;
    let drawn = year.iter().filter(|c| &*c.segment != ALL).count();
    let chart = Chart {
        id: "share_changes",
        title: scope.fill("share_changes.chart", &[("quarter", &earlier(scope, SPANS[1]).to_string())]),
        desc: scope.say("share_changes.desc"),
        empty: scope.say("share_changes.empty"),
        plot: Box::new(plot(scope, year)),
        data: drawing(scope, year),
    };
    let mut blocks = vec![Block::Chart(chart)];
    blocks.extend(left_out(scope, drawn));
    blocks.push(Block::Table(table(scope, &spans)?));
    blocks.push(Block::Text(scope.say("share_changes.note")));
    Ok(made(scope, "share_changes", blocks))
}

/// The quarter that a comparison starts from.
pub fn earlier(scope: &Scope<'_>, back: i32) -> Quarter {
    scope.day().quarter().plus(-back)
}

/// `all` first, then the segments by change, the greatest gain first; those that have a universe in both quarters.
pub fn changes(shares: &[MarketShareRow], quarter: Quarter, back: i32) -> Vec<ShareChange> {
    let (now, then) = (quarter.to_string(), quarter.plus(-back).to_string());
    let of = |r: &MarketShareRow| (r.members, r.universe);
    let change = |r: &MarketShareRow| {
        let before = shares.iter().find(|b| *b.quarter == *then && b.segment == r.segment).map(of)?;
        let difference = newcombe::difference(of(r), before)?;
        Some(ShareChange { segment: r.segment.clone(), before, now: of(r), difference })
    };
    let mut changes: Vec<ShareChange> = shares.iter().filter(|r| *r.quarter == *now).filter_map(change).collect();
    changes.sort_by(|a, b| {
        let whole = (&*a.segment != ALL).cmp(&(&*b.segment != ALL));
        let by_change = b.difference.value.total_cmp(&a.difference.value);
        whole.then(by_change).then_with(|| a.segment.cmp(&b.segment))
    });
    changes
}

fn plot(scope: &Scope<'_>, changes: &[ShareChange]) -> DotPlot {
    let format = scope.format();
    let item = |c: &ShareChange| Interval {
        label: scope.segment(&c.segment),
        value: c.difference.value,
        low: c.difference.low,
        high: c.difference.high,
        marked: c.difference.direction() != Ordering::Equal,
        shown: format.points(c.difference.value),
    };
    let words = scope.words;
    DotPlot {
        items: changes.iter().filter(|c| &*c.segment != ALL).map(item).collect(),
        reference: Some((0.0, scope.say("share_changes.no_change"))),
        marked_means: scope.say("share_changes.marked"),
        tick: Box::new(move |x| Format { words, currency: "" }.points(x)),
    }
}

/// The values of the drawing, in its order.
fn drawing(scope: &Scope<'_>, changes: &[ShareChange]) -> Table {
    let columns = vec![
        scope.column("segment", Kind::Code("value")),
        scope.column("tested_change", Kind::Points),
        scope.column("tested_low", Kind::Points),
        scope.column("tested_high", Kind::Points),
    ];
    let mut table = scope.table("share_changes_chart", columns);
    for c in changes.iter().filter(|c| &*c.segment != ALL) {
        let Difference { value, low, high } = c.difference;
        table.push(vec![(&c.segment).into(), value.into(), low.into(), high.into()]);
    }
    table
}

fn table(scope: &Scope<'_>, spans: &[(Quarter, Vec<ShareChange>)]) -> Result<Table, ReportError> {
    let columns = vec![
        scope.column("segment", Kind::Code("value")),
        scope.column("since_quarter", Kind::Text),
        scope.column("members_then", Kind::Int),
        scope.column("universe_then", Kind::Int),
        scope.column("members_now", Kind::Int),
        scope.column("universe_now", Kind::Int),
        scope.column("tested_change", Kind::Points),
        scope.column("tested_low", Kind::Points),
        scope.column("tested_high", Kind::Points),
        scope.column("share_verdict", Kind::Code("share_verdict")),
    ];
    let mut table = scope.table("share_changes", columns);
    for (quarter, changes) in spans {
        for c in changes {
            let Difference { value, low, high } = c.difference;
            let cells: Vec<Cell> = vec![
                (&c.segment).into(),
                quarter.to_string().into(),
                c.before.0.into(),
                c.before.1.into(),
                c.now.0.into(),
                c.now.1.into(),
                value.into(),
                low.into(),
                high.into(),
                c.verdict().into(),
            ];
            let mark = if &*c.segment == ALL { Mark::Total } else { Mark::None };
            table.push_linked(cells, mark, link(scope, &c.segment)?);
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 of 60 to 30 of 60: an interval of +0.166 to +0.475 by hand of Newcombe's formula; the others likewise.
    #[test]
    fn a_verdict_says_whether_members_or_the_market_moved() {
        let verdict = |before, now| {
            let difference = newcombe::difference(now, before).unwrap();
            ShareChange { segment: "s".into(), before, now, difference }.verdict()
        };
        assert_eq!(verdict((10, 60), (30, 60)), "won");
        assert_eq!(verdict((30, 60), (10, 60)), "lost");
        assert_eq!(verdict((20, 60), (22, 60)), "none");
        assert_eq!(verdict((30, 60), (30, 200)), "outgrown");
        assert_eq!(verdict((30, 200), (30, 60)), "shrunk");
        assert_eq!(verdict((30, 60), (31, 200)), "outgrown");
    }
}
