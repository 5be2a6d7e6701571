//! Parquet: every value becomes the text that the other formats would hold, and is then checked like theirs;
//! a timestamp needs no `ts_format` and is no word of `null_values` or `values`.
//!
//! | stored | column | text |
//! |---|---|---|
//! | timestamp with zone | any | UTC with `Z`, cut after microseconds |
//! | timestamp without | any | the same without `Z`: local |
//! | timestamp | date | the day if it is midnight (with a zone: midnight in the project's), else `bad_date` |
//! | integer, boolean, decimal | any | digits, `true`, exact decimals |
//! | float | money | the cent that lies within 1e-6, else `bad_number` |
//! | float | other | shortest decimals; a whole one as digits |
//! | bytes | any | as UTF-8, else `encoding` |
//! | list, struct, anything else | any | `parse` |

mod declared;
mod raw;
mod thrift;
mod veil;

pub use veil::Veil;

use std::fmt::Write as _;
use std::fs::File;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DecimalType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;

pub(super) use self::raw::quote;
pub use self::raw::raw;
use super::rows::Rows;
use super::{MAX_RECORD, guard};
use crate::domain::schema::{Kind, Source};
use crate::domain::zone::MICROS_PER_DAY;
use crate::domain::{Day, Micros, Zone};
use crate::ingest::check::{Cell, MAX_FIELDS};
use crate::ingest::locate::locate;
use crate::ingest::{FileProblem, Reason};

/// Rows decoded at once.
const BATCH_ROWS: usize = 8192;

/// The batches of a file: the known columns only.
pub struct Batches {
    reader: ParquetRecordBatchReader,
    /// For each of the source's columns its position in a batch.
    pub positions: Vec<Option<usize>>,
    pub unknown: Vec<String>,
    /// Rows before the next batch.
    rows_before: u64,
    /// Rows that the file says it has.
    rows: i64,
}

impl Batches {
    /// # Errors
    /// Refused when the file cannot be read as Parquet, lacks a required column or has a known one twice.
    pub fn new(
        file: File,
        source: &'static Source,
        wanted: &[Option<&str>],
        batch: usize,
    ) -> Result<Batches, FileProblem> {
        guarded(|| Self::open(file, source, wanted, batch))?
    }

    fn open(
        file: File,
        source: &'static Source,
        wanted: &[Option<&str>],
        batch: usize,
    ) -> Result<Batches, FileProblem> {
        judged(declared::footer(&file))?;
        let plain = || ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        // A writer's notes on Arrow types may contradict the columns: then these count.
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
            .or_else(|_| ArrowReaderMetadata::load(&file, plain()))
            .map_err(problem)?;
        let views = ArrowReaderOptions::new().with_schema(as_views(metadata.schema()));
        let metadata = ArrowReaderMetadata::try_new(metadata.metadata().clone(), views).map_err(problem)?;
        let again = file.try_clone().map_err(FileProblem::Unreadable)?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(again, metadata);
        let roots = builder.parquet_schema().root_schema().get_fields();
        let names: Vec<String> = roots.iter().map(|f| f.name().to_string()).collect();
        let located = locate(source, wanted, &names)?;
        let mut known: Vec<usize> = located.positions.iter().flatten().copied().collect();
        known.sort_unstable();
        known.dedup();
        let position = |p: Option<usize>| p.and_then(|p| known.binary_search(&p).ok());
        let positions = located.positions.iter().map(|p| position(*p)).collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), known.iter().copied());
        let rows = builder.metadata().file_metadata().num_rows();
        let root = |leaf: &usize| builder.parquet_schema().get_column_root_idx(*leaf);
        let leaves: Vec<usize> = (0..builder.parquet_schema().num_columns()).collect();
        let leaves: Vec<usize> = leaves.into_iter().filter(|leaf| known.binary_search(&root(leaf)).is_ok()).collect();
        let fitting = judged(declared::rows_at_once(&file, builder.metadata(), &leaves))?;
        let batch = batch.min(fitting).clamp(1, BATCH_ROWS);
        let reader = builder.with_projection(mask).with_batch_size(batch).build().map_err(problem)?;
        Ok(Batches { reader, positions, unknown: located.unknown, rows_before: 0, rows })
    }

    /// The next batch, and the number of rows before it.
    pub fn next_batch(&mut self) -> Result<Option<(u64, RecordBatch)>, FileProblem> {
        let next = guarded(|| self.reader.next())?.transpose().map_err(|e| problem(e.into()))?;
        let Some(batch) = next else {
            if i64::try_from(self.rows_before) == Ok(self.rows) {
                return Ok(None);
            }
            let why = format!("it says {} rows and holds {}", self.rows, self.rows_before);
            return Err(FileProblem::Refused(damaged(&why)));
        };
        let before = self.rows_before;
        self.rows_before += batch.num_rows() as u64;
        Ok(Some((before, batch)))
    }
}

