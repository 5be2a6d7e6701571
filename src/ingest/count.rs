//! One day of one event source -> how many of its events count for each company: what the roll-ups add up.
//!
//! A day that gets its only file in a run is counted while it is written; of any other the files are read (`rollup`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, Int32Array, RecordBatch, StringArray};

use crate::domain::Day;
use crate::lake::DataFile;

use super::account::LoadError;
use super::cells::IdMap;

/// What counts of an event source; rows with a word in `excluded` never do.
#[derive(Debug)]
pub struct Counted {
    source: &'static str,
    excluded: bool,
    /// Values that a row must have.
    only: &'static [(&'static str, &'static str)],
    /// The column that names who came, each counted once.
    visitor: Option<&'static str>,
    /// The column by whose words events are counted too, and the word of rows that have none, if they count.
    kind: Option<(&'static str, Option<&'static str>)>,
}

const PLAIN: Counted = Counted { source: "", excluded: true, only: &[], visitor: None, kind: None };

/// Every event source.
const COUNTED: &[Counted] = &[
    Counted { source: "shop_clicks", visitor: Some("visitor_id"), kind: Some(("click_source", None)), ..PLAIN },
    Counted { source: "ad_clicks", kind: Some(("ad_slot", Some("unknown"))), ..PLAIN },
    Counted { source: "contact_views", ..PLAIN },
    Counted { source: "messages", ..PLAIN },
    Counted { source: "inquiries", ..PLAIN },
    Counted { source: "calls", excluded: false, only: &[("outcome", "connected"), ("purpose", "aftersale")], ..PLAIN },
];

impl Counted {
    /// What counts of a source.
    ///
    /// # Errors
    /// It has no events: a fault of the program.
    pub fn of(source: &str) -> Result<&'static Counted, LoadError> {
        let found = COUNTED.iter().find(|c| c.source == source);
        found.ok_or_else(|| LoadError::Internal(format!("no counter for the events of {source}")))
    }

    /// The columns that are looked at.
    pub fn columns(&self) -> Vec<&'static str> {
        let more = self.excluded.then_some("excluded").into_iter().chain(self.only.iter().map(|(column, _)| *column));
        ["company_id"].into_iter().chain(more).chain(self.visitor).chain(self.kind.map(|(column, _)| column)).collect()
    }

    /// Those of them whose texts are stored as numbers of a dictionary.
    pub fn coded(&self) -> Vec<&'static str> {
        let columns = self.columns().into_iter().skip(1);
        columns.filter(|column| Some(*column) != self.visitor).collect()
    }
}

/// The events of one source that count on one day, by company.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    companies: Names,
    /// Events and distinct visitors of each company.
    counts: Vec<(u32, u32)>,
    kinds: Names,
    /// Company, kind, events; sorted.
    by_kind: Vec<(u32, u32, u32)>,
}

impl Counts {
    /// Company, events, distinct visitors, in the order of companies.
    pub fn companies(&self) -> impl Iterator<Item = (&str, u32, u32)> {
        self.companies.iter().zip(&self.counts).map(|(name, (events, visitors))| (name, *events, *visitors))
    }

    /// Company, kind, events, in this order.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &str, u32)> {
        self.by_kind.iter().map(|(company, kind, n)| (self.companies.get(*company), self.kinds.get(*kind), *n))
    }

    /// About the memory that it takes.
    fn bytes(&self) -> usize {
        self.companies.bytes() + self.kinds.bytes() + self.counts.len() * 8 + self.by_kind.len() * 12
    }
}

/// Texts one after another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Names {
    text: String,
    ends: Vec<u32>,
}

impl Names {
    fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len() as u32);
    }

    fn get(&self, n: u32) -> &str {
        let n = n as usize;
        let start = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start as usize..self.ends[n] as usize]
    }

    fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len() as u32).map(|n| self.get(n))
    }

    fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * 4
    }
}

/// What was counted while days were written.
#[derive(Clone, Debug, Default)]
pub struct CountedDays {
    days: BTreeMap<(&'static str, Day), (PathBuf, Counts)>,
    bytes: usize,
}

/// Memory for counts that are kept: about those of a year of a portal of ten thousand companies. Beyond it files are read.
const KEPT_BYTES: usize = 48 << 20;

impl CountedDays {
    /// Keeps the counts of a file that is its day's only one, while there is room.
    pub fn add(&mut self, source: &'static str, day: Day, file: &Path, counts: Counts) {
        if self.bytes < KEPT_BYTES {
            self.bytes += counts.bytes();
            self.days.insert((source, day), (file.to_path_buf(), counts));
        }
    }

    /// The counts of a day's live files: of one that is the same still.
    pub fn of(&self, source: &'static str, day: Day, files: &[DataFile]) -> Option<&Counts> {
        let (path, counts) = self.days.get(&(source, day))?;
        matches!(files, [file] if file.path == *path).then_some(counts)
    }
}

/// Counts the rows of one day; `files` is how many files they stand in.
pub fn count(counted: &Counted, batches: &[RecordBatch], files: usize) -> Result<Counts, LoadError> {
    // Rows of one file are sorted by company. Should they not be, they are counted once more, as of several files.
    for in_order in [files < 2, false] {
        let mut tally = Tally { in_order, ..Tally::default() };
        for batch in batches {
            tally.add(counted, batch)?;
        }
        if !tally.disordered {
            return Ok(tally.finish());
        }
    }
    Err(LoadError::Internal("rows without an order were found out of order".into()))
}

/// A text column, with or without a dictionary.
enum Texts<'a> {
    Plain(&'a StringArray),
    Coded(&'a Int32Array, &'a StringArray),
}

impl<'a> Texts<'a> {
    fn named(batch: &'a RecordBatch, name: &str) -> Result<Texts<'a>, LoadError> {
        let wrong = || LoadError::Internal(format!("column {name} holds no texts"));
        let column = batch.column_by_name(name).ok_or_else(wrong)?;
        if let Some(texts) = column.as_string_opt::<i32>() {
            return Ok(Texts::Plain(texts));
        }
        let coded = column.as_dictionary_opt::<Int32Type>().ok_or_else(wrong)?;
        Ok(Texts::Coded(coded.keys(), coded.values().as_string_opt::<i32>().ok_or_else(wrong)?))
    }

    fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Texts::Plain(texts) => texts.is_valid(row).then(|| texts.value(row)),
            Texts::Coded(codes, texts) => codes.is_valid(row).then(|| texts.value(codes.value(row) as usize)),
        }
    }
}

