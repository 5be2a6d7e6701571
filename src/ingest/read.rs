//! One file -> chunks of typed rows and refusals, in bounded memory.

use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::locate::{locate, wanted};
use super::open::{Opened, open, open_regular};
use super::parse::rows::{Rows, Sink};
use super::parse::window::{BLOCK, Window};
use super::parse::{csv, jsonl, parquet, xlsx};
use super::personal::Personal;
use super::{FileProblem, FileReport, SourceFile};
use crate::config::SourceConfig;
use crate::domain::{Micros, Zone, hex};

/// How a file is to be read.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions<'a> {
    pub config: &'a SourceConfig,
    pub zone: &'a Zone,
    /// The run's clock: a time over one day after it is `time_range`.
    pub now: Micros,
    /// What becomes of ids of visitors.
    pub personal: &'a Personal,
    /// Records of a chunk, at most; about 16 MiB of text is another limit.
    pub chunk_rows: usize,
}

/// SHA-256 of a file's bytes as they are on disk, in hex.
pub fn hash_file(disk: &Path) -> io::Result<String> {
    let mut file = open_regular(disk)?;
    let mut hash = Sha256::new();
    let mut block = Vec::with_capacity(BLOCK);
    while file.by_ref().take(BLOCK as u64).read_to_end(&mut block)? > 0 {
        hash.update(&block);
        block.clear();
    }
    Ok(hex(&hash.finalize()))
}

/// Reads a file from its first record to its last; `sink` receives every record once, good or refused, in chunks.
///
/// # Errors
/// See [`FileProblem`]. Chunks may have been handed on before: the caller gives them up.
pub fn read_file(file: &SourceFile, options: &ReadOptions<'_>, sink: Sink<'_>) -> Result<FileReport, FileProblem> {
    read_blocks(file, options, BLOCK, sink)
}

/// [`read_file`] with `block` bytes at once.
fn read_blocks(
    file: &SourceFile,
    options: &ReadOptions<'_>,
    block: usize,
    sink: Sink<'_>,
) -> Result<FileReport, FileProblem> {
    let wanted = wanted(file.source, options.config);
    let rows = Rows::new(file.source, options, sink)?.limit(text_limit(file)).sized(file.size);
    let (rows_read, unknown_columns) = match open(file, options.config)? {
        Opened::Empty => (0, Vec::new()),
        Opened::Csv { delimiter, bytes } => {
            csv::read(csv::Records::new(Window::new(bytes, block), delimiter)?, &wanted, rows)?
        }
        Opened::JsonLines { bytes } => jsonl::read(jsonl::Lines::new(Window::new(bytes, block))?, &wanted, rows)?,
        Opened::Parquet(disk) => {
            let batches = parquet::Batches::new(disk, file.source, &wanted, options.chunk_rows)?;
            parquet::read(batches, options.zone, rows)?
        }
        Opened::Xlsx(disk) => xlsx::read(disk, &wanted, rows)?,
    };
    Ok(FileReport { rows_read, unknown_columns })
}

/// Bytes of records that a file of a size may hold. Events are staged on disk, a table's rows are in memory.
fn text_limit(file: &SourceFile) -> u64 {
    match file.source.is_events() {
        true => file.size.saturating_mul(100).max(1 << 30),
        false => file.size.saturating_mul(50).max(256 << 20),
    }
}

/// The raw bytes of the records that begin at `lines`, in file order: what [`super::Reject::raw`] would hold for them.
/// All of them are kept in memory; see [`each_raw_record`].
///
/// # Errors
/// See [`FileProblem`].
pub fn raw_records(
    file: &SourceFile,
    options: &ReadOptions<'_>,
    lines: &[u64],
) -> Result<Vec<(u64, Vec<u8>)>, FileProblem> {
    let mut found = Vec::with_capacity(lines.len());
    each_raw_record(file, options, lines, &mut |line, raw| {
        found.push((line, raw.to_vec()));
        Ok(())
    })?;
    Ok(found)
}

/// Receives the raw bytes of a record, and its line.
pub type RawSink<'s> = &'s mut dyn FnMut(u64, &[u8]) -> Result<(), crate::lake::LakeError>;

/// Hands the records that begin at `lines` to `sink`, in file order, each as it is read. Stops after the last one.
///
/// # Errors
/// See [`FileProblem`].
pub fn each_raw_record(
    file: &SourceFile,
    options: &ReadOptions<'_>,
    lines: &[u64],
    sink: RawSink<'_>,
) -> Result<(), FileProblem> {
    // Of a file without a record, such as one of line ends alone, the head need not be right.
    if lines.is_empty() {
        return Ok(());
    }
    let mut lines = lines.to_vec();
    lines.sort_unstable();
    lines.dedup();
    let mut asked = lines.into_iter().peekable();
    let wanted = wanted(file.source, options.config);
    match open(file, options.config)? {
        Opened::Empty => {}
        Opened::Csv { delimiter, bytes } => {
            let mut records = csv::Records::new(Window::new(bytes, BLOCK), delimiter)?;
            let names = records.header()?.unwrap_or_default();
            let veil = csv::Veil::new(options.personal, file.source, &locate(file.source, &wanted, &names)?, &names);
            for line in asked.by_ref() {
                records.skip_to(line)?;
                match records.next_record()? {
                    Some(record) if record.line == line => sink(line, &veil.raw(&record))?,
                    Some(_) => {}
                    None => break,
                }
            }
        }
        Opened::JsonLines { bytes } => {
            let mut records = jsonl::Lines::new(Window::new(bytes, BLOCK))?;
            let veil = jsonl::Veil::new(options.personal, file.source, &wanted);
            while let (Some(_), Some(record)) = (asked.peek(), records.next_line()?) {
                if asked.next_if_eq(&record.line).is_some() {
                    sink(record.line, &veil.raw(&record))?;
                }
            }
        }
        Opened::Parquet(disk) => {
            let mut batches = parquet::Batches::new(disk, file.source, &wanted, options.chunk_rows)?;
            let veil = parquet::Veil::new(options.personal, file.source, &batches);
            while let (Some(_), Some((before, batch))) = (asked.peek(), batches.next_batch()?) {
                let after = before + batch.num_rows() as u64;
                while let Some(line) = asked.next_if(|line| *line <= after) {
                    if let Some(row) = line.checked_sub(before + 1) {
                        sink(line, &parquet::raw(&batch, row as usize, options.zone, veil))?;
                    }
                }
            }
        }
        Opened::Xlsx(disk) => {
            xlsx::each_record(disk, file.source, &wanted, &mut |record| {
                if asked.next_if_eq(&record.line).is_some() {
                    sink(record.line, &record.raw())?;
                }
                Ok(asked.peek().is_some())
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
