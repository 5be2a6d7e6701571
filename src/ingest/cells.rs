//! Typed columns of a batch: rows compared, ordered and digested where they lie, without making values.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType, UInt64Type};
use arrow_array::{
    Array, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    UInt64Array,
};
use sha2::{Digest, Sha256};

use super::account::LoadError;
use crate::domain::values::Value;

/// One column.
#[derive(Clone, Copy)]
pub enum Cells<'a> {
    Text(&'a StringArray),
    Int(&'a Int64Array),
    Float(&'a Float64Array),
    Money(&'a Decimal128Array),
    Date(&'a Date32Array),
    Time(&'a TimestampMicrosecondArray),
}

/// Does the same with the array of any column.
macro_rules! on_array {
    ($cells:expr, $array:ident => $body:expr) => {
        match $cells {
            Cells::Text($array) => $body,
            Cells::Int($array) => $body,
            Cells::Float($array) => $body,
            Cells::Money($array) => $body,
            Cells::Date($array) => $body,
            Cells::Time($array) => $body,
        }
    };
}

impl<'a> Cells<'a> {
    /// The column of a name.
    ///
    /// # Errors
    /// When the batch lacks it or its type is none of the lake's: a mistake in the program.
    pub fn named(batch: &'a RecordBatch, name: &str) -> Result<Cells<'a>, LoadError> {
        let array = column(batch, name)?;
        None.or_else(|| array.as_string_opt::<i32>().map(Cells::Text))
            .or_else(|| array.as_primitive_opt::<Int64Type>().map(Cells::Int))
            .or_else(|| array.as_primitive_opt::<Float64Type>().map(Cells::Float))
            .or_else(|| array.as_primitive_opt::<Decimal128Type>().map(Cells::Money))
            .or_else(|| array.as_primitive_opt::<Date32Type>().map(Cells::Date))
            .or_else(|| array.as_primitive_opt::<TimestampMicrosecondType>().map(Cells::Time))
            .ok_or_else(|| LoadError::Internal(format!("column {name} has the type {}", array.data_type())))
    }

    pub fn is_null(&self, row: usize) -> bool {
        on_array!(self, a => a.is_null(row))
    }

    /// Whether two values are the same; null is null.
    pub fn same(&self, row: usize, other: &Cells<'_>, other_row: usize) -> bool {
        self.order(row, other, other_row) == Some(Ordering::Equal)
    }

    /// Nulls first, then by value, text by its bytes; `None` for values of different types.
    pub fn order(&self, row: usize, other: &Cells<'_>, other_row: usize) -> Option<Ordering> {
        match (self.is_null(row), other.is_null(other_row)) {
            (true, true) => return Some(Ordering::Equal),
            (true, false) => return Some(Ordering::Less),
            (false, true) => return Some(Ordering::Greater),
            (false, false) => {}
        }
        match (self, other) {
            (Cells::Text(a), Cells::Text(b)) => Some(a.value(row).cmp(b.value(other_row))),
            (Cells::Int(a), Cells::Int(b)) => Some(a.value(row).cmp(&b.value(other_row))),
            (Cells::Float(a), Cells::Float(b)) => a.value(row).partial_cmp(&b.value(other_row)),
            (Cells::Money(a), Cells::Money(b)) => Some(a.value(row).cmp(&b.value(other_row))),
            (Cells::Date(a), Cells::Date(b)) => Some(a.value(row).cmp(&b.value(other_row))),
            (Cells::Time(a), Cells::Time(b)) => Some(a.value(row).cmp(&b.value(other_row))),
            _ => None,
        }
    }

    /// Appends a value as bytes that no other value of the column has.
    pub fn encode(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            out.push(0);
            return;
        }
        out.push(1);
        match self {
            Cells::Text(a) => {
                let text = a.value(row).as_bytes();
                out.extend_from_slice(&(text.len() as u64).to_le_bytes());
                out.extend_from_slice(text);
            }
            Cells::Int(a) => out.extend_from_slice(&a.value(row).to_le_bytes()),
            // Adding zero makes -0.0 the 0.0 that it equals.
            Cells::Float(a) => out.extend_from_slice(&(a.value(row) + 0.0).to_le_bytes()),
            Cells::Money(a) => out.extend_from_slice(&a.value(row).to_le_bytes()),
            Cells::Date(a) => out.extend_from_slice(&a.value(row).to_le_bytes()),
            Cells::Time(a) => out.extend_from_slice(&a.value(row).to_le_bytes()),
        }
    }
}

/// [`Cells::encode`] of a value that is in no column yet.
pub fn encode(value: &Value<'_>, out: &mut Vec<u8>) {
    out.push(u8::from(*value != Value::Null));
    match value {
        Value::Null => {}
        Value::Text(text) => {
            out.extend_from_slice(&(text.len() as u64).to_le_bytes());
            out.extend_from_slice(text.as_bytes());
        }
        Value::Int(n) => out.extend_from_slice(&n.to_le_bytes()),
        Value::Float(n) => out.extend_from_slice(&(n + 0.0).to_le_bytes()),
        Value::Money(cents) => out.extend_from_slice(&i128::from(*cents).to_le_bytes()),
        Value::Date(day) => out.extend_from_slice(&day.0.to_le_bytes()),
        Value::Time(at, _) => out.extend_from_slice(&at.0.to_le_bytes()),
    }
}

/// The columns of these names.
pub fn columns<'a>(batch: &'a RecordBatch, names: &[&str]) -> Result<Vec<Cells<'a>>, LoadError> {
    names.iter().map(|name| Cells::named(batch, name)).collect()
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn Array, LoadError> {
    let found = batch.column_by_name(name).map(|a| a.as_ref());
    found.ok_or_else(|| LoadError::Internal(format!("rows without the column {name}")))
}

/// A text column.
pub fn text<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringArray, LoadError> {
    let found = column(batch, name)?.as_string_opt::<i32>();
    found.ok_or_else(|| LoadError::Internal(format!("column {name} is no text")))
}

/// A column of instants.
pub fn times<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a TimestampMicrosecondArray, LoadError> {
    let found = column(batch, name)?.as_primitive_opt::<TimestampMicrosecondType>();
    found.ok_or_else(|| LoadError::Internal(format!("column {name} holds no instants")))
}

/// A column of days.
pub fn days<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a Date32Array, LoadError> {
    let found = column(batch, name)?.as_primitive_opt::<Date32Type>();
    found.ok_or_else(|| LoadError::Internal(format!("column {name} holds no days")))
}

/// A column of row identities.
pub fn u64s<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a UInt64Array, LoadError> {
    let found = column(batch, name)?.as_primitive_opt::<UInt64Type>();
    found.ok_or_else(|| LoadError::Internal(format!("column {name} holds no whole numbers")))
}

/// 128 bits of SHA-256: equal digests mean equal values, no two different ones will ever be found.
pub fn digest(bytes: &[u8]) -> [u8; 16] {
    let whole: [u8; 32] = Sha256::digest(bytes).into();
    let mut half = [0; 16];
    half.copy_from_slice(&whole[..16]);
    half
}

/// Hashes ids and texts fast; for maps whose order is never seen.
#[derive(Clone, Debug, Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxhash_rust::xxh3::xxh3_64_with_seed(bytes, self.0);
    }
    fn write_u8(&mut self, _: u8) {}
    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }
    fn write_u64(&mut self, n: u64) {
        // Fibonacci hashing, folded so that the low bits depend on all.
        let mixed = (self.0 ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

pub type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// Rows by `company_id` (nulls first), then `ts`, then `event_id`.
///
/// # Errors
/// When the batch lacks a column or has too many rows to be numbered.
pub fn event_order(batch: &RecordBatch) -> Result<Vec<u32>, LoadError> {
    let rows =
        u32::try_from(batch.num_rows()).map_err(|_| LoadError::Internal("over four billion rows of one day".into()))?;
    let (companies, ts, ids) = (text(batch, "company_id")?, times(batch, "ts")?, text(batch, "event_id")?);
    let (ranks, distinct) = ranks(companies);
    // Counted into stretches of one company, which are short.
    let mut ends = vec![0u32; distinct + 1];
    ranks.iter().for_each(|rank| ends[*rank as usize] += 1);
    let mut sum = 0;
    for end in &mut ends {
        sum += std::mem::replace(end, sum);
    }
    let mut keys = vec![(0i64, 0u32); rows as usize];
    for (row, rank) in (0..rows).zip(&ranks) {
        let next = &mut ends[*rank as usize];
        keys[*next as usize] = (ts.value(row as usize), row);
        *next += 1;
    }
    let mut start = 0;
    for end in ends {
        let stretch = &mut keys[start as usize..end as usize];
        stretch
            .sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| ids.value(a.1 as usize).cmp(ids.value(b.1 as usize))));
        start = end;
    }
    Ok(keys.into_iter().map(|(_, row)| row).collect())
}

/// The rank of each row's text among the distinct ones, 0 for null, and their number.
fn ranks(texts: &StringArray) -> (Vec<u32>, usize) {
    // A short text is its own key, with its length.
    let (mut short, mut long): (IdMap<u64, u32>, IdMap<&str, u32>) = Default::default();
    let mut distinct: Vec<&str> = Vec::new();
    let mut coded: Vec<u32> = Vec::with_capacity(texts.len());
    for value in texts {
        let code = value.map_or(0, |text| {
            let new = || {
                distinct.push(text);
                distinct.len() as u32
            };
            match short_key(text) {
                Some(key) => *short.entry(key).or_insert_with(new),
                None => *long.entry(text).or_insert_with(new),
            }
        });
        coded.push(code);
    }
    let mut order: Vec<usize> = (0..distinct.len()).collect();
    order.sort_unstable_by_key(|&n| distinct[n]);
    let mut rank = vec![0; distinct.len() + 1];
    for (place, n) in order.into_iter().enumerate() {
        rank[n + 1] = place as u32 + 1;
    }
    coded.iter_mut().for_each(|code| *code = rank[*code as usize]);
    (coded, distinct.len())
}

/// A text of up to seven bytes and its length, in one word that no other such text has.
fn short_key(text: &str) -> Option<u64> {
    let mut key = [0; 8];
    key.get_mut(..text.len().min(8)).filter(|_| text.len() < 8)?.copy_from_slice(text.as_bytes());
    key[7] = text.len() as u8;
    Some(u64::from_le_bytes(key))
}
