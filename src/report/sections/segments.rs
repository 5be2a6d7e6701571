//! Every segment by itself: eight quarters, what moved, renewals, profit, where attention comes from, its best clients.

use std::collections::BTreeMap;

use crate::domain::{Quarter, Str};
use crate::marts::client_value::ClientValueRow;
use crate::marts::concentration::ConcentrationRow;
use crate::marts::market_share::MarketShareRow;
use crate::marts::member_movement::MemberMovementRow;
use crate::marts::renewal_rates::RenewalRateRow;
use crate::stats::wilson;

use super::super::ReportError;
use super::super::document::{Block, Cell, Kind, Mark, Section, Table};
use super::super::scope::Scope;
use super::attention::way_name;
use super::made;
use super::market_share::latest;
use super::movement::sums::Moved;
use super::renewals_by_segment::{Sum, sums};
use super::top_clients::exposure::{Exposure, exposures};
use super::top_clients::{at_risk, link as client_link};

/// Clients of a segment that are named.
const CLIENTS: usize = 5;
/// Ways of clicks that a sentence names.
const WAYS: usize = 4;

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let shares = scope.marts.rows::<MarketShareRow>()?;
    let rates = sums(&scope.marts.rows::<RenewalRateRow>()?, "segment");
    let exposures = exposures(scope)?;
    let mut blocks = Vec::new();
    for row in latest(&shares).into_iter().filter(|r| &*r.segment != "all") {
        let segment = &row.segment;
        let Some(id) = link(scope, segment)? else { continue };
        blocks.push(Block::Part { id, title: scope.segment(segment) });
        blocks.push(Block::Text(said(scope, row, rates.get(segment))?));
        blocks.push(Block::Table(quarters(scope, segment, &shares)?));
        let clients = clients(scope, segment, &exposures)?;
        if !clients.rows.is_empty() {
            blocks.push(Block::Table(clients));
        }
    }
    Ok(made(scope, "segments", blocks))
}

/// Where a segment has its own part of the page: by its number, as its name may be any text. None in other reports.
pub fn link(scope: &Scope<'_>, segment: &str) -> Result<Option<String>, ReportError> {
    if scope.report != "strategy_review" || segment == "all" {
        return Ok(None);
    }
    let shares = scope.marts.rows::<MarketShareRow>()?;
    let at = latest(&shares).iter().position(|r| &*r.segment == segment);
    Ok(at.map(|at| format!("segment-{}", at + 1)))
}

/// Large companies, renewals, profit, attention: a sentence each, as far as there is something to say.
fn said(scope: &Scope<'_>, row: &MarketShareRow, rates: Option<&Sum>) -> Result<String, ReportError> {
    let format = scope.format();
    let int = |n: i64| format.int(n);
    let mut sentences = Vec::new();
    if row.large_companies > 0 {
        let (large, members) = (int(row.large_companies), int(row.large_members));
        sentences.push(scope.fill("segments.large", &[("n", &large), ("members", &members)]));
    }
    if let Some(opportunity) = row.opportunity.filter(|_| row.under_penetrated) {
        sentences.push(scope.fill("segments.opportunity", &[("amount", &format.money_short(opportunity))]));
    }
    if let Some((sum, rate, (low, high))) =
        rates.and_then(|s| Some((s, s.rate()?, wilson::interval(s.renewed, s.due)?)))
    {
        let (low, high) = (format.percent(low), format.percent(high));
        sentences.push(scope.fill(
            "segments.renewals",
            &[
                ("renewed", &int(sum.renewed)),
                ("due", &int(sum.due)),
                ("rate", &format.percent(rate)),
                ("low", &low),
                ("high", &high),
            ],
        ));
    }
    sentences.extend(profit(scope, &row.segment)?);
    let attention = scope.attention()?;
    for (key, list, mix) in [("clicks", "click_source", &attention.sources), ("slots", "ad_slot", &attention.slots)] {
        let one = |(way, part): &(&Str, super::attention::mix::Part)| {
            let share = format.percent_short(part.share?);
            let change = part.change().map_or(super::super::format::NOTHING.to_string(), |c| format.points(c));
            let name = way_name(scope, list, way);
            Some(scope.fill("segments.way", &[("name", &name), ("share", &share), ("change", &change)]))
        };
        let ways: Vec<String> = mix.of(&row.segment).iter().filter_map(one).take(WAYS).collect();
        if !ways.is_empty() {
            let list = ways.join(scope.words.get("format.list"));
            sentences.push(scope.fill(&format!("segments.{key}"), &[("list", &list)]));
        }
    }
    Ok(sentences.join(scope.words.get("format.gap")))
}

