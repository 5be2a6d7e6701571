//! The top clients one by one: what each brings, what comes up, and its contracts.

use crate::domain::Str;
use crate::marts::client_value::ClientValueRow;
use crate::marts::renewals::RenewalRow;

use super::super::ReportError;
use super::super::document::{Block, Kind, Section, Table};
use super::super::scope::Scope;
use super::made;
use super::top_clients::exposure::{Exposure, exposures};
use super::top_clients::{at_risk, link};

pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let clients = scope.marts.rows::<ClientValueRow>()?;
    let exposures = exposures(scope)?;
    let mut blocks = Vec::new();
    for client in clients.iter() {
        let Some(id) = link(client.value_rank) else { break };
        let name = scope.company(&client.company_id);
        blocks.push(Block::Part {
            id,
            title: scope.fill("clients.title", &[("rank", &client.value_rank.to_string()), ("name", &name)]),
        });
        let none = Exposure::default();
        let exposure = exposures.get(&client.company_id).unwrap_or(&none);
        blocks.push(Block::Text(said(scope, client, exposure)));
        blocks.push(Block::Table(contracts(scope, &client.company_id)?));
    }
    Ok(made(scope, "clients", blocks))
}

fn said(scope: &Scope<'_>, client: &ClientValueRow, exposure: &Exposure) -> String {
    let format = scope.format();
    let visible = scope.marts.visible;
    let company = visible.company_of.get(&client.company_id).map(|at| &visible.companies[*at]);
    let mut sentences = vec![scope.fill(
        "clients.worth",
        &[
            ("class", &client.class),
            ("segment", &scope.segment(&client.segment)),
            ("profit", &format.money_short(client.profit)),
            ("revenue", &format.money_short(client.revenue)),
            ("annual", &format.money_short(client.annual_amount)),
            ("lifetime", &format.money_short(client.expected_lifetime_value)),
            ("days", &format.int(client.tenure_days)),
        ],
    )];
    match (exposure.renewal_on, exposure.p_renew) {
        (Some(day), Some(p)) => sentences.push(scope.fill(
            "clients.at_stake",
            &[
                ("date", &format.date(day)),
                ("p", &format.percent(p)),
                ("band", &exposure.risk_band.as_ref().map_or_else(String::new, |b| format.code("band", b))),
                ("lost", &at_risk(exposure, client).map_or_else(String::new, |a| format.money_short(a))),
            ],
        )),
        (Some(day), None) => sentences.push(scope.fill("clients.renewal_on", &[("date", &format.date(day))])),
        (None, _) => sentences.push(scope.say("clients.nothing_to_renew")),
    }
    let reps = [("clients.sales", company.and_then(|c| c.sales_rep_id.as_ref()))]
        .into_iter()
        .chain([("clients.service", company.and_then(|c| c.service_rep_id.as_ref()))]);
    for (key, id) in reps {
        sentences.extend(id.map(|id| scope.fill(key, &[("name", &scope.rep(id))])));
    }
    sentences.join(scope.words.get("format.gap"))
}

/// Its memberships, the latest first.
fn contracts(scope: &Scope<'_>, company_id: &Str) -> Result<Table, ReportError> {
    let visible = scope.marts.visible;
    let columns = vec![
        scope.column("contract_id", Kind::Text).page(),
        scope.column("plan", Kind::Text).page(),
        scope.column("start_date", Kind::Date).page(),
        scope.column("end_date", Kind::Date).page(),
        scope.column("amount", Kind::AMOUNT).page(),
        scope.column("annual_amount", Kind::AMOUNT).page(),
        scope.column("contract_status", Kind::Code("contract_status")).page(),
    ];
    let mut table = scope.table("client_contracts", columns);
    let renewals = scope.marts.rows::<RenewalRow>()?;
    let mut own: Vec<&RenewalRow> = visible
        .company_of
        .get(company_id)
        .into_iter()
        .flat_map(|at| visible.memberships_of(*at))
        .filter_map(|c| renewals.binary_search_by(|r| r.contract_id.cmp(&visible.contracts[c].id)).ok())
        .map(|at| &renewals[at])
        .collect();
    own.sort_by(|a, b| (b.start_date, &b.contract_id).cmp(&(a.start_date, &a.contract_id)));
    for r in own {
        table.push(vec![
            (&r.contract_id).into(),
            (&r.plan).into(),
            r.start_date.into(),
            r.end_date.into(),
            r.amount.into(),
            r.annual_amount.into(),
            (&r.status).into(),
        ]);
    }
    Ok(table)
}
