//! One day of the event sources -> its rows of the four roll-ups, each sorted by its key.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::SchemaRef;

use crate::domain::Day;
use crate::domain::schema::{MEMBER_DAY_COUNTERS, ROLLUPS, lake_table};
use crate::ingest::cells::{IdMap, text};
use crate::ingest::load::LoadError;
use crate::lake::{DataFile, arrow_schema, scan_coded};

/// Positions in [`MEMBER_DAY_COUNTERS`]; `visitors` stands between clicks and ad clicks.
const SHOP_CLICKS: usize = 0;
const VISITORS: usize = 1;
const COUNTERS: usize = MEMBER_DAY_COUNTERS.len();

/// An event source, the counter that its events add to, the column that names their visitor or kind.
struct Counted {
    source: &'static str,
    counter: usize,
    columns: &'static [&'static str],
}

const COUNTED: &[Counted] = &[
    Counted {
        source: "shop_clicks",
        counter: SHOP_CLICKS,
        columns: &["company_id", "excluded", "visitor_id", "click_source"],
    },
    Counted { source: "ad_clicks", counter: 2, columns: &["company_id", "excluded", "ad_slot"] },
    Counted { source: "contact_views", counter: 3, columns: &["company_id", "excluded"] },
    Counted { source: "messages", counter: 4, columns: &["company_id", "excluded"] },
    Counted { source: "inquiries", counter: 5, columns: &["company_id", "excluded"] },
    Counted { source: "calls", counter: 6, columns: &["company_id", "outcome", "purpose"] },
];

/// The rows of `member_day`, `click_source_day`, `ad_slot_day` and `source_day`, in this order.
/// `files` are the live files of each event source; `visitors` says whether they can be counted.
pub fn compute(
    day: Day,
    files: Vec<(&'static str, &[DataFile])>,
    visitors: bool,
) -> Result<Vec<RecordBatch>, LoadError> {
    let mut rows = Vec::new();
    let mut in_order = true;
    let mut batches: Vec<(&Counted, Vec<RecordBatch>)> = Vec::new();
    for (source, files) in files {
        let loaded: u64 = files.iter().map(|f| f.rows).sum();
        if loaded > 0 {
            rows.push((source, loaded as i64));
        }
        in_order &= files.len() < 2;
        let Some(counted) = COUNTED.iter().find(|c| c.source == source) else {
            return Err(LoadError::Internal(format!("no counter for the events of {source}")));
        };
        let mut read = Vec::new();
        for file in files {
            for batch in scan_coded(source, file, counted.columns, CODED)? {
                read.push(batch?);
            }
        }
        batches.push((counted, read));
    }
    let mut tally = Tally { in_order, ..Tally::default() };
    for (counted, batches) in &batches {
        for batch in batches {
            tally.add(counted, batch)?;
        }
    }
    rows.sort_unstable();
    let (members, sources, slots) = tally.finish();
    Ok(vec![
        if visitors {
            members.batch(day, ROLLUPS[0].name)?
        } else {
            unknown_visitors(members.batch(day, ROLLUPS[0].name)?)?
        },
        sources.batch(day, ROLLUPS[1].name)?,
        slots.batch(day, ROLLUPS[2].name)?,
        Rows {
            keys: vec![rows.iter().map(|(s, _)| *s).collect()],
            counters: vec![rows.iter().map(|(_, n)| *n).collect()],
        }
        .batch(day, ROLLUPS[3].name)?,
    ])
}

/// The rows of `member_day` with null for the number of visitors.
fn unknown_visitors(rows: RecordBatch) -> Result<RecordBatch, LoadError> {
    let at = rows.schema().index_of(MEMBER_DAY_COUNTERS[VISITORS])?;
    let mut columns = rows.columns().to_vec();
    columns[at] = Arc::new(Int64Array::new_null(rows.num_rows()));
    Ok(RecordBatch::try_new(rows.schema(), columns)?)
}

/// Texts that repeat: read as numbers of a dictionary, so that each is looked at once a batch.
const CODED: &[&str] = &["company_id", "excluded", "click_source", "ad_slot", "outcome", "purpose"];

/// Texts numbered in the order of their first use.
#[derive(Default)]
struct Names<'a> {
    numbers: IdMap<&'a str, u32>,
    names: Vec<&'a str>,
}

