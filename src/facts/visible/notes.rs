//! What people wrote down: follow-ups and care actions by the local day of `ts`, services with `done_on` from its own day on.

use crate::domain::schema::CLICK_SOURCE_DAY;
use crate::domain::{Cents, Day, Micros, Str};
use crate::lake::Result;

use super::super::rows::{self, CareRow};
use super::Visible;

/// A follow-up with what its author noted.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowupNote {
    pub id: Str,
    pub ts: Micros,
    /// Local day of `ts`.
    pub day: Day,
    pub rep_id: Str,
    pub channel: Option<Str>,
    pub stage: Str,
    pub evidence: Option<Str>,
    pub objection: Option<Str>,
    pub competitor: Option<Str>,
    pub next_step: Option<Str>,
    pub next_on: Option<Day>,
    /// Currency.
    pub expected: Option<Cents>,
}

/// A service owed by a contract.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    pub id: Str,
    pub kind: Str,
    pub due_on: Day,
    pub done_on: Option<Day>,
    pub rep_id: Option<Str>,
}

impl Visible<'_> {
    /// One company's follow-ups, by (`ts`, id).
    pub fn followups_of(&self, company: &str) -> Result<Vec<FollowupNote>> {
        let columns = [
            "followup_id",
            "ts",
            "company_id",
            "rep_id",
            "channel",
            "stage",
            "evidence",
            "objection",
            "competitor",
            "next_step",
            "next_on",
            "expected_amount",
        ];
        let mut clock = self.project.zone.clock();
        let mut notes = rows::read(self.lake, "followups", &columns, |r| {
            let ts = r.time(1)?;
            let day = clock.day_of(ts);
            (day <= self.day && r.text(2).as_deref() == Some(company)).then(|| FollowupNote {
                id: r.required(0),
                ts,
                day,
                rep_id: r.required(3),
                channel: r.text(4),
                stage: r.required(5),
                evidence: r.text(6),
                objection: r.text(7),
                competitor: r.text(8),
                next_step: r.text(9),
                next_on: r.day(10),
                expected: r.money(11),
            })
        })?;
        notes.sort_unstable_by(|a, b| (a.ts, &a.id).cmp(&(b.ts, &b.id)));
        Ok(notes)
    }

    /// Every company's care actions, by (`ts`, id).
    pub fn care_actions(&self) -> Result<Vec<CareRow>> {
        let columns = ["action_id", "ts", "company_id", "contract_id", "rep_id", "action", "outcome", "reason"];
        let mut clock = self.project.zone.clock();
        let mut actions = rows::read(self.lake, "care_actions", &columns, |r| {
            let ts = r.time(1)?;
            let day = clock.day_of(ts);
            (day <= self.day).then(|| CareRow {
                id: r.required(0),
                ts,
                day,
                company_id: r.required(2),
                contract_id: r.text(3),
                rep_id: r.required(4),
                action: r.required(5),
                outcome: r.text(6),
                reason: r.text(7),
            })
        })?;
        actions.sort_unstable_by(|a, b| (a.ts, &a.id).cmp(&(b.ts, &b.id)));
        Ok(actions)
    }

    /// The services of one contract, those that are still to come too, by (`due_on`, id).
    pub fn services_of(&self, contract: &str) -> Result<Vec<Service>> {
        let columns = ["task_id", "contract_id", "kind", "due_on", "done_on", "rep_id"];
        let mut services = rows::read(self.lake, "service_tasks", &columns, |r| {
            (r.text(1).as_deref() == Some(contract)).then_some(())?;
            Some(Service {
                id: r.required(0),
                kind: r.required(2),
                due_on: r.day(3)?,
                done_on: r.day(4).filter(|done| *done <= self.day),
                rep_id: r.text(5),
            })
        })?;
        services.sort_unstable_by(|a, b| (a.due_on, &a.id).cmp(&(b.due_on, &b.id)));
        Ok(services)
    }

    /// One company's clicks by day and source from `first` to the as-of day, by (day, source).
    pub fn click_sources_of(&self, company: &str, first: Day) -> Result<Vec<(Day, Str, i64)>> {
        let columns = ["date", "company_id", "click_source", "clicks"];
        let mut clicks = Vec::new();
        rows::scan(self.lake, CLICK_SOURCE_DAY.name, Some(first..=self.day), &columns, |r| {
            let Some(day) = r.day(0).filter(|_| r.text(1).as_deref() == Some(company)) else { return };
            clicks.push((day, r.required(2), r.int(3).unwrap_or(0)));
        })?;
        clicks.sort_unstable();
        Ok(clicks)
    }
}
