//! Export formats: one file each. A report goes out as pages, sheets, tables; a mart as a frame.
//!
//! | file | makes |
//! |---|---|
//! | `html.rs` | one page, self-contained |
//! | `svg.rs` | the page's charts as files of their own |
//! | `xlsx.rs` | one workbook |
//! | `csv.rs` | one CSV a table |
//! | `json.rs` | one JSON document |
//! | [`text`] | the whole for a terminal, 80 columns wide |
//! | [`frame`] | a mart as CSV, JSON, Parquet or text |

pub mod csv;
pub mod frame;
pub mod html;
pub mod json;
pub mod svg;
pub mod text;
pub mod value;
pub mod xlsx;

use crate::config::ReportFormat;
use crate::domain::Zone;

use super::ReportError;
use super::document::Document;
use super::format::Format;

/// A file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The table or chart it holds, when a report has several files of a kind.
    pub part: Option<&'static str>,
    pub extension: &'static str,
    pub bytes: Vec<u8>,
}

/// What an export needs besides the document.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub format: Format<'a>,
    /// Rows that a table shows on a page.
    pub max_rows: usize,
    /// In which times are written.
    pub zone: &'a Zone,
}

/// A format of whole reports.
pub trait Export: Sync {
    /// The setting that asks for it.
    fn format(&self) -> ReportFormat;
    fn export(&self, document: &Document, context: Context<'_>) -> Result<Vec<File>, ReportError>;
}

/// Every format, in the order in which files are made.
pub const EXPORTS: [&dyn Export; 5] = [&html::Html, &svg::Svg, &xlsx::Xlsx, &csv::Csv, &json::Json];

/// The files of a document in the formats asked for.
pub fn export(document: &Document, formats: &[ReportFormat], context: Context<'_>) -> Result<Vec<File>, ReportError> {
    let mut files = Vec::new();
    for export in EXPORTS.iter().filter(|e| formats.contains(&e.format())) {
        files.extend(export.export(document, context)?);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_file_is_mounted() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/export");
        let here = include_str!("mod.rs");
        for file in std::fs::read_dir(folder).unwrap().flatten() {
            let name = file.file_name().into_string().unwrap();
            let stem = name.trim_end_matches(".rs");
            assert!(stem == "mod" || here.contains(&format!("pub mod {stem};")), "{name} is not mounted");
        }
    }
}
