//! What the ledger knows of a source's files, and what is therefore to be done with one that is met now.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::schema::Source;
use crate::lake::ledger::{IngestFileRow, SeenFile};

use super::SourceFile;

/// What becomes of a file, decided from its bytes before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Read,
    /// Its bytes were met before. `record`: no earlier run recorded these bytes under this path.
    Skip {
        record: bool,
    },
}

/// What is known of one source's files; grows as files of this run are taken.
pub struct Known {
    source: &'static Source,
    seen: HashMap<String, SeenFile>,
    /// Path and bytes that an earlier run recorded.
    recorded: HashSet<(String, String)>,
    /// What became of bytes when they were last read, and their rows.
    bytes: HashMap<String, (bool, i64)>,
    /// Bytes last loaded or skipped from a path.
    taken: BTreeMap<String, String>,
    /// Bytes of the file that was loaded last.
    last_loaded: Option<String>,
    /// Refused bytes that are to be read again.
    retry: HashSet<String>,
}

impl Known {
    /// From the records of all runs (by run, then path, as the ledger gives them) and what was seen of each path.
    pub fn new(source: &'static Source, files: &[IngestFileRow], seen: Vec<SeenFile>) -> Known {
        let mut known = Known {
            source,
            seen: HashMap::new(),
            recorded: HashSet::new(),
            bytes: HashMap::new(),
            taken: BTreeMap::new(),
            last_loaded: None,
            retry: HashSet::new(),
        };
        for file in files.iter().filter(|f| &*f.source == source.name) {
            known.recorded.insert((file.path.to_string(), file.sha256.to_string()));
            match &*file.status {
                "loaded" => known.loaded(&file.path, &file.sha256, file.rows_read),
                "refused" => known.refused(&file.sha256, file.rows_read),
                _ => known.skipped(&file.path, &file.sha256),
            }
        }
        for file in seen {
            if &*file.status != "refused" {
                known.taken.insert(file.path.to_string(), file.sha256.to_string());
            }
            known.seen.insert(file.path.to_string(), file);
        }
        known
    }

    /// Bytes that are read again although they were refused (`quarantine retry`).
    pub fn retry(&mut self, sha256: HashSet<String>) {
        self.retry = sha256;
    }

    /// Whether the file is, by size, time and inode, the one that was read before.
    pub fn unchanged(&self, file: &SourceFile) -> bool {
        let same = |s: &SeenFile| {
            u64::try_from(s.size) == Ok(file.size)
                && s.mtime_ns == file.mtime_ns
                && u64::try_from(s.inode) == Ok(file.inode)
        };
        self.seen.get(&file.path).is_some_and(|s| same(s) && !self.retry.contains(&*s.sha256))
    }

    /// Whether an earlier run recorded these bytes under this path.
    pub fn recorded(&self, path: &str, sha256: &str) -> bool {
        self.recorded.contains(&(path.to_string(), sha256.to_string()))
    }

    /// What to do with a file of these bytes.
    pub fn decide(&self, path: &str, sha256: &str) -> Decision {
        if self.retry.contains(sha256) {
            return Decision::Read;
        }
        let recorded = self.recorded(path, sha256);
        let skip = Decision::Skip { record: !recorded };
        let (refused, rows) = self.bytes.get(sha256).copied().unwrap_or((false, 0));
        if refused {
            return skip;
        }
        let taken_here = self.taken.get(path).is_some_and(|t| t == sha256);
        let known = if self.source.is_events() {
            rows > 0 || taken_here && recorded
        } else {
            taken_here || self.last_loaded.as_deref() == Some(sha256)
        };
        if known { skip } else { Decision::Read }
    }

    /// Records in a file of these bytes, as far as known.
    pub fn rows(&self, sha256: &str) -> i64 {
        self.bytes.get(sha256).map_or(0, |(_, rows)| *rows)
    }

    /// Takes note that a file of this run was loaded.
    pub fn loaded(&mut self, path: &str, sha256: &str, rows: i64) {
        self.bytes.insert(sha256.to_string(), (false, rows));
        self.last_loaded = Some(sha256.to_string());
        self.retry.remove(sha256);
        self.skipped(path, sha256);
    }

    /// Takes note that bytes were refused.
    pub fn refused(&mut self, sha256: &str, rows: i64) {
        self.bytes.insert(sha256.to_string(), (true, rows));
        self.retry.remove(sha256);
    }

    /// Takes note that a file was skipped.
    pub fn skipped(&mut self, path: &str, sha256: &str) {
        self.taken.insert(path.to_string(), sha256.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schema::source;

    #[test]
    fn events_are_known_by_bytes_and_tables_by_what_stands() {
        let mut events = Known::new(source("messages").unwrap(), &[], Vec::new());
        assert_eq!(events.decide("a", "A"), Decision::Read);
        events.loaded("a", "A", 3);
        events.loaded("e", "EMPTY", 0);
        events.refused("R", 0);
        assert_eq!(events.decide("b", "A"), Decision::Skip { record: true });
        assert_eq!(events.decide("f", "EMPTY"), Decision::Read);
        assert_eq!(events.decide("b", "R"), Decision::Skip { record: true });

        let mut table = Known::new(source("reps").unwrap(), &[], Vec::new());
        table.loaded("a", "A", 3);
        assert_eq!(table.decide("b", "A"), Decision::Skip { record: true });
        table.loaded("a", "B", 3);
        assert_eq!(table.decide("a", "A"), Decision::Read);
        assert_eq!(table.decide("a", "B"), Decision::Skip { record: true });
    }
}
