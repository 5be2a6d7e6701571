//! Staged rows of a source -> one new file for each touched day.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, StringArray, UInt32Array, UInt64Array};
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take;

use crate::domain::Day;
use crate::domain::schema::{LakeTable, Source};
use crate::lake::{DataFile, Lake, arrow_schema, scan};

use super::cells::{IdMap, event_order, text};
use super::count::{Counted, count};
use super::dedupe::{EXCLUDED, Verdicts, Words, seqs};
use super::load::{Load, LoadError};
use super::stage::{NEW, SEQ, Stage, file_of, place};
use super::workers;

/// Everything that the days of one source are made of.
pub(super) struct DayWork<'a> {
    pub source: &'static Source,
    pub table: &'a LakeTable,
    pub stage: &'a Stage,
    /// Live files of the source; places in the lake are numbered by them.
    pub lake_files: &'a [DataFile],
    pub verdicts: &'a Verdicts,
    pub words: Words,
    /// Rows that take over a word of `excluded`, and its number: [`Verdicts::taken_over`], which every row is looked up in.
    pub taken_over: IdMap<u64, u32>,
    /// Files of this run whose rows do not load, by number.
    pub dead: Vec<bool>,
}

impl DayWork<'_> {
    /// No staged row is left out.
    fn all_load(&self) -> bool {
        self.verdicts.dropped.is_empty() && !self.dead.contains(&true)
    }
}

/// A day to be written: rows of the lake that change replace its files, new rows add one.
struct Job {
    day: Day,
    /// Whether the file will be the day's only one.
    alone: bool,
    /// Numbers of the lake files that are replaced.
    replaced: Vec<usize>,
}

/// Writes the days, several at once, and enters them in the catalog.
pub(super) fn write(load: &mut Load<'_>, work: &DayWork<'_>) -> Result<(), LoadError> {
    let root = &load.request.project.storage.lake;
    // A day is put together, sorted and encoded in memory, three times its rows.
    let threads = workers::for_days(load.request.threads, work.stage.largest_day() as u64);
    let counted = Counted::of(work.source.name)?;
    let written = workers::each(threads, jobs(work)?, |job| {
        let Some(rows) = rows_of(work, &job)? else { return Ok((job, None)) };
        let file = Lake::write_file(root, work.table, Some(job.day), &rows)?;
        let counts = job.alone.then(|| count(counted, &[rows], 1)).transpose()?;
        Ok::<_, LoadError>((job, Some((file, counts))))
    })?;
    let mut touched = BTreeSet::new();
    for (job, file) in written {
        for n in &job.replaced {
            load.lake.end(work.source.name, &work.lake_files[*n])?;
        }
        if let Some((file, counts)) = file {
            if let Some(counts) = counts {
                load.loaded.counted.add(work.source.name, job.day, &file.path, counts);
            }
            load.lake.add(work.source.name, file)?;
            touched.insert(job.day);
        }
    }
    if !touched.is_empty() {
        load.loaded.touched.entry(work.source.name).or_default().append(&mut touched);
    }
    Ok(())
}

/// The days that have staged rows or a row of the lake that changes.
fn jobs(work: &DayWork<'_>) -> Result<Vec<Job>, LoadError> {
    let mut replaced: BTreeMap<Day, Vec<usize>> = work.stage.days().into_iter().map(|d| (d, Vec::new())).collect();
    let changed = work.verdicts.taken_over.keys().filter(|seq| *seq & NEW == 0).map(|place| file_of(*place));
    let changed: BTreeSet<Option<Day>> = changed.map(|n| work.lake_files.get(n).and_then(|f| f.day)).collect();
    for day in changed {
        let day = day.ok_or_else(|| LoadError::Internal("a row of the lake without its day".into()))?;
        let files = work.lake_files.iter().enumerate().filter(|(_, f)| f.day == Some(day)).map(|(n, _)| n);
        replaced.insert(day, files.collect());
    }
    let stored: BTreeSet<Day> = work.lake_files.iter().filter_map(|f| f.day).collect();
    let job = |(day, replaced): (Day, Vec<usize>)| Job {
        day,
        alone: !replaced.is_empty() || !stored.contains(&day),
        replaced,
    };
    Ok(replaced.into_iter().map(job).collect())
}

