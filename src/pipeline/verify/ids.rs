//! Ids are unique per source, over all days, in bounded memory.
//!
//! ```text
//! 1. the number of every live id goes to one of 64 buckets; past a limit the buckets go to unnamed files
//! 2. each bucket is sorted: numbers that stand twice
//! 3. only if there are any: the ids themselves are read again, so that two ids of one number are no finding
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::ingest::cells::text;
use crate::ingest::load::LoadError;
use crate::ingest::workers;
use crate::lake::scan;
use crate::lake::verify::{Finding, Recorded, Remedy};

use super::rows::number;

const BUCKETS: usize = 64;
/// Numbers in memory: 64 MiB.
const LIMIT: usize = 8 << 20;
/// Ids that are named; of more the number is told.
const NAMED: usize = 20;

/// The numbers of a source's ids.
pub(super) struct Ids {
    folder: PathBuf,
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    buckets: Vec<Vec<u64>>,
    held: usize,
    /// One for each bucket, or none at all.
    spilled: Vec<File>,
}

impl Ids {
    /// `folder` takes the unnamed files, if any are needed.
    pub(super) fn new(folder: PathBuf) -> Ids {
        Ids {
            folder,
            limit: LIMIT,
            state: Mutex::new(State { buckets: vec![Vec::new(); BUCKETS], ..State::default() }),
        }
    }

    pub(super) fn add(&self, numbers: &[u64]) -> Result<(), LoadError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        for n in numbers {
            state.buckets[(n >> 58) as usize].push(*n);
        }
        state.held += numbers.len();
        if state.held >= self.limit { self.spill(&mut state) } else { Ok(()) }
    }

    fn spill(&self, state: &mut State) -> Result<(), LoadError> {
        let failed = |source| LoadError::io("cannot keep ids in", &self.folder, source);
        while state.spilled.len() < BUCKETS {
            state.spilled.push(tempfile::tempfile_in(&self.folder).map_err(failed)?);
        }
        for (bucket, file) in state.buckets.iter_mut().zip(&mut state.spilled) {
            let bytes: Vec<u8> = bucket.drain(..).flat_map(u64::to_le_bytes).collect();
            file.write_all(&bytes).map_err(failed)?;
        }
        state.held = 0;
        Ok(())
    }

    /// Numbers that were added more than once, sorted.
    pub(super) fn repeated(self) -> Result<Vec<u64>, LoadError> {
        let failed = |source| LoadError::io("cannot read ids in", &self.folder, source);
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut repeated = Vec::new();
        let mut spilled = state.spilled.iter_mut();
        for bucket in &mut state.buckets {
            let mut all = std::mem::take(bucket);
            if let Some(file) = spilled.next() {
                let mut bytes = Vec::new();
                file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(failed)?;
                all.extend(bytes.as_chunks().0.iter().map(|n| u64::from_le_bytes(*n)));
            }
            all.sort_unstable();
            let twice = all.chunk_by(|a, b| a == b).filter(|run| run.len() > 1).map(|run| run[0]);
            repeated.extend(twice);
        }
        Ok(repeated)
    }
}

/// The ids that stand more than once in the files, from the numbers that do. `root` is the lake's folder.
pub(super) fn findings(
    root: &Path,
    source: &'static str,
    repeated: Vec<u64>,
    files: Vec<Recorded>,
    threads: usize,
) -> Result<Vec<Finding>, LoadError> {
    if repeated.is_empty() {
        return Ok(Vec::new());
    }
    let met = workers::each(threads, files, |recorded| {
        let mut met = Vec::new();
        for batch in scan(source, &recorded.file, &["event_id"])? {
            let batch = batch?;
            let ids = text(&batch, "event_id")?.iter().flatten();
            met.extend(ids.filter(|id| repeated.binary_search(&number(id)).is_ok()).map(str::to_string));
        }
        Ok::<_, LoadError>((
            recorded.file.path.strip_prefix(root).unwrap_or(&recorded.file.path).display().to_string(),
            met,
        ))
    })?;
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, ids) in met {
        for id in ids {
            places.entry(id).or_default().push(path.clone());
        }
    }
    places.retain(|_, places| places.len() > 1);
    let all = places.len();
    let todo = || {
        Remedy::Do(
            "restore lake/ from a backup; without one, move it away and load what is below incoming/ again".into(),
        )
    };
    let named = places.into_iter().take(NAMED).map(|(id, places)| {
        let found = format!("event_id {id:?} stands {} times: {}", places.len(), places.join(", "));
        Finding::new("ids", source, found, todo())
    });
    let mut found: Vec<Finding> = named.collect();
    if all > NAMED {
        found.push(Finding::new("ids", source, format!("{} more ids stand more than once", all - NAMED), todo()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_numbers_are_found_in_memory_and_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        for limit in [3, 1_000_000] {
            let ids = Ids { limit, ..Ids::new(folder.path().into()) };
            for part in [&[7, u64::MAX, 1 << 60][..], &[8, 9], &[1 << 60, 10, 11, 7, 7]] {
                ids.add(part).unwrap();
            }
            assert_eq!(ids.repeated().unwrap(), [7, 1 << 60]);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
    }
}
