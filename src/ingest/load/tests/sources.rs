//! One case for each key by which a source may differ: from `shoppulse.toml` and a file's bytes to the lake.

use crate::config::{SourceConfig, load};
use crate::domain::schema::source;
use crate::ingest::rig::{Rig, accounts};

/// A source's settings as `shoppulse.toml` says them.
pub fn settings(name: &str, text: &str) -> SourceConfig {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("shoppulse.toml"), format!("[sources.{name}]\n{text}\n")).unwrap();
    load(dir.path()).unwrap_or_else(|e| panic!("{text}: {e}")).project.sources[name].clone()
}

pub fn rig(name: &str, text: &str) -> Rig {
    let mut rig = Rig::new();
    rig.project.sources.insert(source(name).unwrap().name, settings(name, text));
    rig
}

struct Case {
    source: &'static str,
    settings: &'static str,
    file: &'static str,
    bytes: &'static [u8],
    /// `read=loaded+duplicate+quarantined`
    account: &'static str,
    columns: &'static [&'static str],
    rows: &'static [&'static str],
    unknown: &'static [&'static str],
    /// `line column reason`
    refused: &'static [&'static str],
}

/// Bytes in other encodings than UTF-8 are those of Python's codecs.
const CASES: &[Case] = &[
    Case {
        source: "companies",
        settings: "encoding = \"gb18030\"\ncolumns = { name = \"名称\" }",
        file: "companies.csv",
        bytes: b"company_id,\xc3\xfb\xb3\xc6,segment,size\nC1,\xcd\xf5\xd0\xa1\xc3\xf7\xbb\xfa\xd0\xb5\xb3\xa7,\xbb\xfa\xd0\xb5,large\n\
                 C2,\xc0\xee\xc0\xf2\xbc\x8f\xbf\x97,\xbc\x8f\xbf\x97,Small\nC3,\xc0,x,large\n",
        account: "3=2+0+1",
        columns: &["company_id", "name", "segment", "size"],
        rows: &["C1,王小明机械厂,机械,large", "C2,李莉紡織,紡織,small"],
        unknown: &[],
        refused: &["4 - encoding C3,\\xFF,x,large"],
    },
    Case {
        source: "companies",
        settings: "encoding = \"big5\"",
        file: "companies.csv",
        bytes: b"company_id,name,segment,size\nC1,\xa4\xfd\xa4p\xa9\xfa\xbe\xf7\xb1\xf1\xbct,\xbe\xf7\xb1\xf1,large\n\
                 C2,\xb3\x5c\xa5\x5c\xbb\x5c\xaf\xbc\xc2\xb4,\xaf\xbc\xc2\xb4,Small\n",
        account: "2=2+0+0",
        columns: &["company_id", "name", "segment", "size"],
        rows: &["C1,王小明機械廠,機械,large", "C2,許功蓋紡織,紡織,small"],
        unknown: &[],
        refused: &[],
    },
    Case {
        source: "companies",
        settings: "encoding = \"utf-16\"",
        file: "companies.jsonl",
        bytes: b"\xff\xfe{\0\x22\0c\0o\0m\0p\0a\0n\0y\0_\0i\0d\0\x22\0:\0\x22\0C\x001\0\x22\0,\0\x22\0n\0a\0m\0e\0\x22\0:\0\x22\0\
                 \x8bsB\xd8\xb7\xdf\x22\0,\0\x22\0s\0e\0g\0m\0e\0n\0t\0\x22\0:\0\x22\0:g\x22\0,\0\x22\0s\0i\0z\0e\0\x22\0:\0\x22\0\
                 l\0a\0r\0g\0e\0\x22\0}\0\n\0",
        account: "1=1+0+0",
        columns: &["company_id", "name", "segment", "size"],
        rows: &["C1,王𠮷,机,large"],
        unknown: &[],
        refused: &[],
    },
    Case {
        source: "targets",
        settings: "delimiter = \"|\"\ncolumns = { period = \"monat\", amount = \"soll\" }",
        file: "targets-2026.csv",
        bytes: b"monat|soll|period\n2026-07|12,5|x\n2026-08|\"12.5\"|x\n",
        account: "2=1+0+1",
        columns: &["period", "rep_id", "amount"],
        rows: &["2026-08,,12.50"],
        unknown: &["period"],
        refused: &["2 amount bad_number 2026-07|12,5|x"],
    },
    Case {
        source: "targets",
        settings: "format = \"tsv\"",
        file: "targets.txt",
        bytes: b"amount\tperiod\n1,\t2026\n2\t2027\n",
        account: "2=1+0+1",
        columns: &["period", "amount"],
        rows: &["2027,2.00"],
        unknown: &[],
        refused: &["2 amount bad_number 1,\t2026"],
    },
    // An id is compared as it stands, another text trimmed; a quoted word too; the empty text is null anyway.
    Case {
        source: "messages",
        settings: "null_values = [\"NULL\", \"\\\\N\", \" - \"]",
        file: "messages.csv",
        bytes: b"event_id,ts,company_id,visitor_id,excluded\n\
                 a,2026-07-01T08:00:00,C1,NULL,\"NULL\"\nb,2026-07-01T08:00:01,C1, NULL, \\N \n\
                 c,2026-07-01T08:00:02,C1,-,-\nd,2026-07-01T08:00:03,C1, - ,null\n\\N,2026-07-01T08:00:04,C1,,\n",
        account: "5=4+0+1",
        columns: &["event_id", "visitor_id", "excluded"],
        rows: &["a,,", "b, NULL,", "c,-,", "d,,null"],
        unknown: &[],
        refused: &["6 event_id missing \\N,2026-07-01T08:00:04,C1,,"],
    },
    // Strings and numbers of JSON are told by their text.
    Case {
        source: "targets",
        settings: "null_values = [\"none\", \"-1\"]",
        file: "targets.jsonl",
        bytes: b"{\"period\":\"2026\",\"rep_id\":\"none\",\"amount\":1}\n{\"period\":\"2027\",\"rep_id\":-1,\"amount\":1}\n\
                 {\"period\":\"2028\",\"rep_id\":\"a\",\"amount\":-1}\n",
        account: "3=2+0+1",
        columns: &["period", "rep_id"],
        rows: &["2026,", "2027,"],
        unknown: &[],
        refused: &["3 amount missing {\"period\":\"2028\",\"rep_id\":\"a\",\"amount\":-1}"],
    },
    // A required column that the file lacks; one that it has too is not read, and named.
    Case {
        source: "shop_clicks",
        settings: "constants = { click_source = \"Portal\", page = \"home\" }",
        file: "shop_clicks.csv",
        bytes: b"event_id,ts,company_id,page\na,2026-07-01T08:00:00,C1,\"bad\nb,2026-07-01T08:00:01,C1,shop\n",
        account: "2=1+0+1",
        columns: &["event_id", "click_source", "page"],
        rows: &["b,portal,home"],
        unknown: &["page"],
        refused: &["2 - parse a,2026-07-01T08:00:00,C1,\"bad"],
    },
    Case {
        source: "targets",
        settings: "constants = { period = 2026, amount = 7.5 }",
        file: "targets.jsonl",
        bytes: b"{\"rep_id\":\"R1\",\"amount\":[3]}\n{\"rep_id\":\"R2\"}\n",
        account: "2=2+0+0",
        columns: &["period", "rep_id", "amount"],
        rows: &["2026,R1,7.50", "2026,R2,7.50"],
        unknown: &["amount"],
        refused: &[],
    },
    // The file's word as it stands but for blanks; then lower-cased as ever; a word that is not in the map stays.
    Case {
        source: "calls",
        settings: "values.outcome = { 1 = \"Connected\", OK = \"connected\", 2 = \"busy\" }\nvalues.rep_id = { \"7\" = \"R7\" }\n\
                   values.duration_s = { n = 0 }",
        file: "calls.csv",
        bytes: b"event_id,ts,rep_id,direction,duration_s,outcome\n\
                 a,2026-07-01T08:00:00,7,inbound,n, 1 \nb,2026-07-01T08:00:01, 7,inbound,5,OK\n\
                 c,2026-07-01T08:00:02,R7,inbound,5,Busy\nd,2026-07-01T08:00:03,R7,inbound,5,ok\n\
                 e,2026-07-01T08:00:04,R7,inbound,5,3\n",
        account: "5=3+0+2",
        columns: &["event_id", "rep_id", "duration_s", "outcome"],
        rows: &["a,R7,0,connected", "b, 7,5,connected", "c,R7,5,busy"],
        unknown: &[],
        refused: &[
            "5 outcome unknown_word d,2026-07-01T08:00:03,R7,inbound,5,ok",
            "6 outcome unknown_word e,2026-07-01T08:00:04,R7,inbound,5,3",
        ],
    },
    // 1782869400 is 2026-07-01T01:30:00Z.
    Case {
        source: "messages",
        settings: "ts_format = \"epoch_s\"",
        file: "messages.csv",
        bytes: b"event_id,ts,company_id\na,1782869400,C1\nb, 1782869400.25 ,C1\nc,2026-07-01T08:00:00Z,C1\n\
                 d,1782869400000,C1\ne,-5,C1\n",
        account: "5=2+0+3",
        columns: &["event_id", "ts", "event_date"],
        rows: &["a,2026-07-01T01:30:00Z,2026-07-01", "b,2026-07-01T01:30:00.25Z,2026-07-01"],
        unknown: &[],
        refused: &[
            "4 ts bad_time c,2026-07-01T08:00:00Z,C1",
            "5 ts time_range d,1782869400000,C1",
            "6 ts time_range e,-5,C1",
        ],
    },
    Case {
        source: "followups",
        settings: "ts_format = \"epoch_ms\"",
        file: "followups.jsonl",
        bytes: b"{\"followup_id\":1,\"ts\":1782869400250,\"company_id\":\"C1\",\"rep_id\":\"R1\",\"stage\":\"lead\"}\n\
                 {\"followup_id\":2,\"ts\":\"1782869400250.5\",\"company_id\":\"C1\",\"rep_id\":\"R1\",\"stage\":\"won\"}\n",
        account: "2=2+0+0",
        columns: &["followup_id", "ts"],
        rows: &["1,2026-07-01T01:30:00.25Z", "2,2026-07-01T01:30:00.2505Z"],
        unknown: &[],
        refused: &[],
    },
    Case {
        source: "messages",
        settings: "ts_format = \"%d.%m.%Y %H:%M\"\nvalues.ts = { never = \"2026-01-01T00:00:00Z\" }",
        file: "messages.csv",
        bytes: b"event_id,ts,company_id\na,01.07.2026 09:30,C1\nb, 1.7.2026 9:30,C1\nc,31.06.2026 09:30,C1\nd,never,C1\n",
        account: "4=3+0+1",
        columns: &["event_id", "ts"],
        rows: &["d,2026-01-01T00:00:00Z", "a,2026-07-01T01:30:00Z", "b,2026-07-01T01:30:00Z"],
        unknown: &[],
        refused: &["4 ts bad_time c,31.06.2026 09:30,C1"],
    },
];

