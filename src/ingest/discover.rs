//! Which files belong to a source, in byte order of their path below the root.
//!
//! The root is `storage.incoming`, where `SOURCE/**/*`, `SOURCE.*` and `SOURCE-*` belong to SOURCE (of folders that
//! are named so, all files below); or the fixed part of the source's own `path`, e.g. `drop/clicks` of
//! `drop/clicks/*.csv.gz`. In a `path`, `*` and `?` stand for characters of one name, `**` for any folders.
//!
//! Names that are not UTF-8 appear in paths with `\xFF` for each byte that is none, and with `\x5C` for a backslash;
//! a name that holds `\x` itself is written so too. So two files never share a path.

use std::ffi::OsString;
use std::fs::{DirEntry, FileType, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirEntryExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::SourceFile;
use super::open::promises_data;
use crate::config::{Project, hint};
use crate::domain::printable::printable;
use crate::domain::schema::{SOURCES, Source};

/// What was found for a source.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// In the order in which they load.
    pub files: Vec<SourceFile>,
    /// Path, and why it is not opened: what it is, and what to do.
    pub refused: Vec<(String, String)>,
    /// Path of what cannot be looked at now (`.` for the root), and what the system says.
    pub unreadable: Vec<(String, String)>,
}

/// Finds the files of a source. No file is opened; a folder that is not there holds none, one that cannot be looked
/// at keeps nobody from the others.
pub fn discover(project: &Project, source: &'static Source) -> Found {
    let (root, pattern) = pattern_of(project, source);
    find(&root, source, &pattern)
}

/// Folders and files of data in the drop folder that belong to no source, by name: a mistyped folder is else never read and
/// never missed. A note for people may lie there.
pub fn strays(project: &Project) -> Vec<String> {
    let incoming = whole(&project.storage.incoming);
    let patterns: Vec<_> = SOURCES.iter().map(|source| pattern_of(project, source)).collect();
    let entries = std::fs::read_dir(&incoming).into_iter().flatten().flatten();
    let strays = entries.filter_map(|entry| {
        let name = entry.file_name();
        // The folder's own list tells what most entries are; only a link has to be followed.
        let kind = entry.file_type().ok()?;
        let folder = kind.is_dir() || kind.is_symlink() && entry.path().is_dir();
        let is_data = !ignored(name.as_bytes()) && (folder || promises_data(&name.to_string_lossy()));
        let path = incoming.join(&name);
        (is_data && !patterns.iter().any(|(root, pattern)| may_hold(root, pattern, &path, folder))).then_some(name)
    });
    let mut strays: Vec<OsString> = strays.collect();
    strays.sort_unstable();
    strays.into_iter().map(|name| shown(name.as_bytes())).collect()
}

/// What is said of such a name.
pub fn stray_line(name: &str) -> String {
    let stem = name.split(['.', '-']).next().unwrap_or(name);
    let near = hint(stem, SOURCES.iter().map(|s| s.name));
    let name = printable(name);
    format!(
        "{name} in the drop folder belongs to no source and is not read; expected SOURCE/, SOURCE.* or SOURCE-*{near}"
    )
}

/// Whether a file is a source's, or a folder may hold files of it.
fn may_hold(root: &Path, pattern: &Pattern<'_>, path: &Path, folder: bool) -> bool {
    match path.strip_prefix(root) {
        Err(_) => root.starts_with(path),
        Ok(below) => {
            let names: Vec<&[u8]> = below.iter().map(OsStrExt::as_bytes).collect();
            names.is_empty() || pattern.takes(&names) || folder && pattern.enters(&names)
        }
    }
}

/// Where a source's files are looked for, and which are its.
fn pattern_of<'p>(project: &'p Project, source: &Source) -> (PathBuf, Pattern<'p>) {
    match project.sources.get(source.name).and_then(|s| s.path.as_deref()) {
        None => (whole(&project.storage.incoming), Pattern::Incoming(source.name)),
        Some(path) => {
            let (fixed, names) = split_glob(path);
            (whole(&project.root.join(fixed)), Pattern::Glob(names))
        }
    }
}

/// A path without links, if it leads anywhere.
fn whole(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.into())
}

