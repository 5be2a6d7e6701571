//! A file on disk -> the bytes of its records, text as UTF-8: compression and format told by name and content.
//!
//! 1. Compression by the first bytes: gzip (several members), zstd (several frames), none. A name that says
//!    `.gz` or `.zst` must keep its word.
//! 2. Encoding of text by `sources.SOURCE.encoding`, else UTF-8; a byte order mark that contradicts it refuses the file.
//! 3. Format by `sources.SOURCE.format`, else by the name's ending, else by content. Content that contradicts it
//!    refuses the file: it is not what its name says.
//!
//! 3. What unpacks to over 1 GiB and to over 100 times its size is refused: no file of rows that differ does.
//!
//! A file without a byte is empty, whatever its name.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::decode::{self, Decoded};
use super::{FileProblem, SourceFile};
use crate::config::{Format, SourceConfig};

/// Bytes looked at to tell the content.
const HEAD: usize = 4096;

/// Data that unpack to more than this many times their size, and to more than [`ALWAYS_UNPACKED`], are a bomb. Rows
/// with an id each pack to a tenth, the most repetitive to a hundredth.
const MAX_RATIO: u64 = 100;
const ALWAYS_UNPACKED: u64 = 1 << 30;
/// Parquet and XLSX are packed in themselves; a second time they hardly shrink, and they are unpacked to a file.
const MAX_RATIO_PACKED: u64 = 20;
/// The greatest window of zstd, as an exponent of 2: 128 MiB of memory, what `zstd --long` asks for.
const MAX_WINDOW: u32 = 27;

/// Bytes that a file of a size may unpack to.
pub fn unpacked_limit(size: u64, ratio: u64) -> u64 {
    size.saturating_mul(ratio).max(ALWAYS_UNPACKED)
}

/// A file that is ready to be read.
pub enum Opened {
    /// Not one byte.
    Empty,
    Csv {
        delimiter: u8,
        bytes: Box<dyn Read>,
    },
    JsonLines {
        bytes: Box<dyn Read>,
    },
    Parquet(File),
    Xlsx(File),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compression {
    Gzip,
    Zstd,
}

/// What the bytes look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Text,
    Parquet,
    /// A ZIP file; whether there is a workbook in it shows when it is read.
    Zip,
    /// Something that is no table of ours.
    Other(&'static str),
}

/// First bytes of what else people drop into a folder.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"PK\x05\x06", "an empty ZIP file"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old Excel file, or one with a password (save it as XLSX without one, or as CSV)",
    ),
    (b"\x1f\x8b", "gzip data inside compressed data"),
    (b"\x28\xb5\x2f\xfd", "zstd data inside compressed data"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"BZh", "a bzip2 file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z file"),
    (b"Rar!\x1a", "a RAR file"),
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF-", "a PDF file"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a SQLite database"),
    (b"Obj\x01", "an Avro file"),
    (b"ARROW1\x00\x00", "an Arrow file"),
];

