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
fn a_line_over_the_limit_is_one_record() {
    let mut text = vec![b'x'; MAX_RECORD + 1];
    text.extend(b"\n{}\n");
    for block in [1 << 20, 1 << 25] {
        let found = lines(&text, block);
        assert_eq!((found.len(), found[0].0, found[0].1.len(), found[0].2), (2, 1, MAX_RECORD, true));
        assert_eq!(found[1], (2, b"{}".to_vec(), false));
    }
}
