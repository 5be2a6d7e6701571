//! A mart as a file: `shoppulse table`.
//!
//! | | null | money | day | time |
//! |---|---|---|---|---|
//! | CSV | empty | `1234.50` | `2026-11-24` | UTC with `Z` |
//! | JSON | `null` | the number `1234.50`, exact | string | string |
//! | Parquet | null | Decimal128, 2 places | Date32 | microseconds, UTC |
//! | text | `–` | `1234.50` | `2026-11-24` | UTC with `Z` |

use std::io::Write;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::domain::frame::{Column, Frame, Type};

use super::super::ReportError;
use super::super::format::NOTHING;
use super::value;

/// CSV by the contract's dialect; a frame without rows has its header.
pub fn csv(frame: &Frame, out: &mut dyn Write) -> Result<(), ReportError> {
    csv_part(frame, true, out)
}

/// The first or a later part of a table that comes in parts.
pub fn csv_part(frame: &Frame, is_first: bool, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut writer = super::csv::writer(out);
    if is_first {
        writer.write_record(frame.spec.columns.iter().map(|c| c.name))?;
    }
    for row in 0..frame.rows {
        writer.write_record(frame.columns.iter().map(|c| value::plain(c.get(row)).unwrap_or_default()))?;
    }
    Ok(writer.flush()?)
}

/// A JSON array of objects, one a line.
pub fn json(frame: &Frame, out: &mut dyn Write) -> Result<(), ReportError> {
    json_part(frame, true, out)?;
    json_end(out)
}

/// The first or a later part of an array that comes in parts, and that [`json_end`] closes. The first part has rows if
/// any has.
pub fn json_part(frame: &Frame, is_first: bool, out: &mut dyn Write) -> Result<(), ReportError> {
    let names: Vec<String> = frame.spec.columns.iter().map(|c| value::string(c.name)).collect();
    if is_first {
        out.write_all(b"[")?;
    }
    for row in 0..frame.rows {
        let cells = names.iter().zip(&frame.columns).map(|(name, c)| format!("{name}: {}", value::json(c.get(row))));
        let comma = if is_first && row == 0 { "" } else { "," };
        write!(out, "{comma}\n{{{}}}", cells.collect::<Vec<_>>().join(", "))?;
    }
    Ok(())
}

pub fn json_end(out: &mut dyn Write) -> Result<(), ReportError> {
    Ok(out.write_all(b"\n]\n")?)
}

/// Parquet, zstd, one row group per million rows; columns in the frame's order.
pub fn parquet(frame: &Frame, out: &mut (dyn Write + Send)) -> Result<(), ReportError> {
    let arrays: Vec<ArrayRef> = frame.columns.iter().map(array).collect::<Result<_, _>>().map_err(broken)?;
    let fields: Vec<Field> =
        frame.spec.columns.iter().zip(&arrays).map(|(c, a)| Field::new(c.name, a.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).map_err(broken)?))
        .set_created_by(concat!("shoppulse ", env!("CARGO_PKG_VERSION")).to_string())
        .build();
    let mut writer = ArrowWriter::try_new(out, schema.clone(), Some(properties)).map_err(broken)?;
    if frame.rows > 0 {
        writer.write(&RecordBatch::try_new(schema, arrays).map_err(broken)?).map_err(broken)?;
    }
    writer.close().map_err(broken)?;
    Ok(())
}

