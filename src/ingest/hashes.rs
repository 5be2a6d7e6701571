//! Ids as 64-bit entries: 48 bits of hash, 16 bits of day. Sorted, an array of them answers "was this id met, and on
//! which days" without holding one id.

use std::collections::BTreeSet;

use xxhash_rust::xxh3::xxh3_64;

use crate::domain::Day;

/// Bits of an entry that hold the day.
const DAY_BITS: u32 = 16;
/// Day 0 of entries: 2000-01-01, before which no event lies.
const FIRST_DAY: i32 = 10_957;

/// Bytes at the end of an id that do not tell where its hash lies.
const TAIL: usize = 3;

/// The hash under which an id is looked for; its upper 16 bits are 0. The first 16 of its 48 bits are those of the id
/// without its tail: ids that were counted up lie together, so that a night of them is found in a few places of an index
/// and not in all; ids without such an order lie anywhere, as any hash does.
pub fn hash_id(id: &str) -> u64 {
    let id = id.as_bytes();
    let place = xxh3_64(&id[..id.len().saturating_sub(TAIL)]) >> 48;
    let hash = place << 32 | xxh3_64(id) >> 32;
    // Tests make collisions with such ids: of the whole hash, and of all that the id index looks at first.
    #[cfg(test)]
    match id.first() {
        Some(b'~') => return hash & 0xFF << 40,
        Some(b'^') => return hash & (0xFF << 40 | 0xFFFF),
        _ => {}
    }
    hash
}

/// A day as entries hold it; days from 2179-06-06 on share one number.
pub fn day_number(day: Day) -> u16 {
    u16::try_from(day.0.saturating_sub(FIRST_DAY).max(0)).unwrap_or(u16::MAX)
}

/// The days that share a number: one, but for the first and the last.
pub fn days_numbered(number: u16) -> impl Iterator<Item = Day> {
    let day = FIRST_DAY + i32::from(number);
    let first = if number == 0 { Day::MIN.0 } else { day };
    let last = if number == u16::MAX { Day::MAX.0 } else { day };
    (first..=last).map(Day)
}

/// The entry of an id on a day.
pub fn entry(hash: u64, day: u16) -> u64 {
    hash << DAY_BITS | u64::from(day)
}

/// The entry of the same id on day 0: the least that an id can have.
pub fn first_of(entry: u64) -> u64 {
    entry >> DAY_BITS << DAY_BITS
}

/// The hash of an entry.
pub fn hash_of(entry: u64) -> u64 {
    entry >> DAY_BITS
}

/// The day of an entry.
pub fn day_of(entry: u64) -> u16 {
    entry as u16
}

/// A hash whose first bits are as random as its last ones (Knuth, *The Art of Computer Programming* 3, §6.4: multiplicative
/// hashing).
fn spread(hash: u64) -> u64 {
    hash.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Entries from which a set's filter has 4 to 8 bits of each instead of 16 to 32: it is then too large for the cache anyway.
const LARGE: usize = 4 << 20;

/// A set of entries: sorted, with a filter before it that answers most questions from the cache.
pub struct IdSet {
    sorted: Vec<u64>,
    filter: Vec<u64>,
    shift: u32,
    /// Where each stretch of entries with equal top bits begins, and the end; about four entries a stretch, more of ids that
    /// lie together.
    starts: Vec<u32>,
    start_shift: u32,
}

impl IdSet {
    /// The set of these entries; repeated ones are kept for [`IdSet::repeated`].
    pub fn new(mut entries: Vec<u64>) -> IdSet {
        entries.sort_unstable();
        let share = if entries.len() > LARGE { 4 } else { 16 };
        let bits = (entries.len().max(8) * share).next_power_of_two();
        let shift = 64 - bits.trailing_zeros();
        let mut filter = vec![0u64; bits / 64];
        for entry in &entries {
            let bit = spread(hash_of(*entry)) >> shift;
            filter[(bit / 64) as usize] |= 1 << (bit % 64);
        }
        let stretches = bits / 64;
        let start_shift = shift + 6;
        let mut starts = Vec::with_capacity(stretches + 1);
        let mut at = 0;
        for stretch in 0..stretches as u64 {
            starts.push(at);
            while entries.get(at as usize).is_some_and(|h| h >> start_shift == stretch) {
                at += 1;
            }
        }
        starts.push(at);
        IdSet { sorted: entries, filter, shift, starts, start_shift }
    }

    /// The set of these hashes, whatever their days.
    pub fn of_hashes(hashes: impl IntoIterator<Item = u64>) -> IdSet {
        IdSet::new(hashes.into_iter().map(|hash| entry(hash, 0)).collect())
    }

    pub fn contains(&self, hash: u64) -> bool {
        let bit = spread(hash) >> self.shift;
        if self.filter[(bit / 64) as usize] >> (bit % 64) & 1 == 0 {
            return false;
        }
        self.of(hash).next().is_some()
    }

    /// The entries of a hash.
    fn of(&self, hash: u64) -> impl Iterator<Item = u64> {
        let stretch = (entry(hash, 0) >> self.start_shift) as usize;
        let stretch = &self.sorted[self.starts[stretch] as usize..self.starts[stretch + 1] as usize];
        let first = stretch.partition_point(|entry| hash_of(*entry) < hash);
        stretch[first..].iter().copied().take_while(move |entry| hash_of(*entry) == hash)
    }

    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The entries, sorted; repeated ones as often as they came.
    pub fn entries(&self) -> &[u64] {
        &self.sorted
    }

    pub fn into_entries(self) -> Vec<u64> {
        self.sorted
    }

    /// Hashes that stand in it more than once.
    pub fn repeated(&self) -> impl Iterator<Item = u64> + '_ {
        let runs = self.sorted.chunk_by(|a, b| hash_of(*a) == hash_of(*b));
        runs.filter(|run| run.len() > 1).map(|run| hash_of(run[0]))
    }

    /// The days on which it has one of the hashes.
    pub fn days(&self, hashes: &IdSet) -> BTreeSet<u16> {
        hashes.sorted.iter().flat_map(|entry| self.of(hash_of(*entry))).map(day_of).collect()
    }
}

