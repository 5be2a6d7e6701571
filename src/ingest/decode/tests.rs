use encoding_rs::{BIG5, GB18030, SHIFT_JIS};
use proptest::prelude::*;

use super::super::read::tests::Case;
use super::*;

// "period,rep_id,amount\n2026,王小明,1\n2026-07,李莉,2.50\n" by Python's codecs.
const IN_GB18030: &[u8] =
    b"period,rep_id,amount\x0a2026,\xcd\xf5\xd0\xa1\xc3\xf7,1\x0a2026-07,\xc0\xee\xc0\xf2,2.50\x0a";
const IN_BIG5: &[u8] = b"period,rep_id,amount\x0a2026,\xa4\xfd\xa4p\xa9\xfa,1\x0a2026-07,\xa7\xf5\xb2\xfa,2.50\x0a";
const IN_SHIFT_JIS: &[u8] =
    b"period,rep_id,amount\x0a2026,\x89\xa4\x8f\xac\x96\xbe,1\x0a2026-07,\x97\x9b\xe4\xbb,2.50\x0a";
/// Without a mark.
const IN_UTF_16LE: &[u8] = b"p\x00e\x00r\x00i\x00o\x00d\x00,\x00r\x00e\x00p\x00_\x00i\x00d\x00,\x00a\x00m\x00o\x00\
u\x00n\x00t\x00\x0a\x002\x000\x002\x006\x00,\x00\x8bs\x0f\x5c\x0ef,\x001\x00\x0a\x002\x000\x002\x006\x00-\x000\x007\
\x00,\x00Ng\x89\x83,\x002\x00.\x005\x000\x00\x0a\x00";
const IN_UTF_16BE: &[u8] = b"\x00p\x00e\x00r\x00i\x00o\x00d\x00,\x00r\x00e\x00p\x00_\x00i\x00d\x00,\x00a\x00m\x00o\
\x00u\x00n\x00t\x00\x0a\x002\x000\x002\x006\x00,s\x8b\x5c\x0ff\x0e\x00,\x001\x00\x0a\x002\x000\x002\x006\x00-\x000\
\x007\x00,gN\x83\x89\x00,\x002\x00.\x005\x000\x00\x0a";

fn setting(label: &str) -> Option<TextEncoding> {
    let encoding = Encoding::for_label_no_replacement(label.as_bytes()).unwrap();
    Some(TextEncoding { label: label.to_string(), encoding })
}

fn case(label: &str) -> Case {
    read_by(label, 1 << 20)
}

fn read_by(label: &str, block: usize) -> Case {
    let mut case = Case::new();
    case.block = block;
    case.config.encoding = setting(label);
    case
}

#[test]
fn the_same_rows_in_every_encoding() {
    let (le, be) = ([b"\xff\xfe", IN_UTF_16LE].concat(), [b"\xfe\xff", IN_UTF_16BE].concat());
    // A mark of GB18030's own.
    let marked = [b"\x841\x953", IN_GB18030].concat();
    let files: [(&str, &[u8]); 13] = [
        ("gb18030", IN_GB18030),
        ("gb18030", &marked),
        ("gbk", IN_GB18030),
        ("gb2312", IN_GB18030),
        ("big5", IN_BIG5),
        ("shift_jis", IN_SHIFT_JIS),
        ("utf-16", &le),
        ("utf-16", &be),
        ("utf-16", IN_UTF_16LE),
        ("utf-16le", &le),
        ("utf-16le", IN_UTF_16LE),
        ("utf-16be", &be),
        ("utf-16be", IN_UTF_16BE),
    ];
    for (label, bytes) in files {
        let zstd = zstd::encode_all(bytes, 3).unwrap();
        for (name, bytes) in [("t.csv", bytes), ("t", bytes), ("t.csv.zst", &zstd)] {
            for block in [1, 5, 1 << 20] {
                let read = read_by(label, block).read("targets", name, bytes).unwrap();
                let rows: Vec<&str> = read.rows.iter().map(|(_, row)| row.as_str()).collect();
                assert_eq!(rows, ["2026|王小明|1.00", "2026-07|李莉|2.50"], "{label} {name}");
                assert!(read.rejects.is_empty() && read.unknown.is_empty());
            }
        }
    }
    // JSON lines are told by their first letter, whatever the encoding: {"period":2026,"rep_id":"王","amount":1}
    let json = b"{\"period\":2026,\"rep_id\":\"\xcd\xf5\",\"amount\":1}";
    let read = case("gb18030").read("targets", "t", json).unwrap();
    assert_eq!(read.rows[0].1, "2026|王|1.00");
}

