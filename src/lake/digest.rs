//! The content hash of a data file: BLAKE3 of its bytes, taken as they are written.
//!
//! The ledger keeps it with the file, so that a byte that the disk changed later is found by `shoppulse verify`, in
//! whatever part of the file it lies. `b3sum FILE` gives the same digits.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// Bytes that are read at once.
const BLOCK: usize = 1 << 20;

/// A file under way: what is written to it is hashed and counted.
pub(super) struct Hashing {
    file: File,
    hasher: blake3::Hasher,
    bytes: u64,
    /// The last eight bytes: a Parquet file ends with the size of its footer and the magic word.
    tail: [u8; 8],
}

/// What was written.
pub(super) struct Written {
    pub blake3: blake3::Hash,
    pub bytes: u64,
    pub tail: [u8; 8],
}

impl Hashing {
    pub(super) fn new(file: File) -> Hashing {
        Hashing { file, hasher: blake3::Hasher::new(), bytes: 0, tail: [0; 8] }
    }

    pub(super) fn finish(self) -> Written {
        Written { blake3: self.hasher.finalize(), bytes: self.bytes, tail: self.tail }
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        let bytes = &bytes[..written];
        self.hasher.update(bytes);
        self.bytes += written as u64;
        let new = written.min(self.tail.len());
        self.tail.rotate_left(new);
        let kept = self.tail.len() - new;
        self.tail[kept..].copy_from_slice(&bytes[written - new..]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The hash and the size of a file as it stands on disk, in bounded memory.
pub(super) fn of_file(path: &Path) -> io::Result<(blake3::Hash, u64)> {
    let (mut file, mut hasher) = (File::open(path)?, blake3::Hasher::new());
    let mut block = vec![0; BLOCK];
    let mut bytes = 0;
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok((hasher.finalize(), bytes)),
            Ok(n) => {
                hasher.update(&block[..n]);
                bytes += n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_pieces_is_hashed_as_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut file = Hashing::new(File::create(&path).unwrap());
        for piece in [&b"a"[..], b"", b"bcdefghijkl", b"mno"] {
            file.write_all(piece).unwrap();
        }
        let written = file.finish();
        assert_eq!((written.bytes, &written.tail), (15, b"hijklmno"));
        // `printf abcdefghijklmno | b3sum`
        assert_eq!(of_file(&path).unwrap(), (written.blake3, 15));
        std::fs::write(&path, "abcdefghijklmnp").unwrap();
        assert_ne!(of_file(&path).unwrap().0, written.blake3);
        // The published test vector of no input.
        let empty = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(blake3::Hasher::new().finalize().to_hex().as_str(), empty);
    }
}