#[test]
fn each_key_does_what_it_says() {
    for case in CASES {
        let mut rig = rig(case.source, case.settings);
        std::fs::write(rig.file(case.file, ""), case.bytes).unwrap();
        let loaded = rig.load(&[case.source]);
        let about = format!("{}: {}", case.source, case.settings);
        assert_eq!(accounts(&loaded), [format!("{} loaded* {}", case.file, case.account)], "{about}");
        assert_eq!(rig.rows(case.source, case.columns), case.rows, "{about}");
        let unknown: Vec<&String> = loaded.unknown_columns[case.source].iter().collect();
        assert_eq!(unknown, case.unknown, "{about}");
        let refused: Vec<String> = case.refused.iter().map(|line| format!("1 {}:{line}", case.file)).collect();
        assert_eq!(rig.quarantine(), refused, "{about}");
    }
}

/// The header is ASCII, and so the file is read; its rows say what is wrong.
#[test]
fn a_file_in_an_encoding_that_no_setting_names_says_which_key_to_set() {
    let mut rig = Rig::new();
    let disk = rig.file("companies.csv", "company_id,name,segment,size\n");
    let row = |n| [format!("C{n},").as_bytes(), b"\xcd\xf5,x,large\n"].concat();
    let head = std::fs::read(&disk).unwrap();
    std::fs::write(&disk, [head, (0..12).flat_map(row).collect()].concat()).unwrap();
    let loaded = rig.load(&["companies"]);
    assert_eq!(accounts(&loaded), ["companies.csv refused* 12=0+0+12"]);
    let why = loaded.files[0].message.as_deref().unwrap();
    assert!(why.contains("12 of 12 rows are bad") && why.contains("under sources.companies.encoding"), "{why}");
}