/// The folder before the first name with a wildcard (before the last name, if there is none), and the names after it.
fn split_glob(path: &str) -> (PathBuf, Vec<&[u8]>) {
    let names: Vec<&str> = path.split('/').collect();
    let wild = names.iter().position(|n| n.contains(['*', '?'])).unwrap_or(names.len());
    let (fixed, rest) = names.split_at(wild.min(names.len() - 1));
    let root = if path.starts_with('/') { PathBuf::from("/") } else { PathBuf::new() };
    let rest = rest.iter().filter(|n| !n.is_empty() && **n != ".").map(|n| n.as_bytes()).collect();
    (
        fixed.iter().filter(|n| **n != ".").fold(root, |folder, n| if n.is_empty() { folder } else { folder.join(n) }),
        rest,
    )
}

/// Which paths below a root belong to a source.
enum Pattern<'p> {
    Incoming(&'p str),
    Glob(Vec<&'p [u8]>),
}

impl Pattern<'_> {
    /// The file at a path belongs to the source.
    fn takes(&self, path: &[&[u8]]) -> bool {
        match self {
            Pattern::Incoming(_) => self.enters(path) && (path.len() > 1 || !self.is_folder(path[0])),
            Pattern::Glob(pattern) => matches(pattern, path, false),
        }
    }

    /// A folder at a path may hold files of the source.
    fn enters(&self, path: &[&[u8]]) -> bool {
        match self {
            Pattern::Incoming(source) => {
                path[0].strip_prefix(source.as_bytes()).is_some_and(|rest| matches!(rest, [] | [b'.' | b'-', ..]))
            }
            Pattern::Glob(pattern) => matches(pattern, path, true),
        }
    }

    fn is_folder(&self, name: &[u8]) -> bool {
        matches!(self, Pattern::Incoming(source) if name == source.as_bytes())
    }
}

/// Names against a pattern of names; with `above`, whether something below these names can match.
fn matches(pattern: &[&[u8]], path: &[&[u8]], above: bool) -> bool {
    match (pattern, path) {
        ([], _) => !above && path.is_empty(),
        (_, []) => above || pattern.iter().all(|p| *p == b"**"),
        ([b"**"], _) => true,
        ([b"**", rest @ ..], [_, below @ ..]) => matches(rest, path, above) || matches(pattern, below, above),
        ([first, rest @ ..], [name, below @ ..]) => name_matches(first, name) && matches(rest, below, above),
    }
}

/// One name against a pattern with `*` and `?` (one character, not one byte).
fn name_matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], _) => name.is_empty(),
        ([b'*', rest @ ..], _) => (0..=name.len()).any(|skip| name_matches(rest, &name[skip..])),
        ([b'?', rest @ ..], [_, after @ ..]) => {
            let more = after.iter().take_while(|b| *b & 0xc0 == 0x80).count();
            name_matches(rest, &after[more..])
        }
        ([a, rest @ ..], [b, after @ ..]) => a == b && name_matches(rest, after),
        (_, []) => false,
    }
}

/// Names that are never looked at: hidden ones, and files that are still being written.
fn ignored(name: &[u8]) -> bool {
    let ends = |end: &&[u8]| name.ends_with(end);
    matches!(name.first(), Some(b'.' | b'_')) || [&b".tmp"[..], b".part", b".filepart", b".crdownload"].iter().any(ends)
}

fn find(root: &Path, source: &'static Source, pattern: &Pattern<'_>) -> Found {
    let root = match root.canonicalize() {
        Ok(root) => root,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Found::default(),
        Err(e) => return Found { unreadable: vec![(".".into(), at(root, e).to_string())], ..Found::default() },
    };
    let (files, refused, unreadable) = (Vec::new(), Vec::new(), Vec::new());
    let mut walk = Walk { root: &root, source, pattern, files, refused, unreadable };
    if let Err(e) = walk.folder(&root, &[], &[]) {
        walk.unreadable.push((b".".to_vec(), e.to_string()));
    }
    walk.files.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    walk.refused.sort();
    walk.unreadable.sort();
    let named = |(path, why): (Vec<u8>, String)| (shown(&path), why);
    Found {
        files: walk.files.into_iter().map(|(_, file)| file).collect(),
        refused: walk.refused.into_iter().map(named).collect(),
        unreadable: walk.unreadable.into_iter().map(named).collect(),
    }
}

struct Walk<'w> {
    root: &'w Path,
    source: &'static Source,
    pattern: &'w Pattern<'w>,
    /// With the bytes of their path, which order them.
    files: Vec<(Vec<u8>, SourceFile)>,
    refused: Vec<(Vec<u8>, String)>,
    unreadable: Vec<(Vec<u8>, String)>,
}

