//! Nothing lies below the lake's folder that nobody knows.

use std::ffi::OsStr;
use std::path::Path;

use super::super::durable::fsync_all;
use super::super::files::DATA;
use super::super::sweep;
use super::super::{Lake, Result, copy, io, kept};
use super::{Finding, Recorded, Remedy};

/// What runs leave for the next one, or keep for themselves.
const OURS: &[&str] = &[DATA, copy::CATALOG, copy::COPY, kept::KEPT, "run.lock"];
/// What a run that died may have left; the next start removes it.
const LEFT: &[&str] = &["staging", sweep::MARK, copy::TEMPORARY, "catalog.sqlite-journal"];

impl Lake {
    /// Files that no catalog row names, and names that are not the lake's. `known` are further names in the lake's
    /// folder that belong to it. Links are not followed.
    pub fn check_disk(&self, known: &[&str]) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let left = || Remedy::Nothing("left by a run that died; the next one removes it".into());
        let unknown = || Remedy::Do("it is not the lake's: move it elsewhere".into());
        for (name, _) in entries(&self.root)? {
            let is = |names: &[&str]| names.iter().any(|n| name == OsStr::new(n));
            if is(LEFT) {
                findings.push(Finding::new("disk", name.display(), "a leftover", left()));
            } else if !is(OURS) && !is(known) {
                findings.push(Finding::new("disk", name.display(), "an unknown name in the lake's folder", unknown()));
            }
        }
        let named = sweep::named(&self.root, &self.conn)?;
        let orphans = || if sweep::is_due(&self.root) { left() } else { Remedy::Repair };
        let data = self.root.join(DATA);
        let mut open = vec![data.clone()];
        while let Some(folder) = open.pop() {
            for (name, kind) in entries(&folder)? {
                let path = folder.join(&name);
                let shown = self.shown(&path);
                if kind.is_dir() {
                    open.push(path);
                } else if !kind.is_file() || path.extension() != Some(OsStr::new("parquet")) {
                    findings.push(Finding::new("disk", shown, "no data file, but below data/", unknown()));
                } else if !named.contains(&path) {
                    findings.push(Finding::new("orphan", shown, "a data file that no snapshot holds", orphans()));
                }
            }
        }
        findings.sort_by(|a, b| (a.check, &a.place).cmp(&(b.check, &b.place)));
        Ok(findings)
    }

    /// A path as findings name it: below the lake's folder.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// Gives a damaged file its bytes back from a live file of the same table that has the hash that it had; says
    /// whether there is one. Older snapshots then read what they always read.
    pub fn restore_from_twin(&self, table: &str, recorded: &Recorded) -> Result<bool> {
        let Some(hash) = recorded.blake3 else { return Ok(false) };
        let twins = self.recorded(table)?;
        let same = |r: &&Recorded| r.live() && r.blake3 == Some(hash) && r.file.id != recorded.file.id;
        let Some(twin) = twins.iter().find(same) else { return Ok(false) };
        let path = &recorded.file.path;
        let fresh = path.with_extension("restored.parquet");
        std::fs::copy(&twin.file.path, &fresh).map_err(io("cannot write", &fresh))?;
        fsync_all(std::slice::from_ref(&fresh))?;
        std::fs::rename(&fresh, path).map_err(io("cannot replace", path))?;
        fsync_all(&path.parent().map(Path::to_path_buf).into_iter().collect::<Vec<_>>())?;
        Ok(true)
    }

    /// Removes every data file that no snapshot holds; returns how many there were. Not within a transaction.
    pub fn remove_orphans(&self) -> Result<usize> {
        sweep::sweep(&self.root, &self.conn)
    }
}

/// Names and kinds in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<(std::ffi::OsString, std::fs::FileType)>> {
    let listed = std::fs::read_dir(folder).map_err(io("cannot list", folder))?;
    let entry = |entry: std::io::Result<std::fs::DirEntry>| entry.and_then(|e| Ok((e.file_name(), e.file_type()?)));
    let mut entries = listed.map(entry).collect::<std::io::Result<Vec<_>>>().map_err(io("cannot list", folder))?;
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(entries)
}
