//! At a glance: how the company stands, what is at stake, where it is weakest; and whom to ask for.

use crate::facts::terms::Contract;
use crate::marts::Story;

use super::super::ReportError;
use super::super::document::{Block, Cell, Figure, Kind, Section};
use super::super::format::NOTHING;
use super::super::lowest::{Lowest, lowest};
use super::super::scope::Scope;
use super::made;

/// Findings, the figures to be seen first, contact and owners.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let story = scope.story()?;
    let mut findings = vec![standing(scope, story)];
    findings.extend(story.contract(scope.marts.visible).map(|c| contract(scope, c)));
    findings.extend(at_stake(scope, story));
    findings.extend(weakest(scope, story));
    findings.extend(overdue(scope, story));
    let blocks = vec![Block::Findings(findings), Block::Figures(figures(scope, story)), contact(scope, story)];
    Ok(made(scope, "member_headline", blocks))
}

fn standing(scope: &Scope<'_>, story: &Story) -> String {
    let (format, standing) = (scope.format(), &story.standing);
    let date = |day: Option<_>| day.map_or(NOTHING.to_string(), |d| format.date(d));
    let contract = story.contract(scope.marts.visible);
    let days = story.health.as_ref().map_or(NOTHING.to_string(), |h| format.int(h.days_in_force));
    scope.fill(
        &format!("member_headline.{}", standing.word),
        &[
            ("since", &date(standing.since)),
            ("days", &days),
            ("renewals", &format.int(standing.renewals)),
            ("first", &date(standing.first_contract)),
            ("start", &date(contract.map(|c| c.start))),
            ("end", &date(contract.map(|c| c.end))),
        ],
    )
}

fn contract(scope: &Scope<'_>, c: &Contract) -> String {
    let format = scope.format();
    let left = c.end - scope.day();
    let key = if left < 0 { "call_list.days_over" } else { "call_list.days_left" };
    scope.fill(
        "member_headline.contract",
        &[
            ("id", &c.id),
            ("plan", &scope.free(&c.plan)),
            ("start", &format.date(c.start)),
            ("end", &format.date(c.end)),
            ("left", &scope.fill(key, &[("n", &format.int(i64::from(left.abs())))])),
            ("amount", &format.money(c.amount)),
            ("annual", &format.money(c.annual)),
            ("currency", scope.currency()),
        ],
    )
}

/// What is at stake of each contract; else why nothing is.
fn at_stake(scope: &Scope<'_>, story: &Story) -> Vec<String> {
    let format = scope.format();
    let said = |(r, _): &(crate::marts::renewal_risk::RenewalRiskRow, _)| {
        let values = [
            ("id", r.contract_id.to_string()),
            ("p", format.percent(r.p_renew)),
            ("band", format.code("band", &r.risk_band)),
            ("base", format.percent(r.p_baseline)),
            ("at_risk", format.money(r.value_at_risk)),
            ("saved", format.money(r.expected_saved)),
            ("currency", scope.currency().to_string()),
        ];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        scope.fill("member_headline.stake", &values)
    };
    if !story.at_stake.is_empty() {
        return story.at_stake.iter().map(said).collect();
    }
    let visible = scope.marts.visible;
    let Some((at, c)) = story.standing.contract.map(|at| (at, &visible.contracts[at])) else { return Vec::new() };
    let by = visible.renewed[at].map(|r| &visible.contracts[r.by].id);
    let horizon = visible.project.risk.horizon_days;
    let why = if let Some(by) = by {
        scope.fill("member_headline.renewed", &[("by", by)])
    } else if let Some(day) = c.cancelled_on {
        scope.fill("member_headline.cancelled", &[("date", &format.date(day))])
    } else if c.end - visible.day > horizon {
        scope.fill("member_headline.far", &[("n", &horizon.to_string())])
    } else {
        scope.say("member_headline.lapsed")
    };
    vec![why]
}

fn weakest(scope: &Scope<'_>, story: &Story) -> Option<String> {
    let format = scope.format();
    let counter = match lowest(story.counters.iter().map(|c| (c.name, c.percentile, c))) {
        Lowest::Low(counter) => counter,
        Lowest::NoneLow => return Some(scope.say("member_headline.none_low")),
        Lowest::Unknown => return None,
    };
    Some(scope.fill(
        "member_headline.weakest",
        &[
            ("counter", &format.code("counter", counter.name)),
            ("n", &format.int(counter.last?)),
            ("mean", &format.float(counter.peer_mean?, 1)),
            ("p", &format.percent_short(counter.percentile?)),
        ],
    ))
}

fn overdue(scope: &Scope<'_>, story: &Story) -> Option<String> {
    let late: Vec<i64> = story.services.iter().filter(|s| s.state == "overdue").map(|s| s.days_late).collect();
    let longest = late.iter().max()?;
    Some(scope.fill("member_headline.overdue", &[("n", &late.len().to_string()), ("days", &longest.to_string())]))
}

fn figures(scope: &Scope<'_>, story: &Story) -> Vec<Figure> {
    let format = scope.format();
    let figure = |key: &str, value: String, note: Option<String>| Figure {
        label: scope.say(&format!("label.{key}")),
        value,
        note,
    };
    let mut figures = Vec::new();
    if let Some(c) = story.contract(scope.marts.visible) {
        let left = i64::from(c.end - scope.day());
        figures.push(figure("days_left", format.int(left), Some(format.date(c.end))));
        figures.push(figure("annual_amount", format.money_short(c.annual), None));
    }
    if let Some((r, _)) = story.at_stake.first() {
        let band = format.code("band", &r.risk_band);
        figures.push(figure("p_renew", format.percent(r.p_renew), Some(band)));
        figures.push(figure("value_at_risk", format.money_short(r.value_at_risk), None));
        let held = r.holdout.then(|| scope.say("label.holdout"));
        figures.push(figure("expected_saved", format.money_short(r.expected_saved), held));
    }
    figures
}

fn contact(scope: &Scope<'_>, story: &Story) -> Block {
    let company = &scope.marts.visible.companies[story.company];
    let mut table = scope.table(
        "member_contact",
        vec![
            scope.column("contact_name", Kind::Text),
            scope.column("phone", Kind::Text),
            scope.column("shop_url", Kind::Text),
            scope.column("service_rep", Kind::Text),
            scope.column("sales_rep", Kind::Text),
        ],
    );
    let rep = |id: Option<&crate::domain::Str>| -> Cell { id.map(|id| scope.rep(id)).into() };
    table.push(vec![
        company.contact_name.as_ref().into(),
        company.phone.as_ref().into(),
        company.shop_url.as_ref().into(),
        rep(company.service_rep_id.as_ref()),
        rep(company.sales_rep_id.as_ref()),
    ]);
    Block::Table(table)
}
