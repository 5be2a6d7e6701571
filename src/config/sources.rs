//! `[sources.NAME]`: where a source differs from the default.
//!
//! ```text
//! sources.rs            where its files are and how they are written
//! sources/columns.rs    which of the file's columns is which of ours, and what is put in for them
//! ```

mod columns;

use std::collections::BTreeMap;

use super::read::{Item, Section};
use super::{Format, Mode, SourceConfig, TextEncoding, nearest};
use crate::domain::TimeFormat;
use crate::domain::schema::{SOURCES, Source};

/// Words of `format`.
const FORMATS: &[(&str, Format)] = &[
    ("csv", Format::Csv),
    ("tsv", Format::Tsv),
    ("jsonl", Format::JsonLines),
    ("parquet", Format::Parquet),
    ("xlsx", Format::Xlsx),
];
/// Words of `mode`.
const MODES: &[(&str, Mode)] = &[("upsert", Mode::Upsert), ("full", Mode::Full)];
/// Encodings that a message names; all labels of the standard are known.
const ENCODINGS: &[&str] = &["utf-8", "gb18030", "gbk", "big5", "utf-16", "utf-16le", "utf-16be"];

impl Default for SourceConfig {
    fn default() -> SourceConfig {
        SourceConfig {
            path: None,
            format: None,
            encoding: None,
            delimiter: None,
            columns: BTreeMap::new(),
            null_values: Vec::new(),
            constants: BTreeMap::new(),
            values: BTreeMap::new(),
            ts_format: TimeFormat::default(),
            event_id: Vec::new(),
            mode: Mode::default(),
            max_shrink: 0.05,
            max_bad_ratio: 0.05,
        }
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
    config.format = section.get("format").and_then(|item| format(&item, source));
    let text = !matches!(config.format, Some(Format::Parquet | Format::Xlsx));
    if let Some(item) = section.get("encoding") {
        config.encoding = encoding(&item);
        if !text {
            item.problem(format!("`{}` is set, but files of this format have none of their own; remove it", item.name));
        }
    }
    if let Some(item) = section.get("delimiter") {
        config.delimiter = delimiter(&item);
        if !text || config.format == Some(Format::JsonLines) {
            item.problem(format!("`{}` is set, but files of this format have no delimiter; remove it", item.name));
        }
    }
    columns::read(section, source, &mut config);
    if let Some(item) = section.get("ts_format") {
        config.ts_format = ts_format(&item, source, &config);
    }
    if let Some(item) = section.get("mode") {
        config.mode = item.word(MODES).unwrap_or_default();
        for_tables(&item, source);
    }
    if let Some(item) = section.get("max_shrink") {
        config.max_shrink = item.ratio().unwrap_or(config.max_shrink);
        if for_tables(&item, source) && config.mode != Mode::Full {
            item.problem(format!("`{}` is set, but only `mode = \"full\"` retires rows; set that too", item.name));
        }
    }
    if let Some(ratio) = section.get("max_bad_ratio").and_then(|item| item.ratio()) {
        config.max_bad_ratio = ratio;
    }
    section.done(&[]);
    config
}

fn format(item: &Item, source: &Source) -> Option<Format> {
    let format = match item.text()? {
        "json" | "ndjson" => Some(Format::JsonLines),
        _ => item.word(FORMATS),
    };
    if format == Some(Format::Xlsx) {
        for_tables(item, source);
    }
    format
}

/// Whether the source is a table; else the key has no sense.
fn for_tables(item: &Item, source: &Source) -> bool {
    if source.is_events() {
        let tables = "it is for tables, and this source holds events";
        item.problem(format!("`{}` is set, but {tables}; remove it", item.name));
    }
    !source.is_events()
}

fn encoding(item: &Item) -> Option<TextEncoding> {
    let label = item.text()?.trim().to_ascii_lowercase();
    let Some(encoding) = encoding_rs::Encoding::for_label_no_replacement(label.as_bytes()) else {
        let near = nearest(&label, ENCODINGS.iter().copied());
        let near = near.map_or(String::new(), |name| format!("; did you mean `{name}`?"));
        item.refuse(format_args!(
            "a label of the WHATWG Encoding Standard, as {}{near}",
            super::listed(ENCODINGS.iter().copied())
        ));
        return None;
    };
    Some(TextEncoding { label, encoding })
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

fn ts_format(item: &Item, source: &Source, config: &SourceConfig) -> TimeFormat {
    if source.index("ts").is_none() {
        item.problem(format!("`{}` is set, but {} has no column `ts`; remove it", item.name, source.name));
    } else if config.constants.contains_key("ts") {
        item.problem(format!("`{}` is set, but `ts` is a constant, which is not read by it; remove one", item.name));
    }
    let words = [
        ("rfc3339", TimeFormat::Rfc3339),
        ("epoch_s", TimeFormat::EpochSeconds),
        ("epoch_ms", TimeFormat::EpochMillis),
    ];
    let Some(text) = item.text() else { return TimeFormat::Rfc3339 };
    if let Some((_, format)) = words.iter().find(|(word, _)| *word == text) {
        return format.clone();
    }
    let example = "a pattern with a whole date and a time of day, as \"%d/%m/%Y %H:%M:%S\"";
    if !text.contains('%') {
        let known = words.iter().map(|(word, _)| *word);
        let near = super::hint(text, known.clone());
        item.refuse(format_args!("{}, or {example}{near}", super::listed(known)));
        return TimeFormat::Rfc3339;
    }
    TimeFormat::pattern(text).unwrap_or_else(|why| {
        item.refuse(format_args!("{example}: {why}"));
        TimeFormat::Rfc3339
    })
}

#[cfg(test)]
mod tests;