/// New York 2026: gap on 8 March 02:00, fold on 1 November 02:00 (IANA time zone database).
#[test]
fn a_pattern_without_an_offset_is_local_with_its_gap_and_fold() {
    let mut rig = rig("messages", "ts_format = \"%m/%d/%Y %I:%M %p\"");
    rig.project.zone = crate::domain::Zone::named("America/New_York").unwrap();
    rig.now = "2026-12-01T00:00:00Z";
    let text = "event_id,ts,company_id\na,03/08/2026 02:30 AM,C1\nb,11/01/2026 01:30 AM,C1\nc,07/01/2026 12:00 AM,C1\n";
    rig.file("messages.csv", text);
    rig.load(&["messages"]);
    let rows = ["a,2026-03-08T07:30:00Z", "c,2026-07-01T04:00:00Z", "b,2026-11-01T05:30:00Z"];
    assert_eq!(rig.rows("messages", &["event_id", "ts"]), rows);
}

#[test]
fn a_log_without_ids_loaded_again_is_all_duplicates() {
    let mut rig = rig("shop_clicks", "event_id = [\"page\", \"ts\", \"company_id\", \"visitor_id\"]");
    let head = "event_id,ts,company_id,visitor_id,click_source,page,excluded\n";
    let row = |at: &str, page: &str, excluded: &str| format!("x,2026-07-01T08:00:{at},C1,v,search,{page},{excluded}\n");
    // Two equal lines, one of another second, one bad line between that has no ordinal, one whose page is null.
    let lines =
        [row("00Z", "p", ""), row("99Z", "p", ""), row("00Z", "p", ""), row("01Z", "p", ""), row("00Z", "", "")];
    rig.file("shop_clicks/1.csv", &(head.to_string() + &lines.concat()));
    let loaded = rig.load(&["shop_clicks"]);
    assert_eq!(accounts(&loaded), ["shop_clicks/1.csv loaded* 5=4+0+1"]);
    assert!(loaded.unknown_columns["shop_clicks"].contains("event_id"), "the file's own column is not read");
    let ids = |rig: &Rig| rig.rows("shop_clicks", &["event_id"]);
    let first = ids(&rig);
    assert!(first.iter().all(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())), "{first:?}");
    assert_eq!(first.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);

    // The same log with the bad line mended, columns in another order and one event excluded since.
    let swap = |line: &str| {
        let f: Vec<&str> = line.trim_end().split(',').collect();
        format!("{},{},{},{},{},{}\n", f[5], f[6], f[1].replace('Z', "+00:00"), f[4], f[3], f[2])
    };
    let again: String = [row("00Z", "p", ""), row("00Z", "p", "bot"), row("01Z", "p", ""), row("00Z", "", "")]
        .iter()
        .map(|l| swap(l))
        .collect();
    rig.file("shop_clicks/2.csv", &("page,excluded,ts,click_source,visitor_id,company_id\n".to_string() + &again));
    assert_eq!(accounts(&rig.load(&["shop_clicks"]))[1], "shop_clicks/2.csv loaded* 4=0+4+0");
    assert_eq!(ids(&rig), first);
    assert_eq!(rig.rows("shop_clicks", &["excluded"]).concat(), "bot");

    // A third equal line is an event of its own; another click source under one id is a conflict.
    let more = row("00Z", "p", "").repeat(3) + &row("01Z", "p", "").replace("search", "ad");
    rig.file("shop_clicks/3.csv", &(head.to_string() + &more));
    assert_eq!(accounts(&rig.load(&["shop_clicks"]))[2], "shop_clicks/3.csv loaded* 4=1+2+1");
    assert_eq!(ids(&rig).len(), 5);
}

