//! How large our share is, and which segments were won or lost beyond chance.

use std::cmp::Ordering;

use crate::marts::market_share::MarketShareRow;

use super::super::super::ReportError;
use super::super::super::scope::Scope;
use super::super::market_share::latest;
use super::super::share_changes::{SPANS, ShareChange, changes, earlier};
use super::listed;

pub fn finding(scope: &Scope<'_>) -> Result<Option<String>, ReportError> {
    let shares = scope.marts.rows::<MarketShareRow>()?;
    let Some(mut text) = whole(scope, &latest(&shares)) else { return Ok(None) };
    let gap = scope.words.get("format.gap");
    for said in SPANS.iter().filter_map(|back| since(scope, &shares, *back)) {
        text.push_str(gap);
        text.push_str(&said);
    }
    Ok(Some(text))
}

fn whole(scope: &Scope<'_>, quarter: &[&MarketShareRow]) -> Option<String> {
    let format = scope.format();
    let all = quarter.iter().find(|r| &*r.segment == "all")?;
    let (share, low, high) = (all.share?, all.share_low?, all.share_high?);
    let figures = [
        ("members", format.int(all.members)),
        ("universe", format.int(all.universe)),
        ("share", format.percent(share)),
        ("low", format.percent(low)),
        ("high", format.percent(high)),
    ];
    let mut text = scope.fill_with("findings.whole", &figures);
    text.push_str(&match all.share_change {
        Some(change) => scope.fill("findings.whole_change", &[("change", &format.points(change))]),
        None => scope.say("findings.whole_alone"),
    });
    Some(text)
}

/// Who won and who lost since the end of an earlier quarter; nothing where no segment had a universe then.
fn since(scope: &Scope<'_>, shares: &[MarketShareRow], back: i32) -> Option<String> {
    let changes = changes(shares, scope.day().quarter(), back);
    let segments: Vec<&ShareChange> = changes.iter().filter(|c| &*c.segment != "all").collect();
    if segments.is_empty() {
        return None;
    }
    let quarter = earlier(scope, back).to_string();
    let n = scope.format().int(segments.len() as i64);
    let named = |direction: Ordering| -> Vec<String> {
        let changed = |c: &&&ShareChange| c.difference.direction() == direction;
        let mut found: Vec<&ShareChange> = segments.iter().filter(changed).copied().collect();
        found.sort_by(|a, b| {
            b.difference.value.abs().total_cmp(&a.difference.value.abs()).then(a.segment.cmp(&b.segment))
        });
        found.iter().map(|c| one(scope, c)).collect()
    };
    let (won, lost) = (named(Ordering::Greater), named(Ordering::Less));
    let (won_list, lost_list) = (listed(scope, &won), listed(scope, &lost));
    let key = match (won.is_empty(), lost.is_empty()) {
        (true, true) => "findings.unchanged",
        (false, true) => "findings.won",
        (true, false) => "findings.lost",
        (false, false) => "findings.won_and_lost",
    };
    Some(scope.fill(key, &[("quarter", &quarter), ("n", &n), ("won", &won_list), ("lost", &lost_list)]))
}

fn one(scope: &Scope<'_>, change: &ShareChange) -> String {
    let format = scope.format();
    let figures = [
        ("segment", scope.segment(&change.segment)),
        ("before", format.int(change.before.0)),
        ("universe_before", format.int(change.before.1)),
        ("now", format.int(change.now.0)),
        ("universe", format.int(change.now.1)),
        ("change", format.points(change.difference.value)),
        ("low", format.points(change.difference.low)),
        ("high", format.points(change.difference.high)),
    ];
    let key = match change.verdict() {
        "outgrown" | "shrunk" => "findings.changed_by_market",
        _ => "findings.changed",
    };
    scope.fill_with(key, &figures)
}
