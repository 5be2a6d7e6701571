//! What other members do: a group's days as running sums. Grain: (segment, plan), segment or all × day.
//!
//! ```text
//! on day t a company is a member of the group of the plan of its membership in force (of several the greatest
//! (start, id)), by what was visible on t alone: signed and started by t, t <= end as signed, not cancelled by t
//!
//! rate of a column in a window = Σ counts / Σ member-days, over the days on which the column is known
//! ```
//!
//! The company that is compared is itself a member of its groups. A group with under 10 members on average over a
//! window says nothing; then its segment speaks, else all. These rates are what people read; the model holds a member against
//! what is expected of its segment, plan and size (`expected.rs`).

use std::collections::BTreeMap;

use crate::domain::{Day, Str};
use crate::facts::Visible;
use crate::facts::activity::{Activity, Origin};
use crate::facts::terms::Contract;

use super::expected::{Expected, Members};
use super::series::{COLUMNS, Calendar, LEADS};
use super::view::Window;

const ENOUGH: u64 = 10;
/// Groups that are kept at most: those that had ten members first.
const MOST: usize = 1_000;

/// Sums of the days before a day.
#[derive(Clone, Copy, Default)]
struct Sums {
    counts: [u64; COLUMNS],
    /// Days of members on which the column is known.
    members: [u64; COLUMNS],
    /// Cents a year of the memberships on the days on which leads are known.
    money: u64,
}

/// A group's running sums over the days of the calendar.
pub struct Group {
    /// The first day on which it had ten members.
    since: Day,
    /// Of the days before the first + i.
    sums: Vec<Sums>,
}

/// What a group did in a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Done {
    pub count: u64,
    pub member_days: u64,
    /// Cents a year × member-days; of leads only.
    pub money: u64,
}

impl Done {
    /// Events a member-day.
    pub fn rate(&self) -> Option<f64> {
        (self.member_days > 0).then(|| self.count as f64 / self.member_days as f64)
    }
}

impl Group {
    pub fn done(&self, calendar: &Calendar, column: usize, from: Day, to: Day) -> Done {
        let before = |day: Day| &self.sums[((day - calendar.first).max(0) as usize).min(self.sums.len() - 1)];
        let (a, b) = (before(from), before((to + 1).max(from)));
        Done {
            count: b.counts[column] - a.counts[column],
            member_days: b.members[column] - a.members[column],
            money: b.money - a.money,
        }
    }

    /// Whether it has enough members for a window.
    pub fn speaks(&self, calendar: &Calendar, column: usize, from: Day, to: Day) -> bool {
        let days = calendar.known(column).between(from, to).max(0) as u64;
        self.done(calendar, column, from, to).member_days >= ENOUGH * days.max(1)
    }
}

/// Segment and plan; a segment as a whole has none.
type Key = (Str, Option<Str>);

/// All groups of a lake.
pub struct Peers {
    groups: BTreeMap<Key, Group>,
    all: Group,
    expected: Expected,
}

/// Whom a member is held against.
#[derive(Clone, Copy)]
pub struct Peer<'p> {
    /// From the nearest on: of segment and plan, of the segment, all.
    pub groups: [Option<&'p Group>; 3],
    expected: &'p Expected,
    /// Its segment is none while that had never had ten members.
    kind: [Option<usize>; 3],
}

impl Peer<'_> {
    /// Events a known day that a member of its segment, plan and size is expected to have in a window.
    pub fn expected(&self, calendar: &Calendar, window: &Window) -> Option<f64> {
        let done = |group: &Group| group.done(calendar, window.column, window.from, window.to);
        let [_, segment, all] = self.groups.map(|group| group.map(done));
        self.expected.rate(calendar, self.kind, window, [segment, all])
    }
}

/// Days on which a company is a member, with the membership that gives its plan.
struct Spell {
    from: Day,
    to: Day,
    contract: usize,
}

impl Peers {
    pub fn of(visible: &Visible<'_>, activity: &Activity, origins: &[Origin], calendar: &Calendar) -> Peers {
        let spells: Vec<Vec<Spell>> = (0..visible.companies.len()).map(|c| spells(visible, c, calendar)).collect();
        let empty = |since| Group { since, sums: vec![Sums::default(); calendar.days() + 1] };
        let kept = kept(visible, &spells).into_iter();
        let mut groups: BTreeMap<Key, Group> = kept.map(|(since, key)| (key, empty(since))).collect();
        let mut all = empty(Day::MIN);
        let mut members = Members::new(calendar);
        for (company, spells) in spells.iter().enumerate() {
            let (segment, size) = (&visible.companies[company].segment, &visible.companies[company].size);
            let places = activity.places_of(&visible.companies[company].id);
            let days = &activity.rows()[places.clone()];
            let origins = &origins[places];
            for spell in spells {
                let contract = &visible.contracts[spell.contract];
                let annual = u64::try_from(contract.annual_signed().0).unwrap_or(0);
                let first = days.partition_point(|d| d.day < spell.from);
                let last = days.partition_point(|d| d.day <= spell.to);
                let counted: Vec<(usize, [u64; COLUMNS])> = (first..last)
                    .filter_map(|at| calendar.place(days[at].day).map(|place| (at, place)))
                    .map(|(at, place)| (place, calendar.columns(place, &days[at], origins[at])))
                    .collect();
                let of_plan = (segment.clone(), Some(contract.plan.clone()));
                for key in [of_plan, (segment.clone(), None)] {
                    if let Some(group) = groups.get_mut(&key) {
                        group.add(calendar, spell, annual, &counted);
                    }
                }
                all.add(calendar, spell, annual, &counted);
                members.add([segment, &contract.plan, size], calendar, (spell.from, spell.to), &counted);
            }
        }
        groups.values_mut().for_each(|group| group.run_up());
        all.run_up();
        let expected = Expected::of(members, calendar, |segment| groups.contains_key(&(segment.clone(), None)));
        Peers { groups, all, expected }
    }

