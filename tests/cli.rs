//! The command line as its users meet it: exit codes, what goes to stdout and what to stderr.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot do")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use assert_cmd::cargo::cargo_bin;
use tempfile::TempDir;

/// Runs the program in a folder.
fn shoppulse(dir: &Path, args: &[&str]) -> Output {
    Command::new(cargo_bin!("shoppulse")).current_dir(dir).args(args).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The exit code must be this, and stderr must hold each part.
fn ends(dir: &Path, args: &[&str], expected: i32, parts: &[&str]) -> Output {
    let output = shoppulse(dir, args);
    let stderr = text(&output.stderr);
    assert_eq!(code(&output), expected, "{args:?}\n{stderr}");
    for part in parts {
        assert!(stderr.contains(part), "{args:?}: expected {part}, found\n{stderr}");
    }
    output
}

/// A new project, as `init` makes it.
fn project() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    ends(dir.path(), &["init", "."], 0, &["Next: put files into"]);
    dir
}

#[test]
fn a_new_project_is_right_and_is_never_overwritten() {
    let dir = project();
    let check = ends(dir.path(), &["check"], 0, &["pipelines: month-end, nightly, quarterly-strategy"]);
    assert!(text(&check.stdout).contains("shop_clicks: no file"), "{}", text(&check.stdout));

    fs::write(dir.path().join("shoppulse.toml"), "# mine").unwrap();
    ends(dir.path(), &["init", "."], 2, &["shoppulse.toml", "nothing was written"]);
    assert_eq!(fs::read_to_string(dir.path().join("shoppulse.toml")).unwrap(), "# mine");

    fs::remove_file(dir.path().join("shoppulse.toml")).unwrap();
    ends(dir.path(), &["init", "."], 2, &["nightly.toml"]);
    assert!(!dir.path().join("shoppulse.toml").exists());
}

#[test]
fn check_reads_files_by_the_sources_settings() {
    let dir = project();
    let settings = "[sources.shop_clicks]\nencoding = \"gb18030\"\ncolumns = { page = \"页面\" }\nts_format = \"epoch_s\"\n\
                    constants = { click_source = \"portal\" }\nevent_id = [\"ts\", \"company_id\", \"page\"]\n";
    fs::write(dir.path().join("shoppulse.toml"), settings).unwrap();
    // 页面 in GB18030, by Python's codec.
    let clicks = b"ts,company_id,click_source,\xd2\xb3\xc3\xe6\n1782869400,C1,x,\xca\xd7\nnow,C1,x,\n";
    fs::write(dir.path().join("incoming/shop_clicks.csv"), clicks).unwrap();
    let check = ends(dir.path(), &["check"], 0, &[]);
    for line in ["  ignored columns: click_source\n", "  shop_clicks.csv line 3: ts: bad_time\n"] {
        assert!(text(&check.stdout).contains(line), "{}", text(&check.stdout));
    }
    fs::write(dir.path().join("incoming/reps.csv"), b"\xff\xfer\0e\0p\0_\0i\0d\0").unwrap();
    let check = ends(dir.path(), &["check"], 3, &[]);
    assert!(text(&check.stdout).contains("reps.csv would be refused: the file is utf-16le by its byte order mark"));
    assert!(text(&check.stdout).contains("set `encoding = \"utf-16\"` under [sources.reps]"));
}

