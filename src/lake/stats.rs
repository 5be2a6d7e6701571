//! Exact statistics of a column, as the texts that DuckLake compares files by.
//!
//! DuckDB leaves files out by these bounds, so a bound is exact or absent, never guessed: a minimum that is too
//! high, or a text that does not parse, silently loses rows.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrowPrimitiveType, PrimitiveArray};

use crate::domain::schema::LakeType;
use crate::domain::{Day, Micros};

use super::ColumnStats;

/// Longer texts are no bounds: a cut maximum would be too low, a whole one would bloat the catalog.
const LONGEST: usize = 200;

/// The first day of year 1 and the last of year 9999: outside, the texts have other lengths and signs.
const TEXT_DAYS: std::ops::RangeInclusive<i32> = -719_162..=2_932_896;

/// Statistics of an array of the type's Arrow type; an error says why the values must not be stored.
pub(super) fn column_stats(array: &dyn Array, ty: LakeType) -> Result<ColumnStats, String> {
    let mismatch = || format!("values of type {}, expected {}", array.data_type(), super::data_type(ty));
    let (min, max) = match ty {
        LakeType::Text => {
            let strings = array.as_string_opt::<i32>().ok_or_else(mismatch)?;
            match strings.null_count() {
                0 => texts((0..strings.len()).map(|row| strings.value(row))),
                _ => texts(strings.iter().flatten()),
            }
        }
        LakeType::Int => {
            let ints = array.as_primitive_opt::<Int64Type>().ok_or_else(mismatch)?;
            both(extremes(ints, i64::cmp), |v| Some(v.to_string()))
        }
        LakeType::Float => {
            let floats = array.as_primitive_opt::<Float64Type>().ok_or_else(mismatch)?;
            if floats.iter().flatten().any(f64::is_nan) {
                return Err("NaN, which the lake does not store; expected a number or null".into());
            }
            both(extremes(floats, f64::total_cmp), |v| Some(format!("{v:?}")))
        }
        LakeType::Money => {
            let cents = array.as_primitive_opt::<Decimal128Type>().ok_or_else(mismatch)?;
            let range = extremes(cents, i128::cmp);
            if range.is_some_and(|(lo, hi)| lo <= -MONEY_LIMIT || hi >= MONEY_LIMIT) {
                return Err("an amount of more than 18 digits".into());
            }
            both(range, |v| Some(decimal(v)))
        }
        LakeType::Date => {
            let days = array.as_primitive_opt::<Date32Type>().ok_or_else(mismatch)?;
            both(extremes(days, i32::cmp), |v| TEXT_DAYS.contains(&v).then(|| Day(v).to_string()))
        }
        LakeType::Time => {
            let times = array.as_primitive_opt::<TimestampMicrosecondType>().ok_or_else(mismatch)?;
            both(extremes(times, i64::cmp), |v| {
                let day = v.div_euclid(crate::domain::zone::MICROS_PER_DAY);
                i32::try_from(day).is_ok_and(|d| TEXT_DAYS.contains(&d)).then(|| instant(Micros(v)))
            })
        }
    };
    let contains_nan = (ty == LakeType::Float).then_some(false);
    Ok(ColumnStats { min, max, contains_nan, ..column_counts(array) })
}

/// Values and nulls of an array, its bounds unknown.
pub(super) fn column_counts(array: &dyn Array) -> ColumnStats {
    let nulls = array.null_count() as u64;
    ColumnStats { non_null: array.len() as u64 - nulls, nulls, ..ColumnStats::default() }
}

/// One more than the largest DECIMAL(18,2), unscaled.
const MONEY_LIMIT: i128 = 1_000_000_000_000_000_000;

/// An instant as DuckLake writes it: `2026-11-24 21:42:57.257312+00`.
pub(super) fn instant(at: Micros) -> String {
    at.to_string().replace('T', " ").replace('Z', "+00")
}

/// The least and greatest value, nulls aside.
fn extremes<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    order: impl Fn(&T::Native, &T::Native) -> std::cmp::Ordering,
) -> Option<(T::Native, T::Native)> {
    let mut values = array.iter().flatten();
    let first = values.next()?;
    Some(values.fold((first, first), |(lo, hi), v| {
        let lo = if order(&v, &lo).is_lt() { v } else { lo };
        let hi = if order(&v, &hi).is_gt() { v } else { hi };
        (lo, hi)
    }))
}

