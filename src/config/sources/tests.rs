use std::fs;

use crate::config::{Format, Mode, SourceConfig, load};
use crate::domain::TimeFormat;

/// The settings of a source, or the problems, of a `shoppulse.toml` with this section of it.
fn read(source: &str, text: &str) -> Result<SourceConfig, Vec<String>> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("shoppulse.toml"), format!("[sources.{source}]\n{text}\n")).unwrap();
    match load(dir.path()) {
        Ok(config) => Ok(config.project.sources[source].clone()),
        Err(problems) => Err(problems.0.iter().map(|p| p.to_string()).collect()),
    }
}

#[test]
fn what_a_source_may_not_say() {
    let cases = [
        (
            "calls",
            "encoding = \"gb1803\"",
            ":2: `sources.calls.encoding` is \"gb1803\"; expected a label of the WHATWG",
        ),
        ("calls", "encoding = \"utf16\"", "did you mean `utf-16`?"),
        (
            "calls",
            "format = \"parquet\"\nencoding = \"big5\"",
            ":3: `sources.calls.encoding` is set, but files of this",
        ),
        ("reps", "format = \"xlsx\"\ndelimiter = \";\"", "have no delimiter"),
        ("calls", "format = \"xlsx\"", "it is for tables"),
        ("calls", "mode = \"full\"", ":2: `sources.calls.mode` is set, but it is for tables"),
        ("reps", "mode = \"ful\"", "`upsert`, `full`; did you mean `full`?"),
        ("reps", "max_shrink = 0.1", "only `mode = \"full\"` retires rows"),
        ("reps", "mode = \"full\"\nmax_shrink = 2", "a number from 0 to 1"),
        ("reps", "ts_format = \"epoch_s\"", "reps has no column `ts`"),
        ("calls", "ts_format = \"epoch\"", "expected `rfc3339`, `epoch_s`, `epoch_ms`, or a pattern"),
        ("calls", "ts_format = \"epoch_sec\"", "did you mean `epoch_s`?"),
        ("calls", "ts_format = \"%d.%m.%Y\"", "leaves the date or the time of day open"),
        ("calls", "ts_format = \"%d.%m.%Y %I:%M\"", "a time of day"),
        ("calls", "ts_format = \"%d.%m.%Y %H:%M:%K\"", "a time of day"),
        ("calls", "ts_format = \"epoch_s\"\nconstants.ts = 2026-07-01T00:00:00Z", "`ts` is a constant"),
        ("calls", "null_values = \"NULL\"", "a list in brackets"),
        ("calls", "null_values = [\"\", 0]", "`sources.calls.null_values[2]` is 0; expected a text in quotes"),
        ("calls", "constants.outcom = \"busy\"", "unknown column of calls `outcom`; expected `event_id`, "),
        ("calls", "\nconstants.outcome = \"bussy\"", ":3: `sources.calls.constants.outcome` is \"bussy\"; expected"),
        ("calls", "constants.outcome = \"bussy\"", "did you mean `busy`?"),
        ("calls", "constants.duration_s = 86401", "a whole number from 0 to 86400"),
        ("calls", "constants.rep_id = \"\"", "an id of 1 to 128 bytes"),
        ("companies", "constants.segment = \"all\"", "not `all`"),
        ("contracts", "constants.amount = 1.234", "at most 2 decimals"),
        ("calls", "constants.event_id = \"x\"", "it is the key"),
        (
            "calls",
            "constants.outcome = \"busy\"\ncolumns.outcome = \"o\"",
            "`sources.calls.columns.outcome` has a name in the file, but it is a constant",
        ),
        (
            "calls",
            "constants.outcome = \"busy\"\nvalues.outcome = { 1 = \"busy\" }",
            ":3: `sources.calls.values.outcome` is set",
        ),
        (
            "calls",
            "values.outcome = { 1 = \"bussy\" }",
            "`sources.calls.values.outcome.1` is \"bussy\"; expected `connected`",
        ),
        ("calls", "values.outcome = { \"\" = \"busy\" }", "null anyway"),
        ("calls", "values.outcome = { \" -\" = \"busy\" }\nnull_values = [\"- \"]", "null anyway"),
        ("calls", "values.outcome = { 1 = \"busy\", \" 1\" = \"busy\" }", "twice but for blanks"),
        ("calls", "values.out = {}", "unknown column of calls `out`"),
        ("calls", "event_id = []", "the columns that tell two events apart"),
        ("calls", "event_id = [\"ts\", \"rep\"]", "`sources.calls.event_id[2]` is \"rep\"; expected `ts`, `rep_id`, "),
        ("calls", "event_id = [\"event_id\"]", "expected `ts`, `rep_id`, "),
        ("messages", "event_id = [\"ts\", \"excluded\"]", "expected `ts`, `company_id`, `visitor_id`"),
        ("calls", "event_id = [\"ts\", \"ts\"]", "names ts again"),
        ("calls", "event_id = [\"ts\"]\ncolumns.event_id = \"id\"", "it is made from other columns"),
        ("calls", "event_id = [\"ts\"]\nvalues.event_id = { a = \"b\" }", "`event_id` is made from other columns"),
        ("reps", "event_id = [\"name\"]", "rows of this table have the key `rep_id`"),
    ];
    for (source, text, part) in cases {
        let found = read(source, text).err().unwrap_or_default();
        assert!(found.len() == 1 && found[0].contains(part), "{text}\n expected: {part}\n found: {found:#?}");
    }
    assert_eq!(read("calls", "encoding = \"x\"\nconstants.rep_id = []\nmode = 3\nevent_id = 1").unwrap_err().len(), 6);
}

