//! One data file: what the catalog records of it against what stands on the disk.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;

use super::super::arrow::{arrow_schema, column_ids};
use super::super::digest;
use super::super::files::scan;
use super::super::stats::column_stats;
use super::{Recorded, RecordedColumn};
use crate::domain::schema::{LakeTable, LakeType};

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Its bytes are not those that were written; its rows are not to be trusted, or not there.
    Damaged { check: &'static str, found: String },
    /// Its bytes are what they were, but they are not what the catalog and the lake's rules promise.
    Wrong { check: &'static str, found: String },
}

/// Checks a file from outside to inside; of a damaged one the rows are not looked at. `rows` sees every batch, with all
/// columns of the table, and says what is wrong with it. Returns the file's hash and what was found.
pub fn check_file(
    table: &LakeTable,
    recorded: &Recorded,
    rows: &mut dyn FnMut(&RecordBatch) -> Result<(), Fault>,
) -> (Option<[u8; 32]>, Vec<Fault>) {
    let blake3 = match bytes(recorded) {
        Ok(blake3) => blake3,
        Err(fault) => return (None, vec![fault]),
    };
    match content(table, recorded, rows) {
        Ok(faults) => (Some(blake3), faults),
        Err(fault) => (Some(blake3), vec![fault]),
    }
}

fn damaged(check: &'static str, found: impl Into<String>) -> Fault {
    Fault::Damaged { check, found: found.into() }
}

fn wrong(check: &'static str, found: impl Into<String>) -> Fault {
    Fault::Wrong { check, found: found.into() }
}

/// There, a regular file, of its size, with its hash.
fn bytes(recorded: &Recorded) -> Result<[u8; 32], Fault> {
    let path = &recorded.file.path;
    let about = path.symlink_metadata().map_err(|e| match e.kind() {
        ErrorKind::NotFound => damaged("file", "missing"),
        _ => damaged("file", format!("cannot be looked at: {e}")),
    })?;
    if !about.is_file() {
        return Err(damaged("file", "no regular file"));
    }
    if about.len() != recorded.file.bytes {
        return Err(damaged("file", format!("{} bytes, expected {}", about.len(), recorded.file.bytes)));
    }
    let (hash, _) = digest::of_file(path).map_err(|e| damaged("file", format!("cannot be read: {e}")))?;
    match recorded.blake3 {
        Some(expected) if expected != *hash.as_bytes() => {
            let expected = blake3::Hash::from_bytes(expected).to_hex();
            Err(damaged("hash", format!("BLAKE3 {}, expected {expected}: its bytes were changed", hash.to_hex())))
        }
        _ => Ok(hash.into()),
    }
}

/// Readable, with the table's schema, as many rows as recorded, statistics that hold, one day.
fn content(
    table: &LakeTable,
    recorded: &Recorded,
    rows: &mut dyn FnMut(&RecordBatch) -> Result<(), Fault>,
) -> Result<Vec<Fault>, Fault> {
    let mut faults = schema(table, recorded)?;
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let batches = scan(table.name, &recorded.file, &names).map_err(|e| damaged("rows", e.to_string()))?;
    let columns: Vec<_> = column_ids(table).into_iter().zip(&table.columns).collect();
    let stats: Vec<_> = columns.iter().map(|(id, _)| recorded.columns.iter().find(|c| c.column == *id)).collect();
    let (mut counts, mut read, mut first) = (vec![(0, 0); columns.len()], 0, None);
    for batch in batches {
        let batch = batch.map_err(|e| damaged("rows", e.to_string()))?;
        read += batch.num_rows() as u64;
        for (at, (_, (name, ty))) in columns.iter().enumerate() {
            let array = batch.column(at);
            counts[at].0 += (array.len() - array.null_count()) as i64;
            counts[at].1 += array.null_count() as i64;
            let held = stats[at].map_or(Ok(()), |stats| bounds(array, *ty, stats));
            let held = held.and_then(|()| one_day(table, recorded, name, array));
            if let (Err(found), None) = (held, &first) {
                first = Some(wrong("statistics", format!("column {name}: {found}")));
            }
        }
        if let (Err(fault), None) = (rows(&batch), &first) {
            first = Some(fault);
        }
    }
    faults.extend(first);
    if read != recorded.file.rows {
        faults.push(wrong("rows", format!("{read} rows, expected {}", recorded.file.rows)));
    }
    for ((_, (name, _)), (stats, (non_null, nulls))) in columns.iter().zip(stats.iter().zip(counts)) {
        let Some(stats) = stats else { continue };
        let differs = |recorded: Option<i64>, found| recorded.is_some_and(|recorded| recorded != found);
        if differs(stats.non_null, non_null) || differs(stats.nulls, nulls) {
            let found = format!(
                "column {name}: {non_null} values and {nulls} nulls, the catalog says {} and {}",
                stats.non_null.unwrap_or(0),
                stats.nulls.unwrap_or(0)
            );
            faults.push(wrong("statistics", found));
        }
    }
    Ok(faults)
}

/// Every column of the file that carries a field id is the table's column of that id; the footer is as recorded.
fn schema(table: &LakeTable, recorded: &Recorded) -> Result<Vec<Fault>, Fault> {
    let unreadable = |e: &dyn std::fmt::Display| damaged("rows", format!("no readable Parquet: {e}"));
    let mut disk = File::open(&recorded.file.path).map_err(|e| unreadable(&e))?;
    let mut footer = [0; 4];
    let end = disk.seek(SeekFrom::End(-8)).and_then(|_| disk.read_exact(&mut footer));
    end.map_err(|e| unreadable(&e))?;
    let footer = i64::from(u32::from_le_bytes(footer));
    let reader = SerializedFileReader::new(disk).map_err(|e| unreadable(&e))?;
    let about = reader.metadata().file_metadata();
    let known = arrow_schema(table);
    let found = parquet::arrow::parquet_to_arrow_schema(about.schema_descr(), None).map_err(|e| unreadable(&e))?;
    let mut faults = Vec::new();
    if recorded.footer_bytes.is_some_and(|recorded| recorded != footer) {
        let expected = recorded.footer_bytes.unwrap_or(0);
        faults.push(wrong("catalog", format!("a footer of {footer} bytes, the catalog says {expected}")));
    }
    let ids: Vec<String> = column_ids(table).iter().map(i32::to_string).collect();
    for field in found.fields() {
        let id = field.metadata().get(PARQUET_FIELD_ID_META_KEY);
        // Columns that other programs add for themselves carry ids beyond the table's.
        let Some(at) = ids.iter().position(|known| Some(known) == id) else {
            if id.is_none() {
                faults.push(wrong("schema", format!("column {} has no field id", field.name())));
            }
            continue;
        };
        let expected = known.field(at);
        if field.name() != expected.name() || field.data_type() != expected.data_type() {
            let (name, ty) = (field.name(), field.data_type());
            let found =
                format!("field {} is {name} {ty}, expected {} {}", ids[at], expected.name(), expected.data_type());
            faults.push(wrong("schema", found));
        }
    }
    Ok(faults)
}

/// All values lie within the recorded bounds: a bound that is too narrow makes readers leave the file out.
fn bounds(array: &dyn Array, ty: LakeType, stats: &RecordedColumn) -> Result<(), String> {
    if stats.min.is_none() && stats.max.is_none() || array.null_count() == array.len() {
        return Ok(());
    }
    let outside = |lo: &str, hi: &str| {
        let shown = |bound: &Option<String>| bound.clone().unwrap_or("nothing".into());
        format!("values from {lo} to {hi}, but bounds {} to {}", shown(&stats.min), shown(&stats.max))
    };
    if ty == LakeType::Text {
        let texts = array.as_string_opt::<i32>().ok_or("no text")?;
        let low = |v: &str| stats.min.as_deref().is_some_and(|min| v < min);
        let high = |v: &str| stats.max.as_deref().is_some_and(|max| v > max);
        // A text is a person's matter: it is not shown.
        let found = || "a text outside the recorded bounds".to_string();
        return if texts.iter().flatten().any(|v| low(v) || high(v)) { Err(found()) } else { Ok(()) };
    }
    let found = column_stats(array, ty)?;
    let (Some(lo), Some(hi)) = (&found.min, &found.max) else { return Err("values that have no bound".into()) };
    let below = |a: &str, b: &str| order(a, b, ty).is_none_or(std::cmp::Ordering::is_lt);
    let low = stats.min.as_ref().is_some_and(|min| below(lo, min));
    let high = stats.max.as_ref().is_some_and(|max| below(max, hi));
    if low || high { Err(outside(lo, hi)) } else { Ok(()) }
}

/// The order of two bounds as values; `None` when one is no value of the type.
fn order(a: &str, b: &str, ty: LakeType) -> Option<std::cmp::Ordering> {
    match ty {
        LakeType::Int => Some(a.parse::<i128>().ok()?.cmp(&b.parse().ok()?)),
        LakeType::Float => a.parse::<f64>().ok()?.partial_cmp(&b.parse().ok()?),
        LakeType::Money => {
            let cents = |text: &str| text.replace('.', "").parse::<i128>().ok();
            Some(cents(a)?.cmp(&cents(b)?))
        }
        // Days and instants are written so that their texts sort as they do.
        LakeType::Date | LakeType::Time | LakeType::Text => Some(a.cmp(b)),
    }
}

/// All rows are of the day that the file stands under.
fn one_day(table: &LakeTable, recorded: &Recorded, name: &str, array: &dyn Array) -> Result<(), String> {
    if table.day != Some(name) {
        return Ok(());
    }
    let Some(day) = recorded.file.day.map(|d| d.to_string()) else {
        return Err("the catalog says no day of the file".into());
    };
    let found = column_stats(array, LakeType::Date)?;
    let only = [&found.min, &found.max].iter().all(|bound| bound.as_ref() == Some(&day));
    if array.null_count() == 0 && (only || array.is_empty()) {
        return Ok(());
    }
    Err(format!("rows of days {:?} to {:?}, expected {day} only", found.min, found.max))
}
