//! Keys that speak of single columns: `columns`, `null_values`, `constants`, `values`, `event_id`.

use std::collections::BTreeMap;

use crate::config::read::{Entry, Item, Section};
use crate::config::{SourceConfig, hint, listed};
use crate::domain::schema::{Field, Kind, Source};
use crate::domain::values::{Value, ValueReader};
use crate::domain::{Micros, Zone};

/// The column that a log without ids lacks.
const EVENT_ID: &str = "event_id";
/// May change in an event that is otherwise the same, so it is no part of what tells two apart.
const EXCLUDED: &str = "excluded";

pub(super) fn read(section: &Section, source: &Source, config: &mut SourceConfig) {
    if let Some(constants) = section.get("constants").and_then(|item| item.section()) {
        config.constants = self::constants(&constants, source);
    }
    if let Some(item) = section.get("event_id") {
        config.event_id = event_id(&item, source);
    }
    if let Some(columns) = section.get("columns").and_then(|item| item.section()) {
        config.columns = self::columns(&columns, source, config);
    }
    if let Some(items) = section.get("null_values").and_then(|item| item.list()) {
        config.null_values = items.iter().filter_map(|item| item.string().map(str::to_string)).collect();
    }
    if let Some(values) = section.get("values").and_then(|item| item.section()) {
        config.values = self::values(&values, source, config);
    }
}

/// The source's column that a key names.
fn field<'s>(entry: &Entry, source: &'s Source) -> Option<&'s Field> {
    let field = source.fields.iter().find(|f| f.name == entry.key);
    if field.is_none() {
        entry.refuse_key(&format!("column of {}", source.name), source.fields.iter().map(|f| f.name));
    }
    field
}

/// Why a column is not looked for in the file, if it is not.
fn not_read(name: &str, config: &SourceConfig) -> Option<&'static str> {
    if config.constants.contains_key(name) {
        return Some("is a constant");
    }
    (name == EVENT_ID && !config.event_id.is_empty()).then_some("is made from other columns")
}

/// Contract name -> the file's name; no name of the file may stand for two columns.
fn columns(section: &Section, source: &Source, config: &SourceConfig) -> BTreeMap<String, String> {
    let mut columns = BTreeMap::new();
    let entries = section.entries();
    for entry in &entries {
        let Some(field) = field(entry, source) else { continue };
        if let Some(why) = not_read(field.name, config) {
            entry.problem(format!("`{}` has a name in the file, but it {why}; remove one of the two", entry.item.name));
        } else if let Some(name) = entry.item.text() {
            columns.insert(entry.key.clone(), name.trim().to_string());
        }
    }
    let name_of = |field: &str| columns.get(field).map_or(field.to_string(), Clone::clone);
    let read = |f: &&Field| not_read(f.name, config).is_none();
    for entry in entries.iter().filter(|e| columns.contains_key(&e.key)) {
        let name = name_of(&entry.key);
        if let Some(other) = source.fields.iter().filter(read).find(|f| f.name != entry.key && name_of(f.name) == name)
        {
            entry.problem(format!(
                "the file's column `{name}` stands for `{}` and for `{}`; expected another name for one of them",
                entry.key, other.name
            ));
        }
    }
    columns
}

fn constants(section: &Section, source: &Source) -> BTreeMap<String, String> {
    let mut constants = BTreeMap::new();
    for entry in section.entries() {
        let Some(field) = field(&entry, source) else { continue };
        if source.key == [field.name] {
            let why = "every row would be the same one";
            entry.problem(format!("`{}` is a constant, but it is the key: {why}; remove it", entry.item.name));
        } else if let Some(text) = entry.item.scalar() {
            if let Some(expected) = unfit(field, &text) {
                entry.item.refuse(expected);
            }
            constants.insert(entry.key, text);
        }
    }
    constants
}

/// The file's word -> ours, by column.
fn values(section: &Section, source: &Source, config: &SourceConfig) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    for entry in section.entries() {
        let Some(field) = field(&entry, source) else { continue };
        if let Some(why) = not_read(field.name, config) {
            entry.problem(format!("`{}` is set, but `{}` {why}; remove one of the two", entry.item.name, field.name));
        }
        let Some(words) = entry.item.section() else { continue };
        let mut map = BTreeMap::new();
        for word in words.entries() {
            let theirs = if field.kind == Kind::Id { &word.key } else { word.key.trim() };
            let null = |n: &String| if field.kind == Kind::Id { n == theirs } else { n.trim() == theirs };
            if theirs.is_empty() || config.null_values.iter().any(null) {
                word.problem(format!("`{}` speaks of a value that is null anyway; remove it", word.item.name));
            }
            let Some(ours) = word.item.scalar() else { continue };
            if let Some(expected) = unfit(field, &ours) {
                word.item.refuse(expected);
            }
            if map.insert(theirs.to_string(), ours).is_some() {
                word.problem(format!("`{}` is there twice but for blanks around it; remove one", word.item.name));
            }
        }
        values.insert(entry.key, map);
    }
    values
}

/// The columns of which ids are made, in contract order: how they are listed does not change an id.
fn event_id(item: &Item, source: &Source) -> Vec<&'static str> {
    if !source.is_events() {
        let key = listed(source.key.iter().copied());
        item.problem(format!("`{}` is set, but it is for events; rows of this table have the key {key}", item.name));
        return Vec::new();
    }
    let known = || source.fields.iter().map(|f| f.name).filter(|n| ![EVENT_ID, EXCLUDED].contains(n));
    let mut named = Vec::new();
    let items = item.list().unwrap_or_default();
    if items.is_empty() {
        item.refuse("the columns that tell two events apart");
    }
    for item in items {
        let Some(name) = item.text() else { continue };
        if !known().any(|n| n == name) {
            item.refuse_word(known());
        } else if named.contains(&name) {
            item.problem(format!("`{}` names {name} again; remove it", item.name));
        }
        named.push(name);
    }
    source.fields.iter().map(|f| f.name).filter(|n| named.contains(n)).collect()
}

/// What a column expects, when the text is no value of it.
fn unfit(field: &Field, text: &str) -> Option<String> {
    let zone = Zone::named("UTC")?;
    let value = ValueReader::new(&zone, Micros(i64::MAX)).read(field.kind, text);
    if value.is_ok_and(|value| value != Value::Null) {
        return None;
    }
    Some(match field.kind {
        Kind::Id => "an id of 1 to 128 bytes".to_string(),
        Kind::Text | Kind::Lower => "a text that is not blank".to_string(),
        Kind::Segment => "a segment's name, not `all`".to_string(),
        Kind::Word(words) => format!("{}{}", listed(words.iter().copied()), hint(text, words.iter().copied())),
        Kind::Time => "a time of RFC 3339, of the year 2000 or later".to_string(),
        Kind::Date => "a date, 1900-01-01 to 2199-12-31".to_string(),
        Kind::Money => "an amount, 0 to below 10^13, with at most 2 decimals".to_string(),
        Kind::Integer(least, greatest) => format!("a whole number from {least} to {greatest}"),
        Kind::Number => "a number from 0 to below 10^13".to_string(),
        Kind::Quantity => "a number from 0 up".to_string(),
        Kind::Period => "a year, quarter or month, as 2026, 2026-Q3 or 2026-07".to_string(),
    })
}
