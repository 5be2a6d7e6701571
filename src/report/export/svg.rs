//! The charts of a page as files of their own, written beside it.

use crate::config::ReportFormat;

use super::super::document::Document;
use super::super::{ReportError, charts};
use super::{Context, Export, File};

pub struct Svg;

impl Export for Svg {
    fn format(&self) -> ReportFormat {
        ReportFormat::Html
    }

    fn export(&self, document: &Document, _: Context<'_>) -> Result<Vec<File>, ReportError> {
        let mut files = Vec::new();
        for chart in document.charts() {
            if let Some(svg) = charts::svg(chart, "")? {
                files.push(File { part: Some(chart.id), extension: "svg", bytes: svg.into_bytes() });
            }
        }
        Ok(files)
    }
}
