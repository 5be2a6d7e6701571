use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::*;
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowWriter;

use super::*;

/// The texts of a one-column file for a column of a kind, after a round trip through Parquet.
fn texts(values: ArrayRef, kind: Kind) -> Vec<String> {
    let zone = Zone::named("Asia/Shanghai").unwrap();
    let batch = round_trip(vec![("x", values)]);
    let show = |row| {
        let mut scratch = String::new();
        match text(batch.column(0).as_ref(), row, kind, &zone, &mut scratch) {
            Slot::Null => "∅".to_string(),
            Slot::Stored(text) => text.to_string(),
            Slot::Made(start, end) | Slot::Stamp(start, end) => scratch[start..end].to_string(),
            Slot::Bad(reason) => reason.word().to_string(),
        }
    };
    (0..batch.num_rows()).map(show).collect()
}

fn written(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let fields: Vec<Field> = columns.iter().map(|(n, c)| Field::new(*n, c.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), columns.into_iter().map(|(_, c)| c).collect()).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn round_trip(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, &written(columns)).unwrap();
    ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().next().unwrap().unwrap()
}

/// 2026-07-01T00:00:00 as seconds on a wall, or in UTC.
const JULY: i64 = 1_782_864_000;

#[test]
fn times_and_days() {
    let micros = |n: Vec<i64>| TimestampMicrosecondArray::from(n);
    let naive: ArrayRef = Arc::new(micros(vec![JULY * 1_000_000, JULY * 1_000_000 + 1]));
    assert_eq!(texts(naive.clone(), Kind::Time), ["2026-07-01T00:00:00", "2026-07-01T00:00:00.000001"]);
    assert_eq!(texts(naive, Kind::Date), ["2026-07-01", "bad_date"]);
    // Midnight in Shanghai is 16:00 UTC of the day before.
    let zoned: ArrayRef = Arc::new(micros(vec![JULY * 1_000_000, (JULY - 8 * 3600) * 1_000_000]).with_timezone("UTC"));
    assert_eq!(texts(zoned.clone(), Kind::Time), ["2026-07-01T00:00:00Z", "2026-06-30T16:00:00Z"]);
    assert_eq!(texts(zoned, Kind::Date), ["bad_date", "2026-07-01"]);
    let nanos: ArrayRef =
        Arc::new(TimestampNanosecondArray::from(vec![JULY * 1_000_000_000 + 1999, JULY * 1_000_000_000]));
    assert_eq!(texts(nanos.clone(), Kind::Time), ["2026-07-01T00:00:00.000001", "2026-07-01T00:00:00"]);
    assert_eq!(texts(nanos, Kind::Date), ["bad_date", "2026-07-01"]);
    let millis: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![Some(JULY * 1000 + 500), None]));
    assert_eq!(texts(millis, Kind::Time), ["2026-07-01T00:00:00.5", "∅"]);
    let seconds: ArrayRef = Arc::new(TimestampSecondArray::from(vec![JULY, i64::MAX]));
    assert_eq!(texts(seconds, Kind::Time), ["2026-07-01T00:00:00", "bad_time"]);
    let days: ArrayRef = Arc::new(Date32Array::from(vec![0, 84_006]));
    assert_eq!(texts(days, Kind::Date), ["1970-01-01", "day 84006"]);
}

