//! A moment with all that its features ask: the member's windows, its peers', its own past.
//!
//! ```text
//!                    chain begins                     z = last day as a member, at most the moment's day
//!  ──────────────────┼──────────────────────────────────┤
//!                           │ before: 90 │  now: 30 days │
//!        │ a year ago: 364 days earlier │
//! ```
//!
//! Windows end on the last day on which the company was a member, so that a shop that is switched off at the end of
//! its term does not look like one that failed.

use crate::domain::Day;
use crate::facts::Visible;
use crate::facts::tasks::Task;
use crate::facts::terms::Contract;
use crate::facts::windows::{Chain, last_chain};

use crate::risk::observe::Moment;

use super::peers::{Done, Group, Peer};
use super::series::{Calendar, Series};

/// What is added to both rates of a ratio, events a day: one in 30 days. A small shop's chance event weighs little.
const SLACK: f64 = 1.0 / 30.0;
/// Fewer known days say nothing.
const ENOUGH: i32 = 14;
/// A year back, on the same weekdays.
const YEAR: i32 = 364;

/// A window as far as the company was a member and the column is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub column: usize,
    pub from: Day,
    pub to: Day,
    /// Known days.
    pub days: i32,
    /// Sum of the column over them.
    pub sum: u64,
    /// Days from its last day to the moment's last.
    pub ago: i32,
}

impl Window {
    /// Events a known day.
    pub fn rate(&self) -> f64 {
        self.sum as f64 / f64::from(self.days)
    }
}

pub struct View<'g> {
    pub visible: &'g Visible<'g>,
    pub moment: Moment,
    pub contract: &'g Contract,
    /// The membership before it in its chain.
    pub previous: Option<&'g Contract>,
    pub chain: Chain,
    /// The last day on which the company was a member, at most the moment's.
    pub last: Day,
    /// When its first membership of all began.
    pub since: Day,
    pub calendar: &'g Calendar,
    pub series: &'g Series,
    pub peer: Peer<'g>,
    /// The usual annual amount of its plan.
    pub usual: Option<f64>,
    /// Services of the contract; `None` when nothing is known of any.
    pub tasks: Option<&'g [Task]>,
}

/// What is known on a day of the memberships of a company: the chain, and when the first of all began.
pub fn chain_on(visible: &Visible<'_>, by_start: &[usize], day: Day) -> Option<(Chain, Day)> {
    let begun = || by_start.iter().map(|c| &visible.contracts[*c]).filter(|c| c.begun_by(day));
    let chain = last_chain(begun().map(|c| (c.start, c.end_on(day))), visible.grace())?;
    Some((chain, begun().next()?.start))
}

impl View<'_> {
    /// The days from `from` to `to` as far as its chain goes; null with under 14 known days, or less than half.
    pub fn window(&self, column: usize, from: Day, to: Day) -> Option<Window> {
        let from = from.max(self.chain.first);
        if from > to {
            return None;
        }
        let days = self.calendar.known(column).between(from, to);
        let enough = days >= ENOUGH && 2 * days > to - from;
        let sum = self.series.sum(self.calendar, column, from, to);
        enough.then(|| Window { column, from, to, days, sum, ago: self.last - to })
    }

    /// The `days` days to its last.
    pub fn now(&self, column: usize, days: i32) -> Option<Window> {
        self.window(column, self.last.window_start(days), self.last)
    }

    /// The `days` days before the last `after` ones.
    pub fn before(&self, column: usize, days: i32, after: i32) -> Option<Window> {
        let to = self.last - after;
        self.window(column, to.window_start(days), to)
    }

    /// As much as is known of the `days` days before the last `after` ones.
    pub fn earlier(&self, column: usize, days: i32, after: i32) -> Option<Window> {
        let to = self.last - after;
        let known = self.calendar.known(column).first()?;
        self.window(column, to.window_start(days).max(known), to)
    }

    /// The same days of the year before.
    pub fn year_ago(&self, column: usize, days: i32) -> Option<Window> {
        let to = self.last - YEAR;
        self.window(column, to.window_start(days), to)
    }

    /// The nearest group that has enough members in all these windows; all, whatever its number.
    pub fn group(&self, windows: &[Window]) -> Option<&Group> {
        let speaks = |group: &&Group| windows.iter().all(|w| group.speaks(self.calendar, w.column, w.from, w.to));
        self.peer.groups.iter().flatten().copied().find(speaks).or(self.peer.groups[2])
    }

    /// ln of its rate in a window against what is expected of a member of its segment, plan and size.
    pub fn level(&self, window: &Window) -> Option<f64> {
        Some(against(window.rate(), self.expected(window)?))
    }

    /// Events a known day that a member of its segment, plan and size is expected to have.
    pub fn expected(&self, window: &Window) -> Option<f64> {
        self.peer.expected(self.calendar, window)
    }

    /// What a group did in a window.
    pub fn done(&self, group: &Group, window: &Window) -> Done {
        group.done(self.calendar, window.column, window.from, window.to)
    }

    /// A group's rate in a window, events a known member-day.
    pub fn rate(&self, group: Option<&Group>, window: &Window) -> Option<f64> {
        self.done(group?, window).rate()
    }
}

/// ln of a rate against another, both with some slack.
fn against(own: f64, other: f64) -> f64 {
    libm::log((own + SLACK) / (other + SLACK))
}
