//! Rows -> one Parquet file with exact statistics, and back.
//!
//! ```text
//! rows of one day ──► data/main/shop_clicks/2026-07-01-<unique>.parquet
//!                     zstd, row groups of 128k rows, a field id on every column
//! ```
//!
//! Equal rows give equal bytes; names are unique and never used again, so no reader ever finds other rows
//! under a name that it has opened.

use std::collections::hash_map::RandomState;
use std::fs::File;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use arrow_array::{RecordBatch, RecordBatchOptions, new_null_array};
use arrow_schema::{DataType, FieldRef, Schema, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::domain::Day;
use crate::domain::schema::{LakeTable, LakeType, lake_table};

use super::digest::{Hashing, Written};
use super::stats::{column_counts, column_stats};
use super::{DataFile, LakeError, Result, WrittenFile, arrow_schema, io};

const ROW_GROUP_ROWS: usize = 128 * 1024;
const BATCH_ROWS: usize = 32 * 1024;

/// The folder of Parquet files below the lake's root, and the schema's folder in it.
pub(super) const DATA: &str = "data";
pub(super) const MAIN: &str = "main";

/// Writes one file to its final name. The commit fsyncs it and its folders.
pub(super) fn write(root: &Path, table: &LakeTable, day: Option<Day>, rows: &RecordBatch) -> Result<WrittenFile> {
    // The day in the name is for people; the catalog is what counts. A folder a day would cost more than its files.
    let folder = root.join(DATA).join(MAIN).join(table.name);
    let path = folder.join(day.map_or_else(unique_name, |day| format!("{day}-{}", unique_name())));
    let refuse = |found: String| LakeError::Parquet { path: path.clone(), found };
    if table.day.is_some() != day.is_some() {
        return Err(refuse(format!("day {day:?}, but the day column of {} is {:?}", table.name, table.day)));
    }
    let rows = conform(table, rows).map_err(refuse)?;
    let mut stats = Vec::with_capacity(table.columns.len());
    for ((name, ty), array) in table.columns.iter().zip(rows.columns()) {
        let bounded = table.day.is_none() || *ty != LakeType::Text || BOUNDED.contains(name);
        let column = if bounded { column_stats(array, *ty) } else { Ok(column_counts(array)) };
        let column = column.map_err(|found| refuse(format!("column {name}: {found}")))?;
        if let (true, Some(day)) = (table.day == Some(name), day.map(|d| d.to_string())) {
            let only = column.nulls == 0 && [&column.min, &column.max].iter().all(|d| d.as_ref() == Some(&day));
            if !only && rows.num_rows() > 0 {
                return Err(refuse(format!("rows of days {:?} to {:?}, expected {day} only", column.min, column.max)));
            }
        }
        stats.push(column);
    }
    std::fs::create_dir_all(&folder).map_err(io("cannot make folder", &folder))?;
    let written = encode(&path, &rows, day.is_some());
    if written.is_err() {
        // A file that was not finished is of no use; what cannot be removed now is swept at the next start.
        let _ = std::fs::remove_file(&path);
    }
    let Written { blake3, bytes, tail: [a, b, c, d, ..] } = written?;
    let (rows, footer_bytes) = (rows.num_rows() as u64, u64::from(u32::from_le_bytes([a, b, c, d])));
    Ok(WrittenFile { path, day, rows, bytes, footer_bytes, blake3: blake3.into(), stats })
}

/// The table's columns in its order, under its schema with field ids.
fn conform(table: &LakeTable, rows: &RecordBatch) -> std::result::Result<RecordBatch, String> {
    let column = |name: &str| rows.column_by_name(name).cloned().ok_or(format!("rows without the column {name}"));
    let columns = table.columns.iter().map(|(name, _)| column(name)).collect::<std::result::Result<_, _>>()?;
    RecordBatch::try_new(arrow_schema(table), columns).map_err(|e| e.to_string())
}

/// Writes the file; its last bytes are the size of its footer and the magic word.
fn encode(path: &Path, rows: &RecordBatch, has_day: bool) -> Result<Written> {
    let parquet = |e: parquet::errors::ParquetError| LakeError::Parquet { path: path.into(), found: e.to_string() };
    let file = File::options().write(true).create_new(true).open(path);
    let file = file.map_err(io("cannot make", path))?;
    let properties = properties(rows, has_day).map_err(parquet)?;
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(Hashing::new(file), rows.schema(), options).map_err(parquet)?;
    writer.write(rows).map_err(parquet)?;
    Ok(writer.into_inner().map_err(parquet)?.finish())
}

/// How each column is stored. Texts that repeat get a dictionary; ids that name single events or visitors would only
/// fill one, and the rows of a day lie sorted by company. Instants and counts are stored as differences. Only what
/// shrinks is compressed: numbers of a few words and differences are as small as they get, and a compressor costs more
/// to set up than to run on a day of one source.
/// The catalog has every file's bounds. A file of several row groups has those of each too; of texts only those of
/// `company_id`, by which rows are sorted.
fn properties(rows: &RecordBatch, has_day: bool) -> parquet::errors::Result<WriterProperties> {
    let groups = rows.num_rows().div_ceil(ROW_GROUP_ROWS);
    let bounds = if groups > 1 { EnabledStatistics::Chunk } else { EnabledStatistics::None };
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(bounds)
        .set_offset_index_disabled(true);
    for field in rows.schema_ref().fields() {
        let (name, column) = (field.name().as_str(), ColumnPath::from(field.name().as_str()));
        let sorted = has_day && name == SORTED_BY;
        let differences = matches!(field.data_type(), DataType::Int64 | DataType::Date32 | DataType::Timestamp(..));
        if differences {
            properties = properties.set_column_encoding(column.clone(), Encoding::DELTA_BINARY_PACKED);
        } else if SINGLE.contains(&name) {
            // Lengths, which are much the same, stand apart from the texts: less to compress.
            properties = properties.set_column_encoding(column.clone(), Encoding::DELTA_LENGTH_BYTE_ARRAY);
        } else if sorted {
            // What a text has in common with the one before it is left out.
            properties = properties.set_column_encoding(column.clone(), Encoding::DELTA_BYTE_ARRAY);
        }
        if !differences && name != SORTED_BY {
            properties = properties.set_column_statistics_enabled(column.clone(), EnabledStatistics::None);
        }
        if differences || sorted || SINGLE.contains(&name) {
            properties = properties.set_column_dictionary_enabled(column.clone(), false);
        }
        if differences || sorted || WORDS.contains(&name) {
            properties = properties.set_column_compression(column, Compression::UNCOMPRESSED);
        }
    }
    Ok(properties.build())
}

/// Texts of events and roll-ups whose bounds leave files out; of a few words or of visitors, every day has them all.
const BOUNDED: &[&str] = &["company_id", "event_id", "rep_id"];
/// The column by which rows of events and roll-ups are sorted, the day aside.
const SORTED_BY: &str = "company_id";
/// Columns of which nearly every value is another.
const SINGLE: &[&str] = &["event_id", "visitor_id"];
/// Columns of a few different words.
const WORDS: &[&str] = &["ad_slot", "channel", "click_source", "direction", "excluded", "outcome", "purpose", "source"];

/// Ids and dictionary indexes hardly shrink further: level 3 takes a third more processor time and saves 0 to 5 %.
const ZSTD_LEVEL: i32 = 1;

/// A name that no other file has or had: a random part of the process and a counter.
fn unique_name() -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    format!("{:016x}-{:06}.parquet", *PROCESS, COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// Batches of one data file, in the file's order of rows.
pub struct Batches {
    reader: ParquetRecordBatchReader,
    schema: SchemaRef,
    /// For each column asked, its position among those read; `None` when the file lacks it.
    positions: Vec<Option<usize>>,
    path: PathBuf,
}

/// Opens a file of a table for reading some columns, bounded in memory; may be called from any thread.
/// Columns come in the order asked; those that an old file lacks are null.
pub fn scan(table: &str, file: &DataFile, columns: &[&str]) -> Result<Batches> {
    scan_coded(table, file, columns, &[])
}

/// As [`scan`]; the texts among `coded` come as numbers of a dictionary (Int32), which spares looking at each.
pub fn scan_coded(table: &str, file: &DataFile, columns: &[&str], coded: &[&str]) -> Result<Batches> {
    let path = &file.path;
    let refuse = |found: String| LakeError::Parquet { path: path.clone(), found };
    let unknown = || refuse(format!("the lake has no table {table}"));
    let all = arrow_schema(&lake_table(table).ok_or_else(unknown)?);
    let code = |field: &FieldRef| match coded.contains(&field.name().as_str()) {
        true => Arc::new(field.as_ref().clone().with_data_type(coded_text())),
        false => field.clone(),
    };
    let schema = columns.iter().map(|name| all.index_of(name)).collect::<std::result::Result<Vec<_>, _>>();
    let schema = all.project(&schema.map_err(|e| refuse(e.to_string()))?).map_err(|e| refuse(e.to_string()))?;
    let schema = Arc::new(Schema::new(schema.fields().iter().map(code).collect::<Vec<_>>()));

    let disk = File::open(path).map_err(io("cannot open", path))?;
    let head = ArrowReaderMetadata::load(&disk, ArrowReaderOptions::new()).map_err(|e| refuse(e.to_string()))?;
    let rows = head.metadata().file_metadata().num_rows();
    if u64::try_from(rows) != Ok(file.rows) {
        return Err(refuse(format!("{rows} rows, the catalog says {}; restore the file", file.rows)));
    }
    let roots = root_columns(&head, &schema);
    let head = with_codes(head, &roots, &schema).map_err(|e| refuse(e.to_string()))?;
    let mut read: Vec<usize> = roots.iter().copied().flatten().collect();
    read.sort_unstable();
    read.dedup();
    let positions = roots.iter().map(|root| root.and_then(|r| read.binary_search(&r).ok())).collect();
    let mask = ProjectionMask::roots(head.parquet_schema(), read);
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(disk, head);
    let reader =
        builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().map_err(|e| refuse(e.to_string()))?;
    Ok(Batches { reader, schema, positions, path: path.clone() })
}

/// The type of a text that is read as numbers of a dictionary.
fn coded_text() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Tells the reader which of a file's columns are wanted as numbers of a dictionary.
fn with_codes(
    head: ArrowReaderMetadata,
    roots: &[Option<usize>],
    schema: &Schema,
) -> parquet::errors::Result<ArrowReaderMetadata> {
    let coded = roots.iter().zip(schema.fields()).filter(|(_, field)| *field.data_type() == coded_text());
    let coded: Vec<usize> = coded.filter_map(|(root, _)| *root).collect();
    if coded.is_empty() {
        return Ok(head);
    }
    let field = |(n, field): (usize, &FieldRef)| match coded.contains(&n) {
        true => Arc::new(field.as_ref().clone().with_data_type(coded_text())),
        false => field.clone(),
    };
    let fields: Vec<FieldRef> = head.schema().fields().iter().enumerate().map(field).collect();
    let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields)));
    ArrowReaderMetadata::try_new(head.metadata().clone(), options)
}