fn both<T>(range: Option<(T, T)>, text: impl Fn(T) -> Option<String>) -> (Option<String>, Option<String>) {
    range.map_or((None, None), |(lo, hi)| (text(lo), text(hi)))
}

/// By UTF-8 bytes, as DuckDB orders text. Most values differ in their first eight bytes from both bounds.
fn texts<'a>(mut values: impl Iterator<Item = &'a str>) -> (Option<String>, Option<String>) {
    let Some(first) = values.next() else { return (None, None) };
    let first = (head(first), first);
    let (mut lo, mut hi) = (first, first);
    for text in values {
        let value = (head(text), text);
        if value.0 <= lo.0 && value < lo {
            lo = value;
        } else if value.0 >= hi.0 && value > hi {
            hi = value;
        }
    }
    let bound = |v: &str| (v.len() <= LONGEST && !v.contains('\0')).then(|| v.to_string());
    (bound(lo.1), bound(hi.1))
}

/// The first eight bytes as a number that orders as they do.
fn head(text: &str) -> u64 {
    let bytes = text.as_bytes();
    match bytes.first_chunk() {
        Some(eight) => u64::from_be_bytes(*eight),
        None => {
            let mut eight = [0; 8];
            eight[..bytes.len()].copy_from_slice(bytes);
            u64::from_be_bytes(eight)
        }
    }
}

/// Two decimals, the sign before them also when the whole part is zero.
fn decimal(cents: i128) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let units = cents.unsigned_abs();
    format!("{sign}{}.{:02}", units / 100, units % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};

    fn bounds(array: &dyn Array, ty: LakeType) -> (Option<String>, Option<String>) {
        let stats = column_stats(array, ty).unwrap();
        (stats.min, stats.max)
    }

    fn some(lo: &str, hi: &str) -> (Option<String>, Option<String>) {
        (Some(lo.into()), Some(hi.into()))
    }

    #[test]
    fn texts_are_those_of_ducklake() {
        let money = Decimal128Array::from(vec![Some(-5), None, Some(-150), Some(123_456)]);
        let money = money.with_precision_and_scale(18, 2).unwrap();
        assert_eq!(bounds(&money, LakeType::Money), some("-1.50", "1234.56"));
        assert_eq!(decimal(-5), "-0.05");
        assert_eq!(bounds(&Int64Array::from(vec![7, -3]), LakeType::Int), some("-3", "7"));
        assert_eq!(bounds(&Float64Array::from(vec![1.5, 1e300, -0.25]), LakeType::Float), some("-0.25", "1e300"));
        assert_eq!(bounds(&Date32Array::from(vec![19_737, 0]), LakeType::Date), some("1970-01-01", "2024-01-15"));
        let times = TimestampMicrosecondArray::from(vec![1_705_321_800_123_456, 0]).with_timezone("UTC");
        let want = some("1970-01-01 00:00:00+00", "2024-01-15 12:30:00.123456+00");
        assert_eq!(bounds(&times, LakeType::Time), want);
        // By bytes, not by any collation: "Z" < "a" < "店".
        assert_eq!(bounds(&StringArray::from(vec!["a", "店", "Z"]), LakeType::Text), some("Z", "店"));
    }

    #[test]
    fn what_is_no_safe_bound_is_absent() {
        let long = "z".repeat(LONGEST + 1);
        let text = StringArray::from(vec![Some("a"), Some(&long), None]);
        let stats = column_stats(&text, LakeType::Text).unwrap();
        assert_eq!((stats.min, stats.max, stats.non_null, stats.nulls), (Some("a".into()), None, 2, 1));
        assert_eq!(bounds(&StringArray::from(vec!["a\0"]), LakeType::Text), (None, None));
        assert_eq!(bounds(&Int64Array::from(vec![None::<i64>]), LakeType::Int), (None, None));
        assert_eq!(bounds(&Date32Array::from(vec![i32::MAX]), LakeType::Date), (None, None));
    }

    #[test]
    fn what_the_lake_cannot_hold_is_refused() {
        assert!(column_stats(&Float64Array::from(vec![f64::NAN]), LakeType::Float).is_err());
        assert!(column_stats(&Int64Array::from(vec![1]), LakeType::Text).is_err());
        let wide = Decimal128Array::from(vec![MONEY_LIMIT]).with_precision_and_scale(38, 2).unwrap();
        assert!(column_stats(&wide, LakeType::Money).is_err());
    }
}
