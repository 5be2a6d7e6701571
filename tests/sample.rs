//! The sample's files: the same each time, the committed ones among them, and the summary tells what reading finds.

#![allow(clippy::unwrap_used)] // a test may fail loudly, its helpers too

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use arrow_array::Array;
use sha2::{Digest, Sha256};
use shoppulse::config::{self, SourceConfig};
use shoppulse::domain::schema::SOURCES;
use shoppulse::domain::{Day, Micros, Zone};
use shoppulse::ingest::discover::discover;
use shoppulse::ingest::personal::PLAIN;
use shoppulse::ingest::read::{ReadOptions, read_file};
use shoppulse::ingest::{Reason, SourceFile};
use shoppulse::sample::{FileCount, Request, SUMMARY_FILE, SampleError, SourceCount, Summary, TRUTH_FILE, write};

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn request(out: &Path, companies: usize, from: &str, to: &str, seed: u64) -> Request {
    Request::new(out.to_path_buf(), companies, day(from), day(to), seed)
}

/// The request of the committed `sample_data/`.
fn committed(out: &Path) -> Request {
    request(out, 480, "2025-09-01", "2026-10-31", 1)
}

/// SHA-256 of every file below a folder, by its path; the catalogue is no part of the sample.
fn hashes(root: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() != "README.md" {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                let hash = Sha256::digest(fs::read(&path).unwrap());
                all.insert(name, hash.iter().map(|b| format!("{b:02x}")).collect());
            }
        }
    }
    all
}

#[test]
fn same_request_same_bytes_and_another_seed_others() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, seed| {
        let out = folder.path().join(name);
        write(&request(&out, 60, "2026-01-20", "2026-03-31", seed), &|_| {}).unwrap();
        hashes(&out)
    };
    let first = make("a", 5);
    assert_eq!(first, make("b", 5));
    assert_ne!(first, make("c", 6));
    let again = write(&request(&folder.path().join("a"), 60, "2026-01-20", "2026-03-31", 5), &|_| {});
    assert!(matches!(again, Err(SampleError::Usage(_))), "old and new files would mix");
}

/// The committed files are what the generator makes, and the catalogue's table is the summary.
/// `UPDATE_SAMPLE=1 cargo test --release --test sample` writes both anew.
#[test]
fn committed_files_are_what_the_generator_makes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data");
    let folder = tempfile::tempdir().unwrap();
    let made = write(&committed(&folder.path().join("x")), &|_| {}).unwrap();
    let catalogue = fs::read_to_string(root.join("README.md")).unwrap();
    let (before, rest) = catalogue.split_once(MARK).unwrap();
    let (_, after) = rest.split_once(MARK).unwrap();
    let expected = format!("{before}{MARK}{}{MARK}{after}", table(&made));
    if std::env::var_os("UPDATE_SAMPLE").is_some() {
        fs::remove_dir_all(&root).unwrap();
        write(&committed(&root), &|_| {}).unwrap();
        fs::write(root.join("README.md"), &expected).unwrap();
        return;
    }
    let (here, there) = (hashes(&folder.path().join("x")), hashes(&root));
    for name in here.keys().chain(there.keys()) {
        assert_eq!(here.get(name), there.get(name), "sample_data/{name} is out of date: run with UPDATE_SAMPLE=1");
    }
    assert!(catalogue == expected, "sample_data/README.md is out of date: run with UPDATE_SAMPLE=1");
}

/// Begin and end of what the test writes into the catalogue.
const MARK: &str = "<!-- counted -->\n";

fn table(made: &Summary) -> String {
    let mut text = String::from("| source | files | rows | loaded | duplicate | quarantined | of these |\n");
    text += "|---|--:|--:|--:|--:|--:|---|\n";
    for source in SOURCES {
        let n = &made.sources[source.name];
        let why: Vec<String> = n.reasons.iter().map(|(reason, n)| format!("{reason} {n}")).collect();
        text += &format!(
            "| `{}` | {} | {} | {} | {} | {} | {} |\n",
            source.name,
            n.files,
            n.rows_read,
            n.rows_loaded,
            n.rows_duplicate,
            n.rows_quarantined,
            why.join(", ")
        );
    }
    let planted: Vec<String> = made.planted.iter().map(|(kind, n)| format!("`{kind}` {n}")).collect();
    text += &format!("\nPlanted: {}.\n", planted.join(", "));
    text + &format!(
        "Lost: `messages` on {}; nine tenths of `contact_views` on {}.\n{} companies, of which {} ever signed; {} contracts.\n",
        made.outages["messages"].join(", "),
        made.outages["contact_views"].join(", "),
        made.companies,
        made.clients,
        made.contracts
    )
}

