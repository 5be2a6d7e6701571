//! Files of an event source -> days of the lake.
//!
//! ```text
//! files in order ─► windows of files whose rows fit in memory, each on top of what those before it wrote:
//! 1. read the files, several at once; rows staged by day, hashes of ids kept       stage.rs
//! 2. suspects: rows whose id is met twice, among the new rows or in the lake       suspects.rs
//! 3. judge the suspects' rows in file order: duplicate, conflict, file refused     dedupe.rs
//! 4. write each touched day sorted by company_id, ts, event_id; a word of `excluded` taken over by a row
//!    that is in the lake replaces that day's files
//! 5. account for each file
//! ```
//!
//! A verdict depends on earlier rows alone, so windows change no result, only into how many files a day is split.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::mpsc::sync_channel;

use crate::domain::Day;
use crate::domain::schema::{EVENT_DATE, Source};
use crate::lake::{DataFile, arrow_schema};

use super::dedupe::{self, Candidate, Verdicts, Words};
use super::hashes::{day_number, entry, hash_id};
use super::known::{Decision, Known};
use super::load::{
    FileOutcome, FileStatus, Fresh, Load, LoadError, Request, Timings, Trouble, bad_rows, max_bad_ratio, read_rows,
};
use super::open::is_packed;
use super::rejects::Rejects;
use super::stage::Stage;
use super::suspects::{self, Before, Ground, Readable};
use super::write_days::{self, DayWork};
use super::{Reason, SourceFile, cells, lake_table_of, workers};

/// Loads the files of an event source that are not known by size, time and inode.
pub(super) fn load(
    load: &mut Load<'_>,
    source: &'static Source,
    known: &mut Known,
    files: Vec<SourceFile>,
) -> Result<(), LoadError> {
    let mut before = Before::new(load.lake, source)?;
    let mut limit = load.request.memory_budget as u64 / WINDOW_SHARE;
    let mut files = files.into_iter();
    let mut waiting = files.next();
    while let Some(first) = waiting.take() {
        let mut bytes = text_bytes(&first);
        let mut window = vec![first];
        for file in files.by_ref() {
            bytes = bytes.saturating_add(text_bytes(&file));
            if bytes > limit {
                waiting = Some(file);
                break;
            }
            window.push(file);
        }
        // Hashed only now: the bytes are still at hand when they are read again.
        let fresh = load.hash(window)?;
        known.learn(&load.lake.ledger(), &fresh)?;
        if load_window(load, source, known, fresh, &mut before)? < SPARSE {
            limit = u64::MAX;
        }
    }
    load.loaded.new_ids.insert(source.name, before.into_windows());
    Ok(())
}

/// A window's files have at most this part of the memory budget: their rows take more room than their text, and so
/// do hashes and the days that are being written.
const WINDOW_SHARE: u64 = 6;
/// Rows per touched day below which windows do not pay: each window adds a file to each of its days.
const SPARSE: usize = 500;

/// About the bytes of a file's text.
fn text_bytes(file: &SourceFile) -> u64 {
    if is_packed(&file.path) { file.size.saturating_mul(8) } else { file.size }
}

