//! Which rows make the difference: those that came late, contracts that were corrected, companies in another segment.

use crate::domain::Str;
use crate::lake::ledger::Publication;
use crate::marts::restated::Differences;
use crate::marts::restated::contracts::{ContractChange, FieldChange, Term};

use super::super::super::document::{Block, Cell, Kind, Table};
use super::super::super::scope::Scope;
use super::{left_out, on_page, quiet, shown};

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
    let mut blocks = vec![quiet(late(scope, differences)), quiet(contracts(scope, differences))];
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

/// A line a contract and what it says otherwise; on the page those of the first contracts.
fn contracts(scope: &Scope<'_>, differences: &Differences) -> Table {
    let columns = vec![
        scope.column("contract_id", Kind::Text),
        scope.column("name", Kind::Text),
        scope.column("company_id", Kind::Text).data(),
        scope.column("restated_cause", Kind::Code("restated_cause")),
        scope.column("term", Kind::Code("term")),
        scope.column("said_then", Kind::Text).data(),
        scope.column("known_now", Kind::Text).data(),
        shown(scope, "said_then"),
        shown(scope, "known_now"),
        scope.column("annual_amount_then", Kind::Money).data(),
        scope.column("annual_amount_now", Kind::Money).data(),
        shown(scope, "annual_change"),
    ];
    let mut table = scope.table("restated_contracts", columns);
    for (at, contract) in differences.corrections.contracts.iter().enumerate() {
        for cells in lines(scope, contract) {
            table.push_marked(cells, on_page(at, MOST_CONTRACTS));
        }
    }
    table
}

fn lines(scope: &Scope<'_>, contract: &ContractChange) -> Vec<Vec<Cell>> {
    let format = scope.format();
    let difference = contract.annual_now - contract.annual_then;
    let sign = if difference.0 > 0 { "+" } else { "" };
    let change = format!("{sign}{} {}", format.money(difference), format.currency);
    let line = |field: &FieldChange| {
        vec![
            (&contract.contract_id).into(),
            scope.company(&contract.company_id).into(),
            (&contract.company_id).into(),
            contract.cause.into(),
            field.field.into(),
            field.then.as_ref().map(|t| plain(scope, t)).into(),
            field.now.as_ref().map(|t| plain(scope, t)).into(),
            field.then.as_ref().map(|t| read(scope, t)).into(),
            field.now.as_ref().map(|t| read(scope, t)).into(),
            contract.annual_then.into(),
            contract.annual_now.into(),
            change.clone().into(),
        ]
    };
    contract.fields.iter().map(line).collect()
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
