//! One file, written row by row in its layout: text packed on the way, Parquet in row groups.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Float64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use csv::ByteRecord;
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression as Codec, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::domain::Day;
use crate::domain::schema::{Kind, Source};

use super::SampleError;
use super::dirt::Spoiled;
use super::layout::{Format, Layout, Packing};

/// Packs as it writes.
enum Packed {
    Plain(BufWriter<File>),
    Gzip(GzEncoder<BufWriter<File>>),
    Zstd(zstd::Encoder<'static, BufWriter<File>>),
}

enum Body {
    Text(Box<Packed>),
    Parquet(Box<ParquetBody>),
}

/// A file of a source, open for rows in the order of the contract's columns.
pub struct Sheet {
    source: &'static Source,
    layout: &'static Layout,
    body: Body,
    line: Vec<u8>,
}

impl Sheet {
    pub fn create(
        path: &Path,
        source: &'static Source,
        layout: &'static Layout,
        pack: bool,
    ) -> Result<Sheet, SampleError> {
        let at = |e| SampleError::io(path, e);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(at)?;
        }
        let file = File::create(path).map_err(at)?;
        let body = if layout.format == Format::Parquet {
            Body::Parquet(Box::new(ParquetBody::new(file, source)?))
        } else {
            let file = BufWriter::with_capacity(1 << 17, file);
            Body::Text(Box::new(match layout.packing {
                Packing::Gzip if pack => Packed::Gzip(GzEncoder::new(file, Compression::new(7))),
                Packing::Zstd if pack => Packed::Zstd(zstd::Encoder::new(file, 12).map_err(at)?),
                _ => Packed::Plain(file),
            }))
        };
        let mut sheet = Sheet { source, layout, body, line: Vec::new() };
        sheet.header().map_err(at)?;
        Ok(sheet)
    }

    fn header(&mut self) -> io::Result<()> {
        if !matches!(self.layout.format, Format::Csv | Format::Tsv) {
            return Ok(());
        }
        if self.layout.bom {
            self.line.extend_from_slice("\u{feff}".as_bytes());
        }
        let names: ByteRecord = self.source.fields.iter().map(|f| f.name).chain(self.layout.extra).collect();
        self.text(&names)
    }

    /// Writes a row as it is: bad ones too.
    pub fn row(&mut self, row: &ByteRecord) -> Result<(), SampleError> {
        match (&mut self.body, self.layout.format) {
            (Body::Parquet(body), _) => return body.row(row),
            (_, Format::JsonLines) => self.json(row),
            _ => self.text(row),
        }
        .map_err(SampleError::Write)
    }

    /// Writes a row that was spoiled from a good one.
    pub fn spoiled(&mut self, good: &ByteRecord, spoiled: Spoiled) -> Result<(), SampleError> {
        match spoiled {
            Spoiled::Row(row) => return self.row(&row),
            Spoiled::OpenQuote(field) => {
                for (n, cell) in good.iter().enumerate() {
                    self.line.extend_from_slice(if n == field { b"\"" } else { b"" });
                    self.line.extend_from_slice(cell);
                    self.line.push(b',');
                }
                self.end_line()
            }
            Spoiled::CutOff => {
                self.line.extend_from_slice(b"{\"event_id\":\"");
                self.line.extend_from_slice(&good[0]);
                self.line.extend_from_slice(b"\",\"ts\":\"20");
                self.end_line()
            }
        }
        .map_err(SampleError::Write)
    }

    fn text(&mut self, row: &ByteRecord) -> io::Result<()> {
        let delimiter = if self.layout.format == Format::Tsv { b'\t' } else { b',' };
        let order = self.layout.order;
        for n in 0..row.len() {
            if n > 0 {
                self.line.push(delimiter);
            }
            // Rows with too few or too many fields stand as they are.
            let cell = &row[if row.len() == order.len() { order[n] } else { n }];
            if cell.iter().any(|b| matches!(b, b'"' | b'\n' | b'\r') || *b == delimiter) {
                self.line.push(b'"');
                for b in cell {
                    self.line.extend_from_slice(if *b == b'"' { b"\"\"" } else { std::slice::from_ref(b) });
                }
                self.line.push(b'"');
            } else {
                self.line.extend_from_slice(cell);
            }
        }
        self.end_line()
    }

