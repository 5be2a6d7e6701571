//! The portal is believable, the files are the same each time, and the summary tells what is in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::*;
use crate::ingest::Reason;

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

fn portal(companies: usize, seed: u64) -> (Portal, Day) {
    let request = request(Path::new("unused"), companies, "2025-09-01", "2026-10-31", seed);
    (Portal::build(&request), request.to)
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

/// Run with `--ignored` to write the committed files anew: `SAMPLE_OUT=sample_data cargo test … -- --ignored`.
#[test]
#[ignore = "writes the sample to SAMPLE_OUT (else a folder that is dropped) and tells its size"]
fn write_the_committed_sample() {
    let dropped = tempfile::tempdir().unwrap();
    let out = std::env::var("SAMPLE_OUT").map_or(dropped.path().join("x"), PathBuf::from);
    let mut request = committed(&out);
    let number = |name: &str| std::env::var(name).ok().map(|n| n.parse::<usize>().unwrap());
    request.companies = number("SAMPLE_COMPANIES").unwrap_or(request.companies);
    if let Ok(span) = std::env::var("SAMPLE_SPAN") {
        (request.from, request.to) = (day(&span[..10]), day(&span[11..]));
    }
    request.compress = std::env::var("SAMPLE_PLAIN").is_err();
    let clock = std::time::Instant::now();
    let made = write(&request, &|_| {}).unwrap();
    eprintln!("{} event rows in {:?}\n{:#?}", made.event_rows, clock.elapsed(), made.sources);
    eprintln!("{:?} {:?} {} {} {}", made.planted, made.outages, made.companies, made.clients, made.contracts);
}

#[test]
fn committed_files_are_what_the_generator_makes() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("x");
    let made = write(&committed(&out), &|_| {}).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data");
    let (here, there) = (hashes(&out), hashes(&root));
    let names = |h: &BTreeMap<String, String>| h.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&here), names(&there));
    for (name, hash) in &here {
        assert_eq!(hash, &there[name], "{name} differs: write sample_data anew, README.md too");
    }
    // The catalogue's table is the summary.
    let catalogue = fs::read_to_string(root.join("README.md")).unwrap();
    for (source, n) in &made.sources {
        let row = format!(
            "| `{source}` | {} | {} | {} | {} | {} |",
            n.files, n.rows_read, n.rows_loaded, n.rows_duplicate, n.rows_quarantined
        );
        assert!(catalogue.contains(&row), "sample_data/README.md lacks the row {row}");
    }
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

/// Renewed by the contract's rule over the rows alone: another membership, later start and end, in time.
#[test]
fn renewal_rate_is_that_of_a_portal_and_the_truth_explains_it() {
    let (portal, today) = portal(4_000, 11);
    let memberships: Vec<&Contract> =
        portal.contracts.iter().filter(|c| matches!(c.kind, "membership" | "") && c.amount > 0).collect();
    let mut of_company: BTreeMap<usize, Vec<&Contract>> = BTreeMap::new();
    for c in memberships.iter().filter(|c| c.deal != contracts::Deal::Other) {
        of_company.entry(c.company.unwrap()).or_default().push(c);
    }
    let (mut n, mut renewed, mut expected, mut spread) = (0.0, 0.0, 0.0, 0.0);
    for c in of_company.values().flatten().filter(|c| c.end + 30 < today) {
        let Some(truth) = c.truth else { continue };
        let by = |d: &&&Contract| d.start > c.start && d.end > c.end && d.start <= c.end + 30 && d.signed <= c.end + 30;
        n += 1.0;
        renewed += f64::from(u8::from(of_company[&c.company.unwrap()].iter().any(|d| by(&d))));
        expected += truth.p_renew;
        spread += truth.p_renew * (1.0 - truth.p_renew);
    }
    assert!(n > 1_500.0, "{n}");
    assert!((0.60..0.80).contains(&(renewed / n)), "{}", renewed / n);
    let off: f64 = renewed - expected;
    assert!(off.abs() < 4.0 * spread.sqrt(), "{renewed} renewed, {expected} expected");
}

