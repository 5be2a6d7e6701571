use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use proptest::prelude::*;

use super::*;
use crate::config::Format;
use crate::domain::schema::source;
use crate::domain::{Cents, Day};
use crate::ingest::personal::{PLAIN, Personal};
use crate::ingest::{Chunk, Reason, Reject};

/// All that a file gave.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Read {
    /// The line of a good row, and its values joined by `|`.
    pub rows: Vec<(u64, String)>,
    pub rejects: Vec<Reject>,
    pub rows_read: u64,
    pub unknown: Vec<String>,
}

impl Read {
    fn texts(&self) -> Vec<(u64, &str)> {
        self.rows.iter().map(|(line, text)| (*line, text.as_str())).collect()
    }

    fn bad(&self) -> Vec<(u64, &str, &str)> {
        self.rejects.iter().map(|r| (r.line, r.column.as_deref().unwrap_or("-"), r.reason.word())).collect()
    }
}

fn shown(column: &dyn Array, row: usize) -> String {
    if column.is_null(row) {
        return "∅".to_string();
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).to_string(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Decimal128(18, 2) => Cents(column.as_primitive::<Decimal128Type>().value(row)).to_string(),
        DataType::Date32 => Day(column.as_primitive::<Date32Type>().value(row)).to_string(),
        DataType::Timestamp(..) => Micros(column.as_primitive::<TimestampMicrosecondType>().value(row)).to_string(),
        other => panic!("{other}"),
    }
}

fn row(batch: &RecordBatch, row: usize) -> String {
    batch.columns().iter().map(|c| shown(c.as_ref(), row)).collect::<Vec<_>>().join("|")
}

pub(crate) struct Case {
    folder: tempfile::TempDir,
    pub config: SourceConfig,
    pub zone: Zone,
    pub block: usize,
    pub chunk_rows: usize,
    pub personal: Personal,
}

impl Case {
    pub(crate) fn new() -> Case {
        Case {
            folder: tempfile::tempdir().unwrap(),
            config: SourceConfig::default(),
            zone: Zone::named("Asia/Shanghai").unwrap(),
            block: BLOCK,
            chunk_rows: 1000,
            personal: PLAIN.clone(),
        }
    }

    fn options(&self) -> ReadOptions<'_> {
        let now = Micros::parse_rfc3339("2026-10-31T18:30:00Z").unwrap();
        ReadOptions {
            config: &self.config,
            zone: &self.zone,
            now,
            personal: &self.personal,
            chunk_rows: self.chunk_rows,
        }
    }

    pub(crate) fn file(&self, source_name: &str, name: &str, bytes: &[u8]) -> SourceFile {
        let disk = self.folder.path().join(name);
        std::fs::write(&disk, bytes).unwrap();
        let about = std::fs::metadata(&disk).unwrap();
        let source = source(source_name).unwrap();
        SourceFile { source, path: name.to_string(), disk, size: about.len(), mtime_ns: 0, inode: about.ino() }
    }

    pub(crate) fn read(&self, source: &str, name: &str, bytes: &[u8]) -> Result<Read, FileProblem> {
        let mut read = Read::default();
        let report = read_blocks(&self.file(source, name, bytes), &self.options(), self.block, &mut |chunk| {
            assert_eq!(chunk.rows.num_rows(), chunk.lines.len());
            assert!(chunk.lines.len() + chunk.rejects.len() <= self.chunk_rows);
            read.rows.extend(chunk.lines.iter().enumerate().map(|(n, line)| (*line, row(&chunk.rows, n))));
            read.rejects.extend(chunk.rejects);
            Ok(())
        })?;
        (read.rows_read, read.unknown) = (report.rows_read, report.unknown_columns);
        assert_eq!(read.rows_read, (read.rows.len() + read.rejects.len()) as u64, "conservation");
        Ok(read)
    }

    #[track_caller]
    fn refused(&self, source: &str, name: &str, bytes: &[u8]) -> String {
        match self.read(source, name, bytes) {
            Err(FileProblem::Refused(why)) => why,
            other => panic!("{name}: {other:?}"),
        }
    }
}