/// Opens a source's file.
///
/// # Errors
/// Refused when the name or the setting promises something else than the bytes hold, or the compressed data is
/// damaged at its start; unreadable when the disk says so.
pub fn open(file: &SourceFile, config: &SourceConfig) -> Result<Opened, FileProblem> {
    let mut disk = open_regular(&file.disk).map_err(FileProblem::Unreadable)?;
    let start = head(&mut disk)?;
    disk.rewind().map_err(FileProblem::Unreadable)?;
    if start.is_empty() {
        return Ok(Opened::Empty);
    }
    let (promised_compression, promised_format) = promised(&file.path)?;
    let compression = compression(&start);
    if let Some(promised) = promised_compression.filter(|p| Some(*p) != compression) {
        return Err(FileProblem::Refused(format!(
            "the name promises {promised:?} data but the file is {}; name it as what it is, or compress it",
            if start.len() < 4 { "too short for it" } else { "not compressed so" }
        )));
    }
    let mut bytes: Box<dyn Read> = match compression {
        None => Box::new(disk.try_clone().map_err(FileProblem::Unreadable)?),
        Some(Compression::Gzip) => Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 17, disk_of(&disk)?))),
        Some(Compression::Zstd) => {
            let mut decoder = zstd::stream::read::Decoder::new(disk_of(&disk)?).map_err(problem)?;
            decoder.window_log_max(MAX_WINDOW).map_err(problem)?;
            Box::new(decoder)
        }
    };
    if compression.is_some() {
        let size = disk.metadata().map_err(FileProblem::Unreadable)?.len();
        let limit = unpacked_limit(size, MAX_RATIO);
        bytes = Box::new(Limited { bytes, left: limit, limit });
    }
    let start = if compression.is_none() { start } else { head(&mut bytes)? };
    if start.is_empty() {
        return Ok(Opened::Empty);
    }
    let promised = config.format.or(promised_format);
    let encoding = match (promised, content(&start)) {
        (Some(Format::Parquet | Format::Xlsx), _) | (_, Content::Parquet | Content::Zip | Content::Other(_)) => None,
        _ => decode::choose(file.source.name, config.encoding.as_ref(), &start)?,
    };
    let format = format_of(promised, config.format.is_some(), &decode::head(&start, encoding))?;
    if matches!(format, Format::Parquet | Format::Xlsx) {
        let size = disk.metadata().map_err(FileProblem::Unreadable)?.len();
        let plain = match compression {
            None => disk,
            Some(_) => unpack(&start, bytes, unpacked_limit(size, MAX_RATIO_PACKED))?,
        };
        return Ok(if format == Format::Xlsx { Opened::Xlsx(plain) } else { Opened::Parquet(plain) });
    }
    // The head was read already: of a plain file it is read again, of a compressed one put in front.
    let bytes: Box<dyn Read> =
        if compression.is_none() { Box::new(disk) } else { Box::new(Cursor::new(start).chain(bytes)) };
    let bytes = match encoding {
        None => bytes,
        Some(encoding) => Box::new(Decoded::new(bytes, encoding)),
    };
    Ok(match format {
        Format::JsonLines => Opened::JsonLines { bytes },
        Format::Tsv => Opened::Csv { delimiter: config.delimiter.unwrap_or(b'\t'), bytes },
        Format::Csv | Format::Parquet | Format::Xlsx => {
            Opened::Csv { delimiter: config.delimiter.unwrap_or(b','), bytes }
        }
    })
}

/// Opens a regular file. Something else that has taken its place since it was listed is not waited for.
///
/// # Errors
/// Of the disk, or `InvalidInput` when it is no regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    /// Of Linux: a named pipe is opened, not waited for.
    const O_NONBLOCK: i32 = 0o4000;
    let mut options = File::options();
    options.read(true);
    if cfg!(target_os = "linux") {
        options.custom_flags(O_NONBLOCK);
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file any more"))
}

/// Tells an error of the disk, after which the file may be tried again, from data that cannot be read to its end.
pub fn problem(error: io::Error) -> FileProblem {
    if error.raw_os_error().is_some() {
        return FileProblem::Unreadable(error);
    }
    if error.get_ref().is_some_and(|e| e.is::<Bomb>()) {
        return FileProblem::Refused(error.to_string());
    }
    FileProblem::Refused(format!(
        "the compressed data cannot be read to its end ({error}): it is cut off, damaged or followed by something \
         else; deliver the file again"
    ))
}

/// Why unpacking was given up.
#[derive(Debug, thiserror::Error)]
#[error("the file unpacks to more than {} MiB, out of all proportion to its size; deliver it in parts, or as it is", .0 >> 20)]
struct Bomb(u64);

/// Bytes up to a limit, then an error.
struct Limited {
    bytes: Box<dyn Read>,
    left: u64,
    limit: u64,
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.bytes.read(buffer)?;
        self.left = self.left.checked_sub(n as u64).ok_or_else(|| io::Error::other(Bomb(self.limit)))?;
        Ok(n)
    }
}

fn disk_of(disk: &File) -> Result<File, FileProblem> {
    disk.try_clone().map_err(FileProblem::Unreadable)
}

/// The first bytes, fewer only at the end.
fn head(bytes: &mut dyn Read) -> Result<Vec<u8>, FileProblem> {
    let mut head = Vec::with_capacity(HEAD);
    bytes.take(HEAD as u64).read_to_end(&mut head).map_err(problem)?;
    Ok(head)
}

/// Whether a name promises bytes of which the text is several times as long.
pub fn is_packed(path: &str) -> bool {
    matches!(promised(path), Ok((Some(_), _) | (_, Some(Format::Parquet))))
}

/// Whether a name promises data of a kind that is read, or of one that would be refused.
pub fn promises_data(path: &str) -> bool {
    !matches!(promised(path), Ok((None, None)))
}

