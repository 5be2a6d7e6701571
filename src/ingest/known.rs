//! What the ledger knows of a source's files, and what is therefore to be done with one that is met now.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::schema::Source;
use crate::lake::Result;
use crate::lake::ledger::Ledger;

use super::load::Fresh;

/// What becomes of a file, decided from its bytes before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Read,
    /// Its bytes were met before. `record`: no earlier run recorded these bytes under this path.
    Skip {
        record: bool,
    },
}

/// What is known of some files of one source; grows as they are taken.
pub struct Known {
    source: &'static Source,
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
    /// Of no file yet.
    pub(super) fn new(source: &'static Source, ledger: &Ledger<'_>) -> Result<Known> {
        let last_loaded = ledger.last_loaded(source.name)?.map(|sha256| sha256.to_string());
        Ok(Known {
            source,
            recorded: HashSet::new(),
            bytes: HashMap::new(),
            taken: BTreeMap::new(),
            last_loaded,
            retry: ledger.to_retry(source.name)?,
        })
    }

    /// Asks the ledger about some files: what it knows of all others costs nothing.
    pub(super) fn learn(&mut self, ledger: &Ledger<'_>, files: &[Fresh]) -> Result<()> {
        for Fresh { file, sha256 } in files {
            for record in ledger.records_of_bytes(self.source.name, sha256)? {
                match &*record.status {
                    "loaded" => _ = self.bytes.insert(sha256.clone(), (false, record.rows_read)),
                    "refused" => _ = self.bytes.insert(sha256.clone(), (true, record.rows_read)),
                    _ => {}
                }
                if *record.path == *file.path {
                    self.recorded.insert((file.path.clone(), sha256.clone()));
                }
            }
            if let Some(last) = ledger.last_taken(self.source.name, &file.path)? {
                self.taken.insert(file.path.clone(), last.to_string());
            }
        }
        Ok(())
    }

    /// Whether an earlier run recorded these bytes under this path.
    fn recorded(&self, path: &str, sha256: &str) -> bool {
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

    fn nothing(name: &str) -> Known {
        let (source, retry) = (source(name).unwrap(), HashSet::new());
        let (recorded, bytes, taken) = (HashSet::new(), HashMap::new(), BTreeMap::new());
        Known { source, recorded, bytes, taken, last_loaded: None, retry }
    }

    #[test]
    fn events_are_known_by_bytes_and_tables_by_what_stands() {
        let mut events = nothing("messages");
        assert_eq!(events.decide("a", "A"), Decision::Read);
        events.loaded("a", "A", 3);
        events.loaded("e", "EMPTY", 0);
        events.refused("R", 0);
        assert_eq!(events.decide("b", "A"), Decision::Skip { record: true });
        assert_eq!(events.decide("f", "EMPTY"), Decision::Read);
        assert_eq!(events.decide("b", "R"), Decision::Skip { record: true });

        let mut table = nothing("reps");
        table.loaded("a", "A", 3);
        assert_eq!(table.decide("b", "A"), Decision::Skip { record: true });
        table.loaded("a", "B", 3);
        assert_eq!(table.decide("a", "A"), Decision::Read);
        assert_eq!(table.decide("a", "B"), Decision::Skip { record: true });
    }
}
