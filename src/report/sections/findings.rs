//! The findings: up to five, each by a rule of its own, each with its figures.
//!
//! ```text
//! share     who won or lost members: interval of the difference leaves out 0   ◄─ share_changes
//! under     where members are too few for the size of the market               ◄─ market_share
//! profit    who carries the profit, and what would leave with the ten best     ◄─ concentration, client_value, renewal_risk
//! renewals  the latest final months against a year before, by the interval     ◄─ renewal_rates
//! moved     what moved the members and their annual amount                     ◄─ member_movement
//! ```
//!
//! A rule without figures says nothing. A difference counts where its 95 % interval (Newcombe 1998, method 10) leaves out 0;
//! where none does, that is what is said.

mod moved;
mod profit;
mod renewals;
mod share;
mod under;

use std::cmp::Ordering;

use crate::stats::newcombe::Difference;

use super::super::ReportError;
use super::super::document::{Block, Section};
use super::super::scope::Scope;
use super::made;

/// Segments and clients that a sentence names.
const NAMED: usize = 3;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let found = [
        share::finding(scope)?,
        under::finding(scope)?,
        profit::finding(scope)?,
        renewals::finding(scope)?,
        moved::finding(scope)?,
    ];
    let mut lines: Vec<String> = found.into_iter().flatten().collect();
    if lines.is_empty() {
        lines.push(scope.say("findings.nothing"));
    }
    Ok(made(scope, "findings", vec![Block::Findings(lines)]))
}

/// A difference in words: more, less, or none beyond chance; always with its interval.
fn tested(scope: &Scope<'_>, difference: &Difference) -> String {
    let format = scope.format();
    let key = match difference.direction() {
        Ordering::Greater => "findings.more",
        Ordering::Less => "findings.less",
        Ordering::Equal => "findings.no_difference",
    };
    let figures = [
        ("change", format.points(difference.value)),
        ("low", format.points(difference.low)),
        ("high", format.points(difference.high)),
    ];
    scope.fill_with(key, &figures)
}

/// The first of a list of names, and how many more there are.
fn listed(scope: &Scope<'_>, names: &[String]) -> String {
    let text = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(scope.words.get("format.list"));
    match names.len().saturating_sub(NAMED) {
        0 => text,
        more => scope.fill("findings.and_more", &[("list", &text), ("n", &scope.format().int(more as i64))]),
    }
}
