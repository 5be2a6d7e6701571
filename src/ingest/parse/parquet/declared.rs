//! What a Parquet file declares about itself, looked at before the decoder believes it: the decoder reserves what is
//! declared, unpacks some pages without an end, and follows a schema as deep as it goes.
//!
//! The footer's schema may be nested [`MAX_NESTING`] deep; its counts must be those of its elements. Of the columns
//! that are read, the largest page and the dictionary must fit in memory together ([`MAX_PAGES`]); pages packed by a
//! method that does not stop at the declared size are unpacked once, without keeping them, to know it.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use flate2::read::MultiGzDecoder;
use parquet::basic::Compression;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use super::thrift::{LIST, STRUCT, Thrift};

/// A footer is some kilobytes.
const MAX_FOOTER: u64 = 16 << 20;
const MAX_NESTING: usize = 32;
/// Bytes of the pages that are in memory at once.
const MAX_PAGES: u64 = 256 << 20;
/// Bytes of a page's head; it may hold a least and a greatest value.
const MAX_HEAD: u64 = 1 << 20;
/// Bytes that a batch of rows should take.
const BATCH_BYTES: u64 = 32 << 20;
/// Up to this size even the greatest ratio of gzip and LZ4 is harmless.
const HARMLESS: u64 = 16 << 10;

/// Looks at the footer. `Err` says what is wrong with it.
///
/// # Errors
/// The outer one: of the disk.
pub fn footer(file: &File) -> io::Result<Result<(), String>> {
    let length = file.metadata()?.len();
    let mut tail = [0; 8];
    if length < 12 {
        return Ok(Err("it is cut off".into()));
    }
    file.read_exact_at(&mut tail, length - 8)?;
    let size = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if &tail[4..] != b"PAR1" || size > length - 12 {
        return Ok(Err("its footer is missing or damaged".into()));
    }
    if size > MAX_FOOTER {
        return Ok(Err(format!("its footer has {} MiB, expected at most {}", size >> 20, MAX_FOOTER >> 20)));
    }
    let mut footer = vec![0; size as usize];
    file.read_exact_at(&mut footer, length - 8 - size)?;
    Ok(schema(&footer).filter(|good| *good).map(drop).ok_or_else(|| "its schema is damaged or nested too deep".into()))
}

/// Whether the schema's tree is as large as its elements, and not too deep.
fn schema(footer: &[u8]) -> Option<bool> {
    let mut children: Vec<u64> = Vec::new();
    Thrift::new(footer).fields(&mut |thrift, id, ty| {
        if (id, ty) != (2, LIST) {
            return Some(false);
        }
        let (count, of) = thrift.list()?;
        for _ in 0..count {
            let mut below = 0;
            if of != STRUCT {
                return None;
            }
            thrift.fields(&mut |thrift, id, ty| {
                if id == 5 && (4..=6).contains(&ty) {
                    below = u64::try_from(thrift.int()?).ok()?;
                    return Some(true);
                }
                Some(false)
            })?;
            children.push(below);
        }
        Some(true)
    })?;
    // Elements still to come at each level above.
    let mut open: Vec<u64> = Vec::new();
    for (n, below) in children.iter().enumerate() {
        if n > 0 && open.is_empty() {
            return Some(false);
        }
        if let Some(left) = open.last_mut() {
            *left -= 1;
        }
        if *below > 0 {
            open.push(*below);
        }
        while open.last() == Some(&0) {
            open.pop();
        }
        if open.len() > MAX_NESTING || *below > (children.len() - n) as u64 {
            return Some(false);
        }
    }
    Some(open.is_empty())
}

/// What a page's head says.
#[derive(Default)]
struct Page {
    dictionary: bool,
    unpacked: u64,
    packed: u64,
    values: u64,
    /// Bytes at its start that are not packed: the levels of a page of version 2.
    levels: u64,
    head: u64,
}

fn page(bytes: &[u8]) -> Option<Page> {
    let mut page = Page::default();
    let mut thrift = Thrift::new(bytes);
    thrift.fields(&mut |thrift, id, ty| {
        match (id, ty) {
            (1, 4..=6) => page.dictionary = thrift.int()? == 2,
            (2, 4..=6) => page.unpacked = u64::try_from(thrift.int()?).ok()?,
            (3, 4..=6) => page.packed = u64::try_from(thrift.int()?).ok()?,
            (5 | 8, STRUCT) => {
                let second = id == 8;
                thrift.fields(&mut |thrift, id, ty| {
                    match id {
                        1 if (4..=6).contains(&ty) => page.values = u64::try_from(thrift.int()?).ok()?,
                        5 | 6 if second && (4..=6).contains(&ty) => page.levels += u64::try_from(thrift.int()?).ok()?,
                        _ => return Some(false),
                    }
                    Some(true)
                })?;
            }
            _ => return Some(false),
        }
        Some(true)
    })?;
    page.head = (bytes.len() - thrift.rest.len()) as u64;
    Some(page)
}

