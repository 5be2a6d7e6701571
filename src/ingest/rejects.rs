//! Refused records of a file, until it is known whether the file was read to its end: in memory while they are few,
//! then on disk, so that a large file of nothing but bad rows takes no more memory than any other.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use super::Reject;
use super::load::LoadError;

/// Bytes of records in memory before they go to disk.
const IN_MEMORY: usize = 16 << 20;

/// Refused records in file order.
#[derive(Default)]
pub struct Rejects {
    memory: Vec<Reject>,
    bytes: usize,
    disk: Option<BufWriter<File>>,
}

impl Rejects {
    pub fn is_empty(&self) -> bool {
        self.memory.is_empty() && self.disk.is_none()
    }

    /// Takes records; those that are too many go to a file without a name in `staging`.
    pub fn extend(&mut self, rejects: Vec<Reject>, staging: &Path) -> io::Result<()> {
        self.bytes += rejects.iter().map(|r| r.raw.len() + size_of::<Reject>()).sum::<usize>();
        self.memory.extend(rejects);
        if self.bytes < IN_MEMORY {
            return Ok(());
        }
        let disk = match &mut self.disk {
            Some(disk) => disk,
            None => self.disk.insert(BufWriter::new(tempfile::tempfile_in(staging)?)),
        };
        for reject in self.memory.drain(..) {
            serde_json::to_writer(&mut *disk, &(reject.line, &reject.column, reject.reason, reject.raw.len()))?;
            disk.write_all(b"\n")?;
            disk.write_all(&reject.raw)?;
        }
        self.bytes = 0;
        Ok(())
    }

    /// Gives the records back, some at a time.
    ///
    /// # Errors
    /// Of the staging file, and of `take`.
    pub fn each(
        self,
        staging: &Path,
        mut take: impl FnMut(Vec<Reject>) -> Result<(), LoadError>,
    ) -> Result<(), LoadError> {
        let failed = |e| LoadError::io("reading staged rows", staging, e);
        if let Some(disk) = self.disk {
            let mut disk = disk.into_inner().map_err(|e| failed(e.into_error()))?;
            disk.rewind().map_err(failed)?;
            let mut disk = BufReader::new(disk);
            loop {
                let some = some(&mut disk).map_err(failed)?;
                if some.is_empty() {
                    break;
                }
                take(some)?;
            }
        }
        if self.memory.is_empty() { Ok(()) } else { take(self.memory) }
    }
}

/// The next records on disk.
fn some(disk: &mut BufReader<File>) -> io::Result<Vec<Reject>> {
    let (mut some, mut bytes, mut head) = (Vec::new(), 0, String::new());
    while bytes < IN_MEMORY && disk.read_line(&mut head)? > 0 {
        let (line, column, reason, length) = serde_json::from_str(&head)?;
        let mut raw = vec![0; length];
        disk.read_exact(&mut raw)?;
        bytes += length + size_of::<Reject>();
        some.push(Reject { line, column, reason, raw });
        head.clear();
    }
    Ok(some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Reason;

    #[test]
    fn what_went_to_disk_comes_back_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let reject = |line: u64| Reject {
            line,
            column: line.is_multiple_of(2).then(|| "ts\n\"".to_string()),
            reason: if line.is_multiple_of(3) { Reason::IdConflict } else { Reason::Parse },
            raw: vec![b'\n' + (line % 7) as u8; (line as usize * 7919) % 200_000],
        };
        let mut rejects = Rejects::default();
        for from in (1..600).step_by(10) {
            rejects.extend((from..from + 10).map(reject).collect(), folder.path()).unwrap();
            assert!(rejects.memory.iter().map(|r| r.raw.len()).sum::<usize>() <= IN_MEMORY);
        }
        assert!(rejects.disk.is_some() && !rejects.memory.is_empty());
        let (mut back, mut calls) = (Vec::new(), 0);
        rejects
            .each(folder.path(), |some| {
                calls += 1;
                back.extend(some);
                Ok(())
            })
            .unwrap();
        assert!(calls > 3 && back.iter().cloned().eq((1..=600).map(reject)));
    }
}
