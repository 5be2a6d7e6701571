//! What a member of a segment, a plan and a size is expected to have. Grain: column × window.
//!
//! ```text
//! factor of plan, of size   of each month, from the twelve whole months before it      (stats/margins.rs)
//! standard member-days      Σ over members and days of plan factor × size factor
//!
//! expected rate = (events of the segment + 20 n r) / (standard days of the segment + 20 n) × own plan factor × own size factor
//!                 n: known days of the window, r: events of all / standard days of all
//! ```
//!
//! Large firms and dear plans have more visits: held against a plain mean of the segment, every large firm would look well. One factor
//! each for segment, plan and size needs far fewer members than a mean of each combination. A small segment is drawn towards
//! all members as by twenty standard ones (credibility: Bühlmann & Straub 1970, *Mitteilungen der Vereinigung schweizerischer
//! Versicherungsmathematiker* 70:111-133); the segment's own movement counts as far as it has members.
//!
//! A month's factors rest on whole months before it, and a segment counts from the day on which it first had ten members, so nothing
//! later moves what was expected. In the first month all factors are 1.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Day, Month, Str};
use crate::stats::margins::{Cell, factors};

use super::peers::Done;
use super::series::{COLUMNS, Calendar};
use super::view::Window;

/// Standard members by which a segment's rate is drawn to that of all.
const CREDIT: f64 = 20.0;
/// Member-days at the usual rate by which a factor is drawn to 1: ten members for a month.
const PRIOR: f64 = 300.0;
/// Months that factors are learned from.
const MONTHS: usize = 12;

/// Who is alike: positions of segment, plan and size among those seen.
type Kind = [usize; 3];

/// A number a column.
type Row = [f64; COLUMNS];

/// What the members of each segment, plan and size did, as it is collected. Sums go by name: who comes later moves no bit of them.
pub struct Members {
    kinds: BTreeMap<[Str; 3], Counted>,
    first: Month,
}

#[derive(Default)]
struct Counted {
    /// Place of a day, and by how many members there are more from it on.
    changes: Vec<(usize, i64)>,
    /// Events by month from the first.
    events: Vec<Row>,
    /// Member-days on which the column is known, by month from the first; put together last.
    days: Vec<Row>,
}

impl Members {
    pub fn new(calendar: &Calendar) -> Members {
        Members { kinds: BTreeMap::new(), first: calendar.first.month() }
    }

    /// Adds one member of a segment, a plan and a size from one day to another, both in, with the columns of its days by place.
    pub fn add(
        &mut self,
        kind: [&Str; 3],
        calendar: &Calendar,
        (from, to): (Day, Day),
        days: &[(usize, [u64; COLUMNS])],
    ) {
        let (Some(from), Some(to)) = (calendar.place(from), calendar.place(to)) else { return };
        let counted = self.kinds.entry(kind.map(Str::clone)).or_default();
        counted.changes.extend([(from, 1), (to + 1, -1)]);
        for (place, columns) in days {
            let month = month_of(calendar, *place, self.first);
            counted.events.resize(counted.events.len().max(month + 1), [0.0; COLUMNS]);
            add(&mut counted.events[month], 1.0, &columns.map(|n| n as f64));
        }
    }
}

fn month_of(calendar: &Calendar, place: usize, first: Month) -> usize {
    ((calendar.first + place as i32).month().0 - first.0) as usize
}

impl Counted {
    /// Calls `of` with each day on which there are members, and how many.
    fn each_day(&self, mut of: impl FnMut(usize, f64)) {
        let mut members = 0;
        for pair in self.changes.windows(2) {
            members += pair[0].1;
            if members > 0 {
                (pair[0].0..pair[1].0).for_each(|place| of(place, members as f64));
            }
        }
    }
}

/// Standard member-days as running sums, and what a standard member is.
pub struct Expected {
    names: [BTreeMap<Str, usize>; 3],
    /// By month from the first: the factors of each plan and each size.
    factors: Vec<[Vec<Row>; 2]>,
    /// By segment, of the days before the first + i; empty for one that has no group.
    segments: Vec<Vec<Row>>,
    all: Vec<Row>,
    first: Month,
}

