//! Personal data, from the files to the reports: what the lake keeps, what logs tell.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot do")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use assert_cmd::cargo::cargo_bin;
use tempfile::TempDir;

const NOW: &str = "2026-10-31T02:30:00+08:00";

fn shoppulse(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(cargo_bin!("shoppulse"));
    command.current_dir(dir).args(args).env("SHOPPULSE_LOG", "trace");
    command.output().unwrap()
}

fn ends(dir: &Path, args: &[&str], code: i32) -> (String, String) {
    let output = shoppulse(dir, args);
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{out}\n{err}");
    (out, err)
}

fn file(dir: &Path, path: &str, text: impl AsRef<[u8]>) {
    let path = dir.join("incoming").join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A new project with some members and their clicks.
fn project(settings: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    ends(dir.path(), &["init", "."], 0);
    let toml = dir.path().join("shoppulse.toml");
    let text = fs::read_to_string(&toml).unwrap();
    fs::write(&toml, text.replace("visitor_ids = \"hash\"", settings)).unwrap();
    let companies: String = (0..12).map(|n| format!("C{n},Firm {n},tools,small\n")).collect();
    file(dir.path(), "companies.csv", format!("company_id,name,segment,size\n{companies}"));
    let contracts: String = (0..12).map(|n| format!("K{n},C{n},gold,2026-01-01,2026-12-31,2025-12-01,100\n")).collect();
    let head = "contract_id,company_id,plan,start_date,end_date,signed_on,amount\n";
    file(dir.path(), "contracts.csv", format!("{head}{contracts}"));
    let clicks: String = (0..300)
        .map(|n| {
            let (day, company, visitor) = (n % 30 + 1, n % 12, n % 7);
            format!("e{n},2026-10-{day:02} 10:00:00,C{company},v{visitor},search\n")
        })
        .collect();
    file(dir.path(), "shop_clicks.csv", format!("event_id,ts,company_id,visitor_id,click_source\n{clicks}"));
    dir
}

/// A column of a printed table.
fn column(dir: &Path, table: &str, column: &str) -> Vec<String> {
    let (text, _) = ends(dir, &["table", table, "--as-of", "2026-10-30", "--format", "csv"], 0);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = reader.headers().unwrap().iter().position(|h| h == column).unwrap();
    reader.records().map(|r| r.unwrap()[at].to_string()).collect()
}

#[test]
fn dropped_visitors_are_unknown_and_not_none() {
    let (hashed, dropped) = (project("visitor_ids = \"hash\""), project("visitor_ids = \"drop\""));
    for dir in [&hashed, &dropped] {
        ends(dir.path(), &["run", "nightly", "--now", NOW], 0);
    }
    let clicks = |dir: &TempDir| column(dir.path(), "member_health", "shop_clicks_30d");
    assert_eq!(clicks(&hashed), clicks(&dropped));
    for name in ["visitors_30d", "visitors_prev_30d", "visitors_pct"] {
        assert!(column(hashed.path(), "member_health", name).iter().all(|v| !v.is_empty()), "{name}");
        assert!(column(dropped.path(), "member_health", name).iter().all(String::is_empty), "{name}");
    }
    // Ten clicks a day on two firms, each click by another of seven visitors.
    assert!(column(hashed.path(), "member_day", "visitors").iter().all(|v| v == "5"));
    assert!(column(dropped.path(), "member_day", "visitors").iter().all(String::is_empty));
    assert!(column(dropped.path(), "member_health", "weakest_metric").iter().all(|w| !w.is_empty() && w != "visitors"));
}

#[test]
fn a_lake_is_not_loaded_with_another_key_or_mode() {
    let dir = project("visitor_ids = \"hash\"");
    let key = dir.path().join("visitor.key");
    fs::remove_file(&key).unwrap();
    let (_, told) = ends(dir.path(), &["run", "nightly", "--now", NOW, "--dry-run"], 0);
    assert!(!key.exists(), "a dry run writes nothing: {told}");
    let (_, told) = ends(dir.path(), &["run", "nightly", "--now", NOW], 0);
    assert!(told.contains("made the key of visitor ids") && key.exists(), "{told}");

    fs::rename(&key, dir.path().join("away")).unwrap();
    let (_, told) = ends(dir.path(), &["run", "nightly", "--now", NOW], 2);
    assert!(told.contains("visitor.key, is missing; restore it") && !key.exists(), "{told}");
    ends(dir.path(), &["check"], 2);
    fs::rename(dir.path().join("away"), &key).unwrap();
    let toml = dir.path().join("shoppulse.toml");
    let text = fs::read_to_string(&toml).unwrap();
    fs::write(&toml, text.replace("visitor_ids = \"hash\"", "visitor_ids = \"plain\"")).unwrap();
    let (_, told) = ends(dir.path(), &["run", "nightly", "--now", NOW], 2);
    assert!(told.contains("this lake was loaded with \"hash\""), "{told}");
    fs::write(&toml, text).unwrap();
    ends(dir.path(), &["run", "nightly", "--now", NOW], 0);
}

/// Good and bad rows of every kind, each value a secret where the column admits one.
fn secrets(dir: &Path) {
    let events = [
        "event_id,ts,company_id,visitor_id,click_source,page,excluded\n",
        "SECRETe1,2026-10-30 10:00:00,SECRETc,SECRETv,SECRETs,SECRETp,SECRETx\n",
        "SECRETe2,SECRETt,SECRETc,SECRETv,SECRETs,SECRETp,SECRETx\n",
        "SECRETe1,2026-10-30 11:00:00,SECRETc,SECRETv,SECRETs,SECRETp,SECRETx\n",
        "SECRETe3,2026-10-30 10:00:00,SECRETc\n",
        "SECRETe4,2026-10-30 10:00:00,\"SECRETc\n",
    ];
    file(dir, "shop_clicks/1.csv", events.concat());
    // No header, wrong bytes, no CSV at all, too many bad rows.
    file(dir, "shop_clicks/2.csv", events[1..].concat());
    file(dir, "ad_clicks/1.csv", b"event_id,ts,company_id\nSECRETe\xff,2026-10-30 10:00:00,SECRETc\n");
    file(
        dir,
        "ad_clicks/2.jsonl",
        "{\"event_id\":\"SECRETe\",\"ts\":\"SECRETt\"\n[\"SECRETe\"]\n{\"event_id\":{\"SECRETe\":1}}\n",
    );
    let bad: String = (0..20).map(|n| format!("SECRETe{n},SECRETt,SECRETc\n")).collect();
    file(dir, "contact_views/1.csv", format!("event_id,ts,company_id\n{bad}SECRETg,2026-10-30 10:00:00,SECRETc\n"));
    let calls = "event_id,ts,rep_id,company_id,direction,duration_s,outcome,purpose\n";
    let call = "2026-10-30 10:00:00,SECRETr,SECRETc,inbound,1,connected,aftersale\n";
    let bad = "2026-10-30 10:00:00,SECRETr,SECRETc,SECRETi,SECRETd,SECRETo,SECRETp\n";
    file(dir, "calls.csv", format!("{calls}SECRETa,{call}SECRETb,{bad}"));
    let companies = "company_id,name,segment,region,size,listed_on,contact_name,phone,shop_url\n";
    let company = "SECRETc,SECRETn,SECRETs,SECRETr,small,,SECRETn,SECRETp,SECRETu\n";
    let bad = "SECRETd,SECRETn,SECRETs,SECRETr,SECRETz,SECRETl,SECRETn,SECRETp,SECRETu\n";
    file(dir, "companies-2.csv", format!("{companies}{company}{bad}"));
    let contracts = "contract_id,company_id,plan,start_date,end_date,signed_on,amount\n";
    let contract = "SECRETk,SECRETc,SECRETp,2026-01-01,2026-12-31,2025-12-01,100\n";
    let bad = "SECRETl,SECRETc,SECRETp,SECRETd,SECRETd,SECRETd,SECRETa\n";
    file(dir, "contracts-2.csv", format!("{contracts}{contract}{bad}"));
    let notes = "followup_id,ts,company_id,rep_id,stage,evidence,objection,competitor,next_step\n";
    let note = "SECRETf,2026-10-30 10:00:00,SECRETc,SECRETr,lead,SECRETe,SECRETo,SECRETc,SECRETn\n";
    file(dir, "followups.csv", format!("{notes}{note}{}", note.replace("lead", "SECRETs")));
}

#[test]
fn logs_and_run_summaries_hold_no_row_content() {
    let dir = project("visitor_ids = \"plain\"");
    ends(dir.path(), &["run", "nightly", "--now", NOW], 0);
    secrets(dir.path());
    let (out, err) = ends(dir.path(), &["check"], 3);
    assert!(!out.contains("SECRET") && !err.contains("SECRET"), "{out}\n{err}");
    let (out, err) = ends(dir.path(), &["run", "nightly", "--now", NOW], 3);
    assert!(err.contains("refused") && !err.contains("SECRET") && !out.contains("SECRET"), "{out}\n{err}");
    // They are kept, and where they belong.
    let (refused, _) = ends(dir.path(), &["quarantine", "list", "--format", "csv"], 0);
    assert!(refused.lines().count() > 20 && refused.contains("SECRETt"));
    let (runs, _) = ends(dir.path(), &["runs"], 0);
    let (status, _) = ends(dir.path(), &["status"], 0);
    assert!(!runs.contains("SECRET") && !status.contains("SECRET"));
    for entry in walk(&dir.path().join("reports")).iter().filter(|p| p.to_string_lossy().contains("run_summary")) {
        let told = String::from_utf8_lossy(&fs::read(entry).unwrap()).contains("SECRET");
        assert!(!told, "{}", entry.display());
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files.extend(walk(&entry.path()));
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    files
}
