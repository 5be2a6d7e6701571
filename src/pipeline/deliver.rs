//! Step 8, after the commit: published files are copied to a folder, or handed to a program.
//!
//! ```text
//! files of the report, by path ─► copy_to: each by temporary name and rename
//!                              └► command: once for each file; calls with equal arguments once
//! ```
//!
//! A program is started by its argument list, in the project's folder, without a shell, without input, in a process group of
//! its own; after its time limit the group is ended, first politely. A file that cannot be delivered keeps no other one back.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::config::{DeliverConfig, DeliverTo};
use crate::domain::placeholders::filled as fill;
use crate::domain::printable::printable;

use super::publish;
use super::run::Staged;

/// What a program may still do after it was asked to end.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// The end of a program's output that is looked at for what it said last.
const TAIL: u64 = 4096;
/// Characters of it that are told.
const TOLD: usize = 200;

/// The program that runs at the moment, so that whoever ends us can end it.
static RUNNING: Mutex<Option<Pid>> = Mutex::new(None);

/// Why a file was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    #[error(transparent)]
    Copy(#[from] publish::PublishError),
    #[error("{program} cannot be started: {source}; is it there, and may it be executed?")]
    Start { program: String, source: io::Error },
    #[error("{program} for {path}: {source}")]
    Wait { program: String, path: String, source: io::Error },
    #[error("{program} for {path}: not done after {} s (`timeout_s`), ended{said}", .limit.as_secs())]
    TimedOut { program: String, path: String, limit: Duration, said: String },
    #[error("{program} for {path}: {how}{said}")]
    Failed { program: String, path: String, how: String, said: String },
}

/// Delivers what was published; returns what failed.
pub(super) fn deliver(
    deliveries: &[DeliverConfig],
    staged: &[Staged],
    reports: &Path,
    root: &Path,
) -> Vec<DeliverError> {
    let mut failures = Vec::new();
    for delivery in deliveries {
        let wanted = |s: &&Staged| s.report == delivery.report && has_format(delivery, &s.path);
        let mut files: Vec<&Staged> = staged.iter().filter(wanted).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        match &delivery.to {
            DeliverTo::Folder(folder) => {
                let files: Vec<PathBuf> = files.iter().map(|s| reports.join(&s.path)).collect();
                failures.extend(publish::copy(&files, reports, folder).err().map(DeliverError::from));
            }
            DeliverTo::Command { arguments, timeout } => {
                let mut called: Vec<Vec<String>> = Vec::new();
                for file in files {
                    let call = filled(arguments, file, reports);
                    if !called.contains(&call) {
                        failures.extend(hand_over(&call, &file.path, *timeout, root).err());
                        called.push(call);
                    }
                }
            }
        }
    }
    failures
}

/// The program of a delivery if it is nowhere to be found, or may not be executed.
pub fn missing_program<'d>(delivery: &'d DeliverConfig, root: &Path) -> Option<&'d str> {
    let DeliverTo::Command { arguments, .. } = &delivery.to else { return None };
    let program = arguments.first()?;
    let there = |path: PathBuf| path.is_file() && rustix::fs::access(&path, rustix::fs::Access::EXEC_OK).is_ok();
    let found = match named(program, root) {
        path if program.contains('/') => there(path),
        name => {
            std::env::var_os("PATH").is_some_and(|all| std::env::split_paths(&all).any(|dir| there(dir.join(&name))))
        }
    };
    (!found).then_some(program)
}

/// A name without a slash is looked up in PATH; any other stands in the project, or is absolute.
fn named(program: &str, root: &Path) -> PathBuf {
    if program.contains('/') { root.join(program) } else { PathBuf::from(program) }
}

/// Ends the program that runs at the moment, if any.
pub fn stop_running() {
    if let Some(group) = RUNNING.lock().ok().and_then(|mut running| running.take()) {
        let _ = kill_process_group(group, Signal::TERM);
    }
}

fn has_format(delivery: &DeliverConfig, path: &Path) -> bool {
    let Some(formats) = &delivery.formats else { return true };
    path.extension().is_some_and(|ext| formats.iter().any(|f| ext == f.ext()))
}

/// The arguments of one file. A path is absolute, so that it is never taken for an option.
fn filled(arguments: &[String], file: &Staged, reports: &Path) -> Vec<String> {
    let path = reports.join(&file.path).to_string_lossy().into_owned();
    let as_of = file.as_of.to_string();
    let value = |name: &str| match name {
        "path" => Some(path.as_str()),
        "report" => Some(file.report.as_str()),
        "as_of" => Some(as_of.as_str()),
        _ => None,
    };
    arguments.iter().map(|argument| fill(argument, value)).collect()
}

/// Runs a program to its end or its limit.
fn hand_over(call: &[String], path: &Path, limit: Duration, root: &Path) -> Result<(), DeliverError> {
    let program = call[0].clone();
    let path = path.display().to_string();
    let start = |source| DeliverError::Start { program: program.clone(), source };
    // A file, no pipe: nothing that the program leaves behind can keep us waiting.
    let mut output = tempfile::tempfile().map_err(start)?;
    let (out, err) = (output.try_clone().map_err(start)?, output.try_clone().map_err(start)?);
    let mut command = Command::new(named(&program, root));
    command.args(&call[1..]).current_dir(root).stdin(Stdio::null()).stdout(out).stderr(err).process_group(0);
    let mut child = command.spawn().map_err(start)?;
    let group = Pid::from_raw(child.id() as i32);
    set_running(group);
    let ended = wait(&mut child, group, limit);
    set_running(None);
    let mut said = || last_line(&mut output);
    match ended {
        Err(source) => Err(DeliverError::Wait { program, path, source }),
        Ok(None) => Err(DeliverError::TimedOut { said: said(), program, path, limit }),
        Ok(Some(status)) if !status.success() => {
            Err(DeliverError::Failed { said: said(), program, path, how: how(status) })
        }
        Ok(Some(_)) => Ok(()),
    }
}