impl Expected {
    /// `has_group` tells of which segments the events are known.
    pub fn of(members: Members, calendar: &Calendar, has_group: impl Fn(&Str) -> bool) -> Expected {
        let Members { mut kinds, first } = members;
        let names = [0, 1, 2].map(|dimension| {
            let names: BTreeSet<&Str> = kinds.keys().map(|kind| &kind[dimension]).collect();
            names.into_iter().cloned().zip(0..).collect::<BTreeMap<Str, usize>>()
        });
        let months: Vec<usize> = (0..calendar.days()).map(|place| month_of(calendar, place, first)).collect();
        let number = months.last().map_or(0, |last| last + 1);
        let known = |place: usize, column: usize| f64::from(u8::from(calendar.is_known(place, column)));
        let known: Vec<Row> = (0..calendar.days()).map(|p| std::array::from_fn(|column| known(p, column))).collect();
        for counted in kinds.values_mut() {
            counted.changes.sort_unstable();
            counted.events.resize(number, [0.0; COLUMNS]);
            let mut days = vec![[0.0; COLUMNS]; number];
            counted.each_day(|place, members| add(&mut days[months[place]], members, &known[place]));
            counted.days = days;
        }
        let kind = |named: &[Str; 3]| -> Kind { std::array::from_fn(|dimension| names[dimension][&named[dimension]]) };
        let kinds: Vec<(Kind, Counted)> = kinds.into_iter().map(|(named, counted)| (kind(&named), counted)).collect();
        let levels = [0, 1, 2].map(|dimension| names[dimension].len());
        let learned = |month| learned(levels, &kinds, month);
        let factors: Vec<[Vec<Row>; 2]> = (0..number).map(learned).collect();

        let zeros = || vec![[0.0; COLUMNS]; calendar.days() + 1];
        let mut segments = vec![Vec::new(); names[0].len()];
        names[0].iter().filter(|(name, _)| has_group(name)).for_each(|(_, segment)| segments[*segment] = zeros());
        let mut all = zeros();
        for ([segment, plan, size], counted) in &kinds {
            counted.each_day(|place, members| {
                let [plans, sizes] = &factors[months[place]];
                let standard = product(&product(&plans[*plan], &sizes[*size]), &known[place]);
                add(&mut all[place + 1], members, &standard);
                if let Some(day) = segments[*segment].get_mut(place + 1) {
                    add(day, members, &standard);
                }
            });
        }
        for days in segments.iter_mut().chain([&mut all]) {
            for at in 1..days.len() {
                let before = days[at - 1];
                add(&mut days[at], 1.0, &before);
            }
        }
        Expected { names, factors, segments, all, first }
    }

    /// The kind of a member; what no member has been is none.
    pub fn kind(&self, segment: &Str, plan: &Str, size: &Str) -> [Option<usize>; 3] {
        let [segments, plans, sizes] = &self.names;
        [segments.get(segment).copied(), plans.get(plan).copied(), sizes.get(size).copied()]
    }

    /// Events a known day of a member of a kind in a window, whose segment and whose portal did so much in it; null without any member.
    pub fn rate(
        &self,
        calendar: &Calendar,
        kind: [Option<usize>; 3],
        window: &Window,
        [segment, all]: [Option<Done>; 2],
    ) -> Option<f64> {
        let standard = |days: &[Row]| {
            let Some(last) = days.len().checked_sub(1) else { return 0.0 };
            let before = |day: Day| days[((day - calendar.first).max(0) as usize).min(last)][window.column];
            before(window.to + 1) - before(window.from)
        };
        let days = standard(&self.all);
        let usual = (days > 0.0).then(|| all.map(|all| all.count as f64 / days))??;
        let credit = CREDIT * f64::from(window.days);
        let (events, of_segment) = kind[0]
            .zip(segment)
            .map_or((0.0, 0.0), |(segment, done)| (done.count as f64, standard(&self.segments[segment])));
        let rate = (events + credit * usual) / (of_segment + credit);
        let month = (window.to.month().0 - self.first.0).max(0) as usize;
        let [plans, sizes] = self.factors.get(month).or(self.factors.last())?;
        let factor = |rows: &[Row], level: Option<usize>| level.map_or(1.0, |level| rows[level][window.column]);
        Some(rate * factor(plans, kind[1]) * factor(sizes, kind[2]))
    }
}

/// The factors of plans and sizes for a month, by column.
fn learned(levels: [usize; 3], kinds: &[(Kind, Counted)], month: usize) -> [Vec<Row>; 2] {
    let before = month.saturating_sub(MONTHS)..month;
    let mut found = [1, 2].map(|dimension| vec![[1.0; COLUMNS]; levels[dimension]]);
    for column in 0..COLUMNS {
        let sum = |months: &[Row]| months[before.clone()].iter().map(|row| row[column]).sum::<f64>();
        let cell = |(kind, counted): &(Kind, Counted)| {
            let cell = Cell { levels: *kind, events: sum(&counted.events), exposure: sum(&counted.days) };
            (cell.exposure > 0.0).then_some(cell)
        };
        let cells: Vec<Cell> = kinds.iter().filter_map(cell).collect();
        let [_, plans, sizes] = factors(&cells, levels, PRIOR);
        for (rows, factors) in found.iter_mut().zip([plans, sizes]) {
            rows.iter_mut().zip(factors).for_each(|(row, factor)| row[column] = factor);
        }
    }
    found
}

fn add(sums: &mut Row, times: f64, row: &Row) {
    sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += times * value);
}

fn product(a: &Row, b: &Row) -> Row {
    std::array::from_fn(|column| a[column] * b[column])
}