/// The number of rows that may be decoded at once, given the pages of the columns that are read. `Err` says what is
/// wrong with them.
///
/// # Errors
/// The outer one: of the disk.
pub fn rows_at_once(file: &File, metadata: &ParquetMetaData, columns: &[usize]) -> io::Result<Result<usize, String>> {
    let length = file.metadata()?.len();
    let (mut rows, mut bytes) = (usize::MAX, 0_u64);
    for group in metadata.row_groups() {
        let (mut memory, mut per_row) = (0, 1);
        for column in columns.iter().filter_map(|n| group.columns().get(*n)) {
            // A footer may name the same pages thousands of times: each time they would be unpacked.
            bytes = bytes.saturating_add(column.byte_range().1);
            if bytes > length {
                return Ok(Err("its columns are longer together than the file".to_string()));
            }
            match self::column(file, length, column)? {
                Ok(column) => (memory, per_row) = (memory + column.memory, per_row + column.per_value),
                Err(why) => return Ok(Err(why)),
            }
        }
        if memory > MAX_PAGES {
            let (found, most) = (memory >> 20, MAX_PAGES >> 20);
            return Ok(Err(format!(
                "its pages take {found} MiB of memory, expected at most {most}; 1 MiB a page is usual"
            )));
        }
        rows = rows.min((BATCH_BYTES / per_row).max(1) as usize);
    }
    Ok(Ok(rows))
}

/// Of a column in a row group: bytes of its largest page and its dictionary, and the most bytes for a value.
struct Weight {
    memory: u64,
    per_value: u64,
}

fn column(file: &File, length: u64, column: &ColumnChunkMetaData) -> io::Result<Result<Weight, String>> {
    let damaged = || Ok(Err("its pages are damaged".to_string()));
    let (mut at, size) = column.byte_range();
    let Some(end) = at.checked_add(size).filter(|end| *end <= length) else { return damaged() };
    let (mut dictionary, mut largest, mut per_value) = (0, 0, 0);
    let (mut values, all) = (0, u64::try_from(column.num_values()).unwrap_or(u64::MAX));
    while at < end && values < all {
        let mut want = 512;
        let page = loop {
            let mut head = vec![0; want.min(end - at) as usize];
            file.read_exact_at(&mut head, at)?;
            match page(&head) {
                Some(page) => break page,
                None if want < end - at && want < MAX_HEAD => want *= 8,
                None => return damaged(),
            }
        };
        at += page.head;
        if page.packed > end - at {
            return damaged();
        }
        if page.unpacked > MAX_PAGES || !keeps_to_its_size(file, at, &page, column.compression())? {
            return Ok(Err(format!(
                "a page unpacks to more than {} MiB or more than it says; 1 MiB is usual",
                page.unpacked.min(MAX_PAGES) >> 20
            )));
        }
        at += page.packed;
        if page.dictionary {
            dictionary = page.unpacked;
        } else {
            values += page.values;
            largest = largest.max(page.unpacked);
            per_value = per_value.max(page.unpacked / page.values.max(1));
        }
    }
    Ok(Ok(Weight { memory: dictionary + largest, per_value }))
}

/// Whether a page, packed by a method that the decoder unpacks to its end, ends where it says.
fn keeps_to_its_size(file: &File, at: u64, page: &Page, packing: Compression) -> io::Result<bool> {
    let endless = match packing {
        Compression::GZIP(_) | Compression::LZ4 => page.packed > HARMLESS,
        Compression::BROTLI(_) => true,
        _ => false,
    };
    if !endless {
        return Ok(true);
    }
    if packing == Compression::LZ4 {
        return Ok(page.packed <= MAX_PAGES / 255);
    }
    let mut packed = vec![0; page.packed as usize];
    file.read_exact_at(&mut packed, at)?;
    let packed = packed.get(page.levels as usize..).unwrap_or_default();
    let unpacked: Box<dyn Read> = match packing {
        Compression::BROTLI(_) => Box::new(brotli::Decompressor::new(packed, 1 << 16)),
        _ => Box::new(MultiGzDecoder::new(packed)),
    };
    // What cannot be unpacked is the decoder's to refuse.
    let most = page.unpacked.max(HARMLESS);
    Ok(io::copy(&mut unpacked.take(most + 1), &mut io::sink()).map_or(true, |n| n <= most))
}

#[cfg(test)]
mod tests;