#[test]
fn numbers() {
    let floats = |n: Vec<f64>| -> ArrayRef { Arc::new(Float64Array::from(n)) };
    let amounts = vec![19.99, 0.1 + 0.2, 5.0, 19.990_000_9, 19.990_001_1, 1.005, f64::NAN, 123_456_789_012.35, -0.004];
    assert_eq!(
        texts(floats(amounts), Kind::Money),
        ["19.99", "0.30", "5.00", "19.99", "bad_number", "bad_number", "NaN", "123456789012.35", "bad_number"]
    );
    assert_eq!(texts(floats(vec![12.0, 12.5, 1e21]), Kind::Id), ["12", "12.5", "1000000000000000000000"]);
    assert_eq!(texts(Arc::new(Int64Array::from(vec![-7, 12])), Kind::Id), ["-7", "12"]);
    assert_eq!(texts(Arc::new(UInt8Array::from(vec![255])), Kind::Text), ["255"]);
    assert_eq!(texts(Arc::new(BooleanArray::from(vec![true])), Kind::Text), ["true"]);
    let decimals = Decimal128Array::from(vec![123_450, -5]).with_precision_and_scale(20, 3).unwrap();
    assert_eq!(texts(Arc::new(decimals), Kind::Money), ["123.450", "-0.005"]);
}

#[test]
fn texts_of_every_layout() {
    for column in [
        Arc::new(StringArray::from(vec![Some("王"), None])) as ArrayRef,
        Arc::new(LargeStringArray::from(vec![Some("王"), None])),
        Arc::new(StringViewArray::from(vec![Some("王"), None])),
        Arc::new(BinaryArray::from(vec![Some("王".as_bytes()), None])),
        Arc::new([Some("王"), None].into_iter().collect::<DictionaryArray<types::Int32Type>>()),
    ] {
        assert_eq!(texts(column.clone(), Kind::Text), ["王", "∅"], "{}", column.data_type());
    }
    assert_eq!(texts(Arc::new(BinaryArray::from(vec![&b"\xff"[..]])), Kind::Text), ["encoding"]);
}

#[test]
fn a_file_and_its_raw_rows() {
    let mut list = ListBuilder::new(StringBuilder::new());
    list.append_value([Some("a")]);
    list.append_null();
    list.append_value([None::<&str>]);
    let bytes = written(vec![
        ("note", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("amount", Arc::new(Float64Array::from(vec![1.5, 2.0, 2.345]))),
        ("rep_id", Arc::new(list.finish())),
        ("period", Arc::new(Int32Array::from(vec![2026, 2027, 2028]))),
    ]);
    let case = crate::ingest::read::tests::Case::new();
    let read = case.read("targets", "t.parquet", &bytes).unwrap();
    assert_eq!((read.rows, read.unknown), (vec![(2, "2027|∅|2.00".to_string())], vec!["note".to_string()]));
    let bad: Vec<_> = read.rejects.iter().map(|r| (r.line, r.column.as_deref(), r.reason)).collect();
    assert_eq!(bad, [(1, Some("rep_id"), Reason::Parse), (3, Some("rep_id"), Reason::Parse)]);
    assert_eq!(read.rejects[0].raw, br#"{"amount":1.5,"rep_id":["a"],"period":2026}"#);
    // Compressed as a whole, and cut anywhere.
    let zipped = zstd::encode_all(&bytes[..], 3).unwrap();
    assert_eq!(case.read("targets", "t.parquet.zst", &zipped).unwrap().rows_read, 3);
    for end in (4..bytes.len()).step_by(7) {
        let cut = case.read("targets", "t.parquet", &bytes[..end]);
        assert!(matches!(cut, Err(crate::ingest::FileProblem::Refused(_))), "{end}");
    }
}

/// A byte changed anywhere: read, or refused, never a crash.
#[test]
fn damaged_bytes_never_crash() {
    let bytes = written(vec![
        ("amount", Arc::new(Float64Array::from(vec![1.5, 2.0, 2.25]))),
        ("rep_id", Arc::new([Some("r1"), None, Some("r1")].into_iter().collect::<DictionaryArray<types::Int32Type>>())),
        ("period", Arc::new(StringArray::from(vec!["2026", "2027", "2028"]))),
    ]);
    let case = crate::ingest::read::tests::Case::new();
    for n in 4..bytes.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[n] ^= change;
            let read = case.read("targets", "t.parquet", &damaged);
            assert!(matches!(read, Ok(_) | Err(crate::ingest::FileProblem::Refused(_))), "byte {n}");
        }
    }
}