#[test]
fn every_problem_of_every_file_comes_at_once_with_the_nearest_key() {
    let dir = project();
    fs::write(
        dir.path().join("shoppulse.toml"),
        "[project]\ntime_zon = \"Asia/Shanghai\"\n[renewal]\ngrace_days = -1\n[sources.shop_clicks]\nmode = \"full\"\n",
    )
    .unwrap();
    fs::write(dir.path().join("pipelines/nightly.toml"), "as_off = \"yesterday\"\nschedule = \"nightly\"\n").unwrap();
    let expected = "shoppulse: the configuration has 5 problems:\n\
        pipelines/nightly.toml:1: unknown key `as_off`; expected `schedule`, `as_of`, `catch_up`, `ingest`, `marts`, \
        `expect`, `report`, `deliver`, `retention`; did you mean `as_of`?\n\
        pipelines/nightly.toml:2: `schedule` is \"nightly\"; expected a cron expression of five fields, as \
        \"30 2 * * *\" (five fields are needed)\n\
        shoppulse.toml:2: unknown key `project.time_zon`; expected `time_zone`, `language`, `currency`, `now`, \
        `holidays`; did you mean `time_zone`?\n\
        shoppulse.toml:4: `renewal.grace_days` is -1; expected a whole number from 0 to 3650\n\
        shoppulse.toml:6: `sources.shop_clicks.mode` is set, but it is for tables, and this source holds events; remove it\n";
    for command in [&["check"][..], &["run", "nightly"], &["table", "renewals"], &["schedule"], &["status"], &["runs"]]
    {
        let output = ends(dir.path(), command, 2, &[]);
        assert_eq!(text(&output.stderr), expected);
        assert!(output.stdout.is_empty());
    }
    assert!(!dir.path().join("lake").exists());
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_right() {
    let empty = tempfile::tempdir().unwrap();
    ends(empty.path(), &["run", "nightly"], 2, &["there is no shoppulse.toml here", "`shoppulse init DIR`"]);
    ends(empty.path(), &["--project", "nowhere", "check"], 2, &["nowhere: this folder cannot be opened"]);

    let dir = project();
    let known = "expected `month-end`, `nightly`, `quarterly-strategy`; did you mean `nightly`?";
    ends(dir.path(), &["run", "nighly"], 2, &["no pipeline `nighly`", known]);
    for (args, part) in [
        (&["table", "renewal"][..], "did you mean `renewals`?"),
        (&["table", "sales_forecast"], "not supported yet"),
        (&["table", "renewals", "--as-of", "2026-02-30"], "expected a date YYYY-MM-DD"),
        (&["table", "renewals", "--format", "xml"], "[possible values: csv, json, parquet, table]"),
        (&["run", "nightly", "--from", "2026-10-02", "--to", "2026-10-01"], "expected from <= to"),
        (&["run", "nightly", "--from", "2026-10-02"], "--to"),
        (&["run", "nightly", "--as-of", "2026-10-01", "--from", "2026-10-01", "--to", "2026-10-02"], "cannot be used"),
        (&["run", "nightly", "--now", "2026-10-01T00:00:00"], "with an offset"),
        (&["run", "nightly", "--wait", "soon"], "as 30m"),
        (
            &["sample", "--out", "x", "--companies", "0", "--from", "2026-01-01", "--to", "2026-02-01", "--seed", "1"],
            "0",
        ),
        (&["quarantine", "list", "--source", "shop_click"], "did you mean `shop_clicks`?"),
        (&["frobnicate"], "unrecognized subcommand"),
        (&[], "Usage"),
    ] {
        ends(dir.path(), args, 2, &[part]);
    }
    assert!(!dir.path().join("lake").exists() && !dir.path().join("x").exists());
}

#[test]
fn help_goes_to_stdout_with_0() {
    let dir = tempfile::tempdir().unwrap();
    for args in [&["--help"][..], &["run", "--help"], &["quarantine", "list", "--help"]] {
        let output = ends(dir.path(), args, 0, &[]);
        assert!(text(&output.stdout).contains("Examples:") && output.stderr.is_empty());
    }
}

/// A command whose reader has gone ends quietly.
#[test]
fn a_closed_pipe_is_no_crash() {
    let dir = project();
    for args in
        [&["schedule", "--systemd"][..], &["runs", "-q", "--format", "csv"], &["runs", "-q", "--format", "json"]]
    {
        let mut child = Command::new(cargo_bin!("shoppulse"))
            .current_dir(dir.path())
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((code(&output), text(&output.stderr)), (0, ""), "{args:?}");
    }
}

#[test]
fn schedules_have_absolute_paths_and_the_next_times() {
    let dir = project();
    let root = dir.path().canonicalize().unwrap();
    let now = ["--now", "2026-11-01T02:30:00+08:00"];
    let crontab = ends(dir.path(), &[&["schedule"], &now[..]].concat(), 0, &[]);
    let crontab = text(&crontab.stdout);
    assert!(crontab.contains("\nCRON_TZ=Asia/Shanghai\n"), "{crontab}");
    let next = "# nightly: next at 2026-11-02 02:30, 2026-11-03 02:30, 2026-11-04 02:30 (Asia/Shanghai)\n";
    let line = format!("30 2 * * * {} --project {} run nightly", cargo_bin!("shoppulse").display(), root.display());
    assert!(crontab.contains(&format!("{next}{line}\n")), "{crontab}");
    assert!(crontab.contains("# quarterly-strategy: next at 2027-01-08 06:00,"), "{crontab}");

    let units = ends(dir.path(), &[&["schedule", "--systemd"], &now[..]].concat(), 0, &[]);
    let units = text(&units.stdout);
    assert!(units.contains("OnCalendar=*-01,04,07,10-08 06:00:00 Asia/Shanghai\n"), "{units}");
    assert!(units.contains(&format!("--project \"{}\" run month-end\n", root.display())), "{units}");

    fs::write(dir.path().join("pipelines/often.toml"), "schedule = \"*/15 * * * *\"").unwrap();
    fs::write(dir.path().join("pipelines/by-hand.toml"), "").unwrap();
    ends(dir.path(), &["schedule", "--systemd"], 2, &["pipelines/often.toml", "use the crontab instead"]);
    let crontab = ends(dir.path(), &["schedule"], 0, &[]);
    assert!(text(&crontab.stdout).contains("# by-hand has no schedule: run it by hand\n"));
}

/// Before anything was loaded, lists are empty and a mart is an error that says what to do.
#[test]
fn an_empty_project_answers_every_question() {
    let dir = project();
    let hint = "nothing was ever loaded";
    let list = ends(dir.path(), &["quarantine", "list", "--format", "csv"], 0, &[hint]);
    assert_eq!(text(&list.stdout), "run_id,source,path,line,column,reason,raw\n");
    let runs = ends(dir.path(), &["runs", "--format", "csv"], 0, &[hint]);
    assert_eq!(text(&runs.stdout), "run_id,pipeline,started_at,status,exit_code,as_of,snapshot\n");
    ends(dir.path(), &["table", "renewals"], 1, &["the lake is empty", "`shoppulse run nightly`"]);
    ends(dir.path(), &["status"], 0, &[hint]);
    ends(dir.path(), &["table", "renewals", "-q"], 1, &["the lake is empty"]);
}

/// Contracts without the companies that marts need: the run fails, but what was taken in can be asked for.
#[test]
fn what_was_refused_can_be_listed_and_saved() {
    let dir = project();
    let contracts = "contract_id,company_id,plan,start_date,end_date,signed_on,amount\n\
                     K1,C1,basic,2026-01-01,2026-12-31,2025-12-20,1000\n\
                     K2,C2,basic,2026-01-01,2026-13-31,2025-12-20,1000\n\
                     K3,C3,basic,2026-01-01,2025-12-31,2025-12-20,1000\n";
    fs::write(dir.path().join("incoming/contracts.csv"), contracts).unwrap();
    fs::write(dir.path().join("pipelines/load.toml"), "marts = []").unwrap();
    let now = ["--now", "2026-11-01T02:30:00+08:00"];
    ends(
        dir.path(),
        &[&["run", "load"], &now[..]].concat(),
        0,
        &["3 rows read = 1 loaded + 0 duplicate + 2 quarantined"],
    );

    let args = ["quarantine", "list", "--reason", "bad_date", "--format", "csv"];
    let list = ends(dir.path(), &args, 0, &[]);
    let row = "1,contracts,contracts.csv,3,end_date,bad_date,\"K2,C2,basic,2026-01-01,2026-13-31,2025-12-20,1000\"\n";
    assert_eq!(text(&list.stdout), format!("run_id,source,path,line,column,reason,raw\n{row}"));
    // To a file, by its extension; the file appears whole.
    ends(dir.path(), &["quarantine", "list", "-o", "refused.parquet"], 0, &[]);
    assert_eq!(&fs::read(dir.path().join("refused.parquet")).unwrap()[..4], b"PAR1");
    ends(dir.path(), &["quarantine", "list", "-o", "nowhere/refused.csv"], 1, &["writing nowhere/refused.csv"]);

    let runs = ends(dir.path(), &["runs", "--format", "csv"], 0, &[]);
    assert!(text(&runs.stdout).contains("\n1,load,2026-10-31T18:30:00Z,ok,0,2026-10-31,"), "{}", text(&runs.stdout));
}

/// Every mode below the lake, the reports and the delivery, as `MODE`s of folders, files and lake.sqlite.
fn modes(dir: &Path) -> [std::collections::BTreeSet<String>; 3] {
    let mut modes = [const { std::collections::BTreeSet::new() }; 3];
    let mut open: Vec<_> = ["lake", "reports", "share"].map(|name| dir.join(name)).into();
    while let Some(path) = open.pop() {
        let about = path.symlink_metadata().unwrap();
        if about.is_symlink() {
            continue;
        }
        let kind = usize::from(!about.is_dir()) + usize::from(path.ends_with("lake.sqlite"));
        modes[kind].insert(format!("{:o}", about.permissions().mode() & 0o7777));
        if about.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|e| e.unwrap().path()));
        }
    }
    modes
}

