//! A line of short fields, split.

/// Hands on where the delimiters of a line are. Fields are short, so eight bytes are looked at in one word: a general
/// search would begin anew after each.
pub fn each_delimiter(line: &[u8], delimiter: u8, mut found: impl FnMut(usize)) {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let wanted = u64::from_ne_bytes([delimiter; 8]);
    let (words, rest) = line.as_chunks();
    for (n, word) in words.iter().enumerate() {
        // A byte that is the delimiter is 0 now, and the only one whose top bit ends up set.
        let other = u64::from_le_bytes(*word) ^ wanted;
        let mut hits = !(((other & LOW) + LOW) | other | LOW);
        while hits != 0 {
            found(n * 8 + hits.trailing_zeros() as usize / 8);
            hits &= hits - 1;
        }
    }
    for (n, byte) in rest.iter().enumerate() {
        if *byte == delimiter {
            found(words.len() * 8 + n);
        }
    }
}

#[cfg(test)]
mod tests {
    /// Every byte at every place of a word and after it, against the plain search.
    #[test]
    fn delimiters_are_found_wherever_they_are() {
        for delimiter in [b',', b'\t', b';', 0x01, 0x7f] {
            for seed in 0..2_000u64 {
                let byte = |n: u64| match (seed * 31 + n * 7 + n * n) % 5 {
                    0 => delimiter,
                    1 => delimiter ^ 0x80,
                    2 => delimiter.wrapping_add(1),
                    _ => (seed + n * 13) as u8,
                };
                let line: Vec<u8> = (0..seed % 41).map(byte).collect();
                let mut found = Vec::new();
                super::each_delimiter(&line, delimiter, |at| found.push(at));
                assert_eq!(found, memchr::memchr_iter(delimiter, &line).collect::<Vec<_>>(), "{line:?}");
            }
        }
    }
}
