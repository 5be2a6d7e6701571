//! Texts told apart and numbered, and texts kept one after another.

use crate::ingest::cells::IdMap;

/// Texts one after another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    text: String,
    ends: Vec<u32>,
}

impl Names {
    pub fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len() as u32);
    }

    pub fn get(&self, n: u32) -> &str {
        let n = n as usize;
        let start = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[n] as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).map(|n| self.get(n))
    }

    pub fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * 4
    }
}

/// Texts numbered in the order of their first use.
#[derive(Default)]
pub(super) struct Numbered<'a> {
    pub names: Vec<&'a str>,
    few: Few<'a>,
    /// Beyond the first few.
    numbers: IdMap<&'a str, u32>,
}

/// The first texts that are met: looked through, which is faster than looking up.
#[derive(Default)]
pub(super) struct Few<'a> {
    texts: Vec<&'a str>,
    /// Of each the last bytes and the length: texts of one kind differ there, most comparisons end with this one.
    marks: Vec<(u64, usize)>,
}

impl<'a> Few<'a> {
    const MOST: usize = 16;

    fn mark(text: &str) -> (u64, usize) {
        let bytes = text.as_bytes();
        let last = match bytes.last_chunk::<8>() {
            Some(last) => u64::from_le_bytes(*last),
            None => bytes.iter().fold(0, |mark, byte| mark << 8 | u64::from(*byte)),
        };
        (last, bytes.len())
    }

    /// The place of a text; of one that is new too, while there is room.
    pub fn place(&mut self, text: &'a str) -> Option<(usize, bool)> {
        let mark = Few::mark(text);
        let found = self.marks.iter().zip(&self.texts).position(|(m, t)| *m == mark && (mark.1 <= 8 || *t == text));
        if let Some(place) = found {
            return Some((place, false));
        }
        if self.texts.len() == Few::MOST {
            return None;
        }
        self.texts.push(text);
        self.marks.push(mark);
        Some((self.texts.len() - 1, true))
    }

    pub fn clear(&mut self) {
        self.texts.clear();
        self.marks.clear();
    }
}

impl<'a> Numbered<'a> {
    pub fn number(&mut self, name: &'a str) -> u32 {
        match self.few.place(name) {
            Some((_, true)) => self.add(name),
            Some((place, false)) => place as u32,
            None => {
                let names = &mut self.names;
                *self.numbers.entry(name).or_insert_with(|| {
                    names.push(name);
                    names.len() as u32 - 1
                })
            }
        }
    }

    /// The number of a text that is known to be new.
    pub fn add(&mut self, name: &'a str) -> u32 {
        self.names.push(name);
        self.names.len() as u32 - 1
    }

    /// The texts in their order, and the place of each number.
    pub fn sorted(&self) -> (Names, Vec<u32>) {
        let mut order: Vec<u32> = (0..self.names.len() as u32).collect();
        order.sort_unstable_by_key(|n| self.names[*n as usize]);
        let bytes = self.names.iter().map(|name| name.len()).sum();
        let (text, ends) = (String::with_capacity(bytes), Vec::with_capacity(order.len()));
        let (mut names, mut places) = (Names { text, ends }, vec![0; order.len()]);
        for (place, n) in order.into_iter().enumerate() {
            names.push(self.names[n as usize]);
            places[n as usize] = place as u32;
        }
        (names, places)
    }
}
