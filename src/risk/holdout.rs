//! Who is kept off the call list on purpose, so that the effect of calls can be measured later.

use sha2::{Digest, Sha256};

/// Whether a contract is held out: the first 8 bytes of SHA-256 of `SEED:CONTRACT_ID`, big-endian, / 2^64 < share.
pub fn is_held_out(seed: u64, contract_id: &str, share: f64) -> bool {
    let hash = Sha256::digest(format!("{seed}:{contract_id}"));
    let first = hash.iter().take(8).fold(0u64, |n, byte| n << 8 | u64::from(*byte));
    (first as f64 / 18_446_744_073_709_551_616.0) < share
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 1:K1 | sha256sum` begins with 29d33bc8bdce8123: 0.163379… of the range.
    #[test]
    fn the_hash_decides() {
        assert!(is_held_out(1, "K1", 0.16338) && !is_held_out(1, "K1", 0.16337));
        assert!(!is_held_out(1, "K1", 0.0));
    }
}