/// Whatever the shell's umask is: the project's setting decides.
#[test]
fn lake_reports_and_copies_are_as_open_as_the_project_says() {
    let one = |mode: &str| std::collections::BTreeSet::from([mode.to_string()]);
    for (shell, setting, [folders, files, copy]) in [
        ("000", "", ["700", "600", "400"]),
        ("077", "[storage]\numask = \"022\"\n", ["755", "644", "444"]),
        ("022", "[storage]\numask = \"027\"\n", ["750", "640", "440"]),
    ] {
        let dir = project();
        fs::write(dir.path().join("shoppulse.toml"), setting).unwrap();
        let clicks = "event_id,ts,company_id\nm1,2026-10-30T09:00:00,C1\nm2,2026-10-31T09:00:00,C1\n";
        fs::write(dir.path().join("incoming/messages.csv"), clicks).unwrap();
        let pipeline = "marts = []\n[[report]]\nname = \"run_summary\"\naudience = \"ops\"\nformats = [\"json\"]\n\
                        [[deliver]]\nreport = \"run_summary\"\ncopy_to = \"share\"\n";
        fs::write(dir.path().join("pipelines/load.toml"), pipeline).unwrap();
        let script = format!(
            "umask {shell}; exec {} run load --now 2026-11-01T02:30:00+08:00",
            cargo_bin!("shoppulse").display()
        );
        let output = Command::new("sh").current_dir(dir.path()).args(["-c", &script]).output().unwrap();
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        assert_eq!(modes(dir.path()), [one(folders), one(files), one(copy)], "umask {shell}, {setting}");
    }
    let dir = project();
    fs::write(dir.path().join("shoppulse.toml"), "[storage]\numask = \"700\"\n").unwrap();
    ends(dir.path(), &["check"], 2, &["`storage.umask` is \"700\"; expected octal digits in quotes"]);
}

