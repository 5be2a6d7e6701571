//! How a run file lies on disk. All numbers are little-endian.
//!
//! ```text
//! magic, entries, room                                8 bytes each
//! small (room <= SMALL):  keys 8 bytes each, xxh3 of all before
//! large:  counts          where each of 2^16 buckets (the hash's first 16 bits) begins, and the end; 4 bytes each
//!         sums            4 bytes of xxh3 of each block of MIDDLE, then of each block of REST
//!         xxh3            of all before: the head
//!         MIDDLE          the hash's second 16 bits of each entry, 2 bytes each
//!         REST            the hash's third 16 bits and the day, 4 bytes each
//! ```
//!
//! A search reads a third of a large run at most: MIDDLE tells all but one id in some hundreds apart, and REST is read where
//! MIDDLE agrees. Both are read in blocks of 4 KiB, each proved by its sum, so no flipped bit is ever believed.
//! `room` is what was reserved; a merge drops equal entries and leaves some of it empty.

pub(super) const MAGIC: [u8; 8] = *b"shopids2";
/// Runs up to this size have no buckets and are read whole: about 1 MiB. Tests reach large ones with few rows.
pub(super) const SMALL: u64 = if cfg!(test) { 64 } else { 1 << 17 };
pub(super) const BUCKETS: usize = 1 << 16;
pub(super) const BLOCK: u64 = 4096;
pub(super) const FIXED: u64 = 24;
/// Positions are counted in 32 bits.
pub(super) const MOST: u64 = u32::MAX as u64;

/// Bytes of an entry in each section.
pub(super) const MIDDLE: u64 = 2;
pub(super) const REST: u64 = 4;

/// The bucket of a key.
pub(super) fn bucket(key: u64) -> usize {
    (key >> 48) as usize
}

/// What MIDDLE holds of a key.
pub(super) fn middle(key: u64) -> u16 {
    (key >> 32) as u16
}

/// Where the parts of a large run lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub middle_blocks: u64,
    pub rest_blocks: u64,
    /// The head's bytes, its sum included.
    pub head: u64,
    pub middle: u64,
    pub rest: u64,
}

impl Places {
    pub fn of(room: u64) -> Places {
        let (middle_blocks, rest_blocks) = ((room * MIDDLE).div_ceil(BLOCK), (room * REST).div_ceil(BLOCK));
        let head = FIXED + 4 * (BUCKETS as u64 + 1) + 4 * (middle_blocks + rest_blocks) + 8;
        let middle = head.next_multiple_of(BLOCK);
        Places { middle_blocks, rest_blocks, head, middle, rest: middle + middle_blocks * BLOCK }
    }
}

/// The file's length.
pub(super) fn length(entries: u64, room: u64) -> u64 {
    if room <= SMALL { FIXED + 8 * entries + 8 } else { Places::of(room).rest + REST * entries }
}

pub(super) fn sum(block: &[u8]) -> u32 {
    xxhash_rust::xxh3::xxh3_64(block) as u32
}

pub(super) fn u32s(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b)).collect()
}

pub(super) fn u64s(bytes: &[u8]) -> Vec<u64> {
    bytes.as_chunks::<8>().0.iter().map(|b| u64::from_le_bytes(*b)).collect()
}
