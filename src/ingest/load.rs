//! All files of all sources -> staged changes and ledgers, inside the caller's transaction.
//!
//! ```text
//! discover ─► unchanged since it was read? skipped, counted                   list.rs
//!          └► just written? looked at once more, else left for the next run    settle.rs
//!          └► hash ─► bytes known?         skipped, recorded once            known.rs
//!                  └► events: read all, judge in file order, write days      events.rs
//!                  └► tables: file after file upserted, rewritten once       tables.rs
//! every file ─► ledger: rows_read = loaded + duplicate + quarantined, or the run fails
//! ```

use std::collections::BTreeMap;

use crate::domain::Str;
use crate::domain::printable::printable;
use crate::domain::schema::{Source, source};
use crate::lake::ledger::{IngestFileRow, QuarantineRow, SeenFile};
use crate::lake::{Lake, LakeError};

pub use super::account::{
    FileOutcome, FileStatus, LoadError, Loaded, MEMORY_BUDGET, Progress, Request, Silent, Timings,
};
use super::known::Known;
use super::list::{self, Listed};
use super::read::{ReadOptions, each_raw_record, hash_file, read_file};
use super::{Chunk, FileProblem, FileReport, Reason, Reject, SourceFile, events, settle, tables, workers};

/// Loads every file of the sources that is not known yet. The caller has begun the lake's transaction, commits
/// it, or rolls it back after an error.
///
/// # Errors
/// When the lake or the staging folder cannot be used, or an account does not balance. A bad file is no error: it
/// is one of the outcomes.
pub fn ingest(lake: &mut Lake, request: &Request<'_>) -> Result<Loaded, LoadError> {
    let mut load = Load { lake, request, loaded: Loaded::default() };
    let mut listed = Timings::time(&mut load.loaded.timings.discover, || list::list(request, &load.lake.ledger()))?;
    load.loaded.timings.settle += list::settle(request, &mut listed);
    for listed in listed {
        load.source(listed)?;
    }
    let events = |f: &FileOutcome| f.rows_read > 0 && source(f.source).is_some_and(Source::is_events);
    if load.loaded.files.iter().any(events) {
        request.personal.fix(&load.lake.ledger())?;
    }
    Ok(load.loaded)
}

/// A file that is not known by its size, time and inode, and its bytes' SHA-256.
pub(super) struct Fresh {
    pub file: SourceFile,
    pub sha256: String,
}

/// Why a file gave no rows.
pub(super) enum Trouble {
    Refused(String),
    /// `unreadable` or `waiting`: the next run tries again.
    Later(FileStatus, String),
    Fatal(LoadError),
}

/// The load under way.
pub(super) struct Load<'a> {
    pub lake: &'a mut Lake,
    pub request: &'a Request<'a>,
    pub loaded: Loaded,
}

