//! A source's files: rows go in, in the order in which they happened; what comes out besides is planted here.
//!
//! ```text
//! good row ─► file ─┬─► sometimes a spoiled copy            quarantined, with its reason
//!                   ├─► sometimes a row sent twice          duplicate
//!                   ├─► sometimes an id used twice          quarantined, id_conflict
//!                   └─► sometimes held back to the next file  loaded, late
//! new file ─► begins with rows of the file before           duplicates
//! ```

use std::path::PathBuf;

use csv::ByteRecord;

use crate::domain::schema::Source;

use super::chance::{Chance, Concern};
use super::dirt::Flaw;
use super::layout::Layout;
use super::summary::{FileCount, Summary};
use super::write::Sheet;
use super::{SampleError, dirt};

/// Shares of good rows after which something is planted.
const BAD: f64 = 0.0036;
const TWICE: f64 = 0.0012;
const CONFLICT: f64 = 0.0003;
const LATE: f64 = 0.0002;
/// Rows of the file before that a new event file brings again.
const REDELIVERED: usize = 12;
/// Every so many-th good row is remembered, and so many of them.
const STRIDE: u64 = 8;
const MEMORY: usize = 48;

/// The writer of one source.
pub struct Feed {
    source: &'static Source,
    layout: &'static Layout,
    out: PathBuf,
    compress: bool,
    chance: Chance,
    menu: Vec<(Flaw, Vec<usize>)>,
    sheet: Option<(String, Sheet)>,
    count: FileCount,
    /// Good rows that are in a file already.
    recent: Vec<ByteRecord>,
    held: Vec<ByteRecord>,
    rows: u64,
    spoiled: usize,
    twice: u64,
}

impl Feed {
    pub fn new(source: &'static Source, layout: &'static Layout, out: PathBuf, compress: bool, seed: u64) -> Feed {
        let number = source.fields.len() as u64 + (source.name.len() as u64) * 64;
        let first = source.name.bytes().next().map_or(0, u64::from);
        Feed {
            source,
            layout,
            out,
            compress,
            chance: Chance::new(seed, Concern::Dirt, (number << 8) + first),
            menu: dirt::menu(source, layout),
            sheet: None,
            count: FileCount::default(),
            recent: Vec::new(),
            held: Vec::new(),
            rows: 0,
            spoiled: 0,
            twice: 0,
        }
    }

    /// Makes the file of this name (below the out folder, without its ending) the current one.
    pub fn open(&mut self, name: &str, summary: &mut Summary) -> Result<(), SampleError> {
        if self.sheet.as_ref().is_some_and(|(open, _)| open == name) {
            return Ok(());
        }
        self.close(summary)?;
        let path = format!("{name}.{}", self.layout.extension(self.compress));
        let sheet = Sheet::create(&self.out.join(&path), self.source, self.layout, self.compress)?;
        self.sheet = Some((name.to_string(), sheet));
        self.count = FileCount { source: self.source.name.to_string(), path, ..FileCount::default() };
        if self.source.is_events() {
            for row in self.recent.iter().rev().take(REDELIVERED).cloned().collect::<Vec<_>>() {
                self.duplicate(&row)?;
                summary.plant("redelivered", 1);
            }
            for row in std::mem::take(&mut self.held) {
                self.good(&row)?;
                summary.plant("late", 1);
            }
        } else {
            self.recent.clear();
        }
        Ok(())
    }

    /// Writes a good row whose key is new, or whose values are.
    pub fn put(&mut self, row: &ByteRecord, summary: &mut Summary) -> Result<(), SampleError> {
        let draw = self.chance.unit();
        if self.source.is_events() && (0.5..0.5 + LATE).contains(&draw) {
            self.held.push(row.clone());
            return Ok(());
        }
        self.good(row)?;
        if self.rows.is_multiple_of(STRIDE) {
            if self.recent.len() == MEMORY {
                self.recent.remove(0);
            }
            self.recent.push(row.clone());
        }
        self.rows += 1;
        if draw < BAD {
            self.bad(row, summary)?;
        } else if draw < BAD + TWICE {
            self.twice(summary)?;
        } else if draw < BAD + TWICE + CONFLICT && self.source.is_events() {
            self.conflict(summary)?;
        }
        Ok(())
    }

    /// Writes a row that a file before this one has, unchanged.
    pub fn again(&mut self, row: &ByteRecord, summary: &mut Summary) -> Result<(), SampleError> {
        summary.plant("unchanged_in_delta", 1);
        self.duplicate(row)
    }

