//! Making files and folders survive a power cut, many at once.
//!
//! An fsync is a wait for the disk, not work; the disk takes many in one go. A first load of some thousand day
//! files waits a minute and more when they are fsynced one after the other, and a second when they are not.

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{LakeError, Result, io};

/// How many fsyncs wait at a time.
const AT_ONCE: usize = 32;

/// Fsyncs all files or folders; of several errors the first by position is told.
pub(super) fn fsync_all(paths: &[PathBuf]) -> Result<()> {
    let next = AtomicUsize::new(0);
    let work = || -> Option<(usize, LakeError)> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let path = paths.get(at)?;
            if let Err(e) = File::open(path).and_then(|f| f.sync_all()) {
                return Some((at, io("cannot fsync", path)(e)));
            }
        }
    };
    let failed = std::thread::scope(|scope| {
        let spawn = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
        let helpers: Vec<_> = (1..AT_ONCE.min(paths.len())).map_while(spawn).collect();
        // What no helper could be had for, this thread does.
        let mine = work();
        let theirs = helpers.into_iter().map(|h| h.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        theirs.chain([mine]).flatten().min_by_key(|(at, _)| *at)
    });
    failed.map_or(Ok(()), |(_, error)| Err(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_cannot_be_synced_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let mut paths: Vec<PathBuf> = (0..100).map(|n| folder.path().join(n.to_string())).collect();
        paths.iter().for_each(|p| std::fs::write(p, "x").unwrap());
        assert!(fsync_all(&paths).is_ok() && fsync_all(&[]).is_ok());
        paths[70] = folder.path().join("gone");
        paths[90] = folder.path().join("gone too");
        assert!(matches!(fsync_all(&paths), Err(LakeError::Io { path, .. }) if path == paths[70]));
    }
}
