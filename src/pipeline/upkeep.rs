//! What may keep work on the lake that is no run from being done.

use crate::ingest::load::LoadError;
use crate::lake::LakeError;

use super::lock::LockError;

/// Why the lake was not looked at, mended or marked; the old state stands.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Load(#[from] LoadError),
}
