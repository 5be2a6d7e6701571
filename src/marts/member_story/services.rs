//! The services owed by a contract: done, late, overdue.

use crate::domain::{Day, Str};
use crate::facts::Visible;
use crate::facts::visible::Service;

use super::super::Result;

/// One service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLine {
    pub kind: Str,
    pub due_on: Day,
    pub done_on: Option<Day>,
    /// Days from the day it was due to the day it was done, or to the as-of day; 0 when in time.
    pub days_late: i64,
    /// `done`, `done_late`, `overdue`, `open`
    pub state: &'static str,
    pub rep_id: Option<Str>,
}

/// The services of the contract at a position, by the day they are due.
pub fn of(visible: &Visible<'_>, contract: usize) -> Result<Vec<ServiceLine>> {
    let services = visible.services_of(&visible.contracts[contract].id)?;
    Ok(services.into_iter().map(|s| line(s, visible.day)).collect())
}

fn line(s: Service, day: Day) -> ServiceLine {
    let late = i64::from((s.done_on.unwrap_or(day) - s.due_on).max(0));
    let state = match (s.done_on, late > 0) {
        (Some(_), false) => "done",
        (Some(_), true) => "done_late",
        (None, true) => "overdue",
        (None, false) => "open",
    };
    ServiceLine { kind: s.kind, due_on: s.due_on, done_on: s.done_on, days_late: late, state, rep_id: s.rep_id }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_today_is_not_late_yet() {
        let of = |due: i32, done: Option<i32>| {
            let service = Service {
                id: "t".into(),
                kind: "upload".into(),
                due_on: Day(due),
                done_on: done.map(Day),
                rep_id: None,
            };
            let line = line(service, Day(100));
            (line.state, line.days_late)
        };
        assert_eq!(of(90, Some(90)), ("done", 0));
        assert_eq!(of(90, Some(93)), ("done_late", 3));
        assert_eq!(of(100, None), ("open", 0));
        assert_eq!(of(99, None), ("overdue", 1));
        assert_eq!(of(120, Some(80)), ("done", 0));
    }
}
