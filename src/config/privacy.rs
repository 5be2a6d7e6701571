//! `[privacy]`: how ids of visitors are kept, and the key by which they are hashed.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::project::below;
use super::read::Section;

/// What becomes of `visitor_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisitorIds {
    /// A keyed hash stands for the id.
    Hash,
    /// The id as it came.
    Plain,
    /// Nothing is kept.
    Drop,
}

const WORDS: &[(&str, VisitorIds)] =
    &[("hash", VisitorIds::Hash), ("plain", VisitorIds::Plain), ("drop", VisitorIds::Drop)];

impl VisitorIds {
    pub fn word(self) -> &'static str {
        match self {
            VisitorIds::Hash => "hash",
            VisitorIds::Plain => "plain",
            VisitorIds::Drop => "drop",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privacy {
    /// `hash`
    pub visitor_ids: VisitorIds,
    /// `visitor.key`, absolute.
    pub key_file: PathBuf,
}

/// The file of the key in a project's folder, unless it is set.
pub const KEY_FILE: &str = "visitor.key";

/// Reads the section; the key must not lie where a copy of the lake would take it along.
pub(super) fn read(section: &Section, root: &Path, lake: &Path) -> Privacy {
    let visitor_ids = section.get("visitor_ids").and_then(|item| item.word(WORDS)).unwrap_or(VisitorIds::Hash);
    let item = section.get("key_file");
    let key_file = below(root, item.as_ref().and_then(|item| item.text()).unwrap_or(KEY_FILE));
    if let Some(item) = item.filter(|_| key_file.starts_with(lake)) {
        item.refuse("a file outside `storage.lake`: whoever gets a copy of the lake must not get its key");
    }
    section.done(&[]);
    Privacy { visitor_ids, key_file }
}

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// A secret key; it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(pub [u8; KEY_BYTES]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

/// Why there is no key; each message says what was found, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key of visitor ids, {0}, is missing; restore it from your backup (another key gives other ids)")]
    Missing(PathBuf),
    #[error("the key of visitor ids, {path}, can be read by others (mode {mode:o}); run `chmod 600 {path}`")]
    Open { path: PathBuf, mode: u32 },
    #[error("{0} is no key of visitor ids: expected 64 hexadecimal digits; restore it from your backup")]
    Malformed(PathBuf),
    #[error("the key of visitor ids, {path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
}

impl Key {
    /// Reads a key that its owner alone can read.
    pub fn read(path: &Path) -> Result<Key, KeyError> {
        let failed = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => KeyError::Missing(path.into()),
            _ => KeyError::Io { path: path.into(), source },
        };
        let file = fs::File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Open { path: path.into(), mode });
        }
        let mut text = String::new();
        let read = file.take(1024).read_to_string(&mut text);
        let malformed = |_| KeyError::Malformed(path.into());
        read.map_err(|e| if e.kind() == std::io::ErrorKind::InvalidData { malformed(e) } else { failed(e) })?;
        let hash = blake3::Hash::from_hex(text.trim_end_matches(['\n', '\r']))
            .map_err(|_| KeyError::Malformed(path.into()))?;
        Ok(Key(*hash.as_bytes()))
    }

    /// A key from the operating system's randomness that nothing else knows.
    pub fn random() -> Result<Key, KeyError> {
        let path = Path::new("/dev/urandom");
        let mut key = [0; KEY_BYTES];
        fs::File::open(path)
            .and_then(|mut f| f.read_exact(&mut key))
            .map_err(|source| KeyError::Io { path: path.into(), source })?;
        Ok(Key(key))
    }

    /// Writes the key to a file that is not there yet, whole or not at all, for its owner alone.
    pub fn write(&self, path: &Path) -> Result<(), KeyError> {
        let failed = |source| KeyError::Io { path: path.into(), source };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A temporary file has the mode 0600 from its beginning.
        let mut draft = tempfile::Builder::new().prefix(".visitor-key-").tempfile_in(folder).map_err(failed)?;
        draft.write_all(format!("{}\n", blake3::Hash::from_bytes(self.0).to_hex()).as_bytes()).map_err(failed)?;
        draft.as_file().sync_all().map_err(failed)?;
        draft.persist_noclobber(path).map_err(|e| failed(e.error))?;
        fs::File::open(folder).and_then(|f| f.sync_all()).map_err(failed)
    }

    /// What tells this key from others and nothing about it.
    pub fn fingerprint(&self) -> String {
        blake3::hash(&self.0).to_hex().chars().take(16).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_owner_s_alone_and_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY_FILE);
        assert!(matches!(Key::read(&path), Err(KeyError::Missing(_))));
        let key = Key::random().unwrap();
        assert!(key != Key::random().unwrap());
        key.write(&path).unwrap();
        assert!(key.write(&path).is_err(), "a key is never replaced");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Key::read(&path).unwrap() == key);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let told = Key::read(&path).unwrap_err().to_string();
        assert!(told.contains("mode 640") && told.contains("chmod 600"), "{told}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for bad in [&b"abc\n"[..], b"", &[0xff; 64], format!("{}zz", "0".repeat(62)).as_bytes()] {
            fs::write(&path, bad).unwrap();
            assert!(matches!(Key::read(&path), Err(KeyError::Malformed(_))), "{bad:?}");
        }
    }
}
