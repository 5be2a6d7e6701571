//! What `erase` leaves: nothing of the id below the lake, everything else as if it had never come.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot do")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use arrow_array::cast::AsArray;
use assert_cmd::cargo::cargo_bin;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

const DAY: &str = "2026-10-30";

/// Runs the program; its exit code must be this. Gives stdout and stderr.
fn ends(dir: &Path, args: &[&str], code: i32) -> (String, String) {
    let output = Command::new(cargo_bin!("shoppulse")).current_dir(dir).args(args).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{out}\n{err}");
    (out, err)
}

/// Files of two nights: the second corrects contracts, adds late clicks and says that a click was a bot's.
fn files() -> Vec<(u8, &'static str, String)> {
    let firm = |n: usize| if n == 3 { "FIRMxyz".to_string() } else { format!("F{n}") };
    let rep = |n: usize| if n.is_multiple_of(3) { "REPxyz" } else { "R1" };
    let visitor = |n: usize| if n.is_multiple_of(5) { "VISITORxyz".to_string() } else { format!("v{n}") };
    let rows = |head: &str, rows: Vec<String>| format!("{head}\n{}\n", rows.join("\n"));
    let each = |row: &dyn Fn(usize) -> String, n: usize| (0..n).map(row).collect::<Vec<_>>();
    let company = |n: usize| format!("{},Name {n},tools,small,{},{}", firm(n), rep(n), rep(n + 1));
    let contract = |n: usize, amount: usize| {
        let id = if n == 3 { "DEALxyz".to_string() } else { format!("K{n}") };
        format!("{id},{},gold,2026-01-01,2026-12-31,2025-12-01,{amount},{}", firm(n), rep(n))
    };
    let click = |n: usize, day: usize| {
        format!("e{n},2026-10-{day:02} 10:00:{:02},{},{},search,", n % 60, firm(n % 12), visitor(n))
    };
    let call =
        |n: usize| format!("e{n},2026-10-29 10:00:00,{},{},outbound,60,connected,aftersale", rep(n), firm(n % 12));
    let note = |n: usize| format!("n{n},2026-10-29 10:00:00,{},{},lead", firm(n % 12), rep(n));
    let tasks = |n: usize| {
        format!("t{n},{},upload,2026-10-01,{}", if n == 3 { "DEALxyz".into() } else { format!("K{n}") }, rep(n))
    };
    let clicks = "event_id,ts,company_id,visitor_id,click_source,excluded";
    let contracts = "contract_id,company_id,plan,start_date,end_date,signed_on,amount,rep_id";
    let mut bad = click(700, 1).replace("2026-10", "never");
    bad = bad.replace(&firm(700 % 12), "FIRMxyz");
    vec![
        (1, "companies.csv", rows("company_id,name,segment,size,sales_rep_id,service_rep_id", each(&company, 12))),
        (1, "contracts/1.csv", rows(contracts, each(&|n| contract(n, 100), 12))),
        (
            1,
            "reps.csv",
            rows(
                "rep_id,name,team,role,hired_on",
                vec!["R1,A,t,sales,2020-01-01".into(), "REPxyz,B,t,sales,2020-01-01".into()],
            ),
        ),
        (
            1,
            "targets.csv",
            rows("period,rep_id,amount", vec!["2026,R1,1".into(), "2026,REPxyz,1".into(), "2026,,9".into()]),
        ),
        (
            1,
            "attendance.csv",
            rows("rep_id,date,status", vec!["R1,2026-10-29,present".into(), "REPxyz,2026-10-29,present".into()]),
        ),
        (1, "shop_clicks/1.csv", rows(clicks, each(&|n| click(n, n % 30 + 1), 600).into_iter().chain([bad]).collect())),
        (1, "calls.csv", rows("event_id,ts,rep_id,company_id,direction,duration_s,outcome,purpose", each(&call, 40))),
        (1, "followups.csv", rows("followup_id,ts,company_id,rep_id,stage", each(&note, 30))),
        (1, "service_tasks.csv", rows("task_id,contract_id,kind,due_on,rep_id", each(&tasks, 12))),
        (2, "contracts/2.csv", rows(contracts, each(&|n| contract(n, 200), 12))),
        (2, "shop_clicks/2.csv", rows(clicks, each(&|n| click(n + 600, n % 5 + 1), 60))),
        (2, "shop_clicks/3.csv", rows(clicks, each(&|n| click(n, n % 30 + 1) + "bot", 15))),
    ]
}

