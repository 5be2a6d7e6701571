//! A row as JSON, for the quarantine.

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

use super::{Slot, Veil, text};
use crate::domain::Zone;
use crate::domain::schema::Kind;
use crate::ingest::load::raw_text;
use crate::ingest::parse::MAX_RECORD;

/// A row's known columns as a JSON object, under the file's names; cut where it is longer than a record may be.
pub fn raw(batch: &RecordBatch, row: usize, zone: &Zone, veil: Veil<'_>) -> Vec<u8> {
    let mut json = String::from("{");
    for (n, (field, column)) in batch.schema().fields().iter().zip(batch.columns()).enumerate() {
        if n > 0 {
            json.push(',');
        }
        quote(field.name(), &mut json);
        json.push(':');
        let start = json.len();
        json_value(column.as_ref(), row, zone, &mut json);
        if let Some(shown) = veil.shown(n, column.as_ref(), row, &json[start..]) {
            json.truncate(start);
            quote(&shown, &mut json);
        }
    }
    json.push('}');
    json.truncate(json.floor_char_boundary(MAX_RECORD));
    json.into_bytes()
}

pub fn quote(text: &str, json: &mut String) {
    let text = &text[..text.floor_char_boundary(MAX_RECORD.saturating_sub(json.len()))];
    json.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// The bytes of a value that is no text.
fn bytes(column: &dyn Array, row: usize) -> Option<&[u8]> {
    match column.data_type() {
        DataType::Binary => Some(column.as_binary::<i32>().value(row)),
        DataType::LargeBinary => Some(column.as_binary::<i64>().value(row)),
        DataType::BinaryView => Some(column.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => Some(column.as_fixed_size_binary().value(row)),
        _ => None,
    }
}

fn json_value(column: &dyn Array, row: usize, zone: &Zone, json: &mut String) {
    let list = |items: &dyn Array, json: &mut String| {
        json.push('[');
        for item in 0..items.len() {
            if json.len() > MAX_RECORD {
                break;
            }
            if item > 0 {
                json.push(',');
            }
            json_value(items, item, zone, json);
        }
        json.push(']');
    };
    match column.data_type() {
        _ if column.is_null(row) => json.push_str("null"),
        DataType::List(_) => list(column.as_list::<i32>().value(row).as_ref(), json),
        DataType::LargeList(_) => list(column.as_list::<i64>().value(row).as_ref(), json),
        DataType::FixedSizeList(..) => list(column.as_fixed_size_list().value(row).as_ref(), json),
        DataType::Map(..) => list(&column.as_map().value(row), json),
        DataType::Struct(fields) => {
            json.push('{');
            for (n, (field, values)) in fields.iter().zip(column.as_struct().columns()).enumerate() {
                if n > 0 {
                    json.push(',');
                }
                quote(field.name(), json);
                json.push(':');
                json_value(values.as_ref(), row, zone, json);
            }
            json.push('}');
        }
        ty => {
            let mut scratch = String::new();
            match text(column, row, Kind::Text, zone, &mut scratch) {
                Slot::Null => json.push_str("null"),
                Slot::Stored(text) => quote(text, json),
                // Floats that are no JSON numbers are texts.
                Slot::Made(..) if scratch == "NaN" || scratch.ends_with("inf") => quote(&scratch, json),
                Slot::Made(..) if ty.is_numeric() || *ty == DataType::Boolean => json.push_str(&scratch),
                Slot::Made(..) | Slot::Stamp(..) => quote(&scratch, json),
                Slot::Bad(_) => match bytes(column, row) {
                    Some(bytes) => quote(&raw_text(&bytes[..bytes.len().min(MAX_RECORD)]), json),
                    None => quote(&format!("{ty} without text"), json),
                },
            }
        }
    }
}
