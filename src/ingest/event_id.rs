//! Ids of a log that has none: made from the values of a row and its ordinal among equal rows of the file.
//!
//! ```text
//! event_id = ["ts", "company_id"]         bytes: for each column in contract order 0 for null, else 1 and the value
//!
//! 2026-07-01T09:30:00Z,C1   ordinal 0     id = the first 16 bytes of SHA-256 of these bytes and of the ordinal
//! 2026-07-01T09:30:00Z,C1   ordinal 1     (8 bytes, little-endian), in hex
//! 2026-07-01T09:31:00Z,C1   ordinal 0
//! ```
//!
//! So the same log loaded again is all duplicates, and two equal lines of one log are two events. A bad row has no
//! ordinal. Memory: a 64-bit hash for each row of the file, 10 to 30 bytes a row, and 20 to 60 for a row that repeats;
//! two rows that differ and share a hash are counted together, which leaves their ids distinct.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

use xxhash_rust::xxh3::xxh3_64;

use super::cells::{IdHasher, digest, encode};
use crate::config::SourceConfig;
use crate::domain::hex;
use crate::domain::schema::Source;
use crate::domain::values::Value;

/// The column that is made.
pub const EVENT_ID: &str = "event_id";

/// Makes the ids of one file's rows, in file order.
#[derive(Clone, Debug)]
pub struct EventIds {
    /// Positions of the columns that tell events apart, in contract order.
    columns: Vec<usize>,
    /// Hashes of the rows met.
    met: HashSet<u64, BuildHasherDefault<IdHasher>>,
    /// How often those that were met again were met.
    again: HashMap<u64, u64, BuildHasherDefault<IdHasher>>,
    bytes: Vec<u8>,
}

impl EventIds {
    /// `None` when the source's files have ids of their own.
    pub fn new(source: &Source, config: &SourceConfig) -> Option<EventIds> {
        let columns: Vec<usize> = config.event_id.iter().filter_map(|name| source.index(name)).collect();
        (!columns.is_empty()).then(|| EventIds {
            columns,
            met: HashSet::default(),
            again: HashMap::default(),
            bytes: Vec::new(),
        })
    }

    /// The id of a good row, which is counted.
    pub fn next(&mut self, row: &[Value<'_>]) -> String {
        self.bytes.clear();
        for value in self.columns.iter().filter_map(|n| row.get(*n)) {
            encode(value, &mut self.bytes);
        }
        let hash = xxh3_64(&self.bytes);
        let ordinal = if self.met.insert(hash) {
            0
        } else {
            let again = self.again.entry(hash).or_default();
            *again += 1;
            *again
        };
        self.bytes.extend_from_slice(&ordinal.to_le_bytes());
        hex(&digest(&self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schema::source;
    use crate::domain::{Day, Micros};

    /// Python: `sha256(b"\1" + pack("<q", micros) + b"\1" + pack("<Q", 3) + b"C\xc3\xa9" + b"\0" + pack("<Q", ordinal))`.
    #[test]
    fn ids_are_what_another_program_computes() {
        let messages = source("messages").unwrap();
        let config = SourceConfig { event_id: vec!["ts", "company_id", "visitor_id"], ..SourceConfig::default() };
        let mut ids = EventIds::new(messages, &config).unwrap();
        let row = |at, company: &'static str, visitor| {
            let visitor = if visitor { Value::Text("".into()) } else { Value::Null };
            [
                Value::Null,
                Value::Time(Micros(at), Day(0)),
                Value::Text(company.into()),
                visitor,
                Value::Text("x".into()),
            ]
        };
        let at = 1_782_869_400_000_000;
        assert_eq!(ids.next(&row(at, "Cé", false)), "9467319cc0162abffe037d2183266574");
        assert_eq!(ids.next(&row(at, "Cé", false)), "7f658084077636b0fb92bd803ce00f0f");
        // Null is not empty.
        assert_eq!(ids.next(&row(at, "Cé", true)), "ed16406dd02c21a8460b994fe2da3539");
        assert_eq!(ids.next(&row(at + 1, "Cé", false)), "4e34376e11f23114868aeb37dd57410d");
        assert_eq!(ids.next(&row(at, "Cé", false)), "358d24318dc94722d888ead78b005809");
        assert!(EventIds::new(messages, &SourceConfig::default()).is_none());
    }
}