/// A project whose lake was loaded in two nights from what `change` leaves of each file's lines.
fn loaded(change: &dyn Fn(&str, &str) -> Option<String>) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    ends(dir.path(), &["init", "."], 0);
    for night in [1, 2] {
        for (_, path, text) in files().iter().filter(|(n, ..)| *n == night) {
            let source = path.split(['/', '.']).next().unwrap();
            let lines: Vec<String> = text.lines().filter_map(|line| change(source, line)).collect();
            drop_file(dir.path(), path, &(lines.join("\n") + "\n"));
        }
        let now = format!("2026-10-3{}T02:30:00+08:00", night - 1);
        ends(dir.path(), &["run", "nightly", "--now", &now], 0);
    }
    dir
}

fn drop_file(dir: &Path, path: &str, text: &str) {
    let path = dir.join("incoming").join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn tables(dir: &Path) -> Vec<(&'static str, String)> {
    let names = [
        "member_day",
        "click_source_day",
        "source_day",
        "member_health",
        "renewals",
        "renewal_risk",
        "deals",
        "client_value",
        "market_share",
        "orphans",
        "renewal_rates",
    ];
    names.map(|name| (name, ends(dir, &["table", name, "--as-of", DAY, "--format", "csv"], 0).0)).into()
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files.extend(walk(&entry.path())),
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    files
}

/// All bytes of a file; of a Parquet file its texts too, which are compressed in it.
fn content(path: &Path) -> Vec<u8> {
    let mut bytes = fs::read(path).unwrap();
    if path.extension().is_some_and(|e| e == "parquet") {
        let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(path).unwrap()).unwrap().build().unwrap();
        for batch in reader.map(Result::unwrap) {
            for text in batch.columns().iter().filter_map(|c| c.as_string_opt::<i32>()).flat_map(|c| c.iter().flatten())
            {
                bytes.extend_from_slice(text.as_bytes());
                bytes.push(b'\n');
            }
        }
    }
    bytes
}

fn naming(dir: &Path, what: &[&str]) -> Vec<PathBuf> {
    let holds = |bytes: &[u8], needle: &str| bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
    let mut files = walk(dir);
    files.retain(|path| what.iter().any(|needle| holds(&content(path), needle)));
    files
}

/// Every file that a snapshot names is there with its rows, and every file that is there is named.
fn whole(lake: &Path) {
    for catalog in ["catalog.sqlite", "lake.sqlite"] {
        let conn =
            rusqlite::Connection::open_with_flags(lake.join(catalog), rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
                .unwrap();
        let sql = "SELECT t.path || f.path, f.record_count, f.file_size_bytes FROM ducklake_data_file f
                   JOIN ducklake_table t USING (table_id)";
        let mut statement = conn.prepare(sql).unwrap();
        let named: Vec<(String, i64, u64)> = statement
            .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get::<_, i64>(2)? as u64)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for (path, rows, bytes) in &named {
            let path = lake.join("data/main").join(path);
            let file = fs::File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            assert_eq!(file.metadata().unwrap().len(), *bytes);
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
            assert_eq!(reader.metadata().file_metadata().num_rows(), *rows);
        }
        assert_eq!(named.len(), walk(&lake.join("data")).len(), "{catalog}");
    }
}

/// Erases, and holds what is left against a lake that never had the rows.
fn erased(argument: &str, id: &str, gone: &[&str], change: &dyn Fn(&str, &str) -> Option<String>) -> TempDir {
    let dir = loaded(&|_, line| Some(line.to_string()));
    let lake = dir.path().join("lake");
    assert!(naming(&lake, gone).len() > 4, "the lake has it");
    let before = tables(dir.path());

    let (_, told) = ends(dir.path(), &["erase", argument, id], 2);
    assert!(told.contains("--yes"), "{told}");
    ends(dir.path(), &["erase", argument, "nobody", "--yes"], 1);
    let (_, planned) = ends(dir.path(), &["erase", argument, id, "--dry-run"], 0);
    assert!(tables(dir.path()) == before, "a dry run changes nothing");
    let (_, told) = ends(dir.path(), &["erase", argument, id, "--yes"], 0);
    let counts = |text: &str| text.split_once(':').unwrap().1.lines().next().unwrap().to_string();
    assert_eq!(counts(&planned), counts(&told));

    assert_eq!(naming(&lake, gone), Vec::<PathBuf>::new());
    whole(&lake);
    ends(dir.path(), &["verify"], 0);
    let fresh = loaded(change);
    for ((name, left), (_, want)) in tables(dir.path()).into_iter().zip(tables(fresh.path())) {
        assert_eq!(left, want, "{name}");
    }
    ends(dir.path(), &["erase", argument, id, "--yes"], 1);

    // Everything comes again: what was erased is refused, the rest is known.
    for (night, path, text) in files() {
        let (source, name) = path.split_once(['/', '.']).unwrap();
        drop_file(dir.path(), &format!("{source}/again-{night}-{}.csv", name.replace(['/', '.'], "-")), &(text + "\n"));
    }
    ends(dir.path(), &["run", "nightly", "--now", "2026-10-31T02:30:00+08:00"], 0);
    assert_eq!(naming(&lake, gone), Vec::<PathBuf>::new());
    let (refused, _) = ends(dir.path(), &["quarantine", "list", "--reason", "erased", "--format", "csv"], 0);
    assert!(refused.lines().count() > 5 && refused.lines().skip(1).all(|line| line.ends_with(",erased,")), "{refused}");
    for ((name, left), (_, want)) in tables(dir.path()).into_iter().zip(tables(fresh.path())) {
        assert_eq!(left, want, "{name}, delivered again");
    }
    ends(dir.path(), &["verify"], 0);
    dir
}

