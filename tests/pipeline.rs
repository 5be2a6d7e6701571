//! The golden run: the committed sample through the pipelines as they ship, by the program itself.
//!
//! What must come out is known from elsewhere: `sample_data/_sample.json` says what the generator planted in each file.

#![allow(clippy::unwrap_used, reason = "a test stops at what it cannot read")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A copy of the repository's project whose files stay where they are.
struct Portal {
    dir: tempfile::TempDir,
}

impl Portal {
    fn new() -> Portal {
        let dir = tempfile::tempdir().unwrap();
        let settings = std::fs::read_to_string(Path::new(ROOT).join("shoppulse.toml")).unwrap();
        let incoming = format!("incoming = {:?}", Path::new(ROOT).join("sample_data"));
        let settings = settings.replace("incoming = \"sample_data\"", &incoming);
        std::fs::write(dir.path().join("shoppulse.toml"), settings).unwrap();
        std::fs::create_dir(dir.path().join("pipelines")).unwrap();
        for name in ["nightly", "month-end", "quarterly-strategy"] {
            let file = format!("pipelines/{name}.toml");
            std::fs::copy(Path::new(ROOT).join(&file), dir.path().join(&file)).unwrap();
        }
        Portal { dir }
    }

    fn run(&self, args: &[&str]) -> Output {
        let program = Command::new(env!("CARGO_BIN_EXE_shoppulse"));
        let mut program = program;
        program.arg("--project").arg(self.dir.path()).args(args).output().unwrap()
    }

    fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {:?}\n{said}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// A mart as records of column name to text.
    fn table(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let text = self.ok(&["table", name, "--format", "csv"]);
        csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }
}

#[test]
fn the_sample_comes_out_as_it_was_planted() {
    let portal = Portal::new();
    portal.ok(&["run", "nightly"]);
    every_file_balances_as_planted(&portal);
    every_reason_is_counted_as_planted(&portal);
    outages_are_seen(&portal);
    reports_stand_in_their_places(&portal);

    let before = portal.ok(&["table", "ingest_files", "--format", "csv"]);
    let list = std::fs::read(portal.path("reports/renewal_risk/2026-10-31/renewal_risk-all.html")).unwrap();
    portal.ok(&["run", "nightly"]);
    assert_eq!(portal.ok(&["table", "ingest_files", "--format", "csv"]), before, "a second run loads nothing");
    let again = std::fs::read(portal.path("reports/renewal_risk/2026-10-31/renewal_risk-all.html")).unwrap();
    assert!(list == again, "the same rows give the same report");
    assert_eq!(portal.table("risk_published").len(), portal.table("renewal_risk").len());
}

