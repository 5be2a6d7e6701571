//! Files of a table -> its current version: upserted by key in file order, row by row.
//!
//! In mode `full` a file is the whole table: rows whose keys it lacks are retired. A refused row is not lacking: its key
//! stays, and while the key of a refused row cannot be read, it may be any of those that seem to lack, so none is
//! retired. A file that would retire too many is refused.
//!
//! The lake's file holds the current version only, sorted by key; it is written anew when something changed.
//! What a table held on an earlier night is read at that night's snapshot.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow_array::RecordBatch;
use arrow_select::interleave::interleave_record_batch;

use crate::config::Mode;
use crate::domain::schema::{LakeTable, Source};
use crate::lake::{Lake, arrow_schema, scan};

use super::cells::{Cells, IdMap, columns};
use super::dedupe::too_many_bad;
use super::known::{Decision, Known};
use super::load::{
    FileOutcome, FileStatus, Fresh, Load, LoadError, Timings, Trouble, bad_rows, max_bad_ratio, read_rows, refusal,
};
use super::{Chunk, FileReport, Reason, lake_table_of, workers};

/// A file's chunks, or why there are none.
type Read = Result<(FileReport, Vec<Chunk>), Trouble>;

/// Loads the files of a table that are not known by size, time and inode.
pub(super) fn load(
    load: &mut Load<'_>,
    source: &'static Source,
    known: &mut Known,
    fresh: Vec<Fresh>,
) -> Result<(), LoadError> {
    let mut current: Option<Version> = None;
    // What a file means depends on those before it, so files are taken one by one; a few are read ahead.
    for window in fresh.chunks(load.request.threads.max(1) * 2) {
        let mut ahead = read_ahead(load, known, window)?;
        for (n, file) in window.iter().enumerate() {
            let (path, sha256) = (file.file.path.as_str(), file.sha256.as_str());
            if let Decision::Skip { record } = known.decide(path, sha256) {
                known.skipped(path, sha256);
                load.skip(file, record, known.rows(sha256))?;
                continue;
            }
            let read = match ahead.remove(&n) {
                Some(read) => read,
                None => read_chunks(load, file),
            };
            match read {
                Ok((report, chunks)) => {
                    let version = match &mut current {
                        Some(version) => version,
                        None => current.insert(Version::open(load, source)?),
                    };
                    take(load, known, version, file, report, chunks)?;
                }
                Err(Trouble::Refused(why)) => {
                    known.refused(sha256, 0);
                    load.refuse_unread(file, why)?;
                }
                Err(Trouble::Later(status, why)) => load.later(&file.file, sha256, status, why)?,
                Err(Trouble::Fatal(e)) => return Err(e),
            }
        }
    }
    let Some(version) = current.filter(|v| v.changed) else { return Ok(()) };
    let mut step = std::mem::take(&mut load.loaded.timings.write);
    let written = Timings::time(&mut step, || version.write(load));
    load.loaded.timings.write = step;
    load.loaded.changed_tables.push(source.name);
    written
}

/// Reads those files of a window that would be read as things stand now, several at once.
fn read_ahead(load: &mut Load<'_>, known: &Known, window: &[Fresh]) -> Result<HashMap<usize, Read>, LoadError> {
    let mut bytes = HashSet::new();
    let wanted = |n: &usize| {
        let file = &window[*n];
        known.decide(&file.file.path, &file.sha256) == Decision::Read && bytes.insert(&file.sha256)
    };
    let wanted: Vec<usize> = (0..window.len()).filter(wanted).collect();
    let mut step = std::mem::take(&mut load.loaded.timings.read);
    let read = Timings::time(&mut step, || {
        workers::each(load.request.threads, wanted, |n| Ok::<_, LoadError>((n, read_file(load.request, &window[n]))))
    });
    load.loaded.timings.read = step;
    Ok(read?.into_iter().collect())
}

fn read_chunks(load: &mut Load<'_>, file: &Fresh) -> Read {
    let request = load.request;
    Timings::time(&mut load.loaded.timings.read, || read_file(request, file))
}

fn read_file(request: &super::load::Request<'_>, file: &Fresh) -> Read {
    let mut chunks = Vec::new();
    let report = read_rows(request, &file.file, |chunk| {
        chunks.push(chunk);
        Ok(())
    })?;
    Ok((report, chunks))
}