#[test]
fn a_company_goes_with_its_contracts() {
    let gone = ["FIRMxyz", "DEALxyz"];
    let dir = erased("--company", "FIRMxyz", &gone, &|_, line| {
        (!gone.iter().any(|id| line.contains(id))).then(|| line.to_string())
    });
    let risks = ends(dir.path(), &["table", "risk_published", "--as-of", DAY, "--format", "csv"], 0).0;
    assert!(risks.lines().count() > 10, "{risks}");
}

#[test]
fn a_visitor_goes_by_the_id_of_the_portal() {
    // The lake has a hash only: that is looked for.
    let dir = loaded(&|_, line| Some(line.to_string()));
    let key = fs::read_to_string(dir.path().join("visitor.key")).unwrap();
    assert!(naming(&dir.path().join("lake"), &["VISITORxyz"]).is_empty());
    let key = *blake3::Hash::from_hex(key.trim()).unwrap().as_bytes();
    let hash = blake3::keyed_hash(&key, b"VISITORxyz").to_hex()[..32].to_string();
    assert!(!naming(&dir.path().join("lake"), &[&hash]).is_empty());
    ends(dir.path(), &["erase", "--visitor", "VISITORxyz", "--yes"], 0);
    assert!(naming(&dir.path().join("lake"), &[&hash]).is_empty());
    let fresh = loaded(&|_, line| (!line.contains("VISITORxyz")).then(|| line.to_string()));
    assert_eq!(tables(dir.path()), tables(fresh.path()));
}

#[test]
fn a_rep_goes_and_its_contracts_stay() {
    let own = ["reps", "targets", "attendance", "calls", "followups"];
    let dir = erased("--rep", "REPxyz", &["REPxyz"], &|source, line| {
        if own.contains(&source) && line.contains("REPxyz") { None } else { Some(line.replace("REPxyz", "")) }
    });
    // Published reports that name it are listed; they are the operator's to remove.
    let reports = naming(&dir.path().join("reports"), &["REPxyz"]);
    assert!(reports.iter().any(|path| path.to_string_lossy().ends_with(".html")), "{reports:?}");
}

/// Refused records name a company by the words of their files; a source that a constant gives it is all of it.
#[test]
fn refused_records_that_name_it_by_another_word_are_cut() {
    let dir = tempfile::tempdir().unwrap();
    ends(dir.path(), &["init", "."], 0);
    let settings = dir.path().join("shoppulse.toml");
    let more = "\n[sources.messages]\nvalues.company_id = { \"S-one\" = \"C1\" }\n[sources.calls]\nconstants = { company_id = \"C1\" }\n";
    fs::write(&settings, fs::read_to_string(&settings).unwrap() + more).unwrap();
    drop_file(dir.path(), "companies.csv", "company_id,name,segment,size\nC1,n,s,large\nC2,n,s,large\n");
    drop_file(dir.path(), "messages.csv", "event_id,ts,company_id\n1,never,S-one\n2,never,C2\n3,never,S-one2\n");
    drop_file(dir.path(), "calls.csv", "event_id,ts,rep_id\n4,never,R1\n");
    drop_file(dir.path(), "inquiries.csv", "event_id,ts,company_id\n5,never,S-one\n");
    ends(dir.path(), &["run", "nightly", "--now", "2026-10-30T02:30:00+08:00"], 1);
    ends(dir.path(), &["erase", "--company", "C1", "--yes", "--now", "2026-10-30T03:30:00+08:00"], 0);
    let raw = ends(dir.path(), &["quarantine", "list", "--format", "csv"], 0).0;
    let left: Vec<&str> = raw.lines().filter_map(|line| line.split_once("never,").map(|(_, id)| id)).collect();
    assert_eq!(left, ["S-one\"", "C2\"", "S-one2\""], "{raw}");
}
