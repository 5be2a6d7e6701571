//! Checked records -> chunks of Arrow columns, handed on before they grow large.

mod by_column;

use std::sync::Arc;

use arrow_array::builder::{
    Date32Builder, Decimal128Builder, Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, SchemaRef};

use crate::config::Mode;
use crate::domain::schema::{LakeType, Source, lake_table};
use crate::ingest::check::{Cell, Checker, MAX_FIELDS};
use crate::ingest::form::Form;
use crate::ingest::personal::Personal;
use crate::ingest::read::ReadOptions;
use crate::ingest::values::Value;
use crate::ingest::{Chunk, FileProblem, Reason, Reject};
use crate::lake::{LakeError, arrow_schema, data_type};

/// Bytes of records after which a chunk is handed on.
const CHUNK_BYTES: usize = 16 << 20;

/// About the bytes of a row of events in a file, and of a text in it.
const ROW_BYTES: u64 = 56;
const TEXT_BYTES: usize = 8;

/// Receives the chunks of a file in order.
pub type Sink<'s> = &'s mut dyn FnMut(Chunk) -> Result<(), LakeError>;

enum Column {
    Text(StringBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    Money(Decimal128Builder),
    Date(Date32Builder),
    Time(TimestampMicrosecondBuilder),
}

/// Collects the records of one file.
pub struct Rows<'a> {
    source: &'static Source,
    schema: SchemaRef,
    personal: &'a Personal,
    checker: Checker<'a>,
    form: Option<Form>,
    columns: Vec<Column>,
    /// Lines of the good records.
    lines: Vec<u64>,
    rejects: Vec<Reject>,
    /// See [`Chunk::refused_keys`]; `None` when nobody asks for them.
    refused_keys: Option<Vec<Option<Vec<u8>>>>,
    /// Of the records in the chunk.
    bytes: usize,
    chunk_rows: usize,
    read: u64,
    /// Bytes of all records, and how many the file may have.
    total: u64,
    limit: u64,
    sink: Sink<'a>,
}

impl<'a> Rows<'a> {
    /// # Errors
    /// The source has no table in the lake: a fault of the program.
    pub fn new(source: &'static Source, options: &ReadOptions<'a>, sink: Sink<'a>) -> Result<Rows<'a>, FileProblem> {
        let table = lake_table(source.name)
            .ok_or_else(|| FileProblem::Refused(format!("the lake has no table {}", source.name)))?;
        Ok(Rows {
            source,
            schema: arrow_schema(&table),
            personal: options.personal,
            checker: Checker::new(source, options.config, options.zone, options.now, options.personal),
            form: None,
            columns: table.columns.iter().map(|(_, ty)| Column::new(*ty)).collect(),
            lines: Vec::new(),
            rejects: Vec::new(),
            refused_keys: (options.config.mode == Mode::Full).then(Vec::new),
            bytes: 0,
            chunk_rows: options.chunk_rows.max(1),
            read: 0,
            total: 0,
            limit: u64::MAX,
            sink,
        })
    }

    /// Refuses the file when its records are longer together: a few bytes may stand for any number of rows, and rows
    /// for one text.
    pub fn limit(mut self, bytes: u64) -> Rows<'a> {
        self.limit = bytes;
        self
    }

