//! A table to be filled in and sent back: header in row 1, a row a line, nothing above or beside it.
//!
//! Columns that go back stand under the names by which they are read, the others under their labels; what people must
//! not change is hidden. No Excel table is laid over it, for that would want the header for itself.

use rust_xlsxwriter::{Color, DataValidation, ExcelDateTime, Format as Style, FormatBorder, Worksheet};

use crate::domain::{Day, Micros, Zone};

use super::super::super::ReportError;
use super::super::super::document::{Cell, Column, Entry, Table};
use super::super::Context;
use super::{SHEET_ROWS, cut, header, labels, style, widths, write};

/// Characters that Excel shows of a hint, and in a list to choose from.
const HINT: usize = 255;

pub fn sheet(sheet: &mut Worksheet, table: &Table, context: Context<'_>) -> Result<(), ReportError> {
    let columns = table.sheet_columns();
    let rows = &table.rows[..table.rows.len().min(SHEET_ROWS)];
    let last = rows.len() as u32;
    let labels = form_labels(&columns);
    // The first two columns say whom a line is about.
    sheet.set_freeze_panes(1, 2)?.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    widths(sheet, rows, &columns, &labels, context.format)?;
    for (n, (_, column)) in columns.iter().enumerate() {
        let head = if column.entry.is_some() { header().set_background_color(YELLOW) } else { header() };
        sheet.write_string_with_format(0, n as u16, &labels[n], &head)?;
        match &column.entry {
            Some(Entry::Hidden) => drop(sheet.set_column_hidden(n as u16)?),
            Some(Entry::Choice { words, hint }) if last > 0 => {
                if let Some(choice) = choice(words, hint)? {
                    sheet.add_data_validation(1, n as u16, last, n as u16, &choice)?;
                }
            }
            _ => {}
        }
    }
    if last > 0 {
        sheet.autofilter(0, 0, last, columns.len().saturating_sub(1) as u16)?;
    }
    let open = Style::new().set_background_color(YELLOW).set_border(FormatBorder::Thin).set_border_color(Color::Silver);
    let time = Style::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    let styles: Vec<_> = columns.iter().map(|(_, c)| style(c.kind)).collect();
    for (row, line) in (1..).zip(rows) {
        for (n, (at, column)) in columns.iter().enumerate() {
            let (place, cell) = (n as u16, &line.cells[*at]);
            match (&column.entry, cell) {
                (Some(Entry::Hidden), Cell::Time(ts)) => {
                    sheet.write_datetime_with_format(row, place, wall(*ts, context.zone)?, &time)?;
                }
                (Some(Entry::Free | Entry::Choice { .. }), Cell::Null) => {
                    sheet.write_blank(row, place, &open)?;
                }
                (Some(Entry::Free | Entry::Choice { .. }), _) => {
                    write(sheet, row, place, cell, column.kind, &open, context.format)?;
                }
                _ => write(sheet, row, place, cell, column.kind, &styles[n], context.format)?,
            }
        }
    }
    Ok(())
}

/// Where something is to be filled in.
const YELLOW: Color = Color::RGB(0x00FF_F8DC);

/// Labels, each once; a name by which a column is read stands as it is.
fn form_labels(columns: &[(usize, &Column)]) -> Vec<String> {
    let read: Vec<&str> = columns.iter().filter(|(_, c)| c.entry.is_some()).map(|(_, c)| &*c.key).collect();
    let label = |((_, column), label): (&(usize, &Column), String)| match &column.entry {
        Some(_) => column.key.clone(),
        None if read.contains(&&*label) => format!("{label} ({})", column.key),
        None => label,
    };
    columns.iter().zip(labels(columns)).map(label).collect()
}

/// A list to choose from; `None` when Excel has no room for the words.
fn choice(words: &[String], hint: &str) -> Result<Option<DataValidation>, ReportError> {
    let length = words.iter().map(|w| w.encode_utf16().count() + 1).sum::<usize>();
    // A comma would part a word in two.
    if words.is_empty() || length > HINT || words.iter().any(|w| w.contains(',')) {
        return Ok(None);
    }
    let choice = DataValidation::new().allow_list_strings(words)?.set_input_message(cut(hint, HINT))?;
    Ok(Some(choice))
}

/// An instant as the clock on the wall shows it.
fn wall(at: Micros, zone: &Zone) -> Result<ExcelDateTime, ReportError> {
    const DAY: i64 = 86_400_000_000;
    let local = at.0 + zone.offset_minutes(at) * 60_000_000;
    let (year, month, date) = Day(local.div_euclid(DAY) as i32).ymd();
    let seconds = local.rem_euclid(DAY) / 1_000_000;
    let day = ExcelDateTime::from_ymd(year as u16, month as u8, date as u8)?;
    Ok(day.and_hms((seconds / 3600) as u16, (seconds / 60 % 60) as u8, (seconds % 60) as f64)?)
}