impl Load<'_> {
    fn source(&mut self, listed: Listed) -> Result<(), LoadError> {
        let Listed { source, found, unchanged, waiting } = listed;
        let first = self.loaded.files.len();
        for (path, why) in found.refused {
            let again = self.lake.ledger().is_recorded(source.name, &path, "")?;
            let status = if again { FileStatus::Skipped } else { FileStatus::Refused };
            let mut outcome = FileOutcome::new(source, &path, "", status);
            (outcome.message, outcome.recorded) = (Some(why.to_string()), !again);
            self.finish(outcome, None)?;
        }
        for (path, why) in found.unreadable {
            let mut outcome = FileOutcome::new(source, &path, "", FileStatus::Unreadable);
            outcome.message = Some(why);
            self.finish(outcome, None)?;
        }
        for (file, why) in waiting {
            self.later(&file, "", FileStatus::Waiting, why)?;
        }
        for file in unchanged {
            let skipped = FileOutcome::new(source, "", "", FileStatus::Skipped);
            self.finish(FileOutcome { path: file.path, recorded: false, ..skipped }, None)?;
        }
        let files = found.files;
        self.request.progress.start(source.name, files.len(), files.iter().map(|f| f.size).sum());
        let mut known = Known::new(source, &self.lake.ledger())?;
        if source.is_events() {
            events::load(self, source, &mut known, files)?;
        } else {
            let fresh = self.hash(files)?;
            known.learn(&self.lake.ledger(), &fresh)?;
            tables::load(self, source, &mut known, fresh)?;
        }
        self.loaded.files[first..].sort_by(|a, b| a.path.cmp(&b.path));
        Ok(())
    }

    /// The hashes of files, several at once; those that cannot be read are done with.
    pub fn hash(&mut self, files: Vec<SourceFile>) -> Result<Vec<Fresh>, LoadError> {
        let hashed = Timings::time(&mut self.loaded.timings.read, || {
            workers::each(self.request.threads, files, |file| {
                let hash = hash_file(&file.disk);
                Ok::<_, LoadError>((file, hash))
            })
        })?;
        let mut fresh = Vec::with_capacity(hashed.len());
        for (file, hash) in hashed {
            match hash {
                Ok(sha256) => fresh.push(Fresh { file, sha256 }),
                Err(why) => {
                    let (status, why) = not_now(&file, &why);
                    self.later(&file, "", status, why)?;
                }
            }
        }
        Ok(fresh)
    }

    /// Accounts for a file that is known by its bytes.
    pub fn skip(&mut self, fresh: &Fresh, record: bool, rows: i64) -> Result<(), LoadError> {
        let mut outcome = FileOutcome::new(fresh.file.source, &fresh.file.path, &fresh.sha256, FileStatus::Skipped);
        outcome.recorded = record;
        self.request.progress.advance(fresh.file.size);
        self.finish(outcome, Some((&fresh.file, rows)))
    }

    /// Accounts for a file that cannot be read to its end: no rows, and named.
    pub fn refuse_unread(&mut self, fresh: &Fresh, why: String) -> Result<(), LoadError> {
        let mut outcome = FileOutcome::new(fresh.file.source, &fresh.file.path, &fresh.sha256, FileStatus::Refused);
        outcome.message = Some(why);
        self.finish(outcome, Some((&fresh.file, 0)))
    }

    /// Reports a file that the next run has to try again.
    pub fn later(&mut self, file: &SourceFile, sha256: &str, status: FileStatus, why: String) -> Result<(), LoadError> {
        let mut outcome = FileOutcome::new(file.source, &file.path, sha256, status);
        outcome.message = Some(why);
        self.finish(outcome, None)
    }

    /// Checks a file's account and enters it in the ledger; `seen` remembers the file with its number of records.
    pub fn finish(&mut self, outcome: FileOutcome, seen: Option<(&SourceFile, i64)>) -> Result<(), LoadError> {
        let accounted = outcome.rows_loaded + outcome.rows_duplicate + outcome.rows_quarantined;
        let by_reason: u64 = outcome.reasons.values().sum();
        if outcome.rows_read != accounted || outcome.rows_quarantined != by_reason {
            return Err(LoadError::Internal(format!("an account does not balance: {outcome:?}")));
        }
        let ledger = self.lake.ledger();
        if outcome.recorded {
            ledger.add_file(&IngestFileRow {
                run_id: self.request.run_id,
                source: outcome.source.into(),
                path: outcome.path.as_str().into(),
                sha256: outcome.sha256.as_str().into(),
                rows_read: outcome.rows_read as i64,
                rows_loaded: outcome.rows_loaded as i64,
                rows_duplicate: outcome.rows_duplicate as i64,
                rows_quarantined: outcome.rows_quarantined as i64,
                status: outcome.status.word().into(),
            })?;
        }
        if matches!(outcome.status, FileStatus::Loaded | FileStatus::Refused) {
            ledger.retried(outcome.source, &outcome.sha256)?;
        }
        if let Some((file, rows)) = seen {
            ledger.set_seen(&SeenFile {
                source: outcome.source.into(),
                path: outcome.path.as_str().into(),
                size: file.size as i64,
                mtime_ns: file.mtime_ns,
                inode: file.inode as i64,
                sha256: outcome.sha256.as_str().into(),
                status: outcome.status.word().into(),
                rows,
            })?;
        }
        if let Some(why) = &outcome.message {
            let (word, source, path) = (outcome.status.word(), outcome.source, &outcome.path);
            self.request.progress.line(&printable(&format!("{source} {path}: {word}: {why}")));
        }
        self.loaded.files.push(outcome);
        Ok(())
    }

    /// Enters refused records.
    pub fn quarantine(&self, file: &SourceFile, rejects: Vec<Reject>) -> Result<(), LoadError> {
        if rejects.is_empty() {
            return Ok(());
        }
        let (source, path): (Str, Str) = (file.source.name.into(), file.path.as_str().into());
        let row = |reject: Reject| QuarantineRow {
            run_id: self.request.run_id,
            source: source.clone(),
            path: path.clone(),
            line: reject.line as i64,
            column: reject.column.as_deref().map(Str::from),
            reason: reject.reason.word().into(),
            raw: (reject.reason != Reason::Erased).then(|| raw_text(&reject.raw).into()),
        };
        let rows: Vec<QuarantineRow> = rejects.into_iter().map(row).collect();
        Ok(self.lake.ledger().add_quarantine(&rows)?)
    }

    /// Enters records that were good by themselves, reading their raw text from the file again.
    pub fn quarantine_lines(&self, file: &SourceFile, lines: &[u64], reason: Reason) -> Result<(), LoadError> {
        let column = (reason == Reason::IdConflict).then(|| "event_id".to_string());
        let reject = |line, raw| Reject { line, column: column.clone(), reason, raw };
        let (mut rest, mut missing) = (lines.iter(), Vec::new());
        let (mut rejects, mut bytes) = (Vec::new(), 0);
        let mut failed = None;
        let read = each_raw_record(file, &options(self.request, file)?, lines, &mut |line, raw| {
            missing.extend(rest.by_ref().take_while(|l| **l != line));
            rejects.push(reject(line, raw.to_vec()));
            bytes += raw.len();
            if rejects.len() == RAW_LINES || bytes > RAW_BYTES {
                bytes = 0;
                self.quarantine(file, std::mem::take(&mut rejects)).map_err(|e| {
                    failed = Some(e);
                    stopped(file)
                })?;
            }
            Ok(())
        });
        if let Err(FileProblem::Sink(e)) = read {
            return Err(failed.unwrap_or(LoadError::Lake(e)));
        }
        // The file may have gone away between two readings; its lines stay accounted for.
        rejects.extend(missing.into_iter().chain(rest).map(|line| reject(*line, Vec::new())));
        self.quarantine(file, rejects)
    }
}

