//! Whose calls they are today: the contracts at stake, cut to what one person can call in a day.
//!
//! ```text
//! renewal_risk, held out left out, by call_rank ──► somebody looks after it? ──no──► unassigned
//!                                                     └──yes──► the first N of each person ──► today, the rest ──► later
//! ```
//!
//! Nobody looks after a member whose service person is not named, not in `reps`, or has left. Without any row of
//! `reps` nothing tells who is there, so every id counts as a person.

use std::collections::HashMap;

use crate::domain::{Cents, Str};
use crate::marts::renewal_risk::RenewalRiskRow;

use super::document::{Cell, Kind, Table};
use super::scope::Scope;

/// The calls of a report's part, each list by `call_rank`.
#[derive(Default)]
pub struct Calls<'a> {
    pub today: Vec<&'a RenewalRiskRow>,
    /// Beyond `risk.calls_per_rep_day` of their person.
    pub later: Vec<&'a RenewalRiskRow>,
    pub unassigned: Vec<&'a RenewalRiskRow>,
}

impl<'a> Calls<'a> {
    pub fn of(scope: &Scope<'_>, risks: &'a [RenewalRiskRow]) -> Calls<'a> {
        let visible = scope.marts.visible;
        let is_there = |id: &Str| visible.reps.is_empty() || visible.reps.get(id).is_some_and(|r| r.left_on.is_none());
        let mut rows: Vec<&RenewalRiskRow> =
            risks.iter().filter(|r| r.call_rank.is_some() && scope.covers(r.service_rep_id.as_ref())).collect();
        rows.sort_by_key(|r| r.call_rank);
        let mut listed: HashMap<&Str, usize> = HashMap::new();
        let mut calls = Calls::default();
        for row in rows {
            let Some(rep) = row.service_rep_id.as_ref().filter(|id| is_there(id)) else {
                calls.unassigned.push(row);
                continue;
            };
            let n = listed.entry(rep).or_default();
            *n += 1;
            if *n <= visible.project.risk.calls_per_rep_day { calls.today.push(row) } else { calls.later.push(row) }
        }
        calls
    }
}

/// What is at stake in some rows.
pub fn stake(rows: &[&RenewalRiskRow]) -> Cents {
    rows.iter().map(|r| r.value_at_risk).sum()
}

/// A short list of contracts at stake, a row each.
pub fn brief(scope: &Scope<'_>, name: &'static str, rows: &[&RenewalRiskRow]) -> Table {
    let columns = vec![
        scope.column("call_rank", Kind::Int),
        scope.column("name", Kind::Text),
        scope.column("company_id", Kind::Text),
        scope.column("contract_id", Kind::Text),
        scope.column("segment", Kind::Code("value")),
        scope.column("plan", Kind::Text),
        scope.column("service_rep_id", Kind::Text).data(),
        scope.column("service_rep", Kind::Text),
        scope.column("end_date", Kind::Date),
        scope.column("days_left", Kind::Int).data(),
        scope.column("p_renew", Kind::Percent),
        scope.column("risk_band", Kind::Code("band")),
        scope.column("annual_amount", Kind::Money),
        scope.column("value_at_risk", Kind::Money),
        scope.column("expected_saved", Kind::Money).data(),
    ];
    let mut table = scope.table(name, columns);
    let cells = |r: &&RenewalRiskRow| -> Vec<Cell> {
        vec![
            r.call_rank.into(),
            scope.company(&r.company_id).into(),
            (&r.company_id).into(),
            (&r.contract_id).into(),
            (&r.segment).into(),
            scope.free(&r.plan).into(),
            r.service_rep_id.as_ref().into(),
            r.service_rep_id.as_ref().map(|id| scope.rep(id)).into(),
            r.end_date.into(),
            r.days_left.into(),
            r.p_renew.into(),
            (&r.risk_band).into(),
            r.annual_amount.into(),
            r.value_at_risk.into(),
            r.expected_saved.into(),
        ]
    };
    rows.iter().map(cells).for_each(|row| table.push(row));
    table
}