const CALLS: &str = "\u{feff}rep_id, event_id ,ts,duration_s,Outcome,outcome,direction,purpose\r\n\
r1,e1,2026-07-01 09:30:00,60.0,x, CONNECTED ,outbound,\r\n\
\r\n\
\x20r1,\"e2\n\",2026-07-01T20:00:00Z,0,x,busy,Inbound,aftersale\r\n\
r1,,2026-07-01 09:30:00,60,x,busy,inbound,\r\n\
r1,e4,2026-07-01,60,x,busy,inbound,\r\n\
r1,e5,1999-12-31T23:59:59,x,x,lost,inbound,\r\n\
r1,e6,2026-07-01 09:30:00,86401,x,lost,inbound,\r\n\
r1,e7,2026-07-01 09:30:00,1e2,x,lost,inbound,\r\n\
r1,e8,2026-07-01 09:30:00,60,x,lost,inbound,sale\r\n\
r1,e9,2026-07-01 09:30:00,60,x,busy\r\n\
r1,\"e10,2026-07-01 09:30:00,60,x,busy,inbound,\r\n\
r1,e11,2026-07-01 09:30:00,60,x,busy,inbound,\"other\"";

#[test]
fn a_file_with_rows_of_every_kind() {
    let case = Case::new();
    let read = case.read("calls", "calls.csv", CALLS.as_bytes()).unwrap();
    assert_eq!(read.unknown, ["Outcome"]);
    assert_eq!(
        read.texts(),
        [
            (2, "e1|2026-07-01T01:30:00Z|r1|∅|outbound|60|connected|∅|2026-07-01"),
            (4, "e2\n|2026-07-01T20:00:00Z| r1|∅|inbound|0|busy|aftersale|2026-07-02"),
            (14, "e11|2026-07-01T01:30:00Z|r1|∅|inbound|60|busy|other|2026-07-01"),
        ]
    );
    assert_eq!(
        read.bad(),
        [
            (6, "event_id", "missing"),
            (7, "ts", "bad_time"),
            (8, "ts", "time_range"),
            (9, "duration_s", "number_range"),
            (10, "duration_s", "bad_number"),
            (11, "outcome", "unknown_word"),
            (12, "-", "parse"),
            (13, "-", "parse"),
        ]
    );
    assert_eq!(read.rejects[1].raw, b"r1,e4,2026-07-01,60,x,busy,inbound,");
    for block in [1, 2, 3, 5, 8, 13, 40, 200] {
        for chunk_rows in [1, 3] {
            let tiny = Case { block, chunk_rows, ..Case::new() };
            assert_eq!(tiny.read("calls", "calls.csv", CALLS.as_bytes()).unwrap(), read, "{block}");
        }
    }
}

#[test]
fn raw_records_of_good_rows() {
    let case = Case::new();
    let file = case.file("calls", "calls.csv", CALLS.as_bytes());
    let raw = raw_records(&file, &case.options(), &[14, 4]).unwrap();
    assert_eq!(raw[0], (4, b" r1,\"e2\n\",2026-07-01T20:00:00Z,0,x,busy,Inbound,aftersale".to_vec()));
    assert_eq!(raw[1], (14, b"r1,e11,2026-07-01 09:30:00,60,x,busy,inbound,\"other\"".to_vec()));
    assert_eq!(raw.len(), 2);
    let json = b"{\"period\":\"2026\",\"amount\":1}\n\n{\"period\":\"2027\",\"amount\":2}\n";
    let file = case.file("targets", "targets.jsonl", json);
    let raw = raw_records(&file, &case.options(), &[3]).unwrap();
    assert_eq!(raw, [(3, b"{\"period\":\"2027\",\"amount\":2}".to_vec())]);
}