    /// Makes room at once for the rows of a file of so many bytes, or of a chunk.
    pub fn sized(mut self, bytes: u64) -> Rows<'a> {
        let rows = usize::try_from(bytes / ROW_BYTES).unwrap_or(usize::MAX).min(self.chunk_rows);
        for column in &mut self.columns {
            if let Column::Text(text) = column {
                *text = StringBuilder::with_capacity(rows, rows * TEXT_BYTES);
            }
        }
        self.lines.reserve(rows);
        self
    }

    pub fn source(&self) -> &'static Source {
        self.source
    }

    /// Says which of the source's columns the file has; see [`Form`].
    pub fn has(&mut self, has: impl Fn(usize) -> bool) {
        self.form = Form::of(self.source, has);
    }

    pub fn personal(&self) -> &'a Personal {
        self.personal
    }

    /// Takes a record: one cell for each column in contract order. `size` is about its bytes, `raw` gives them.
    pub fn push(
        &mut self,
        line: u64,
        cells: &[Cell<'_>],
        size: usize,
        raw: impl FnOnce() -> Vec<u8>,
    ) -> Result<(), FileProblem> {
        if self.form.is_some_and(|form| form.is_open(cells, &mut self.checker)) {
            return Ok(());
        }
        let mut row = [const { Value::Null }; MAX_FIELDS];
        if let Err((column, reason)) = self.checker.check(cells, &mut row) {
            let key = self.refused_keys.as_ref().and_then(|_| self.checker.key(cells));
            let raw = if reason == Reason::Erased { Vec::new() } else { raw() };
            return self.refuse(line, Some(self.source.fields[column].name), reason, raw, key);
        }
        let mut day = None;
        for (column, value) in self.columns.iter_mut().zip(&row[..cells.len()]) {
            if let (None, Value::Time(_, on)) = (day, value) {
                day = Some(*on);
            }
            column.append(value);
        }
        if let Some(Column::Date(days)) = self.columns.get_mut(cells.len()) {
            days.append_option(day.map(|d| d.0));
        }
        self.lines.push(line);
        self.count(size)?;
        self.flush_if_full()
    }

    /// Takes a bad record.
    pub fn reject(&mut self, line: u64, column: Option<&str>, reason: Reason, raw: Vec<u8>) -> Result<(), FileProblem> {
        self.refuse(line, column, reason, raw, None)
    }

    fn refuse(
        &mut self,
        line: u64,
        column: Option<&str>,
        reason: Reason,
        raw: Vec<u8>,
        key: Option<Vec<u8>>,
    ) -> Result<(), FileProblem> {
        let size = raw.len();
        self.keep_reject(line, column, reason, raw, key);
        self.count(size)?;
        self.flush_if_full()
    }

    fn keep_reject(&mut self, line: u64, column: Option<&str>, reason: Reason, raw: Vec<u8>, key: Option<Vec<u8>>) {
        if let Some(keys) = &mut self.refused_keys {
            keys.push(key);
        }
        self.rejects.push(Reject { line, column: column.map(str::to_string), reason, raw });
    }

    /// Records that still fit in the chunk, at least one.
    pub fn room(&self) -> usize {
        self.chunk_rows.saturating_sub(self.lines.len() + self.rejects.len()).max(1)
    }

    /// Hands the rest on; the number of records taken.
    pub fn finish(mut self) -> Result<u64, FileProblem> {
        self.flush()?;
        Ok(self.read)
    }

    fn count(&mut self, size: usize) -> Result<(), FileProblem> {
        self.read += 1;
        self.bytes += size;
        self.total += size as u64;
        if self.total > self.limit {
            let (limit, read) = (self.limit >> 20, self.read);
            return Err(FileProblem::Refused(format!(
                "its first {read} rows hold more than {limit} MiB, out of all proportion to the file's size; deliver it \
                 in parts, or as CSV"
            )));
        }
        Ok(())
    }

    fn flush_if_full(&mut self) -> Result<(), FileProblem> {
        if self.bytes >= CHUNK_BYTES || self.lines.len() + self.rejects.len() >= self.chunk_rows {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), FileProblem> {
        if self.lines.is_empty() && self.rejects.is_empty() {
            return Ok(());
        }
        let arrays = self.columns.iter_mut().map(Column::finish).collect();
        let rows = RecordBatch::try_new(self.schema.clone(), arrays)
            .map_err(|e: ArrowError| FileProblem::Refused(format!("its rows cannot be put together: {e}")))?;
        self.bytes = 0;
        (self.sink)(Chunk {
            rows,
            lines: std::mem::take(&mut self.lines),
            rejects: std::mem::take(&mut self.rejects),
            refused_keys: self.refused_keys.as_mut().map(std::mem::take).unwrap_or_default(),
        })?;
        Ok(())
    }
}

impl Column {
    fn new(ty: LakeType) -> Column {
        match ty {
            LakeType::Text => Column::Text(StringBuilder::new()),
            LakeType::Int => Column::Int(Int64Builder::new()),
            LakeType::Float => Column::Float(Float64Builder::new()),
            LakeType::Money => Column::Money(Decimal128Builder::new().with_data_type(data_type(ty))),
            LakeType::Date => Column::Date(Date32Builder::new()),
            LakeType::Time => Column::Time(TimestampMicrosecondBuilder::new().with_data_type(data_type(ty))),
        }
    }

    /// A value of the column's type, else null.
    fn append(&mut self, value: &Value<'_>) {
        match (self, value) {
            (Column::Text(column), Value::Text(text)) => column.append_value(text),
            (Column::Int(column), Value::Int(n)) => column.append_value(*n),
            (Column::Float(column), Value::Float(n)) => column.append_value(*n),
            (Column::Money(column), Value::Money(cents)) => column.append_value(i128::from(*cents)),
            (Column::Date(column), Value::Date(day)) => column.append_value(day.0),
            (Column::Time(column), Value::Time(at, _)) => column.append_value(at.0),
            (Column::Text(column), _) => column.append_null(),
            (Column::Int(column), _) => column.append_null(),
            (Column::Float(column), _) => column.append_null(),
            (Column::Money(column), _) => column.append_null(),
            (Column::Date(column), _) => column.append_null(),
            (Column::Time(column), _) => column.append_null(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Column::Text(column) => Arc::new(column.finish()),
            Column::Int(column) => Arc::new(column.finish()),
            Column::Float(column) => Arc::new(column.finish()),
            Column::Money(column) => Arc::new(column.finish()),
            Column::Date(column) => Arc::new(column.finish()),
            Column::Time(column) => Arc::new(column.finish()),
        }
    }
}