fn planted() -> serde_json::Value {
    let text = std::fs::read_to_string(Path::new(ROOT).join("sample_data/_sample.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn every_file_balances_as_planted(portal: &Portal) {
    let counts = ["rows_read", "rows_loaded", "rows_duplicate", "rows_quarantined"];
    let found: BTreeMap<String, Vec<String>> = portal
        .table("ingest_files")
        .into_iter()
        .map(|file| (file["path"].clone(), counts.iter().map(|c| file[*c].clone()).collect()))
        .collect();
    let planted = planted();
    let files = planted["files"].as_array().unwrap();
    let expected: BTreeMap<String, Vec<String>> = files
        .iter()
        .map(|file| (file["path"].as_str().unwrap().into(), counts.iter().map(|c| file[*c].to_string()).collect()))
        .collect();
    assert_eq!(found, expected);
}

fn every_reason_is_counted_as_planted(portal: &Portal) {
    let mut found: BTreeMap<(String, String), u64> = BTreeMap::new();
    for row in portal.table("quarantine") {
        *found.entry((row["source"].clone(), row["reason"].clone())).or_default() += 1;
    }
    let planted = planted();
    let sources = planted["sources"].as_object().unwrap();
    let expected: BTreeMap<(String, String), u64> = sources
        .iter()
        .flat_map(|(source, counts)| counts["reasons"].as_object().unwrap().iter().map(move |r| (source, r)))
        .map(|(source, (reason, n))| ((source.clone(), reason.clone()), n.as_u64().unwrap()))
        .collect();
    assert_eq!(found, expected);
}

fn outages_are_seen(portal: &Portal) {
    let days = portal.table("source_day");
    let status = |source: &str, date: &str| {
        days.iter().find(|d| d["source"] == source && d["date"] == date).map(|d| d["status"].clone())
    };
    for day in ["2026-05-19", "2026-05-20", "2026-05-21"] {
        assert_eq!(status("messages", day).as_deref(), Some("missing"), "{day}");
    }
    assert_eq!(status("contact_views", "2026-07-22").as_deref(), Some("low"));
}

fn reports_stand_in_their_places(portal: &Portal) {
    for file in [
        "renewal_risk/2026-10-31/renewal_risk-all.html",
        "renewal_risk/2026-10-31/renewal_risk-all.xlsx",
        "renewal_risk/latest/renewal_risk-all.html",
        "run_summary/latest/run_summary.json",
    ] {
        let path = portal.path("reports").join(file);
        assert!(std::fs::metadata(&path).is_ok_and(|m| m.len() > 0), "{file}");
    }
    let reps: std::collections::BTreeSet<String> =
        portal.table("renewal_risk").into_iter().map(|row| row["service_rep_id"].clone()).collect();
    for rep in reps.iter().filter(|rep| !rep.is_empty()) {
        let file = format!("reports/renewal_risk/2026-10-31/renewal_risk-{rep}.html");
        assert!(portal.path(&file).exists(), "{file}");
    }
}

#[test]
fn quarters_and_months_have_their_reports() {
    let portal = Portal::new();
    portal.ok(&["run", "quarterly-strategy"]);
    assert!(portal.path("reports/strategy_review/2026-09-30/strategy_review.html").exists());
    portal.ok(&["run", "month-end"]);
    // An older day does not take the place of the latest.
    portal.ok(&["run", "quarterly-strategy", "--as-of", "2026-06-30"]);
    let latest = std::fs::read_link(portal.path("reports/strategy_review/latest")).unwrap();
    assert_eq!(latest, Path::new("2026-09-30"));
}

/// Days that are made in one run are compared with each other as those of several nights are.
#[test]
fn a_span_of_days_is_a_row_of_nights() {
    let (span, nights) = (Portal::new(), Portal::new());
    span.ok(&["run", "nightly", "--from", "2026-10-30", "--to", "2026-10-31"]);
    nights.ok(&["run", "nightly", "--as-of", "2026-10-30"]);
    nights.ok(&["run", "nightly", "--as-of", "2026-10-31"]);
    let list =
        |portal: &Portal| std::fs::read(portal.path("reports/renewal_risk/2026-10-31/renewal_risk-all.html")).unwrap();
    assert!(list(&span) == list(&nights));
    assert_eq!(span.table("risk_published"), nights.table("risk_published"));
}

/// Two nights were missed: their lists come with the next run, as a span of days makes them.
#[test]
fn missed_days_are_caught_up() {
    let (missed, span) = (Portal::new(), Portal::new());
    for portal in [&missed, &span] {
        let nightly = portal.path("pipelines/nightly.toml");
        let text = std::fs::read_to_string(&nightly).unwrap();
        std::fs::write(&nightly, text.replace("catch_up = \"latest\"", "catch_up = \"all\"")).unwrap();
    }
    let published = |portal: &Portal| {
        let days = portal.table("risk_published").into_iter().map(|row| row["as_of"].clone());
        days.collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    missed.ok(&["run", "nightly", "--as-of", "2026-10-28"]);
    assert_eq!(published(&missed), ["2026-10-28"]);
    missed.ok(&["run", "nightly"]);
    assert_eq!(published(&missed), ["2026-10-28", "2026-10-29", "2026-10-30", "2026-10-31"]);
    span.ok(&["run", "nightly", "--as-of", "2026-10-28"]);
    span.ok(&["run", "nightly", "--from", "2026-10-29", "--to", "2026-10-31"]);
    assert_eq!(missed.table("risk_published"), span.table("risk_published"));
    for day in ["2026-10-29", "2026-10-30", "2026-10-31"] {
        let file = format!("reports/renewal_risk/{day}/renewal_risk-all.html");
        assert!(std::fs::read(missed.path(&file)).unwrap() == std::fs::read(span.path(&file)).unwrap(), "{day}");
    }
}

/// What a committed run could not put in its place is put there by the next start.
#[test]
fn reports_that_were_kept_from_their_places_come_with_the_next_run() {
    let portal = Portal::new();
    std::fs::create_dir_all(portal.path("reports")).unwrap();
    std::fs::write(portal.path("reports/renewal_risk"), "in the way").unwrap();
    let blocked = portal.run(&["run", "nightly"]);
    assert_eq!(blocked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&blocked.stderr).contains("the next start mends that"));
    assert!(!portal.table("member_day").is_empty(), "what was taken in is kept");
    std::fs::remove_file(portal.path("reports/renewal_risk")).unwrap();
    portal.ok(&["run", "nightly", "--as-of", "2026-10-30"]);
    assert!(portal.path("reports/renewal_risk/2026-10-31/renewal_risk-all.html").exists());
    assert_eq!(std::fs::read_link(portal.path("reports/renewal_risk/latest")).unwrap(), Path::new("2026-10-31"));
}

#[test]
fn a_dry_run_changes_nothing() {
    let portal = Portal::new();
    portal.ok(&["run", "nightly", "--dry-run"]);
    assert!(!portal.path("reports").exists() || std::fs::read_dir(portal.path("reports")).unwrap().next().is_none());
    assert_eq!(portal.ok(&["runs", "--format", "csv"]).lines().count(), 1);
}

/// The index over all ids is written after the commit, and only of what was committed.
#[test]
fn an_id_index_that_cannot_be_written_fails_no_run() {
    let portal = Portal::new();
    portal.ok(&["run", "nightly", "--dry-run"]);
    let index = portal.path("lake/index");
    assert!(!index.exists());
    std::fs::write(&index, "in the way").unwrap();
    let warned = portal.run(&["run", "nightly"]);
    assert!(warned.status.success());
    assert!(
        String::from_utf8_lossy(&warned.stderr).contains("the id index is behind the lake, the next run tries again")
    );
    std::fs::remove_file(&index).unwrap();
    portal.ok(&["run", "nightly"]);
    assert!(index.join("shop_clicks/manifest.json").exists());
}

#[test]
fn two_runs_at_once_are_one() {
    let portal = Portal::new();
    std::fs::create_dir_all(portal.path("lake")).unwrap();
    let held = std::fs::File::create(portal.path("lake/run.lock")).unwrap();
    held.lock().unwrap();
    let refused = portal.run(&["run", "nightly"]);
    assert_eq!(refused.status.code(), Some(75));
    drop(held);
}