#[test]
fn names_of_files_that_are_not_taken() {
    let mut rig = Rig::new();
    let text = "period,amount\n2026,1\n";
    for name in [".hidden.csv", "_draft.csv", "a.csv.tmp", "a.csv.part", "a.csv.filepart", "a.csv.crdownload"] {
        rig.file(&format!("targets/{name}"), text);
    }
    rig.file("targets/.old/a.csv", text);
    rig.file("targets-a.csv", text);
    assert_eq!(accounts(&rig.load(&["targets"])), ["targets-a.csv loaded* 1=1+0+0"]);
}

#[test]
fn parquet_knows_the_settings_and_its_timestamps_need_no_pattern() {
    use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
    use std::sync::Arc;
    let stamp: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![1_782_869_400_000_000]).with_timezone("UTC"));
    let number: ArrayRef = Arc::new(Int64Array::from(vec![1_782_869_400]));
    for (file, ts) in [("messages/1.parquet", stamp), ("messages/2.parquet", number)] {
        let text = |value: &str| Arc::new(StringArray::from(vec![value])) as ArrayRef;
        let columns = [("event_id", text(file)), ("ts", ts), ("company_id", text("alt")), ("visitor_id", text("-"))];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut rig = rig(
            "messages",
            "ts_format = \"epoch_s\"\nnull_values = [\"-\"]\nvalues.company_id = { alt = \"C1\" }\nconstants.excluded = \"bot\"",
        );
        let disk = std::fs::File::create(rig.file(file, "")).unwrap();
        let mut writer = parquet::arrow::ArrowWriter::try_new(disk, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        assert_eq!(accounts(&rig.load(&["messages"])), [format!("{file} loaded* 1=1+0+0")]);
        let rows = rig.rows("messages", &["ts", "company_id", "visitor_id", "excluded"]);
        assert_eq!(rows, ["2026-07-01T01:30:00Z,C1,,bot"], "{file}");
    }
}