#[test]
fn dirt_is_of_every_kind_rare_and_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    let made = write(&request(folder.path(), 360, "2026-01-01", "2026-06-30", 3), &|_| {}).unwrap();
    let planted: BTreeSet<&str> = made.sources.values().flat_map(|s| s.reasons.keys().map(String::as_str)).collect();
    let every = [
        Reason::Missing,
        Reason::BadTime,
        Reason::BadDate,
        Reason::BadNumber,
        Reason::BadPeriod,
        Reason::IdTooLong,
        Reason::TimeRange,
        Reason::NumberRange,
        Reason::UnknownWord,
        Reason::Parse,
        Reason::Encoding,
        Reason::ReservedWord,
        Reason::EndBeforeStart,
        Reason::IdConflict,
    ];
    assert_eq!(planted, every.iter().map(|r| r.word()).collect());
    assert_eq!(made.sources.len(), 15);
    for file in &made.files {
        assert_eq!(file.rows_read, file.rows_loaded + file.rows_duplicate + file.rows_quarantined, "{}", file.path);
        assert_eq!(file.reasons.values().sum::<u64>(), file.rows_quarantined, "{}", file.path);
        let refused = file.rows_quarantined > 10 && file.rows_quarantined * 20 > file.rows_read;
        assert!(!refused, "{} would be refused", file.path);
    }
    let sum = |of: fn(&SourceCount) -> u64| made.sources.values().map(of).sum::<u64>() as f64;
    let bad = sum(|s| s.rows_quarantined) / sum(|s| s.rows_read);
    assert!((0.003..0.007).contains(&bad), "{bad}");
    let text = fs::read_to_string(folder.path().join(SUMMARY_FILE)).unwrap();
    assert_eq!(serde_json::from_str::<Summary>(&text).unwrap(), made);
}

fn refuse(count: &mut FileCount, reason: &str) {
    count.rows_read += 1;
    count.rows_quarantined += 1;
    *count.reasons.entry(reason.to_string()).or_default() += 1;
}

/// Reads every file as a run would, keeps ids and keys in a map, and compares the accounts with the summary's.
#[test]
fn the_summary_is_what_reading_finds() {
    let folder = tempfile::tempdir().unwrap();
    let made = write(&request(folder.path(), 200, "2026-01-01", "2026-05-31", 9), &|_| {}).unwrap();
    let zone = Zone::named("Asia/Shanghai").unwrap();
    let now = Micros::parse_rfc3339("2026-06-01T02:30:00+08:00").unwrap();
    let config = SourceConfig::default();
    let options = ReadOptions { config: &config, zone: &zone, now, personal: &PLAIN, chunk_rows: 5_000 };
    for source in SOURCES {
        // Key -> the row but `excluded`, as text.
        let mut known: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
        for expected in made.files.iter().filter(|f| f.source == source.name) {
            let disk = folder.path().join(&expected.path);
            let size = fs::metadata(&disk).unwrap().len();
            let file = SourceFile { source, path: expected.path.clone(), disk, size, mtime_ns: 0, inode: 0 };
            let mut found = FileCount { source: source.name.into(), path: file.path.clone(), ..FileCount::default() };
            let report = read_file(&file, &options, &mut |chunk| {
                for reject in &chunk.rejects {
                    refuse(&mut found, reject.reason.word());
                }
                for n in 0..chunk.rows.num_rows() {
                    let cell = |name: &str| {
                        let column = chunk.rows.column_by_name(name).unwrap();
                        let null = column.is_null(n);
                        if null { String::new() } else { format!("{:?}", column.slice(n, 1)) }
                    };
                    let key: Vec<String> = source.key.iter().map(|k| cell(k)).collect();
                    let names = source.fields.iter().map(|f| f.name).filter(|name| *name != "excluded");
                    let row: Vec<String> = names.map(cell).collect();
                    match known.get(&key) {
                        Some(old) if *old == row => found.rows_duplicate += 1,
                        Some(_) if source.is_events() => {
                            refuse(&mut found, "id_conflict");
                            continue;
                        }
                        _ => found.rows_loaded += 1,
                    }
                    found.rows_read += 1;
                    known.insert(key, row);
                }
                Ok(())
            })
            .unwrap();
            assert_eq!(report.rows_read, expected.rows_read, "{}", expected.path);
            assert_eq!(found, *expected);
            let unknown = if source.name == "contact_views" { vec!["device"] } else { vec![] };
            assert_eq!(report.unknown_columns, unknown);
        }
    }
}

