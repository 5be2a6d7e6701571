//! Runs that meet each other, and runs that are stopped: one at a time, and nothing half done.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot do")]

#[path = "support/mod.rs"]
mod support;

use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::files::sheets;
use support::portal::Portal;
use support::project::Project;

/// A project with files that were not loaded yet.
fn waiting(p: &Portal) -> Project {
    let project = Project::bare(p);
    for sheet in sheets(p) {
        project.drop(&format!("{}.csv", sheet.source), &sheet, &sheet.rows);
    }
    project
}

fn start(project: &Project, more: &[&str]) -> Child {
    let mut command = project.command();
    command.args(["run", "load", "--now", &project.now]).args(more);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn send(signal: &str, child: &Child) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

/// How the process ended; it must do so within the time.
fn ended(child: &mut Child, within: Duration) -> Option<i32> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().or(status.signal().map(|s| 128 + s));
        }
        assert!(start.elapsed() < within, "still there after {within:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Of a hundred runs that start at once each is alone while it runs; who finds the lake taken ends with 75 at once.
#[test]
fn of_a_hundred_starts_one_runs_at_a_time() {
    let p = Portal::random(40);
    let project = waiting(&p);
    let holder = start(&project, &[]);
    while fs::read(project.path("lake/run.lock")).unwrap_or_default().is_empty() {
        std::thread::sleep(Duration::from_millis(2));
    }
    send("-STOP", &holder);
    let mut others: Vec<Child> = (0..100).map(|_| start(&project, &[])).collect();
    for other in &mut others {
        let code = ended(other, Duration::from_secs(60));
        let mut said = String::new();
        other.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(code, Some(75), "{said}");
        assert!(said.contains(&format!("process {}", holder.id())), "{said}");
    }
    // Removing the lock's file lets nobody in.
    fs::remove_file(project.path("lake/run.lock")).unwrap();
    assert_eq!(ended(&mut start(&project, &[]), Duration::from_secs(10)), Some(75));
    // Neither does another project that shares the lake.
    let other = Project::bare(&p);
    let settings = fs::read_to_string(other.path("shoppulse.toml")).unwrap();
    let lake = format!("[storage]\nlake = {:?}\n", project.path("lake"));
    let shared = settings.replace("[storage]\n", &lake);
    assert_ne!(shared, settings);
    fs::write(other.path("shoppulse.toml"), shared).unwrap();
    assert_eq!(ended(&mut start(&other, &[]), Duration::from_secs(10)), Some(75));
    // Who asks is not kept waiting.
    for question in [&["runs"][..], &["status"], &["quarantine", "list"]] {
        project.must(&project.command().args(question).output().unwrap(), question[0]);
    }

    // Those that wait get it one after the other, when the first has died.
    let mut patient: Vec<Child> = (0..5).map(|_| start(&project, &["--wait", "1m"])).collect();
    std::thread::sleep(Duration::from_millis(300));
    send("-KILL", &holder);
    let codes: Vec<_> = patient.iter_mut().map(|child| ended(child, Duration::from_secs(60))).collect();
    assert_eq!(codes, [Some(0); 5]);
    drop_child(holder);
    let runs = support::project::read(&project.command().args(["runs", "--format", "csv"]).output().unwrap().stdout);
    assert_eq!(runs.cells("run_id"), ["1", "2", "3", "4", "5"], "each was a run of its own");
    assert_eq!(project.bytes("member_day", p.main), Project::loaded(&p).bytes("member_day", p.main));
}

/// A hundred at once, nobody held: each ends with 0 or 75, and the lake is that of one.
#[test]
fn a_hundred_at_once_load_each_row_once() {
    let p = Portal::random(44);
    let project = waiting(&p);
    let mut all: Vec<Child> = (0..100).map(|_| start(&project, &[])).collect();
    let codes: Vec<_> = all.iter_mut().map(|child| ended(child, Duration::from_secs(120))).collect();
    let done = codes.iter().filter(|code| **code == Some(0)).count();
    assert!(done >= 1 && codes.iter().all(|code| matches!(code, Some(0 | 75))), "{codes:?}");
    let runs = support::project::read(&project.command().args(["runs", "--format", "csv"]).output().unwrap().stdout);
    assert_eq!(runs.rows.len(), done);
    assert_eq!(project.bytes("member_day", p.main), Project::loaded(&p).bytes("member_day", p.main));
}

fn drop_child(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// At any moment a signal ends the run at once with its own code, also when nobody reads what it says, and the next
/// run ends where one that was never stopped ends.
#[test]
fn a_signal_ends_a_run_wherever_it_is() {
    let p = Portal::random(41);
    let whole = Project::loaded(&p);
    let project = waiting(&p);
    let started = Instant::now();
    assert_eq!(ended(&mut start(&waiting(&p), &[]), Duration::from_secs(60)), Some(0));
    let takes = started.elapsed();
    let mut stopped = 0;
    for step in 0..12_u32 {
        let (signal, code) = [("-TERM", 143), ("-INT", 130), ("-HUP", 129)][step as usize % 3];
        let mut child = start(&project, &[]);
        std::thread::sleep(takes * step / 12);
        send(signal, &child);
        // A second one changes nothing.
        let _ = Command::new("kill").args([signal, &child.id().to_string()]).stderr(Stdio::null()).status();
        let got = ended(&mut child, Duration::from_secs(5));
        // Before the program watches for signals, the system ends it in the same way.
        assert!(got == Some(code) || got == Some(0), "{signal}: {got:?}");
        stopped += usize::from(got == Some(code));
    }
    assert!(stopped > 0);
    project.load();
    for table in ["member_day", "source_day", "ingest_files", "renewals"] {
        let without_run = |bytes: Vec<u8>| {
            let printed = support::project::read(&bytes);
            let skip = usize::from(printed.header[0] == "run_id");
            printed.rows.into_iter().map(|row| row[skip..].to_vec()).collect::<Vec<_>>()
        };
        assert_eq!(without_run(project.bytes(table, p.main)), without_run(whole.bytes(table, p.main)), "{table}");
    }
}

/// Who has stopped reading stderr does not keep the program from ending.
#[test]
fn a_signal_does_not_wait_for_who_reads() {
    let p = Portal::random(42);
    let project = waiting(&p);
    let lake = project.path("lake");
    fs::create_dir_all(&lake).unwrap();
    let folder = fs::File::open(&lake).unwrap();
    folder.lock().unwrap();
    // A pipe that is full: whatever is said next waits for its reader.
    let (reader, mut writer) = std::io::pipe().unwrap();
    let full = std::thread::spawn({
        let mut writer = writer.try_clone().unwrap();
        move || std::io::Write::write_all(&mut writer, &vec![b'.'; 1 << 20])
    });
    std::thread::sleep(Duration::from_millis(300));
    let mut command = project.command();
    command.args(["run", "load", "--wait", "1m"]).stderr(writer.try_clone().unwrap());
    let mut child = command.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    send("-TERM", &child);
    assert_eq!(ended(&mut child, Duration::from_secs(5)), Some(143));
    drop((command, reader));
    assert!(full.join().unwrap().is_err());
    assert!(std::io::Write::write(&mut writer, b"x").is_err());
}

/// The exit code of a run does not depend on who reads the list of its reports.
#[test]
fn a_run_whose_list_nobody_reads_is_done() {
    let p = Portal::random(43);
    let project = waiting(&p);
    project.write("ad_clicks/broken.csv", b"event_id,ts\n1,2\n");
    let report = "as_of = \"yesterday\"\n[[report]]\nname = \"run_summary\"\n";
    fs::write(project.path("pipelines/load.toml"), report).unwrap();
    for (stdout, expected) in [(Stdio::from(fs::File::create("/dev/full").unwrap()), 3), (Stdio::piped(), 3)] {
        fs::remove_dir_all(project.path("lake")).ok();
        let mut command = project.command();
        command.args(["run", "load", "--now", &project.now]).stdout(stdout).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(ended(&mut child, Duration::from_secs(60)), Some(expected));
    }
}
