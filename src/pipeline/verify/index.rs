//! The index of ids against the lake: the one place where `verify` calls for it.

use crate::ingest::load::LoadError;
use crate::lake::Lake;
use crate::lake::verify::Finding;

/// Names in the lake's folder that belong to the index.
pub(super) const NAMES: &[&str] = &[];

/// What is wrong with the index; each finding is one that `--repair` mends.
pub(super) fn index_problems(_lake: &Lake) -> Result<Vec<Finding>, LoadError> {
    Ok(Vec::new())
}

/// Makes the index anew from the running transaction's rows.
pub(super) fn rebuild(_lake: &mut Lake) -> Result<(), LoadError> {
    Ok(())
}
