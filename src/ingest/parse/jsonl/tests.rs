use super::*;
use std::io::Cursor;

fn lines(text: &[u8], block: usize) -> Vec<(u64, Vec<u8>, bool)> {
    let mut lines = Lines::new(Window::new(Box::new(Cursor::new(text.to_vec())), block)).unwrap();
    let mut all = Vec::new();
    while let Some(line) = lines.next_line().unwrap() {
        all.push((line.line, line.bytes.to_vec(), line.too_long));
    }
    all
}

#[test]
fn lines_end_at_lf_and_blank_ones_are_no_records() {
    for block in [1, 2, 3, 7, 1 << 20] {
        let found = lines(b"\xef\xbb\xbf{}\r\n \t\r\n\n[1]\n x", block);
        let expected = [(1, b"{}".to_vec(), false), (4, b"[1]".to_vec(), false), (5, b" x".to_vec(), false)];
        assert_eq!(found, expected, "{block}");
    }
}

#[test]
fn one_document_is_no_json_lines() {
    let told = |text: &str| {
        let window = Window::new(Box::new(Cursor::new(text.as_bytes().to_vec())), 1 << 20);
        Lines::new(window).unwrap().refuse_document().err().map(|e| e.to_string())
    };
    for list in ["[]", " [{\"a\":1},\n {\"a\":2}]\n", "\u{feff}[{\"a\":1}]\n\n", "[\n{}\n]", "[1"] {
        assert!(told(list).is_some_and(|why| why.contains("a JSON list") && why.contains(".[]")), "{list}");
    }
    assert!(told("{\n \"a\": 1\n}\n").is_some_and(|why| why.contains("over several lines")));
    // Bad records, each by itself.
    for lines in ["[1]\n{}\n", "{}", "{\"a\":\n{}\n", "", "\n\n", "x\n[\n"] {
        assert_eq!(told(lines), None, "{lines}");
    }
}

#[test]
fn a_line_over_the_limit_is_one_record() {
    let mut text = vec![b'x'; MAX_RECORD + 1];
    text.extend(b"\n{}\n");
    for block in [1 << 20, 1 << 25] {
        let found = lines(&text, block);
        assert_eq!((found.len(), found[0].0, found[0].1.len(), found[0].2), (2, 1, MAX_RECORD, true));
        assert_eq!(found[1], (2, b"{}".to_vec(), false));
    }
}
