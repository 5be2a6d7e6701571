//! The files of all sources: which are those that were read before, which are to be read, which may still be written to.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use crate::domain::schema::Source;
use crate::lake::ledger::{Ledger, Seen};

use super::cells::IdMap;
use super::load::{LoadError, Request, Timings};
use super::{SourceFile, discover, settle};

/// The files of a source.
pub(super) struct Listed {
    pub source: &'static Source,
    pub found: discover::Found,
    /// Of the files found: those that are, by size, time and inode, the ones that were read before.
    pub unchanged: Vec<SourceFile>,
    pub waiting: Vec<(SourceFile, String)>,
}

/// Lists the files of all sources. What is remembered of files is read once, whole: many files are told so at less cost
/// than by a question to the ledger for each.
pub(super) fn list(request: &Request<'_>, ledger: &Ledger<'_>) -> Result<Vec<Listed>, LoadError> {
    let found = |source: &&'static Source| {
        let found = discover::discover(request.project, source);
        Listed { source, found, unchanged: Vec::new(), waiting: Vec::new() }
    };
    let mut listed: Vec<Listed> = request.sources.iter().map(found).collect();
    if request.rehash {
        return Ok(listed);
    }
    let same = unchanged(&listed, ledger)?;
    for (listed, same) in listed.iter_mut().zip(same) {
        let mut same = same.into_iter();
        let files = std::mem::take(&mut listed.found.files).into_iter();
        (listed.unchanged, listed.found.files) = files.partition(|_| same.next().unwrap_or(false));
    }
    Ok(listed)
}

/// For each file found, whether it was read before.
fn unchanged(listed: &[Listed], ledger: &Ledger<'_>) -> Result<Vec<Vec<bool>>, LoadError> {
    let mut same: Vec<Vec<bool>> = listed.iter().map(|l| vec![false; l.found.files.len()]).collect();
    let mut sources: HashMap<&str, (usize, IdMap<&str, usize>)> = HashMap::new();
    for (l, of) in listed.iter().enumerate() {
        let places = of.found.files.iter().enumerate().map(|(n, file)| (file.path.as_str(), n));
        sources.insert(of.source.name, (l, places.collect()));
    }
    ledger.each_seen(&mut |seen| {
        if let Some((l, places)) = sources.get(seen.source)
            && let Some(n) = places.get(seen.path)
        {
            same[*l][*n] = is_same(&listed[*l].found.files[*n], &seen);
        }
    })?;
    Ok(same)
}

/// Whether a file is, by size, time and inode, the one that was read before.
fn is_same(file: &SourceFile, seen: &Seen<'_>) -> bool {
    u64::try_from(seen.size) == Ok(file.size)
        && seen.mtime_ns == file.mtime_ns
        && u64::try_from(seen.inode) == Ok(file.inode)
}

/// Waits, once for all sources, until the files that are to be read have lain still; those that did not are
/// left for the next run. When there is nothing to read, or nothing young, there is nothing to wait for. Returns the time
/// that was waited.
pub(super) fn settle(request: &Request<'_>, listed: &mut [Listed]) -> Duration {
    let settle = Duration::from_secs(request.project.storage.settle_seconds.into());
    let now = SystemTime::now();
    let rest = settle::rest(listed.iter().flat_map(|l| &l.found.files), now, settle);
    if rest.is_zero() {
        return Duration::ZERO;
    }
    if rest > Duration::from_secs(5) {
        let seconds = rest.as_secs();
        request.progress.line(&format!("waiting {seconds} s for files that were written a moment ago"));
    }
    let mut waited = Duration::ZERO;
    Timings::time(&mut waited, || std::thread::sleep(rest));
    for listed in listed {
        let files = std::mem::take(&mut listed.found.files);
        for file in files {
            let young = settle::is_young(&file, now, settle);
            // What the disk does not say now, reading the file will tell.
            match young.then(|| settle::changed(&file).ok().flatten()).flatten() {
                Some(why) => listed.waiting.push((file, why)),
                None => listed.found.files.push(file),
            }
        }
    }
    waited
}
