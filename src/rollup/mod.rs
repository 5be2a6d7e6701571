//! Activity per member and day, recomputed whole for every touched day.
//!
//! ```text
//! a day of the six event sources ──► day.rs ──► member_day, click_source_day, ad_slot_day   (excluded events left out)
//!                                           └─► source_day: rows per source                 (all loaded events)
//! ```
//!
//! A day needs all its clicks again to count distinct visitors, so it is read whole, once, for all four tables.

mod day;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::config::VisitorIds;
use crate::domain::Day;
use crate::domain::schema::{LakeTable, ROLLUPS, SOURCES, lake_table};
use crate::ingest::count::CountedDays;
use crate::ingest::load::LoadError;
use crate::ingest::workers;
use crate::lake::{DataFile, Lake, WrittenFile, scan};

/// What a refresh did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RollupReport {
    pub days: usize,
    /// Rows written, by table.
    pub rows: BTreeMap<&'static str, u64>,
    /// Wall time.
    pub took: Duration,
}

/// Live files by day.
type Files = BTreeMap<Day, Vec<DataFile>>;

/// Recomputes the roll-ups of every day that any event source touched, from the running transaction's rows, and
/// replaces their files. `root` is the lake's folder; what was `counted` before is not read again.
///
/// # Errors
/// When the lake cannot be read or written.
pub fn refresh(
    lake: &mut Lake,
    root: &Path,
    touched: &BTreeMap<&'static str, BTreeSet<Day>>,
    counted: &CountedDays,
    threads: usize,
) -> Result<RollupReport, LoadError> {
    let start = Instant::now();
    let days: BTreeSet<Day> = touched.values().flatten().copied().collect();
    if days.is_empty() {
        return Ok(RollupReport::default());
    }
    let by_day = |table: &'static str| lake.files_by_day(table, Some(&days));
    let sources = SOURCES.iter().filter(|s| s.is_events());
    let sources: Vec<(&'static str, Files)> =
        sources.map(|s| Ok((s.name, by_day(s.name)?))).collect::<Result<_, LoadError>>()?;
    let old: Vec<Files> = ROLLUPS.iter().map(|r| by_day(r.name)).collect::<Result<_, _>>()?;
    let visitors = visitors_known(lake)?;
    let tables: Vec<LakeTable> = ROLLUPS.iter().filter_map(|r| lake_table(r.name)).collect();

    let threads = workers::for_days(threads, largest(&sources));
    let written = workers::each(threads, days.iter().copied().collect(), |day| {
        let files = sources.iter().map(|(name, files)| (*name, files.get(&day).map_or(&[][..], Vec::as_slice)));
        let rows = day::compute(day, files.collect(), counted, visitors)?;
        let write = |(table, rows): (&LakeTable, arrow_array::RecordBatch)| -> Result<Option<WrittenFile>, LoadError> {
            let some = rows.num_rows() > 0;
            Ok(if some { Some(Lake::write_file(root, table, Some(day), &rows)?) } else { None })
        };
        let files = tables.iter().zip(rows).map(write).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, LoadError>((day, files))
    })?;

    let mut report = RollupReport { days: days.len(), ..RollupReport::default() };
    for (day, files) in written {
        for ((rollup, old), file) in ROLLUPS.iter().zip(&old).zip(files) {
            for old in old.get(&day).into_iter().flatten() {
                lake.end(rollup.name, old)?;
            }
            if let Some(file) = file {
                *report.rows.entry(rollup.name).or_default() += file.rows;
                lake.add(rollup.name, file)?;
            }
        }
    }
    report.took = start.elapsed();
    Ok(report)
}

/// Rows of the largest day of a source.
fn largest(sources: &[(&'static str, Files)]) -> u64 {
    let rows = |files: &Vec<DataFile>| files.iter().map(|f| f.rows).sum::<u64>();
    sources.iter().flat_map(|(_, days)| days.values().map(rows)).max().unwrap_or(0)
}

/// Nobody is told from anybody else where ids of visitors are dropped: their number is unknown.
fn visitors_known(lake: &Lake) -> Result<bool, LoadError> {
    Ok(lake.ledger().visitor_ids()?.is_none_or(|(mode, _)| mode != VisitorIds::Drop.word()))
}

/// Days whose stored roll-ups are not, row for row, what their events give, with the tables that differ; `skip` are
/// days that are not looked at. Nothing is written.
///
/// # Errors
/// When a file of a day that is looked at cannot be read.
pub fn differing(
    lake: &Lake,
    skip: &BTreeSet<Day>,
    threads: usize,
) -> Result<BTreeMap<Day, Vec<&'static str>>, LoadError> {
    let by_day = |table: &'static str| Ok::<_, LoadError>((table, lake.files_by_day(table, None)?));
    let sources = SOURCES.iter().filter(|s| s.is_events());
    let sources: Vec<(&'static str, Files)> = sources.map(|s| by_day(s.name)).collect::<Result<_, _>>()?;
    let stored: Vec<(&'static str, Files)> = ROLLUPS.iter().map(|r| by_day(r.name)).collect::<Result<_, _>>()?;
    let days: BTreeSet<Day> = sources.iter().chain(&stored).flat_map(|(_, files)| files.keys().copied()).collect();
    let days = days.into_iter().filter(|day| !skip.contains(day)).collect();
    let visitors = visitors_known(lake)?;
    let compared = workers::each(threads, days, |day| {
        let files = sources.iter().map(|(name, files)| (*name, files.get(&day).map_or(&[][..], Vec::as_slice)));
        let mut differ = Vec::new();
        for ((table, files), rows) in
            stored.iter().zip(day::compute(day, files.collect(), &CountedDays::default(), visitors)?)
        {
            let names: Vec<&str> = rows.schema_ref().fields().iter().map(|f| f.name().as_str()).collect();
            let mut held = Vec::new();
            for file in files.get(&day).into_iter().flatten() {
                for batch in scan(table, file, &names)? {
                    held.push(batch?);
                }
            }
            if arrow_select::concat::concat_batches(rows.schema_ref(), &held)? != rows {
                differ.push(*table);
            }
        }
        Ok::<_, LoadError>((day, differ))
    })?;
    Ok(compared.into_iter().filter(|(_, differ)| !differ.is_empty()).collect())
}

#[cfg(test)]
mod tests;
