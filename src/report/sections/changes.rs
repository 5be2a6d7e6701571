//! What changed since the list of an earlier night: what is new on it, what is gone and why, what moved its band.
//!
//! ```text
//! risk_published of the latest earlier list ┬─ only now:  new
//! renewal_risk of today ────────────────────┼─ only then: renewed, else cancelled, lapsed, beyond, no_longer
//!                                           └─ both:      worse or better, when the band differs
//! ```
//!
//! Each with the figure that moved it (`moved.rs`). Held-out contracts are left out: who reads this list would call them.

mod moved;

use std::collections::{BTreeMap, HashSet};

use crate::domain::{Day, Str};
use crate::facts::Visible;
use crate::marts::renewal_risk::RenewalRiskRow;
use crate::marts::risk_published::RiskPublishedRow;
use crate::marts::risk_scores::risk_scores;

use super::super::ReportError;
use super::super::document::{Block, Cell, Column, Kind, Section};
use super::super::scope::Scope;
use super::made;

/// The changes, in the order of the list.
const CAUSES: [&str; 8] = ["new", "worse", "better", "renewed", "cancelled", "lapsed", "beyond", "no_longer"];

/// One contract that is not as it was.
struct Change<'a> {
    cause: &'static str,
    contract_id: &'a Str,
    then: Option<&'a RiskPublishedRow>,
    now: Option<&'a RenewalRiskRow>,
}

/// All changes since the latest list of an earlier day.
struct Since<'a> {
    day: Day,
    changes: Vec<Change<'a>>,
}

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let published = scope.marts.rows::<RiskPublishedRow>()?;
    let risks = scope.marts.rows::<RenewalRiskRow>()?;
    let since = since(scope, &published, &risks)?;
    let mut blocks = vec![Block::Text(said(scope, since.as_ref()))];
    if let Some(since) = since {
        let mut table = scope.table("changes", columns(scope));
        let scores = risk_scores(scope.marts)?;
        for change in &since.changes {
            let moved = moved::moved(scope, change, &scores, scope.day() - since.day);
            table.push(cells(scope, change, moved));
        }
        blocks.push(Block::Table(table));
    }
    Ok(made(scope, "changes", blocks))
}

/// The changes in a sentence, for whoever has room for no more.
pub fn sentence(scope: &Scope<'_>) -> Result<String, ReportError> {
    let published = scope.marts.rows::<RiskPublishedRow>()?;
    let risks = scope.marts.rows::<RenewalRiskRow>()?;
    Ok(said(scope, since(scope, &published, &risks)?.as_ref()))
}

/// `None` without a list of an earlier day; an empty list is one. Changes of the report's part only.
fn since<'a>(
    scope: &Scope<'_>,
    published: &'a [RiskPublishedRow],
    risks: &'a [RenewalRiskRow],
) -> Result<Option<Since<'a>>, ReportError> {
    let visible = scope.marts.visible;
    let Some(day) = visible.lake().ledger().latest_list(scope.day())? else { return Ok(None) };
    let mut changes = changes(visible, risks, published.iter().filter(|p| p.as_of == day));
    changes.retain(|change| scope.covers(service_rep(visible, change.contract_id)));
    Ok(Some(Since { day, changes }))
}

/// Every contract with its change, each once, by cause, then by contract.
fn changes<'a>(
    visible: &Visible<'_>,
    risks: &'a [RenewalRiskRow],
    then: impl Iterator<Item = &'a RiskPublishedRow>,
) -> Vec<Change<'a>> {
    let held: HashSet<&Str> = risks.iter().filter(|r| r.holdout).map(|r| &r.contract_id).collect();
    let then: BTreeMap<&Str, &RiskPublishedRow> = then.filter(|p| !p.holdout).map(|p| (&p.contract_id, p)).collect();
    let now: BTreeMap<&Str, &RenewalRiskRow> =
        risks.iter().filter(|r| !r.holdout).map(|r| (&r.contract_id, r)).collect();
    let gone = then.iter().filter(|(id, _)| !now.contains_key(*id) && !held.contains(*id));
    let mut changes: Vec<Change<'_>> = gone
        .map(|(id, p)| Change { cause: why_gone(visible, id), contract_id: id, then: Some(p), now: None })
        .collect();
    for (id, risk) in now {
        let before = then.get(id).copied();
        let cause = match before {
            None => "new",
            Some(p) if level(&risk.risk_band) < level(&p.risk_band) => "worse",
            Some(p) if level(&risk.risk_band) > level(&p.risk_band) => "better",
            Some(_) => continue,
        };
        changes.push(Change { cause, contract_id: id, then: before, now: Some(risk) });
    }
    changes.sort_by_key(|c| (CAUSES.iter().position(|cause| *cause == c.cause), c.contract_id));
    changes
}