/// Damaged files may make the decoder panic; that too refuses the file.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, FileProblem> {
    guard::guarded(work).ok_or_else(|| FileProblem::Refused(damaged("its pages contradict each other")))
}

/// Texts as views of the pages that hold them: a long text in a dictionary is in memory once, not once a row.
fn as_views(schema: &Schema) -> SchemaRef {
    let view = |ty: &DataType| match ty {
        DataType::Utf8 | DataType::LargeUtf8 => Some(DataType::Utf8View),
        DataType::Binary | DataType::LargeBinary => Some(DataType::BinaryView),
        _ => None,
    };
    let field = |field: &Arc<Field>| {
        match field.data_type() {
            DataType::Dictionary(_, values) => view(values),
            ty => view(ty),
        }
        .map_or_else(|| field.clone(), |ty| Arc::new(field.as_ref().clone().with_data_type(ty)))
    };
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}

/// What a look at the declarations found.
fn judged<T>(found: std::io::Result<Result<T, String>>) -> Result<T, FileProblem> {
    let found = found.map_err(|e| problem(ParquetError::External(Box::new(e))))?;
    found.map_err(|why| FileProblem::Refused(damaged(&why)))
}

fn damaged(why: &str) -> String {
    format!("the Parquet file cannot be read to its end ({why}): it is cut off or damaged; deliver the file again")
}

fn problem(error: ParquetError) -> FileProblem {
    match error {
        ParquetError::External(e) => match e.downcast::<std::io::Error>() {
            Ok(e) if e.raw_os_error().is_some() => FileProblem::Unreadable(*e),
            Ok(e) => FileProblem::Refused(damaged(&e.to_string())),
            Err(e) => FileProblem::Refused(damaged(&e.to_string())),
        },
        error => FileProblem::Refused(damaged(&error.to_string())),
    }
}

/// Where the text of a value is.
enum Slot<'b> {
    Null,
    Stored(&'b str),
    /// A range of the scratch text.
    Made(usize, usize),
    /// The same, of a timestamp.
    Stamp(usize, usize),
    Bad(Reason),
}

/// Reads all rows; the number of records, and the columns that the contract does not know.
pub fn read(mut batches: Batches, zone: &Zone, mut rows: Rows<'_>) -> Result<(u64, Vec<String>), FileProblem> {
    let fields = rows.source().fields;
    let veil = Veil::new(rows.personal(), rows.source(), &batches);
    let mut scratch = String::new();
    while let Some((before, batch)) = batches.next_batch()? {
        let columns: Vec<Option<&dyn Array>> =
            batches.positions.iter().map(|p| p.map(|p| batch.column(p).as_ref())).collect();
        for row in 0..batch.num_rows() {
            scratch.clear();
            let mut slots = [const { Slot::Null }; MAX_FIELDS];
            for ((slot, column), field) in slots.iter_mut().zip(&columns).zip(fields) {
                if let Some(column) = column {
                    *slot = text(*column, row, field.kind, zone, &mut scratch);
                }
            }
            let mut size = 8 * fields.len();
            let mut cells = [Cell::Null; MAX_FIELDS];
            for (cell, slot) in cells.iter_mut().zip(&slots) {
                *cell = match *slot {
                    Slot::Null => Cell::Null,
                    Slot::Stored(text) => Cell::Text(text),
                    Slot::Made(start, end) => Cell::Text(&scratch[start..end]),
                    Slot::Stamp(start, end) => Cell::Ours(&scratch[start..end]),
                    Slot::Bad(reason) => Cell::Bad(reason),
                };
                if let Cell::Text(text) | Cell::Ours(text) = cell {
                    size += text.len();
                }
            }
            let line = before + row as u64 + 1;
            if size > MAX_RECORD {
                rows.reject(line, None, Reason::Parse, raw(&batch, row, zone, veil))?;
                continue;
            }
            rows.push(line, &cells[..fields.len()], size, || raw(&batch, row, zone, veil))?;
        }
    }
    Ok((rows.finish()?, batches.unknown))
}