#[test]
fn bytes_that_are_no_text_spoil_their_row_only() {
    let case = Case::new();
    let read = case.read("targets", "t.csv", b"period,amount,note\n2026,1,\xff\n2026,2,\xc3\xa9\n2026,\xff\n").unwrap();
    assert_eq!(read.texts(), [(3, "2026|∅|2.00")]);
    assert_eq!(read.bad(), [(2, "-", "encoding"), (4, "-", "encoding")]);
    assert_eq!(read.rejects[0].raw, b"2026,1,\xff");
    let read = case.read("targets", "t.jsonl", b"{\"period\":\"2026\",\"amount\":\"\xff\"}\n").unwrap();
    assert_eq!(read.bad(), [(1, "-", "encoding")]);
}

#[test]
fn json_lines() {
    let case = Case::new();
    let text = r#"{"period": 2026, "rep_id": 0012, "amount": 1}
{"period": 2026, "rep_id": 12, "amount": 12345678901.50, "x": {"y": [1]}}
{"period": "2026-Q3", "rep_id": true, "amount": "7"}
{"period": "2026-07", "rep_id": "\u738b \"w\"", "amount": 7.0, "x": null}

{"period": "2026", "rep_id": null, "amount": 1e3}
{"period": "2026", "rep_id": ["a"], "amount": 1}
{"period": "2026", "rep_id": "a", "amount": 1, "rep_id": "a"}
{"period": "2026", "rep_id": "a", "amount": 1, "x": 1, "x": 2}
{"period": "2026", "rep_id": "\ud800", "amount": 1}
{"period": "2026", "rep_id": {}, "amount": "x"}
{"period": "2026"}
{"period": "2026", "amount": 1} x
["2026"]
null
{"period": "2026", "amount": NaN}
not json"#;
    let read = case.read("targets", "t.ndjson", text.as_bytes()).unwrap();
    assert_eq!(read.unknown, ["x"]);
    assert_eq!(
        read.texts(),
        [(2, "2026|12|12345678901.50"), (3, "2026-Q3|true|7.00"), (4, "2026-07|王 \"w\"|7.00"), (9, "2026|a|1.00"),]
    );
    assert_eq!(
        read.bad(),
        [
            (1, "-", "parse"),
            (6, "amount", "bad_number"),
            (7, "rep_id", "parse"),
            (8, "rep_id", "parse"),
            (10, "rep_id", "parse"),
            (11, "rep_id", "parse"),
            (12, "amount", "missing"),
            (13, "-", "parse"),
            (14, "-", "parse"),
            (15, "-", "parse"),
            (16, "-", "parse"),
            (17, "-", "parse"),
        ]
    );
    for block in [1, 7, 50] {
        let tiny = Case { block, ..Case::new() };
        assert_eq!(tiny.read("targets", "t.ndjson", text.as_bytes()).unwrap(), read);
    }
}