    /// Closes the current file, if there is one, and accounts for it.
    pub fn close(&mut self, summary: &mut Summary) -> Result<(), SampleError> {
        // A table is short: what chance did not plant is planted now.
        if !self.source.is_events() && self.sheet.is_some() {
            let Some(last) = self.recent.last().cloned() else { return self.end(summary) };
            let enough = if self.count.rows_read < 100 { 2 } else { 5 };
            while self.count.rows_quarantined < enough && self.may_spoil() {
                self.bad(&last, summary)?;
            }
            if self.count.rows_duplicate == 0 {
                self.twice(summary)?;
            }
        }
        self.end(summary)
    }

    /// Closes the last file; rows still held back go into it.
    pub fn finish(mut self, summary: &mut Summary) -> Result<(), SampleError> {
        for row in std::mem::take(&mut self.held) {
            self.good(&row)?;
        }
        self.close(summary)
    }

    fn end(&mut self, summary: &mut Summary) -> Result<(), SampleError> {
        let Some((_, sheet)) = self.sheet.take() else { return Ok(()) };
        summary.add_file(std::mem::take(&mut self.count), self.source.is_events());
        sheet.finish()
    }

    fn sheet(&mut self) -> Result<&mut Sheet, SampleError> {
        let source = self.source.name;
        self.sheet.as_mut().map(|(_, sheet)| sheet).ok_or(SampleError::NoFile(source))
    }

    fn good(&mut self, row: &ByteRecord) -> Result<(), SampleError> {
        self.count.rows_read += 1;
        self.count.rows_loaded += 1;
        self.sheet()?.row(row)
    }

    fn duplicate(&mut self, row: &ByteRecord) -> Result<(), SampleError> {
        self.count.rows_read += 1;
        self.count.rows_duplicate += 1;
        self.sheet()?.row(row)
    }

    /// Bad rows stay under 4 per cent of a file, or under 10.
    fn may_spoil(&self) -> bool {
        let bad = self.count.rows_quarantined + 1;
        bad < 10 || bad * 25 < self.count.rows_read
    }

    fn bad(&mut self, row: &ByteRecord, summary: &mut Summary) -> Result<(), SampleError> {
        if !self.may_spoil() || self.menu.is_empty() {
            return Ok(());
        }
        // Reasons take turns; each round takes the next column and another way.
        let round = self.spoiled / self.menu.len();
        let (reason, columns) = &self.menu[self.spoiled % self.menu.len()];
        let (reason, column) = (*reason, columns[round % columns.len()]);
        self.spoiled += 1;
        let spoiled = dirt::spoil(self.source, self.layout, row, reason, column, round);
        self.count.bad(reason.word());
        summary.plant("bad", 1);
        self.sheet()?.spoiled(row, spoiled)
    }

    /// Sends a remembered row once more: as it was, with its offset told, or with a reason not to count it.
    fn twice(&mut self, summary: &mut Summary) -> Result<(), SampleError> {
        let Some(row) = self.remembered() else { return Ok(()) };
        self.twice += 1;
        let mut cells: Vec<Vec<u8>> = row.iter().map(<[u8]>::to_vec).collect();
        let excluded = self.source.index("excluded").filter(|n| cells[*n].is_empty() && self.twice.is_multiple_of(8));
        let time = self.source.index("ts").filter(|n| cells[*n].len() == 19);
        let kind = match (excluded, time) {
            (Some(n), _) => {
                cells[n] = b"bot".to_vec();
                "late_excluded"
            }
            (None, Some(n)) if self.twice % 2 == 1 => {
                cells[n].extend_from_slice(b"+08:00");
                "sent_twice"
            }
            _ => "sent_twice",
        };
        summary.plant(kind, 1);
        self.duplicate(&ByteRecord::from(cells))
    }

    /// A remembered id with another event's company.
    fn conflict(&mut self, summary: &mut Summary) -> Result<(), SampleError> {
        let (Some(row), Some(other), true) = (self.remembered(), self.remembered(), self.may_spoil()) else {
            return Ok(());
        };
        let Some(column) = self.source.index("company_id") else { return Ok(()) };
        if row[column] == other[column] {
            return Ok(());
        }
        let cells: ByteRecord =
            row.iter().enumerate().map(|(n, cell)| if n == column { &other[n] } else { cell }).collect();
        if cells[column].is_empty() && self.source.fields[column].required {
            return Ok(());
        }
        self.count.bad("id_conflict");
        summary.plant("id_conflict", 1);
        self.sheet()?.row(&cells)
    }

    fn remembered(&mut self) -> Option<ByteRecord> {
        let n = self.recent.len() as u32;
        (n > 0).then(|| self.chance.below(n) as usize).map(|at| self.recent[at].clone())
    }
}
