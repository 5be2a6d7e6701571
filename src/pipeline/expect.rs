//! Expectations of a pipeline: is what arrived enough to publish? (contract §5)
//!
//! ```text
//! max_age_h   age of the newest event at the end of the as-of day, hours
//! min_ratio   rows of the as-of day / source_day.expected; not judged on a closed day or with nothing to expect
//! ```

use crate::config::{Expectation, OnBreach, Pipeline};
use crate::domain::zone::MICROS_PER_SECOND;
use crate::domain::{Micros, Str};
use crate::marts::source_day::SourceDayRow;
use crate::marts::{Marts, Result};

/// How fresh one event source is on the as-of day.
#[derive(Clone, Debug, PartialEq)]
pub struct Freshness {
    pub source: Str,
    /// Newest event on or before the as-of day.
    pub newest: Option<Micros>,
    /// Its age at the end of the as-of day, hours.
    pub age_h: Option<f64>,
    /// The as-of day's row, if the source was covered by then.
    pub day: Option<SourceDayRow>,
}

/// An expectation that was not met.
#[derive(Clone, Debug, PartialEq)]
pub struct Breach {
    pub source: Str,
    pub rule: Rule,
    /// Found and expected: hours or a ratio; nothing found when there is no event at all.
    pub found: Option<f64>,
    pub expected: f64,
    pub on_breach: OnBreach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    MaxAge,
    MinRatio,
}

impl Rule {
    pub fn word(self) -> &'static str {
        match self {
            Rule::MaxAge => "max_age_h",
            Rule::MinRatio => "min_ratio",
        }
    }
}

/// Freshness of every event source that has rows, by name.
pub fn freshness(marts: &Marts<'_>) -> Result<Vec<Freshness>> {
    let visible = marts.visible;
    let zone = &visible.project.zone;
    let end = zone.start_of(visible.day + 1);
    let days = marts.rows::<SourceDayRow>()?;
    let newest = visible.newest_events()?;
    let of = |(source, newest): (Str, Option<Micros>)| {
        let age = newest.map(|at| (end.0 - at.0) as f64 / MICROS_PER_SECOND as f64 / 3600.0);
        let day = days.iter().rev().find(|d| d.source == source && d.date == visible.day).cloned();
        Freshness { source, newest, age_h: age, day }
    };
    Ok(newest.into_iter().map(of).collect())
}

/// The breaches of a pipeline's expectations, by source.
pub fn breaches(pipeline: &Pipeline, freshness: &[Freshness]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (source, expectation) in &pipeline.expect {
        let fresh = freshness.iter().find(|f| &*f.source == *source);
        breaches.extend(judge(source, expectation, fresh));
    }
    breaches
}

fn judge(source: &str, expectation: &Expectation, fresh: Option<&Freshness>) -> Vec<Breach> {
    let breach = |rule, found, expected| Breach {
        source: source.into(),
        rule,
        found,
        expected,
        on_breach: expectation.on_breach,
    };
    let age = fresh.and_then(|f| f.age_h);
    let too_old = expectation.max_age_h.filter(|max| age.is_none_or(|age| age > *max));
    let day = fresh.and_then(|f| f.day.as_ref()).filter(|d| &*d.status != "closed");
    let ratio = day.and_then(|d| d.expected.filter(|e| *e > 0.0).map(|e| d.rows as f64 / e));
    let too_few = expectation.min_ratio.filter(|min| ratio.is_some_and(|ratio| ratio < *min));
    let old = too_old.map(|max| breach(Rule::MaxAge, age, max));
    let few = too_few.map(|min| breach(Rule::MinRatio, ratio, min));
    old.into_iter().chain(few).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Day;

    fn fresh(age_h: Option<f64>, rows: i64, expected: Option<f64>, status: &str) -> Freshness {
        let day = SourceDayRow { date: Day(0), source: "calls".into(), rows, expected, status: status.into() };
        Freshness { source: "calls".into(), newest: None, age_h, day: Some(day) }
    }

    #[test]
    fn old_thin_and_absent_sources_are_breaches_and_holidays_are_not() {
        let expectation = Expectation { max_age_h: Some(30.0), min_ratio: Some(0.3), on_breach: OnBreach::Stamp };
        let rules =
            |f: Option<&Freshness>| judge("calls", &expectation, f).iter().map(|b| b.rule.word()).collect::<Vec<_>>();
        assert_eq!(rules(Some(&fresh(Some(30.0), 30, Some(100.0), "ok"))), [""; 0]);
        assert_eq!(rules(Some(&fresh(Some(30.1), 29, Some(100.0), "low"))), ["max_age_h", "min_ratio"]);
        assert_eq!(rules(Some(&fresh(Some(5.0), 0, Some(100.0), "closed"))), [""; 0]);
        assert_eq!(rules(Some(&fresh(Some(5.0), 0, None, "ok"))), [""; 0]);
        assert_eq!(rules(None), ["max_age_h"]);
    }
}