/// 0 is the greatest risk.
fn level(band: &str) -> Option<usize> {
    ["high", "medium", "low"].iter().position(|b| *b == band)
}

/// Why a contract is on the list no more: the first that holds.
fn why_gone(visible: &Visible<'_>, id: &Str) -> &'static str {
    let Some(at) = position(visible, id) else { return "no_longer" };
    let contract = &visible.contracts[at];
    let days_left = contract.end - visible.day;
    if !contract.is_membership() {
        // A cancellation before its start makes it void.
        return if contract.cancelled_on.is_some() { "cancelled" } else { "no_longer" };
    }
    if visible.renewed[at].is_some() {
        "renewed"
    } else if contract.cancelled_on.is_some() {
        "cancelled"
    } else if days_left < -visible.grace() {
        "lapsed"
    } else if days_left > visible.project.risk.horizon_days {
        "beyond"
    } else {
        "no_longer"
    }
}

fn position(visible: &Visible<'_>, contract_id: &Str) -> Option<usize> {
    visible.contracts.binary_search_by(|c| c.id.cmp(contract_id)).ok()
}

fn service_rep<'v>(visible: &'v Visible<'_>, contract_id: &Str) -> Option<&'v Str> {
    let company = visible.contracts[position(visible, contract_id)?].company;
    visible.companies[company].service_rep_id.as_ref()
}

fn columns(scope: &Scope<'_>) -> Vec<Column> {
    vec![
        scope.column("list_change", Kind::Code("change")),
        scope.column("name", Kind::Text),
        scope.column("company_id", Kind::Text).data(),
        scope.column("contract_id", Kind::Text),
        scope.column("service_rep_id", Kind::Text).data(),
        scope.column("service_rep", Kind::Text),
        scope.column("end_date", Kind::Date),
        scope.column("annual_amount", Kind::Money),
        scope.column("risk_band_then", Kind::Code("band")),
        scope.column("risk_band", Kind::Code("band")),
        scope.column("p_renew_then", Kind::Percent),
        scope.column("p_renew", Kind::Percent),
        scope.column("moved", Kind::Text),
        scope.column("reason_then", Kind::Text).data(),
        scope.column("reason_now", Kind::Text).data(),
    ]
}

fn cells(scope: &Scope<'_>, change: &Change<'_>, moved: Option<String>) -> Vec<Cell> {
    let visible = scope.marts.visible;
    let contract = position(visible, change.contract_id).map(|at| &visible.contracts[at]);
    let company = contract.map(|c| &visible.companies[c.company].id);
    let rep = service_rep(visible, change.contract_id);
    vec![
        change.cause.into(),
        company.map(|id| scope.company(id)).into(),
        company.into(),
        change.contract_id.into(),
        rep.into(),
        rep.map(|id| scope.rep(id)).into(),
        contract.map(|c| c.end).into(),
        contract.map(|c| c.annual).into(),
        change.then.map(|p| &p.risk_band).into(),
        change.now.map(|r| &r.risk_band).into(),
        change.then.map(|p| p.p_renew).into(),
        change.now.map(|r| r.p_renew).into(),
        moved.into(),
        change.then.and_then(|p| p.reason_1.as_ref()).into(),
        change.now.and_then(|r| r.reason_1.as_ref()).into(),
    ]
}

/// The changes in a sentence, those that there are.
fn said(scope: &Scope<'_>, since: Option<&Since<'_>>) -> String {
    let Some(Since { day, changes }) = since else { return scope.say("changes.no_earlier") };
    let format = scope.format();
    let date = format.date(*day);
    let one = |cause: &&str| {
        let n = changes.iter().filter(|change| change.cause == *cause).count() as i64;
        let what = format.code("change", cause);
        (n > 0).then(|| scope.fill("changes.one", &[("n", &format.int(n)), ("what", &what)]))
    };
    let some: Vec<String> = CAUSES.iter().filter_map(one).collect();
    if some.is_empty() {
        return scope.fill("changes.nothing", &[("date", &date)]);
    }
    scope.fill("changes.since", &[("date", &date), ("list", &some.join(scope.words.get("format.list")))])
}