/// Loads files whose rows are in memory together (those that do not fit are spilled); their rows per touched day.
fn load_window(
    load: &mut Load<'_>,
    source: &'static Source,
    known: &mut Known,
    fresh: Vec<Fresh>,
    before: &mut Before,
) -> Result<usize, LoadError> {
    let table = lake_table_of(source)?;
    let request = load.request;
    let stage = Stage::new(source.name, &arrow_schema(&table), request.staging.into(), request.memory_budget);
    let mut readings = read_all(load, known, &fresh, &stage)?;
    let rows: usize = readings.values().map(|r| r.ids.len()).sum();
    let rows_per_day = rows / stage.days().len().max(1);
    let Decided { verdicts, words, lake_files } = decide(load, source, &stage, &mut readings, before)?;
    let live = |n: &usize| readings.get(n).is_some_and(|r| r.trouble.is_none()) && !verdicts.files[n].refused;
    let dead: Vec<bool> = (0..fresh.len()).map(|n| !live(&n)).collect();
    let taken_over = verdicts.taken_over.iter().map(|(seq, word)| (*seq, *word)).collect();
    let work = DayWork {
        source,
        table: &table,
        stage: &stage,
        lake_files: &lake_files,
        verdicts: &verdicts,
        words,
        taken_over,
        dead,
    };
    let mut step = std::mem::take(&mut load.loaded.timings.write);
    let written = Timings::time(&mut step, || write_days::write(load, &work));
    load.loaded.timings.write = step;
    written?;
    account(load, source, known, fresh, readings, verdicts)?;
    Ok(if rows == 0 { SPARSE } else { rows_per_day })
}

/// What reading a file gave, beside the staged rows.
#[derive(Default)]
struct Reading {
    rows_read: u64,
    /// Entries of the good rows' ids.
    ids: Vec<u64>,
    /// Lines of the good rows as stretches: first line, number.
    lines: Vec<(u64, u64)>,
    days: BTreeSet<Day>,
    rejects: BTreeMap<Reason, u64>,
    unknown_columns: Vec<String>,
    /// Why its rows do not count, staged or not: it is refused, or to be tried again.
    trouble: Option<(FileStatus, String)>,
}

impl Reading {
    fn add_lines(&mut self, lines: &[u64]) {
        for line in lines {
            match self.lines.last_mut() {
                Some((first, n)) if *first + *n == *line => *n += 1,
                _ => self.lines.push((*line, 1)),
            }
        }
    }

    fn good_lines(&self) -> impl Iterator<Item = u64> + '_ {
        self.lines.iter().flat_map(|&(first, n)| first..first + n)
    }

    fn good(&self) -> u64 {
        self.lines.iter().map(|(_, n)| n).sum()
    }

    fn is_for_later(&self) -> bool {
        self.trouble.as_ref().is_some_and(|(status, _)| *status != FileStatus::Refused)
    }

    fn rejected(&self) -> u64 {
        self.rejects.values().sum()
    }
}

/// Reads every file that is to be read, by its number in `fresh`; of files with the same bytes the first that can be.
fn read_all(
    load: &mut Load<'_>,
    known: &Known,
    fresh: &[Fresh],
    stage: &Stage,
) -> Result<BTreeMap<usize, Reading>, LoadError> {
    let to_read = |n: &usize| known.decide(&fresh[*n].file.path, &fresh[*n].sha256) == Decision::Read;
    let mut waiting: Vec<usize> = (0..fresh.len()).filter(to_read).collect();
    let mut readings: BTreeMap<usize, Reading> = BTreeMap::new();
    let mut step = std::mem::take(&mut load.loaded.timings.read);
    loop {
        let mut bytes: HashSet<&str> = HashSet::new();
        let readable = readings.iter().filter(|(_, r)| !r.is_for_later());
        bytes.extend(readable.map(|(n, _)| fresh[*n].sha256.as_str()));
        waiting.retain(|n| !readings.contains_key(n));
        let round: Vec<usize> = waiting.iter().copied().filter(|n| bytes.insert(&fresh[*n].sha256)).collect();
        if round.is_empty() {
            break;
        }
        readings.extend(Timings::time(&mut step, || read_round(load, fresh, stage, round))?);
    }
    load.loaded.timings.read = step;
    Ok(readings)
}

