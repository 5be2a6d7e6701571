//! A run file, opened: proved as far as it is read.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use super::error::{IdsError, Result, io};
use super::layout::{self, BLOCK, BUCKETS, FIXED, MAGIC, MIDDLE, Places, REST, SMALL};
use super::write::RunName;

/// A run, ready to be searched or read through.
#[derive(Debug)]
pub(super) struct Run {
    path: PathBuf,
    file: File,
    pub entries: u64,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    Small(Vec<u64>),
    Large { counts: Vec<u32>, middle: Section, rest: Section },
}

/// Where a section lies, and the sums of its blocks.
#[derive(Debug)]
pub(super) struct Section {
    at: u64,
    bytes: u64,
    sums: Vec<u32>,
}

impl Run {
    /// Opens a run and proves its head (a small run whole) against its name.
    pub fn open(folder: &Path, run: &RunName) -> Result<Run> {
        let path = folder.join(&run.name);
        let damaged = |found: String| Err(IdsError::damaged(&path, found));
        let file = match File::open(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return damaged("the run is not there".into()),
            file => file.map_err(io("cannot open", &path))?,
        };
        let bytes = file.metadata().map_err(io("cannot look at", &path))?.len();
        let mut fixed = [0; FIXED as usize];
        if bytes < FIXED {
            return damaged(format!("{bytes} bytes, expected a run of {} entries", run.entries));
        }
        file.read_exact_at(&mut fixed, 0).map_err(io("cannot read", &path))?;
        let numbers = layout::u64s(&fixed);
        let (entries, room) = (numbers[1], numbers[2]);
        if fixed[..8] != MAGIC || entries != run.entries || entries > room || room > layout::MOST {
            return damaged(format!("not a run of {} entries of this version", run.entries));
        }
        if bytes != layout::length(entries, room) {
            return damaged(format!("{bytes} bytes, expected {}", layout::length(entries, room)));
        }
        let head = if room <= SMALL { bytes } else { Places::of(room).head };
        let mut read = vec![0; head as usize];
        file.read_exact_at(&mut read, 0).map_err(io("cannot read", &path))?;
        let (content, sum) = read.split_at(head as usize - 8);
        if xxh3_64(content).to_le_bytes() != sum || format!("{:016x}.run", xxh3_64(content)) != run.name {
            return damaged("its checksum does not fit".into());
        }
        let content = &content[FIXED as usize..];
        let body = if room <= SMALL {
            Body::Small(layout::u64s(content))
        } else {
            let places = Places::of(room);
            let (counts, sums) = content.split_at(4 * (BUCKETS + 1));
            let (middle, rest) = sums.split_at(4 * places.middle_blocks as usize);
            let section = |at, bytes, sums| Section { at, bytes, sums: layout::u32s(sums) };
            let (middle, rest) =
                (section(places.middle, entries * MIDDLE, middle), section(places.rest, entries * REST, rest));
            let counts = layout::u32s(counts);
            if !counts.is_sorted()
                || counts.first() != Some(&0)
                || counts.last().map(|n| u64::from(*n)) != Some(entries)
            {
                return damaged("its buckets do not add up".into());
            }
            Body::Large { counts, middle, rest }
        };
        Ok(Run { path, file, entries, body })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of a section, whole blocks around what is asked, each proved by its sum. Returns the offset in the section
    /// of the first byte read.
    pub(super) fn blocks(&self, section: &Section, asked: Range<u64>, buffer: &mut Vec<u8>) -> Result<u64> {
        let from = asked.start / BLOCK * BLOCK;
        let to = asked.end.next_multiple_of(BLOCK).min(section.bytes);
        buffer.resize((to - from) as usize, 0);
        self.file.read_exact_at(buffer, section.at + from).map_err(io("cannot read", &self.path))?;
        let sums = &section.sums[(from / BLOCK) as usize..];
        for (n, (block, sum)) in buffer.chunks(BLOCK as usize).zip(sums).enumerate() {
            if layout::sum(block) != *sum {
                let at = section.at + from + n as u64 * BLOCK;
                return Err(IdsError::damaged(&self.path, format!("the block at {at} has changed")));
            }
        }
        Ok(from)
    }

    /// Reads the run through.
    pub fn keys(&self) -> Keys<'_> {
        Keys { run: self, at: 0, bucket: 0, keys: Vec::new(), next: 0, bytes: [Vec::new(), Vec::new()] }
    }
}

/// The keys of a run in their order, some ten thousands at a time in memory.
pub(super) struct Keys<'a> {
    run: &'a Run,
    at: u64,
    bucket: usize,
    keys: Vec<u64>,
    next: usize,
    bytes: [Vec<u8>; 2],
}

/// Entries that are decoded at once.
const PORTION: u64 = 32 * 1024;

impl Keys<'_> {
    /// The next key.
    pub fn next(&mut self) -> Result<Option<u64>> {
        if self.next == self.keys.len() && !self.fill()? {
            return Ok(None);
        }
        self.next += 1;
        Ok(Some(self.keys[self.next - 1]))
    }

    /// The next keys, some at a time; empty at the end.
    pub fn portion(&mut self) -> Result<&[u64]> {
        self.next = self.keys.len();
        if !self.fill()? {
            return Ok(&[]);
        }
        self.next = self.keys.len();
        Ok(&self.keys)
    }

    fn fill(&mut self) -> Result<bool> {
        let end = (self.at + PORTION).min(self.run.entries);
        self.keys.clear();
        self.next = 0;
        match &self.run.body {
            Body::Small(keys) => self.keys.extend_from_slice(&keys[self.at as usize..end as usize]),
            Body::Large { counts, middle, rest } if self.at < end => {
                let [middles, rests] = &mut self.bytes;
                let skip = self.at * MIDDLE - self.run.blocks(middle, self.at * MIDDLE..end * MIDDLE, middles)?;
                let middles = middles[skip as usize..].as_chunks::<2>().0;
                let skip = self.at * REST - self.run.blocks(rest, self.at * REST..end * REST, rests)?;
                let rests = rests[skip as usize..].as_chunks::<4>().0;
                for (at, (middle, rest)) in (self.at..end).zip(middles.iter().zip(rests)) {
                    while u64::from(counts[self.bucket + 1]) <= at {
                        self.bucket += 1;
                    }
                    let (middle, rest) = (u16::from_le_bytes(*middle), u32::from_le_bytes(*rest));
                    self.keys.push((self.bucket as u64) << 48 | u64::from(middle) << 32 | u64::from(rest));
                }
            }
            Body::Large { .. } => {}
        }
        self.at = end;
        Ok(!self.keys.is_empty())
    }
}
