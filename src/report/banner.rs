//! Warnings that stand above everything else in a report.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Day, Str};
use crate::marts::Marts;
use crate::marts::source_day::SourceDayRow;

use super::ReportError;
use super::format::Format;

/// What a reader must know before the figures.
#[derive(Clone, Debug, PartialEq)]
pub enum Banner {
    /// A source's day is `missing` or `low`.
    Incomplete { source: Str, day: Day, status: Str },
    /// A source's newest event is too old at the end of the as-of day; no age: it never had one (hours).
    TooOld { source: Str, age_h: Option<f64>, limit_h: f64 },
    /// A source's rows of the as-of day against what was expected (ratios).
    TooFew { source: Str, ratio: f64, limit: f64 },
    /// Files that could not be taken in.
    Refused { files: usize },
    /// The reports are those of the last good run.
    Stopped,
}

/// Days before the as-of day, itself included, whose gaps every report shows.
const RECENT_DAYS: i32 = 7;

/// The gaps of the last days, as every report shows them.
pub fn recent_gaps(marts: &Marts<'_>) -> Result<Vec<Banner>, ReportError> {
    let first = marts.visible.day.window_start(RECENT_DAYS);
    let rows = marts.rows::<SourceDayRow>()?;
    let gaps = rows.iter().filter(|d| d.date >= first && d.is_gap());
    Ok(gaps.map(|d| Banner::Incomplete { source: d.source.clone(), day: d.date, status: d.status.clone() }).collect())
}

/// The banners in words, each once; the days of a source are gathered in one.
pub fn texts(banners: &[Banner], format: Format<'_>) -> Vec<String> {
    let words = format.words;
    let mut gaps: BTreeMap<(&str, &str), BTreeSet<Day>> = BTreeMap::new();
    let mut others: Vec<String> = Vec::new();
    for banner in banners {
        let text = match banner {
            Banner::Incomplete { source, day, status } => {
                gaps.entry((source, status)).or_default().insert(*day);
                continue;
            }
            Banner::TooOld { source, age_h: None, limit_h } => {
                words.fill("banner.no_event", &[("source", source), ("limit", &format.hours(*limit_h))])
            }
            Banner::TooOld { source, age_h: Some(age), limit_h } => words.fill(
                "banner.too_old",
                &[("source", source), ("age", &format.hours(*age)), ("limit", &format.hours(*limit_h))],
            ),
            Banner::TooFew { source, ratio, limit } => words.fill(
                "banner.too_few",
                &[("source", source), ("ratio", &format.percent(*ratio)), ("limit", &format.percent(*limit))],
            ),
            Banner::Refused { files } => words.fill("banner.refused", &[("n", &format.int(*files as i64))]),
            Banner::Stopped => words.get("banner.stopped").to_string(),
        };
        if !others.contains(&text) {
            others.push(text);
        }
    }
    let gap = |((source, status), days): ((&str, &str), BTreeSet<Day>)| {
        let days: Vec<String> = days.into_iter().map(|d| format.date(d)).collect();
        let list = days.join(words.get("format.list"));
        words.fill(&format!("banner.{status}"), &[("source", source), ("days", &list)])
    };
    others.extend(gaps.into_iter().map(gap));
    others
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Language;
    use crate::report::lang::Words;

    #[test]
    fn the_days_of_a_source_make_one_banner_and_nothing_is_said_twice() {
        let gap = |day| Banner::Incomplete { source: "calls".into(), day: Day(day), status: "missing".into() };
        let old = Banner::TooOld { source: "calls".into(), age_h: Some(31.26), limit_h: 30.0 };
        let format = Format { words: Words::of(Language::En), currency: "CNY" };
        let texts = texts(&[gap(2), gap(1), gap(2), old.clone(), old], format);
        assert_eq!(texts.len(), 2, "{texts:?}");
        assert!(texts[0].contains("31.3") && texts[0].contains("30"), "{texts:?}");
        assert!(texts[1].contains("calls") && texts[1].contains("1970-01-02, 1970-01-03"), "{texts:?}");
    }
}
