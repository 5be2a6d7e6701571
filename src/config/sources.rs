//! `[sources.NAME]`: where a source differs from the default.

use std::collections::BTreeMap;

use super::read::{Item, Section};
use super::{Format, SourceConfig};
use crate::domain::schema::{SOURCES, Source};

/// Words of `format`.
const FORMATS: &[(&str, Format)] =
    &[("csv", Format::Csv), ("tsv", Format::Tsv), ("jsonl", Format::JsonLines), ("parquet", Format::Parquet)];

/// Keys that the contract knows and this version does not.
const LATER: &[&str] =
    &["encoding", "null_values", "constants", "values", "ts_format", "event_id", "mode", "max_shrink"];

impl Default for SourceConfig {
    fn default() -> SourceConfig {
        SourceConfig { path: None, format: None, delimiter: None, columns: BTreeMap::new(), max_bad_ratio: 0.05 }
    }
}

/// All sources, those without a section with their defaults.
pub(super) fn read(section: &Section) -> BTreeMap<&'static str, SourceConfig> {
    let mut sources: BTreeMap<_, _> = SOURCES.iter().map(|s| (s.name, SourceConfig::default())).collect();
    for entry in section.entries() {
        let Some(source) = SOURCES.iter().find(|s| s.name == entry.key) else {
            entry.refuse_key("source", SOURCES.iter().map(|s| s.name));
            continue;
        };
        if let Some(section) = entry.item.section() {
            sources.insert(source.name, one(&section, source));
        }
    }
    sources
}

fn one(section: &Section, source: &Source) -> SourceConfig {
    let mut config = SourceConfig {
        path: section.get("path").and_then(|item| item.text().map(str::to_string)),
        ..SourceConfig::default()
    };
    let format = section.get("format");
    config.format = format.as_ref().and_then(|item| match item.text()? {
        "xlsx" => {
            item.problem(format!("`{}` is \"xlsx\", which is not supported yet; save the sheet as CSV", item.name));
            None
        }
        "json" | "ndjson" => Some(Format::JsonLines),
        _ => item.word(FORMATS),
    });
    if let Some(item) = section.get("delimiter") {
        config.delimiter = delimiter(&item);
        if matches!(config.format, Some(Format::JsonLines | Format::Parquet)) {
            item.problem(format!("`{}` is set, but files of this format have no delimiter; remove it", item.name));
        }
    }
    if let Some(columns) = section.get("columns").and_then(|item| item.section()) {
        config.columns = self::columns(&columns, source);
    }
    if let Some(ratio) = section.get("max_bad_ratio").and_then(|item| item.ratio()) {
        config.max_bad_ratio = ratio;
    }
    section.done(LATER);
    config
}

fn delimiter(item: &Item) -> Option<u8> {
    let good = match item.text()?.as_bytes() {
        [byte] if byte.is_ascii() && !b"\"\r\n\0".contains(byte) => Some(*byte),
        _ => None,
    };
    if good.is_none() {
        item.refuse("one ASCII character, no quote and no line end, as \";\" or \"\\t\"");
    }
    good
}

/// Contract name -> the file's name; no name of the file may stand for two columns.
fn columns(section: &Section, source: &Source) -> BTreeMap<String, String> {
    let mut columns = BTreeMap::new();
    let entries = section.entries();
    for entry in &entries {
        if source.index(&entry.key).is_none() {
            entry.refuse_key(&format!("column of {}", source.name), source.fields.iter().map(|f| f.name));
        } else if let Some(name) = entry.item.text() {
            columns.insert(entry.key.clone(), name.trim().to_string());
        }
    }
    let name_of = |field: &str| columns.get(field).map_or(field.to_string(), Clone::clone);
    for entry in entries.iter().filter(|e| columns.contains_key(&e.key)) {
        let name = name_of(&entry.key);
        if let Some(other) = source.fields.iter().find(|f| f.name != entry.key && name_of(f.name) == name) {
            entry.problem(format!(
                "the file's column `{name}` stands for `{}` and for `{}`; expected another name for one of them",
                entry.key, other.name
            ));
        }
    }
    columns
}