impl<'a> Names<'a> {
    fn number(&mut self, name: &'a str) -> u32 {
        *self.numbers.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() as u32 - 1
        })
    }
}

/// Numbered texts in their order.
struct Sorted {
    /// The numbers, by their texts.
    order: Vec<u32>,
    /// The place of each number in it.
    rank: Vec<u32>,
}

impl Names<'_> {
    fn sorted(&self) -> Sorted {
        let mut order: Vec<u32> = (0..self.names.len() as u32).collect();
        order.sort_unstable_by_key(|n| self.names[*n as usize]);
        let mut rank = vec![0; order.len()];
        order.iter().zip(0..).for_each(|(n, place)| rank[*n as usize] = place);
        Sorted { order, rank }
    }
}

/// A coded column of a batch, its texts numbered anew.
struct Column<'a> {
    codes: &'a Int32Array,
    numbers: Vec<u32>,
}

impl<'a> Column<'a> {
    fn new(
        batch: &'a RecordBatch,
        name: &str,
        mut number: impl FnMut(&'a str) -> u32,
    ) -> Result<Column<'a>, LoadError> {
        let column = batch.column_by_name(name).and_then(|c| c.as_dictionary_opt::<Int32Type>());
        let column = column.ok_or_else(|| LoadError::Internal(format!("column {name} has no dictionary")))?;
        let texts = column.values().as_string_opt::<i32>();
        let texts = texts.ok_or_else(|| LoadError::Internal(format!("column {name} is no text")))?;
        let numbers = (0..texts.len()).map(|n| if texts.is_valid(n) { number(texts.value(n)) } else { 0 });
        Ok(Column { codes: column.keys(), numbers: numbers.collect() })
    }

    /// The number of a row's text.
    fn get(&self, row: usize) -> Option<u32> {
        let code = self.codes.is_valid(row).then(|| self.codes.value(row))?;
        self.numbers.get(code as usize).copied()
    }
}

