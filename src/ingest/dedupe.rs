//! Which event rows are duplicates, which are conflicts, and which files are refused for their bad rows.
//!
//! ```text
//! ids ─xxh3─► 48-bit hashes ─► suspects: hashes met twice, among the new rows or in the lake
//! suspects' rows ─► Entry (digests of the id and of the row) ─► judge(), file by file, row by row
//! ```
//!
//! Most nights have no suspects, and no row is looked at twice. A hash only makes a row suspect: entries carry
//! digests (SHA-256, 128 bits) of the real id and the real values, and those decide.

use std::collections::BTreeMap;

use super::account::LoadError;
use super::cells::{Cells, IdMap, columns, digest, text, u64s};
use super::stage::{NEW, file_of, line_of};
use crate::domain::schema::Source;
use arrow_array::{Array, RecordBatch};

/// The column that may change in a row that is otherwise a duplicate.
pub const EXCLUDED: &str = "excluded";

/// A row whose id may have been met before.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    id: [u8; 16],
    /// Of the contract's columns but `excluded`.
    row: [u8; 16],
    /// [`super::stage::seq`] of a new row, [`super::stage::place`] of one in the lake.
    seq: u64,
    /// Number of the word in [`Words`]; 0 = null.
    excluded: u32,
    group: u32,
}

/// The words of `excluded`, by number.
#[derive(Default)]
pub struct Words {
    numbers: IdMap<String, u32>,
    words: Vec<String>,
}

impl Words {
    fn number(&mut self, word: Option<&str>) -> u32 {
        let Some(word) = word else { return 0 };
        if let Some(n) = self.numbers.get(word) {
            return *n;
        }
        self.words.push(word.to_string());
        self.numbers.insert(word.to_string(), self.words.len() as u32);
        self.words.len() as u32
    }

    /// The word of a number; `None` is null.
    pub fn word(&self, number: u32) -> Option<&str> {
        self.words.get((number as usize).checked_sub(1)?).map(String::as_str)
    }
}

/// Entries of the rows that `pick` takes by row number and gives a `seq`.
pub fn entries(
    source: &Source,
    rows: &RecordBatch,
    words: &std::sync::Mutex<Words>,
    pick: impl Fn(usize, &str) -> Option<u64>,
) -> Result<Vec<Entry>, LoadError> {
    let ids = text(rows, "event_id")?;
    let compared: Vec<&str> = source.fields.iter().map(|f| f.name).filter(|n| *n != EXCLUDED).collect();
    let compared: Vec<Cells<'_>> = columns(rows, &compared)?;
    let excluded = source.index(EXCLUDED).map(|_| text(rows, EXCLUDED)).transpose()?;
    let mut buffer = Vec::new();
    let mut found = Vec::new();
    for (row, id) in ids.iter().enumerate() {
        let Some((id, seq)) = id.and_then(|id| pick(row, id).map(|seq| (id, seq))) else { continue };
        buffer.clear();
        compared.iter().for_each(|cells| cells.encode(row, &mut buffer));
        let word = excluded.filter(|e| e.is_valid(row)).map(|e| e.value(row));
        let excluded = match word {
            None => 0,
            word => words.lock().unwrap_or_else(std::sync::PoisonError::into_inner).number(word),
        };
        found.push(Entry { id: digest(id.as_bytes()), row: digest(&buffer), seq, excluded, group: 0 });
    }
    Ok(found)
}

/// `seq` of the staged rows of a batch.
pub fn seqs(rows: &RecordBatch) -> Result<&[u64], LoadError> {
    Ok(u64s(rows, super::stage::SEQ)?.values())
}

/// What the judge needs to know of a new file that was read to its end.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    pub file: usize,
    pub rows_read: u64,
    pub rejects: u64,
}

/// What was decided.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// Per file: its duplicates, the lines of its conflicts, and whether it is refused.
    pub files: BTreeMap<usize, FileVerdict>,
    /// `seq` of the rows of accepted files that do not load, sorted.
    pub dropped: Vec<u64>,
    /// Words of `excluded` taken over, by the row that stands: its `seq` or place.
    pub taken_over: BTreeMap<u64, u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileVerdict {
    pub duplicates: u64,
    pub conflicts: Vec<u64>,
    pub refused: bool,
}

/// Whether so many bad rows refuse a file.
pub fn too_many_bad(bad: u64, rows_read: u64, max_bad_ratio: f64) -> bool {
    bad > 10 && bad as f64 / rows_read as f64 > max_bad_ratio
}

/// The row that stands for an id.
#[derive(Clone, Copy)]
struct Standing {
    /// Position in the entries; `NONE` while the id is free.
    entry: u32,
    excluded: u32,
}

const NONE: u32 = u32::MAX;