/// Position of each column in the file, by field id; by name in a file without ids.
fn root_columns(head: &ArrowReaderMetadata, schema: &Schema) -> Vec<Option<usize>> {
    let fields = head.parquet_schema().root_schema().get_fields();
    let has_ids = fields.iter().any(|f| f.get_basic_info().has_id());
    let key = parquet::arrow::PARQUET_FIELD_ID_META_KEY;
    let find = |field: &FieldRef| {
        let id = field.metadata().get(key);
        fields.iter().position(|f| {
            let info = f.get_basic_info();
            if has_ids { info.has_id() && id == Some(&info.id().to_string()) } else { info.name() == field.name() }
        })
    };
    schema.fields().iter().map(find).collect()
}

impl Batches {
    /// The schema of the batches.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Result<RecordBatch>> {
        let batch = self.reader.next()?.and_then(|batch| {
            let columns = self.positions.iter().zip(self.schema.fields());
            let column = |(at, field): (&Option<usize>, &FieldRef)| match at {
                Some(at) => batch.column(*at).clone(),
                None => new_null_array(field.data_type(), batch.num_rows()),
            };
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            RecordBatch::try_new_with_options(self.schema.clone(), columns.map(column).collect(), &options)
        });
        Some(batch.map_err(|e| LakeError::Parquet { path: self.path.clone(), found: e.to_string() }))
    }
}