/// A changed byte is found, named with what to do, and ends with 1; a run that is on is not disturbed.
#[test]
fn the_lake_is_proved() {
    let dir = project();
    ends(dir.path(), &["verify"], 0, &["0 files", "the lake is sound"]);
    let messages = "event_id,ts,company_id\nm1,2026-10-30T09:00:00,C1\n";
    fs::write(dir.path().join("incoming/messages.csv"), messages).unwrap();
    fs::write(dir.path().join("pipelines/load.toml"), "marts = []").unwrap();
    ends(dir.path(), &["run", "load", "--now", "2026-11-01T02:30:00+08:00"], 0, &[]);
    let sound = ends(dir.path(), &["verify"], 0, &["3 files", "the lake is sound"]);
    assert_eq!(text(&sound.stdout), "");

    let day = dir.path().join("lake/data/main/messages");
    let file = fs::read_dir(day).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&file).unwrap();
    bytes[100] ^= 1;
    fs::write(&file, bytes).unwrap();
    let found = ends(dir.path(), &["verify", "--quick"], 1, &["1 problem"]);
    let found = text(&found.stdout);
    assert!(found.starts_with("problem hash data/main/messages/2026-10-30-"), "{found}");
    let line = found.lines().next().unwrap();
    assert!(line.contains("from a backup") && line.ends_with("Its rows came from messages.csv (run 1)"), "{found}");
    let table = ends(dir.path(), &["verify", "--quick", "--format", "csv"], 1, &[]);
    assert!(text(&table.stdout).starts_with("problem,check,place,found,todo\ntrue,hash,data/main/messages/"));

    ends(dir.path(), &["quarantine", "retry"], 0, &["no refused file"]);
    ends(dir.path(), &["quarantine", "retry", "--path", "nosuch.csv"], 2, &["no refused file `nosuch.csv`"]);
    let lock = fs::File::open(dir.path().join("lake/run.lock")).unwrap();
    lock.lock().unwrap();
    ends(dir.path(), &["verify"], 75, &["another run holds the project"]);
    ends(dir.path(), &["quarantine", "retry"], 75, &["another run holds the project"]);
}

