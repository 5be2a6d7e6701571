//! Ids of visitors, on their way into the lake and into the quarantine.
//!
//! ```text
//! mode    stored visitor_id        raw record of a refused row          what is derived from the id
//! hash    keyed hash, 32 digits    the id replaced by its hash          the hash
//! drop    null                     the id cut out                       the hash
//! plain   as it came               as it came                           the id
//! ```
//!
//! The hash is BLAKE3 with a secret key, cut to 128 bits. The first load of events fixes mode and key in the lake:
//! under others a redelivered row would differ from itself.

use std::borrow::Cow;
use std::ops::Range;

use crate::config::privacy::{KEY_BYTES, Key, KeyError};
use crate::config::{Privacy, VisitorIds};
use crate::domain::schema::Source;
use crate::lake::LakeError;
use crate::lake::ledger::Ledger;

use super::erased::{Bond, Erased, Kind};
use super::values::Value;

/// The column that holds ids of visitors.
pub const VISITOR_ID: &str = "visitor_id";

/// What is done with personal data while files are read.
#[derive(Clone, Debug)]
pub struct Personal {
    mode: VisitorIds,
    key: Key,
    erased: Erased,
}

/// Everything as it comes.
pub static PLAIN: Personal = Personal { mode: VisitorIds::Plain, key: Key([0; KEY_BYTES]), erased: Erased::NONE };

/// Why ids of visitors cannot be kept as the project says; nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum PersonalError {
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(
        "privacy.visitor_ids is \"{found}\", but this lake was loaded with \"{fixed}\"; set `visitor_ids = \"{fixed}\"` \
         under [privacy], or load the sources into a new lake: rows delivered again would no longer be known"
    )]
    Mode { found: &'static str, fixed: String },
    #[error(
        "the key of visitor ids, {path}, is another one ({found}) than that by which this lake was loaded ({fixed}); \
         restore it from your backup, or load the sources into a new lake"
    )]
    OtherKey { path: String, found: String, fixed: String },
}

impl Personal {
    /// Under a known key, nothing erased.
    #[cfg(test)]
    pub fn with_key(mode: VisitorIds, key: [u8; KEY_BYTES]) -> Personal {
        Personal { mode, key: Key(key), erased: Erased::NONE }
    }

    /// What the project says, held against what the lake was loaded with. A lake that has no events yet gets a key
    /// made when there is none; with `make` it is written, and its path returned for the operator.
    ///
    /// # Errors
    /// Another mode or key than the lake's, a key that is missing or open to others.
    pub fn open(privacy: &Privacy, ledger: &Ledger<'_>, make: bool) -> Result<(Personal, bool), PersonalError> {
        let fixed = ledger.visitor_ids()?;
        let mode = privacy.visitor_ids;
        let found = mode.word();
        if let Some((fixed, _)) = fixed.as_ref().filter(|(fixed, _)| fixed != found) {
            return Err(PersonalError::Mode { found, fixed: fixed.clone() });
        }
        if mode == VisitorIds::Plain {
            return Ok((Personal::of_tables(ledger)?, false));
        }
        let (key, made) = match Key::read(&privacy.key_file) {
            Err(KeyError::Missing(_)) if fixed.is_none() => {
                let key = Key::random()?;
                if make {
                    key.write(&privacy.key_file)?;
                }
                (key, make)
            }
            read => (read?, false),
        };
        let found = key.fingerprint();
        match fixed {
            Some((_, fixed)) if fixed != found => {
                Err(PersonalError::OtherKey { path: privacy.key_file.display().to_string(), found, fixed })
            }
            _ => Ok((Personal { mode, key, erased: Erased::read(ledger)? }, made)),
        }
    }

    /// As [`Personal::open`] for files without ids of visitors: no key is needed.
    pub fn of_tables(ledger: &Ledger<'_>) -> Result<Personal, LakeError> {
        Ok(Personal { erased: Erased::read(ledger)?, ..PLAIN.clone() })
    }

    /// Whether ids of visitors are not kept at all.
    pub fn drops_visitors(&self) -> bool {
        self.mode == VisitorIds::Drop
    }

    /// The source's columns that may hold an erased id.
    pub fn erased_columns(&self, source: &Source) -> Vec<(usize, Kind, Bond)> {
        self.erased.columns(source)
    }

    /// Whether an id, as it stands in a file, was erased.
    pub fn is_erased(&self, kind: Kind, id: &str) -> bool {
        match kind {
            Kind::Visitor => self.erased.has(kind, &self.token(id)),
            _ => self.erased.has(kind, id),
        }
    }

    /// Fixes mode and key for all later loads.
    pub fn fix(&self, ledger: &Ledger<'_>) -> Result<(), LakeError> {
        let fingerprint = if self.mode == VisitorIds::Plain { String::new() } else { self.key.fingerprint() };
        ledger.fix_visitor_ids(self.mode.word(), &fingerprint)
    }

    /// What stands for a visitor's id in anything that is derived from it: 32 hexadecimal digits, of a plain id itself.
    pub fn token<'a>(&self, id: &'a str) -> Cow<'a, str> {
        match self.mode {
            VisitorIds::Plain => Cow::Borrowed(id),
            VisitorIds::Hash | VisitorIds::Drop => Cow::Owned(self.hash(id.as_bytes())),
        }
    }

    /// The token in place of a visitor's id.
    pub fn hidden<'a>(&self, value: Value<'a>) -> Value<'a> {
        match value {
            Value::Text(id) => Value::Text(Cow::Owned(self.token(&id).into_owned())),
            other => other,
        }
    }

    /// What the lake keeps of a token.
    pub fn stored<'a>(&self, token: Value<'a>) -> Value<'a> {
        if self.mode == VisitorIds::Drop { Value::Null } else { token }
    }

    /// The position of the column whose values are not kept as they come.
    pub fn veiled(&self, source: &Source) -> Option<usize> {
        source.index(VISITOR_ID).filter(|_| self.mode != VisitorIds::Plain)
    }

    /// What a raw record shows for an id; an id that is empty is none.
    pub fn shown(&self, id: &[u8]) -> String {
        if self.mode == VisitorIds::Hash && !id.is_empty() { self.hash(id) } else { String::new() }
    }

    fn hash(&self, id: &[u8]) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let hash = blake3::keyed_hash(&self.key.0, id);
        let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
        let mut hex = String::with_capacity(32);
        for byte in &hash.as_bytes()[..16] {
            hex.push(digit(byte >> 4));
            hex.push(digit(*byte));
        }
        hex
    }
}

/// A raw record with other bytes in place of some.
pub fn replaced(raw: &[u8], span: Range<usize>, by: &str) -> Vec<u8> {
    [&raw[..span.start], by.as_bytes(), &raw[span.end..]].concat()
}

/// What stands for a raw record in which no visitor's id can be found to be cut out.
pub fn withheld(bytes: usize) -> Vec<u8> {
    format!("[{bytes} bytes, not kept: they may hold a {VISITOR_ID}; see the file]").into_bytes()
}

#[cfg(test)]
mod tests;
