//! Files that may still be written to: they are read once they have lain unchanged for `storage.settle_seconds`.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::SourceFile;

/// What tells one state of a file from another: size, time of the last change in nanoseconds, inode.
pub type Mark = (u64, i64, u64);

pub fn mark(about: &Metadata) -> Mark {
    let mtime_ns = about.mtime().saturating_mul(1_000_000_000).saturating_add(about.mtime_nsec());
    (about.len(), mtime_ns, about.ino())
}

impl SourceFile {
    /// Its state when it was listed.
    pub fn mark(&self) -> Mark {
        (self.size, self.mtime_ns, self.inode)
    }
}

/// Why a file has to wait, if its state is not the one in which it was listed.
///
/// # Errors
/// The disk does not say; that the file is gone is no error.
pub fn changed(file: &SourceFile) -> io::Result<Option<String>> {
    changed_since(&file.disk, file.mark())
}

fn changed_since(disk: &Path, before: Mark) -> io::Result<Option<String>> {
    match std::fs::metadata(disk) {
        Ok(about) if mark(&about) == before => Ok(None),
        Ok(_) => Ok(Some("it is still being written to; the next run takes it".into())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Some(gone())),
        Err(e) => Err(e),
    }
}

/// Why a file that vanished has to wait.
pub fn gone() -> String {
    "it is no longer there; if it was renamed, the next run takes it under its new name".into()
}

/// How long it takes until the youngest of the files has lain for `settle`; never longer than that. Files with a
/// time to come are as young as can be.
pub fn rest<'f>(files: impl Iterator<Item = &'f SourceFile>, now: SystemTime, settle: Duration) -> Duration {
    let now = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_nanos() as i128);
    let age = |file: &SourceFile| (now - i128::from(file.mtime_ns)).max(0);
    let youngest = files.map(age).min().unwrap_or(i128::MAX);
    let rest = (settle.as_nanos() as i128).saturating_sub(youngest).max(0);
    Duration::from_nanos(rest as u64)
}

