//! Days of many files -> one file each. Late rows add a file to their day; a day is read faster from one.
//!
//! ```text
//! touched days with over 4 live files ──► all rows of the day, sorted ──► one file; the old ones end
//! ```
//!
//! The merged file is the one that the rows would have made had they come in one night. Older snapshots keep theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow_array::UInt32Array;
use arrow_select::concat::concat_batches;
use arrow_select::take::take_record_batch;

use crate::domain::Day;
use crate::domain::schema::{LakeTable, SOURCES};
use crate::lake::{DataFile, Lake, WrittenFile, arrow_schema, scan};

use super::cells::event_order;
use super::load::LoadError;
use super::{lake_table_of, workers};

/// Files that a day may have.
const MAX_FILES: usize = 4;

/// Rows that one run rewrites, so that a night of late rows for very many days stays short. A day that is left has
/// its turn when it is touched again.
const MAX_ROWS: u64 = 2_000_000;

/// A day of one table with its files.
struct Job {
    table: LakeTable,
    day: Day,
    files: Vec<DataFile>,
}

impl Job {
    fn rows(&self) -> u64 {
        self.files.iter().map(|f| f.rows).sum()
    }
}

/// Merges, in the running transaction, the files of touched days that have many; those with the most files first.
/// Returns how many days were merged. `root` is the lake's folder.
///
/// # Errors
/// When the lake cannot be read or written.
pub fn merge(
    lake: &mut Lake,
    root: &Path,
    touched: &BTreeMap<&'static str, BTreeSet<Day>>,
    threads: usize,
) -> Result<usize, LoadError> {
    merge_within(lake, root, touched, threads, MAX_ROWS)
}

fn merge_within(
    lake: &mut Lake,
    root: &Path,
    touched: &BTreeMap<&'static str, BTreeSet<Day>>,
    threads: usize,
    max_rows: u64,
) -> Result<usize, LoadError> {
    let mut jobs = Vec::new();
    for source in SOURCES {
        let Some(days) = touched.get(source.name) else { continue };
        let files = lake.files_by_day(source.name, Some(days))?;
        let table = lake_table_of(source)?;
        let many = files.into_iter().filter(|(_, files)| files.len() > MAX_FILES);
        jobs.extend(many.map(|(day, files)| Job { table: table.clone(), day, files }));
    }
    // Ties in the order of sources and days.
    jobs.sort_by_key(|job| std::cmp::Reverse(job.files.len()));
    let mut left = max_rows;
    jobs.retain(|job| {
        let fits = job.rows() <= left;
        left -= if fits { job.rows() } else { 0 };
        fits
    });
    let merged = workers::each(threads, jobs, |job| write(root, &job).map(|file| (job, file)))?;
    let days = merged.len();
    for (job, file) in merged {
        for old in &job.files {
            lake.end(job.table.name, old)?;
        }
        lake.add(job.table.name, file)?;
    }
    Ok(days)
}

fn write(root: &Path, job: &Job) -> Result<WrittenFile, LoadError> {
    let columns: Vec<&str> = job.table.columns.iter().map(|(name, _)| *name).collect();
    let mut parts = Vec::new();
    for file in &job.files {
        for batch in scan(job.table.name, file, &columns)? {
            parts.push(batch?);
        }
    }
    let rows = concat_batches(&arrow_schema(&job.table), &parts)?;
    drop(parts);
    let sorted = take_record_batch(&rows, &UInt32Array::from(event_order(&rows)?))?;
    Ok(Lake::write_file(root, &job.table, Some(job.day), &sorted)?)
}

#[cfg(test)]
mod tests {
    use super::super::rig::Rig;
    use super::*;
    use crate::domain::Micros;

    const NOW: Micros = Micros(1_800_000_000_000_000);

    fn file(rows: &[(usize, u32)]) -> String {
        let row = |(n, day): &(usize, u32)| format!("m{n},2026-07-0{day}T0{}:00:00Z,C{},v{n},\n", n % 3, n % 5);
        "event_id,ts,company_id,visitor_id,excluded\n".to_string() + &rows.iter().map(row).collect::<String>()
    }

    /// Six nights bring rows of the first of July, three of them of the second too.
    fn nights() -> Rig {
        let mut rig = Rig::new();
        for night in 0..6 {
            let mut rows = vec![(40 - night, 1), (60 + night, 1)];
            rows.extend((night % 2 == 0).then_some((80 + night, 2)));
            rig.file(&format!("messages/{night}.csv"), &file(&rows));
            rig.load(&["messages"]);
        }
        rig
    }

    fn merged(rig: &Rig, max_rows: u64) -> usize {
        let touched =
            BTreeMap::from([("messages", [1, 2].map(|d| Day::parse(&format!("2026-07-0{d}")).unwrap()).into())]);
        let mut lake = rig.writer(NOW);
        lake.begin().unwrap();
        let days = merge_within(&mut lake, &rig.project.storage.lake, &touched, 2, max_rows).unwrap();
        lake.commit(NOW, "merge").unwrap();
        lake.publish_copy().unwrap();
        days
    }

    #[test]
    fn a_day_of_many_files_becomes_what_one_night_would_have_made() {
        let (rig, mut once) = (nights(), Rig::new());
        let rows: Vec<(usize, u32)> = (0..6).flat_map(|n| [(40 - n, 1), (60 + n, 1)]).collect();
        once.file("messages/all.csv", &file(&rows));
        once.load(&["messages"]);
        let before = rig.rows("messages", &["event_id"]);
        let (old, files) = (rig.lake().snapshot().unwrap(), rig.bytes("messages").len());
        assert_eq!((merged(&rig, 11), rig.bytes("messages").len()), (0, files), "twelve rows are too many for a night");
        assert_eq!(merged(&rig, 12), 1);
        let bytes = rig.bytes("messages");
        assert_eq!((files, bytes.len()), (9, 4), "the second of July has three files and keeps them");
        assert!(bytes[0] == once.bytes("messages")[0]);
        assert_eq!(merged(&rig, 12), 0, "nothing is left to do");

        // The state before it reads as it did.
        let lake = Lake::open_reader_at(&rig.project.storage.lake, Micros(NOW.0 - 1)).unwrap().unwrap();
        let ids = rig.batches(&lake, "messages", &["event_id"]);
        assert_eq!((lake.snapshot().unwrap(), ids.len()), (old, 9));
        assert_eq!(ids.iter().map(|b| b.num_rows()).sum::<usize>(), before.len());
    }
}