/// A table for a terminal; full-width characters count twice.
pub fn text(frame: &Frame, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(frame.spec.columns.iter().map(|c| c.name));
    let visible = |text: String| text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect::<String>();
    for row in 0..frame.rows {
        table.add_row(frame.columns.iter().map(|c| value::plain(c.get(row)).map_or(NOTHING.to_string(), visible)));
    }
    for (n, column) in frame.spec.columns.iter().enumerate() {
        if matches!(column.ty, Type::Int | Type::Float | Type::Money)
            && let Some(column) = table.column_mut(n)
        {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    Ok(writeln!(out, "{table}")?)
}

fn broken(error: impl std::fmt::Display) -> ReportError {
    ReportError::Parquet(error.to_string())
}

fn array(column: &Column) -> Result<ArrayRef, ArrowError> {
    Ok(match column {
        Column::Text(v) => Arc::new(StringArray::from_iter(v.iter().map(|t| t.as_deref()))),
        Column::Int(v) => Arc::new(Int64Array::from(v.clone())),
        Column::Float(v) => Arc::new(Float64Array::from(v.clone())),
        Column::Money(v) => {
            // 18 digits are what readers store smallest; only sums beyond them need 38.
            let wide = v.iter().flatten().any(|c| c.0.unsigned_abs() >= 10u128.pow(18));
            let cents = Decimal128Array::from_iter(v.iter().map(|c| c.map(|c| c.0)));
            Arc::new(cents.with_precision_and_scale(if wide { 38 } else { 18 }, 2)?)
        }
        Column::Date(v) => Arc::new(Date32Array::from_iter(v.iter().map(|d| d.map(|d| d.0)))),
        Column::Time(v) => Arc::new(
            TimestampMicrosecondArray::from_iter(v.iter().map(|t| t.map(|t| t.0)))
                .with_data_type(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        ),
        Column::Bool(v) => Arc::new(BooleanArray::from(v.clone())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Cents, Day, Micros, Str};
    use crate::rows;

    rows! {
        /// A row with every type.
        pub struct Every = "every", "a case", key(id) {
            /// text
            id: Option<Str>,
            /// number
            n: Option<i64>,
            /// ratio
            x: Option<f64>,
            /// money
            amount: Option<Cents>,
            /// day
            day: Option<Day>,
            /// instant
            at: Option<Micros>,
            /// yes or no
            yes: Option<bool>,
        }
    }

    fn frame() -> Frame {
        let full = |id: &str, x: f64| Every {
            id: Some(id.into()),
            n: Some(-3),
            x: Some(x),
            amount: Some(Cents(-7)),
            day: Day::parse("2024-02-29"),
            at: Some(Micros(1_500_000)),
            yes: Some(false),
        };
        let none = Every { id: None, n: None, x: None, amount: None, day: None, at: None, yes: None };
        Frame::of(&[full("a,\"b\"\r", 1e21), full("=1+1\nx", 1e-7), none])
    }

    fn written(write: fn(&Frame, &mut dyn Write) -> Result<(), ReportError>) -> String {
        let mut out = Vec::new();
        write(&frame(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn csv_is_rfc_4180_with_lf() {
        let expected = "id,n,x,amount,day,at,yes\n\
            \"a,\"\"b\"\"\r\",-3,1e21,-0.07,2024-02-29,1970-01-01T00:00:01.5Z,false\n\
            \"=1+1\nx\",-3,1e-7,-0.07,2024-02-29,1970-01-01T00:00:01.5Z,false\n\
            ,,,,,,\n";
        assert_eq!(written(csv), expected);
    }

    #[test]
    fn json_keeps_money_exact_and_a_row_a_line() {
        let text = written(json);
        assert_eq!(text.lines().count(), 5);
        assert!(text.contains(r#""amount": -0.07, "day": "2024-02-29""#), "{text}");
        let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(rows[0]["id"], "a,\"b\"\r");
        assert_eq!(rows[0]["x"], 1e21);
        assert!(rows[2]["amount"].is_null());
    }

    #[test]
    fn parquet_reads_back_with_its_types() {
        let mut out = Vec::new();
        parquet(&frame(), &mut out).unwrap();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&out).unwrap();
        let reader = ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
        let schema = batches[0].schema();
        assert_eq!(schema.field(3).data_type(), &DataType::Decimal128(18, 2));
        assert_eq!(schema.field(5).data_type(), &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
        let amounts = batches[0].column(3).as_any().downcast_ref::<Decimal128Array>().unwrap();
        assert_eq!((amounts.value(0), arrow_array::Array::is_null(amounts, 2)), (-7, true));
    }

    #[test]
    fn text_counts_full_width_characters_twice() {
        let one = Every { id: Some("机械".into()), n: None, x: None, amount: None, day: None, at: None, yes: None };
        let two = Every { id: Some("abcd".into()), ..one.clone() };
        let mut out = Vec::new();
        text(&Frame::of(&[one, two]), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let widths: Vec<usize> = text.lines().map(unicode_width::UnicodeWidthStr::width).collect();
        assert!(widths.windows(2).all(|w| w[0] == w[1]), "{text}");
    }
}
