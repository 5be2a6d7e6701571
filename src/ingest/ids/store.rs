//! The runs of one source and the manifest that names them.
//!
//! ```text
//! lake/index/shop_clicks/manifest.json   which state of which lake is covered, by which runs, oldest first
//!                        0123456789abcdef.run ...
//! ```
//!
//! The manifest is replaced as a whole, after the runs that it names are durable. A file that it does not name is what a
//! death left, or was merged: it is removed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::ingest::hashes::{day_of, first_of};
use crate::lake::Committed;

use super::error::{IdsError, Result, io};
use super::merge::{merge, newest_to_merge};
use super::read::Run;
use super::write;
use super::write::RunName;

const MANIFEST: &str = "manifest.json";
const TEMPORARY: &str = ".manifest.tmp";
/// Of the manifest; that of a run stands in the run.
const FORMAT: u32 = 2;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    covers: Committed,
    runs: Vec<RunName>,
}

/// The index of one source on disk.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    manifest: Manifest,
}

/// An opened index: every id of the covered state is in it, with its day.
pub struct Opened {
    runs: Vec<Run>,
}

impl Store {
    /// An index that covers nothing of a lake yet; what stands in the folder goes with the first [`Store::append`].
    pub fn empty(folder: &Path, lake: &str) -> Store {
        let lake = lake.into();
        let covers = Committed { lake, snapshot: -1, time: String::new(), file: -1, file_name: String::new() };
        let manifest = Manifest { format: FORMAT, covers, runs: Vec::new() };
        Store { folder: folder.into(), manifest }
    }

    /// Reads the manifest; `None` when there is none.
    pub fn load(folder: &Path) -> Result<Option<Store>> {
        let path = folder.join(MANIFEST);
        let text = match std::fs::read(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(io("cannot read", &path))?,
        };
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|e| IdsError::damaged(&path, format!("not a manifest: {e}")))?;
        if manifest.format != FORMAT {
            return Err(IdsError::damaged(&path, format!("format {}, expected {FORMAT}", manifest.format)));
        }
        Ok(Some(Store { folder: folder.into(), manifest }))
    }

    /// The state that is covered; snapshot -1 when none is.
    pub fn covers(&self) -> &Committed {
        &self.manifest.covers
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes entries ([`hashes`](crate::ingest::hashes), in any order) as a run that no manifest names yet.
    pub fn write(folder: &Path, mut keys: Vec<u64>) -> Result<RunName> {
        keys.sort_unstable();
        Store::write_sorted(folder, &keys)
    }

    /// As [`Store::write`], of sorted entries.
    pub fn write_sorted(folder: &Path, keys: &[u64]) -> Result<RunName> {
        std::fs::create_dir_all(folder).map_err(io("cannot make folder", folder))?;
        write::write(folder, keys)
    }

    /// Takes runs in, oldest first, and says that `covers` is covered with them; merges what is due.
    pub fn append(&mut self, runs: Vec<RunName>, covers: Committed) -> Result<()> {
        let known: BTreeSet<String> = self.manifest.runs.iter().map(|r| r.name.clone()).collect();
        let new = runs.into_iter().filter(|r| r.entries > 0 && !known.contains(&r.name));
        let mut manifest =
            Manifest { format: FORMAT, covers, runs: self.manifest.runs.iter().cloned().chain(new).collect() };
        let sizes: Vec<u64> = manifest.runs.iter().map(|r| r.entries).collect();
        let n = newest_to_merge(&sizes);
        if n > 1 {
            let merged = manifest.runs.split_off(sizes.len() - n);
            manifest.runs.push(merge(&self.folder, &merged)?);
        }
        self.save(&manifest)?;
        self.manifest = manifest;
        self.sweep();
        Ok(())
    }

    fn save(&self, manifest: &Manifest) -> Result<()> {
        let (temporary, path) = (self.folder.join(TEMPORARY), self.folder.join(MANIFEST));
        std::fs::create_dir_all(&self.folder).map_err(io("cannot make folder", &self.folder))?;
        let text = serde_json::to_vec_pretty(manifest).map_err(|e| IdsError::damaged(&path, e.to_string()))?;
        let mut file = File::create(&temporary).map_err(io("cannot make", &temporary))?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(io("cannot write", &temporary))?;
        std::fs::rename(&temporary, &path).map_err(io("cannot rename", &temporary))?;
        File::open(&self.folder).and_then(|f| f.sync_all()).map_err(io("cannot fsync folder", &self.folder))
    }

    /// Removes what the manifest does not name. What cannot be removed now is removed later, and costs nothing but space.
    fn sweep(&self) {
        let named: BTreeSet<&str> = self.manifest.runs.iter().map(|r| r.name.as_str()).chain([MANIFEST]).collect();
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for entry in entries.filter(|e| e.file_name().to_str().is_none_or(|name| !named.contains(name))) {
            let _ = std::fs::remove_file(entry.path());
        }
    }

    /// Opens all runs and proves their heads.
    pub fn open(&self) -> Result<Opened> {
        let runs = self.manifest.runs.iter().map(|run| Run::open(&self.folder, run)).collect::<Result<_>>()?;
        Ok(Opened { runs })
    }
}

/// Entries that are asked for at a time, so that their ids take 8 MiB beside them, however many they are.
const PORTION: usize = 1 << 20;

impl Opened {
    /// The numbers of the days on which the index has the id of one of the entries (sorted), or another with the same 48
    /// bits of hash.
    pub fn days(&self, entries: &[u64]) -> Result<BTreeSet<u16>> {
        let mut met = vec![false; usize::from(u16::MAX) + 1];
        for part in entries.chunks(PORTION).filter(|_| !self.runs.is_empty()) {
            let wanted = ids_of(part);
            for run in &self.runs {
                run.search(&wanted, &mut |key| met[usize::from(day_of(key))] = true)?;
            }
        }
        Ok((0..=u16::MAX).filter(|day| met[usize::from(*day)]).collect())
    }

    /// How many of these keys (sorted, distinct) the index lacks.
    pub fn lacks(&self, keys: &[u64]) -> Result<usize> {
        let wanted = ids_of(keys);
        let mut found = vec![false; keys.len()];
        for run in &self.runs {
            run.search(&wanted, &mut |key| {
                if let Ok(at) = keys.binary_search(&key) {
                    found[at] = true;
                }
            })?;
        }
        Ok(found.iter().filter(|f| !**f).count())
    }

    /// Entries of all runs; some may stand in several.
    pub fn entries(&self) -> u64 {
        self.runs.iter().map(|r| r.entries).sum()
    }

    /// Reads every run through and proves all of it.
    pub fn prove(&self) -> Result<()> {
        for run in &self.runs {
            let (mut keys, mut last) = (run.keys(), None);
            loop {
                let portion = keys.portion()?;
                if portion.is_empty() {
                    break;
                }
                if last.is_some_and(|last| last >= portion[0]) || !portion.is_sorted_by(|a, b| a < b) {
                    return Err(IdsError::damaged(run.path(), "its keys are out of order".into()));
                }
                last = portion.last().copied();
            }
        }
        Ok(())
    }
}

/// The ids of sorted entries, each once, as their entries of day 0.
fn ids_of(entries: &[u64]) -> Vec<u64> {
    let mut ids: Vec<u64> = entries.iter().map(|e| first_of(*e)).collect();
    ids.dedup();
    ids
}