/// Decides file by file (`candidates` in order), row by row. A refused file's rows use up no id and take nothing over.
/// `duplicates` are further rows, by sorted `seq`, that are duplicates whatever is decided on others.
pub fn judge(
    mut entries: Vec<Entry>,
    duplicates: &[u64],
    candidates: &[Candidate],
    max_bad_ratio: f64,
) -> Result<Verdicts, LoadError> {
    if entries.len() >= NONE as usize {
        return Err(LoadError::Internal("over four billion rows with ids that were met before".into()));
    }
    let groups = number_groups(&mut entries);
    let mut standing = vec![Standing { entry: NONE, excluded: 0 }; groups];
    let mut at = 0;
    while let Some(entry) = entries.get(at).filter(|e| e.seq & NEW == 0) {
        let place = &mut standing[entry.group as usize];
        let first = if place.entry == NONE { at as u32 } else { place.entry };
        *place = Standing { entry: first, excluded: entry.excluded };
        at += 1;
    }
    let mut verdicts = Verdicts::default();
    for candidate in candidates {
        while entries.get(at).is_some_and(|e| file_of(e.seq) < candidate.file) {
            at += 1;
        }
        let mut verdict = FileVerdict::default();
        let mut undo: Vec<(u32, Standing)> = Vec::new();
        let kept = verdicts.dropped.len();
        let sure = duplicates.partition_point(|seq| file_of(*seq) < candidate.file);
        let sure = &duplicates[sure..duplicates.partition_point(|seq| file_of(*seq) <= candidate.file)];
        verdict.duplicates = sure.len() as u64;
        verdicts.dropped.extend(sure);
        while let Some(entry) = entries.get(at).filter(|e| file_of(e.seq) == candidate.file) {
            let place = &mut standing[entry.group as usize];
            let before = *place;
            match entries.get(before.entry as usize) {
                None => *place = Standing { entry: at as u32, excluded: entry.excluded },
                Some(first) if first.row == entry.row => {
                    verdict.duplicates += 1;
                    verdicts.dropped.push(entry.seq);
                    if entry.excluded != 0 {
                        place.excluded = entry.excluded;
                    }
                }
                Some(_) => {
                    verdict.conflicts.push(line_of(entry.seq));
                    verdicts.dropped.push(entry.seq);
                }
            }
            undo.push((entry.group, before));
            at += 1;
        }
        let bad = candidate.rejects + verdict.conflicts.len() as u64;
        if too_many_bad(bad, candidate.rows_read, max_bad_ratio) {
            verdict.refused = true;
            verdict.duplicates = 0;
            verdicts.dropped.truncate(kept);
            for (group, before) in undo.into_iter().rev() {
                standing[group as usize] = before;
            }
        }
        verdicts.dropped[kept..].sort_unstable();
        verdicts.files.insert(candidate.file, verdict);
    }
    for place in standing {
        if let Some(first) = entries.get(place.entry as usize).filter(|e| e.excluded != place.excluded) {
            verdicts.taken_over.insert(first.seq, place.excluded);
        }
    }
    Ok(verdicts)
}

/// Gives entries of one id one group number, sorts them by `seq`, and returns the number of groups.
fn number_groups(entries: &mut [Entry]) -> usize {
    entries.sort_unstable_by_key(|e| (e.id, e.seq));
    let mut groups = 0;
    for run in entries.chunk_by_mut(|a, b| a.id == b.id) {
        run.iter_mut().for_each(|e| e.group = groups);
        groups += 1;
    }
    entries.sort_unstable_by_key(|e| e.seq);
    groups as usize
}

#[cfg(test)]
mod tests {
    use super::super::stage::{place, seq};
    use super::*;

    fn entry(id: u8, row: u8, seq: u64, excluded: u32) -> Entry {
        Entry { id: [id; 16], row: [row; 16], seq, excluded, group: 0 }
    }

    fn candidates(files: &[(usize, u64, u64)]) -> Vec<Candidate> {
        files.iter().map(|&(file, rows_read, rejects)| Candidate { file, rows_read, rejects }).collect()
    }

    #[test]
    fn the_first_row_stands_and_the_last_word_is_taken_over() {
        let entries = vec![
            entry(1, 1, place(0, 7), 0),
            entry(2, 1, seq(0, 2), 0),
            entry(1, 1, seq(0, 3), 0),
            entry(1, 1, seq(1, 2), 5),
            entry(2, 1, seq(1, 3), 6),
            entry(2, 9, seq(1, 4), 7),
            entry(2, 1, seq(2, 2), 0),
        ];
        let verdicts = judge(entries, &[], &candidates(&[(0, 2, 0), (1, 3, 0), (2, 1, 0)]), 0.05).unwrap();
        assert_eq!(verdicts.dropped, [seq(0, 3), seq(1, 2), seq(1, 3), seq(1, 4), seq(2, 2)]);
        assert_eq!(verdicts.files[&1], FileVerdict { duplicates: 2, conflicts: vec![4], refused: false });
        assert_eq!(verdicts.taken_over, BTreeMap::from([(place(0, 7), 5), (seq(0, 2), 6)]));
    }

    #[test]
    fn a_refused_file_frees_its_ids_and_takes_nothing_over() {
        let entries = vec![
            entry(1, 1, place(0, 0), 0),
            entry(1, 1, seq(0, 2), 5),
            entry(2, 1, seq(0, 3), 0),
            entry(2, 2, seq(0, 4), 0),
            entry(2, 3, seq(1, 2), 0),
        ];
        // Ten rejects and one conflict of 100 rows: 11 bad, over 5 %.
        let verdicts = judge(entries.clone(), &[], &candidates(&[(0, 100, 10), (1, 1, 0)]), 0.05).unwrap();
        assert_eq!(verdicts.files[&0], FileVerdict { duplicates: 0, conflicts: vec![4], refused: true });
        assert_eq!(verdicts.files[&1], FileVerdict::default());
        assert!(verdicts.dropped.is_empty() && verdicts.taken_over.is_empty());
        // Eleven bad of 220 is exactly 5 %: not over it.
        let verdicts = judge(entries, &[], &candidates(&[(0, 220, 10), (1, 1, 0)]), 0.05).unwrap();
        assert!(!verdicts.files[&0].refused);
        assert_eq!(verdicts.files[&1].conflicts, [2]);
    }
}
