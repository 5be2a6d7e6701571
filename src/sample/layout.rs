//! In which shape each source's files come: format, packing, order of columns and other habits.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Tsv,
    JsonLines,
    Parquet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// The habits of a source's files.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub source: &'static str,
    pub format: Format,
    pub packing: Packing,
    /// A mark of UTF-8 at the begin of the file.
    pub bom: bool,
    pub crlf: bool,
    /// Positions of the contract's columns in the order of the file; empty: the contract's order.
    pub order: &'static [usize],
    /// A column at the end that the contract does not know.
    pub extra: Option<&'static str>,
    /// Some bad rows open a quote and never close it (no other field of the source has a quote).
    pub open_quotes: bool,
    /// An empty line at the end: no record.
    pub blank_line: bool,
}

const fn layout(source: &'static str, format: Format, packing: Packing) -> Layout {
    Layout {
        source,
        format,
        packing,
        bom: false,
        crlf: false,
        order: &[],
        extra: None,
        open_quotes: false,
        blank_line: false,
    }
}

/// One layout a source, in the order of the contract.
pub const LAYOUTS: [Layout; 15] = [
    layout("shop_clicks", Format::Csv, Packing::Gzip),
    Layout { blank_line: true, open_quotes: true, ..layout("ad_clicks", Format::Csv, Packing::Gzip) },
    Layout { extra: Some("device"), open_quotes: true, ..layout("contact_views", Format::Csv, Packing::Gzip) },
    Layout { order: &[1, 0, 3, 2, 4], ..layout("messages", Format::Csv, Packing::Gzip) },
    layout("inquiries", Format::JsonLines, Packing::Gzip),
    layout("calls", Format::Csv, Packing::Zstd),
    Layout { bom: true, ..layout("companies", Format::Csv, Packing::Plain) },
    layout("contracts", Format::Csv, Packing::Plain),
    layout("reps", Format::Csv, Packing::Plain),
    Layout { crlf: true, ..layout("targets", Format::Csv, Packing::Plain) },
    layout("followups", Format::Csv, Packing::Gzip),
    layout("attendance", Format::Parquet, Packing::Plain),
    layout("service_tasks", Format::Tsv, Packing::Plain),
    layout("market_estimates", Format::Csv, Packing::Plain),
    layout("care_actions", Format::Csv, Packing::Plain),
];

impl Layout {
    /// The ending of a file's name; nothing but Parquet is packed when `compress` is off.
    pub fn extension(&self, compress: bool) -> String {
        let format = match self.format {
            Format::Csv => "csv",
            Format::Tsv => "tsv",
            Format::JsonLines => "jsonl",
            Format::Parquet => "parquet",
        };
        let packing = match self.packing {
            Packing::Gzip if compress => ".gz",
            Packing::Zstd if compress => ".zst",
            _ => "",
        };
        format!("{format}{packing}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schema::SOURCES;

    #[test]
    fn one_layout_a_source_in_its_order() {
        for (source, layout) in SOURCES.iter().zip(&LAYOUTS) {
            assert_eq!(source.name, layout.source);
            let mut order = layout.order.to_vec();
            order.sort_unstable();
            assert!(order.is_empty() || order == (0..source.fields.len()).collect::<Vec<_>>(), "{}", source.name);
        }
    }
}