/// Reads files, several at once; refused records go to the ledger as soon as their file is read to its end.
fn read_round(
    load: &Load<'_>,
    fresh: &[Fresh],
    stage: &Stage,
    round: Vec<usize>,
) -> Result<Vec<(usize, Reading)>, LoadError> {
    let request = load.request;
    let (sender, receiver) = sync_channel::<(usize, Rejects)>(1);
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            workers::each(request.threads, round, |n| {
                let mut rejects = Rejects::default();
                let reading = read_one(request, n, &fresh[n], stage, &mut rejects)?;
                if reading.trouble.is_none() && !rejects.is_empty() {
                    // The receiver is gone only after a failure of its own, which is what gets reported.
                    let _ = sender.send((n, rejects));
                }
                Ok((n, reading))
            })
        });
        let kept = receiver
            .into_iter()
            .try_for_each(|(n, rejects)| rejects.each(request.staging, |some| load.quarantine(&fresh[n].file, some)));
        let read = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        kept.and(read)
    })
}

fn read_one(
    request: &Request<'_>,
    number: usize,
    fresh: &Fresh,
    stage: &Stage,
    rejects: &mut Rejects,
) -> Result<Reading, LoadError> {
    let mut reading = Reading::default();
    let report = read_rows(request, &fresh.file, |chunk| {
        let (ids, days) = (cells::text(&chunk.rows, "event_id")?, cells::days(&chunk.rows, EVENT_DATE)?);
        reading.ids.reserve(chunk.rows.num_rows());
        let ids = ids.iter().flatten().zip(days.values());
        reading.ids.extend(ids.map(|(id, day)| entry(hash_id(id), day_number(Day(*day)))));
        reading.add_lines(&chunk.lines);
        for reject in &chunk.rejects {
            *reading.rejects.entry(reject.reason).or_default() += 1;
        }
        rejects.extend(chunk.rejects, request.staging).map_err(|e| LoadError::io("staging", request.staging, e))?;
        stage.push(number, &chunk.rows, &chunk.lines, &mut reading.days)
    });
    match report {
        Ok(report) => {
            reading.rows_read = report.rows_read;
            reading.unknown_columns = report.unknown_columns;
        }
        Err(Trouble::Fatal(e)) => return Err(e),
        Err(Trouble::Refused(why)) => reading.trouble = Some((FileStatus::Refused, why)),
        Err(Trouble::Later(status, why)) => reading.trouble = Some((status, why)),
    }
    let (good, ids) = (reading.good(), reading.ids.len() as u64);
    if reading.trouble.is_none() && (good != ids || reading.rows_read != good + reading.rejected()) {
        let (path, read, bad) = (&fresh.file.path, reading.rows_read, reading.rejected());
        return Err(LoadError::Internal(format!("{path}: {read} records, but {good} good ({ids} ids) and {bad} bad")));
    }
    Ok(reading)
}

/// What becomes of a window's rows.
struct Decided {
    verdicts: Verdicts,
    words: Words,
    /// The files of the lake that were looked at; places in the lake are numbered by them.
    lake_files: Vec<DataFile>,
}

/// Finds the suspects and judges them; the new ids go over to `before`.
fn decide(
    load: &mut Load<'_>,
    source: &'static Source,
    stage: &Stage,
    readings: &mut BTreeMap<usize, Reading>,
    before: &mut Before,
) -> Result<Decided, LoadError> {
    let mut timings = load.loaded.timings;
    let live: BTreeMap<usize, Readable> = (readings.iter_mut())
        .filter(|(_, r)| r.trouble.is_none())
        .map(|(n, r)| (*n, Readable { ids: std::mem::take(&mut r.ids), days: &r.days }))
        .collect();
    let ground = Ground { lake: load.lake, source, threads: load.request.threads };
    let found = suspects::find(&ground, stage, live, before, &mut timings)?;
    let candidates: Vec<Candidate> = (readings.iter())
        .filter(|(_, r)| r.trouble.is_none())
        .map(|(n, r)| Candidate { file: *n, rows_read: r.rows_read, rejects: bad_rows(&r.rejects) })
        .collect();
    let verdicts = Timings::time(&mut timings.dedupe, || {
        dedupe::judge(found.entries, &found.duplicates, &candidates, max_bad_ratio(load.request, source))
    })?;
    load.loaded.timings = timings;
    Ok(Decided { verdicts, words: found.words, lake_files: found.lake_files })
}

