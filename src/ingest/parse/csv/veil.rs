//! Raw records of CSV without ids of visitors.

use super::{Record, unquote};
use crate::domain::schema::Source;
use crate::ingest::locate::Located;
use crate::ingest::personal::{Personal, replaced, withheld};

/// Keeps ids of visitors out of raw records.
pub struct Veil<'a> {
    personal: &'a Personal,
    /// The field to be hidden, if the file has it.
    field: Option<usize>,
    width: usize,
}

impl<'a> Veil<'a> {
    pub fn new(personal: &'a Personal, source: &Source, located: &Located, names: &[String]) -> Veil<'a> {
        let field = personal.veiled(source).and_then(|n| located.positions.get(n).copied().flatten());
        Veil { personal, field, width: names.len() }
    }

    /// Fields of the file's header.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The record's bytes; of one that cannot be taken apart only their number.
    pub fn raw(&self, record: &Record<'_>) -> Vec<u8> {
        let Some(field) = self.field else { return record.bytes.to_vec() };
        match record.fields.get(field) {
            Some(at) if record.fields.len() == self.width => {
                let span = at.start..at.end;
                let bytes = &record.bytes[span.clone()];
                let text = std::str::from_utf8(bytes).ok().filter(|_| at.quoted).map(unquote);
                replaced(record.bytes, span, &self.personal.shown(text.as_deref().map_or(bytes, str::as_bytes)))
            }
            _ => withheld(record.bytes.len()),
        }
    }
}