fn set_running(group: Option<Pid>) {
    if let Ok(mut running) = RUNNING.lock() {
        *running = group;
    }
}

/// The status of a program that ended by itself; `None` of one that had to be ended.
fn wait(child: &mut Child, group: Option<Pid>, limit: Duration) -> io::Result<Option<ExitStatus>> {
    if let Some(status) = wait_until(child, Instant::now() + limit)? {
        return Ok(Some(status));
    }
    let signal = |signal| group.map(|group| kill_process_group(group, signal));
    let _ = signal(Signal::TERM);
    wait_until(child, Instant::now() + LAST_WORDS)?;
    // Also what the program itself started and left.
    let _ = signal(Signal::KILL);
    child.wait()?;
    Ok(None)
}

fn wait_until(child: &mut Child, end: Instant) -> io::Result<Option<ExitStatus>> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("it ended with {code}"),
        (None, Some(signal)) => format!("it was ended by signal {signal}"),
        (None, None) => "it failed".into(),
    }
}

/// What a program said last, cut and on one line; empty when it said nothing.
fn last_line(output: &mut File) -> String {
    let mut read = || -> io::Result<Vec<u8>> {
        let length = output.seek(SeekFrom::End(0))?;
        output.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut tail = Vec::new();
        output.take(TAIL).read_to_end(&mut tail)?;
        Ok(tail)
    };
    let tail = read().unwrap_or_default();
    let text = String::from_utf8_lossy(&tail);
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    let told = |line: &str| printable(&line.chars().take(TOLD).collect::<String>()).into_owned();
    line.map(|line| format!(": {}", told(line))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Day;

    fn staged(path: &str) -> Staged {
        Staged { report: "r".into(), as_of: Day::parse("2026-10-31").unwrap(), path: path.into(), is_page: true }
    }

    fn command(arguments: &[&str], timeout_ms: u64) -> DeliverConfig {
        let arguments = arguments.iter().map(|a| a.to_string()).collect();
        let to = DeliverTo::Command { arguments, timeout: Duration::from_millis(timeout_ms) };
        DeliverConfig { report: "r".into(), formats: None, to }
    }

    fn failures(delivery: DeliverConfig, root: &Path) -> Vec<String> {
        let files = [staged("b $(touch x).csv"), staged("a.html")];
        deliver(&[delivery], &files, &root.join("reports"), root).iter().map(|e| e.to_string()).collect()
    }

    /// Each file once, in order of its path, as one argument that no shell has read.
    #[test]
    fn a_program_gets_each_file_as_one_argument() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let script = "#!/bin/sh\nprintf '%s|' \"$@\" >> calls\nread line && echo input >> calls\necho >> calls\n";
        std::fs::write(root.join("send"), script).unwrap();
        let failed = failures(command(&["/bin/sh", "./send", "{path}", "{{as_of}", "", "$HOME;*"], 9000), root);
        assert_eq!(failed, Vec::<String>::new());
        let reports = root.join("reports").display().to_string();
        let call = |file: &str| format!("{reports}/{file}|{{2026-10-31||$HOME;*|\n");
        assert_eq!(std::fs::read_to_string(root.join("calls")).unwrap(), call("a.html") + &call("b $(touch x).csv"));
        // Without `{path}` the calls are the same one.
        assert_eq!(failures(command(&["/bin/sh", "./send", "{report}"], 9000), root), Vec::<String>::new());
        assert!(std::fs::read_to_string(root.join("calls")).unwrap().ends_with("|\nr|\n"));
        let only = DeliverConfig {
            formats: Some(vec![crate::config::ReportFormat::Csv]),
            ..command(&["false", "{path}"], 9000)
        };
        assert_eq!(failures(only, root), ["false for b $(touch x).csv: it ended with 1"]);
    }

    #[test]
    fn what_a_program_did_wrong_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let failed =
            failures(command(&["sh", "-c", "echo first; echo '  no route\u{1b}[2J' >&2; echo; exit 7"], 9000), root);
        assert_eq!(failed, ["sh for a.html: it ended with 7: no route\\u{1b}[2J"]);
        let failed = failures(command(&["sh", "-c", "kill -9 $$"], 9000), root);
        assert_eq!(failed, ["sh for a.html: it was ended by signal 9"]);
        let failed = failures(command(&["./nowhere"], 9000), root);
        assert!(failed[0].starts_with("./nowhere cannot be started: No such file"), "{failed:?}");
    }

    /// Neither the program nor what it started and what holds its output survives the limit.
    #[test]
    fn a_program_that_does_not_end_is_ended_with_all_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let script = "trap '' TERM; (trap '' TERM; sleep 60; touch alive) & echo $! > child; echo busy; while :; do sleep 1; done";
        let failed = failures(command(&["sh", "-c", script], 300), root);
        assert_eq!(failed, ["sh for a.html: not done after 0 s (`timeout_s`), ended: busy"]);
        let child: i32 = std::fs::read_to_string(root.join("child")).unwrap().trim().parse().unwrap();
        let gone = || {
            let state = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
            state.is_empty() || state.contains(") Z ")
        };
        let waited = (0..200).any(|_| {
            gone() || {
                thread::sleep(Duration::from_millis(10));
                false
            }
        });
        assert!(waited, "what the program started still runs");
    }
}
