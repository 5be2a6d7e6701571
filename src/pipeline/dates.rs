//! Which days a run computes.

use crate::domain::Day;
use crate::lake::Lake;

use super::run::{Run, RunError};

/// Which business days are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dates {
    /// The pipeline's own rule.
    Rule,
    One(Day),
    /// Each day from the first to the last, both in.
    Span(Day, Day),
}

/// Missed days that one run publishes.
const CATCH_UP: usize = 400;

impl Run<'_> {
    /// The days, oldest first.
    pub(super) fn days(&self, lake: &Lake) -> Result<Vec<Day>, RunError> {
        Ok(match self.request.dates {
            Dates::Rule if self.pipeline.catch_up_all => self.missed(lake)?,
            Dates::Rule => vec![self.pipeline.as_of.day(self.request.now, &self.project.zone)],
            Dates::One(day) => {
                self.warn_of_future(day);
                vec![day]
            }
            Dates::Span(first, last) => (first.0..=last.0).map(Day).collect(),
        })
    }

    /// A mistyped year is not refused, but told: what it publishes is the latest day from then on.
    fn warn_of_future(&self, day: Day) {
        let today = self.project.zone.day_of(self.request.now);
        if day > today {
            self.progress.line(&format!("as of {day}, a day that is still to come: it is {today}"));
        }
    }

    /// The days since the pipeline's last run that published, the newest [`CATCH_UP`] of them; the others are named.
    fn missed(&self, lake: &Lake) -> Result<Vec<Day>, RunError> {
        let (rule, now, zone) = (self.pipeline.as_of, self.request.now, &self.project.zone);
        let Some(last) = lake.ledger().last_published(&self.pipeline.name)? else {
            return Ok(vec![rule.day(now, zone)]);
        };
        let mut days = rule.since(last, self.pipeline.schedule.as_deref(), now, zone);
        let kept = days.split_off(days.len().saturating_sub(CATCH_UP));
        if let (Some(first), Some(last)) = (days.first(), days.last()) {
            let (n, name) = (days.len(), &self.pipeline.name);
            self.progress.line(&format!(
                "{n} missed days from {first} to {last} are left out, a run catches up {CATCH_UP}; \
                 publish them with `shoppulse run {name} --from {first} --to {last}`"
            ));
        }
        Ok(kept)
    }
}
