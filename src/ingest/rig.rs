//! A project in a temporary folder, for tests that load files into a real lake.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};

use super::ids;
use super::load::{FileOutcome, Loaded, MEMORY_BUDGET, Progress, Request, Silent, ingest};
use super::personal::Personal;
use crate::config::{Language, Privacy, Project, Retention, RiskSettings, SourceConfig, Storage, VisitorIds};
use crate::domain::schema::{SOURCES, Source, lake_table, source};
use crate::domain::{Cents, Day, Micros, Zone};
use crate::lake::{Lake, scan};

pub struct Rig {
    folder: tempfile::TempDir,
    pub project: Project,
    pub threads: usize,
    pub budget: usize,
    /// The clock.
    pub now: &'static str,
    /// Who looks on, and may lay hands on the files meanwhile.
    pub progress: Box<dyn Progress>,
    run: i64,
}

impl Rig {
    pub fn new() -> Rig {
        let folder = tempfile::tempdir().unwrap();
        let project = project(folder.path());
        for path in [&project.storage.incoming, &folder.path().join("staging")] {
            std::fs::create_dir_all(path).unwrap();
        }
        Rig {
            folder,
            project,
            threads: 2,
            budget: MEMORY_BUDGET,
            now: "2026-07-10T12:00:00+08:00",
            progress: Box::new(Silent),
            run: 0,
        }
    }

    /// Writes a file below `incoming`, with its folders.
    pub fn file(&self, path: &str, text: &str) -> PathBuf {
        let disk = self.project.storage.incoming.join(path);
        std::fs::create_dir_all(disk.parent().unwrap()).unwrap();
        std::fs::write(&disk, text).unwrap();
        disk
    }

    /// Loads what is there and commits.
    pub fn load(&mut self, names: &[&str]) -> Loaded {
        let (mut lake, loaded) = self.open_load(names);
        let since = lake.committed().unwrap().snapshot;
        lake.commit(Micros::parse_rfc3339(self.now).unwrap(), "test").unwrap();
        ids::update(&lake, self.threads, Some(ids::Brought { since, ids: &loaded.new_ids }));
        loaded
    }

    /// Loads what is there and gives it up.
    pub fn give_up(&mut self, names: &[&str]) -> Loaded {
        let (mut lake, loaded) = self.open_load(names);
        lake.rollback().unwrap();
        loaded
    }

    fn open_load(&mut self, names: &[&str]) -> (Lake, Loaded) {
        self.run += 1;
        let now = Micros::parse_rfc3339(self.now).unwrap();
        let mut lake = self.writer(now);
        lake.begin().unwrap();
        let sources: Vec<&'static Source> = names.iter().map(|n| source(n).unwrap()).collect();
        let (personal, _) = Personal::open(&self.project.privacy, &lake.ledger(), true).unwrap();
        let request = Request {
            project: &self.project,
            sources: &sources,
            run_id: self.run,
            now,
            threads: self.threads,
            staging: &self.folder.path().join("staging"),
            memory_budget: self.budget,
            personal: &personal,
            rehash: false,
            progress: &*self.progress,
        };
        let loaded = ingest(&mut lake, &request).unwrap();
        (lake, loaded)
    }

    pub fn writer(&self, now: Micros) -> Lake {
        Lake::open_writer(&self.project.storage.lake, now).unwrap()
    }

    pub fn lake(&self) -> Lake {
        self.writer(Micros(0))
    }

    /// All rows of a table in the order of its files, as `column=value` texts of these columns; null is empty.
    pub fn rows(&self, table: &str, columns: &[&str]) -> Vec<String> {
        let lake = self.lake();
        let batches = self.batches(&lake, table, columns);
        let row = |(batch, row): (&RecordBatch, usize)| {
            let cells = (0..columns.len()).map(|c| cell(batch.column(c), row));
            cells.collect::<Vec<_>>().join(",")
        };
        batches.iter().flat_map(|b| (0..b.num_rows()).map(move |r| (b, r))).map(row).collect()
    }

    pub fn batches(&self, lake: &Lake, table: &str, columns: &[&str]) -> Vec<RecordBatch> {
        let files = lake.files(table, None).unwrap();
        files.iter().flat_map(|f| scan(table, f, columns).unwrap()).map(Result::unwrap).collect()
    }

    /// The bytes of all live files of a table.
    pub fn bytes(&self, table: &str) -> Vec<Vec<u8>> {
        self.lake().files(table, None).unwrap().iter().map(|f| std::fs::read(&f.path).unwrap()).collect()
    }

    /// The quarantine as `run path:line column reason raw`.
    pub fn quarantine(&self) -> Vec<String> {
        let rows = self.lake().ledger().quarantine().unwrap();
        let text = |t: &Option<crate::domain::Str>| t.as_deref().unwrap_or("-").to_string();
        rows.iter()
            .map(|r| format!("{} {}:{} {} {} {}", r.run_id, r.path, r.line, text(&r.column), r.reason, text(&r.raw)))
            .collect()
    }
}

/// One file's account in short: `path status read=loaded+duplicate+quarantined`, `*` when it is recorded.
pub fn account(file: &FileOutcome) -> String {
    let FileOutcome { path, rows_read, rows_loaded, rows_duplicate, rows_quarantined, .. } = file;
    let star = if file.recorded { "*" } else { "" };
    format!("{path} {}{star} {rows_read}={rows_loaded}+{rows_duplicate}+{rows_quarantined}", file.status.word())
}

pub fn accounts(loaded: &Loaded) -> Vec<String> {
    loaded.files.iter().map(account).collect()
}

fn cell(array: &arrow_array::ArrayRef, row: usize) -> String {
    if array.is_null(row) {
        return String::new();
    }
    if let Some(a) = array.as_string_opt::<i32>() {
        return a.value(row).to_string();
    }
    if let Some(a) = array.as_primitive_opt::<Int64Type>() {
        return a.value(row).to_string();
    }
    if let Some(a) = array.as_primitive_opt::<Float64Type>() {
        return a.value(row).to_string();
    }
    if let Some(a) = array.as_primitive_opt::<Decimal128Type>() {
        return Cents(a.value(row)).to_string();
    }
    if let Some(a) = array.as_primitive_opt::<Date32Type>() {
        return Day(a.value(row)).to_string();
    }
    Micros(array.as_primitive::<TimestampMicrosecondType>().value(row)).to_string()
}

/// Columns of a table of the lake.
pub fn columns(table: &str) -> Vec<&'static str> {
    lake_table(table).unwrap().columns.iter().map(|(name, _)| *name).collect()
}

pub fn project(root: &Path) -> Project {
    Project {
        root: root.into(),
        zone: Zone::named("Asia/Shanghai").unwrap(),
        language: Language::En,
        currency: "CNY".into(),
        now: None,
        holidays: Default::default(),
        storage: Storage {
            incoming: root.join("incoming"),
            lake: root.join("lake"),
            reports: root.join("reports"),
            umask: 0o077,
            settle_seconds: 0,
        },
        grace_days: 30,
        risk: RiskSettings {
            horizon_days: 90,
            call_effect: 0.5,
            seed: 1,
            holdout: 0.0,
            high_below: 0.5,
            medium_below: 0.8,
            min_outcomes: 50,
            calls_per_rep_day: 12,
        },
        value_window_days: 365,
        privacy: Privacy { visitor_ids: VisitorIds::Plain, key_file: root.join("visitor.key") },
        report_max_rows: 200,
        sources: SOURCES.iter().map(|s| (s.name, SourceConfig::default())).collect(),
        playbook: BTreeMap::new(),
        retention: Retention::default(),
        fingerprint: String::new(),
    }
}
