//! XLSX: a cover, a sheet a table with typed cells and filters, and the definitions. A table that people fill in and
//! send back (`form.rs`) comes before all of them: what reads it takes the first sheet.
//!
//! Text goes out as text whatever it looks like: a formula can only arise from the crate's `Formula` type, which is
//! not used. Numbers are what Excel has: 15 digits.

mod form;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format as Style, FormatAlign, Table as Filters, TableColumn, TableStyle, Workbook,
    Worksheet, XlsxError,
};

use crate::config::ReportFormat;
use crate::domain::Day;

use super::super::ReportError;
use super::super::document::{Block, Cell, Column, Document, Kind, Mark, Row, Table};
use super::super::format::Format;
use super::super::lang::Words;
use super::{Context, Export, File};

pub struct Xlsx;

/// Rows that a sheet holds below its header.
const SHEET_ROWS: usize = 1_048_575;
/// Above it a sheet has filters but no table style: the crate keeps a table's cells in memory.
const TABLE_ROWS: usize = 50_000;
/// UTF-16 units of a cell.
const CELL_TEXT: usize = 32_767;
/// UTF-16 units of a sheet's name.
const SHEET_NAME: usize = 31;

impl Export for Xlsx {
    fn format(&self) -> ReportFormat {
        ReportFormat::Xlsx
    }

    fn export(&self, document: &Document, context: Context<'_>) -> Result<Vec<File>, ReportError> {
        let words = context.format.words;
        let mut book = Workbook::new();
        let made = at_midnight(document.as_of)?;
        book.set_properties(&DocProperties::new().set_title(&document.title).set_creation_datetime(&made));
        let mut names = Vec::new();
        for table in document.tables().filter(|t| t.is_form()) {
            let name = name(short(table, words), &mut names);
            form::sheet(book.add_worksheet_with_constant_memory()?.set_name(name)?, table, context)?;
        }
        cover(book.add_worksheet().set_name(name(words.get("sheet.about"), &mut names))?, document, context.format)?;
        for table in document.data_tables().filter(|t| !t.is_form()) {
            let name = name(short(table, words), &mut names);
            sheet(book.add_worksheet_with_constant_memory()?.set_name(name)?, table, context.format)?;
        }
        let name = name(words.get("sheet.definitions"), &mut names);
        definitions(book.add_worksheet().set_name(name)?, document, context.format)?;
        let bytes = book.save_to_buffer()?;
        Ok(vec![File { part: None, extension: "xlsx", bytes }])
    }
}

fn at_midnight(day: Day) -> Result<ExcelDateTime, XlsxError> {
    let (year, month, date) = day.ymd();
    ExcelDateTime::from_ymd(year as u16, month as u8, date as u8)
}

/// The title of a table, in short where a sheet's name has no room for it.
fn short<'t>(table: &'t Table, words: &'t Words) -> &'t str {
    words.find(&format!("sheet_title.{}", table.name)).unwrap_or(&table.title)
}

/// A legal name that no other sheet has.
fn name(title: &str, taken: &mut Vec<String>) -> String {
    let legal: String =
        title.chars().map(|c| if "[]:*?/\\'".contains(c) || c.is_control() { ' ' } else { c }).collect();
    let base = if legal.trim().is_empty() { "Sheet" } else { legal.trim() };
    let mut n = 1;
    loop {
        let tail = if n == 1 { String::new() } else { format!(" {n}") };
        let name = format!("{}{tail}", cut(base, SHEET_NAME - tail.len()).trim());
        if !taken.contains(&name.to_lowercase()) {
            taken.push(name.to_lowercase());
            return name;
        }
        n += 1;
    }
}

/// The longest start of at most `units` UTF-16 units.
fn cut(text: &str, units: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.len_utf16();
        if used > units {
            return &text[..at];
        }
    }
    text
}

/// Text that a cell can hold: cut with a mark, without what XML has no place for.
fn cell_text(text: &str) -> String {
    let text = text.replace(['\u{FFFE}', '\u{FFFF}'], "\u{FFFD}");
    if text.encode_utf16().count() <= CELL_TEXT { text } else { format!("{}…", cut(&text, CELL_TEXT - 1)) }
}

/// Width in characters; full-width ones count twice.
fn width(text: &str) -> f64 {
    unicode_width::UnicodeWidthStr::width(text) as f64
}

fn bold() -> Style {
    Style::new().set_bold()
}

fn wrapped() -> Style {
    Style::new().set_text_wrap().set_align(FormatAlign::Top)
}

