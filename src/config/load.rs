//! All files of a project's configuration, read together.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::problem::{ConfigErrors, Problem};
use super::read::File;
use super::retention::Said;
use super::{Config, pipeline, project};
use crate::domain::hex;

/// Reads `shoppulse.toml` and `pipelines/*.toml` below a folder.
///
/// # Errors
/// Every problem of every file, by file and line.
pub fn load(root: &Path) -> Result<Config, ConfigErrors> {
    let missing = |found: String| {
        let todo = "expected a project; make one with `shoppulse init DIR`, or name one with `--project DIR`";
        ConfigErrors::one(root.display().to_string(), format!("{found}; {todo}"))
    };
    let root = fs::canonicalize(root).map_err(|e| missing(format!("this folder cannot be opened ({e})")))?;
    if !root.join(PROJECT_FILE).exists() {
        return Err(missing(format!("there is no {PROJECT_FILE} here")));
    }

    let mut problems = Vec::new();
    let mut hash = Sha256::new();
    let mut text_of = |name: &str| {
        let read = fs::read(root.join(name)).map_err(|e| e.to_string());
        let text = read.and_then(|bytes| {
            hash.update(format!("{name}\0{}\0", bytes.len()));
            hash.update(&bytes);
            String::from_utf8(bytes).map_err(|e| format!("{e}, expected UTF-8"))
        });
        text.map_err(|e| Problem { file: name.to_string(), line: None, text: format!("cannot be read: {e}") })
    };

    let (mut found, mut retention) = (None, Said::nothing());
    match text_of(PROJECT_FILE) {
        Err(problem) => problems.push(problem),
        Ok(text) => {
            let file = File::new(PROJECT_FILE, &text);
            if let Some(table) = file.parse() {
                (found, retention) = project::read(&file.root(&table), &root);
            }
            problems.extend(file.into_problems());
        }
    }
    let mut pipelines = BTreeMap::new();
    for name in pipeline_names(&root, &mut problems) {
        let path = format!("{PIPELINES}/{name}.toml");
        match text_of(&path) {
            Err(problem) => problems.push(problem),
            Ok(text) => {
                let file = File::new(path, &text);
                if let Some(table) = file.parse() {
                    pipelines.insert(name.clone(), pipeline::read(&file.root(&table), &name, &root, &retention));
                }
                problems.extend(file.into_problems());
            }
        }
    }
    problems.sort();
    match found {
        Some(mut project) if problems.is_empty() => {
            project.retention = retention.settled(pipelines.values().map(|p| p.keep_reports));
            project.fingerprint = hex(&hash.finalize());
            Ok(Config { project, pipelines })
        }
        _ => Err(ConfigErrors(problems)),
    }
}

const PROJECT_FILE: &str = "shoppulse.toml";
const PIPELINES: &str = "pipelines";

