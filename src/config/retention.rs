//! `[retention]`: what is kept how long, of the project and of a pipeline.
//!
//! | key | in | default |
//! |---|---|---|
//! | `snapshots_days` | `shoppulse.toml` | 400, or the longest `reports_days` |
//! | `reports_days` | `shoppulse.toml` | 400 |
//! | `reports_days` | `pipelines/*.toml` | that of `shoppulse.toml` |

use std::fmt;

use super::read::{Item, Section};
use super::{Keep, Retention};

const DEFAULT: Keep = Keep::Days(400);
const FOREVER: &str = "forever";

impl fmt::Display for Keep {
    /// As it stands in the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Keep::Days(days) => write!(f, "{days}"),
            Keep::Forever => write!(f, "\"{FOREVER}\""),
        }
    }
}

fn keep(item: &Item) -> Option<Keep> {
    if item.is_text(FOREVER) {
        return Some(Keep::Forever);
    }
    let days = item.whole().and_then(|n| i32::try_from(n).ok()).filter(|n| (1..=36_500).contains(n));
    if days.is_none() {
        item.refuse(format_args!("a whole number of days from 1 to 36500, or \"{FOREVER}\""));
    }
    days.map(Keep::Days)
}

impl Default for Retention {
    fn default() -> Retention {
        Retention { snapshots: DEFAULT, reports: DEFAULT }
    }
}

/// What `shoppulse.toml` says.
pub(super) struct Said {
    snapshots: Option<Keep>,
    reports: Keep,
}

impl Said {
    /// Of a file that cannot be read: it limits nothing.
    pub fn nothing() -> Said {
        Said { snapshots: None, reports: DEFAULT }
    }

    /// With the pipelines known.
    pub fn settled(&self, pipelines: impl Iterator<Item = Keep>) -> Retention {
        let longest = pipelines.chain([DEFAULT]).max().unwrap_or(DEFAULT);
        Retention { snapshots: self.snapshots.unwrap_or(longest), reports: self.reports }
    }
}

pub(super) fn of_project(section: &Section) -> Said {
    let snapshots = section.get("snapshots_days").and_then(|item| keep(&item));
    let reports = section.get("reports_days").and_then(|item| keep(&item));
    section.done(&[]);
    Said { snapshots, reports: reports.unwrap_or(DEFAULT) }
}

/// How long a pipeline's reports are kept; longer than the snapshots is refused.
pub(super) fn of_pipeline(section: &Section, project: &Said) -> Keep {
    let own = section.get("reports_days").and_then(|item| keep(&item));
    section.done(&[]);
    let reports = own.unwrap_or(project.reports);
    if let Some(snapshots) = project.snapshots.filter(|snapshots| *snapshots < reports) {
        let default = if own.is_none() { ", its default" } else { "" };
        section.refuse(format!(
            "`retention.reports_days` is {reports}{default}, but `retention.snapshots_days` of shoppulse.toml is {snapshots}; \
             expected reports_days <= snapshots_days: a report can be made again only while its snapshot is kept"
        ));
    }
    reports
}
