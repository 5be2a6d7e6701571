//! Contracts whose outcome is known, as they were seen on some days: what a model learns from, and is scored on.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::domain::{Day, Str};
use crate::stats::matrix::Matrix;

use super::encode::About;

/// Observations, one a contract and day. All columns are equally long.
#[derive(Clone, Debug)]
pub struct Examples {
    /// One column a feature, as the model reads it; NaN (or infinite) = null.
    pub x: Matrix,
    /// End as signed − day.
    pub lead: Vec<i32>,
    pub day: Vec<Day>,
    /// End as signed.
    pub end: Vec<Day>,
    pub renewed: Vec<bool>,
    /// The contract.
    pub id: Vec<Str>,
    pub segment: Vec<Str>,
    pub plan: Vec<Str>,
    pub size: Vec<Str>,
}

/// One observation, but for its features.
#[derive(Clone, Debug)]
pub struct Seen {
    pub id: Str,
    pub day: Day,
    pub end: Day,
    pub renewed: bool,
    pub segment: Str,
    pub plan: Str,
    pub size: Str,
}

impl Examples {
    /// None yet, of so many features.
    pub fn empty(features: usize) -> Examples {
        Examples {
            x: Matrix::empty(features),
            lead: Vec::new(),
            day: Vec::new(),
            end: Vec::new(),
            renewed: Vec::new(),
            id: Vec::new(),
            segment: Vec::new(),
            plan: Vec::new(),
            size: Vec::new(),
        }
    }

    pub fn push(&mut self, x: &[f64], seen: Seen) {
        self.x.push(x);
        self.lead.push(seen.end - seen.day);
        self.day.push(seen.day);
        self.end.push(seen.end);
        self.renewed.push(seen.renewed);
        self.id.push(seen.id);
        self.segment.push(seen.segment);
        self.plan.push(seen.plan);
        self.size.push(seen.size);
    }

    pub fn len(&self) -> usize {
        self.x.rows
    }

    pub fn is_empty(&self) -> bool {
        self.x.rows == 0
    }

    /// What is known of a row besides its features.
    pub fn about(&self, row: usize) -> About<'_> {
        About { lead: self.lead[row], segment: &self.segment[row], plan: &self.plan[row], size: &self.size[row] }
    }

    /// All rows by (hash of the contract, contract, day): the rows of a contract stand together, a beginning of the list is a
    /// random sample of the contracts, and the order in which rows were pushed is forgotten.
    pub(super) fn order(&self, seed: u64) -> Vec<usize> {
        let mut keyed: Vec<(u64, usize)> =
            self.id.iter().zip(0..).map(|(id, row)| (xxh3_64_with_seed(id.as_bytes(), seed), row)).collect();
        keyed.sort_unstable_by(|(h, a), (k, b)| {
            h.cmp(k).then_with(|| self.id[*a].cmp(&self.id[*b])).then_with(|| (self.day[*a], a).cmp(&(self.day[*b], b)))
        });
        keyed.into_iter().map(|(_, row)| row).collect()
    }

    /// The runs of a contract's rows in a list where they stand together.
    pub(super) fn contracts<'a>(&'a self, rows: &'a [usize]) -> impl Iterator<Item = &'a [usize]> {
        rows.chunk_by(|a, b| self.id[*a] == self.id[*b])
    }

    /// Of ordered rows, those whose outcome was known on the morning of `by`: end + grace < by; of whole contracts, in order, while
    /// there are at most `most`.
    pub(super) fn matured(&self, ordered: &[usize], by: Day, grace: i32, most: usize) -> Vec<usize> {
        let known: Vec<usize> = ordered.iter().copied().filter(|row| self.end[*row] + grace < by).collect();
        if known.len() <= most {
            return known;
        }
        let mut kept = 0;
        for contract in self.contracts(&known) {
            if kept + contract.len() > most {
                break;
            }
            kept += contract.len();
        }
        known[..kept].to_vec()
    }

    /// Lapsed and renewed contracts among ordered rows.
    pub(super) fn outcomes(&self, rows: &[usize]) -> Outcomes {
        let renewed = self.contracts(rows).filter(|rows| self.renewed[rows[0]]).count();
        Outcomes { lapsed: self.contracts(rows).count() - renewed, renewed }
    }

    pub(super) fn y(&self, row: usize) -> f64 {
        f64::from(u8::from(self.renewed[row]))
    }
}

/// How many contracts ended which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Outcomes {
    pub lapsed: usize,
    pub renewed: usize,
}

impl Outcomes {
    /// The rarer of the two.
    pub fn fewer(self) -> usize {
        self.lapsed.min(self.renewed)
    }
}
