//! The rows whose id was met before: among the new rows, on the same day of the lake, on any other day.
//!
//! ```text
//! 1. hashes of all new ids, sorted: those that stand twice
//! 2. hashes of the lake's ids, touched days first, then other days on which the index knows a new one (ids/): those that
//!    are among the new
//! 3. staged rows with such an id: equal to the lake's row of that day and without a word of `excluded`?
//!    a duplicate whatever else happens; every other one is left to the judge
//! 4. rows of the lake whose id the judge has to see
//! ```

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use arrow_array::{Array, RecordBatch};

use crate::domain::Day;
use crate::domain::schema::Source;
use crate::lake::{DataFile, Lake, scan};

use super::cells::{Cells, IdMap, columns, text};
use super::dedupe::{self, EXCLUDED, Entry, Words};
use super::hashes::{IdSet, day_number, day_of, days_numbered, hash_id, met};
use super::ids;
use super::load::{LoadError, Timings};
use super::stage::{Stage, file_of, place};
use super::workers;

/// A file of this run that was read to its end.
pub(super) struct Readable<'a> {
    /// Entries of its good rows' ids.
    pub ids: Vec<u64>,
    /// Their days.
    pub days: &'a BTreeSet<Day>,
}

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// Rows for the judge, those of the lake among them.
    pub entries: Vec<Entry>,
    /// `seq` of rows that are duplicates of a row of the lake, sorted.
    pub duplicates: Vec<u64>,
    pub words: Words,
    /// Live files of the days that were looked at, by day, then by age; places in the lake are numbered by them.
    pub lake_files: Vec<DataFile>,
}

/// What this run wrote before: the ids of earlier windows, so that their files need no scan.
pub(super) struct Before {
    /// Files that the running transaction had added before the first window: no index knows them.
    added: BTreeSet<i64>,
    /// Sorted entries of each window.
    windows: Vec<Vec<u64>>,
}

impl Before {
    /// Nothing yet.
    pub fn new(lake: &Lake, source: &Source) -> Result<Before, LoadError> {
        let added = lake.files_added(source.name)?.iter().map(|f| f.id).collect();
        Ok(Before { added, windows: Vec::new() })
    }

    pub fn into_windows(self) -> Vec<Vec<u64>> {
        self.windows
    }

    /// The days on which an earlier window had one of the ids.
    fn days(&self, new: &IdSet) -> BTreeSet<u16> {
        self.windows.iter().flat_map(|w| met(w, new.entries())).map(day_of).collect()
    }
}

/// What stands in the lake as the transaction sees it.
pub(super) struct Ground<'a> {
    pub lake: &'a Lake,
    pub source: &'static Source,
    pub threads: usize,
}

/// Finds them; `live` are the readable files by number.
pub(super) fn find(
    ground: &Ground<'_>,
    stage: &Stage,
    mut live: BTreeMap<usize, Readable<'_>>,
    before: &mut Before,
    timings: &mut Timings,
) -> Result<Found, LoadError> {
    let Ground { lake, source, threads } = *ground;
    let touched: BTreeSet<Day> = live.values().flat_map(|r| r.days.iter().copied()).collect();
    let new = Timings::time(&mut timings.dedupe, || {
        let mut all: Vec<Vec<u64>> = live.values_mut().map(|r| std::mem::take(&mut r.ids)).collect();
        IdSet::new(if all.len() == 1 { all.remove(0) } else { all.concat() })
    });
    if new.is_empty() {
        return Ok(Found::default());
    }
    let mut suspects: Vec<u64> = new.repeated().collect();
    let mut hits: Vec<(usize, Vec<u64>)> = Vec::new();
    let days = Timings::time(&mut timings.dedupe, || before.days(&new));
    let others = Timings::time(&mut timings.conflict_scan, || ground.may_hold(&new, days, &touched, before))?;
    let mut lake_files = Timings::time(&mut timings.dedupe, || lake.files_on(source.name, &touched))?;
    lake_files.extend(others);
    lake_files.sort_unstable_by_key(|file| (file.day, file.id));
    let (same_day, other_day): (Vec<usize>, Vec<usize>) =
        (0..lake_files.len()).partition(|n| lake_files[*n].day.is_some_and(|d| touched.contains(&d)));
    for (step, files) in [(&mut timings.dedupe, same_day), (&mut timings.conflict_scan, other_day)] {
        let met = |n: usize| Ok::<_, LoadError>((n, ids_met(source, &lake_files[n], &new)?));
        let met = Timings::time(step, || workers::each(threads, files, met))?;
        hits.extend(met.into_iter().filter(|(_, hashes)| !hashes.is_empty()));
    }
    suspects.extend(hits.iter().flat_map(|(_, hashes)| hashes));
    let suspects = IdSet::of_hashes(suspects);
    let search = Search { source, stage, live, lake_files: &lake_files, words: Mutex::default() };
    let (entries, duplicates) = Timings::time(&mut timings.dedupe, || search.rows(threads, &new, &suspects, hits))?;
    let words = search.words.into_inner().unwrap_or_else(PoisonError::into_inner);
    before.windows.push(new.into_entries());
    Ok(Found { entries, duplicates, words, lake_files })
}

