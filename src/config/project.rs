//! `shoppulse.toml` -> [`Project`]. Every key has a default: an empty file is a project.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::read::{Item, Section};
use super::retention::{self, Said};
use super::{Language, Project, RiskSettings, Storage, names};
use super::{privacy, sources};
use crate::domain::{Day, Micros, Zone};

/// Days that a window, a grace or a horizon may last at most: ten years.
const MAX_DAYS: i32 = 3_650;

/// Reads the whole file, and what it says of retention apart. With problems noted, the result only serves to find more
/// of them.
pub(super) fn read(file: &Section, root: &Path) -> (Option<Project>, Said) {
    let project = file.section("project");
    let zone = project.get("time_zone").map_or_else(|| Zone::named("Asia/Shanghai"), |item| zone(&item));
    let language = project.get("language").and_then(|item| {
        item.word(&[("en", Language::En), ("zh-Hans", Language::ZhHans), ("zh-Hant", Language::ZhHant)])
    });
    let currency = project.get("currency").and_then(|item| currency(&item));
    let now = project.get("now").and_then(|item| now(&item));
    let holidays = project.get("holidays").map(|item| holidays(&item)).unwrap_or_default();
    project.done(&[]);

    let storage = storage(&file.section("storage"), root);

    let renewal = file.section("renewal");
    let grace_days = renewal.get("grace_days").and_then(|item| item.int(0..=MAX_DAYS));
    renewal.done(&[]);

    let risk = risk(&file.section("risk"));

    let value = file.section("value");
    let value_window_days = value.get("window_days").and_then(|item| item.int(1..=MAX_DAYS));
    value.done(&[]);

    let report = file.section("report");
    let max_rows = report.get("max_rows").and_then(|item| item.int(1..=1_000_000usize));
    report.done(&[]);

    let privacy = privacy::read(&file.section("privacy"), root, &storage.lake);
    let playbook = playbook(&file.section("playbook"));
    let sources = sources::read(&file.section("sources"));
    let retention = retention::of_project(&file.section("retention"));
    file.done(&[]);

    let project = zone.map(|zone| Project {
        root: root.to_path_buf(),
        zone,
        language: language.unwrap_or(Language::En),
        currency: currency.unwrap_or_else(|| "CNY".into()),
        now,
        holidays,
        storage,
        grace_days: grace_days.unwrap_or(30),
        risk,
        value_window_days: value_window_days.unwrap_or(365),
        privacy,
        report_max_rows: max_rows.unwrap_or(200),
        sources,
        playbook,
        retention: retention.settled(std::iter::empty()),
        fingerprint: String::new(),
    });
    (project, retention)
}

fn zone(item: &Item) -> Option<Zone> {
    let name = item.text()?;
    let zone = Zone::named(name);
    if zone.is_none() {
        item.refuse("the IANA name of a time zone, as `Asia/Shanghai`");
    }
    zone
}

fn currency(item: &Item) -> Option<String> {
    let code = item.text()?;
    let good = code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
    if !good {
        item.refuse("an ISO 4217 code of three capitals, as `CNY`");
    }
    good.then(|| code.to_string())
}

fn now(item: &Item) -> Option<Micros> {
    let at = Micros::parse_rfc3339(&item.date_text()?);
    if at.is_none() {
        item.refuse("an RFC 3339 time with an offset, as \"2026-11-01T02:30:00+08:00\"");
    }
    at
}

fn holidays(item: &Item) -> BTreeSet<Day> {
    let day = |item: &Item| {
        let day = Day::parse(&item.date_text()?);
        if day.is_none() {
            item.refuse("a date YYYY-MM-DD from 1900-01-01 to 2199-12-31");
        }
        day
    };
    item.list().unwrap_or_default().iter().filter_map(day).collect()
}

