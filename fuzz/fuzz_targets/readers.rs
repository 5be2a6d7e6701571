//! What is asked of each reader, whatever the bytes: no panic, a whole account of the file, or a refusal that says why.
//!
//! The first byte of an input chooses the source and its settings, the rest is the file. `tests/corpus.rs` of shoppulse
//! reads the corpus with these functions too.

#![allow(dead_code, reason = "a target calls one of them")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use shoppulse::config::{self, Mode, SourceConfig, TextEncoding};
use shoppulse::domain::schema::{Kind, SOURCES, Source, source};
use shoppulse::domain::{Micros, TimeFormat, Zone};
use shoppulse::ingest::personal::PLAIN;
use shoppulse::ingest::read::{ReadOptions, raw_records, read_file};
use shoppulse::ingest::{FileProblem, SourceFile};
use tempfile::TempDir;

thread_local! {
    static FOLDER: TempDir = tempfile::tempdir().unwrap();
}

pub fn csv(input: &[u8]) {
    let Some((&choice, bytes)) = input.split_first() else { return };
    let (source, config) = chosen(choice);
    let name = if choice & 1 == 0 { "t.csv" } else { "t.tsv" };
    read(source, &config, name, bytes);
}

pub fn jsonl(input: &[u8]) {
    let Some((&choice, bytes)) = input.split_first() else { return };
    let (source, config) = chosen(choice);
    read(source, &SourceConfig { delimiter: None, ..config }, "t.jsonl", bytes);
}

pub fn parquet(input: &[u8]) {
    let Some((&choice, bytes)) = input.split_first() else { return };
    let (source, config) = chosen(choice);
    read(source, &SourceConfig { delimiter: None, ..config }, "t.parquet", bytes);
}

