//! On which days the lake has an id: the index that makes looking for conflicts cost what is new, not what is old.
//!
//! ```text
//! layout.rs    a run file: sorted keys                    write.rs, read.rs
//! search.rs    hashes -> the keys of a run that have them
//! merge.rs     some runs become one
//! store.rs     the runs of a source, its manifest
//! catch_up.rs  files of the lake that the index has not seen
//! check.rs     does it say what the lake says?
//! ```
//!
//! It is derived and never truth. It knows at least the ids of the lake's state that its manifest names, in 48 bits each; what it
//! finds is looked up in the lake's files of that day, and what it says is not there is not there. Every byte that is used is
//! proved by a sum. When it is missing, damaged, of another lake or ahead of the lake, it is made anew from the lake's id
//! columns; when it is behind (a death between the lake's commit and its own, a run of an older program), it reads what it
//! has not seen. When that fails too, the caller reads all days, which is slow and right.

mod catch_up;
mod check;
mod error;
mod layout;
mod merge;
mod read;
mod search;
mod store;
#[cfg(test)]
mod tests;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::schema::{SOURCES, Source};
use crate::lake::Lake;

pub use check::{Problem, check};
pub use error::{IdsError, Result};
pub use store::{Opened, Store};
pub use write::RunName;

/// The folder of all indexes, below the lake's.
pub const INDEX: &str = "index";

/// The numbers of the days of the lake's committed state that may have an id of these entries ([`super::hashes`], sorted),
/// whatever days those name. The index is healed first. `None` when it cannot be had: then any day may.
pub fn days(lake: &Lake, source: &'static Source, threads: usize, entries: &[u64]) -> Option<BTreeSet<u16>> {
    let found = match try_days(lake, source, threads, entries, false) {
        Err(e @ (IdsError::Damaged { .. } | IdsError::Io { .. })) => {
            tracing::warn!("the id index of {} is made anew: {e}", source.name);
            try_days(lake, source, threads, entries, true)
        }
        found => found,
    };
    found.inspect_err(|e| tracing::warn!("the id index of {} cannot be used, all days are read: {e}", source.name)).ok()
}

fn try_days(
    lake: &Lake,
    source: &'static Source,
    threads: usize,
    entries: &[u64],
    anew: bool,
) -> Result<BTreeSet<u16>> {
    let index = if anew { empty(lake, source)? } else { load(lake, source)? };
    let mut found = BTreeSet::new();
    for (_, index) in catch_up::catch_up(lake, vec![(source, index)], threads, None)? {
        found.extend(index.open()?.days(entries)?);
    }
    Ok(found)
}

/// The ids that a commit brought, as far as its run still has them; then its files need not be read again.
#[derive(Clone, Copy)]
pub struct Brought<'a> {
    /// The newest snapshot before the commit.
    pub since: i64,
    /// Sorted entries of each source's new rows.
    pub ids: &'a BTreeMap<&'static str, Vec<Vec<u64>>>,
}

/// Brings the index up to what was committed. A failure changes nothing for the run that committed: it is told, and the
/// next one mends it.
pub fn update(lake: &Lake, threads: usize, brought: Option<Brought<'_>>) {
    let updated = stores(|source| match load(lake, source) {
        Err(IdsError::Damaged { .. }) => empty(lake, source),
        loaded => loaded,
    });
    let updated = updated.and_then(|indexes| catch_up::catch_up(lake, indexes, threads, brought));
    if let Err(e) = updated {
        tracing::warn!("the id index is behind the lake, the next run tries again to catch up: {e}");
    }
}

/// Makes the index anew from the lake.
///
/// # Errors
/// When the lake cannot be read or the index cannot be written.
pub fn rebuild(lake: &Lake, threads: usize) -> Result<()> {
    let indexes = stores(|source| empty(lake, source))?;
    catch_up::catch_up(lake, indexes, threads, None).map(drop)
}

fn stores(store: impl Fn(&'static Source) -> Result<Store>) -> Result<Vec<(&'static Source, Store)>> {
    event_sources().map(|source| Ok((source, store(source)?))).collect()
}

fn event_sources() -> impl Iterator<Item = &'static Source> {
    SOURCES.iter().filter(|s| s.is_events())
}

/// The index as its manifest has it; an empty one when there is none.
///
/// # Errors
/// [`IdsError::Damaged`] when it cannot be read or is not of a state that the lake was in.
fn load(lake: &Lake, source: &Source) -> Result<Store> {
    let folder = lake.root().join(INDEX).join(source.name);
    let Some(store) = Store::load(&folder)? else { return empty(lake, source) };
    if !lake.was(store.covers())? {
        let found = format!("it is of another state of a lake (snapshot {})", store.covers().snapshot);
        return Err(IdsError::damaged(&folder, found));
    }
    Ok(store)
}

fn empty(lake: &Lake, source: &Source) -> Result<Store> {
    Ok(Store::empty(&lake.root().join(INDEX).join(source.name), &lake.committed()?.lake))
}
