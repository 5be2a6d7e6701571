//! Every reader over the corpus of its fuzz target, as it stands and changed. What must hold is said in the module that
//! the targets use; `fuzz/README.md` tells how the corpus comes about.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot read")]

#[path = "../fuzz/fuzz_targets/readers.rs"]
mod readers;

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// Changed inputs for each reader.
const CHANGED: usize = 300;

#[test]
fn csv() {
    each("csv", readers::csv);
}

#[test]
fn jsonl() {
    each("jsonl", readers::jsonl);
}

#[test]
fn parquet() {
    each("parquet", readers::parquet);
}

#[test]
fn xlsx() {
    each("xlsx", readers::xlsx);
}

#[test]
fn packed() {
    each("packed", readers::packed);
}

#[test]
fn config() {
    each("config", readers::config);
}

/// The files in byte order of their names, then changes of them, the same ones every time.
fn each(target: &str, read: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let files: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    assert!(files.len() > 4, "{target}: its corpus is gone");
    for (path, file) in paths.iter().zip(&files) {
        catch_unwind(|| read(file)).unwrap_or_else(|_| panic!("{}", path.display()));
    }
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for n in 0..CHANGED {
        let input = changed(&files, &mut random);
        catch_unwind(|| read(&input)).unwrap_or_else(|_| panic!("{target}, change {n}: {}", input.escape_ascii()));
    }
}

/// One to four changes: a byte set, a bit flipped, a stretch cut out or said twice, the rest of another file put on.
fn changed(files: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = files[random.random_range(0..files.len())].clone();
    for _ in 0..random.random_range(1..=4) {
        if bytes.is_empty() {
            break;
        }
        let (at, length) = (random.random_range(0..bytes.len()), random.random_range(1..=16));
        let end = bytes.len().min(at + length);
        match random.random_range(0..5) {
            0 => bytes[at] = random.random(),
            1 => bytes[at] ^= 1 << random.random_range(0..8),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.extend_from_within(at..end),
            _ => {
                let other = &files[random.random_range(0..files.len())];
                bytes.truncate(at);
                bytes.extend_from_slice(&other[other.len().min(at)..]);
            }
        }
    }
    bytes
}
