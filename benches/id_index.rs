//! What the index over all event ids costs: `cargo bench --bench id_index`.
//!
//! Builds an index over ids of three years (random hashes; months, then thirty nights, through the real writer and its merges), then
//! does nights: new ids, of which some are known on other days, are looked up and appended. Each night is a process of its own, on
//! the same index, with its files in the page cache and without.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark speaks, and stops at what it cannot do"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use shoppulse::ingest::hashes::entry;
use shoppulse::ingest::ids::Store;
use shoppulse::lake::Committed;

const DAYS: u64 = 1_095;
const FIRST_DAY: u64 = 9_000;
const PORTION: usize = 8 << 20;
const KNOWN: u64 = 3_000;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|a| a == "night") {
        let [old, new] = [&args[at + 2], &args[at + 3]].map(|n| n.parse().unwrap());
        return night(Path::new(&args[at + 1]), old, new, &args[at + 4]);
    }
    println!("{:>11} {:>9}  {:16} {:>8} {:>8} {:>9}", "old ids", "new ids", "", "wall s", "CPU s", "peak MiB");
    for (old, nights) in [(30_000_000, [25_000, 100_000]), (100_000_000, [25_000, 1_000_000])] {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("id-index-{old}"));
        build(&folder, old);
        for new in nights {
            let files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
            for cache in ["cold", "warm"] {
                if cache == "cold" && !files.iter().all(|file| forget(file)) {
                    continue;
                }
                let mut night = Command::new(std::env::current_exe().unwrap());
                night.args(["night", folder.to_str().unwrap(), &old.to_string(), &new.to_string(), cache]);
                assert!(night.status().unwrap().success());
            }
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}

/// The index of `old` ids, evenly over three years.
fn build(folder: &Path, old: u64) {
    let _ = fs::remove_dir_all(folder);
    let clock = Clock::start();
    let mut store = Store::empty(folder, "bench");
    let (a_day, mut snapshot) = (old / DAYS, 0);
    let mut add = |store: &mut Store, days: std::ops::Range<u64>| {
        snapshot += 1;
        let ids = days.start * a_day..if days.end == DAYS { old } else { days.end * a_day };
        let key = |i: u64| entry(hash(i), (FIRST_DAY + (i / a_day).min(DAYS - 1)) as u16);
        let ids: Vec<u64> = ids.collect();
        let runs = ids.chunks(PORTION).map(|ids| Store::write(folder, ids.iter().map(|i| key(*i)).collect()).unwrap());
        store.append(runs.collect(), covers(snapshot)).unwrap();
    };
    for month in 0..(DAYS - 30) / 30 {
        add(&mut store, month * 30..(month + 1) * 30);
    }
    for day in (DAYS - 30) / 30 * 30..DAYS {
        add(&mut store, day..day + 1);
    }
    clock.row(old, 0, "build");
    let runs = fs::read_dir(folder).unwrap().map(|e| e.unwrap().metadata().unwrap().len());
    let (files, bytes) = runs.fold((0, 0), |(n, sum), len| (n + 1, sum + len));
    println!("{:>23}{files} files, {} MiB, {} entries", "", bytes >> 20, store.open().unwrap().entries());
}

/// A night's ids: looked up, appended, and all taken away again.
fn night(folder: &Path, old: u64, new: u64, cache: &str) {
    let known = KNOWN.min(new / 10);
    let known: Vec<u64> = (0..known).map(|n| n * (old / known)).collect();
    let hashes: Vec<u64> = known.iter().copied().chain(old..old + new - known.len() as u64).map(hash).collect();
    let keys: Vec<u64> = hashes.iter().map(|h| entry(*h, (FIRST_DAY + DAYS) as u16)).collect();
    let copy = copied(folder);
    let mut sorted = keys.clone();
    let clock = Clock::start();
    sorted.sort_unstable();
    let mut store = Store::load(folder).unwrap().unwrap();
    let days = store.open().unwrap().days(&sorted).unwrap();
    clock.row(old, new, &format!("look up, {cache}"));
    let a_day = old / DAYS;
    let expected: BTreeSet<u16> = known.iter().map(|i| (FIRST_DAY + (i / a_day).min(DAYS - 1)) as u16).collect();
    assert!(days.is_superset(&expected), "a known id was not found");
    let clock = Clock::start();
    let run = Store::write(folder, keys).unwrap();
    store.append(vec![run], covers(10_000)).unwrap();
    clock.row(old, new, "append");
    fs::remove_dir_all(folder).unwrap();
    fs::rename(copy, folder).unwrap();
}

/// The same files once more, by links: a night replaces and removes files, it never changes one.
fn copied(folder: &Path) -> PathBuf {
    let copy = folder.with_extension("copy");
    let _ = fs::remove_dir_all(&copy);
    fs::create_dir(&copy).unwrap();
    for file in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        fs::hard_link(&file, copy.join(file.file_name().unwrap())).unwrap();
    }
    copy
}

fn covers(snapshot: i64) -> Committed {
    Committed { lake: "bench".into(), snapshot, time: String::new(), file: -1, file_name: String::new() }
}

/// SplitMix64: as good as the hash of an id.
fn hash(id: u64) -> u64 {
    let mut z = id.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) >> 16
}

/// Takes a file out of the page cache.
fn forget(file: &Path) -> bool {
    let of = format!("of={}", file.display());
    Command::new("dd")
        .args([&of, "oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none"])
        .status()
        .is_ok_and(|s| s.success())
}

/// Wall and CPU time of this thread since a start, and the process's peak resident memory so far.
struct Clock {
    wall: Instant,
    cpu_ns: u64,
}

impl Clock {
    fn start() -> Clock {
        Clock { wall: Instant::now(), cpu_ns: cpu_ns() }
    }

    fn row(&self, old: u64, new: u64, step: &str) {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).and_then(|l| l.split_whitespace().next());
        let peak: u64 = peak.unwrap().parse().unwrap();
        let (wall, cpu) = (self.wall.elapsed().as_secs_f64(), (cpu_ns() - self.cpu_ns) as f64 / 1e9);
        println!("{old:>11} {new:>9}  {step:16} {wall:8.3} {cpu:8.3} {:9}", peak >> 10);
    }
}

fn cpu_ns() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}
