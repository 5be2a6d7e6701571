//! The people who sell, look after members and open their shops; who came to work on which day.

use crate::domain::Day;

use super::chance::{Chance, Concern};
use super::portal::HISTORY_DAYS;
use super::{names, season};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Sales,
    AfterSales,
    Assistant,
}

impl Role {
    pub fn word(self) -> &'static str {
        match self {
            Role::Sales => "sales",
            Role::AfterSales => "after_sales",
            Role::Assistant => "assistant",
        }
    }
}

pub struct Rep {
    pub id: String,
    pub name: String,
    pub team: &'static str,
    pub role: Role,
    pub hired_on: Day,
    pub left_on: Option<Day>,
    pub quota: Option<u32>,
    /// Calls made against the quota.
    pub zeal: f64,
}

impl Rep {
    pub fn employed(&self, day: Day) -> bool {
        self.hired_on <= day && self.left_on.is_none_or(|left| day < left)
    }
}

/// What the attendance sheet says of a rep on a workday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Present,
    HalfDay,
    Leave,
    Absent,
    Training,
}

impl Status {
    pub fn word(self) -> &'static str {
        match self {
            Status::Present => "present",
            Status::HalfDay => "half_day",
            Status::Leave => "leave",
            Status::Absent => "absent",
            Status::Training => "training",
        }
    }

    /// Share of a day's calls.
    pub fn share(self) -> f64 {
        match self {
            Status::Present => 1.0,
            Status::HalfDay => 0.5,
            Status::Training => 0.3,
            Status::Leave | Status::Absent => 0.0,
        }
    }
}

pub struct People {
    pub reps: Vec<Rep>,
    from: Day,
    /// Rep × day since `from`; `None` when nobody kept a sheet.
    sheet: Vec<Vec<Option<Status>>>,
}

impl People {
    /// Reps in proportion to the companies, some of whom come later or leave.
    pub fn hire(companies: usize, from: Day, to: Day, seed: u64) -> People {
        let groups = [
            (Role::Sales, (companies / 50).max(4), &["华东销售部", "华南销售部"][..], Some(14)),
            (Role::AfterSales, (companies / 90).max(3), &["Member Care"][..], Some(10)),
            (Role::Assistant, (companies / 160).max(2), &["Shop Set-up"][..], None),
        ];
        let mut chance = Chance::new(seed, Concern::People, 0);
        let mut reps = Vec::new();
        for (role, places, teams, quota) in groups {
            for place in 0..places {
                // The first of each role is there all the time, so that no day is without one.
                let mut hired = from - HISTORY_DAYS - chance.between(30, 900);
                while hired <= to {
                    let stays = if place == 0 { None } else { chance.hit(0.45).then(|| chance.between(300, 1_500)) };
                    let left = stays.map(|days| hired + days).filter(|left| *left <= to);
                    reps.push(Rep {
                        id: format!("R{:03}", reps.len() + 1),
                        name: names::person(&mut chance),
                        team: teams[place % teams.len()],
                        role,
                        hired_on: hired,
                        left_on: left,
                        quota,
                        zeal: 0.75 + 0.4 * chance.unit(),
                    });
                    hired = left.map_or(to + 1, |day| day + chance.between(10, 60));
                }
            }
        }
        let sheet = reps.iter().enumerate().map(|(n, rep)| attendance(n, rep, from, to, seed)).collect();
        People { reps, from, sheet }
    }

    /// The rep of a role who holds a desk on a day.
    pub fn at_desk(&self, role: Role, day: Day, desk: u32) -> Option<usize> {
        let at_work = || self.reps.iter().enumerate().filter(|(_, r)| r.role == role && r.employed(day));
        let count = at_work().count();
        at_work().nth(desk as usize % count.max(1)).map(|(n, _)| n)
    }

    /// What the sheet says; `None` on days off and before `from`.
    pub fn status(&self, rep: usize, day: Day) -> Option<Status> {
        let n = usize::try_from(day - self.from).ok()?;
        self.sheet[rep].get(n).copied().flatten()
    }
}

fn attendance(n: usize, rep: &Rep, from: Day, to: Day, seed: u64) -> Vec<Option<Status>> {
    const ALL: [Status; 5] = [Status::Present, Status::HalfDay, Status::Leave, Status::Absent, Status::Training];
    let mut chance = Chance::new(seed, Concern::Attendance, n as u64);
    (from.0..=to.0)
        .map(Day)
        .map(|day| {
            let status = ALL[chance.weighted(&[92.0, 2.5, 3.0, 1.0, 1.5])];
            let new = day - rep.hired_on < 5;
            (rep.employed(day) && season::is_workday(day)).then_some(if new { Status::Training } else { status })
        })
        .collect()
}