impl Walk<'_> {
    /// Looks at all names of a folder; what cannot be looked at below it is noted. `above`: device and inode of the folders that lead here.
    fn folder(&mut self, folder: &Path, path: &[&[u8]], above: &[(u64, u64)]) -> io::Result<()> {
        let Some(about) = there(folder.metadata()).map_err(|e| at(folder, e))? else { return Ok(()) };
        let mut above = above.to_vec();
        above.push((about.dev(), about.ino()));
        let entries = match folder.read_dir() {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(|e| at(folder, e))?,
        };
        let mut entries = entries.collect::<io::Result<Vec<_>>>().map_err(|e| at(folder, e))?;
        // In the order in which a disk, and mostly the memory too, has what is asked of each, not in that of the folder's hashes.
        entries.sort_unstable_by_key(DirEntryExt::ino);
        for entry in entries {
            let name = entry.file_name();
            let name = name.as_bytes();
            if ignored(name) {
                continue;
            }
            let path: Vec<&[u8]> = path.iter().copied().chain([name]).collect();
            let takes = self.pattern.takes(&path);
            if (takes || self.pattern.enters(&path))
                && let Err(e) = self.entry(&entry, &path, takes, &above)
            {
                self.unreadable.push((path.join(&b'/'), e.to_string()));
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &DirEntry, path: &[&[u8]], takes: bool, above: &[(u64, u64)]) -> io::Result<()> {
        let disk = entry.path();
        // Of the entry, not of its path: the system need not walk the folders again for each of many files.
        let Some(mut about) = there(entry.metadata()).map_err(|e| at(&disk, e))? else { return Ok(()) };
        if about.is_symlink() {
            // Resolving a link looks at names only: what it leads to is not opened.
            let target = disk.canonicalize().ok().filter(|t| t.starts_with(self.root));
            let target = target.map(|t| t.symlink_metadata()).transpose().map_err(|e| at(&disk, e))?;
            match target {
                Some(target) => about = target,
                // A file's name decides whether it would be the source's; a folder could hold some.
                None if !takes && disk.metadata().is_ok_and(|m| m.is_file()) => return Ok(()),
                None => {
                    let why = "a link that leads out of the folder or to nothing; put the file itself here";
                    self.refused.push((path.join(&b'/'), why.to_string()));
                    return Ok(());
                }
            }
        }
        if about.is_dir() {
            if above.contains(&(about.dev(), about.ino())) {
                let why = "a link back to a folder above it; remove it";
                self.refused.push((path.join(&b'/'), why.to_string()));
            } else if self.pattern.enters(path) {
                self.folder(&disk, path, above)?;
            }
        } else if takes && about.is_file() {
            let joined = path.join(&b'/');
            let file = self.file(disk, &joined, &about);
            self.files.push((joined, file));
        } else if takes {
            let what = special(about.file_type());
            self.refused.push((path.join(&b'/'), format!("{what}, no regular file; it is not opened: remove it")));
        }
        Ok(())
    }

    fn file(&self, disk: PathBuf, path: &[u8], about: &Metadata) -> SourceFile {
        SourceFile {
            source: self.source,
            path: shown(path),
            disk,
            size: about.len(),
            mtime_ns: about.mtime().saturating_mul(1_000_000_000).saturating_add(about.mtime_nsec()),
            inode: about.ino(),
        }
    }
}

fn special(kind: FileType) -> &'static str {
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_block_device() || kind.is_char_device() {
        "a device"
    } else {
        "something unknown"
    }
}

/// `None` when a name vanished while the folder was read.
fn there(about: io::Result<Metadata>) -> io::Result<Option<Metadata>> {
    match about {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        about => about.map(Some),
    }
}

fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot look at {}: {error}", path.display()))
}

/// A path as text, without loss: see the module's head.
fn shown(path: &[u8]) -> String {
    match std::str::from_utf8(path) {
        Ok(text) if !text.contains("\\x") => return text.to_string(),
        _ => {}
    }
    path.split(|b| *b == b'/').map(shown_name).collect::<Vec<_>>().join("/")
}

fn shown_name(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(text) if !text.contains("\\x") => return text.to_string(),
        _ => {}
    }
    let mut text = String::new();
    for chunk in name.utf8_chunks() {
        text.push_str(&chunk.valid().replace('\\', "\\x5C"));
        text.extend(chunk.invalid().iter().map(|b| format!("\\x{b:02X}")));
    }
    text
}

#[cfg(test)]
mod tests;
