//! The findings in sentences, each with its figures.

use crate::domain::{Cents, Month};
use crate::marts::client_value::ClientValueRow;
use crate::marts::concentration::ConcentrationRow;
use crate::marts::market_share::MarketShareRow;
use crate::marts::member_movement::MemberMovementRow;
use crate::marts::renewal_rates::RenewalRateRow;
use crate::stats::wilson;

use super::super::ReportError;
use super::super::document::{Block, Section};
use super::super::scope::Scope;
use super::made;
use super::market_share::latest;
use super::movement::sums::Moved;
use super::opportunity::under_penetrated;
use super::renewals_by_month::month;
use super::top_clients::exposure::exposures;

/// Segments and clients that a sentence names.
const NAMED: usize = 3;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let shares = scope.marts.rows::<MarketShareRow>()?;
    let quarter = latest(&shares);
    let mut lines = Vec::new();
    lines.extend(whole(scope, &quarter));
    lines.extend(moved(scope)?);
    lines.extend(biggest_change(scope, &quarter));
    lines.push(under(scope, &quarter));
    lines.extend(concentration(scope)?);
    lines.extend(top_clients(scope)?);
    let exposures = exposures(scope)?;
    let clients = scope.marts.rows::<ClientValueRow>()?;
    lines.push(super::top_clients::said(scope, &clients, |id| exposures.get(id)));
    lines.push(renewals(scope)?);
    Ok(made(scope, "findings", vec![Block::Findings(lines)]))
}

fn whole(scope: &Scope<'_>, quarter: &[&MarketShareRow]) -> Option<String> {
    let format = scope.format();
    let all = quarter.iter().find(|r| &*r.segment == "all")?;
    let (share, low, high) = (all.share?, all.share_low?, all.share_high?);
    let mut text = scope.fill(
        "findings.whole",
        &[
            ("members", &format.int(all.members)),
            ("universe", &format.int(all.universe)),
            ("share", &format.percent(share)),
            ("low", &format.percent(low)),
            ("high", &format.percent(high)),
        ],
    );
    text.push_str(&match all.share_change {
        Some(change) => scope.fill("findings.whole_change", &[("change", &format.points(change))]),
        None => scope.say("findings.whole_alone"),
    });
    Some(text)
}

/// Who came and left in the quarter, and what that did to the annual amount.
fn moved(scope: &Scope<'_>) -> Result<Option<String>, ReportError> {
    let format = scope.format();
    let quarter = scope.day().quarter();
    let rows = scope.marts.rows::<MemberMovementRow>()?;
    let (int, money) = (|n: i64| format.int(n), |a: Cents| format.money_short(a));
    Ok(Moved::in_quarter(&rows, "all", quarter).map(|m| {
        scope.fill(
            "findings.moved",
            &[
                ("quarter", &quarter.to_string()),
                ("opening", &int(m.opening)),
                ("new", &int(m.new)),
                ("won_back", &int(m.won_back)),
                ("lost", &int(m.lost)),
                ("closing", &int(m.closing)),
                ("opening_amount", &money(m.opening_amount)),
                ("closing_amount", &money(m.closing_amount)),
            ],
        )
    }))
}

fn biggest_change(scope: &Scope<'_>, quarter: &[&MarketShareRow]) -> Option<String> {
    let format = scope.format();
    let changed = quarter.iter().filter(|r| &*r.segment != "all").filter_map(|r| Some((r, r.share_change?)));
    let (row, change) = changed.filter(|(_, c)| *c != 0.0).reduce(|a, b| if b.1.abs() > a.1.abs() { b } else { a })?;
    let key = if change > 0.0 { "findings.gain" } else { "findings.loss" };
    Some(scope.fill(
        key,
        &[
            ("segment", &scope.segment(&row.segment)),
            ("change", &format.points(change)),
            ("share", &format.percent(row.share?)),
            ("low", &format.percent(row.share_low?)),
            ("high", &format.percent(row.share_high?)),
        ],
    ))
}