/// Texts numbered in the order of their first use.
#[derive(Default)]
struct Numbered<'a> {
    names: Vec<&'a str>,
    few: Few<'a>,
    /// Beyond the first few.
    numbers: IdMap<&'a str, u32>,
}

/// The first texts that are met: looked through, which is faster than looking up.
#[derive(Default)]
struct Few<'a> {
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
    fn place(&mut self, text: &'a str) -> Option<(usize, bool)> {
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

    fn clear(&mut self) {
        self.texts.clear();
        self.marks.clear();
    }
}

impl<'a> Numbered<'a> {
    fn number(&mut self, name: &'a str) -> u32 {
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
    fn add(&mut self, name: &'a str) -> u32 {
        self.names.push(name);
        self.names.len() as u32 - 1
    }

    /// The texts in their order, and the place of each number.
    fn sorted(&self) -> (Names, Vec<u32>) {
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

/// What is counted while rows pass.
#[derive(Default)]
struct Tally<'a> {
    /// Companies come in their order; when they turn out not to, nothing that was counted is right.
    in_order: bool,
    disordered: bool,
    companies: Numbered<'a>,
    counts: Vec<(u32, u32)>,
    /// The first visitors of the last company.
    few: Few<'a>,
    /// Visitors met beyond those.
    many: IdMap<(u32, &'a str), ()>,
    kinds: Numbered<'a>,
    by_kind: Vec<(u32, u32, u32)>,
}

impl<'a> Tally<'a> {
    fn add(&mut self, counted: &Counted, batch: &'a RecordBatch) -> Result<(), LoadError> {
        let column = |name| Texts::named(batch, name);
        let companies = column("company_id")?;
        let excluded = counted.excluded.then(|| column("excluded")).transpose()?;
        let only = counted.only.iter().map(|(name, word)| Ok((column(name)?, *word)));
        let only: Vec<(Texts<'a>, &str)> = only.collect::<Result<_, LoadError>>()?;
        let visitors = counted.visitor.map(column).transpose()?;
        let kinds = counted.kind.map(|(name, none)| Ok::<_, LoadError>((column(name)?, none))).transpose()?;
        for row in 0..batch.num_rows() {
            if excluded.as_ref().is_some_and(|words| words.get(row).is_some())
                || only.iter().any(|(words, word)| words.get(row) != Some(word))
            {
                continue;
            }
            let Some(company) = companies.get(row) else { continue };
            let company = self.company(company);
            let new = visitors.as_ref().and_then(|v| v.get(row)).is_some_and(|v| self.is_new(company, v));
            let (events, met) = &mut self.counts[company as usize];
            (*events, *met) = (*events + 1, *met + u32::from(new));
            if let Some((words, none)) = &kinds
                && let Some(kind) = words.get(row).or(*none)
            {
                self.kind(company, kind);
            }
        }
        Ok(())
    }

    fn company(&mut self, name: &'a str) -> u32 {
        let number = match self.companies.names.last() {
            Some(last) if self.in_order && *last == name => return self.companies.names.len() as u32 - 1,
            last if self.in_order => {
                self.disordered |= last.is_some_and(|last| *last > name);
                self.companies.add(name)
            }
            _ => self.companies.number(name),
        };
        if number as usize == self.counts.len() {
            self.counts.push((0, 0));
            self.few.clear();
        }
        number
    }

    /// Whether a company meets a visitor for the first time.
    fn is_new(&mut self, company: u32, visitor: &'a str) -> bool {
        if self.in_order
            && let Some((_, new)) = self.few.place(visitor)
        {
            return new;
        }
        self.many.insert((company, visitor), ()).is_none()
    }

    fn kind(&mut self, company: u32, kind: &'a str) {
        let kind = self.kinds.number(kind);
        match self.by_kind.last_mut() {
            Some((c, k, n)) if (*c, *k) == (company, kind) => *n += 1,
            _ => self.by_kind.push((company, kind, 1)),
        }
    }

    fn finish(mut self) -> Counts {
        let (companies, places) = self.companies.sorted();
        let mut counts = vec![(0, 0); self.counts.len()];
        self.counts.iter().zip(&places).for_each(|(count, place)| counts[*place as usize] = *count);
        let (kinds, ranks) = self.kinds.sorted();
        for (company, kind, _) in &mut self.by_kind {
            (*company, *kind) = (places[*company as usize], ranks[*kind as usize]);
        }
        // Most companies come in their order: then only the kinds of each are to be sorted, which are few.
        self.by_kind.chunk_by_mut(|a, b| a.0 == b.0).for_each(<[_]>::sort_unstable);
        self.by_kind.sort_unstable();
        self.by_kind.dedup_by(|b, a| {
            let same = (a.0, a.1) == (b.0, b.1);
            a.2 += if same { b.2 } else { 0 };
            same
        });
        self.by_kind.shrink_to_fit();
        Counts { companies, counts, kinds, by_kind: self.by_kind }
    }
}

#[cfg(test)]
mod tests;
