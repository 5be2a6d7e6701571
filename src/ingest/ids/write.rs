//! Sorted keys -> a run file.
//!
//! A run is written under a temporary name and then named after the xxh3 of its head (of the whole, if it is small): a name
//! says what the file holds, and no other content ever stands under it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::error::{IdsError, Result, io};
use super::layout::{self, BLOCK, BUCKETS, MAGIC, MIDDLE, MOST, Places, REST, SMALL};

/// A run, as the manifest names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunName {
    pub name: String,
    pub entries: u64,
}

/// Writes one run.
pub(super) struct RunWriter {
    folder: PathBuf,
    temporary: PathBuf,
    file: File,
    room: u64,
    entries: u64,
    last: Option<u64>,
    body: Body,
}

enum Body {
    Small(Vec<u64>),
    Large { counts: Vec<u32>, middle: Section, rest: Section },
}

/// Consecutive bytes of a section, written in large pieces.
struct Section {
    /// Where the buffer's bytes will stand.
    at: u64,
    buffer: Vec<u8>,
    sums: Vec<u32>,
}

const PIECE: usize = 1 << 20;

impl RunWriter {
    /// A run of at most `room` entries in the folder.
    pub fn new(folder: &Path, room: u64) -> Result<RunWriter> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let temporary = folder.join(format!(".{}.tmp", COUNTER.fetch_add(1, Ordering::Relaxed)));
        if room > MOST {
            return Err(IdsError::damaged(folder, format!("a run of {room} entries, over {MOST}")));
        }
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&temporary);
        let file = file.map_err(io("cannot make", &temporary))?;
        let body = if room <= SMALL {
            Body::Small(Vec::with_capacity(room as usize))
        } else {
            let places = Places::of(room);
            let section = |at| Section { at, buffer: Vec::with_capacity(PIECE + 8), sums: Vec::new() };
            let (middle, rest) = (section(places.middle), section(places.rest));
            Body::Large { counts: vec![0; BUCKETS + 1], middle, rest }
        };
        Ok(RunWriter { folder: folder.into(), temporary, file, room, entries: 0, last: None, body })
    }

    /// Takes keys in ascending order; one that equals the last is dropped.
    pub fn push(&mut self, keys: &[u64]) -> Result<()> {
        for &key in keys {
            if self.last == Some(key) {
                continue;
            }
            if self.last > Some(key) || self.entries == self.room {
                return Err(IdsError::damaged(&self.temporary, "keys out of order, or too many".into()));
            }
            self.last = Some(key);
            self.entries += 1;
            match &mut self.body {
                Body::Small(kept) => kept.push(key),
                Body::Large { counts, middle, rest } => {
                    counts[layout::bucket(key) + 1] += 1;
                    middle.buffer.extend_from_slice(&layout::middle(key).to_le_bytes());
                    rest.buffer.extend_from_slice(&(key as u32).to_le_bytes());
                    if rest.buffer.len() >= PIECE {
                        rest.flush(&self.file, &self.temporary, false)?;
                        middle.flush(&self.file, &self.temporary, false)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends the file, makes it durable and gives it its name. The folder is fsynced by who names the run in a manifest.
    pub fn finish(mut self) -> Result<RunName> {
        let mut head = Vec::new();
        head.extend_from_slice(&MAGIC);
        head.extend_from_slice(&self.entries.to_le_bytes());
        head.extend_from_slice(&self.room.to_le_bytes());
        match &mut self.body {
            Body::Small(keys) => keys.iter().for_each(|key| head.extend_from_slice(&key.to_le_bytes())),
            Body::Large { counts, middle, rest } => {
                middle.flush(&self.file, &self.temporary, true)?;
                rest.flush(&self.file, &self.temporary, true)?;
                let places = Places::of(self.room);
                middle.sums.resize(places.middle_blocks as usize, 0);
                rest.sums.resize(places.rest_blocks as usize, 0);
                let mut begins = 0;
                for count in counts.iter_mut() {
                    begins += *count;
                    *count = begins;
                }
                let numbers = counts.iter().chain(&middle.sums).chain(&rest.sums);
                numbers.for_each(|n| head.extend_from_slice(&n.to_le_bytes()));
            }
        }
        let sum = xxh3_64(&head);
        head.extend_from_slice(&sum.to_le_bytes());
        let temporary = &self.temporary;
        self.file.write_all_at(&head, 0).map_err(io("cannot write", temporary))?;
        self.file.set_len(layout::length(self.entries, self.room)).map_err(io("cannot write", temporary))?;
        self.file.sync_all().map_err(io("cannot fsync", temporary))?;
        let name = format!("{sum:016x}.run");
        std::fs::rename(temporary, self.folder.join(&name)).map_err(io("cannot rename", temporary))?;
        Ok(RunName { name, entries: self.entries })
    }
}

impl Section {
    /// Writes whole blocks; with `all` the last, shorter one too.
    fn flush(&mut self, file: &File, path: &Path, all: bool) -> Result<()> {
        let whole = if all { self.buffer.len() } else { self.buffer.len() / BLOCK as usize * BLOCK as usize };
        self.sums.extend(self.buffer[..whole].chunks(BLOCK as usize).map(layout::sum));
        file.write_all_at(&self.buffer[..whole], self.at).map_err(io("cannot write", path))?;
        self.at += whole as u64;
        self.buffer.drain(..whole);
        Ok(())
    }
}

/// Writes sorted keys as one run.
pub(super) fn write(folder: &Path, keys: &[u64]) -> Result<RunName> {
    let mut writer = RunWriter::new(folder, keys.len() as u64)?;
    writer.push(keys)?;
    writer.finish()
}

/// The bytes that an entry takes in both sections together.
const _: () = assert!(MIDDLE + REST == 6);
