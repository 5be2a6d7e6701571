//! Page one: whom to call first, why, what to offer, what is at stake. On paper it is one page.
//!
//! ```text
//! today's calls, as the call list cuts them, by call_rank ──► the first 12, each a member, how to reach it, why it is at risk, what to do
//!                                                             └ fewer when warnings take their place (fit)
//! ```

mod calls;
mod headline;

use crate::domain::Cents;
use crate::marts::renewal_risk::RenewalRiskRow;

use super::super::ReportError;
use super::super::calls::Calls;
use super::super::charts::wrap;
use super::super::document::{Block, Document, Section};
use super::super::scope::Scope;
use super::{changes, made};

/// The most calls on the page.
const MOST: usize = 12;
/// What fits on an A4 page across, CSS pixels: the page's height within its margins less what always stands on it
/// (title, one subtitle, figures, sentences, the table's head), the height of a call, of a line and the frame of a
/// warning, of one more subtitle.
const ROOM: f64 = 460.0;
const CALL: f64 = 37.0;
const LINE: f64 = 20.0;
const FRAME: f64 = 30.0;
const SUBTITLE: f64 = 28.0;
/// Width of a line of a warning, and its letters.
const WIDE: f64 = 900.0;
const LETTERS: f64 = 13.4;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let risks = scope.marts.rows::<RenewalRiskRow>()?;
    let mut rows: Vec<&RenewalRiskRow> = risks.iter().filter(|r| scope.covers(r.service_rep_id.as_ref())).collect();
    rows.sort_by_key(|r| (r.call_rank.is_none(), r.call_rank, r.priority_rank));
    let calls = Calls::of(scope, &risks);
    let first = &calls.today[..calls.today.len().min(MOST)];
    let mut blocks =
        vec![Block::Figures(headline::figures(scope, &rows, &calls)), Block::Text(changes::sentence(scope)?)];
    blocks.extend(share_of_first(scope, first, &calls.today).map(Block::Text));
    blocks.push(Block::Table(calls::table(scope, first)?));
    Ok(made(scope, "today", blocks))
}

/// What the calls of the page carry of all that calls are expected to save.
fn share_of_first(scope: &Scope<'_>, first: &[&RenewalRiskRow], all: &[&RenewalRiskRow]) -> Option<String> {
    let saved = |rows: &[&RenewalRiskRow]| rows.iter().map(|r| r.expected_saved).sum::<Cents>();
    let (of_first, of_all) = (saved(first), saved(all));
    (of_all > Cents::ZERO && first.len() < all.len()).then(|| {
        let format = scope.format();
        let share = format.percent_short(of_first.to_f64() / of_all.to_f64());
        let (n, calls) = (format.int(first.len() as i64), format.int(all.len() as i64));
        scope.fill("today.share", &[("n", &n), ("calls", &calls), ("share", &share)])
    })
}

/// Takes calls off the page where warnings and a second subtitle leave no room for them on paper.
pub fn fit(document: &mut Document) {
    let lines = |text: &String| wrap(text, LETTERS, WIDE, usize::MAX).len() as f64;
    let banners: f64 = document.banners.iter().map(|b| lines(b) * LINE + FRAME).sum();
    let subtitles = document.subtitle.len().saturating_sub(1) as f64 * SUBTITLE;
    let calls = ((ROOM - banners - subtitles) / CALL).floor().max(1.0) as usize;
    for table in document.tables_mut().filter(|t| t.name == calls::TABLE) {
        table.rows.truncate(calls);
    }
}