/// Whether a file has not lain for `settle` by `now`.
pub fn is_young(file: &SourceFile, now: SystemTime, settle: Duration) -> bool {
    !rest(std::iter::once(file), now, settle).is_zero()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write as _;
    use std::path::PathBuf;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::domain::schema::source;
    use crate::ingest::account::Progress;
    use crate::ingest::rig::{Rig, accounts};

    const HEAD: &str = "event_id,ts,company_id\n";
    const ROW: &str = "a,2026-07-01T08:00:00Z,C1\n";

    /// Lays hands on a file before the first one is read, or once one was read.
    struct Meddler {
        disk: PathBuf,
        before: fn(&Path),
        after: fn(&Path),
        lines: Arc<Mutex<Vec<String>>>,
    }

    impl Progress for Meddler {
        fn start(&self, _: &str, _: usize, _: u64) {
            (self.before)(&self.disk);
        }
        fn advance(&self, _: u64) {
            (self.after)(&self.disk);
        }
        fn line(&self, text: &str) {
            self.lines.lock().unwrap().push(text.to_string());
        }
    }

    #[test]
    fn a_file_that_grows_during_the_wait_is_left_for_the_next_run() {
        let mut rig = Rig::new();
        rig.project.storage.settle_seconds = 1;
        let grows = rig.file("messages/1.csv", HEAD);
        let steady = rig.file("messages/2.csv", &(HEAD.to_string() + ROW));
        rig.file("reps.csv", "rep_id,name,team,role,hired_on\nr1,n,t,sales,2026-01-01\n");
        let writer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            File::options().append(true).open(grows).unwrap().write_all(b"b,2026-07-01T08:00:00Z,C1\n").unwrap();
        });
        let sources = ["messages", "reps"];
        let loaded = rig.load(&sources);
        writer.join().unwrap();
        let rep = "reps.csv loaded* 1=1+0+0";
        assert_eq!(accounts(&loaded), ["messages/1.csv waiting 0=0+0+0", "messages/2.csv loaded* 1=1+0+0", rep]);
        // One wait for all.
        assert!(loaded.timings.settle <= Duration::from_millis(1500), "{:?}", loaded.timings.settle);
        assert!(loaded.files.iter().all(|f| !f.is_left_out()));
        let loaded = rig.load(&sources);
        assert_eq!(accounts(&loaded)[0], "messages/1.csv loaded* 1=1+0+0");
        // Nothing new, or nothing young: no wait.
        assert_eq!(rig.load(&sources).timings.settle, Duration::ZERO);
        fs::rename(&steady, rig.file("messages/3.csv", "")).unwrap();
        let old = SystemTime::now() - Duration::from_secs(5);
        let moved = rig.project.storage.incoming.join("messages/3.csv");
        File::options().write(true).open(&moved).unwrap().set_modified(old).unwrap();
        let loaded = rig.load(&sources);
        assert_eq!(
            (accounts(&loaded)[1].as_str(), loaded.timings.settle),
            ("messages/3.csv skipped* 0=0+0+0", Duration::ZERO)
        );
        // A time to come is waited for as long as any.
        File::options()
            .write(true)
            .open(&moved)
            .unwrap()
            .set_modified(SystemTime::now() + Duration::from_secs(3600))
            .unwrap();
        let loaded = rig.load(&sources);
        assert_eq!(accounts(&loaded)[1], "messages/3.csv skipped 0=0+0+0");
        assert!(loaded.timings.settle >= Duration::from_secs(1));
    }

    #[test]
    fn a_file_that_changes_or_goes_while_it_is_read_waits() {
        fn write(path: &Path) {
            File::options().append(true).open(path).unwrap().write_all(b"\n").unwrap();
        }
        fn replace(path: &Path) {
            fs::rename(path, path.with_extension("old")).unwrap();
            fs::write(path, ROW).unwrap();
        }
        fn pipe(path: &Path) {
            fs::remove_file(path).unwrap();
            assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        }
        let gone = |path: &Path| fs::remove_file(path).unwrap();
        let cut = |path: &Path| File::options().write(true).open(path).unwrap().set_len(5).unwrap();
        let nothing = |_: &Path| {};
        type Act = fn(&Path);
        let acts: [(Act, Act); 7] = [
            (nothing, write),
            (nothing, gone),
            (nothing, cut),
            (nothing, replace),
            (gone, nothing),
            (cut, nothing),
            (pipe, nothing),
        ];
        let packed = zstd::encode_all(format!("{HEAD}{ROW}").as_bytes(), 3).unwrap();
        for (n, (before, after)) in acts.into_iter().enumerate() {
            for source in ["messages", "reps"] {
                // What was read of a file that changes is no reason to refuse it, be it cut off or without its columns.
                for bytes in [&packed[..], &packed[..packed.len() - 3]] {
                    let mut rig = Rig::new();
                    let disk = rig.file(&format!("{source}/\n.zst"), "");
                    fs::write(&disk, bytes).unwrap();
                    let lines = Arc::new(Mutex::new(Vec::new()));
                    rig.progress = Box::new(Meddler { disk, before, after, lines: lines.clone() });
                    assert_eq!(accounts(&rig.load(&[source])), [format!("{source}/\n.zst waiting 0=0+0+0")], "{n}");
                    let lines = lines.lock().unwrap();
                    assert!(
                        lines.len() == 1 && lines[0].starts_with(&format!("{source} {source}/\\n.zst: waiting: it is")),
                        "{lines:?}"
                    );
                    assert!(rig.quarantine().is_empty() && rig.rows(source, &[]).is_empty());
                }
            }
        }
    }

    #[test]
    fn the_youngest_file_says_how_long() {
        let file = |mtime_ns| {
            let source = source("messages").unwrap();
            SourceFile { source, path: "a".into(), disk: "/a".into(), size: 1, mtime_ns, inode: 1 }
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let rest = |at: &[i64]| {
            let files: Vec<SourceFile> = at.iter().map(|s| file(s * 1_000_000_000)).collect();
            super::rest(files.iter(), now, Duration::from_secs(10)).as_secs()
        };
        assert_eq!((rest(&[]), rest(&[90, 1]), rest(&[93, 97, 50]), rest(&[100]), rest(&[9_000])), (0, 0, 7, 10, 10));
    }
}