#[test]
fn what_a_source_says_is_taken() {
    let clicks = read(
        "shop_clicks",
        r#"encoding = " GB2312 "
           null_values = ["", "\\N"]
           constants = { click_source = "Portal" }
           values.page = { 1 = "home", "a b" = "shop" }
           ts_format = "epoch_ms"
           event_id = ["page", "ts"]"#,
    );
    let clicks = clicks.unwrap();
    let encoding = clicks.encoding.unwrap();
    assert_eq!((encoding.label.as_str(), encoding.encoding.name()), ("gb2312", "GBK"));
    assert_eq!(clicks.null_values, ["", "\\N"]);
    assert_eq!(clicks.constants["click_source"], "Portal");
    assert_eq!((&*clicks.values["page"]["1"], &*clicks.values["page"]["a b"]), ("home", "shop"));
    assert_eq!((clicks.ts_format, clicks.event_id), (TimeFormat::EpochMillis, vec!["ts", "page"]));

    let contracts = read(
        "contracts",
        "format = \"xlsx\"\nmode = \"full\"\nmax_shrink = 0.2\nconstants = { cost = 0, signed_on = 2026-01-01 }",
    );
    let contracts = contracts.unwrap();
    assert_eq!((contracts.format, contracts.mode, contracts.max_shrink), (Some(Format::Xlsx), Mode::Full, 0.2));
    assert_eq!((&*contracts.constants["cost"], &*contracts.constants["signed_on"]), ("0", "2026-01-01"));

    // A column that is not looked for leaves its name to another.
    let calls = read(
        "calls",
        "event_id = [\"ts\", \"rep_id\"]\ncolumns.purpose = \"event_id\"\nts_format = \"%d/%m/%Y %H:%M\"",
    );
    assert_eq!(calls.unwrap().ts_format, TimeFormat::Pattern("%d/%m/%Y %H:%M".to_string()));
}

/// The examples of `docs/sources.md` can be copied as they are.
#[test]
fn the_document_shows_what_is_taken() {
    let text = include_str!("../../../docs/sources.md");
    let blocks: String = text.split("```toml\n").skip(1).filter_map(|part| part.split("```").next()).collect();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("shoppulse.toml"), blocks).unwrap();
    let sources = load(dir.path()).unwrap_or_else(|e| panic!("{e}")).project.sources;
    assert_eq!(sources["companies"].mode, Mode::Full);
    assert_eq!(sources["shop_clicks"].event_id, ["ts", "company_id", "visitor_id", "page"]);
}