fn profit(scope: &Scope<'_>, segment: &Str) -> Result<Option<String>, ReportError> {
    let format = scope.format();
    let groups = scope.marts.rows::<ConcentrationRow>()?;
    let group = groups.iter().find(|g| &*g.dimension == "segment" && g.value == *segment);
    Ok(group.and_then(|g| {
        Some(scope.fill(
            "segments.profit",
            &[
                ("clients", &format.int(g.clients)),
                ("profit", &format.money_short(g.profit)),
                ("fewest", &format.int(g.clients_for_80?)),
            ],
        ))
    }))
}

/// A quarter a row: share and what moved.
fn quarters(scope: &Scope<'_>, segment: &Str, shares: &[MarketShareRow]) -> Result<Table, ReportError> {
    let movement = scope.marts.rows::<MemberMovementRow>()?;
    let columns = vec![
        scope.column("quarter", Kind::Text).page(),
        scope.column("companies", Kind::Int).page(),
        scope.column("members", Kind::Int).page(),
        scope.column("universe", Kind::Int).page(),
        scope.column("share", Kind::Percent).page(),
        scope.column("share_low", Kind::Percent).page(),
        scope.column("share_high", Kind::Percent).page(),
        scope.column("bookings_12m", Kind::AMOUNT).page(),
        scope.column("new", Kind::Int).page(),
        scope.column("won_back", Kind::Int).page(),
        scope.column("lost", Kind::Int).page(),
        scope.column("closing_amount", Kind::AMOUNT).page(),
    ];
    let mut table = scope.table("segment_quarters", columns);
    let last = scope.day().quarter();
    let of_segment: BTreeMap<&Str, &MarketShareRow> =
        shares.iter().filter(|r| r.segment == *segment).map(|r| (&r.quarter, r)).collect();
    for quarter in (-7..=0).map(|n| last.plus(n)) {
        let name: Str = quarter.to_string().into();
        let Some(r) = of_segment.get(&name) else { continue };
        let mut cells: Vec<Cell> = vec![
            name.into(),
            r.companies.into(),
            r.members.into(),
            r.universe.into(),
            r.share.into(),
            r.share_low.into(),
            r.share_high.into(),
            r.bookings_12m.into(),
        ];
        cells.extend(moved(&movement, segment, quarter));
        let open = scope.day() < quarter.last_day();
        table.push_marked(cells, if open { Mark::Provisional } else { Mark::None });
    }
    Ok(table)
}

/// New, won back, lost and the amount at the end; unknown before the 24 months of the table.
fn moved(movement: &[MemberMovementRow], segment: &Str, quarter: Quarter) -> [Cell; 4] {
    let known = super::movement::sums::quarters(movement).contains(&quarter);
    let moved = known.then(|| Moved::in_quarter(movement, segment, quarter).unwrap_or_default());
    let moved = moved.as_ref();
    [
        moved.map(|m| m.new).into(),
        moved.map(|m| m.won_back).into(),
        moved.map(|m| m.lost).into(),
        moved.map(|m| m.closing_amount).into(),
    ]
}

fn clients(scope: &Scope<'_>, segment: &Str, exposures: &BTreeMap<Str, Exposure>) -> Result<Table, ReportError> {
    let clients = scope.marts.rows::<ClientValueRow>()?;
    let columns = vec![
        scope.column("company_id", Kind::Text).page(),
        scope.column("name", Kind::Text).page(),
        scope.column("value_rank", Kind::Int).page(),
        scope.column("class", Kind::Text).page(),
        scope.column("profit", Kind::AMOUNT).page(),
        scope.column("annual_amount", Kind::AMOUNT).page(),
        scope.column("renewal_on", Kind::Date).page(),
        scope.column("p_renew_client", Kind::Percent).page(),
        scope.column("profit_at_risk", Kind::AMOUNT).page(),
    ];
    let mut table = scope.table("segment_clients", columns);
    for c in clients.iter().filter(|c| c.segment == *segment).take(CLIENTS) {
        let none = Exposure::default();
        let exposure = exposures.get(&c.company_id).unwrap_or(&none);
        let cells = vec![
            (&c.company_id).into(),
            c.name.as_ref().into(),
            c.value_rank.into(),
            (&c.class).into(),
            c.profit.into(),
            c.annual_amount.into(),
            exposure.renewal_on.into(),
            exposure.p_renew.into(),
            at_risk(exposure, c).into(),
        ];
        table.push_linked(cells, Mark::None, client_link(c.value_rank));
    }
    Ok(table)
}