#[test]
fn shops_of_leavers_fade() {
    let (portal, today) = portal(600, 4);
    let from = day("2025-09-01");
    // Memberships that ended in the last seven months, and whether the shop faded before.
    let ended = |c: &&Contract| c.truth.is_some() && c.end > from + 200 && c.end <= today;
    let mut traffic = Traffic::new(&portal.companies, &portal.phases, from, 4);
    let mut clicks = vec![Vec::new(); portal.companies.len()];
    let mut hits = DayOfHits::default();
    for d in (from.0..=today.0).map(Day) {
        traffic.day(d, &mut hits);
        for list in &mut clicks {
            list.push(0.0);
        }
        for hit in hits.clicks.iter().filter(|h| (h.company as usize) < portal.companies.len() && h.excluded == 0) {
            *clicks[hit.company as usize].last_mut().unwrap() += 1.0;
        }
    }
    // Clicks of the last 90 days against the season's, over those of the 90 before them: the season cancels
    // out when both groups are compared.
    let (mut fading, mut steady) = ([0.0; 2], [0.0; 2]);
    for c in portal.contracts.iter().filter(ended) {
        let company = c.company.unwrap();
        let phase = portal.phases[company].iter().find(|p| p.start == c.start).unwrap();
        let sum = |a: Day, b: Day| (a.0..=b.0).map(|d| clicks[company][(d - from.0) as usize]).sum::<f64>();
        let group = if phase.fade.is_some() { &mut fading } else { &mut steady };
        group[0] += sum(c.end - 89, c.end) / portal.companies[company].size.clicks();
        group[1] += 1.0;
    }
    assert!(fading[1] > 9.0 && steady[1] > 30.0, "{fading:?} {steady:?}");
    assert!(fading[0] / fading[1] < 0.6 * steady[0] / steady[1], "{fading:?} {steady:?}");
}

#[test]
fn the_portal_has_what_reports_ask_for() {
    let (portal, today) = portal(1_000, 2);
    let clients = portal.phases.iter().filter(|p| !p.is_empty()).count() as f64 / portal.companies.len() as f64;
    assert!((0.28..0.45).contains(&clients), "{clients}");
    let absent = |c: &&Company| c.size == portal::Size::Large && c.registered_on.is_none() && c.joins.is_none();
    assert!(portal.companies.iter().filter(absent).count() > 5);
    let has = |what: &str, test: &dyn Fn(&Contract) -> bool| {
        assert!(portal.contracts.iter().any(test), "no {what}");
    };
    has("trial", &|c| c.kind == "trial");
    has("add-on", &|c| c.kind == "addon");
    has("add-on without kind", &|c| c.kind.is_empty() && c.end - c.start < 200 && c.amount > 0);
    has("free contract without kind", &|c| c.kind.is_empty() && c.amount == 0);
    has("void", &|c| c.cancelled.is_some_and(|on| on <= c.start));
    has("cancellation with refund", &|c| c.cancelled.is_some_and(|on| on > c.start) && c.refund.is_some());
    has("three years", &|c| c.end - c.start > 1_000);
    has("signed after the end, in grace", &|c| c.deal == contracts::Deal::Renewal && c.signed >= c.start);
    has("won back", &|c| c.deal == contracts::Deal::WonBack);
    has("cents", &|c| c.amount % 100 != 0);
    has("parallel", &|c| c.deal == contracts::Deal::Other && c.kind == "membership" && c.cancelled.is_none());
    assert!(portal.people.reps.iter().any(|r| r.left_on.is_some()));
    let last = portal.contracts.iter().map(|c| c.signed).max().unwrap();
    assert!(last <= today && portal.contracts[0].signed < day("2022-12-31"));
}
