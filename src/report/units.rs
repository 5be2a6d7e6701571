//! One unit for the amounts of a table: `Annual amount (CNY k)`, `年金额（万 CNY）`.
//!
//! Pages show amounts in that unit; sheets, CSV and JSON keep them exact, in the currency.

use super::document::{Cell, Document, Kind, Table};
use super::format::Format;

/// Chooses the unit of every table with columns of [`Kind::Amount`], from what pages show of them: one for the whole
/// table, so that its columns can be held against each other.
pub fn choose(document: &mut Document, format: Format<'_>) {
    document.tables_mut().for_each(|table| table_unit(table, format));
}

fn table_unit(table: &mut Table, format: Format<'_>) {
    let is_amount = |kind: Kind| matches!(kind, Kind::Amount(_));
    let columns = table.page_columns().into_iter().filter(|(_, c)| is_amount(c.kind)).map(|(at, _)| at);
    let columns: Vec<usize> = columns.collect();
    let amounts = table.page_rows().flat_map(|row| columns.iter().map(|at| &row.cells[*at]));
    let amounts = amounts.filter_map(|cell| match cell {
        Cell::Money(amount) => Some(*amount),
        _ => None,
    });
    let (size, unit) = format.unit(amounts);
    for column in table.columns.iter_mut().filter(|c| is_amount(c.kind)) {
        let label = format.words.get(&format!("label.{}", column.key));
        column.kind = Kind::Amount(size);
        column.page_label = Some(format.words.fill("format.money_label", &[("label", label), ("currency", &unit)]));
    }
}