/// Company, start, end as signed and signing of each contract whose row can be read.
type Terms = BTreeMap<String, (String, Day, Day, Day)>;

fn terms(out: &Path) -> Terms {
    let mut terms = Terms::new();
    for entry in fs::read_dir(out.join("contracts")).unwrap() {
        let mut rows = csv::ReaderBuilder::new().flexible(true).from_path(entry.unwrap().path()).unwrap();
        for row in rows.byte_records() {
            let row = row.unwrap();
            let text = |n: usize| row.get(n).and_then(|cell| std::str::from_utf8(cell).ok());
            let days = [4, 5, 6].map(|n| text(n).and_then(Day::parse));
            let (Some(id), Some(company), [Some(start), Some(end), Some(signed)]) = (text(0), text(1), days) else {
                continue;
            };
            // A spoiled copy comes after its good row.
            terms.entry(id.to_string()).or_insert((company.to_string(), start, end, signed));
        }
    }
    terms
}

/// On each day before and after the end, of those that nobody has renewed yet as many renew as the truth says, among
/// the likely and among the unlikely ones.
#[test]
fn the_truth_is_that_of_the_rows_on_each_day() {
    let folder = tempfile::tempdir().unwrap();
    let to = day("2026-06-12");
    write(&request(folder.path(), 5_000, "2026-06-08", "2026-06-12", 12), &|_| {}).unwrap();
    let terms = terms(folder.path());
    let mut of_company: BTreeMap<&str, Vec<&(String, Day, Day, Day)>> = BTreeMap::new();
    for term in terms.values() {
        of_company.entry(&term.0).or_default().push(term);
    }
    // (days left, likely) -> number, renewed, expected, variance.
    let mut groups: BTreeMap<(i32, bool), [f64; 4]> = BTreeMap::new();
    for row in csv::Reader::from_path(folder.path().join(TRUTH_FILE)).unwrap().deserialize() {
        let (id, company, end, left, p): (String, String, String, i32, f64) = row.unwrap();
        let Some(term) = terms.get(&id) else { continue };
        let (start, end) = (term.1, day(&end));
        assert_eq!((&term.0, term.2), (&company, end), "{id}");
        let renews = |d: &&(String, Day, Day, Day)| d.1 > start && d.2 > end && d.1 <= end + 30 && d.3 <= end + 30;
        let mut signed = of_company[company.as_str()].iter().copied().filter(renews).map(|d| d.3);
        if end + 30 < to && !signed.clone().any(|on| on <= end - left) {
            let group = groups.entry((left, p > 0.4)).or_default();
            let adds = [1.0, f64::from(u8::from(signed.next().is_some())), p, p * (1.0 - p)];
            group.iter_mut().zip(adds).for_each(|(sum, x)| *sum += x);
        }
    }
    assert_eq!(
        groups.keys().map(|(left, _)| left).collect::<BTreeSet<_>>(),
        BTreeSet::from([&-15, &0, &14, &30, &60, &90])
    );
    for ((left, likely), [n, renewed, expected, variance]) in groups {
        let off = (renewed - expected) / variance.sqrt();
        assert!(off.abs() < 3.5, "{left} days left, likely {likely}: {renewed} of {n} renewed, {expected} expected");
    }
}

/// No source takes the truth in, not even one whose pattern names every CSV file beside it.
#[test]
fn the_truth_is_never_an_input() {
    let folder = tempfile::tempdir().unwrap();
    let incoming = folder.path().join("incoming");
    let made = write(&request(&incoming, 40, "2026-06-10", "2026-06-12", 3), &|_| {}).unwrap();
    assert!(incoming.join(TRUTH_FILE).is_file());
    let found = |settings: &str| -> Vec<String> {
        fs::write(folder.path().join("shoppulse.toml"), settings).unwrap();
        let project = config::load(folder.path()).unwrap().project;
        SOURCES.iter().flat_map(|source| discover(&project, source).files).map(|file| file.path).collect()
    };
    let mut paths = found("");
    paths.sort();
    assert_eq!(paths, made.files.iter().map(|f| f.path.clone()).collect::<Vec<_>>());
    let paths = found("[sources.targets]\npath = \"incoming/*.csv\"\n");
    assert!(paths.iter().any(|p| p == "market_estimates.csv"), "{paths:?}");
    assert!(!paths.iter().any(|p| p.contains("truth")), "{paths:?}");
}
