//! Which rows make the difference: those that came late, contracts that were corrected, companies in another segment.

use crate::domain::Str;
use crate::lake::ledger::Publication;
use crate::marts::restated::Differences;
use crate::marts::restated::contracts::{ContractChange, FieldChange, Term};

use super::super::super::document::{Block, Cell, Kind, Table};
use super::super::super::format::NOTHING;
use super::super::super::scope::Scope;
use super::{left_out, on_page, quiet};

/// Contracts and companies on the page.
const MOST_CONTRACTS: usize = 30;
const MOST_COMPANIES: usize = 30;

/// The causes in a sentence, those that there are.
pub fn said(scope: &Scope<'_>, last: &Publication, differences: &Differences) -> String {
    let format = scope.format();
    let date = format.date(last.as_of);
    if differences.is_without_cause() {
        return scope.fill("restated.no_cause", &[("date", &date)]);
    }
    let corrections = &differences.corrections;
    let late: i64 = differences.late.iter().map(|l| l.rows).sum();
    let [added, corrected, withdrawn] = corrections.counts();
    let causes = [
        ("late", late),
        ("contracts_added", added.1),
        ("contracts_corrected", corrected.1),
        ("contracts_withdrawn", withdrawn.1),
        ("segments", corrections.segments.len() as i64),
        ("companies_added", corrections.companies_added),
        ("companies_withdrawn", corrections.companies_withdrawn),
        ("estimates", corrections.estimates),
    ];
    let some = causes.iter().filter(|(_, n)| *n > 0);
    let some = some.map(|(cause, n)| scope.fill(&format!("restated.cause.{cause}"), &[("n", &format.int(*n))]));
    let list = some.collect::<Vec<_>>().join(scope.words.get("format.list"));
    scope.fill("restated.causes", &[("date", &date), ("list", &list)])
}

/// The causes one by one.
pub fn tables(scope: &Scope<'_>, differences: &Differences) -> Vec<Block> {
    let corrections = &differences.corrections;
    let mut blocks = vec![quiet(late(scope, differences)), Block::Table(contracts(scope, differences))];
    if !corrections.contracts.is_empty() {
        blocks.push(Block::Table(contracts_page(scope, differences)));
    }
    blocks.extend(left_out(scope, corrections.contracts.len(), MOST_CONTRACTS));
    blocks.push(quiet(segments(scope, differences)));
    blocks.extend(left_out(scope, corrections.segments.len(), MOST_COMPANIES));
    blocks
}

fn late(scope: &Scope<'_>, differences: &Differences) -> Table {
    let columns = vec![
        scope.column("source", Kind::Code("source")),
        scope.column("late_rows", Kind::Int),
        scope.column("late_days", Kind::Int),
        scope.column("oldest_day", Kind::Date),
        scope.column("newest_day", Kind::Date),
    ];
    let mut table = scope.table("restated_late", columns);
    for l in &differences.late {
        table.push(vec![l.source.into(), l.rows.into(), l.days.into(), l.first.into(), l.last.into()]);
    }
    table
}

/// A line a contract on the page; a line for each term in sheets, CSV and JSON.
fn contracts_page(scope: &Scope<'_>, differences: &Differences) -> Table {
    let columns = vec![
        scope.column("contract_id", Kind::Text).page(),
        scope.column("name", Kind::Text).page(),
        scope.column("restated_cause", Kind::Code("restated_cause")).page(),
        scope.column("what_changed", Kind::Lines).page(),
        scope.column("annual_change", Kind::Money).page(),
    ];
    let title = scope.say("table.restated_contracts");
    let mut table = Table { name: "restated_contracts_page", title, columns, rows: Vec::new() };
    for contract in differences.corrections.contracts.iter().take(MOST_CONTRACTS) {
        let terms = contract.fields.iter().map(|field| what_changed(scope, contract.cause, field));
        table.push(vec![
            (&contract.contract_id).into(),
            scope.company(&contract.company_id).into(),
            contract.cause.into(),
            terms.collect::<Vec<_>>().into(),
            (contract.annual_now - contract.annual_then).into(),
        ]);
    }
    table
}

fn what_changed(scope: &Scope<'_>, cause: &str, field: &FieldChange) -> String {
    let term = scope.format().code("term", field.field);
    let [then, now] = [&field.then, &field.now].map(|t| t.as_ref().map_or(NOTHING.into(), |t| read(scope, t)));
    let values = [
        ("term", term.as_str()),
        ("then", &then),
        ("now", &now),
        ("value", if cause == "added" { &now } else { &then }),
    ];
    scope.fill(if cause == "corrected" { "restated.term_changed" } else { "restated.term" }, &values)
}

fn contracts(scope: &Scope<'_>, differences: &Differences) -> Table {
    let columns = vec![
        scope.column("contract_id", Kind::Text).data(),
        scope.column("name", Kind::Text).data(),
        scope.column("company_id", Kind::Text).data(),
        scope.column("restated_cause", Kind::Code("restated_cause")).data(),
        scope.column("term", Kind::Code("term")).data(),
        scope.column("said_then", Kind::Text).data(),
        scope.column("known_now", Kind::Text).data(),
        scope.column("annual_amount_then", Kind::Money).data(),
        scope.column("annual_amount_now", Kind::Money).data(),
        scope.column("annual_change", Kind::Money).data(),
    ];
    let mut table = scope.table("restated_contracts", columns);
    for contract in &differences.corrections.contracts {
        for field in &contract.fields {
            table.push(term(scope, contract, field));
        }
    }
    table
}

fn term(scope: &Scope<'_>, contract: &ContractChange, field: &FieldChange) -> Vec<Cell> {
    vec![
        (&contract.contract_id).into(),
        scope.company(&contract.company_id).into(),
        (&contract.company_id).into(),
        contract.cause.into(),
        field.field.into(),
        field.then.as_ref().map(|t| plain(scope, t)).into(),
        field.now.as_ref().map(|t| plain(scope, t)).into(),
        contract.annual_then.into(),
        contract.annual_now.into(),
        (contract.annual_now - contract.annual_then).into(),
    ]
}

/// A term as machines read it.
fn plain(scope: &Scope<'_>, term: &Term) -> Str {
    match term {
        Term::Id(id) => id.clone(),
        Term::Typed(text) => scope.free(text),
        Term::Class(class) => (*class).into(),
        Term::Date(day) => day.to_string().into(),
        Term::Money(amount) => amount.to_string().into(),
    }
}

/// A term as people read it.
fn read(scope: &Scope<'_>, term: &Term) -> Str {
    let format = scope.format();
    match term {
        Term::Id(id) => scope.company(id),
        Term::Class(class) => format.code("contract_class", class).into(),
        Term::Money(amount) => format.money(*amount).into(),
        Term::Typed(_) | Term::Date(_) => plain(scope, term),
    }
}

fn segments(scope: &Scope<'_>, differences: &Differences) -> Table {
    let columns = vec![
        scope.column("name", Kind::Text),
        scope.column("company_id", Kind::Text).data(),
        scope.column("segment_then", Kind::Code("value")),
        scope.column("segment_now", Kind::Code("value")),
    ];
    let mut table = scope.table("restated_segments", columns);
    for (at, moved) in differences.corrections.segments.iter().enumerate() {
        let company = scope.company(&moved.company_id);
        let (then, now) = (scope.free(&moved.then), scope.free(&moved.now));
        let cells = vec![company.into(), (&moved.company_id).into(), then.into(), now.into()];
        table.push_marked(cells, on_page(at, MOST_COMPANIES));
    }
    table
}