/// What the name promises.
fn promised(path: &str) -> Result<(Option<Compression>, Option<Format>), FileProblem> {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let (stem, compression) = match name.rsplit_once('.') {
        Some((stem, "gz" | "gzip")) => (stem, Some(Compression::Gzip)),
        Some((stem, "zst" | "zstd")) => (stem, Some(Compression::Zstd)),
        _ => (name.as_str(), None),
    };
    let format = match stem.rsplit_once('.').map(|(_, ending)| ending) {
        Some("csv") => Some(Format::Csv),
        Some("tsv") => Some(Format::Tsv),
        Some("jsonl" | "ndjson" | "json") => Some(Format::JsonLines),
        Some("parquet" | "pq") => Some(Format::Parquet),
        Some("xlsx" | "xlsm") => Some(Format::Xlsx),
        Some("xls" | "xlsb" | "ods") => {
            return Err(FileProblem::Refused(
                "the file is named as a spreadsheet of a kind that is not read; save it as XLSX or CSV".to_string(),
            ));
        }
        _ => None,
    };
    Ok((compression, format))
}

fn compression(start: &[u8]) -> Option<Compression> {
    match start {
        [0x1f, 0x8b, ..] => Some(Compression::Gzip),
        // A frame, or a skippable frame in front of one.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
        _ => None,
    }
}

fn content(start: &[u8]) -> Content {
    if start.starts_with(b"PAR1") {
        return Content::Parquet;
    }
    if start.starts_with(b"PK\x03\x04") {
        return Content::Zip;
    }
    SIGNATURES
        .iter()
        .find(|(magic, _)| start.starts_with(magic))
        .map_or(Content::Text, |(_, what)| Content::Other(what))
}

/// The format to read by: the one that was promised if the content keeps it, else the one that the content shows.
fn format_of(promised: Option<Format>, by_setting: bool, start: &[u8]) -> Result<Format, FileProblem> {
    let found = match (promised, content(start)) {
        (Some(format @ (Format::Csv | Format::Tsv | Format::JsonLines)), Content::Text) => return Ok(format),
        (Some(Format::Parquet) | None, Content::Parquet) => return Ok(Format::Parquet),
        (Some(Format::Xlsx) | None, Content::Zip) => return Ok(Format::Xlsx),
        (None, Content::Text) => return Ok(text_format(start)),
        (None, Content::Other(what)) => {
            return Err(FileProblem::Refused(format!(
                "the file is {what}; expected CSV, TSV, JSON lines or Parquet, plain, gzip or zstd, or XLSX"
            )));
        }
        (Some(_), Content::Other(what)) => what,
        (Some(_), Content::Zip) => "a ZIP or XLSX file",
        (Some(_), Content::Parquet) => "a Parquet file",
        (Some(Format::Xlsx), Content::Text) => "no ZIP file (it does not begin with PK)",
        (Some(_), Content::Text) => "no Parquet file (it does not begin with PAR1)",
    };
    let says = match promised {
        Some(Format::Csv) => "CSV",
        Some(Format::Tsv) => "TSV",
        Some(Format::JsonLines) => "JSON lines",
        Some(Format::Xlsx) => "XLSX",
        Some(Format::Parquet) | None => "Parquet",
    };
    let who = if by_setting { "the source's `format`" } else { "its name" };
    Err(FileProblem::Refused(format!("the file is not what {who} says: expected {says}, found {found}")))
}

/// The format of text whose name tells nothing.
fn text_format(start: &[u8]) -> Format {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let line = text.split(|b| matches!(b, b'\n' | b'\r')).next().unwrap_or(text);
    if text.first() == Some(&b'{') {
        Format::JsonLines
    } else if line.contains(&b'\t') && !line.contains(&b',') {
        Format::Tsv
    } else {
        Format::Csv
    }
}

/// Parquet and XLSX are read from their end: a compressed one is unpacked into a file without a name.
fn unpack(start: &[u8], bytes: Box<dyn Read>, limit: u64) -> Result<File, FileProblem> {
    let bytes = Limited { bytes, left: limit, limit };
    let mut plain = tempfile::tempfile().map_err(FileProblem::Unreadable)?;
    io::copy(&mut Cursor::new(start).chain(bytes), &mut plain).map_err(problem)?;
    plain.rewind().map_err(FileProblem::Unreadable)?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_out_of_proportion_is_a_bomb() {
        let packed = zstd::encode_all(&[b'\n'; 100_000][..], 3).unwrap();
        let read = |limit| {
            let bytes = Box::new(zstd::stream::read::Decoder::new(Cursor::new(packed.clone())).unwrap());
            io::copy(&mut Limited { bytes, left: limit, limit }, &mut io::sink())
        };
        assert_eq!(read(100_000).unwrap(), 100_000);
        let why = problem(read(99_999).unwrap_err()).to_string();
        assert!(why.contains("out of all proportion"), "{why}");
        assert_eq!(unpacked_limit(1000, MAX_RATIO) >> 20, 1024);
        assert_eq!(unpacked_limit(10 << 20, MAX_RATIO) >> 20, 1024);
    }
}