fn under(scope: &Scope<'_>, quarter: &[&MarketShareRow]) -> String {
    let format = scope.format();
    let rows = under_penetrated(quarter);
    if rows.is_empty() {
        return scope.say("findings.none_under");
    }
    let total: Cents = rows.iter().filter_map(|r| r.opportunity).sum();
    let named = rows.iter().take(NAMED).map(|r| {
        let amount = format.money_short(r.opportunity.unwrap_or(Cents::ZERO));
        scope.fill("findings.named", &[("name", &scope.segment(&r.segment)), ("value", &amount)])
    });
    let list = named.collect::<Vec<_>>().join(scope.words.get("format.list"));
    let n = format.int(rows.len() as i64);
    scope.fill("findings.under", &[("n", &n), ("total", &format.money_short(total)), ("list", &list)])
}

fn concentration(scope: &Scope<'_>) -> Result<Option<String>, ReportError> {
    let format = scope.format();
    let groups = scope.marts.rows::<ConcentrationRow>()?;
    let all = groups.iter().find(|g| &*g.dimension == "all");
    Ok(all.and_then(|g| Some((g, g.top20_share?, g.clients_for_80?))).map(|(g, share, fewest)| {
        scope.fill(
            "findings.concentration",
            &[("share", &format.percent(share)), ("fewest", &format.int(fewest)), ("clients", &format.int(g.clients))],
        )
    }))
}

fn top_clients(scope: &Scope<'_>) -> Result<Option<String>, ReportError> {
    let format = scope.format();
    let clients = scope.marts.rows::<ClientValueRow>()?;
    let named = clients.iter().take(NAMED).map(|c| {
        let (name, profit) = (scope.company(&c.company_id), format.money_short(c.profit));
        scope.fill("findings.named", &[("name", &name), ("value", &profit)])
    });
    let named: Vec<String> = named.collect();
    let share = named.len().checked_sub(1).and_then(|last| clients[last].cumulative_share);
    Ok(share.map(|share| {
        let list = named.join(scope.words.get("format.list"));
        let n = format.int(named.len() as i64);
        scope.fill("findings.top_clients", &[("n", &n), ("share", &format.percent(share)), ("list", &list)])
    }))
}

/// Due and renewed of three months.
fn three_months(rates: &[RenewalRateRow], last: Month) -> (i64, i64) {
    let within =
        |r: &&RenewalRateRow| &*r.dimension == "all" && r.r#final && (last.plus(-2)..=last).contains(&month(&r.month));
    rates.iter().filter(within).fold((0, 0), |(due, renewed), r| (due + r.due, renewed + r.renewed))
}

/// The last three final months against the same months a year before.
fn renewals(scope: &Scope<'_>) -> Result<String, ReportError> {
    let format = scope.format();
    let rates = scope.marts.rows::<RenewalRateRow>()?;
    let Some(last) = rates.iter().filter(|r| r.r#final).map(|r| month(&r.month)).max() else {
        return Ok(scope.say("findings.no_renewals"));
    };
    let (due, renewed) = three_months(&rates, last);
    let Some((low, high)) = wilson::interval(renewed, due) else { return Ok(scope.say("findings.no_renewals")) };
    let mut text = scope.fill(
        "findings.renewals",
        &[
            ("from", &format.short_month(last.plus(-2))),
            ("to", &format.short_month(last)),
            ("renewed", &format.int(renewed)),
            ("due", &format.int(due)),
            ("rate", &format.percent(renewed as f64 / due as f64)),
            ("low", &format.percent(low)),
            ("high", &format.percent(high)),
        ],
    );
    let (due, renewed) = three_months(&rates, last.plus(-12));
    text.push_str(&match due {
        0 => scope.say("findings.no_year_before"),
        _ => scope.fill(
            "findings.year_before",
            &[
                ("renewed", &format.int(renewed)),
                ("due", &format.int(due)),
                ("rate", &format.percent(renewed as f64 / due as f64)),
            ],
        ),
    });
    Ok(text)
}
