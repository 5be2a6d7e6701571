//! `pipelines/NAME.toml` -> [`Pipeline`].

use std::collections::BTreeMap;
use std::path::Path;

use super::names::{LATER_MARTS, MARTS};
use super::read::{Item, Section};
use super::retention::{self, Said};
use super::{AsOfRule, Expectation, OnBreach, Pipeline, deliver, report, schedule};
use crate::domain::schema::SOURCES;

pub(super) fn read(file: &Section, name: &str, root: &Path, retention: &Said) -> Pipeline {
    let schedule = file.get("schedule").and_then(|item| cron(&item));
    let as_of = file.get("as_of").and_then(|item| {
        item.word(&[
            ("yesterday", AsOfRule::Yesterday),
            ("last_sunday", AsOfRule::LastSunday),
            ("last_month_end", AsOfRule::LastMonthEnd),
            ("last_quarter_end", AsOfRule::LastQuarterEnd),
        ])
    });
    let catch_up = file.get("catch_up").and_then(|item| item.word(&[("latest", false), ("all", true)]));
    let ingest = file.get("ingest").map_or_else(all_sources, |item| ingest(&item));
    let marts = file.get("marts").map_or_else(all_marts, |item| marts(&item));
    let expect = expectations(&file.section("expect"));
    let reports = file.get("report").map(|item| report::read_all(&item)).unwrap_or_default();
    let deliver = file.get("deliver").map(|item| deliver::read_all(&item, &reports, root)).unwrap_or_default();
    let keep_reports = retention::of_pipeline(&file.section("retention"), retention);
    file.done(&["privacy"]);
    Pipeline {
        name: name.to_string(),
        schedule,
        as_of: as_of.unwrap_or(AsOfRule::Yesterday),
        catch_up_all: catch_up.unwrap_or(false),
        ingest,
        marts,
        expect,
        reports,
        deliver,
        keep_reports,
    }
}

/// A pipeline's name is its file's: it stands in commands, unit names and paths.
pub(super) fn good_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphanumeric())
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn cron(item: &Item) -> Option<String> {
    let expression = item.text()?;
    match schedule::check(expression) {
        Ok(()) => Some(expression.to_string()),
        Err(why) => {
            item.refuse(format_args!("a cron expression of five fields, as \"30 2 * * *\" ({why})"));
            None
        }
    }
}

fn all_sources() -> Vec<&'static str> {
    SOURCES.iter().map(|s| s.name).collect()
}

/// Whether a list holds `*`, which stands alone.
fn star(items: &[Item]) -> bool {
    let star = items.iter().find(|item| item.is_text("*"));
    if let Some(item) = star.filter(|_| items.len() > 1) {
        item.problem(format!("`{}` is \"*\" beside other names; expected \"*\" alone, or names", item.name));
    }
    star.is_some()
}

fn ingest(item: &Item) -> Vec<&'static str> {
    let items = item.list().unwrap_or_default();
    if star(&items) {
        return all_sources();
    }
    let words: Vec<_> = SOURCES.iter().map(|s| (s.name, s.name)).collect();
    let named: Vec<_> = items.iter().filter_map(|item| item.word(&words)).collect();
    // In the order in which sources are loaded, each once.
    all_sources().into_iter().filter(|name| named.contains(name)).collect()
}

fn all_marts() -> Vec<String> {
    MARTS.iter().map(|m| m.to_string()).collect()
}

fn marts(item: &Item) -> Vec<String> {
    let items = item.list().unwrap_or_default();
    if star(&items) {
        return all_marts();
    }
    let words: Vec<_> = MARTS.iter().map(|m| (*m, *m)).collect();
    let mut marts: Vec<String> = Vec::new();
    for item in items {
        if LATER_MARTS.iter().any(|later| item.is_text(later)) {
            item.problem(format!("`{}` names a mart that is not supported yet; remove it", item.name));
        } else if let Some(mart) = item.word(&words)
            && !marts.iter().any(|m| m == mart)
        {
            marts.push(mart.to_string());
        }
    }
    marts
}

fn expectations(section: &Section) -> BTreeMap<&'static str, Expectation> {
    let mut all = BTreeMap::new();
    let events = || SOURCES.iter().filter(|s| s.is_events()).map(|s| s.name);
    for entry in section.entries() {
        let Some(source) = SOURCES.iter().find(|s| s.name == entry.key && s.is_events()) else {
            entry.refuse_key("event source", events().collect::<Vec<_>>());
            continue;
        };
        let Some(section) = entry.item.section() else { continue };
        let expectation = Expectation {
            max_age_h: section.get("max_age_h").and_then(|i| i.number("hours, a number above 0", |n| n > 0.0)),
            min_ratio: section.get("min_ratio").and_then(|i| i.ratio()),
            on_breach: section
                .get("on_breach")
                .and_then(|i| i.word(&[("warn", OnBreach::Warn), ("stamp", OnBreach::Stamp), ("stop", OnBreach::Stop)]))
                .unwrap_or(OnBreach::Stamp),
        };
        section.done(&[]);
        if !section.has("max_age_h") && !section.has("min_ratio") {
            section.refuse(format!(
                "`{}` expects nothing; expected `max_age_h` (hours) or `min_ratio` (0 to 1)",
                entry.item.name
            ));
        }
        all.insert(source.name, expectation);
    }
    all
}
