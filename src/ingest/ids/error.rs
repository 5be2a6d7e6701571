//! What can go wrong with the index. None of it is ever the lake's fault or loss.

use std::path::{Path, PathBuf};

use crate::ingest::account::LoadError;
use crate::lake::LakeError;

#[derive(Debug, thiserror::Error)]
pub enum IdsError {
    /// It does not hold what it should; it is made anew from the lake.
    #[error("{path}: {found}")]
    Damaged { path: PathBuf, found: String },
    #[error("{action} {path}: {source}")]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Load(#[from] LoadError),
}

pub type Result<T> = std::result::Result<T, IdsError>;

impl IdsError {
    pub(super) fn damaged(path: &Path, found: String) -> IdsError {
        IdsError::Damaged { path: path.into(), found }
    }
}

/// Names the action and the path of an I/O error.
pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> IdsError {
    let path = path.to_path_buf();
    move |source| IdsError::Io { action, path, source }
}
