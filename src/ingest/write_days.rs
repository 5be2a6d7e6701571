//! Staged rows of a source -> one new file for each touched day.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow_select::concat::concat_batches;
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take_record_batch;

use crate::domain::Day;
use crate::domain::schema::{LakeTable, Source};
use crate::lake::{DataFile, Lake, WrittenFile, arrow_schema, scan};

use super::cells::{event_order, text};
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
    /// Files of this run whose rows do not load, by number.
    pub dead: Vec<bool>,
}

/// A day to be written: rows of the lake that change replace its files, new rows add one.
struct Job {
    day: Day,
    /// Numbers of the lake files that are replaced.
    replaced: Vec<usize>,
}

/// Writes the days, several at once, and enters them in the catalog.
pub(super) fn write(load: &mut Load<'_>, work: &DayWork<'_>) -> Result<(), LoadError> {
    let root = &load.request.project.storage.lake;
    let written =
        workers::each(load.request.threads, jobs(work)?, |job| write_day(root, work, &job).map(|file| (job, file)))?;
    let mut touched = BTreeSet::new();
    for (job, file) in written {
        for n in &job.replaced {
            load.lake.end(work.source.name, &work.lake_files[*n])?;
        }
        if let Some(file) = file {
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
    Ok(replaced.into_iter().map(|(day, replaced)| Job { day, replaced }).collect())
}

fn write_day(root: &std::path::Path, work: &DayWork<'_>, job: &Job) -> Result<Option<WrittenFile>, LoadError> {
    let mut parts = vec![new_rows(work, job.day)?];
    for n in &job.replaced {
        parts.extend(lake_rows(work, *n)?);
    }
    parts.retain(|p| p.num_rows() > 0);
    let rows = match parts.as_slice() {
        [] => return Ok(None),
        [one] => one.clone(),
        _ => concat_batches(&arrow_schema(work.table), &parts)?,
    };
    drop(parts);
    let sorted = take_record_batch(&rows, &event_order(&rows)?)?;
    drop(rows);
    Ok(Some(Lake::write_file(root, work.table, Some(job.day), &sorted)?))
}

/// The staged rows of a day that load, under the lake's schema.
fn new_rows(work: &DayWork<'_>, day: Day) -> Result<RecordBatch, LoadError> {
    let mut rows = work.stage.take(day)?;
    let dropped = &work.verdicts.dropped;
    if !dropped.is_empty() || work.dead.contains(&true) {
        let keep = |seq: &u64| !work.dead[file_of(*seq)] && dropped.binary_search(seq).is_err();
        let keep: BooleanArray = seqs(&rows)?.iter().map(|seq| Some(keep(seq))).collect();
        rows = filter_record_batch(&rows, &keep)?;
    }
    let rows = match seqs(&rows) {
        Ok(seqs) => take_over(work, &rows, |row| seqs[row])?,
        Err(e) => return Err(e),
    };
    let at = rows.schema().index_of(SEQ)?;
    let columns: Vec<ArrayRef> = (0..rows.num_columns()).filter(|c| *c != at).map(|c| rows.column(c).clone()).collect();
    Ok(RecordBatch::try_new(arrow_schema(work.table), columns)?)
}

/// The rows of a file of the lake that is replaced.
fn lake_rows(work: &DayWork<'_>, file: usize) -> Result<Vec<RecordBatch>, LoadError> {
    let columns: Vec<&str> = work.table.columns.iter().map(|(name, _)| *name).collect();
    let mut start = 0;
    let mut parts = Vec::new();
    for batch in scan(work.source.name, &work.lake_files[file], &columns)? {
        let batch = batch?;
        parts.push(take_over(work, &batch, |row| place(file, start + row as u64))?);
        start += batch.num_rows() as u64;
    }
    Ok(parts)
}

/// The rows with the words of `excluded` that they take over; `seq` gives each row's identity.
fn take_over(work: &DayWork<'_>, rows: &RecordBatch, seq: impl Fn(usize) -> u64) -> Result<RecordBatch, LoadError> {
    let taken = &work.verdicts.taken_over;
    if taken.is_empty() || !(0..rows.num_rows()).any(|row| taken.contains_key(&seq(row))) {
        return Ok(rows.clone());
    }
    let old = text(rows, EXCLUDED)?;
    let word = |row| match taken.get(&seq(row)) {
        Some(number) => work.words.word(*number),
        None => old.is_valid(row).then(|| old.value(row)),
    };
    let new: StringArray = (0..rows.num_rows()).map(word).collect();
    let mut columns = rows.columns().to_vec();
    columns[rows.schema().index_of(EXCLUDED)?] = Arc::new(new);
    Ok(RecordBatch::try_new(rows.schema(), columns)?)
}