/// The rows of a day's file, sorted.
fn rows_of(work: &DayWork<'_>, job: &Job) -> Result<Option<RecordBatch>, LoadError> {
    // Most rows that do not load go before the day's pieces are put together: of a file sent again nearly all are such.
    let mut loads = Vec::new();
    let parts = work.stage.take(job.day).map(|rows| kept(work, rows?, &mut loads));
    let mut parts = parts.collect::<Result<Vec<RecordBatch>, LoadError>>()?;
    for n in &job.replaced {
        parts.extend(lake_rows(work, *n)?);
    }
    let rows = match parts.as_slice() {
        [one] => one.clone(),
        _ => concat_batches(work.stage.schema(), &parts)?,
    };
    drop(parts);
    let rows = take_over(work, rows)?;
    if rows.num_rows() == 0 {
        return Ok(None);
    }
    let mut order = event_order(&rows)?;
    if loads.contains(&false) {
        // Rows of the lake, which come last, stay.
        order.retain(|row| loads.get(*row as usize) != Some(&false));
    }
    let order = UInt32Array::from(order);
    if order.is_empty() {
        return Ok(None);
    }
    let at = rows.schema().index_of(SEQ)?;
    let columns: Vec<ArrayRef> = (0..rows.num_columns()).filter(|c| *c != at).map(|c| rows.column(c).clone()).collect();
    drop(rows);
    let sorted = columns.into_iter().map(|column| take(&column, &order, None)).collect::<Result<_, _>>()?;
    Ok(Some(RecordBatch::try_new(arrow_schema(work.table), sorted)?))
}

/// A piece of the stage, without the rows that do not load if they are many; adds to `loads` which of its rows do.
fn kept(work: &DayWork<'_>, rows: RecordBatch, loads: &mut Vec<bool>) -> Result<RecordBatch, LoadError> {
    if work.all_load() {
        return Ok(rows);
    }
    let keep = Loads::of(work).rows(&rows)?;
    if keep.iter().filter(|load| **load).count() * 2 > rows.num_rows() {
        loads.extend(keep);
        return Ok(rows);
    }
    let rows = filter_record_batch(&rows, &BooleanArray::from(keep))?;
    loads.resize(loads.len() + rows.num_rows(), true);
    Ok(rows)
}

/// Which rows load, asked in about their order: those that do not are few, and looked up only when one is passed.
struct Loads<'a> {
    dead: &'a [bool],
    dropped: &'a [u64],
    /// Number of the first dropped row that is not before the one asked last.
    at: Cell<usize>,
}

impl<'a> Loads<'a> {
    fn of(work: &'a DayWork<'_>) -> Loads<'a> {
        Loads { dead: &work.dead, dropped: &work.verdicts.dropped, at: Cell::new(0) }
    }

    fn rows(&self, rows: &RecordBatch) -> Result<Vec<bool>, LoadError> {
        Ok(seqs(rows)?.iter().map(|seq| self.row(*seq)).collect())
    }

    fn row(&self, seq: u64) -> bool {
        // A row that is in the lake stays.
        if seq & NEW == 0 {
            return true;
        }
        let mut at = self.at.get();
        let passed = self.dropped.get(at).is_some_and(|d| *d < seq);
        if passed || at > 0 && self.dropped[at - 1] >= seq {
            at = self.dropped.partition_point(|d| *d < seq);
            self.at.set(at);
        }
        self.dropped.get(at) != Some(&seq) && !self.dead[file_of(seq)]
    }
}

/// The rows of a file of the lake that is replaced, as the stage's are.
fn lake_rows(work: &DayWork<'_>, file: usize) -> Result<Vec<RecordBatch>, LoadError> {
    let columns: Vec<&str> = work.table.columns.iter().map(|(name, _)| *name).collect();
    let mut start = 0;
    let mut parts = Vec::new();
    for batch in scan(work.source.name, &work.lake_files[file], &columns)? {
        let batch = batch?;
        let end = start + batch.num_rows() as u64;
        let seqs = UInt64Array::from_iter_values((start..end).map(|row| place(file, row)));
        let columns = batch.columns().iter().cloned().chain([Arc::new(seqs) as ArrayRef]).collect();
        parts.push(RecordBatch::try_new(work.stage.schema().clone(), columns)?);
        start = end;
    }
    Ok(parts)
}

/// The rows with the words of `excluded` that they take over.
fn take_over(work: &DayWork<'_>, rows: RecordBatch) -> Result<RecordBatch, LoadError> {
    if work.taken_over.is_empty() {
        return Ok(rows);
    }
    let taken = seqs(&rows)?.iter().enumerate().filter_map(|(row, seq)| Some((row, *work.taken_over.get(seq)?)));
    let taken: Vec<(usize, u32)> = taken.collect();
    if taken.is_empty() {
        return Ok(rows);
    }
    let old = text(&rows, EXCLUDED)?;
    let mut taken = taken.into_iter().peekable();
    let word = |row: usize| match taken.next_if(|(at, _)| *at == row) {
        Some((_, number)) => work.words.word(number),
        None => old.is_valid(row).then(|| old.value(row)),
    };
    let new: StringArray = (0..rows.num_rows()).map(word).collect();
    let mut columns = rows.columns().to_vec();
    columns[rows.schema().index_of(EXCLUDED)?] = Arc::new(new);
    Ok(RecordBatch::try_new(rows.schema(), columns)?)
}
