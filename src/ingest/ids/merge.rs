//! Several runs become one: few runs to search, at a cost that grows with what is new.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::path::Path;

use super::error::Result;
use super::read::Run;
use super::write::{RunName, RunWriter};

/// Runs that may stand side by side, whatever their sizes.
const MANY: usize = 16;

/// How many of the newest runs (by size, oldest first) are to become one; fewer than two: none.
///
/// An older run joins when what is newer has grown as large as it. So an entry is written again only into a run of twice the
/// size at least: log2(all / a night) times in its life, and there are no more runs than that.
pub(super) fn newest_to_merge(sizes: &[u64]) -> usize {
    let (mut taken, mut sum) = (0, 0);
    for size in sizes.iter().rev() {
        if taken > 0 && *size > sum && sizes.len() - taken < MANY {
            break;
        }
        sum += size;
        taken += 1;
    }
    taken
}

/// Writes the runs as one; equal entries become one.
pub(super) fn merge(folder: &Path, runs: &[RunName]) -> Result<RunName> {
    let runs: Vec<Run> = runs.iter().map(|run| Run::open(folder, run)).collect::<Result<_>>()?;
    let mut writer = RunWriter::new(folder, runs.iter().map(|r| r.entries).sum())?;
    let mut sources: Vec<_> = runs.iter().map(Run::keys).collect();
    let mut heads = BinaryHeap::new();
    for (n, source) in sources.iter_mut().enumerate() {
        heads.extend(source.next()?.map(|key| Reverse((key, n))));
    }
    let mut merged = Vec::with_capacity(PORTION);
    while let Some(mut head) = heads.peek_mut() {
        let Reverse((key, n)) = *head;
        merged.push(key);
        match sources[n].next()? {
            Some(next) => *head = Reverse((next, n)),
            None => _ = PeekMut::pop(head),
        }
        if merged.len() == PORTION {
            writer.push(&merged)?;
            merged.clear();
        }
    }
    writer.push(&merged)?;
    writer.finish()
}

/// Keys that go to the writer at once.
const PORTION: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_few_runs_and_little_is_written_again() {
        let (mut sizes, mut written) = (Vec::new(), 0);
        for night in 1..=1000u64 {
            sizes.push(100);
            let n = newest_to_merge(&sizes);
            let merged: u64 = sizes.drain(sizes.len() - n..).sum();
            written += if n > 1 { merged } else { 0 };
            sizes.push(merged);
            assert!(sizes.len() <= 10, "{sizes:?} after {night} nights");
        }
        assert_eq!(sizes.iter().sum::<u64>(), 100_000);
        assert!(written <= 10 * 100_000, "{written} entries written again");
        // A large history in equal portions is left alone, as far as the number allows.
        assert_eq!(newest_to_merge(&[400, 400, 400, 5]), 1);
        assert_eq!(newest_to_merge(&[100; 17]), 17);
        assert_eq!(newest_to_merge(&(1..=20).rev().map(|n| 10u64.pow(n.min(18))).collect::<Vec<_>>()), 5);
        assert_eq!(newest_to_merge(&[]), 0);
    }
}
