//! Fits that an earlier night made. A fit is a function of its numbers and of the code that computes it; most of those of a
//! night have the numbers of the night before: months and cutoffs of the past, outcomes known since long.
//!
//! ```text
//! rows as numbers, outcomes, penalties, our code ──► BLAKE3 ──► known?  yes: its coefficients, bit for bit
//!                                                                       no:  fit, and remembered
//! lake/kept/fits.bin     what the last run used, sorted by hash; nothing else
//! ```
//!
//! The rows are computed anew each night, so whatever changes one of them (a late event, a company's other segment, a
//! setting, another choice of columns) changes the hash: nothing has to be told that it is out of date. Kept are hashes of whole tables,
//! coefficients and the scales of groups of columns: no id, no name, no row.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use crate::lake::{Lake, Result};
use crate::stats::matrix::Matrix;
use crate::stats::ridge::{Coefficients, Ridge};

use super::MODEL;

/// Of the file, and of what is hashed.
const FORMAT: &[u8; 16] = b"shoppulse fits 2";
/// What decides the bits of a fit besides its numbers: the code with its constants, and the versions of what it calls.
const CODE: [&str; 7] = [
    include_str!("../stats/ridge.rs"),
    include_str!("../stats/cholesky.rs"),
    include_str!("../stats/matrix.rs"),
    include_str!("../../Cargo.lock"),
    include_str!("../stats/group_spread.rs"),
    include_str!("../stats/logit.rs"),
    include_str!("model/groups.rs"),
];
/// Numbers that are hashed in one go.
const BLOCK: usize = 4096;

/// BLAKE3 of all that a fit is made of.
type Key = [u8; blake3::OUT_LEN];

static CODE_KEY: LazyLock<Key> = LazyLock::new(|| code_key(FORMAT, MODEL, &CODE));

/// Fits by what they were made of. Any number of threads may ask.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Fits>);

#[derive(Debug, Default)]
struct Fits {
    /// The coefficients for each penalty.
    known: BTreeMap<Key, Vec<Coefficients>>,
    /// As the file has them.
    read: BTreeSet<Key>,
    /// Of the day that is computed.
    used: BTreeSet<Key>,
    counts: Counts,
}

/// How often a fit was there already, and how often it had to be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub found: usize,
    pub made: usize,
}

impl Kept {
    /// What the last run left in a lake; nothing when there is nothing that can be trusted.
    pub fn read(lake: &Lake) -> Kept {
        let known = lake.kept().and_then(|content| decode(&content)).unwrap_or_default();
        let read = known.keys().copied().collect();
        Kept(Mutex::new(Fits { known, read, ..Fits::default() }))
    }

    /// As [`Ridge::path`], which is asked when nobody did before.
    pub fn path(&self, ridge: &Ridge<'_>, penalties: &[f64]) -> Vec<Coefficients> {
        self.once(ridge, penalties, &[], || ridge.path(penalties))
    }

    /// What `make` makes of a fit, as many numbers as it has coefficients; it is asked only when nobody did before. `beside` are the
    /// numbers that it reads besides the fit's.
    pub fn once(
        &self,
        ridge: &Ridge<'_>,
        penalties: &[f64],
        beside: &[f64],
        make: impl FnOnce() -> Vec<Coefficients>,
    ) -> Vec<Coefficients> {
        let key = key(&CODE_KEY, ridge, penalties, beside);
        let fits = |path: &&Vec<Coefficients>| {
            path.len() == penalties.len() && path.iter().all(|fit| fit.weights.len() == ridge.x.columns)
        };
        let mut state = self.state();
        state.used.insert(key);
        if let Some(path) = state.known.get(&key).filter(fits).cloned() {
            state.counts.found += 1;
            return path;
        }
        drop(state);
        let path = make();
        let mut state = self.state();
        state.counts.made += 1;
        state.known.insert(key, path.clone());
        path
    }

    pub fn counts(&self) -> Counts {
        self.state().counts
    }

    /// Another day is computed: what only the days before it used need not be kept.
    pub fn next_day(&self) {
        self.state().used.clear();
    }

    /// Leaves what the last day used for the next run; all stays as it is when no model was asked for, or nothing has changed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, lake: &Lake) -> Result<()> {
        let state = self.state();
        if state.used.is_empty() || state.used == state.read {
            return Ok(());
        }
        lake.keep(&encode(state.known.iter().filter(|(key, _)| state.used.contains(*key))))
    }

    fn state(&self) -> MutexGuard<'_, Fits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn code_key(format: &[u8], model: &str, code: &[&str]) -> Key {
    let mut hasher = blake3::Hasher::new();
    for text in [format, model.as_bytes()].into_iter().chain(code.iter().map(|text| text.as_bytes())) {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text);
    }
    *hasher.finalize().as_bytes()
}

fn key(code: &Key, ridge: &Ridge<'_>, penalties: &[f64], beside: &[f64]) -> Key {
    let Ridge { x, y, weight, offset } = ridge;
    let Matrix { rows, columns, data } = x;
    let mut hasher = blake3::Hasher::new();
    hasher.update(code);
    hasher.update(&(*rows as u64).to_le_bytes());
    hasher.update(&(*columns as u64).to_le_bytes());
    for numbers in [Some(penalties), Some(beside), Some(y), *weight, *offset, Some(data)] {
        // What is not there is longer than anything that is.
        hasher.update(&numbers.map_or(u64::MAX, |numbers| numbers.len() as u64).to_le_bytes());
        for block in numbers.unwrap_or_default().chunks(BLOCK) {
            let mut bytes = [0; 8 * BLOCK];
            let (places, _) = bytes.as_chunks_mut::<8>();
            places.iter_mut().zip(block).for_each(|(place, number)| *place = number.to_le_bytes());
            hasher.update(&bytes[..8 * block.len()]);
        }
    }
    *hasher.finalize().as_bytes()
}

/// Format, then a fit after the other: key, columns and penalties (32 bits each), then for each penalty weights and intercept.
fn encode<'a>(fits: impl Iterator<Item = (&'a Key, &'a Vec<Coefficients>)>) -> Vec<u8> {
    let mut bytes = FORMAT.to_vec();
    for (key, path) in fits {
        let columns = path.first().map_or(0, |fit| fit.weights.len());
        bytes.extend(key);
        bytes.extend((columns as u32).to_le_bytes());
        bytes.extend((path.len() as u32).to_le_bytes());
        for fit in path {
            fit.weights.iter().chain([&fit.intercept]).for_each(|number| bytes.extend(number.to_le_bytes()));
        }
    }
    bytes
}

/// `None`: not of this format.
fn decode(bytes: &[u8]) -> Option<BTreeMap<Key, Vec<Coefficients>>> {
    let mut rest = bytes.strip_prefix(FORMAT)?;
    let mut fits = BTreeMap::new();
    while !rest.is_empty() {
        let key: Key = *take(&mut rest)?;
        let columns = u32::from_le_bytes(*take(&mut rest)?);
        let penalties = u32::from_le_bytes(*take(&mut rest)?);
        let mut path = Vec::new();
        for _ in 0..penalties {
            let weights = (0..columns).map(|_| number(&mut rest)).collect::<Option<_>>()?;
            path.push(Coefficients { weights, intercept: number(&mut rest)? });
        }
        fits.insert(key, path);
    }
    Some(fits)
}

fn number(rest: &mut &[u8]) -> Option<f64> {
    take(rest).map(|bytes| f64::from_le_bytes(*bytes))
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests;