/// What is counted while the day's rows pass.
#[derive(Default)]
struct Tally<'a> {
    companies: Names<'a>,
    counters: Vec<[i64; COUNTERS]>,
    /// No source has a second file: rows of one company stand together, a file is sorted by it.
    in_order: bool,
    /// The company of the last visitor, and its first visitors.
    few: (u32, Vec<&'a str>),
    /// Visitors met beyond those.
    many: IdMap<(u32, &'a str), ()>,
    click_sources: Names<'a>,
    by_source: IdMap<(u32, u32), i64>,
    ad_slots: Names<'a>,
    by_slot: IdMap<(u32, u32), i64>,
}

impl<'a> Tally<'a> {
    fn add(&mut self, counted: &Counted, batch: &'a RecordBatch) -> Result<(), LoadError> {
        let has = |name| counted.columns.contains(&name);
        let coded = |name, number: &mut dyn FnMut(&'a str) -> u32| {
            has(name).then(|| Column::new(batch, name, number)).transpose()
        };
        let companies = Column::new(batch, "company_id", |name| self.companies.number(name))?;
        self.counters.resize(self.companies.names.len(), [0; COUNTERS]);
        let excluded = coded("excluded", &mut |_| 0)?;
        let outcome = coded("outcome", &mut |word| u32::from(word == "connected"))?;
        let purpose = coded("purpose", &mut |word| u32::from(word == "aftersale"))?;
        let click_sources = coded("click_source", &mut |name| self.click_sources.number(name))?;
        let unknown = if has("ad_slot") { self.ad_slots.number(UNKNOWN) } else { 0 };
        let slots = coded("ad_slot", &mut |name| self.ad_slots.number(name))?;
        let visitors = has("visitor_id").then(|| text(batch, "visitor_id")).transpose()?;
        for row in 0..batch.num_rows() {
            let is = |column: &Option<Column<'_>>| column.as_ref().is_none_or(|c| c.get(row) == Some(1));
            let counts = excluded.as_ref().is_none_or(|e| e.get(row).is_none()) && is(&outcome) && is(&purpose);
            let Some(company) = companies.get(row).filter(|_| counts) else { continue };
            self.counters[company as usize][counted.counter] += 1;
            if let Some(visitor) = visitors.filter(|v| v.is_valid(row)) {
                let new = self.is_new(company, visitor.value(row));
                self.counters[company as usize][VISITORS] += i64::from(new);
            }
            if let Some(source) = click_sources.as_ref().and_then(|s| s.get(row)) {
                *self.by_source.entry((company, source)).or_default() += 1;
            }
            if let Some(slots) = &slots {
                *self.by_slot.entry((company, slots.get(row).unwrap_or(unknown))).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Whether a company meets a visitor for the first time.
    fn is_new(&mut self, company: u32, visitor: &'a str) -> bool {
        if self.in_order {
            if self.few.0 != company {
                self.few.0 = company;
                self.few.1.clear();
            }
            if self.few.1.contains(&visitor) {
                return false;
            }
            if self.few.1.len() < FEW {
                self.few.1.push(visitor);
                return true;
            }
        }
        self.many.insert((company, visitor), ()).is_none()
    }

    fn finish(self) -> (Rows<'a>, Rows<'a>, Rows<'a>) {
        let companies = self.companies.sorted();
        let counted = |n: &u32| self.counters[*n as usize].iter().any(|n| *n > 0);
        let members: Vec<u32> = companies.order.iter().copied().filter(counted).collect();
        let counters = |c: usize| members.iter().map(|n| self.counters[*n as usize][c]).collect();
        let keys = vec![members.iter().map(|n| self.companies.names[*n as usize]).collect()];
        let rows = Rows { keys, counters: (0..COUNTERS).map(counters).collect() };
        let pairs = |counts: IdMap<(u32, u32), i64>, names: &Names<'a>| {
            let seconds = names.sorted();
            let ranked = |((first, second), n): ((u32, u32), i64)| {
                (companies.rank[first as usize], seconds.rank[second as usize], n)
            };
            let mut pairs: Vec<(u32, u32, i64)> = counts.into_iter().map(ranked).collect();
            pairs.sort_unstable();
            let firsts = pairs.iter().map(|p| self.companies.names[companies.order[p.0 as usize] as usize]);
            let seconds = pairs.iter().map(|p| names.names[seconds.order[p.1 as usize] as usize]);
            Rows {
                keys: vec![firsts.collect(), seconds.collect()],
                counters: vec![pairs.iter().map(|p| p.2).collect()],
            }
        };
        let sources = pairs(self.by_source, &self.click_sources);
        let slots = pairs(self.by_slot, &self.ad_slots);
        (rows, sources, slots)
    }
}

/// Visitors that are looked through faster than looked up.
const FEW: usize = 16;

/// The slot of ad clicks that name none.
const UNKNOWN: &str = "unknown";

/// Columns of a roll-up after `date`.
struct Rows<'a> {
    keys: Vec<Vec<&'a str>>,
    counters: Vec<Vec<i64>>,
}

impl Rows<'_> {
    fn batch(self, day: Day, table: &str) -> Result<RecordBatch, LoadError> {
        let table = lake_table(table).ok_or_else(|| LoadError::Internal(format!("no table {table}")))?;
        let schema: SchemaRef = arrow_schema(&table);
        let rows = self.keys.first().map_or(0, Vec::len);
        let mut columns: Vec<ArrayRef> = vec![Arc::new(Date32Array::from(vec![day.0; rows]))];
        columns.extend(self.keys.into_iter().map(|k| Arc::new(StringArray::from(k)) as ArrayRef));
        columns.extend(self.counters.into_iter().map(|c| Arc::new(Int64Array::from(c)) as ArrayRef));
        Ok(RecordBatch::try_new(schema, columns)?)
    }
}
