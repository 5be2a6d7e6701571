//! `docs/data-model.md` is what the schemas say. `UPDATE_DOCS=1 cargo test --release --test data_model` writes it anew.

#![allow(clippy::unwrap_used, reason = "a test stops at what it cannot read")]

use shoppulse::domain::frame::{FrameSpec, Type};
use shoppulse::domain::schema::{Kind, LakeType, ROLLUPS, SOURCES, Source};
use shoppulse::marts::MARTS;

#[test]
fn the_document_is_what_the_schemas_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/data-model.md");
    let expected = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == expected, "docs/data-model.md is out of date: run with UPDATE_DOCS=1");
}

fn document() -> String {
    let mut text = String::from(
        "# Data model\n\n\
         Written from the schemas in the code (`src/domain/schema.rs`, `src/marts/`) and held equal to them by\n\
         `tests/data_model.rs`. The lake's tables can be read with SQL (see [operations](operations.md)); the marts are\n\
         printed by `shoppulse table NAME`.\n\n## Sources\n\n\
         `*` marks required columns. Event tables carry `event_date` (DATE) besides, the local day of `ts`, by which\n\
         their files are partitioned. Other tables hold the current version of each row. Where your files differ: [sources](sources.md).\n",
    );
    SOURCES.iter().for_each(|s| text.push_str(&source(s)));
    text.push_str(
        "\n## Roll-ups in the lake\n\nPartitioned by `date`. Recomputed whole for every day that gets new rows.\n",
    );
    for r in ROLLUPS {
        let key: Vec<String> = r.key.iter().map(|(name, ty)| format!("`{name}` {}", sql(*ty))).collect();
        let counters: Vec<String> = r.counters.iter().map(|c| format!("`{c}` BIGINT")).collect();
        text.push_str(&format!("\n- **`{}`**: key {}; {}", r.name, key.join(", "), counters.join(", ")));
    }
    text.push_str("\n\n## Marts\n\nRows stand in the order of their key unless said otherwise.\n");
    MARTS.iter().for_each(|m| text.push_str(&mart(m.spec)));
    text
}

fn source(s: &Source) -> String {
    let what = if s.is_events() { "events, append only" } else { "table, upsert" };
    let mut text =
        format!("\n### `{}`\n\n{what}; key {}\n\n| column | type | read as |\n|---|---|---|\n", s.name, names(s.key));
    for f in s.fields {
        let star = if f.required { "*" } else { "" };
        text.push_str(&format!("| `{}`{star} | {} | {} |\n", f.name, sql(f.kind.lake_type()), read_as(f.kind)));
    }
    text
}

fn mart(spec: &FrameSpec) -> String {
    let mut text = format!(
        "\n### `{}`\n\none row a {}; key {}\n\n| column | type | meaning |\n|---|---|---|\n",
        spec.name,
        spec.grain,
        names(spec.key)
    );
    for c in spec.columns {
        text.push_str(&format!("| `{}` | {} | {} |\n", c.name, type_word(c.ty), c.doc));
    }
    text
}

fn names(names: &[&str]) -> String {
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

fn sql(ty: LakeType) -> &'static str {
    match ty {
        LakeType::Text => "VARCHAR",
        LakeType::Int => "BIGINT",
        LakeType::Float => "DOUBLE",
        LakeType::Money => "DECIMAL(18,2)",
        LakeType::Date => "DATE",
        LakeType::Time => "TIMESTAMPTZ",
    }
}

fn type_word(ty: Type) -> &'static str {
    match ty {
        Type::Text => "text",
        Type::Int => "integer",
        Type::Float => "float",
        Type::Money => "money",
        Type::Date => "date",
        Type::Time => "time",
        Type::Bool => "true/false",
    }
}

fn read_as(kind: Kind) -> String {
    match kind {
        Kind::Id => "id, 1 to 128 bytes, taken as it is".into(),
        Kind::Text => "text, trimmed".into(),
        Kind::Segment => "text, trimmed; `all` is refused".into(),
        Kind::Lower => "text, trimmed, lower-cased".into(),
        Kind::Word(words) => words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", "),
        Kind::Time => "RFC 3339, with an offset or local".into(),
        Kind::Date => "YYYY-MM-DD".into(),
        Kind::Money => "0 to below 10^13, 2 decimals".into(),
        Kind::Integer(low, high) => format!("whole number, {low} to {high}"),
        Kind::Number => "0 to below 10^13".into(),
        Kind::Quantity => "0 or more, exponent allowed".into(),
        Kind::Period => "`2026`, `2026-Q3` or `2026-07`".into(),
    }
}