/// A workbook, or in the upper half of the choices its parts, between form feeds: the sheet's rows, the shared strings,
/// the styles, the workbook's properties.
pub fn xlsx(input: &[u8]) {
    let Some((&choice, bytes)) = input.split_first() else { return };
    let (source, config) = chosen(choice & 0x7f);
    let config = SourceConfig { delimiter: None, ..config };
    if choice < 0x80 {
        return read(source, &config, "t.xlsx", bytes);
    }
    let mut parts = bytes.split(|b| *b == b'\x0c');
    let mut part =
        |before: &str, after: &str| [before.as_bytes(), parts.next().unwrap_or_default(), after.as_bytes()].concat();
    let sheet = part("<worksheet><sheetData>", "</sheetData></worksheet>");
    let strings = part("<sst>", "</sst>");
    let styles = part("<styleSheet>", "</styleSheet>");
    let book = part("<workbook>", r#"<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>"#);
    let packed = zip(&[
        ("_rels/.rels", RELATIONS.as_bytes()),
        ("xl/workbook.xml", &book),
        ("xl/_rels/workbook.xml.rels", BOOK_RELATIONS.as_bytes()),
        ("xl/sheet.xml", &sheet),
        ("xl/strings.xml", &strings),
        ("xl/styles.xml", &styles),
    ]);
    read(source, &config, "t.xlsx", &packed);
}

/// Compressed data and encodings under every kind of name; in the upper half of the choices the bytes are packed as gzip
/// first, so that changed ones come out of it.
pub fn packed(input: &[u8]) {
    const NAMES: &[&str] = &["t", "t.gz", "t.zst", "t.csv", "t.tsv.gz", "t.jsonl.zst", "t.parquet.gz", "t.xlsx.gz"];
    const LABELS: &[&str] =
        &["utf-8", "utf-16", "utf-16le", "gb18030", "big5", "windows-1252", "shift_jis", "iso-2022-jp"];
    let Some((&choice, bytes)) = input.split_first() else { return };
    let label = LABELS[usize::from((choice >> 3) & 7)];
    let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
    let config =
        SourceConfig { encoding: Some(TextEncoding { label: label.to_string(), encoding }), ..SourceConfig::default() };
    let source = source(if choice & 0x40 == 0 { "targets" } else { "calls" }).unwrap();
    let name = NAMES[usize::from(choice & 7)];
    if choice < 0x80 {
        return read(source, &config, name, bytes);
    }
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    gzip.write_all(bytes).unwrap();
    read(source, &config, name, &gzip.finish().unwrap());
}

/// The text of `shoppulse.toml`, or after an odd byte that of a pipeline.
pub fn config(input: &[u8]) {
    let Some((&choice, bytes)) = input.split_first() else { return };
    FOLDER.with(|folder| {
        let root = folder.path().join("project");
        let (project, pipeline) = if choice & 1 == 0 { (bytes, &b""[..]) } else { (&b""[..], bytes) };
        fs::create_dir_all(root.join("pipelines")).unwrap();
        fs::write(root.join("shoppulse.toml"), project).unwrap();
        fs::write(root.join("pipelines/p.toml"), pipeline).unwrap();
        match config::load(&root) {
            Ok(config) => assert!(config.pipelines.contains_key("p")),
            Err(problems) => assert!(!problems.0.is_empty() && problems.0.iter().all(|p| !p.text.is_empty())),
        }
    });
}

/// A source, and one of a few settings for it.
fn chosen(choice: u8) -> (&'static Source, SourceConfig) {
    let source = &SOURCES[usize::from(choice) % SOURCES.len()];
    let mut config = SourceConfig::default();
    match usize::from(choice) / SOURCES.len() % 4 {
        0 => {}
        1 => config.mode = if source.is_events() { Mode::Upsert } else { Mode::Full },
        2 => {
            config.delimiter = Some(b';');
            config.null_values = vec!["-".to_string()];
            config.ts_format = TimeFormat::EpochSeconds;
            for field in source.fields {
                if let Kind::Word(words) = field.kind {
                    config.values.insert(
                        field.name.to_string(),
                        BTreeMap::from([("1".to_string(), words[0].to_string()), ("x".to_string(), String::new())]),
                    );
                }
            }
        }
        _ => {
            config.ts_format = TimeFormat::pattern("%d.%m.%Y %H:%M").unwrap();
            config.columns.insert(source.fields[0].name.to_string(), "id".to_string());
            if source.is_events() {
                config.columns.clear();
                config.event_id = vec!["ts", source.fields[2].name];
            }
        }
    }
    (source, config)
}

/// Reads a file to its end, and its good rows again as raw records.
fn read(source: &'static Source, config: &SourceConfig, name: &str, bytes: &[u8]) {
    FOLDER.with(|folder| {
        let disk = folder.path().join("file");
        fs::write(&disk, bytes).unwrap();
        let size = bytes.len() as u64;
        let file = SourceFile { source, path: name.to_string(), disk, size, mtime_ns: 0, inode: 0 };
        let zone = Zone::named("Asia/Shanghai").unwrap();
        let now = Micros::parse_rfc3339("2026-10-31T18:30:00Z").unwrap();
        let options = ReadOptions { config, zone: &zone, now, personal: &PLAIN, chunk_rows: 7 };
        let (mut lines, mut rejected) = (Vec::new(), 0);
        let report = read_file(&file, &options, &mut |chunk| {
            assert_eq!(chunk.rows.num_rows(), chunk.lines.len());
            assert!(chunk.lines.len() + chunk.rejects.len() <= options.chunk_rows);
            if config.mode == Mode::Full {
                assert_eq!(chunk.refused_keys.len(), chunk.rejects.len());
            }
            lines.extend(chunk.lines);
            rejected += chunk.rejects.len();
            Ok(())
        });
        match report {
            Ok(report) => {
                assert_eq!(report.rows_read, (lines.len() + rejected) as u64, "every record is a row or a refusal");
                let raw = raw_records(&file, &options, &lines).unwrap();
                assert!(raw.iter().map(|(line, _)| line).eq(&lines), "every good row is found again");
            }
            Err(FileProblem::Refused(why)) => assert!(!why.is_empty()),
            // The disk has no fault: what is called unreadable would be tried again for ever.
            Err(other) => panic!("{other:?}"),
        }
    });
}

const RELATIONS: &str =
    r#"<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK_RELATIONS: &str = r#"<Relationships><Relationship Id="r1" Type="x/worksheet" Target="sheet.xml"/>
<Relationship Id="r2" Type="x/sharedStrings" Target="strings.xml"/>
<Relationship Id="r3" Type="x/styles" Target="styles.xml"/></Relationships>"#;

/// A ZIP file of stored parts.
fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in parts {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let mut about = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        for n in [crc.sum(), bytes.len() as u32, bytes.len() as u32, name.len() as u32] {
            about.extend(n.to_le_bytes());
        }
        let at = (file.len() as u32).to_le_bytes();
        file.extend([b"PK\x03\x04", &about[..], name.as_bytes(), bytes].concat());
        directory.extend([b"PK\x01\x02\x14\x00", &about[..], &[0; 10], &at, name.as_bytes()].concat());
    }
    let (count, start) = ((parts.len() as u16).to_le_bytes(), (file.len() as u32).to_le_bytes());
    let size = (directory.len() as u32).to_le_bytes();
    [file, directory, [b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &start, &[0; 2]].concat()].concat()
}
