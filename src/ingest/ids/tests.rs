//! The index against a plain set of keys, and a lake with it against one without.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use super::*;
use crate::ingest::hashes::{day_of, entry, first_of};
use crate::lake::Committed;

mod damage;
mod nights;

fn covers(snapshot: i64) -> Committed {
    Committed { lake: "lake".into(), snapshot, time: "then".into(), file: snapshot, file_name: "name".into() }
}

fn hash(id: u64) -> u64 {
    xxh3_64(&id.to_le_bytes()) >> 16
}

/// Entries of ids numbered from `first`, over 50 days.
fn keys(first: u64, n: u64) -> Vec<u64> {
    (first..first + n).map(|i| entry(hash(i), (i % 50) as u16)).collect()
}

/// An index of three runs, two of them large for a test, that have some entries in common.
fn three_runs(folder: &Path) -> Store {
    let mut store = Store::empty(folder, "lake");
    for (n, keys) in [keys(0, 30_000), keys(29_000, 3_000), keys(31_990, 20)].into_iter().enumerate() {
        let run = Store::write(folder, keys).unwrap();
        store.append(vec![run], covers(n as i64)).unwrap();
    }
    assert_eq!(runs_in(folder).len(), 3);
    store
}

fn runs_in(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut runs: Vec<PathBuf> = files.filter(|p| p.extension().is_some_and(|e| e == "run")).collect();
    runs.sort_by_key(|p| fs::metadata(p).unwrap().len());
    runs
}

#[test]
fn a_search_finds_what_a_plain_set_has() {
    let folder = tempfile::tempdir().unwrap();
    let opened = three_runs(folder.path()).open().unwrap();
    let all: BTreeSet<u64> = keys(0, 32_010).into_iter().collect();
    // Few and far between, many, and all of two stretches; half of the ids are unknown.
    for (first, n, step) in [(0, 3, 20_000), (100, 700, 97), (31_000, 2_000, 1), (0, 40_000, 1), (40_000, 5, 1)] {
        let mut hashes: Vec<u64> = (0..n).map(|i| entry(hash(first + i * step), 7)).chain([0, u64::MAX]).collect();
        hashes.sort_unstable();
        let wanted: BTreeSet<u64> = hashes.iter().map(|h| first_of(*h)).collect();
        let expected: BTreeSet<u16> =
            all.iter().filter(|k| wanted.contains(&first_of(**k))).map(|k| day_of(*k)).collect();
        assert_eq!(opened.days(&hashes).unwrap(), expected, "{first} {n} {step}");
    }
    let sorted: Vec<u64> = all.into_iter().collect();
    assert_eq!(opened.lacks(&sorted).unwrap(), 0);
    let mut more = keys(32_000, 20);
    more.sort_unstable();
    assert_eq!(opened.lacks(&more).unwrap(), 10);
    // The same ids on another day are other entries.
    let other: Vec<u64> = sorted[..500].iter().map(|k| k + 100).collect();
    assert_eq!(opened.lacks(&other).unwrap(), 500);
    opened.prove().unwrap();
}

#[test]
fn a_merge_keeps_each_entry_once_and_removes_what_it_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = three_runs(folder.path());
    fs::write(folder.path().join(".7.tmp"), "left by a death").unwrap();
    let run = Store::write(folder.path(), keys(0, 40_000)).unwrap();
    store.append(vec![run], covers(9)).unwrap();
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let again = Store::load(folder.path()).unwrap().unwrap();
    assert_eq!(again.covers(), &covers(9));
    let opened = again.open().unwrap();
    let mut all = keys(0, 40_000);
    all.sort_unstable();
    assert_eq!(opened.entries(), all.len() as u64);
    assert_eq!(opened.lacks(&all).unwrap(), 0);
    opened.prove().unwrap();
}

/// Flips one bit here and there, everywhere at the seams, and cuts the end off: no answer is ever wrong.
#[test]
fn a_changed_run_never_answers_wrongly() {
    let folder = tempfile::tempdir().unwrap();
    let store = three_runs(folder.path());
    let mut wanted = keys(0, 32_010);
    wanted.sort_unstable();
    let answer = || {
        let opened = store.open()?;
        opened.prove()?;
        Ok::<_, IdsError>((opened.lacks(&wanted)?, opened.days(&wanted)?.len()))
    };
    assert_eq!(answer().unwrap(), (0, 50));
    for (n, run) in runs_in(folder.path()).iter().enumerate() {
        let good = fs::read(run).unwrap();
        let places = layout::Places::of(30_000);
        let seams = [0, 8, 16, 24, places.head, places.middle, places.rest].map(|at| at as usize);
        let near = seams.iter().flat_map(|at| at.saturating_sub(2)..at + 2);
        let ends = [good.len() - 1, good.len() - 9].into_iter().chain(0..4);
        let mut found = 0;
        let mut places: Vec<usize> = near.chain(ends).chain((0..40).map(|i| i * 7919 % good.len())).collect();
        places.retain(|at| *at < good.len());
        for &at in &places {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(run, &bad).unwrap();
            match answer() {
                Err(IdsError::Damaged { .. }) => found += 1,
                // Empty space between the head and the sections, which nobody reads.
                other => assert_eq!(other.unwrap(), (0, 50), "byte {at} of run {n}"),
            }
        }
        assert!(found * 10 > places.len() * 8, "{found} of {} in run {n}", places.len());
        for cut in [0, 1, 23, 24, 5_000, good.len() - 1] {
            fs::write(run, &good[..cut.min(good.len() - 1)]).unwrap();
            assert!(matches!(answer(), Err(IdsError::Damaged { .. })), "cut at {cut}, run {n}");
        }
        fs::remove_file(run).unwrap();
        assert!(matches!(answer(), Err(IdsError::Damaged { .. })));
        fs::write(run, &good).unwrap();
    }
    assert_eq!(answer().unwrap(), (0, 50));
}
