//! One run at a time: a lock on the project that dies with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Held while a run is on; the operating system frees it however the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the project could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another run holds the project ({holder}); wait for it, or start with --wait 30m")]
    Held { holder: String },
    #[error("cannot lock the project at {path}: {source}; check the folder's owner and free space")]
    Io { path: PathBuf, source: std::io::Error },
}

/// How often a waiting run looks again.
const PAUSE: Duration = Duration::from_millis(200);

/// Takes the lock in the folder `lake`, waiting at most so long.
pub fn take(lake: &Path, wait: Duration) -> Result<Lock, LockError> {
    let path = lake.join("run.lock");
    let failed = |source| LockError::Io { path: path.clone(), source };
    std::fs::create_dir_all(lake).map_err(failed)?;
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    let mut waited = Duration::ZERO;
    loop {
        match file.try_lock() {
            Ok(()) => {
                // Only for the message that the next one sees.
                let _ = file.set_len(0).and_then(|()| file.rewind());
                let _ = write!(file, "process {}", std::process::id());
                return Ok(Lock { _file: file });
            }
            Err(TryLockError::WouldBlock) if waited < wait => {
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                return Err(LockError::Held { holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_it_and_gets_it_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let first = take(dir.path(), Duration::ZERO).unwrap();
        let refused = take(dir.path(), Duration::ZERO).unwrap_err();
        assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
        drop(first);
        assert!(take(dir.path(), Duration::ZERO).is_ok());
    }
}