/// Bytes that come a few at a time.
struct Drops(Vec<u8>, usize);

impl Read for Drops {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.1.min(self.0.len()).min(out.len());
        out[..n].copy_from_slice(&self.0[..n]);
        self.0.drain(..n);
        Ok(n)
    }
}

#[test]
fn no_character_is_lost_between_two_reads() {
    // Python's codecs: 王莉𠮷€ in GB18030, 王莉 in Big5 and Shift_JIS, 王莉𠮷 in UTF-16.
    let texts: [(&'static Encoding, &[u8], &str); 4] = [
        (GB18030, b"\xcd\xf5\xc0\xf2\x954\xb25\xa2\xe3", "王莉𠮷€"),
        (BIG5, b"\xa4\xfd\xb2\xfa", "王莉"),
        (SHIFT_JIS, b"\x89\xa4\xe4\xbb", "王莉"),
        (UTF_16LE, b"\x8bs\x89\x83B\xd8\xb7\xdf", "王莉𠮷"),
    ];
    for (encoding, bytes, text) in texts {
        for drop in [1, 2, 3, 5] {
            let mut read = String::new();
            Decoded::new(Box::new(Drops(bytes.repeat(50), drop)), encoding).read_to_string(&mut read).unwrap();
            assert_eq!(read, text.repeat(50), "{encoding:?} {drop}");
        }
        // Blocks of the decoder's own size, with a character across each end.
        let many = bytes.repeat(40_000);
        let mut read = String::new();
        Decoded::new(Box::new(io::Cursor::new(many[..].to_vec())), encoding).read_to_string(&mut read).unwrap();
        assert_eq!(read.len(), text.len() * 40_000);
        assert!(read == text.repeat(40_000), "{encoding:?}");
    }
}

#[test]
fn a_malformed_sequence_spoils_its_own_record() {
    // A lead byte before a comma, before a line end, in quotes, and at the end of the file.
    let text = b"period,rep_id,amount\n2026,\x81,1\n2026,\xcd\xf5,2\n2026,3,\x81\n2026,\"a\x81\",4\n2026,\xc0\xee,5\n2026,,6\xcd";
    for block in [1, 4, 1 << 20] {
        let read = read_by("gb18030", block).read("targets", "t.csv", text).unwrap();
        let rows: Vec<(u64, &str)> = read.rows.iter().map(|(line, row)| (*line, row.as_str())).collect();
        assert_eq!(rows, [(3, "2026|王|2.00"), (6, "2026|李|5.00")]);
        let bad: Vec<(u64, &str, &[u8])> = read.rejects.iter().map(|r| (r.line, r.reason.word(), &r.raw[..])).collect();
        let encoding = "encoding";
        let expected: [(u64, &str, &[u8]); 4] = [
            (2, encoding, b"2026,\xff,1"),
            (4, encoding, b"2026,3,\xff"),
            (5, encoding, b"2026,\"a\xff\",4"),
            (7, encoding, b"2026,,6\xff"),
        ];
        assert_eq!(bad, expected);
    }
    // UTF-16: half of a pair, alone, then a good record, then a byte too few.
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let (before, after) = (utf16("period,amount,x\n2026,1,"), utf16("\n2026,2,\n2027,3,"));
    let lone = [&before[..], b"\x42\xd8", &after, b"\x33"].concat();
    let read = case("utf-16le").read("targets", "t.csv", &lone).unwrap();
    assert_eq!(read.rows, [(3, "2026|∅|2.00".to_string())]);
    assert_eq!(
        read.rejects.iter().map(|r| (r.line, r.reason.word())).collect::<Vec<_>>(),
        [(2, "encoding"), (4, "encoding")]
    );
    // JSON lines.
    let read = case("gbk")
        .read("targets", "t.jsonl", b"{\"period\":2026,\"amount\":\"\x81\"}\n{\"period\":2026,\"amount\":1}")
        .unwrap();
    assert_eq!((read.rows.len(), read.rejects[0].reason.word()), (1, "encoding"));
}

#[test]
fn a_file_that_is_not_in_its_encoding_is_refused() {
    let le = [b"\xff\xfe", IN_UTF_16LE].concat();
    let be = [b"\xfe\xff", IN_UTF_16BE].concat();
    let mark = [b"\xef\xbb\xbf", &b"period,amount\n"[..]].concat();
    let set = "set `encoding = \"utf-16\"` under [sources.targets]";
    let files: [(&str, &[u8], &str); 12] = [
        ("utf-8", &le, "the file is utf-16le by its byte order mark"),
        ("utf-8", &be, set),
        ("utf-8", IN_UTF_16LE, "the file is utf-16le by the zero bytes in it"),
        ("utf-8", IN_UTF_16BE, set),
        ("utf-16be", &le, "utf-16le by its byte order mark, but sources.targets.encoding says \"utf-16be\""),
        ("utf-16le", &be, "but sources.targets.encoding says \"utf-16le\""),
        ("utf-16", IN_UTF_16BE, "utf-16be by the zero bytes"),
        ("utf-16", &mark, "the file is utf-8 by its byte order mark"),
        ("gb18030", &mark, "the file is utf-8 by its byte order mark"),
        ("big5", &le, "utf-16le"),
        ("utf-8", b"\xff\xfe\0\0p\0\0\0", "UTF-32"),
        // A header that is not in the encoding.
        ("gb18030", b"period,amount,\x81\n2026,1,\n", "the header is not in the file's encoding"),
    ];
    // 一, a blank as wide as a letter, and 𠀀 have a zero where letters of Latin have none.
    for text in ["period,amount,一\n", "period,amount\n2026,5\n,\u{3000}\u{20000}\n", "period,amount,业一丁一丂一\n"]
    {
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (bytes, told) in [(le, "utf-16le by the zero bytes"), (be, "utf-16be by the zero bytes")] {
            let why = case("utf-8").read("targets", "t.csv", &bytes).unwrap_err().to_string();
            assert!(why.contains(told), "{text}: {why}");
        }
    }
    for (label, bytes, part) in files {
        let why = case(label).read("targets", "t.csv", bytes).unwrap_err().to_string();
        assert!(why.contains(part), "{label}: {why}");
    }
    assert!(case("utf-8").read("targets", "t.csv", &mark).unwrap().rows.is_empty());
    // Zero bytes of a UTF-8 file are no sign of UTF-16.
    let read = Case::new().read("targets", "t.csv", b"period,rep_id,amount\n2026,\0\0,1\n").unwrap();
    assert_eq!(read.rows[0].1, "2026|\0\0|1.00");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever follows the header: nothing panics, every record is a row or a refusal, and neither depends on how
    /// much is read at once.
    #[test]
    fn any_bytes_in_any_encoding(body in proptest::collection::vec(prop_oneof![
        Just(b"2026,,1\n".to_vec()), Just(b"\n".to_vec()), Just(b"\"".to_vec()), Just(b"\0".to_vec()), Just(b"\xcd\xf5".to_vec()),
        Just(b"\n\0".to_vec()), any::<u8>().prop_map(|b| vec![b]),
    ], 0..60), block in 1usize..20) {
        for label in ["gb18030", "big5", "shift_jis", "iso-2022-jp", "utf-16le", "windows-1252"] {
            let encoding = Encoding::for_label(label.as_bytes()).unwrap();
            let head = if encoding == UTF_16LE { IN_UTF_16LE } else { IN_BIG5 };
            let text = [head, &body.concat()].concat();
            let whole = case(label).read("targets", "t.csv", &text).unwrap();
            prop_assert_eq!(&read_by(label, block).read("targets", "t.csv", &text).unwrap(), &whole);
            let _ = case(label).read("targets", "t.jsonl", &text).unwrap();
        }
    }
}