/// The text of a value for a column of a kind.
fn text<'b>(column: &'b dyn Array, row: usize, kind: Kind, zone: &Zone, scratch: &mut String) -> Slot<'b> {
    if column.is_null(row) {
        return Slot::Null;
    }
    let start = scratch.len();
    let written = match column.data_type() {
        DataType::Utf8 => return Slot::Stored(column.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => return Slot::Stored(column.as_string::<i64>().value(row)),
        DataType::Utf8View => return Slot::Stored(column.as_string_view().value(row)),
        DataType::Binary => return bytes(column.as_binary::<i32>().value(row)),
        DataType::LargeBinary => return bytes(column.as_binary::<i64>().value(row)),
        DataType::BinaryView => return bytes(column.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => return bytes(column.as_fixed_size_binary().value(row)),
        DataType::Dictionary(..) => {
            let dictionary = column.as_any_dictionary();
            return match key(dictionary.keys(), row) {
                Some(key) if key < dictionary.values().len() => {
                    text(dictionary.values().as_ref(), key, kind, zone, scratch)
                }
                _ => Slot::Bad(Reason::Parse),
            };
        }
        DataType::Boolean => write!(scratch, "{}", column.as_boolean().value(row)),
        DataType::Int8 => write!(scratch, "{}", value::<Int8Type>(column, row)),
        DataType::Int16 => write!(scratch, "{}", value::<Int16Type>(column, row)),
        DataType::Int32 => write!(scratch, "{}", value::<Int32Type>(column, row)),
        DataType::Int64 => write!(scratch, "{}", value::<Int64Type>(column, row)),
        DataType::UInt8 => write!(scratch, "{}", value::<UInt8Type>(column, row)),
        DataType::UInt16 => write!(scratch, "{}", value::<UInt16Type>(column, row)),
        DataType::UInt32 => write!(scratch, "{}", value::<UInt32Type>(column, row)),
        DataType::UInt64 => write!(scratch, "{}", value::<UInt64Type>(column, row)),
        DataType::Float16 => float(value::<Float16Type>(column, row).to_f64(), kind, scratch),
        DataType::Float32 => float(f64::from(value::<Float32Type>(column, row)), kind, scratch),
        DataType::Float64 => float(value::<Float64Type>(column, row), kind, scratch),
        DataType::Decimal32(..) => decimal::<Decimal32Type>(column, row, scratch),
        DataType::Decimal64(..) => decimal::<Decimal64Type>(column, row, scratch),
        DataType::Decimal128(..) => decimal::<Decimal128Type>(column, row, scratch),
        DataType::Decimal256(..) => decimal::<Decimal256Type>(column, row, scratch),
        DataType::Date32 => date(i64::from(value::<Date32Type>(column, row)), scratch),
        DataType::Date64 => stamp(i128::from(value::<Date64Type>(column, row)) * 1_000_000, None, kind, scratch),
        DataType::Timestamp(unit, tz) => {
            let nanos = match unit {
                TimeUnit::Second => i128::from(value::<TimestampSecondType>(column, row)) * 1_000_000_000,
                TimeUnit::Millisecond => i128::from(value::<TimestampMillisecondType>(column, row)) * 1_000_000,
                TimeUnit::Microsecond => i128::from(value::<TimestampMicrosecondType>(column, row)) * 1_000,
                TimeUnit::Nanosecond => i128::from(value::<TimestampNanosecondType>(column, row)),
            };
            stamp(nanos, tz.as_ref().map(|_| zone), kind, scratch)
        }
        _ => return Slot::Bad(Reason::Parse),
    };
    match written {
        Ok(()) if matches!(column.data_type(), DataType::Timestamp(..)) => Slot::Stamp(start, scratch.len()),
        Ok(()) => Slot::Made(start, scratch.len()),
        Err(_) => {
            scratch.truncate(start);
            Slot::Bad(match kind {
                Kind::Date => Reason::BadDate,
                Kind::Time => Reason::BadTime,
                _ => Reason::BadNumber,
            })
        }
    }
}

fn bytes(bytes: &[u8]) -> Slot<'_> {
    std::str::from_utf8(bytes).map_or(Slot::Bad(Reason::Encoding), Slot::Stored)
}

