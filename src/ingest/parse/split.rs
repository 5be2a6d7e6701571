//! Lines of short fields, split.

/// Hands on where delimiters and LFs are, until `found` says that it is enough. Fields are short, so eight bytes are
/// looked at in one word: a general search would begin anew after each.
pub fn each_end(bytes: &[u8], delimiter: u8, mut found: impl FnMut(usize) -> bool) {
    let (words, rest) = bytes.as_chunks();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    // In one loop, so that `found` is called at one place and becomes part of it.
    for n in 0..=words.len() {
        let (word, within) = match words.get(n) {
            Some(word) => (word, u64::MAX),
            None => (&last, (1 << (8 * rest.len())) - 1),
        };
        let word = u64::from_le_bytes(*word);
        let mut hits = (hits(word, delimiter) | hits(word, b'\n')) & within;
        while hits != 0 {
            if !found(n * 8 + hits.trailing_zeros() as usize / 8) {
                return;
            }
            hits &= hits - 1;
        }
    }
}

/// The top bit of every byte of a word that is the wanted one.
#[inline(always)]
fn hits(word: u64, wanted: u8) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    // A byte that is wanted is 0 now, and the only one whose top bit ends up set.
    let other = word ^ u64::from_ne_bytes([wanted; 8]);
    !(((other & LOW) + LOW) | other | LOW)
}

#[cfg(test)]
mod tests {
    /// Every byte at every place of a word and after it, against the plain search.
    #[test]
    fn ends_are_found_wherever_they_are() {
        for delimiter in [b',', b'\t', b';', 0x01, 0x7f] {
            for seed in 0..2_000u64 {
                let byte = |n: u64| match (seed * 31 + n * 7 + n * n) % 5 {
                    0 => delimiter,
                    1 if seed % 3 == 0 => b'\n',
                    1 => delimiter ^ 0x80,
                    2 => delimiter.wrapping_add(1),
                    _ => (seed + n * 13) as u8,
                };
                let line: Vec<u8> = (0..seed % 41).map(byte).collect();
                let mut some = Vec::new();
                super::each_end(&line, delimiter, |at| {
                    some.push(at);
                    some.len() < 9
                });
                assert_eq!(some, memchr::memchr2_iter(delimiter, b'\n', &line).take(9).collect::<Vec<_>>(), "{line:?}");
            }
        }
    }
}
