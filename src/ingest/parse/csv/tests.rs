use super::*;
use std::io::Cursor;

/// The fields of each record with its line, header first; a record that is no whole one as its raw text.
fn records(text: &[u8], block: usize) -> Vec<(u64, Result<Vec<String>, String>)> {
    let mut records = Records::new(Window::new(Box::new(Cursor::new(text.to_vec())), block), b',').unwrap();
    let mut all = Vec::new();
    let header = records.header().unwrap().unwrap();
    all.push((0, Ok(header)));
    while let Some(record) = records.next_record().unwrap() {
        let raw = String::from_utf8_lossy(record.bytes).into_owned();
        let fields = record.fields.iter().map(|f| f.text(&raw).unwrap().into_owned()).collect();
        all.push((record.line, if record.shape == Shape::Whole { Ok(fields) } else { Err(raw.clone()) }));
    }
    all
}

/// Records of two columns after a header on line 1, the same whatever is read at once.
#[track_caller]
fn expect(body: &str, expected: &[(u64, Result<&[&str], &str>)]) {
    let text = format!("a,b\n{body}");
    let owned = |fields: &[&str]| fields.iter().map(|f| (*f).to_string()).collect::<Vec<_>>();
    let mut wanted = vec![(0, Ok(owned(&["a", "b"])))];
    wanted.extend(expected.iter().map(|(line, r)| (*line, r.map(owned).map_err(str::to_string))));
    for block in [1, 2, 3, 4, 5, 7, 11, 1 << 20] {
        assert_eq!(records(text.as_bytes(), block), wanted, "{block} bytes at once: {body:?}");
    }
}

#[test]
fn line_ends() {
    expect("1,2\n3,4", &[(2, Ok(&["1", "2"])), (3, Ok(&["3", "4"]))]);
    expect("1,2\r\n3,4\r\n", &[(2, Ok(&["1", "2"])), (3, Ok(&["3", "4"]))]);
    expect("1,2\r3,4\r", &[(2, Ok(&["1", "2"])), (3, Ok(&["3", "4"]))]);
    expect("1,2\r\r\n\n3,4\n\r5,6", &[(2, Ok(&["1", "2"])), (5, Ok(&["3", "4"])), (7, Ok(&["5", "6"]))]);
    assert_eq!(records(b"\r\n\n\"a\",b\r1,2", 1)[1], (4, Ok(vec!["1".into(), "2".into()])));
}

#[test]
fn empty_lines_are_no_records_but_blank_ones_are() {
    expect("\n\n1,2\n\n", &[(4, Ok(&["1", "2"]))]);
    expect("  \n1,2", &[(2, Ok(&["  "])), (3, Ok(&["1", "2"]))]);
    expect("\"\"\n,\n", &[(2, Ok(&[""])), (3, Ok(&["", ""]))]);
}

#[test]
fn quotes_within_one_line() {
    expect("\"1\",\"2\"\n", &[(2, Ok(&["1", "2"]))]);
    expect("\"a,b\",\"say \"\"hi\"\"\"\n", &[(2, Ok(&["a,b", "say \"hi\""]))]);
    expect("x\"y\",2\"\n", &[(2, Ok(&["x\"y\"", "2\""]))]);
    expect(" \"x\",2\n", &[(2, Ok(&[" \"x\"", "2"]))]);
    // Text after a closing quote belongs to the field, quotes in it too.
    expect("\"ab\"cd,2\n", &[(2, Ok(&["abcd", "2"]))]);
    expect("\"a\"\"b\"c\"d\",2\n", &[(2, Ok(&["a\"bc\"d\"", "2"]))]);
    expect("\"ab\" ,\"\"\n", &[(2, Ok(&["ab ", ""]))]);
    expect("\"\"\"\",\"\"\"\"\"\"", &[(2, Ok(&["\"", "\"\""]))]);
    // Another number of fields is left to the reader.
    expect("\"1\",\"2\",\"3\"\n1\n", &[(2, Ok(&["1", "2", "3"])), (3, Ok(&["1"]))]);
}