fn value<T: ArrowPrimitiveType>(column: &dyn Array, row: usize) -> T::Native {
    column.as_primitive::<T>().value(row)
}

/// A dictionary's key.
fn key(keys: &dyn Array, row: usize) -> Option<usize> {
    match keys.data_type() {
        DataType::Int8 => value::<Int8Type>(keys, row).try_into().ok(),
        DataType::Int16 => value::<Int16Type>(keys, row).try_into().ok(),
        DataType::Int32 => value::<Int32Type>(keys, row).try_into().ok(),
        DataType::Int64 => value::<Int64Type>(keys, row).try_into().ok(),
        DataType::UInt8 => Some(value::<UInt8Type>(keys, row).into()),
        DataType::UInt16 => Some(value::<UInt16Type>(keys, row).into()),
        DataType::UInt32 => value::<UInt32Type>(keys, row).try_into().ok(),
        DataType::UInt64 => value::<UInt64Type>(keys, row).try_into().ok(),
        _ => None,
    }
}

fn decimal<T: DecimalType>(column: &dyn Array, row: usize, scratch: &mut String) -> std::fmt::Result {
    scratch.write_str(&column.as_primitive::<T>().value_as_string(row))
}

/// A float's text; an error when it is no amount that the column can take.
pub(super) fn float(n: f64, kind: Kind, scratch: &mut String) -> std::fmt::Result {
    let cent = (n * 100.0).round() / 100.0;
    match kind {
        // Beyond 10^15 every float is whole.
        Kind::Money if n.is_finite() && n.abs() < 1e15 => {
            if (n - cent).abs() > 1e-6 {
                return Err(std::fmt::Error);
            }
            write!(scratch, "{cent:.2}")
        }
        _ => write!(scratch, "{n}"),
    }
}

pub(super) fn date(days: i64, scratch: &mut String) -> std::fmt::Result {
    match i32::try_from(days) {
        Ok(days) if (Day::MIN.0..=Day::MAX.0).contains(&days) => write!(scratch, "{}", Day(days)),
        _ => write!(scratch, "day {days}"),
    }
}

/// An instant (with a zone) or a wall time (without); in a date column midnight only, as its day.
pub(super) fn stamp(nanos: i128, zone: Option<&Zone>, kind: Kind, scratch: &mut String) -> std::fmt::Result {
    let micros = i64::try_from(nanos.div_euclid(1000)).map_err(|_| std::fmt::Error)?;
    let day = micros.div_euclid(MICROS_PER_DAY);
    if !(i64::from(Day::MIN.0)..=i64::from(Day::MAX.0)).contains(&day) {
        return write!(scratch, "day {day}");
    }
    if kind == Kind::Date {
        let (day, midnight) = match zone {
            None => (day, day * MICROS_PER_DAY),
            Some(zone) => {
                let local = zone.day_of(Micros(micros));
                (i64::from(local.0), zone.start_of(local).0)
            }
        };
        return if nanos == i128::from(midnight) * 1000 { date(day, scratch) } else { Err(std::fmt::Error) };
    }
    write!(scratch, "{}", Micros(micros))?;
    if zone.is_none() {
        scratch.pop();
    }
    Ok(())
}

#[cfg(test)]
mod tests;