impl Ground<'_> {
    /// Live files of days that are not touched, which may hold one of the new ids: by the index, on `days` where an earlier
    /// window had one, and what nobody knows of. All, when there is no index to be had.
    fn may_hold(
        &self,
        new: &IdSet,
        days: BTreeSet<u16>,
        touched: &BTreeSet<Day>,
        before: &Before,
    ) -> Result<Vec<DataFile>, LoadError> {
        let name = self.source.name;
        let untouched = |file: &DataFile| file.day.is_none_or(|day| !touched.contains(&day));
        let Some(known) = ids::days(self.lake, self.source, self.threads, new.entries()) else {
            let mut files = self.lake.files(name, None)?;
            files.retain(untouched);
            return Ok(files);
        };
        let mut days: BTreeSet<Day> = days.into_iter().chain(known).flat_map(days_numbered).collect();
        if !before.added.is_empty() {
            let unknown = self.lake.files_added(name)?.into_iter().filter(|file| before.added.contains(&file.id));
            days.extend(unknown.filter_map(|file| file.day));
        }
        days.retain(|day| !touched.contains(day));
        Ok(self.lake.files_on(name, &days)?)
    }
}

/// Hashes of a lake file's ids that are among the new ones.
fn ids_met(source: &Source, file: &DataFile, new: &IdSet) -> Result<Vec<u64>, LoadError> {
    let mut met = Vec::new();
    for batch in scan(source.name, file, &["event_id"])? {
        let batch = batch?;
        let ids = text(&batch, "event_id")?;
        met.extend(ids.iter().flatten().map(hash_id).filter(|hash| new.contains(*hash)));
    }
    Ok(met)
}

/// Where suspect rows are looked for.
struct Search<'a> {
    source: &'static Source,
    stage: &'a Stage,
    live: BTreeMap<usize, Readable<'a>>,
    lake_files: &'a [DataFile],
    words: Mutex<Words>,
}

/// Entries, `seq` of sure duplicates, and the hashes of the entries' ids.
#[derive(Default)]
struct Part {
    entries: Vec<Entry>,
    duplicates: Vec<u64>,
    open: Vec<u64>,
}

