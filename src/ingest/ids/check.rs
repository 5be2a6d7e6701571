//! Whether an index says what the lake says.

use std::fmt;
use std::path::PathBuf;

use crate::domain::schema::Source;
use crate::ingest::workers;
use crate::lake::Lake;

use super::catch_up::{each_portion, goes};
use super::error::{IdsError, Result};
use super::store::Opened;
use super::{event_sources, load};

/// What is wrong with the index of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub source: &'static str,
    pub path: PathBuf,
    pub found: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { source, path, found } = self;
        write!(
            f,
            "the id index of {source}: {}: {found}; remove the folder, the next run makes it anew",
            path.display()
        )
    }
}

/// Reads all runs of all sources through, and looks up every live id of the covered state. No index at all, or one that is
/// behind the lake, is no problem: the next run that needs it catches up.
///
/// # Errors
/// When the lake cannot be read, or the index for another reason than its content.
pub fn check(lake: &Lake, threads: usize) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for source in event_sources() {
        match check_source(lake, source, threads) {
            Err(IdsError::Damaged { path, found }) => problems.push(Problem { source: source.name, path, found }),
            checked => checked?,
        }
    }
    Ok(problems)
}

fn check_source(lake: &Lake, source: &'static Source, threads: usize) -> Result<()> {
    let store = load(lake, source)?;
    let covers = store.covers().snapshot;
    if covers < 0 {
        return Ok(());
    }
    let opened = store.open()?;
    opened.prove()?;
    let newer: Vec<i64> = lake.files_begun(source.name, covers, i64::MAX - 1)?.iter().map(|f| f.id).collect();
    let mut files = lake.files(source.name, None)?;
    files.retain(|file| !newer.contains(&file.id));
    let lacks = |files: Vec<_>| {
        let mut lacks = 0;
        each_portion(source, &files, usize::MAX, |keys| {
            lacks += lacking(&opened, keys)?;
            Ok(())
        })?;
        Ok::<_, IdsError>(lacks)
    };
    match workers::each(threads, goes(files), lacks)?.into_iter().sum::<usize>() {
        0 => Ok(()),
        n => Err(IdsError::damaged(store.folder(), format!("{n} ids of the lake are not in it"))),
    }
}

fn lacking(opened: &Opened, mut keys: Vec<u64>) -> Result<usize> {
    keys.sort_unstable();
    keys.dedup();
    opened.lacks(&keys)
}
