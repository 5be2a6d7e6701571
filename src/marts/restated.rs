//! What was said in the last strategy review and is known otherwise now, and why.
//!
//! ```text
//! the last review of an earlier day D ──► the lake as it left it ─► marts of D ─┐
//!                                         the lake now ───────────► marts of D ─┴─► figures that differ
//!                                         rows dated on or before D, then and now ─► why
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `figures.rs` | the figures of a day that a review prints, and those that differ |
//! | `contracts.rs` | contracts that were added, corrected, withdrawn; companies in another segment |
//!
//! Both sides are of the same day, so nothing that happened after D is in it: what differs came late or was corrected.
//! No mart of its own: it is of two states of the lake. It costs the marts of D twice, and nothing when the lake's state
//! is still that of the review.

pub mod contracts;
pub mod figures;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::domain::schema::SOURCES;
use crate::domain::{Day, Str};
use crate::facts::Visible;
use crate::lake::Lake;
use crate::lake::ledger::{Ledger, Publication, RefusedRows};

use self::contracts::Corrections;
use self::figures::FigureChange;
use super::{Marts, Result};

/// The report whose figures are held against what is known now.
const REVIEW: &str = "strategy_review";

/// What is known of the last review before the marts' day.
#[derive(Clone, Debug, PartialEq)]
pub struct Restated {
    /// The review of the latest day before this one, as it was last published.
    pub last: Option<Publication>,
    pub state: State,
    /// Companies and contracts that were erased since, from older states too.
    pub erased: usize,
    /// Rows that were refused since that review, or ever without one.
    pub refused: Vec<RefusedRows>,
}

/// What can be said of the state from which the review was made.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// There was no review.
    Never,
    /// The lake does not keep it any more; known is what was taken in since.
    GivenUp(Vec<TakenIn>),
    Kept(Box<Differences>),
}

/// What differs between then and now of the review's day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Differences {
    /// In the order of [`figures::Key`].
    pub figures: Vec<FigureChange>,
    /// By the order of sources.
    pub late: Vec<Late>,
    pub corrections: Corrections,
}

impl Differences {
    /// Whether no row of the review's day was added, changed or withdrawn.
    pub fn is_without_cause(&self) -> bool {
        self.late.is_empty() && self.corrections == Corrections::default()
    }
}

/// Events of a source that are dated on or before the review's day and came after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    pub source: &'static str,
    pub rows: i64,
    /// Days that got some of them.
    pub days: i64,
    pub first: Day,
    pub last: Day,
}

/// Files of a source that were loaded after the review, whatever they are dated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenIn {
    pub source: Str,
    pub files: i64,
    pub rows: i64,
}

impl Restated {
    /// Of the marts' day; computed once.
    ///
    /// # Errors
    /// When the lake cannot be read. `companies` and `contracts` must have been loaded once.
    pub fn of(marts: &Marts<'_>) -> Result<Rc<Restated>> {
        marts.once(compute)
    }
}

fn compute(marts: &Marts<'_>) -> Result<Restated> {
    let lake = marts.visible.lake();
    let ledger = lake.ledger();
    let Some(last) = ledger.last_publication(REVIEW, marts.visible.day)? else {
        return Ok(Restated { last: None, state: State::Never, erased: 0, refused: ledger.refused_since(0)? });
    };
    let erased = ledger.erased()?.into_iter().filter(|e| e.run_id > last.run_id && is_counted(&e.kind));
    let erased: BTreeSet<(Str, Str)> = erased.map(|e| (e.kind, e.id_hash)).collect();
    Ok(Restated {
        state: state(marts, &last)?,
        erased: erased.len(),
        refused: ledger.refused_since(last.run_id)?,
        last: Some(last),
    })
}

/// Whether an erased id can have counted in a figure of a review.
fn is_counted(kind: &str) -> bool {
    matches!(kind, "company" | "contract")
}

fn state(marts: &Marts<'_>, last: &Publication) -> Result<State> {
    let lake = marts.visible.lake();
    if lake.snapshot()? == last.snapshot {
        return Ok(State::Kept(Box::default()));
    }
    let Some(then) = Lake::open_reader_as_left(lake.root(), last.run_id, last.snapshot)? else {
        return Ok(State::GivenUp(taken_in(&lake.ledger(), last.run_id)?));
    };
    let project = marts.visible.project;
    let (then, now) = (Visible::at(&then, project, last.as_of)?, Visible::at(lake, project, last.as_of)?);
    Ok(State::Kept(Box::new(differences(&then, &now)?)))
}

/// What differs between two states of the same day.
fn differences(then: &Visible<'_>, now: &Visible<'_>) -> Result<Differences> {
    let figures = figures::changes(&Marts::of(then), &Marts::of(now))?;
    let mut late = Vec::new();
    for source in SOURCES.iter().filter(|s| s.is_events()) {
        late.extend(late_rows(source.name, then, now)?);
    }
    Ok(Differences { figures, late, corrections: Corrections::between(then, now) })
}

/// Rows by day are read from the catalog alone. A day that has fewer rows now lost them to an erasure.
fn late_rows(source: &'static str, then: &Visible<'_>, now: &Visible<'_>) -> Result<Option<Late>> {
    let before = then.loaded(source)?;
    let more = now.loaded(source)?.into_iter().map(|(day, rows)| (day, rows - before.get(&day).copied().unwrap_or(0)));
    let mut late: Option<Late> = None;
    for (day, rows) in more.filter(|(_, rows)| *rows > 0) {
        let sum = late.get_or_insert(Late { source, rows: 0, days: 0, first: day, last: day });
        sum.rows += rows;
        sum.days += 1;
        sum.last = day;
    }
    Ok(late)
}

fn taken_in(ledger: &Ledger<'_>, after: i64) -> Result<Vec<TakenIn>> {
    let mut taken: Vec<TakenIn> = Vec::new();
    let mut files = ledger.files()?;
    files.retain(|f| f.run_id > after && f.rows_loaded > 0);
    files.sort_by(|a, b| a.source.cmp(&b.source));
    for file in files {
        if taken.last().is_none_or(|t| t.source != file.source) {
            taken.push(TakenIn { source: file.source.clone(), files: 0, rows: 0 });
        }
        if let Some(sum) = taken.last_mut() {
            sum.files += 1;
            sum.rows += file.rows_loaded;
        }
    }
    Ok(taken)
}
