//! Rows of one event source on their way into the lake: by day, in memory up to a budget, then on disk.
//!
//! A staged row is the lake's row and `seq`, which says where it stood: `NEW | file << 40 | line`.
//! So rows may arrive in any order from many threads, and everything later is decided by `seq`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array, UInt64Array};
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::FileWriter;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;

use crate::domain::Day;
use crate::domain::schema::EVENT_DATE;

use super::account::LoadError;
use super::cells;

/// The column that a staged row has beside the lake's.
pub const SEQ: &str = "seq";
/// Set in the `seq` of rows that are not in the lake yet: they come after those that are.
pub const NEW: u64 = 1 << 63;
const LINE_BITS: u32 = 40;

/// Identity and place of a row: the file's number and the line.
pub fn seq(file: usize, line: u64) -> u64 {
    NEW | place(file, line)
}

/// Identity of a row that is in the lake: the file's number and the row's.
pub fn place(file: usize, row: u64) -> u64 {
    (file as u64) << LINE_BITS | row
}

/// The file's number of a `seq` or `place`.
pub fn file_of(seq: u64) -> usize {
    ((seq & !NEW) >> LINE_BITS) as usize
}

/// The line (or row) of a `seq` or `place`.
pub fn line_of(seq: u64) -> u64 {
    seq & ((1 << LINE_BITS) - 1)
}

/// Memory that an Arrow batch costs beside its buffers.
const BATCH_OVERHEAD: usize = 2048;

/// The staged rows of a source.
pub struct Stage {
    schema: SchemaRef,
    folder: PathBuf,
    name: &'static str,
    /// Bytes of rows in memory from which they are spilled; while they are written, as many again may arrive, and columns
    /// have room that their rows do not fill.
    limit: usize,
    memory: Mutex<Memory>,
    spills: Mutex<Vec<Spill>>,
}

#[derive(Default)]
struct Memory {
    days: BTreeMap<Day, Vec<RecordBatch>>,
    bytes: usize,
    /// Rows that were staged so far, spilled ones too.
    rows: BTreeMap<Day, usize>,
    /// Something was spilled: there is more to come than fits, so less is kept.
    spilled: bool,
}

/// An Arrow IPC file with one batch a day.
struct Spill {
    path: PathBuf,
    batches: BTreeMap<Day, usize>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stage {
    /// Rows of `schema` (the lake's); spills to `folder` so that about `budget` bytes stay in memory.
    pub fn new(name: &'static str, schema: &Schema, folder: PathBuf, budget: usize) -> Stage {
        let mut fields = schema.fields().to_vec();
        fields.push(Arc::new(Field::new(SEQ, DataType::UInt64, false)));
        let schema = Arc::new(Schema::new(fields));
        Stage { schema, folder, name, limit: budget / 4, memory: Mutex::default(), spills: Mutex::default() }
    }

    /// Takes consecutive rows of a file; adds their days to `days`.
    pub fn push(
        &self,
        file: usize,
        rows: &RecordBatch,
        lines: &[u64],
        days: &mut BTreeSet<Day>,
    ) -> Result<(), LoadError> {
        let seqs = UInt64Array::from_iter_values(lines.iter().map(|line| seq(file, *line)));
        let mut arrays: Vec<ArrayRef> = rows.columns().to_vec();
        arrays.push(Arc::new(seqs));
        let rows = RecordBatch::try_new(self.schema.clone(), arrays)?;
        for (day, part) in by_day(&rows)? {
            days.insert(day);
            self.keep(day, part)?;
        }
        Ok(())
    }

    fn keep(&self, day: Day, rows: RecordBatch) -> Result<(), LoadError> {
        let full = {
            let mut memory = lock(&self.memory);
            memory.bytes += bytes_of(&rows) + BATCH_OVERHEAD;
            *memory.rows.entry(day).or_default() += rows.num_rows();
            memory.days.entry(day).or_default().push(rows);
            if memory.bytes < if memory.spilled { self.limit / 4 } else { self.limit } {
                return Ok(());
            }
            // Whoever spills now waits for the spill before it outside this lock, so that others can go on.
            (memory.bytes, memory.spilled) = (0, true);
            std::mem::take(&mut memory.days)
        };
        let mut spills = lock(&self.spills);
        let path = self.folder.join(format!("{}-{}.arrow", self.name, spills.len()));
        let spill = self.write(path, full)?;
        spills.push(spill);
        Ok(())
    }

    /// Rows of the day that has most.
    pub fn largest_day(&self) -> usize {
        lock(&self.memory).rows.values().copied().max().unwrap_or(0)
    }

    fn write(&self, path: PathBuf, days: BTreeMap<Day, Vec<RecordBatch>>) -> Result<Spill, LoadError> {
        let file = File::create(&path).map_err(|source| LoadError::io("cannot make", &path, source))?;
        let mut writer = FileWriter::try_new(BufWriter::with_capacity(1 << 20, file), &self.schema)?;
        let mut batches = BTreeMap::new();
        for (n, (day, parts)) in days.into_iter().enumerate() {
            writer.write(&concat_batches(&self.schema, &parts)?)?;
            batches.insert(day, n);
        }
        writer.finish()?;
        Ok(Spill { path, batches })
    }

    /// All days that have rows.
    pub fn days(&self) -> BTreeSet<Day> {
        let spilled = lock(&self.spills).iter().flat_map(|s| s.batches.keys().copied()).collect::<Vec<_>>();
        lock(&self.memory).days.keys().copied().chain(spilled).collect()
    }

    /// The lake's columns and [`SEQ`].
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// All rows of a day, in pieces and in no particular order; a spilled piece is in memory only while it is looked at.
    pub fn parts(&self, day: Day) -> impl Iterator<Item = Result<RecordBatch, LoadError>> + use<> {
        let parts = lock(&self.memory).days.get(&day).cloned().unwrap_or_default();
        self.with_spilled(day, parts)
    }

    /// As [`Stage::parts`]; what was in memory is given up.
    pub fn take(&self, day: Day) -> impl Iterator<Item = Result<RecordBatch, LoadError>> + use<> {
        let parts = lock(&self.memory).days.remove(&day).unwrap_or_default();
        self.with_spilled(day, parts)
    }

    fn with_spilled(
        &self,
        day: Day,
        parts: Vec<RecordBatch>,
    ) -> impl Iterator<Item = Result<RecordBatch, LoadError>> + use<> {
        let places: Vec<(PathBuf, usize)> = {
            let spills = lock(&self.spills);
            spills.iter().filter_map(|s| s.batches.get(&day).map(|n| (s.path.clone(), *n))).collect()
        };
        parts.into_iter().map(Ok).chain(places.into_iter().filter_map(|(path, n)| spilled(&path, n).transpose()))
    }
}

/// Bytes of the rows themselves: room that a column has but never used costs nothing.
fn bytes_of(rows: &RecordBatch) -> usize {
    rows.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or(usize::MAX / 64)).sum()
}

