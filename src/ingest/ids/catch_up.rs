//! The lake's files -> runs: of those that an index has not seen yet, of all when it is made anew.

use crate::domain::schema::Source;
use crate::ingest::cells::text;
use crate::ingest::hashes::{day_number, entry, hash_id};
use crate::ingest::load::LoadError;
use crate::ingest::workers;
use crate::lake::{DataFile, Lake, scan};

use super::Brought;
use super::error::{IdsError, Result};
use super::store::Store;
use super::write::RunName;

/// Rows of the files that one thread reads in one go, unless a single file has more.
const GO_ROWS: u64 = 4 << 20;
/// Keys in memory at once, a thread.
const PORTION: usize = 8 << 20;

/// Brings indexes up to the lake's newest committed state, whatever the running transaction did since; what the last commit
/// brought is taken as it is `brought`, if it is.
pub(super) fn catch_up(
    lake: &Lake,
    mut indexes: Vec<(&'static Source, Store)>,
    threads: usize,
    brought: Option<Brought<'_>>,
) -> Result<Vec<(&'static Source, Store)>> {
    let now = lake.committed()?;
    let mut work: Vec<(usize, Part<'_>)> = Vec::new();
    for (n, (source, store)) in indexes.iter().enumerate() {
        let covers = store.covers().snapshot;
        let brought = brought.filter(|b| covers <= b.since).and_then(|b| Some((b.since, b.ids.get(source.name)?)));
        let files = lake.files_begun(source.name, covers, brought.map_or(now.snapshot, |(since, _)| since))?;
        work.extend(goes(files).into_iter().map(|files| (n, Part::Files(files))));
        work.extend(brought.into_iter().flat_map(|(_, windows)| windows).map(|keys| (n, Part::Keys(keys))));
    }
    let read = |(n, part): (usize, Part<'_>)| {
        let (source, store) = &indexes[n];
        let mut runs = Vec::new();
        match part {
            Part::Keys(keys) => runs.push(Store::write_sorted(store.folder(), keys)?),
            Part::Files(files) => each_portion(source, &files, PORTION, |keys| {
                runs.push(Store::write(store.folder(), keys)?);
                Ok(())
            })?,
        }
        Ok::<_, IdsError>((n, runs))
    };
    let mut new: Vec<Option<Vec<RunName>>> = vec![None; indexes.len()];
    for (n, runs) in workers::each(threads, work, read)? {
        new[n].get_or_insert_default().extend(runs);
    }
    let append = |((_, store), runs): (&mut (&'static Source, Store), Option<Vec<RunName>>)| {
        // One that is made anew is written even if the lake has no rows: what stood there is not to be believed.
        let anew = store.covers().snapshot < 0 && store.folder().exists();
        match runs.or(anew.then(Vec::new)) {
            Some(runs) => store.append(runs, now.clone()),
            None => Ok(()),
        }
    };
    workers::each(threads, indexes.iter_mut().zip(new).collect(), append)?;
    Ok(indexes)
}

/// What a run is made of.
enum Part<'a> {
    Files(Vec<DataFile>),
    Keys(&'a [u64]),
}

/// Files in their order, in groups of a bounded number of rows.
pub(super) fn goes(files: Vec<DataFile>) -> Vec<Vec<DataFile>> {
    let mut goes: Vec<(u64, Vec<DataFile>)> = Vec::new();
    for file in files {
        match goes.last_mut() {
            Some((rows, go)) if *rows + file.rows <= GO_ROWS => {
                *rows += file.rows;
                go.push(file);
            }
            _ => goes.push((file.rows, vec![file])),
        }
    }
    goes.into_iter().map(|(_, go)| go).collect()
}

/// The keys of the files' ids, in portions of about `most`.
pub(super) fn each_portion(
    source: &Source,
    files: &[DataFile],
    most: usize,
    mut take: impl FnMut(Vec<u64>) -> Result<()>,
) -> Result<()> {
    let rows = files.iter().map(|f| f.rows as usize).sum::<usize>().min(most);
    let mut keys: Vec<u64> = Vec::with_capacity(rows);
    for file in files {
        let day = file.day.ok_or_else(|| LoadError::Internal(format!("{} has no day", file.path.display())))?;
        let day = day_number(day);
        for batch in scan(source.name, file, &["event_id"])? {
            let batch = batch?;
            keys.extend(text(&batch, "event_id")?.iter().flatten().map(|id| entry(hash_id(id), day)));
            if keys.len() >= most {
                take(std::mem::take(&mut keys))?;
            }
        }
    }
    if keys.is_empty() { Ok(()) } else { take(keys) }
}