/// Title, stamp, banners, findings and key figures.
fn cover(sheet: &mut Worksheet, document: &Document, format: Format<'_>) -> Result<(), ReportError> {
    sheet.set_column_width(0, 34)?.set_column_width(1, 90)?;
    sheet.write_string_with_format(0, 0, cell_text(&document.title), &bold().set_font_size(15))?;
    let mut row = 1;
    let mut put = |left: &str, right: &str| -> Result<(), ReportError> {
        sheet.write_string_with_format(row, 0, cell_text(left), &wrapped().set_bold())?;
        sheet.write_string_with_format(row, 1, cell_text(right), &wrapped())?;
        row += 1;
        Ok(())
    };
    for line in &document.subtitle {
        put("", line)?;
    }
    for (label, value) in &document.stamp {
        put(label, value)?;
    }
    for banner in &document.banners {
        put(format.words.get("page.warning"), banner)?;
    }
    for form in document.tables().filter(|t| t.is_form()) {
        put(&form.title, format.words.get("sheet.form"))?;
    }
    for block in document.sections.iter().flat_map(|s| &s.blocks) {
        match block {
            Block::Findings(lines) => {
                for line in lines {
                    put(format.words.get("page.finding"), line)?;
                }
            }
            Block::Figures(figures) => {
                for figure in figures {
                    let note = figure.note.as_ref().map(|n| format!(" ({n})")).unwrap_or_default();
                    put(&figure.label, &format!("{}{note}", figure.value))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn sheet(sheet: &mut Worksheet, table: &Table, format: Format<'_>) -> Result<(), ReportError> {
    let columns = table.sheet_columns();
    let rows = &table.rows[..table.rows.len().min(SHEET_ROWS)];
    let last = (rows.len() as u32, columns.len().saturating_sub(1) as u16);
    sheet.set_freeze_panes(1, 0)?.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    let labels = labels(&columns);
    widths(sheet, rows, &columns, &labels, format)?;
    let header = header();
    if rows.is_empty() || rows.len() > TABLE_ROWS {
        for (n, label) in labels.iter().enumerate() {
            sheet.write_string_with_format(0, n as u16, label, &header)?;
        }
        if !rows.is_empty() {
            sheet.autofilter(0, 0, last.0, last.1)?;
        }
    } else {
        let headers: Vec<_> =
            labels.iter().map(|l| TableColumn::new().set_header(l).set_header_format(&header)).collect();
        let filters = Filters::new()
            .set_name(format!("t_{}", table.name))
            .set_style(TableStyle::Light1)
            .set_banded_rows(false)
            .set_columns(&headers);
        sheet.add_table(0, 0, last.0, last.1, &filters)?;
    }
    let styles: Vec<_> = columns.iter().map(|(_, c)| style(c.kind)).collect();
    for (r, row) in rows.iter().enumerate() {
        for (n, (at, column)) in columns.iter().enumerate() {
            let style = if row.mark == Mark::Provisional { styles[n].clone().set_italic() } else { styles[n].clone() };
            write(sheet, r as u32 + 1, n as u16, &row.cells[*at], column.kind, &style, format)?;
        }
    }
    Ok(())
}

fn header() -> Style {
    bold().set_text_wrap().set_align(FormatAlign::Top)
}

/// Columns as wide as their label and the first rows.
fn widths(
    sheet: &mut Worksheet,
    rows: &[Row],
    columns: &[(usize, &Column)],
    labels: &[String],
    format: Format<'_>,
) -> Result<(), ReportError> {
    for (n, (at, column)) in columns.iter().enumerate() {
        let shown = rows.iter().take(200).map(|row| format.cell(&row.cells[*at], column.kind));
        let widest = shown.map(|t| width(&t)).fold(width(&labels[n]) + 3.0, f64::max);
        sheet.set_column_width(n as u16, widest.clamp(8.0, 50.0))?;
    }
    Ok(())
}

/// Labels of a table's columns; Excel wants each once, whatever its case.
fn labels(columns: &[(usize, &Column)]) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for (_, column) in columns {
        let label = cut(&column.label, 200).to_string();
        let taken = labels.iter().any(|l| l.to_lowercase() == label.to_lowercase());
        labels.push(if taken { format!("{label} ({})", column.key) } else { label });
    }
    labels
}

fn style(kind: Kind) -> Style {
    match kind {
        Kind::Int => Style::new().set_num_format("#,##0"),
        Kind::Float(places) => Style::new().set_num_format(format!("0.{}", "0".repeat(places.max(1)))),
        Kind::Percent => Style::new().set_num_format("0.0%"),
        Kind::Points => Style::new().set_num_format("+0.0;-0.0;0.0"),
        Kind::Money | Kind::Amount(_) => Style::new().set_num_format("#,##0.00"),
        Kind::Date => Style::new().set_num_format("yyyy-mm-dd"),
        _ => Style::new(),
    }
}

fn write(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    kind: Kind,
    style: &Style,
    format: Format<'_>,
) -> Result<(), ReportError> {
    match (cell, kind) {
        (Cell::Null | Cell::Lines(_) | Cell::Spark(_), _) => {}
        (Cell::Int(n), _) => {
            sheet.write_number_with_format(row, column, *n as f64, style)?;
        }
        // As the label says: in points, not as a share.
        (Cell::Float(x), Kind::Points) if x.is_finite() => {
            sheet.write_number_with_format(row, column, *x * 100.0, style)?;
        }
        (Cell::Float(x), _) if x.is_finite() => {
            sheet.write_number_with_format(row, column, *x, style)?;
        }
        (Cell::Float(_), _) => {}
        (Cell::Money(amount), _) => {
            sheet.write_number_with_format(row, column, amount.to_f64(), style)?;
        }
        (Cell::Date(day), _) => {
            sheet.write_datetime_with_format(row, column, at_midnight(*day)?, style)?;
        }
        (Cell::Bool(yes), Kind::Bool) => {
            sheet.write_boolean_with_format(row, column, *yes, style)?;
        }
        (Cell::Text(_) | Cell::Time(_) | Cell::Bool(_), _) => {
            sheet.write_string_with_format(row, column, cell_text(&format.cell(cell, kind)), style)?;
        }
    }
    Ok(())
}

fn definitions(sheet: &mut Worksheet, document: &Document, format: Format<'_>) -> Result<(), ReportError> {
    sheet.set_column_width(0, 30)?.set_column_width(1, 30)?.set_column_width(2, 100)?.set_freeze_panes(1, 0)?;
    for (n, key) in ["sheet.label", "sheet.column", "sheet.meaning"].into_iter().enumerate() {
        sheet.write_string_with_format(0, n as u16, format.words.get(key), &bold())?;
    }
    let methods = document.methods.iter().map(|m| (format.words.get("sheet.method"), "", m.as_str()));
    let columns = document.definitions();
    let columns = columns.iter().map(|c| (c.label.as_str(), c.key.as_str(), c.doc.as_str()));
    for (n, (label, key, meaning)) in methods.chain(columns).enumerate() {
        for (column, text) in [label, key, meaning].into_iter().enumerate() {
            sheet.write_string_with_format(n as u32 + 1, column as u16, cell_text(text), &wrapped())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::lang::LANGUAGES;
    use super::*;

    #[test]
    fn sheet_names_are_legal_and_unique() {
        let mut taken = Vec::new();
        assert_eq!(name("a/b: [c]?*", &mut taken), "a b   c");
        assert_eq!(name("A/B: [C]?*", &mut taken), "A B   C 2");
        let long = "𠮷".repeat(40);
        assert_eq!(name(&long, &mut taken).encode_utf16().count(), 30);
        assert_eq!(name("'", &mut taken), "Sheet");
    }

    #[test]
    fn every_table_has_a_title_that_names_its_sheet_whole() {
        for (language, tag, source) in LANGUAGES {
            let words = Words::of(language);
            let titles = source.parse::<toml::Table>().unwrap()["table"].as_table().unwrap().clone();
            let shorts = source.parse::<toml::Table>().unwrap()["sheet_title"].as_table().unwrap().clone();
            assert!(shorts.keys().all(|name| titles.contains_key(name)), "{tag}");
            for (table, title) in &titles {
                let short = words.find(&format!("sheet_title.{table}")).unwrap_or(title.as_str().unwrap());
                assert!(short.encode_utf16().count() <= SHEET_NAME, "{tag} {table}: {short}");
            }
        }
    }

    #[test]
    fn long_text_is_cut_with_a_mark() {
        assert_eq!(cell_text(&"x".repeat(40_000)).encode_utf16().count(), CELL_TEXT);
        assert!(cell_text(&"x".repeat(40_000)).ends_with('…'));
        assert_eq!(cell_text("\u{FFFF}a"), "\u{FFFD}a");
    }
}