/// Takes one file into the version, or refuses it, and accounts for it.
fn take(
    load: &mut Load<'_>,
    known: &mut Known,
    version: &mut Version,
    file: &Fresh,
    report: FileReport,
    chunks: Vec<Chunk>,
) -> Result<(), LoadError> {
    let source = version.source;
    load.loaded.unknown_columns.entry(source.name).or_default().extend(report.unknown_columns);
    let mut reasons: BTreeMap<Reason, u64> = BTreeMap::new();
    let mut lines: Vec<u64> = Vec::new();
    let (mut batches, mut refused_keys) = (Vec::new(), Vec::new());
    for chunk in chunks {
        for reject in &chunk.rejects {
            *reasons.entry(reject.reason).or_default() += 1;
        }
        load.quarantine(&file.file, chunk.rejects)?;
        lines.extend(chunk.lines);
        batches.push(chunk.rows);
        refused_keys.extend(chunk.refused_keys);
    }
    let (bad, max) = (bad_rows(&reasons), max_bad_ratio(load.request, source));
    let too_bad =
        too_many_bad(bad, report.rows_read, max).then(|| refusal(load.request, source, &reasons, report.rows_read));
    let retire = match (too_bad, full(load.request, source)) {
        (Some(why), _) => Err(why),
        (None, None) => Ok((Vec::new(), None)),
        (None, Some(max_shrink)) => retirement(version, &batches, &refused_keys, max_shrink)?,
    };
    let status = if retire.is_err() { FileStatus::Refused } else { FileStatus::Loaded };
    let mut outcome = FileOutcome::new(source, &file.file.path, &file.sha256, status);
    outcome.rows_read = report.rows_read;
    match retire {
        Err(why) => {
            known.refused(&file.sha256, report.rows_read as i64);
            outcome.message = Some(why);
            load.quarantine_lines(&file.file, &lines, Reason::FileRefused)?;
            if !lines.is_empty() {
                reasons.insert(Reason::FileRefused, lines.len() as u64);
            }
        }
        Ok((keys, note)) => {
            known.loaded(&file.file.path, &file.sha256, report.rows_read as i64);
            version.retire(&keys);
            (outcome.rows_loaded, outcome.rows_duplicate) = version.upsert(batches)?;
            outcome.message = note;
        }
    }
    outcome.rows_quarantined = reasons.values().sum();
    outcome.reasons = reasons;
    load.finish(outcome, Some((&file.file, report.rows_read as i64)))
}

/// The source's `max_shrink` when its files are the whole table.
fn full(request: &super::load::Request<'_>, source: &Source) -> Option<f64> {
    let config = request.project.sources.get(source.name)?;
    (config.mode == Mode::Full).then_some(config.max_shrink)
}

/// The keys that a file retires which is the whole table, and a line on them; or why the file is refused.
type Retirement = Result<(Vec<Vec<u8>>, Option<String>), String>;

/// `refused_keys` of the file's refused rows, as [`Chunk::refused_keys`].
fn retirement(
    version: &Version,
    batches: &[RecordBatch],
    refused_keys: &[Option<Vec<u8>>],
    max_shrink: f64,
) -> Result<Retirement, LoadError> {
    let table = version.source.name;
    let absent = version.absent(batches, refused_keys)?;
    let (lacking, rows) = (absent.len(), version.rows.len());
    // Each of them may be one of those that lack.
    let unread = refused_keys.iter().filter(|key| key.is_none()).count();
    let surely = lacking.saturating_sub(unread);
    if surely as f64 / rows.max(1) as f64 > max_shrink {
        return Ok(Err(format!(
            "it lacks {lacking} of the {rows} rows of {table}, over max_shrink = {max_shrink}; none of its rows is loaded and \
             the table stays as it was: deliver the whole table, or raise sources.{table}.max_shrink when so many did go, and take it up again with \
             `shoppulse quarantine retry`"
        )));
    }
    Ok(Ok(match (lacking, unread) {
        (0, _) => (absent, None),
        (_, 0) => (absent, Some(format!("{lacking} of the {rows} rows of {table} are not in it and are retired"))),
        _ => {
            let why = format!("{unread} of its rows have a key that cannot be read and may be among them");
            (Vec::new(), Some(format!("{lacking} of the {rows} rows of {table} are not in it, but stay: {why}")))
        }
    }))
}

/// The current version of a table while files are taken into it.
struct Version {
    source: &'static Source,
    table: LakeTable,
    names: Vec<&'static str>,
    /// Batches of which some rows stand.
    batches: Vec<RecordBatch>,
    /// Key -> the row that stands, as batch and row.
    rows: IdMap<Vec<u8>, (usize, usize)>,
    changed: bool,
}

impl Version {
    /// The version that the lake holds.
    fn open(load: &Load<'_>, source: &'static Source) -> Result<Version, LoadError> {
        let table = lake_table_of(source)?;
        let names: Vec<&str> = source.fields.iter().map(|f| f.name).collect();
        let mut batches = Vec::new();
        for file in load.lake.files(source.name, None)? {
            for batch in scan(source.name, &file, &names)? {
                batches.push(batch?);
            }
        }
        let mut version = Version { source, table, names, batches: Vec::new(), rows: IdMap::default(), changed: false };
        version.upsert(batches)?;
        version.changed = false;
        Ok(version)
    }