/// Entries of `old`, sorted, whose hash is among `new`, sorted.
pub fn met(old: &[u64], new: &[u64]) -> Vec<u64> {
    let (mut met, mut o, mut n) = (Vec::new(), 0, 0);
    while let (Some(a), Some(b)) = (old.get(o), new.get(n)) {
        let (a, b) = (hash_of(*a), hash_of(*b));
        // Which of two random numbers is the lesser nobody can foretell: so nothing branches on it.
        if a == b {
            met.push(old[o]);
        }
        o += usize::from(a <= b);
        n += usize::from(a > b);
    }
    met
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_knows_its_hashes_their_days_and_the_repeated_ones() {
        let hashes: Vec<u64> = (0..1000u64).map(|n| hash_id(&n.to_string())).collect();
        let entries = hashes.iter().enumerate().map(|(n, hash)| entry(*hash, n as u16));
        let set = IdSet::new(entries.chain([entry(hashes[3], 7), entry(hashes[4], 4)]).collect());
        assert!(hashes.iter().all(|h| set.contains(*h)));
        assert!((1000..2000u64).all(|n| !set.contains(hash_id(&n.to_string()))));
        let mut twice = vec![hashes[3], hashes[4]];
        twice.sort_unstable();
        assert_eq!(set.repeated().collect::<Vec<_>>(), twice);
        assert_eq!(set.days(&IdSet::of_hashes(twice)), [3, 4, 7].into());
        assert!(!IdSet::new(Vec::new()).contains(7));
    }

    #[test]
    fn ids_that_were_counted_up_lie_together_and_others_anywhere() {
        let places =
            |ids: &dyn Fn(u64) -> String| (0..5000).map(|n| hash_id(&ids(n)) >> 32).collect::<BTreeSet<u64>>().len();
        assert_eq!(places(&|n| format!("s{}", 25_921_000 + n)), 5);
        assert_eq!(places(&|n| format!("{:02}", n % 100)), 1);
        // Of 5,000 random ones some 185 pairs share one of 65,536 places.
        let random = places(&|n| format!("{:016x}", xxh3_64(&n.to_le_bytes())));
        assert!((4600..=4950).contains(&random), "{random}");
        // Wherever it lies, an id is told from its neighbours by 32 bits of its own.
        let own: BTreeSet<u64> = (0..100_000).map(|n| hash_id(&format!("s{n:08}"))).collect();
        assert!(own.len() >= 99_999);
    }

    #[test]
    fn old_entries_are_met_by_hash_whatever_the_day() {
        let old = [entry(1, 5), entry(2, 5), entry(2, 9), entry(4, 1), entry(9, 1)];
        let new = [entry(2, 1), entry(2, 2), entry(3, 1), entry(9, 9)];
        assert_eq!(met(&old, &new), [entry(2, 5), entry(2, 9), entry(9, 1)]);
        assert_eq!(met(&[], &new).len() + met(&old, &[]).len(), 0);
    }

    #[test]
    fn a_day_far_away_is_the_last_number() {
        assert_eq!(day_number(Day::parse("2000-01-01").unwrap()), 0);
        assert_eq!(day_number(Day::parse("2179-06-06").unwrap()), u16::MAX);
        assert_eq!(day_number(Day(i32::MAX)), u16::MAX);
        assert_eq!(day_number(Day(i32::MIN)), 0);
    }

    #[test]
    fn every_day_is_among_those_of_its_number() {
        let days: Vec<(u16, Day)> = (0..=u16::MAX).flat_map(|n| days_numbered(n).map(move |day| (n, day))).collect();
        assert!(days.iter().all(|(n, day)| day_number(*day) == *n));
        assert!(days.into_iter().map(|(_, day)| day).eq((Day::MIN.0..=Day::MAX.0).map(Day)));
    }
}
