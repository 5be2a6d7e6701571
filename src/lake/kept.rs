//! Results that are kept from one night to the next, to save the time of computing them again: one file in a folder of its own,
//! whole or not there.
//!
//! ```text
//! lake/kept/fits.bin    content │ BLAKE3 of the content
//! ```
//!
//! It is derived and never needed: missing, damaged, cut short, of another program, it counts as not there. Replaced as a
//! whole, durably; what a death leaves beside it goes with the next start. What the content means is for who keeps it.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::verify::{Finding, Remedy};
use super::{Lake, Result, io};

pub(super) const KEPT: &str = "kept";
const FITS: &str = "fits.bin";
const TEMPORARY: &str = ".fits.bin.tmp";

/// A greater file is not ours.
const MOST: u64 = 64 << 20;

impl Lake {
    /// What was kept; none when nothing can be read that is as it was written.
    pub fn kept(&self) -> Option<Vec<u8>> {
        proved(&file(&self.root)).ok().flatten()
    }

    /// Keeps this instead of what was kept. In a lake that is open for writing.
    ///
    /// # Errors
    /// When it cannot be written; what was kept before stands.
    pub fn keep(&self, content: &[u8]) -> Result<()> {
        if !self.writable {
            return Err(self.misused("a lake that is open for reading", "keep results in a run"));
        }
        let folder = self.root.join(KEPT);
        let (temporary, path) = (folder.join(TEMPORARY), folder.join(FITS));
        std::fs::create_dir_all(&folder).map_err(io("cannot make folder", &folder))?;
        let write = |mut file: File| {
            file.write_all(content)?;
            file.write_all(blake3::hash(content).as_bytes())?;
            file.sync_all()
        };
        let written = File::create(&temporary).and_then(write).map_err(io("cannot write", &temporary));
        if let Err(e) = written.and_then(|()| std::fs::rename(&temporary, &path).map_err(io("cannot replace", &path))) {
            // The next start removes what cannot be removed now.
            let _ = std::fs::remove_file(&temporary);
            return Err(e);
        }
        File::open(&folder).and_then(|f| f.sync_all()).map_err(io("cannot fsync folder", &folder))
    }

    /// Keeps nothing any more.
    ///
    /// # Errors
    /// When the folder cannot be removed.
    pub fn forget_kept(&self) -> Result<()> {
        let folder = self.root.join(KEPT);
        not_found_is_done(std::fs::remove_dir_all(&folder), &folder)
    }

    /// That what is kept is as it was written. None at all is no problem.
    pub fn check_kept(&self) -> Vec<Finding> {
        let found = match proved(&file(&self.root)) {
            Ok(Some(_)) => return Vec::new(),
            Ok(None) => "not as it was written".to_string(),
            Err(e) if e.kind() == ErrorKind::NotFound => return Vec::new(),
            Err(e) => e.to_string(),
        };
        vec![Finding::new("kept", self.shown(&file(&self.root)), found, Remedy::Repair)]
    }
}

/// Removes what a run that died while writing left.
pub(super) fn remove_temporary(root: &Path) -> Result<()> {
    let temporary = root.join(KEPT).join(TEMPORARY);
    not_found_is_done(std::fs::remove_file(&temporary), &temporary)
}

fn not_found_is_done(removed: std::io::Result<()>, path: &Path) -> Result<()> {
    match removed {
        Err(e) if !matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Err(io("cannot remove", path)(e))
        }
        _ => Ok(()),
    }
}

fn file(root: &Path) -> PathBuf {
    root.join(KEPT).join(FITS)
}

/// The content; none when it is not what was written.
fn proved(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    // Asked before it is opened: a pipe of that name would be waited for.
    let about = std::fs::symlink_metadata(path)?;
    if !about.is_file() || about.len() > MOST {
        return Ok(None);
    }
    let mut content = Vec::new();
    File::open(path)?.take(MOST).read_to_end(&mut content)?;
    let Some(end) = content.len().checked_sub(blake3::OUT_LEN) else { return Ok(None) };
    let hash = content.split_off(end);
    Ok((blake3::hash(&content).as_bytes()[..] == hash).then_some(content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Micros;

    fn lake(folder: &tempfile::TempDir) -> Lake {
        Lake::open_writer(folder.path(), Micros(0)).unwrap()
    }

    #[test]
    fn what_is_kept_is_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake(&folder);
        let path = file(lake.root());
        assert_eq!((lake.kept(), lake.check_kept().len()), (None, 0));
        lake.keep(b"one").unwrap();
        lake.keep(b"another").unwrap();
        assert_eq!(lake.kept().as_deref(), Some(&b"another"[..]));
        let whole = std::fs::read(&path).unwrap();
        assert_eq!(whole.len(), 7 + 32);
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert_eq!((lake.kept(), lake.check_kept().len()), (None, 1), "cut to {cut}");
        }
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 4;
            std::fs::write(&path, flipped).unwrap();
            assert_eq!((lake.kept(), lake.check_kept().len()), (None, 1), "flipped at {at}");
        }
        lake.forget_kept().unwrap();
        lake.forget_kept().unwrap();
        assert_eq!((lake.kept(), lake.check_kept().len()), (None, 0));
    }

    #[test]
    fn a_link_a_pipe_and_a_folder_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let lake = lake(&folder);
        lake.keep(b"kept").unwrap();
        let (path, other) = (file(lake.root()), lake.root().join("other"));
        std::fs::rename(&path, &other).unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        assert_eq!(lake.kept(), None);
        std::fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert_eq!(lake.kept(), None);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!((lake.kept(), lake.keep(b"kept").is_err()), (None, true));
        assert!(!lake.root().join(KEPT).join(TEMPORARY).exists(), "nothing is left beside it");
        lake.forget_kept().unwrap();
        assert!(!lake.root().join(KEPT).exists() && other.exists());
    }
}
