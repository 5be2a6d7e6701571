//! A project in a temporary folder, and the program run on it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use super::days::{self, Day};
use super::files::{Sheet, sheets};
use super::portal::Portal;

pub struct Project {
    pub folder: tempfile::TempDir,
    pub now: String,
}

/// A folder in memory where the system has one: what is tested here is not the disk.
fn temporary() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// A table as printed: its header and its records, all text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Printed {
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| h == name)
    }

    /// The sum of a column of whole numbers.
    pub fn sum(&self, name: &str) -> i64 {
        let c = self.column(name).unwrap_or_else(|| panic!("no column {name} in {:?}", self.header));
        self.rows.iter().map(|r| r[c].parse::<i64>().unwrap()).sum()
    }

    pub fn cells(&self, name: &str) -> Vec<&str> {
        let c = self.column(name).unwrap_or_else(|| panic!("no column {name} in {:?}", self.header));
        self.rows.iter().map(|r| r[c].as_str()).collect()
    }
}

impl Project {
    /// The settings of a portal, and no file yet.
    pub fn bare(p: &Portal) -> Project {
        let folder = temporary();
        let holidays: Vec<String> = p.holidays.iter().map(|d| format!("\"{}\"", days::text(*d))).collect();
        let settings = format!(
            "[privacy]\nvisitor_ids = \"plain\"\n[project]\ntime_zone = \"{}\"\nholidays = [{}]\n[storage]\nsettle_seconds = 0\n[renewal]\ngrace_days = {}\n[risk]\nseed = {}\n\
             holdout = {}\nhorizon_days = {}\nmin_outcomes = 1000000\n[value]\nwindow_days = {}\n",
            p.zone,
            holidays.join(", "),
            p.grace,
            p.risk_seed,
            p.holdout_percent as f64 / 100.0,
            p.horizon,
            p.window
        );
        fs::write(folder.path().join("shoppulse.toml"), settings).unwrap();
        fs::create_dir(folder.path().join("pipelines")).unwrap();
        let load = "as_of = \"yesterday\"\ningest = [\"*\"]\nmarts = []\n";
        fs::write(folder.path().join("pipelines/load.toml"), load).unwrap();
        fs::create_dir(folder.path().join("incoming")).unwrap();
        Project { now: format!("{}T12:00:00Z", days::text(p.last_day())), folder }
    }

    /// A portal's project with one file a source, loaded.
    pub fn loaded(p: &Portal) -> Project {
        let project = Project::bare(p);
        for sheet in sheets(p) {
            project.drop(&format!("{}.csv", sheet.source), &sheet, &sheet.rows);
        }
        project.load();
        project
    }

    /// Writes some rows of a sheet to a file below `incoming`.
    pub fn drop(&self, path: &str, sheet: &Sheet, rows: &[Vec<String>]) {
        self.write(path, &sheet.csv(rows));
    }

    pub fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(&format!("incoming/{path}"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shoppulse"));
        command.arg("--project").arg(self.folder.path());
        command
    }

    /// Runs the pipeline that only loads; it must end well.
    pub fn load(&self) {
        let output = self.command().args(["run", "load", "--now", &self.now]).output().unwrap();
        self.must(&output, "run load");
    }

    pub fn must(&self, output: &Output, what: &str) {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{what} ended with {:?}:\n{said}", output.status.code());
    }

    /// The bytes of a table.
    pub fn bytes(&self, table: &str, as_of: Day) -> Vec<u8> {
        let mut command = self.command();
        command.args(["table", table, "--as-of", &days::text(as_of), "--format", "csv"]);
        let output = command.output().unwrap();
        self.must(&output, &format!("table {table} --as-of {}", days::text(as_of)));
        output.stdout
    }

    pub fn table(&self, table: &str, as_of: Day) -> Printed {
        read(&self.bytes(table, as_of))
    }
}

pub fn read(bytes: &[u8]) -> Printed {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    let mut rows: Vec<Vec<String>> =
        reader.records().map(|r| r.unwrap().iter().map(str::to_string).collect()).collect();
    assert!(!rows.is_empty(), "a table without a header");
    Printed { header: rows.remove(0), rows }
}