/// The pipelines' names in byte order; a folder that is not there holds none.
fn pipeline_names(root: &Path, problems: &mut Vec<Problem>) -> Vec<String> {
    let mut problem = |file: String, text: String| problems.push(Problem { file, line: None, text });
    let entries = match fs::read_dir(root.join(PIPELINES)) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(e) => {
            problem(PIPELINES.to_string(), format!("cannot be read: {e}"));
            return Vec::new();
        }
    };
    let mut names = Vec::new();
    for file in entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()) {
        let Some(name) = file.strip_suffix(".toml").filter(|_| !file.starts_with(['.', '_'])) else { continue };
        if pipeline::good_name(name) {
            names.push(name.to_string());
        } else {
            let text = "the file's name is the pipeline's; expected letters, digits, `-` and `_`".to_string();
            problem(format!("{PIPELINES}/{file}"), text);
        }
    }
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::super::Keep;
    use super::*;

    /// The problems of a project whose files have these texts.
    fn problems(project: &str, nightly: &str) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(PROJECT_FILE), project).unwrap();
        fs::create_dir(dir.path().join(PIPELINES)).unwrap();
        fs::write(dir.path().join("pipelines/nightly.toml"), nightly).unwrap();
        load(dir.path()).err().map_or(Vec::new(), |e| e.0.iter().map(|p| p.to_string()).collect())
    }

    /// Each case: the text, and a part of the one problem that it has.
    fn each(cases: &[(&str, &str)], problems: impl Fn(&str) -> Vec<String>) {
        for (text, part) in cases {
            let found = problems(text);
            assert!(found.len() == 1 && found[0].contains(part), "{text}\n expected: {part}\n found: {found:#?}");
        }
    }

    #[test]
    fn empty_files_are_a_project() {
        assert_eq!(problems("", ""), Vec::<String>::new());
    }

    #[test]
    fn what_shoppulse_toml_may_not_say() {
        let cases = [
            ("[renewl]\ngrace_days = 1", "shoppulse.toml:1: unknown key `renewl`; expected"),
            (
                "\n[renewal]\n\ngrace_day = 1",
                ":4: unknown key `renewal.grace_day`; expected `grace_days`; did you mean `grace_days`?",
            ),
            ("renewal.grace_days = -1", ":1: `renewal.grace_days` is -1; expected a whole number from 0 to 3650"),
            ("renewal.grace_days = \"30\"", "`renewal.grace_days` is \"30\"; expected a whole number"),
            ("renewal = 3", "`renewal` is 3; expected a section `[renewal]`"),
            (
                "[project]\ntime_zone = \"Asia/Shangai\"",
                ":2: `project.time_zone` is \"Asia/Shangai\"; expected the IANA name",
            ),
            ("project.language = \"zh\"", "expected `en`, `zh-Hans`, `zh-Hant`; did you mean `zh-Hans`?"),
            ("project.currency = \"yuan\"", "ISO 4217"),
            ("project.now = \"2026-11-01T02:30:00\"", "with an offset"),
            (
                "project.holidays = [\n2026-10-01,\n\"2026-10-32\"]",
                ":3: `project.holidays[2]` is \"2026-10-32\"; expected a date",
            ),
            ("risk.horizon_days = 0", "from 1 to"),
            ("risk.holdout = 1", "a share from 0 to below 1"),
            ("risk.call_effect = nan", "from -10 to 10"),
            ("risk.bands = { high = 0.9 }", "expected high <= medium"),
            ("risk.bands.high = 1.5", "a number from 0 to 1"),
            ("storage.incoming = \"lake/in\"", "inside `storage.lake`"),
            ("storage.reports = \"./incoming\"", "expected two folders"),
            ("playbook.tenure = \"call now\"", "an action's code"),
            ("playbook.inquiry_level = \"call\"", "did you mean `inquiries_level`?"),
            (
                "[retention]\nsnapshot_days = 400",
                ":2: unknown key `retention.snapshot_days`; expected `snapshots_days`",
            ),
            ("privacy.visitor_ids = \"hashed\"", "expected `hash`, `plain`, `drop`; did you mean `hash`?"),
            ("privacy.key_file = \"lake/visitor.key\"", "outside `storage.lake`"),
            ("sources.shop_click.format = \"csv\"", "unknown source `shop_click`; expected `shop_clicks`, "),
            (
                "sources.calls.format = \"cvs\"",
                "expected `csv`, `tsv`, `jsonl`, `parquet`, `xlsx`; did you mean `csv`?",
            ),
            ("sources.calls.delimiter = \"；\"", "one ASCII character"),
            ("sources.calls.delimiter = '\"'", "one ASCII character"),
            ("sources.calls = { delimiter = \";\", format = \"jsonl\" }", "have no delimiter"),
            ("sources.calls.max_bad_ratio = 1.01", "a number from 0 to 1"),
            ("sources.calls.columns.tss = \"time\"", "unknown column of calls `tss`; expected `event_id`, `ts`"),
            ("sources.calls.columns.ts = \"rep_id\"", "the file's column `rep_id` stands for `ts` and for `rep_id`"),
            ("[project]\nnow = 1\nnow = 2", ":3: duplicate key"),
        ];
        each(&cases, |text| problems(text, ""));
    }

    #[test]
    fn what_a_pipeline_may_not_say() {
        let cases = [
            ("schedul = \"\"", "pipelines/nightly.toml:1: unknown key `schedul`; expected `schedule`"),
            ("schedule = \"30 25 * * *\"", "a cron expression of five fields"),
            ("schedule = \"@daily\"", "five fields are needed"),
            ("as_of = \"yesterdy\"", "did you mean `yesterday`?"),
            ("catch_up = \"none\"", "expected `latest`, `all`"),
            ("ingest = [\"shop_clics\"]", "did you mean `shop_clicks`?"),
            ("ingest = \"*\"", "a list in brackets"),
            ("marts = [\"*\", \"deals\"]", "\"*\" alone"),
            ("marts = [\"renewal\"]", "did you mean `renewals`?"),
            ("marts = [\"sales_forecast\"]", "not supported yet"),
            ("retention.reports_days = 0", "from 1 to 36500, or \"forever\""),
            ("retention.reports_days = \"for ever\"", "from 1 to 36500, or \"forever\""),
            ("[retention]\nsnapshots_days = 500", "unknown key `retention.snapshots_days`; expected `reports_days`"),
            ("expect.companies.min_ratio = 0.3", "unknown event source `companies`; expected `shop_clicks`"),
            ("expect.calls = {}", "`expect.calls` expects nothing"),
            ("expect.calls.min_ratio = 30", "a number from 0 to 1"),
            ("expect.calls = { max_age_h = 0 }", "above 0"),
            ("expect.calls = { max_age_h = 30, on_breach = \"halt\" }", "`warn`, `stamp`, `stop`"),
            ("[report]\nname = \"run_summary\"", "a list in brackets"),
            ("[[report]]\nformats = [\"html\"]", "`report[1]` has no `name`"),
            (
                "[[report]]\nname = \"month_report\"",
                ":2: `report[1].name` is \"month_report\", which is not supported yet",
            ),
            ("[[report]]\nname = \"risk\"", "expected `renewal_risk`"),
            ("[[report]]\nname = \"run_summary\"\naudience = \"sale\"", "did you mean `sales`?"),
            ("[[report]]\nname = \"renewal_risk\"\nformats = [\"pdf\"]", "`html`, `xlsx`, `csv`, `json`"),
            ("[[report]]\nname = \"renewal_risk\"\nformats = [\"csv\", \"csv\"]", "names csv again"),
            (
                "[[report]]\nname = \"strategy_review\"\nsplit_by = \"segment\"",
                "cannot be split; remove it (only `renewal_risk` can)",
            ),
            ("[[report]]\nname = \"renewal_risk\"\nsplit_by = \"rep_id\"", "did you mean `service_rep_id`?"),
            ("[[report]]\nname = \"renewal_risk\"\npath = \"../x-{ext}\"", "below `storage.reports`"),
            ("[[report]]\nname = \"renewal_risk\"\npath = \"/x-{ext}\"", "below `storage.reports`"),
            ("[[report]]\nname = \"renewal_risk\"\npath = \"{asof}.{ext}\"", "did you mean `as_of`?"),
            ("[[report]]\nname = \"renewal_risk\"\npath = \"{as_of.{ext}\"", "braces in pairs"),
            (
                "[[report]]\nname = \"renewal_risk\"\nsplit_by = \"service_rep_id\"\npath = \"x.{ext}\"",
                "a path with `{split}`",
            ),
            (
                "[[report]]\nname = \"renewal_risk\"\nformats = [\"html\", \"csv\"]\npath = \"x.html\"",
                "a path with `{ext}`",
            ),
            (
                "[[report]]\nname = \"renewal_risk\"\n[[report]]\nname = \"renewal_risk\"\naudience = \"sales\"",
                ":3: `report[2]` writes `renewal_risk/{as_of}/renewal_risk-{split}.html`",
            ),
            (
                "[[report]]\nname = \"run_summary\"\n[[deliver]]\nreport = \"run_sumary\"\ncopy_to = \"x\"",
                "did you mean `run_summary`?",
            ),
            ("[[report]]\nname = \"run_summary\"\n[[deliver]]\nreport = \"run_summary\"", "has neither `copy_to`"),
            ("[[deliver]]\nreport = \"run_summary\"\ncommand = [\"x\"]", "has no `[[report]]`"),
        ];
        each(&cases, |text| problems("", text));
    }

    /// A report outlives no snapshot that it was made from.
    #[test]
    fn snapshots_are_kept_as_long_as_reports() {
        let both = |project: &str, nightly: &str| problems(project, nightly);
        for (project, nightly, parts) in [
            ("retention.snapshots_days = 399", "", ["is 400, its default", "is 399"]),
            ("retention.snapshots_days = 90", "retention.reports_days = 91", ["is 91, but", "is 90"]),
            (
                "retention.snapshots_days = 900",
                "retention.reports_days = \"forever\"",
                ["is \"forever\", but", "is 900"],
            ),
        ] {
            let found = both(project, nightly);
            assert!(found.len() == 1 && parts.iter().all(|part| found[0].contains(part)), "{found:#?}");
        }
        for (project, nightly) in [
            ("retention.snapshots_days = 90", "retention.reports_days = 90"),
            ("retention = { snapshots_days = 90, reports_days = 90 }", ""),
            ("retention.snapshots_days = \"forever\"", "retention.reports_days = \"forever\""),
            ("", "retention.reports_days = 1000"),
        ] {
            assert_eq!(both(project, nightly), Vec::<String>::new());
        }
        let said = Said::nothing();
        assert_eq!(said.settled([Keep::Days(30), Keep::Days(1000)].into_iter()).snapshots, Keep::Days(1000));
        assert_eq!(said.settled([Keep::Days(30)].into_iter()).snapshots, Keep::Days(400));
    }

    #[test]
    fn all_problems_of_all_files_come_at_once_by_file_and_line() {
        let found = problems("[project]\nnow = 1\nzone = 2\n[risk]\nseed = -1", "marts = 3\nas_of = 4");
        let places: Vec<_> = found.iter().map(|p| p.split(": ").next().unwrap()).collect();
        let toml = "pipelines/nightly.toml";
        assert_eq!(
            places,
            [&format!("{toml}:1"), &format!("{toml}:2"), "shoppulse.toml:2", "shoppulse.toml:3", "shoppulse.toml:5"]
        );
        // A file that is no TOML does not hide the other's problems.
        assert_eq!(problems("[project\nnow 1", "marts = 3").iter().filter(|p| p.contains("nightly")).count(), 1);
    }

    #[test]
    fn what_is_said_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let text = "project.now = 2026-11-01T02:30:00+08:00\nrisk.seed = 0x10\nstorage.lake = \"/data/lake\"\n\
                    [sources.calls]\npath = \"drop/*.csv\"\ndelimiter = \"\\t\"\ncolumns = { ts = \" time \" }";
        fs::write(dir.path().join(PROJECT_FILE), text).unwrap();
        fs::create_dir(dir.path().join(PIPELINES)).unwrap();
        fs::write(
            dir.path().join("pipelines/a.toml"),
            "ingest = [\"contracts\", \"calls\"]\n[[report]]\nname = \"renewal_risk\"",
        )
        .unwrap();
        let config = load(dir.path()).unwrap();
        let (project, pipeline) = (&config.project, &config.pipelines["a"]);
        assert_eq!(project.now, crate::domain::Micros::parse_rfc3339("2026-10-31T18:30:00Z"));
        assert_eq!((project.risk.seed, project.storage.lake.to_str()), (16, Some("/data/lake")));
        let calls = &project.sources["calls"];
        assert_eq!((calls.delimiter, calls.columns["ts"].as_str()), (Some(b'\t'), "time"));
        assert_eq!(pipeline.ingest, ["calls", "contracts"]);
        assert_eq!(pipeline.reports[0].audience, super::super::Audience::AfterSales);
        assert_eq!(pipeline.reports[0].path, "{report}/{as_of}/{report}-{split}.{ext}");
    }
}
