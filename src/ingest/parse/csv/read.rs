//! Records into rows.

use std::borrow::Cow;

use super::{FieldRange, Records, Shape, Veil};
use crate::ingest::check::{Cell, MAX_FIELDS, locate};
use crate::ingest::parse::rows::Rows;
use crate::ingest::{FileProblem, Reason};

/// Reads all records into rows; the columns that the contract does not know.
pub fn read(
    mut records: Records,
    wanted: &[Option<&str>],
    mut rows: Rows<'_>,
) -> Result<(u64, Vec<String>), FileProblem> {
    let Some(names) = records.header()? else { return Ok((rows.finish()?, Vec::new())) };
    let located = locate(rows.source(), wanted, &names)?;
    rows.has(|column| located.positions[column].is_some());
    let veil = Veil::new(rows.personal(), rows.source(), &located, &names);
    while let Some(record) = records.next_record()? {
        let raw = || veil.raw(&record);
        let text = match (record.shape, std::str::from_utf8(record.bytes)) {
            (Shape::TooLong, _) => {
                rows.reject(record.line, None, Reason::Parse, raw())?;
                continue;
            }
            (_, Err(_)) => {
                rows.reject(record.line, None, Reason::Encoding, raw())?;
                continue;
            }
            (Shape::Whole, Ok(text)) if record.fields.len() == names.len() => text,
            _ => {
                rows.reject(record.line, None, Reason::Parse, raw())?;
                continue;
            }
        };
        let mut cells = [Cell::Null; MAX_FIELDS];
        let fields = || located.positions.iter().map(|position| position.and_then(|p| record.fields.get(p)));
        let texts: Vec<Option<Cow<'_, str>>>;
        if record.fields.iter().any(|f| f.quoted) {
            texts = fields().map(|field| field.and_then(|f| f.text(text))).collect();
            cells
                .iter_mut()
                .zip(&texts)
                .for_each(|(cell, text)| *cell = Cell::Text(text.as_deref().unwrap_or_default()));
        } else {
            let plain = |field: &FieldRange| text.get(field.start..field.end);
            let texts = fields().map(|field| field.and_then(plain).unwrap_or_default());
            cells.iter_mut().zip(texts).for_each(|(cell, text)| *cell = Cell::Text(text));
        }
        rows.push(record.line, &cells[..wanted.len()], record.bytes.len(), raw)?;
    }
    Ok((rows.finish()?, located.unknown))
}