    /// For a day: a segment that reached ten members later counts for nothing yet.
    pub fn of_member(&self, segment: &Str, plan: &Str, size: &Str, day: Day) -> Peer<'_> {
        let of_plan = self.groups.get(&(segment.clone(), Some(plan.clone())));
        let of_segment = self.groups.get(&(segment.clone(), None));
        let [segment, plan, size] = self.expected.kind(segment, plan, size);
        let kind = [segment.filter(|_| of_segment.is_some_and(|group| group.since <= day)), plan, size];
        Peer { groups: [of_plan, of_segment, Some(&self.all)], expected: &self.expected, kind }
    }
}

impl Group {
    /// Adds a member's days, each at the place after its own: they are summed up later.
    fn add(&mut self, calendar: &Calendar, spell: &Spell, annual: u64, counted: &[(usize, [u64; COLUMNS])]) {
        let (Some(from), Some(to)) = (calendar.place(spell.from), calendar.place(spell.to)) else { return };
        for place in from..=to {
            let sums = &mut self.sums[place + 1];
            for (column, members) in sums.members.iter_mut().enumerate() {
                *members += u64::from(calendar.is_known(place, column));
            }
            if calendar.is_known(place, LEADS) {
                sums.money = sums.money.saturating_add(annual);
            }
        }
        for (place, columns) in counted {
            self.sums[place + 1].counts.iter_mut().zip(columns).for_each(|(sum, count)| *sum += count);
        }
    }

    fn run_up(&mut self) {
        for at in 1..self.sums.len() {
            let before = self.sums[at - 1];
            let sums = &mut self.sums[at];
            sums.counts.iter_mut().zip(before.counts).for_each(|(sum, count)| *sum += count);
            sums.members.iter_mut().zip(before.members).for_each(|(sum, days)| *sum += days);
            sums.money = sums.money.saturating_add(before.money);
        }
    }
}

/// When a company was a member within the calendar, in order; no two spells share a day.
fn spells(visible: &Visible<'_>, company: usize, calendar: &Calendar) -> Vec<Spell> {
    let term = |at: &usize| {
        let c = &visible.contracts[*at];
        let (from, to) = (c.start.max(c.signed_on).max(calendar.first), last_day(c).min(calendar.last));
        (c.begun_by(from.max(c.start)) && from <= to).then_some((from, to, *at))
    };
    let terms: Vec<(Day, Day, usize)> = visible.contracts_of[company].iter().filter_map(term).collect();
    let mut bounds: Vec<Day> = terms.iter().flat_map(|(from, to, _)| [*from, *to + 1]).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let mut spells: Vec<Spell> = Vec::new();
    for pair in bounds.windows(2) {
        let (from, to) = (pair[0], pair[1] - 1);
        let held = terms.iter().filter(|(first, last, _)| *first <= from && to <= *last).map(|t| t.2);
        let Some(contract) = held.max_by_key(|c| (visible.contracts[*c].start, &visible.contracts[*c].id)) else {
            continue;
        };
        match spells.last_mut() {
            Some(last) if last.contract == contract && last.to + 1 == from => last.to = to,
            _ => spells.push(Spell { from, to, contract }),
        }
    }
    spells
}

/// The last day on which it counts by what was visible on that day.
fn last_day(c: &Contract) -> Day {
    c.cancelled_on.map_or(c.end_signed, |on| c.end_signed.min(on - 1))
}

/// The groups that ever had ten members on a day, and since when; of too many those that had them first, so that none depends
/// on what came after.
fn kept(visible: &Visible<'_>, spells: &[Vec<Spell>]) -> Vec<(Day, Key)> {
    let mut changes: BTreeMap<Key, Vec<(Day, i64)>> = BTreeMap::new();
    for (company, spells) in spells.iter().enumerate() {
        let segment = &visible.companies[company].segment;
        for spell in spells {
            let plan = visible.contracts[spell.contract].plan.clone();
            for key in [(segment.clone(), Some(plan)), (segment.clone(), None)] {
                changes.entry(key).or_default().extend([(spell.from, 1), (spell.to + 1, -1)]);
            }
        }
    }
    let mut reached: Vec<(Day, Key)> = Vec::new();
    for (key, mut changes) in changes {
        changes.sort_unstable();
        let mut members = 0;
        let day = changes.iter().find_map(|(day, change)| {
            members += change;
            (members >= ENOUGH as i64).then_some(*day)
        });
        reached.extend(day.map(|day| (day, key)));
    }
    reached.sort_unstable();
    reached.truncate(MOST);
    reached
}
