//! Which of many hashes a run holds, and on which days.
//!
//! ```text
//! wanted hashes, ascending ─► buckets that they fall in ─► stretches of MIDDLE ─► entries that agree in 32 bits
//!                                                      ─► stretches of REST   ─► those that agree in 48, and their day
//! ```
//!
//! A stretch is read at once. What lies between two wanted places is read along when that costs no more than a jump, so
//! many hashes make a few long reads in the file's order, and few hashes make short ones.

use std::ops::Range;

use crate::ingest::hashes::first_of;

use super::error::Result;
use super::layout::{self, MIDDLE, REST};
use super::read::{Body, Run};

/// Bytes that are rather read than jumped over.
const GAP: u64 = 64 * 1024;
/// Bytes of a stretch, unless a single bucket is longer.
const STRETCH: u64 = 256 * 1024;
/// Entries whose first 32 bits agree that are kept before the rest is looked at.
const AGREED: usize = 64 * 1024;

/// An entry at a position that agrees with a wanted hash in its first 32 bits.
type Agreed = (u32, u64);

impl Run {
    /// Calls `met` with each entry of an id that is wanted; wanted ids are entries of day 0, ascending, each once.
    pub fn search(&self, wanted: &[u64], met: &mut dyn FnMut(u64)) -> Result<()> {
        let Body::Large { counts, middle, .. } = &self.body else {
            self.search_small(wanted, met);
            return Ok(());
        };
        let entries = |hash: u64| {
            let bucket = layout::bucket(hash);
            u64::from(counts[bucket])..u64::from(counts[bucket + 1])
        };
        let mut agreed: Vec<Agreed> = Vec::new();
        let mut buffer = Vec::new();
        let mut left = wanted;
        while !left.is_empty() {
            let (places, n) = stretch(left.iter().map(|hash| entries(*hash)), MIDDLE);
            let (now, later) = left.split_at(n);
            left = later;
            if places.is_empty() {
                continue;
            }
            let from = self.blocks(middle, places.start * MIDDLE..places.end * MIDDLE, &mut buffer)?;
            let middles = buffer.as_chunks::<2>().0;
            let first = from / MIDDLE;
            for &hash in now {
                let places = entries(hash);
                if places.is_empty() {
                    continue;
                }
                let bucket = &middles[(places.start - first) as usize..(places.end - first) as usize];
                let middle = layout::middle(hash);
                let start = bucket.partition_point(|m| u16::from_le_bytes(*m) < middle);
                let same = bucket[start..].iter().take_while(|m| u16::from_le_bytes(**m) == middle).count();
                let start = places.start as u32 + start as u32;
                for position in start..start + same as u32 {
                    agreed.push((position, hash));
                    if agreed.len() == AGREED {
                        self.compare(&mut agreed, met)?;
                    }
                }
            }
        }
        self.compare(&mut agreed, met)
    }

    /// Looks at the rest of entries that agree so far.
    fn compare(&self, agreed: &mut Vec<Agreed>, met: &mut dyn FnMut(u64)) -> Result<()> {
        let Body::Large { rest, .. } = &self.body else { return Ok(()) };
        // Wanted hashes that differ in their last bits only are compared with the same entries.
        agreed.sort_unstable();
        let mut buffer = Vec::new();
        let mut left = agreed.as_slice();
        while !left.is_empty() {
            let place = |&(position, _): &Agreed| u64::from(position)..u64::from(position) + 1;
            let (places, n) = stretch(left.iter().map(place), REST);
            let (now, later) = left.split_at(n);
            left = later;
            let from = self.blocks(rest, places.start * REST..places.end * REST, &mut buffer)?;
            let rests = buffer.as_chunks::<4>().0;
            let first = from / REST;
            for &(position, hash) in now {
                let rest = u32::from_le_bytes(rests[(u64::from(position) - first) as usize]);
                let (low, day) = (u64::from(rest >> 16) << 16, rest as u16);
                if low == hash & 0xFFFF_0000 {
                    met(hash | u64::from(day));
                }
            }
        }
        agreed.clear();
        Ok(())
    }

    fn search_small(&self, wanted: &[u64], met: &mut dyn FnMut(u64)) {
        let Body::Small(keys) = &self.body else { return };
        let mut wanted = wanted.iter().copied().peekable();
        for &key in keys {
            let hash = first_of(key);
            while wanted.next_if(|w| *w < hash).is_some() {}
            match wanted.peek() {
                Some(w) if *w == hash => met(key),
                Some(_) => {}
                None => return,
            }
        }
    }
}

/// The entries from the first place to the last one that is worth being read in the same go, and how many places
/// that are. `size` is an entry's, in bytes; places are ascending.
fn stretch(places: impl Iterator<Item = Range<u64>>, size: u64) -> (Range<u64>, usize) {
    let mut whole: Option<Range<u64>> = None;
    let mut n = 0;
    for place in places {
        match &mut whole {
            None => whole = Some(place),
            Some(w) if place.is_empty() || place.end <= w.end => {}
            Some(w) => {
                if place.start.saturating_sub(w.end) * size > GAP || (place.end - w.start) * size > STRETCH {
                    break;
                }
                w.end = place.end;
            }
        }
        n += 1;
    }
    (whole.unwrap_or_default(), n)
}