fn storage(section: &Section, root: &Path) -> Storage {
    let folder = |key, default: &str| {
        let text = section.get(key).and_then(|item| item.text().map(str::to_string));
        below(root, text.as_deref().unwrap_or(default))
    };
    let storage = Storage {
        incoming: folder("incoming", "incoming"),
        lake: folder("lake", "lake"),
        reports: folder("reports", "reports"),
        umask: section.get("umask").and_then(|item| umask(&item)).unwrap_or(UMASK),
        settle_seconds: section.get("settle_seconds").and_then(|item| item.int(0..=3600)).unwrap_or(2),
    };
    section.done(&[]);
    // What no catalog row names in the lake's folder is swept away.
    for (name, other) in [("incoming", &storage.incoming), ("reports", &storage.reports)] {
        if other.starts_with(&storage.lake) {
            section.refuse(format!(
                "`storage.{name}` is {}, inside `storage.lake`, {}; expected folders apart: files there that are not \
                 the lake's are removed",
                other.display(),
                storage.lake.display()
            ));
        }
    }
    if storage.incoming == storage.reports {
        section.refuse(format!(
            "`storage.incoming` and `storage.reports` are both {}; expected two folders",
            storage.incoming.display()
        ));
    }
    storage
}

/// Lake and reports are for their owner alone.
const UMASK: u32 = 0o077;

/// Octal digits in quotes; the owner keeps all rights.
fn umask(item: &Item) -> Option<u32> {
    let text = item.text()?;
    let octal = (3..=4).contains(&text.len()) && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    let mask = u32::from_str_radix(text, 8).ok().filter(|mask| octal && mask & !0o077 == 0);
    if mask.is_none() {
        item.refuse("octal digits in quotes that leave the owner all rights, as \"077\", \"027\" or \"022\"");
    }
    mask
}

/// A path relative to the project, or absolute; without `.` and, as far as it goes, `..`.
pub(super) fn below(root: &Path, path: &str) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in root.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            part => clean.push(part),
        }
    }
    clean
}

fn risk(section: &Section) -> RiskSettings {
    let bands = section.section("bands");
    let high = bands.get("high").and_then(|item| item.ratio());
    let medium = bands.get("medium").and_then(|item| item.ratio());
    bands.done(&[]);
    let settings = RiskSettings {
        horizon_days: section.get("horizon_days").and_then(|i| i.int(1..=MAX_DAYS)).unwrap_or(90),
        call_effect: section
            .get("call_effect")
            .and_then(|i| i.number("log-odds that a call adds, a number from -10 to 10", |n| n.abs() <= 10.0))
            .unwrap_or(0.5),
        seed: section.get("seed").and_then(|i| i.int(0..=u64::MAX)).unwrap_or(1),
        holdout: section
            .get("holdout")
            .and_then(|i| i.number("a share from 0 to below 1", |n| (0.0..1.0).contains(&n)))
            .unwrap_or(0.0),
        high_below: high.unwrap_or(0.5),
        medium_below: medium.unwrap_or(0.8),
        min_outcomes: section.get("min_outcomes").and_then(|i| i.int(1..=1_000_000_000i64)).unwrap_or(50),
        calls_per_rep_day: section.get("calls_per_rep_day").and_then(|i| i.int(1..=1_000_000usize)).unwrap_or(12),
    };
    section.done(&[]);
    if settings.high_below > settings.medium_below {
        bands.refuse(format!(
            "`risk.bands.high` is {}, above `risk.bands.medium`, {}; expected high <= medium",
            settings.high_below, settings.medium_below
        ));
    }
    settings
}

fn playbook(section: &Section) -> BTreeMap<String, String> {
    let action = |entry: &super::read::Entry| {
        if !names::FEATURES.contains(&entry.key.as_str()) {
            entry.refuse_key("feature", names::FEATURES.iter().copied());
        }
        let code = entry.item.text()?;
        let good = code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !good {
            entry.item.refuse("an action's code: letters, digits and `_`");
        }
        good.then(|| (entry.key.clone(), code.to_string()))
    };
    section.entries().iter().filter_map(action).collect()
}