    /// An object without the empty fields; numbers as numbers where they can be read.
    fn json(&mut self, row: &ByteRecord) -> io::Result<()> {
        let mut mark = b'{';
        for (field, cell) in self.source.fields.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
            self.line.push(mark);
            mark = b',';
            serde_json::to_writer(&mut self.line, field.name)?;
            self.line.push(b':');
            let number = field.kind == Kind::Quantity && cell.iter().all(u8::is_ascii_digit);
            match std::str::from_utf8(cell) {
                Ok(_) if number => self.line.extend_from_slice(cell),
                Ok(text) => serde_json::to_writer(&mut self.line, text)?,
                // Bytes that are no text are planted; they stand as they are.
                Err(_) => {
                    self.line.push(b'"');
                    self.line.extend_from_slice(cell);
                    self.line.push(b'"');
                }
            }
        }
        self.line.push(b'}');
        self.end_line()
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.line.extend_from_slice(if self.layout.crlf { b"\r\n" } else { b"\n" });
        let done = match &mut self.body {
            Body::Text(packed) => match &mut **packed {
                Packed::Plain(w) => w.write_all(&self.line),
                Packed::Gzip(w) => w.write_all(&self.line),
                Packed::Zstd(w) => w.write_all(&self.line),
            },
            Body::Parquet(_) => Ok(()),
        };
        self.line.clear();
        done
    }

    pub fn finish(mut self) -> Result<(), SampleError> {
        if self.layout.blank_line {
            self.end_line().map_err(SampleError::Write)?;
        }
        match self.body {
            Body::Parquet(body) => return body.finish(),
            Body::Text(packed) => match *packed {
                Packed::Plain(mut w) => w.flush(),
                Packed::Gzip(w) => w.finish().and_then(|mut w| w.flush()),
                Packed::Zstd(w) => w.finish().and_then(|mut w| w.flush()),
            },
        }
        .map_err(SampleError::Write)
    }
}

/// Rows collected for a row group.
struct ParquetBody {
    source: &'static Source,
    schema: SchemaRef,
    rows: Vec<ByteRecord>,
    writer: ArrowWriter<File>,
}

const GROUP: usize = 65_536;

impl ParquetBody {
    fn new(file: File, source: &'static Source) -> Result<ParquetBody, SampleError> {
        let ty = |kind| match kind {
            Kind::Date => DataType::Date32,
            Kind::Number => DataType::Float64,
            _ => DataType::Utf8,
        };
        let fields: Vec<Field> = source.fields.iter().map(|f| Field::new(f.name, ty(f.kind), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let codec = Codec::ZSTD(ZstdLevel::try_new(9)?);
        let properties = WriterProperties::builder().set_compression(codec).build();
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))?;
        Ok(ParquetBody { source, schema, rows: Vec::new(), writer })
    }

    fn row(&mut self, row: &ByteRecord) -> Result<(), SampleError> {
        self.rows.push(row.clone());
        if self.rows.len() < GROUP { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), SampleError> {
        let columns = self.source.fields.iter().enumerate().map(|(n, field)| -> ArrayRef {
            let cells = self.rows.iter().map(|row| std::str::from_utf8(&row[n]).ok().filter(|text| !text.is_empty()));
            match field.kind {
                Kind::Date => Arc::new(Date32Array::from_iter(cells.map(|c| c.and_then(Day::parse).map(|d| d.0)))),
                Kind::Number => Arc::new(Float64Array::from_iter(cells.map(|c| c.and_then(|c| c.parse::<f64>().ok())))),
                _ => Arc::new(StringArray::from_iter(cells)),
            }
        });
        let batch = RecordBatch::try_new(self.schema.clone(), columns.collect())?;
        self.writer.write(&batch)?;
        self.writer.flush()?;
        self.rows.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<(), SampleError> {
        if !self.rows.is_empty() {
            self.flush()?;
        }
        self.writer.close()?;
        Ok(())
    }
}