#[test]
fn columns_under_the_file_s_names() {
    let mut case = Case::new();
    case.config.columns =
        BTreeMap::from([("amount".to_string(), "Betrag".to_string()), ("rep_id".to_string(), "wer".to_string())]);
    let read = case.read("targets", "t.csv", b"period,Betrag,rep_id\n2026,5,r1\n").unwrap();
    assert_eq!((read.texts(), read.unknown.clone()), (vec![(2, "2026|∅|5.00")], vec!["rep_id".to_string()]));
    let why = case.refused("targets", "t.csv", b"period,amount\n2026,5\n");
    assert!(why.contains("`Betrag` (for `amount`)"), "{why}");
    let read = case.read("targets", "t.jsonl", b"{\"period\":2026,\"Betrag\":5,\"amount\":6,\"wer\":\"r1\"}").unwrap();
    assert_eq!(read.texts(), [(1, "2026|r1|5.00")]);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn compressed_files_of_several_members() {
    let case = Case::new();
    let (one, two) = (&b"period,amount\n2026,1\n20"[..], &b"27,2\n"[..]);
    let zstd = |bytes| zstd::encode_all(bytes, 3).unwrap();
    let expected = [(2, "2026|∅|1.00"), (3, "2027|∅|2.00")];
    let members = [gzip(one), gzip(two)].concat();
    let frames = [zstd(one), zstd(two)].concat();
    for (name, bytes) in [("t.csv.gz", &members), ("t.csv", &members), ("t.csv.zst", &frames), ("t", &frames)] {
        assert_eq!(case.read("targets", name, bytes).unwrap().texts(), expected, "{name}");
    }
    // Cut off, or followed by something else.
    for whole in [&members, &frames] {
        assert!(case.refused("targets", "t.csv", &whole[..whole.len() - 5]).contains("cannot be read to its end"));
        assert!(case.refused("targets", "t.csv", &[whole, &b"garbage"[..]].concat()).contains("read to its end"));
    }
    for (name, whole) in [("t.csv.gz", gzip(one)), ("t.csv.zst", zstd(one))] {
        for end in 1..whole.len() {
            case.refused("targets", name, &whole[..end]);
        }
    }
    assert!(case.refused("targets", "t.csv.gz", one).contains("not compressed so"));
    assert!(case.refused("targets", "t.csv.gz", &frames).contains("promises Gzip"));
    assert!(case.refused("targets", "t.csv.gz", &gzip(&gzip(one))).contains("gzip data inside"));
}

#[test]
fn a_file_that_is_not_what_its_name_says() {
    let case = Case::new();
    assert!(case.refused("targets", "t.csv", b"PAR1xxxxPAR1").contains("a Parquet file"));
    assert!(case.refused("targets", "t.csv", b"PK\x03\x04xxxx").contains("found a ZIP or XLSX"));
    assert!(case.refused("targets", "t", b"\x89PNG\r\n\x1a\nxx").contains("PNG"));
    assert!(case.refused("targets", "t.parquet", b"period,amount\n").contains("expected Parquet"));
    assert!(case.refused("targets", "t.parquet", b"PAR1xxxxPAR1").contains("cannot be read to its end"));
    assert!(case.refused("targets", "t.xlsx", b"PK\x03\x04").contains("its directory is missing"));
    assert!(case.refused("targets", "t.xls", b"x").contains("save it as XLSX"));
    assert!(
        case.refused("targets", "t.csv", b"\xff\xfep\0e\0").contains("`encoding = \"utf-16\"` under [sources.targets]")
    );
    assert!(case.refused("targets", "t.csv", b"p\xe9riod,amount\n2026,1\n").contains("`encoding`"));
    assert!(case.refused("targets", "t.csv", b"period,note\n2026,1\n").contains("`amount`"));
    assert!(
        case.refused("targets", "t.csv", b"period, amount,amount\n2026,1,1\n").contains("more than once: `amount`")
    );
    assert!(case.refused("targets", "t.csv", b"period,amount\x00\n").contains("missing"));
}

#[test]
fn nothing_in_it_is_no_fault() {
    let case = Case::new();
    let texts: [&[u8]; 6] =
        [b"", b"\xef\xbb\xbf", b"\n\r\n", b"period,amount", b"amount,period\r\n", b"\xef\xbb\xbf\"period\",amount\n\n"];
    for text in texts {
        assert_eq!(case.read("targets", "t.csv", text).unwrap(), Read::default(), "{text:?}");
    }
    assert_eq!(case.read("targets", "t.jsonl", b" \n").unwrap(), Read::default());
    assert_eq!(case.read("targets", "t.csv.gz", &gzip(b"")).unwrap(), Read::default());
    assert_eq!(case.read("targets", "t.parquet", b"").unwrap(), Read::default());
}

#[test]
fn delimiters_and_formats() {
    let mut case = Case::new();
    let expected = [(2, "2026|∅|1.00")];
    assert_eq!(case.read("targets", "t.tsv", b"period\tamount\n2026\t1\n").unwrap().texts(), expected);
    assert_eq!(case.read("targets", "t.txt", b"period\tamount\n2026\t1\n").unwrap().texts(), expected);
    let json = b"{\"period\":2026,\"amount\":1}";
    assert_eq!(case.read("targets", "t.log", json).unwrap().texts(), [(1, "2026|∅|1.00")]);
    case.config.delimiter = Some(b';');
    assert_eq!(case.read("targets", "t.csv", b"period;amount\n2026;1\n").unwrap().texts(), expected);
    case.config.format = Some(Format::Tsv);
    case.config.delimiter = None;
    assert_eq!(case.read("targets", "t.csv", b"period\tamount\n2026\t1\n").unwrap().texts(), expected);
}

#[test]
fn hashes() {
    let case = Case::new();
    let file = case.file("targets", "t.csv", b"abc");
    // FIPS 180-2, appendix B.1.
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(hash_file(&file.disk).unwrap(), abc);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever follows the header: nothing panics, every record is a row or a refusal, and neither depends on
    /// how much is read at once; [`raw_records`] gives the bytes of every good row.
    #[test]
    fn any_bytes(body in proptest::collection::vec(prop_oneof![
        Just(b"2026".to_vec()), Just(b",".to_vec()), Just(b"\"".to_vec()), Just(b"\n".to_vec()), Just(b"\r".to_vec()),
        Just(b"2027,5\n".to_vec()), Just(b"2026,\"1\"".to_vec()), any::<u8>().prop_map(|b| vec![b]),
    ], 0..60), block in 1usize..20) {
        let text = [&b"period,amount\n"[..], &body.concat()].concat();
        let case = Case::new();
        let whole = case.read("targets", "t.csv", &text).unwrap();
        let tiny = Case { block, chunk_rows: 2, ..Case::new() };
        prop_assert_eq!(&tiny.read("targets", "t.csv", &text).unwrap(), &whole);
        let lines: Vec<u64> = whole.rows.iter().map(|r| r.0).collect();
        let raw = raw_records(&case.file("targets", "t.csv", &text), &case.options(), &lines).unwrap();
        prop_assert_eq!(raw.iter().map(|r| r.0).collect::<Vec<_>>(), lines);
        // No byte but line ends is in no record.
        let kept: usize = raw.iter().map(|r| r.1.len()).chain(whole.rejects.iter().map(|r| r.raw.len())).sum();
        let ends = text.iter().filter(|b| matches!(b, b'\n' | b'\r')).count();
        prop_assert!(kept + 13 + ends >= text.len());
        // Any bytes under any name: refused or read, no panic.
        for name in ["t", "t.jsonl", "t.parquet", "t.gz"] {
            let _ = case.read("targets", name, &body.concat());
        }
    }
}

#[test]
fn rows_beyond_the_limit_refuse_the_file() {
    let case = Case::new();
    let mut taken = 0;
    let mut sink = |chunk: Chunk| {
        taken += chunk.rejects.len();
        Ok(())
    };
    let mut rows = Rows::new(source("reps").unwrap(), &case.options(), &mut sink).unwrap().limit(3 << 20);
    let mut push = |line| rows.reject(line, None, Reason::Parse, vec![b'x'; 1 << 20]);
    for line in 1..=3 {
        push(line).unwrap();
    }
    assert!(push(4).unwrap_err().to_string().contains("first 4 rows hold more than 3 MiB"));
    let limit = |source, size| {
        let file = case.file(source, "x", b"");
        text_limit(&SourceFile { size, ..file }) >> 20
    };
    assert_eq!(
        (limit("messages", 1), limit("messages", 20 << 20), limit("reps", 1), limit("reps", 10 << 20)),
        (1024, 2000, 256, 500)
    );
}