/// The names that a pipeline may use are those that can be printed.
#[test]
fn marts_of_the_configuration_are_the_marts_there_are() {
    let mut known = shoppulse::config::names::MARTS.to_vec();
    let mut there: Vec<_> = shoppulse::marts::MARTS.iter().map(|m| m.spec.name).collect();
    known.sort_unstable();
    there.sort_unstable();
    assert_eq!(known, there);
}

/// One run holds the project; another ends with 75, waits when told to, and can be interrupted while it does.
#[test]
fn a_project_that_is_held_and_a_run_that_is_interrupted() {
    let dir = project();
    fs::create_dir(dir.path().join("lake")).unwrap();
    let lock = fs::File::create(dir.path().join("lake/run.lock")).unwrap();
    lock.lock().unwrap();
    ends(dir.path(), &["run", "nightly"], 75, &["another run holds the project"]);
    for (signal, expected) in [("-INT", 130), ("-TERM", 143)] {
        let child = Command::new(cargo_bin!("shoppulse"))
            .current_dir(dir.path())
            .args(["run", "nightly", "--wait", "1m"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(500));
        Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(code(&output), expected);
        assert!(text(&output.stderr).contains("nothing is half done"));
    }
}

/// A project whose pipeline hands its run summary to a program.
fn delivering(command: &str) -> TempDir {
    let dir = project();
    let pipeline = format!(
        "marts = []\n[[report]]\nname = \"run_summary\"\nformats = [\"html\", \"json\"]\n\
         [[deliver]]\nreport = \"run_summary\"\n{command}\n"
    );
    fs::write(dir.path().join("pipelines/load.toml"), pipeline).unwrap();
    dir
}

/// A report goes to a program; where that fails, the run counts, the reports stand, and the exit code says so.
#[test]
fn a_report_is_handed_to_a_program() {
    let now = "2026-11-01T02:30:00+08:00";
    let dir = delivering("command = [\"cp\", \"{path}\", \"taken-{as_of}-{report}\"]\nformats = [\"json\"]");
    ends(dir.path(), &["check"], 0, &[]);
    ends(dir.path(), &["run", "load", "--now", now, "--dry-run"], 0, &[]);
    assert!(!dir.path().join("taken-2026-10-31-run_summary").exists(), "a dry run delivers nothing");
    ends(dir.path(), &["run", "load", "--now", now], 0, &[]);
    let taken = fs::read_to_string(dir.path().join("taken-2026-10-31-run_summary")).unwrap();
    assert!(taken.contains("\"run_id\": 1,"), "{taken}");

    let dir = delivering("command = [\"sh\", \"-c\", \"echo no route >&2; exit 3\"]");
    let ended =
        ends(dir.path(), &["run", "load", "--now", now], 4, &["not delivered: sh for", "it ended with 3: no route"]);
    assert_eq!(text(&ended.stderr).matches("not delivered").count(), 1, "equal calls are made once");
    assert!(dir.path().join("reports/run_summary/latest/run_summary-all.html").exists());
    ends(dir.path(), &["verify"], 0, &["the lake is sound"]);
    let runs = ends(dir.path(), &["runs", "--format", "csv"], 0, &[]);
    assert!(text(&runs.stdout).contains(",delivery_failed,4,2026-10-31,"), "{}", text(&runs.stdout));

    let dir = delivering("command = [\"./send\", \"{path}\"]");
    let check = ends(dir.path(), &["check"], 4, &[]);
    assert!(text(&check.stdout).contains("load: run_summary would not be delivered: ./send is not there"));
    for (setting, said) in [
        ("command = []", "`deliver[1].command` is []; expected a program and its arguments"),
        ("command = \"send {path}\"", "a list in brackets"),
        ("command = [\"send\", \"{pth}\"]", "did you mean `path`?"),
        ("command = [\"{path}\"]", "without placeholders"),
        ("command = [\"send\"]\ncopy_to = \"x\"", "has `copy_to` and `command`"),
        ("command = [\"send\"]\ntimeout_s = 0", "from 1 to 3600"),
        ("copy_to = \"x\"\ntimeout_s = 5", "is set without `command`"),
    ] {
        ends(delivering(setting).path(), &["check"], 2, &[said]);
    }
}

/// Ended while a program works, the run stands and the program is ended too.
#[test]
fn a_delivery_is_interrupted_with_its_program() {
    let dir = delivering("command = [\"sh\", \"-c\", \"echo $$ > started; exec sleep 100\"]");
    let child = Command::new(cargo_bin!("shoppulse"))
        .current_dir(dir.path())
        .args(["run", "load", "--now", "2026-11-01T02:30:00+08:00"])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let wait = |done: &dyn Fn() -> bool| {
        (0..1000).any(|_| done() || (std::thread::sleep(std::time::Duration::from_millis(10)), false).1)
    };
    let started = || fs::read_to_string(dir.path().join("started")).is_ok_and(|pid| pid.ends_with('\n'));
    assert!(wait(&started));
    let program = fs::read_to_string(dir.path().join("started")).unwrap();
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert_eq!(code(&child.wait_with_output().unwrap()), 143);
    let stat = format!("/proc/{}/stat", program.trim());
    let gone = || fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
    assert!(wait(&gone), "the program still runs");
    assert!(dir.path().join("reports/run_summary/latest/run_summary-all.html").exists());
}

/// bash itself completes commands, marts and options by the script.
#[test]
fn a_shell_completes_commands_and_marts() {
    let dir = tempfile::tempdir().unwrap();
    // fish is offered commands and options alone.
    for (shell, name) in [("bash", "renewal_risk"), ("zsh", "renewal_risk"), ("fish", "quarantine")] {
        let script = ends(dir.path(), &["completions", shell], 0, &[]);
        assert!(text(&script.stdout).contains(name), "{shell}");
    }
    let script = ends(dir.path(), &["completions", "bash"], 0, &[]);
    fs::write(dir.path().join("complete"), &script.stdout).unwrap();
    let ask = "source ./complete; COMP_WORDS=(shoppulse table renewal_r); COMP_CWORD=2; _shoppulse shoppulse renewal_r table; \
               printf '%s ' \"${COMPREPLY[@]}\"";
    let bash = Command::new("bash").current_dir(dir.path()).args(["-c", ask]).output().unwrap();
    let mut offered: Vec<&str> = text(&bash.stdout).split_whitespace().collect();
    offered.sort_unstable();
    assert_eq!(offered, ["renewal_rates", "renewal_reasons", "renewal_risk"], "{}", text(&bash.stderr));
    ends(dir.path(), &["completions", "csh"], 2, &["possible values: bash"]);
}
