//! The parts of a ZIP file, unpacked as they are read and never beyond a limit.
//!
//! Of the format only what spreadsheets need: entries stored or deflated, sizes over 4 GiB by their extra field.
//! Sizes that a directory declares are not believed: they reserve no memory, and a part that unpacks to another size
//! or another checksum is refused.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use flate2::Crc;
use flate2::read::DeflateDecoder;

/// Entries of a file, at most.
const MAX_ENTRIES: usize = 10_000;
/// Bytes of its directory, at most.
const MAX_DIRECTORY: u64 = 8 << 20;
/// The end record without its comment, and the longest comment.
const END: u64 = 22;
const MAX_COMMENT: u64 = 0xffff;
/// How an entry is packed.
const STORED: usize = 0;
const DEFLATED: usize = 8;

/// The directory of a ZIP file.
pub struct Zip {
    file: Arc<File>,
    length: u64,
    /// By path in small letters, as spreadsheets look them up.
    entries: HashMap<String, Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    method: usize,
    crc: u64,
    packed: u64,
    size: u64,
    header: u64,
}

impl Zip {
    /// Reads the directory.
    ///
    /// # Errors
    /// Of the disk, or `InvalidData` with what is wrong.
    pub fn new(file: File) -> io::Result<Zip> {
        let length = file.metadata()?.len();
        let mut zip = Zip { file: Arc::new(file), length, entries: HashMap::new() };
        let from = length.saturating_sub(END + MAX_COMMENT);
        let tail = zip.bytes(from, length - from)?;
        let last = tail.len().checked_sub(END as usize).ok_or_else(no_directory)?;
        let ends = |n: &usize| tail[*n..].starts_with(b"PK\x05\x06") && u16_at(&tail[*n..], 20) == last - n;
        let end = &tail[(0..=last).rev().find(ends).ok_or_else(no_directory)?..];
        let (count, size, start) = (u16_at(end, 10), u32_at(end, 12), u32_at(end, 16));
        if count > MAX_ENTRIES || size > MAX_DIRECTORY {
            return Err(bad(&format!("it has {count} parts, a spreadsheet has some dozens")));
        }
        let directory = zip.bytes(start, size)?;
        let mut rest = &directory[..];
        for _ in 0..count {
            let (name, entry, after) = entry(rest).ok_or_else(|| bad("its directory is damaged"))?;
            if zip.entries.insert(name, entry).is_some() {
                return Err(bad("it has two parts of one name"));
            }
            rest = after;
        }
        Ok(zip)
    }

    /// A part's bytes, `None` when there is no such part. It may unpack to `limit` bytes.
    pub fn part(&self, path: &str, limit: u64) -> io::Result<Option<Part>> {
        let Some(entry) = self.entries.get(&path.to_ascii_lowercase()).copied() else { return Ok(None) };
        let header = self.bytes(entry.header, 30)?;
        if !header.starts_with(b"PK\x03\x04") || u16_at(&header, 6) & 1 != 0 {
            return Err(bad(&format!("its part {path} is damaged or has a password")));
        }
        let start = entry.header + 30 + (u16_at(&header, 26) + u16_at(&header, 28)) as u64;
        let packed = Slice { file: self.file.clone(), next: start, left: entry.packed };
        let bytes: Box<dyn Read> = match entry.method {
            STORED => Box::new(packed),
            DEFLATED => Box::new(DeflateDecoder::new(packed)),
            other => return Err(bad(&format!("its part {path} is packed by method {other}, expected deflate"))),
        };
        Ok(Some(Part { bytes, crc: Crc::new(), read: 0, limit, entry, path: path.to_string() }))
    }

    /// Exactly these bytes of the file.
    fn bytes(&self, start: u64, length: u64) -> io::Result<Vec<u8>> {
        if start.checked_add(length).is_none_or(|end| end > self.length) {
            return Err(bad("it is cut off"));
        }
        let mut bytes = vec![0; length as usize];
        self.file.read_exact_at(&mut bytes, start)?;
        Ok(bytes)
    }
}

/// A stretch of a file.
struct Slice {
    file: Arc<File>,
    next: u64,
    left: u64,
}

impl Read for Slice {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let n = self.file.read_at(&mut buffer[..most], self.next)?;
        self.next += n as u64;
        self.left -= n as u64;
        Ok(n)
    }
}

/// One part, read from its start; at its end its size and checksum are compared with the directory's.
pub struct Part {
    bytes: Box<dyn Read>,
    crc: Crc,
    read: u64,
    limit: u64,
    entry: Entry,
    path: String,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.bytes.read(buffer)?;
        self.read += n as u64;
        self.crc.update(&buffer[..n]);
        if self.read > self.limit {
            return Err(bad(&format!("its part {} unpacks to more than {} MiB", self.path, self.limit >> 20)));
        }
        if n == 0 && !buffer.is_empty() && (self.read, self.crc.sum().into()) != (self.entry.size, self.entry.crc) {
            return Err(bad(&format!("its part {} is not what the directory says", self.path)));
        }
        Ok(n)
    }
}

/// An entry of the directory: its path, what it says, and the bytes after it.
fn entry(bytes: &[u8]) -> Option<(String, Entry, &[u8])> {
    let head = bytes.get(..46).filter(|head| head.starts_with(b"PK\x01\x02"))?;
    let (name, extra, comment) = (u16_at(head, 28), u16_at(head, 30), u16_at(head, 32));
    let path = String::from_utf8_lossy(bytes.get(46..46 + name)?).replace('\\', "/").to_ascii_lowercase();
    let mut large = large_sizes(bytes.get(46 + name..46 + name + extra)?).into_iter();
    let mut number = |place| match u32_at(head, place) {
        0xffff_ffff => large.next(),
        number => Some(number),
    };
    let (size, packed) = (number(24)?, number(20)?);
    let entry = Entry { method: u16_at(head, 10), crc: u32_at(head, 16), packed, size, header: number(42)? };
    Some((path, entry, bytes.get(46 + name + extra + comment..)?))
}

/// The numbers of the extra field that holds what does not fit into 32 bits.
fn large_sizes(mut extra: &[u8]) -> Vec<u64> {
    while extra.len() >= 4 {
        let (id, length) = (u16_at(extra, 0), u16_at(extra, 2));
        let (field, rest) = extra[4..].split_at(length.min(extra.len() - 4));
        if id == 1 {
            return field.chunks_exact(8).map(|n| u32_at(n, 0) | (u32_at(n, 4) << 32)).collect();
        }
        extra = rest;
    }
    Vec::new()
}

fn no_directory() -> io::Error {
    bad("its directory is missing: it is cut off, or no ZIP file")
}

fn u16_at(bytes: &[u8], place: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[place], bytes[place + 1]]))
}

fn u32_at(bytes: &[u8], place: usize) -> u64 {
    (u16_at(bytes, place) + (u16_at(bytes, place + 2) << 16)) as u64
}

pub fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
