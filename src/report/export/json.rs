//! JSON: one document with its stamp, sentences, figures and tables; a row an object, a row a line.

use crate::config::ReportFormat;

use super::super::ReportError;
use super::super::document::{Block, Document, Table};
use super::value::string;
use super::{Context, Export, File, value};

pub struct Json;

impl Export for Json {
    fn format(&self) -> ReportFormat {
        ReportFormat::Json
    }

    fn export(&self, document: &Document, _: Context<'_>) -> Result<Vec<File>, ReportError> {
        let mut findings: Vec<&str> = Vec::new();
        let mut figures: Vec<String> = Vec::new();
        for block in document.sections.iter().flat_map(|s| &s.blocks) {
            match block {
                Block::Findings(lines) => findings.extend(lines.iter().map(String::as_str)),
                Block::Figures(list) => {
                    figures.extend(list.iter().map(|f| format!("[{}, {}]", string(&f.label), string(&f.value))));
                }
                _ => {}
            }
        }
        let stamp: Vec<_> = document.stamp.iter().map(|(k, v)| format!("[{}, {}]", string(k), string(v))).collect();
        let tables: Vec<_> = document.data_tables().map(|t| format!("{}: {}", string(t.name), table(t))).collect();
        let text = format!(
            "{{\n\"report\": {},\n\"as_of\": \"{}\",\n\"title\": {},\n\"stamp\": [{}],\n\"banners\": [{}],\n\
             \"findings\": [{}],\n\"figures\": [{}],\n\"tables\": {{\n{}\n}}\n}}\n",
            string(document.report),
            document.as_of,
            string(&document.title),
            stamp.join(", "),
            strings(document.banners.iter().map(String::as_str)),
            strings(findings.into_iter()),
            figures.join(", "),
            tables.join(",\n")
        );
        Ok(vec![File { part: None, extension: "json", bytes: text.into_bytes() }])
    }
}

fn strings<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.map(string).collect::<Vec<_>>().join(", ")
}

fn table(table: &Table) -> String {
    let columns = table.data_columns();
    let rows: Vec<String> = table
        .rows
        .iter()
        .map(|row| {
            let cell = |(n, c): &(usize, &_)| {
                let c: &super::super::document::Column = c;
                format!("{}: {}", string(&c.key), value::json(value::of(&row.cells[*n])))
            };
            format!("{{{}}}", columns.iter().map(cell).collect::<Vec<_>>().join(", "))
        })
        .collect();
    if rows.is_empty() { "[]".to_string() } else { format!("[\n{}\n]", rows.join(",\n")) }
}