/// Ledger rows of every file, in their order, and quarantine rows for conflicts and refused files.
fn account(
    load: &mut Load<'_>,
    source: &'static Source,
    known: &mut Known,
    fresh: Vec<Fresh>,
    mut readings: BTreeMap<usize, Reading>,
    mut verdicts: Verdicts,
) -> Result<(), LoadError> {
    for (n, file) in fresh.iter().enumerate() {
        let Some(reading) = readings.remove(&n) else {
            follow(load, source, known, file)?;
            continue;
        };
        let (path, sha256) = (file.file.path.as_str(), file.sha256.as_str());
        load.loaded.unknown_columns.entry(source.name).or_default().extend(reading.unknown_columns.iter().cloned());
        match &reading.trouble {
            Some((FileStatus::Refused, why)) => {
                known.refused(sha256, 0);
                load.refuse_unread(file, why.clone())?;
            }
            Some((status, why)) => load.later(&file.file, sha256, *status, why.clone())?,
            None => {
                let verdict = verdicts.files.remove(&n).unwrap_or_default();
                let outcome = outcome(load, source, file, &reading, verdict)?;
                let rows = outcome.rows_read as i64;
                match outcome.status {
                    FileStatus::Refused => known.refused(sha256, rows),
                    _ => known.loaded(path, sha256, rows),
                }
                load.finish(outcome, Some((&file.file, rows)))?;
            }
        }
    }
    Ok(())
}

/// Accounts for a file that was not read: its bytes were met in an earlier run, or in a file before it.
fn follow(load: &mut Load<'_>, source: &'static Source, known: &mut Known, file: &Fresh) -> Result<(), LoadError> {
    let (path, sha256) = (file.file.path.as_str(), file.sha256.as_str());
    match known.decide(path, sha256) {
        Decision::Skip { record } => {
            known.skipped(path, sha256);
            load.skip(file, record, known.rows(sha256))
        }
        // The same bytes as a file of this run that has no rows: it has none either.
        Decision::Read => {
            known.loaded(path, sha256, 0);
            load.request.progress.advance(file.file.size);
            load.finish(FileOutcome::new(source, path, sha256, FileStatus::Loaded), Some((&file.file, 0)))
        }
    }
}

/// The account of a file that was read to its end.
fn outcome(
    load: &Load<'_>,
    source: &'static Source,
    file: &Fresh,
    reading: &Reading,
    verdict: dedupe::FileVerdict,
) -> Result<FileOutcome, LoadError> {
    let status = if verdict.refused { FileStatus::Refused } else { FileStatus::Loaded };
    let mut outcome = FileOutcome::new(source, &file.file.path, &file.sha256, status);
    outcome.rows_read = reading.rows_read;
    outcome.rows_duplicate = verdict.duplicates;
    outcome.reasons = reading.rejects.clone();
    let conflicts = verdict.conflicts.len() as u64;
    if conflicts > 0 {
        outcome.reasons.insert(Reason::IdConflict, conflicts);
        load.quarantine_lines(&file.file, &verdict.conflicts, Reason::IdConflict)?;
    }
    if verdict.refused {
        let conflicts: HashSet<u64> = verdict.conflicts.into_iter().collect();
        let good: Vec<u64> = reading.good_lines().filter(|line| !conflicts.contains(line)).collect();
        outcome.message = Some(super::load::refusal(load.request, source, &outcome.reasons, reading.rows_read));
        if !good.is_empty() {
            outcome.reasons.insert(Reason::FileRefused, good.len() as u64);
            load.quarantine_lines(&file.file, &good, Reason::FileRefused)?;
        }
        outcome.rows_quarantined = reading.rows_read;
    } else {
        outcome.rows_quarantined = reading.rejected() + conflicts;
        outcome.rows_loaded = reading.good() - verdict.duplicates - conflicts;
    }
    Ok(outcome)
}
