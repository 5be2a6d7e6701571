//! One run at a time: a lock on the lake's folder that dies with its process.
//!
//! Locked are the folder and `run.lock` in it, which says who holds it. A file that is removed by hand while a run
//! holds it would lock nobody out; the folder does. Network file systems that cannot lock a folder lock the file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Held while a run is on; the operating system frees it however the process ends.
#[derive(Debug)]
pub struct Lock {
    // Freed first, so that who gets the file gets the folder too.
    _folder: File,
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

/// Takes the lock of the folder `lake`, waiting at most so long.
///
/// # Errors
/// [`LockError::Held`] when another run has it to the end of the wait.
pub fn take(lake: &Path, wait: Duration) -> Result<Lock, LockError> {
    let path = lake.join("run.lock");
    let failed = |source| LockError::Io { path: path.clone(), source };
    std::fs::create_dir_all(lake).map_err(failed)?;
    let mut waited = Duration::ZERO;
    loop {
        match try_take(lake, &path).map_err(failed)? {
            Ok(lock) => return Ok(lock),
            Err(_) if waited < wait => {
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
            Err(holder) => return Err(LockError::Held { holder }),
        }
    }
}

/// The lock, or who holds it. Both are opened anew at each try: what was locked must be what the names stand for.
fn try_take(lake: &Path, path: &Path) -> io::Result<Result<Lock, String>> {
    let folder = File::open(lake)?;
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    let holder = |mut file: File| {
        let mut holder = String::new();
        let _ = file.read_to_string(&mut holder);
        if holder.is_empty() { "its run.lock is new".to_string() } else { holder }
    };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return Ok(Err(holder(file))),
        Err(TryLockError::Error(e)) => return Err(e),
        Ok(()) => {}
    }
    if let Err(TryLockError::WouldBlock) = folder.try_lock() {
        return Ok(Err(holder(file)));
    }
    // Only for the message that the next one sees.
    let _ = file.set_len(0).and_then(|()| file.rewind());
    let _ = write!(file, "process {}", std::process::id());
    Ok(Ok(Lock { _folder: folder, _file: file }))
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
        std::fs::remove_file(dir.path().join("run.lock")).unwrap();
        assert!(matches!(take(dir.path(), Duration::ZERO), Err(LockError::Held { .. })), "the lock file is gone");
        drop(first);
        assert!(take(dir.path(), Duration::ZERO).is_ok());
    }
}
