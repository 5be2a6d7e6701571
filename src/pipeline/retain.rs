//! What is kept how long: states of the lake, published reports.
//!
//! ```text
//! in the run's transaction   files published are remembered; snapshots past `retention.snapshots_days` are given up
//! after publishing           report files past `retention.reports_days` are removed
//! ```
//!
//! Reports of the last day of a month are kept for ever, with the snapshots from which they were made. Removed is only
//! what the ledger says was published by this pipeline; never through a link, and never what a link beside it points to.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::config::Keep;
use crate::domain::zone::MICROS_PER_DAY;
use crate::domain::{Day, Micros};
use crate::lake::Lake;
use crate::lake::ledger::ReportFile;

use super::run::{Run, RunError};

impl Run<'_> {
    /// Remembers what is about to be published and gives up what is past its time, in the running transaction. Returns
    /// the report files, below the reports folder, that are to go once it is committed.
    pub(super) fn retain(&self, lake: &mut Lake) -> Result<Vec<PathBuf>, RunError> {
        for staged in &self.staged {
            lake.ledger().add_report(&ReportFile {
                path: staged.path.to_string_lossy().into(),
                pipeline: self.pipeline.name.as_str().into(),
                as_of: staged.as_of,
                run_id: self.run_id,
            })?;
        }
        if let Keep::Days(days) = self.project.retention.snapshots {
            let made = lake.ledger().report_snapshots()?;
            let keep: BTreeSet<i64> = made.iter().filter(|(day, _)| day.is_month_end()).map(|(_, s)| *s).collect();
            let before = Micros(self.request.now.0 - i64::from(days) * MICROS_PER_DAY);
            let expired = lake.expire(before, &keep)?;
            tracing::info!(expired.snapshots, expired.files, "gave up old states of the lake");
        }
        match self.pipeline.keep_reports {
            Keep::Days(days) => self.due(lake, self.project.zone.day_of(self.request.now) - days),
            Keep::Forever => Ok(Vec::new()),
        }
    }

    /// Files of days before the limit. Those that an earlier run removed are forgotten.
    fn due(&self, lake: &Lake, limit: Day) -> Result<Vec<PathBuf>, RunError> {
        let mut due = Vec::new();
        for file in lake.ledger().reports_before(&self.pipeline.name, limit)? {
            let path = PathBuf::from(&*file.path);
            if file.as_of.is_month_end() || file.run_id == self.run_id {
                continue;
            }
            if fs::symlink_metadata(self.project.storage.reports.join(&path)).is_ok() {
                due.push(path);
            } else {
                lake.ledger().remove_report(&file.path)?;
            }
        }
        Ok(due)
    }
}

/// Removes files below the reports folder, and the folders that this empties. What cannot be removed stays for the next
/// run.
pub(super) fn remove(reports: &Path, files: &[PathBuf]) {
    let mut targets = Targets::default();
    for file in files {
        if let Err(e) = remove_one(reports, file, &mut targets) {
            tracing::warn!("the old report {} cannot be removed: {e}", file.display());
        }
    }
}

fn remove_one(reports: &Path, file: &Path, targets: &mut Targets) -> io::Result<()> {
    let mut at = reports.to_path_buf();
    for part in file.components() {
        let Component::Normal(name) = part else { return Ok(()) };
        if targets.hold(&at, name)? {
            return Ok(());
        }
        at.push(name);
        if fs::symlink_metadata(&at)?.is_symlink() {
            return Ok(());
        }
    }
    fs::remove_file(&at)?;
    let folders = at.ancestors().skip(1).take_while(|folder| *folder != reports);
    for folder in folders {
        // One that holds something else stays, and so do those above it.
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

/// What the links of each folder point to, looked up once.
#[derive(Default)]
struct Targets(BTreeMap<PathBuf, Vec<PathBuf>>);

impl Targets {
    /// Whether a link in the folder, as `latest`, points to this name in it.
    fn hold(&mut self, folder: &Path, name: &OsStr) -> io::Result<bool> {
        if !self.0.contains_key(folder) {
            let mut targets = Vec::new();
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if let Ok(target) = fs::read_link(&path) {
                    targets.push(folder.join(target));
                }
            }
            self.0.insert(folder.to_path_buf(), targets);
        }
        let path = folder.join(name);
        Ok(self.0.get(folder).is_some_and(|targets| targets.iter().any(|target| target.starts_with(&path))))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_what_was_published_goes_and_no_link_is_followed_or_left_dangling() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let at = |path: &str| dir.path().join(path);
        let write = |path: &Path| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        for path in [
            "r/2025-01-01/f.html",
            "r/2025-01-02/f.html",
            "r/2025-01-02/mine.txt",
            "r/2025-01-03/f.html",
            "x-2025-01-01.html",
            "x-2025-01-02.html",
        ] {
            write(&at(path));
        }
        symlink("2025-01-03", at("r/latest")).unwrap();
        symlink("x-2025-01-02.html", at("x-latest.html")).unwrap();
        write(&outside.path().join("f.html"));
        symlink(outside.path(), at("away")).unwrap();
        let files = [
            "r/2025-01-01/f.html",
            "r/2025-01-02/f.html",
            "r/2025-01-03/f.html",
            "x-2025-01-01.html",
            "x-2025-01-02.html",
            "away/f.html",
            "../f.html",
            "gone/f.html",
        ];
        remove(dir.path(), &files.map(PathBuf::from));
        assert!(
            !at("r/2025-01-01").exists() && !at("r/2025-01-02/f.html").exists() && !at("x-2025-01-01.html").exists()
        );
        assert!(at("r/2025-01-02/mine.txt").exists(), "not ours");
        assert!(at("r/latest/f.html").exists() && at("x-latest.html").exists(), "what `latest` shows stays");
        assert!(at("away/f.html").exists(), "no link is followed");
    }
}
