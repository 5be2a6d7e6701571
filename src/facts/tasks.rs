//! Services that were due to a contract (`service_tasks`). `done_on` is null before its own day.

use std::collections::HashMap;

use crate::domain::Day;
use crate::lake::Result;

use super::{Visible, rows};

/// A service of a contract, due by the as-of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Task {
    /// Position of the contract in `Visible::contracts`.
    pub contract: usize,
    pub due_on: Day,
    pub done_on: Option<Day>,
}

impl Task {
    /// When it was done, by what was known on `day`.
    pub fn done_by(&self, day: Day) -> Option<Day> {
        self.done_on.filter(|on| *on <= day)
    }

    /// Due by `day`, and not done by then.
    pub fn is_open(&self, day: Day) -> bool {
        self.due_on <= day && self.done_by(day).is_none()
    }

    /// Done after it was due, or still open.
    pub fn is_late(&self, day: Day) -> bool {
        self.done_by(day).map_or(self.due_on <= day, |on| on > self.due_on)
    }
}

impl Visible<'_> {
    /// The services due by the as-of day, by contract and day; `None` while no file of them was ever loaded.
    pub fn tasks(&self) -> Result<Option<Vec<Task>>> {
        if self.lake().ledger().last_loaded("service_tasks")?.is_none() {
            return Ok(None);
        }
        let position: HashMap<&str, usize> = self.contracts.iter().zip(0..).map(|(c, at)| (&*c.id, at)).collect();
        let mut tasks = rows::read(self.lake(), "service_tasks", &["contract_id", "due_on", "done_on"], |r| {
            let contract = *position.get(&*r.text(0)?)?;
            let due_on = r.day(1).filter(|due| *due <= self.day)?;
            Some(Task { contract, due_on, done_on: r.day(2).filter(|done| *done <= self.day) })
        })?;
        tasks.sort_unstable();
        Ok(Some(tasks))
    }
}