    /// Takes rows in order; returns how many were loaded and how many were duplicates.
    fn upsert(&mut self, new: Vec<RecordBatch>) -> Result<(u64, u64), LoadError> {
        let mut batches = std::mem::take(&mut self.batches);
        let first = batches.len();
        batches.extend(new);
        let (mut loaded, mut duplicate) = (0, 0);
        let all: Vec<Vec<Cells<'_>>> = batches.iter().map(|b| columns(b, &self.names)).collect::<Result<_, _>>()?;
        let keys: Vec<usize> = self.source.key.iter().filter_map(|k| self.source.index(k)).collect();
        let mut key = Vec::new();
        for (n, batch) in batches.iter().enumerate().skip(first) {
            for row in 0..batch.num_rows() {
                key.clear();
                keys.iter().for_each(|k| all[n][*k].encode(row, &mut key));
                match self.rows.get_mut(&key) {
                    Some(stands) => {
                        let (old, old_row) = *stands;
                        if all[n].iter().zip(&all[old]).all(|(a, b)| a.same(row, b, old_row)) {
                            duplicate += 1;
                            continue;
                        }
                        *stands = (n, row);
                    }
                    None => {
                        self.rows.insert(key.clone(), (n, row));
                    }
                }
                loaded += 1;
            }
        }
        drop(all);
        if loaded == 0 {
            batches.truncate(first);
        }
        self.batches = batches;
        self.changed |= loaded > 0;
        self.compact()?;
        Ok((loaded, duplicate))
    }

    /// Keys of the version that are neither in these rows nor among the keys of refused ones, sorted.
    fn absent(&self, new: &[RecordBatch], refused: &[Option<Vec<u8>>]) -> Result<Vec<Vec<u8>>, LoadError> {
        let mut there: HashSet<Vec<u8>> = refused.iter().flatten().cloned().collect();
        for batch in new {
            let cells = columns(batch, self.source.key)?;
            there.extend((0..batch.num_rows()).map(|row| {
                let mut key = Vec::new();
                cells.iter().for_each(|c| c.encode(row, &mut key));
                key
            }));
        }
        let mut absent: Vec<Vec<u8>> = self.rows.keys().filter(|key| !there.contains(*key)).cloned().collect();
        absent.sort_unstable();
        Ok(absent)
    }

    /// Lets go of the rows of these keys.
    fn retire(&mut self, keys: &[Vec<u8>]) {
        for key in keys {
            self.changed |= self.rows.remove(key).is_some();
        }
    }

    /// Lets go of rows that no longer stand once they are the greater part.
    fn compact(&mut self) -> Result<(), LoadError> {
        let held: usize = self.batches.iter().map(RecordBatch::num_rows).sum();
        if held <= 2 * self.rows.len() + 1024 {
            return Ok(());
        }
        let mut places: Vec<&mut (usize, usize)> = self.rows.values_mut().collect();
        places.sort_unstable();
        let picked: Vec<(usize, usize)> = places.iter().map(|p| **p).collect();
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        let whole = interleave_record_batch(&batches, &picked)?;
        places.into_iter().enumerate().for_each(|(n, place)| *place = (0, n));
        self.batches = vec![whole];
        Ok(())
    }

    /// Writes the version sorted by key in place of the one that the lake holds.
    fn write(self, load: &mut Load<'_>) -> Result<(), LoadError> {
        let all: Vec<Vec<Cells<'_>>> =
            self.batches.iter().map(|b| columns(b, self.source.key)).collect::<Result<_, _>>()?;
        let mut places: Vec<(usize, usize)> = self.rows.values().copied().collect();
        places.sort_unstable_by(|&(a, row), &(b, other)| {
            let orders = all[a].iter().zip(&all[b]).filter_map(|(x, y)| x.order(row, y, other));
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        let mut file = None;
        if !places.is_empty() {
            let batches: Vec<&RecordBatch> = self.batches.iter().collect();
            let sorted = interleave_record_batch(&batches, &places)?;
            let sorted = RecordBatch::try_new(arrow_schema(&self.table), sorted.columns().to_vec())?;
            file = Some(Lake::write_file(&load.request.project.storage.lake, &self.table, None, &sorted)?);
        }
        for old in load.lake.files(self.source.name, None)? {
            load.lake.end(self.source.name, &old)?;
        }
        Ok(file.map_or(Ok(()), |file| load.lake.add(self.source.name, file))?)
    }
}