/// What a reader gets to hear when its chunk could not be taken.
fn stopped(file: &SourceFile) -> LakeError {
    LakeError::Io { action: "staging", path: file.disk.clone(), source: std::io::ErrorKind::Other.into() }
}

/// Records whose raw text is in memory at once, and its bytes.
const RAW_LINES: usize = 50_000;
const RAW_BYTES: usize = 32 << 20;
/// Records of a chunk of rows.
const CHUNK_ROWS: usize = 32 * 1024;

fn options<'a>(request: &Request<'a>, file: &SourceFile) -> Result<ReadOptions<'a>, LoadError> {
    let config = request.project.sources.get(file.source.name);
    let config = config.ok_or_else(|| LoadError::Internal(format!("no settings of {}", file.source.name)))?;
    let (zone, now, personal) = (&request.project.zone, request.now, request.personal);
    Ok(ReadOptions { config, zone, now, personal, chunk_rows: CHUNK_ROWS })
}

/// The share of bad rows that a source's file may have.
pub(super) fn max_bad_ratio(request: &Request<'_>, source: &Source) -> f64 {
    request.project.sources.get(source.name).map_or(0.05, |c| c.max_bad_ratio)
}

/// Refused rows that say something of the file: one that was erased is as it must be.
pub(super) fn bad_rows(reasons: &BTreeMap<Reason, u64>) -> u64 {
    reasons.iter().filter(|(reason, _)| **reason != Reason::Erased).map(|(_, n)| n).sum()
}

/// Why a file with so many bad rows, by their reasons, is refused.
pub(super) fn refusal(
    request: &Request<'_>,
    source: &Source,
    reasons: &BTreeMap<Reason, u64>,
    rows_read: u64,
) -> String {
    let (bad, max_bad_ratio) = (bad_rows(reasons), max_bad_ratio(request, source));
    let encoding = reasons.get(&Reason::Encoding).is_some_and(|n| n * 2 > bad);
    let todo = if encoding {
        format!("most are not in the file's encoding: name it under sources.{}.encoding", source.name)
    } else {
        "correct the file or the source's settings".to_string()
    };
    format!(
        "{bad} of {rows_read} rows are bad, over max_bad_ratio = {max_bad_ratio}; none is loaded: see `shoppulse quarantine list`, \
         {todo}"
    )
}

/// A file that cannot be read: gone, so that it waits, or in the hands of someone who has to mend it.
fn not_now(file: &SourceFile, error: &std::io::Error) -> (FileStatus, String) {
    match settle::changed(file) {
        Ok(Some(why)) => (FileStatus::Waiting, why),
        _ => (FileStatus::Unreadable, error.to_string()),
    }
}

/// Reads a file to its end; a file that changed meanwhile is not trusted, whatever was read of it.
pub(super) fn read_rows(
    request: &Request<'_>,
    file: &SourceFile,
    mut take: impl FnMut(Chunk) -> Result<(), LoadError>,
) -> Result<FileReport, Trouble> {
    let mut failed = None;
    let read = read_file(file, &options(request, file).map_err(Trouble::Fatal)?, &mut |chunk| {
        take(chunk).map_err(|e| {
            failed = Some(e);
            stopped(file)
        })
    });
    request.progress.advance(file.size);
    let read = match read {
        Err(FileProblem::Sink(e)) => return Err(Trouble::Fatal(failed.unwrap_or(LoadError::Lake(e)))),
        Err(FileProblem::Unreadable(why)) => {
            let (status, why) = not_now(file, &why);
            return Err(Trouble::Later(status, why));
        }
        read => read,
    };
    match settle::changed(file) {
        Ok(None) => {}
        Ok(Some(why)) => return Err(Trouble::Later(FileStatus::Waiting, why)),
        Err(why) => return Err(Trouble::Later(FileStatus::Unreadable, why.to_string())),
    }
    read.map_err(|problem| Trouble::Refused(problem.to_string()))
}

/// A record as text: bytes that are no UTF-8 as `\xHH`.
pub(super) fn raw_text(raw: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests;
