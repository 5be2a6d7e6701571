//! What is counted while the rows of a day pass.

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, Int32Array, RecordBatch, StringArray};

use super::names::{Few, Numbered};
use super::{Counted, Counts};
use crate::ingest::account::LoadError;
use crate::ingest::cells::IdMap;

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

/// What is counted while rows pass.
#[derive(Default)]
pub(super) struct Tally<'a> {
    /// Companies come in their order; when they turn out not to, nothing that was counted is right.
    in_order: bool,
    pub disordered: bool,
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
    pub fn new(in_order: bool) -> Tally<'a> {
        Tally { in_order, ..Tally::default() }
    }

    pub fn add(&mut self, counted: &Counted, batch: &'a RecordBatch) -> Result<(), LoadError> {
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

    pub fn finish(mut self) -> Counts {
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