fn spilled(path: &Path, batch: usize) -> Result<Option<RecordBatch>, LoadError> {
    let file = File::open(path).map_err(|source| LoadError::io("cannot open", path, source))?;
    let mut reader = FileReader::try_new(file, None)?;
    reader.set_index(batch)?;
    Ok(reader.next().transpose()?)
}

impl Drop for Stage {
    fn drop(&mut self) {
        for spill in lock(&self.spills).drain(..) {
            // The staging folder is emptied at the next start anyway.
            let _ = std::fs::remove_file(spill.path);
        }
    }
}

/// The rows of each day, in their order.
fn by_day(rows: &RecordBatch) -> Result<Vec<(Day, RecordBatch)>, LoadError> {
    let dates = cells::days(rows, EVENT_DATE)?;
    if dates.null_count() > 0 {
        return Err(LoadError::Internal("events without event_date".into()));
    }
    let mut stretches: BTreeMap<i32, Vec<RecordBatch>> = BTreeMap::new();
    let (mut start, mut pieces) = (0, 0);
    for stretch in dates.values().chunk_by(|a, b| a == b) {
        stretches.entry(stretch[0]).or_default().push(rows.slice(start, stretch.len()));
        start += stretch.len();
        pieces += 1;
        if pieces * PIECE > rows.num_rows() + PIECE {
            return picked(rows, dates.values());
        }
    }
    let schema = rows.schema();
    let joined = |(day, parts): (i32, Vec<RecordBatch>)| match parts.as_slice() {
        // A slice holds the whole batch: only a large one may.
        [one] if one.num_rows() * 2 > rows.num_rows() => Ok((Day(day), one.clone())),
        parts => Ok((Day(day), concat_batches(&schema, parts)?)),
    };
    stretches.into_iter().map(joined).collect()
}

/// Rows of a stretch, on average, below which rows are picked one by one.
const PIECE: usize = 64;

/// As [`by_day`], for days that change often.
fn picked(rows: &RecordBatch, days: &[i32]) -> Result<Vec<(Day, RecordBatch)>, LoadError> {
    let mut indices: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
    for (row, day) in days.iter().enumerate() {
        indices.entry(*day).or_default().push(row as u32);
    }
    let part = |(day, rows_of_day)| Ok((Day(day), take_record_batch(rows, &UInt32Array::from(rows_of_day))?));
    indices.into_iter().map(part).collect()
}
