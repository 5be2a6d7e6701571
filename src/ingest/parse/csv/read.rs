//! Records into rows.

use std::borrow::Cow;

use super::{FieldRange, Record, Records, Shape, Veil};
use crate::ingest::check::{Cell, MAX_FIELDS};
use crate::ingest::locate::{Located, locate};
use crate::ingest::parse::block::Block;
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
    let mut block = Block::new(names.len());
    loop {
        // Most records are plain: they are read together.
        while !block.is_full(rows.room()) && records.take_plain(&mut block, rows.room()) {}
        if block.is_full(rows.room()) {
            push_block(&mut block, &located, &veil, &mut rows)?;
            continue;
        }
        let Some(record) = records.next_record()? else { break };
        if record.shape == Shape::Whole && record.fields.len() == names.len() && !record.fields.iter().any(|f| f.quoted)
        {
            block.push(record.line, record.bytes, record.fields.iter().map(|f| (f.start, f.end)));
            continue;
        }
        push_block(&mut block, &located, &veil, &mut rows)?;
        push(&record, &located, &veil, &mut rows)?;
    }
    push_block(&mut block, &located, &veil, &mut rows)?;
    Ok((rows.finish()?, located.unknown))
}

/// Reads the records of a block, which is empty then.
fn push_block(block: &mut Block, located: &Located, veil: &Veil<'_>, rows: &mut Rows<'_>) -> Result<(), FileProblem> {
    if block.is_empty() {
        return Ok(());
    }
    match block.texts() {
        Some(texts) => rows.push_block(texts, &located.positions, |n| record(block, n, |record| veil.raw(record)))?,
        // One of them is not in the file's encoding.
        None => (0..block.len()).try_for_each(|n| record(block, n, |record| push(record, located, veil, rows)))?,
    }
    block.clear();
    Ok(())
}

/// Does something with a record of a block.
fn record<R>(block: &Block, n: usize, take: impl FnOnce(&Record<'_>) -> R) -> R {
    let (line, bytes, ranges) = block.record(n);
    let fields: Vec<FieldRange> = ranges.map(|(start, end)| FieldRange { start, end, quoted: false }).collect();
    take(&Record { line, bytes, shape: Shape::Whole, fields: &fields })
}

/// Reads one record.
fn push(record: &Record<'_>, located: &Located, veil: &Veil<'_>, rows: &mut Rows<'_>) -> Result<(), FileProblem> {
    let raw = || veil.raw(record);
    let text = match (record.shape, std::str::from_utf8(record.bytes)) {
        (Shape::TooLong, _) => return rows.reject(record.line, None, Reason::Parse, raw()),
        (_, Err(_)) => return rows.reject(record.line, None, Reason::Encoding, raw()),
        (Shape::Whole, Ok(text)) if record.fields.len() == veil.width() => text,
        _ => return rows.reject(record.line, None, Reason::Parse, raw()),
    };
    let fields = located.positions.iter().map(|position| position.and_then(|p| record.fields.get(p)));
    let texts: Vec<Option<Cow<'_, str>>> = fields.map(|field| field.and_then(|f| f.text(text))).collect();
    let mut cells = [Cell::Null; MAX_FIELDS];
    cells.iter_mut().zip(&texts).for_each(|(cell, text)| *cell = Cell::Text(text.as_deref().unwrap_or_default()));
    rows.push(record.line, &cells[..texts.len()], record.bytes.len(), raw)
}
