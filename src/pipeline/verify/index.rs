//! The index of ids against the lake: the one place where `verify` calls for it.

use crate::ingest::ids::{self, IdsError};
use crate::ingest::load::LoadError;
use crate::lake::Lake;
use crate::lake::verify::{Finding, Remedy};

/// Names in the lake's folder that belong to the index.
pub(super) const NAMES: &[&str] = &[ids::INDEX];

/// What is wrong with the index; each finding is one that `--repair` mends.
pub(super) fn index_problems(lake: &Lake, threads: usize) -> Result<Vec<Finding>, LoadError> {
    let problems = match ids::check(lake, threads) {
        // A file of the lake that cannot be read has its own finding.
        Err(IdsError::Lake(_) | IdsError::Load(LoadError::Lake(_))) => return Ok(Vec::new()),
        problems => problems.map_err(load_error)?,
    };
    let finding = |problem: ids::Problem| {
        let path = problem.path.strip_prefix(lake.root()).unwrap_or(&problem.path);
        Finding::new("index", path.display(), problem.found, Remedy::Repair)
    };
    Ok(problems.into_iter().map(finding).collect())
}

/// Makes the index anew from the committed rows.
pub(super) fn rebuild(lake: &Lake, threads: usize) -> Result<(), LoadError> {
    ids::rebuild(lake, threads).map_err(load_error)
}

fn load_error(error: IdsError) -> LoadError {
    match error {
        IdsError::Lake(e) => LoadError::Lake(e),
        IdsError::Load(e) => e,
        IdsError::Io { action, path, source } => LoadError::Io { action, path, source },
        e @ IdsError::Damaged { .. } => LoadError::Internal(e.to_string()),
    }
}