#[test]
fn records_over_several_lines() {
    expect("1,\"x\ny\"\n3,4", &[(2, Ok(&["1", "x\ny"])), (4, Ok(&["3", "4"]))]);
    expect("\"x\r\n\r\ny\",\"\r\"\r\n3,4", &[(2, Ok(&["x\r\n\r\ny", "\r"])), (6, Ok(&["3", "4"]))]);
    expect("\"x\r\",2\r3,4", &[(2, Ok(&["x\r", "2"])), (4, Ok(&["3", "4"]))]);
    expect("1,\"x\n\"\"y\"\"\n\"", &[(2, Ok(&["1", "x\n\"y\"\n"]))]);
}

#[test]
fn broken_records_cost_their_first_line_alone() {
    // Never closed.
    expect("1,\"x\n3,4\n5,6\n", &[(2, Err("1,\"x")), (3, Ok(&["3", "4"])), (4, Ok(&["5", "6"]))]);
    expect("1,\"x", &[(2, Err("1,\"x"))]);
    // Text between the closing quote and the next delimiter or line end.
    expect("1,\"x\ny\"z\n5,6", &[(2, Err("1,\"x")), (3, Ok(&["y\"z"])), (4, Ok(&["5", "6"]))]);
    expect("1,\"x\ny\" \n5,6", &[(2, Err("1,\"x")), (3, Ok(&["y\" "])), (4, Ok(&["5", "6"]))]);
    // Also when it stands on the first line, before the quote that runs on.
    expect("\"1\"z,\"x\ny\"\n5,6", &[(2, Err("\"1\"z,\"x")), (3, Ok(&["y\""])), (4, Ok(&["5", "6"]))]);
    // Another number of fields than the header.
    expect("\"x\ny\"\n5,6", &[(2, Err("\"x")), (3, Ok(&["y\""])), (4, Ok(&["5", "6"]))]);
    expect("1,\"x\ny\",3\n5,6", &[(2, Err("1,\"x")), (3, Ok(&["y\"", "3"])), (4, Ok(&["5", "6"]))]);
    // A stray quote, and the next one that looks like its end.
    expect("1,\"x\r\n3,4\r\n5,\"y\"\r\n", &[(2, Err("1,\"x")), (3, Ok(&["3", "4"])), (4, Ok(&["5", "y"]))]);
}

/// A record over two lines of `inner` bytes within its quotes, then one more.
fn two_lines(inner: usize) -> Vec<u8> {
    let mut text = b"a,b\n1,\"\n".to_vec();
    text.resize(4 + 4 + inner - 1, b'x');
    text.extend(b"\"\r\n3,4\n");
    text
}

#[test]
fn sixteen_mebibytes_are_the_most() {
    // 1,"…" is 4 bytes besides what it quotes.
    // Blocks that end about where a record's length is decided, the header being 4 bytes.
    for block in (MAX_RECORD - 2..MAX_RECORD + 10).chain([1 << 20, 5_000_011, 1 << 25]) {
        let whole = records(&two_lines(MAX_RECORD - 4), block);
        assert_eq!(whole.len(), 3);
        assert_eq!((whole[1].0, whole[1].1.as_ref().unwrap()[1].len()), (2, MAX_RECORD - 4));
        assert_eq!(whole[2].0, 4);
        let broken = records(&two_lines(MAX_RECORD - 3), block);
        assert_eq!(broken.iter().map(|r| r.0).collect::<Vec<_>>(), [0, 2, 3, 4]);
        assert_eq!(broken[1].1, Err("1,\"".to_string()));
    }
    for block in [1 << 20, 1 << 25] {
        let mut text = b"a,b\n".to_vec();
        text.resize(4 + MAX_RECORD + 1, b'x');
        text.extend(b"\r\n3,4\n");
        let long = records(&text, block);
        assert_eq!(long[1].0, 2);
        assert_eq!(long[1].1.as_ref().unwrap_err().len(), MAX_RECORD);
        assert_eq!(long[2], (3, Ok(vec!["3".into(), "4".into()])));
    }
}