impl Search<'_> {
    /// The entries and the sure duplicates of all suspects; `hits` are the suspects of each lake file that has any.
    fn rows(
        &self,
        threads: usize,
        new: &IdSet,
        suspects: &IdSet,
        hits: Vec<(usize, Vec<u64>)>,
    ) -> Result<(Vec<Entry>, Vec<u64>), LoadError> {
        if suspects.is_empty() {
            return Ok(Default::default());
        }
        let days = new.days(suspects);
        let days: Vec<Day> = self.stage.days().into_iter().filter(|d| days.contains(&day_number(*d))).collect();
        let hit: Vec<usize> = hits.iter().map(|(n, _)| *n).collect();
        // A day is in memory while it is looked at: two large ones at once would be the most that a load holds.
        let at_once = workers::for_days(threads, self.stage.largest_day() as u64);
        let parts = workers::each(at_once, days, |day| self.staged(day, suspects, &hit))?;
        let mut all = Part::default();
        for mut part in parts {
            all.entries.append(&mut part.entries);
            all.duplicates.append(&mut part.duplicates);
            all.open.append(&mut part.open);
        }
        all.duplicates.sort_unstable();
        let open = IdSet::of_hashes(all.open);
        let files = hits.into_iter().filter(|(_, hashes)| hashes.iter().any(|h| open.contains(*h)));
        let files: Vec<usize> = files.map(|(n, _)| n).collect();
        for mut part in workers::each(threads, files, |n| self.stored(n, &open))? {
            all.entries.append(&mut part);
        }
        Ok((all.entries, all.duplicates))
    }

    /// The suspect rows among a day's staged ones.
    fn staged(&self, day: Day, suspects: &IdSet, hit: &[usize]) -> Result<Part, LoadError> {
        let names: Vec<&str> = self.source.fields.iter().map(|f| f.name).collect();
        let mut stored: Vec<RecordBatch> = Vec::new();
        for n in hit.iter().filter(|n| self.lake_files[**n].day == Some(day)) {
            for batch in scan(self.source.name, &self.lake_files[*n], &names)? {
                stored.push(batch?);
            }
        }
        let mut stands: IdMap<&str, (usize, usize)> = IdMap::default();
        for (n, batch) in stored.iter().enumerate() {
            let ids = text(batch, "event_id")?.iter().enumerate();
            let suspect =
                ids.filter_map(|(row, id)| id.filter(|id| suspects.contains(hash_id(id))).map(|id| (id, (n, row))));
            stands.extend(suspect);
        }
        let compared: Vec<&str> = names.iter().copied().filter(|n| *n != EXCLUDED).collect();
        let stored: Vec<Vec<Cells<'_>>> = stored.iter().map(|b| columns(b, &compared)).collect::<Result<_, _>>()?;

        let part = RefCell::new(Part::default());
        let mut entries = Vec::new();
        for rows in self.stage.parts(day) {
            entries.extend(self.suspect(&rows?, suspects, &compared, &stands, &stored, &part)?);
        }
        Ok(Part { entries, ..part.into_inner() })
    }

    /// The suspect rows of a batch for the judge; `stands` says where in `stored` the lake has an id of this day.
    fn suspect(
        &self,
        rows: &RecordBatch,
        suspects: &IdSet,
        compared: &[&str],
        stands: &IdMap<&str, (usize, usize)>,
        stored: &[Vec<Cells<'_>>],
        part: &RefCell<Part>,
    ) -> Result<Vec<Entry>, LoadError> {
        let seqs = dedupe::seqs(rows)?;
        let new = columns(rows, compared)?;
        let excluded = self.source.index(EXCLUDED).map(|_| text(rows, EXCLUDED)).transpose()?;
        let sure = |row: usize, id: &str| {
            let same = |&(n, old): &(usize, usize)| new.iter().zip(&stored[n]).all(|(a, b)| a.same(row, b, old));
            excluded.is_none_or(|e| e.is_null(row)) && stands.get(id).is_some_and(same)
        };
        dedupe::entries(self.source, rows, &self.words, |row, id| {
            let hash = hash_id(id);
            if !suspects.contains(hash) || !self.live.contains_key(&file_of(seqs[row])) {
                return None;
            }
            let mut part = part.borrow_mut();
            if sure(row, id) {
                part.duplicates.push(seqs[row]);
                return None;
            }
            part.open.push(hash);
            Some(seqs[row])
        })
    }

    /// The rows of a lake file whose ids are `open`.
    fn stored(&self, file: usize, open: &IdSet) -> Result<Vec<Entry>, LoadError> {
        let names: Vec<&str> = self.source.fields.iter().map(|f| f.name).collect();
        let mut found = Vec::new();
        let mut start = 0;
        for batch in scan(self.source.name, &self.lake_files[file], &names)? {
            let batch = batch?;
            let pick = |row, id: &str| open.contains(hash_id(id)).then(|| place(file, start + row as u64));
            found.extend(dedupe::entries(self.source, &batch, &self.words, pick)?);
            start += batch.num_rows() as u64;
        }
        Ok(found)
    }
}
