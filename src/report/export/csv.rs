//! CSV: one file a table, by the contract's dialect (header, LF, RFC 4180, empty = null).

use std::io::Write;

use crate::config::ReportFormat;

use super::super::ReportError;
use super::super::document::{Document, Table};
use super::{Context, Export, File, value};

pub struct Csv;

impl Export for Csv {
    fn format(&self) -> ReportFormat {
        ReportFormat::Csv
    }

    fn export(&self, document: &Document, _: Context<'_>) -> Result<Vec<File>, ReportError> {
        document.data_tables().map(|t| Ok(File { part: Some(t.name), extension: "csv", bytes: table(t)? })).collect()
    }
}

/// A writer of the contract's dialect.
pub fn writer<W: Write>(out: W) -> ::csv::Writer<W> {
    ::csv::WriterBuilder::new().terminator(::csv::Terminator::Any(b'\n')).from_writer(out)
}

fn table(table: &Table) -> Result<Vec<u8>, ReportError> {
    let columns = table.data_columns();
    let mut out = writer(Vec::new());
    out.write_record(columns.iter().map(|(_, c)| c.key.as_str()))?;
    for row in &table.rows {
        out.write_record(columns.iter().map(|(n, _)| value::plain(value::of(&row.cells[*n])).unwrap_or_default()))?;
    }
    out.into_inner().map_err(|e| ReportError::Io(e.into_error()))
}
