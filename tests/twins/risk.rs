//! Contract §3.3: renewal risk, with p_renew = p_baseline.

use sha2::{Digest, Sha256};

use crate::support::days::Day;
use crate::support::portal::Portal;
use crate::twins::renewal::all_renewals;
use crate::twins::sheet::{Cell, Expected, Line, date};
use crate::twins::terms::{Term, firm, memberships, renewed_by, terms};

/// Memberships that may lapse: started, neither renewed nor cancelled, due within grace and horizon.
pub fn at_risk<'a, 'b>(p: &Portal, terms: &'b [Term<'a>], as_of: Day) -> Vec<&'b Term<'a>> {
    all_renewals(terms, p.grace, as_of)
        .into_iter()
        .filter(|r| r.t.c.start <= as_of && r.status != "renewed" && r.t.cancelled.is_none())
        .filter(|r| (-p.grace..=p.horizon).contains(&(r.t.end - as_of)))
        .map(|r| r.t)
        .collect()
}

/// The share renewed among matured memberships that once stood as far from their end as C does now.
pub fn p_baseline(p: &Portal, terms: &[Term], c: &Term, as_of: Day) -> f64 {
    let left = c.end - as_of;
    let segment = |t: &Term| firm(p, t.company(), as_of).segment().to_string();
    let (mut all, mut renewed) = (0_i64, 0_i64);
    let (mut all_here, mut renewed_here) = (0_i64, 0_i64);
    for m in memberships(terms) {
        let on = m.c.end - left;
        if m.c.end + p.grace >= as_of || m.c.signed > on || m.c.start > on || m.cancelled.is_some_and(|d| d <= on) {
            continue;
        }
        // What was visible on that day; the contract itself as it is known now.
        if renewed_by(m, &self::terms(p, on), p.grace).is_some() {
            continue;
        }
        let outcome = i64::from(renewed_by(m, terms, p.grace).is_some());
        all += 1;
        renewed += outcome;
        if segment(m) == segment(c) {
            all_here += 1;
            renewed_here += outcome;
        }
    }
    let r = if all == 0 { 0.5 } else { renewed as f64 / all as f64 };
    (renewed_here as f64 + 20.0 * r) / (all_here as f64 + 20.0)
}

fn in_holdout(p: &Portal, contract: &str) -> bool {
    let hash = Sha256::digest(format!("{}:{contract}", p.risk_seed).as_bytes());
    let first = u64::from_be_bytes(hash[..8].try_into().unwrap());
    (first as f64 / 2f64.powi(64)) < p.holdout_percent as f64 / 100.0
}

fn money(amount: i128, factor: f64) -> i128 {
    (amount as f64 * factor).round() as i128
}

/// The place of each of these amounts, the greatest first, ties by id.
fn places(amounts: &[(i128, &str)]) -> Vec<i64> {
    let before = |a: &(i128, &str), b: &(i128, &str)| b.0 > a.0 || b.0 == a.0 && b.1.as_bytes() < a.1.as_bytes();
    amounts.iter().map(|a| 1 + amounts.iter().filter(|b| before(a, b)).count() as i64).collect()
}

pub fn renewal_risk(p: &Portal, as_of: Day) -> Expected {
    let terms = terms(p, as_of);
    let risky = at_risk(p, &terms, as_of);
    let chances: Vec<f64> = risky.iter().map(|t| p_baseline(p, &terms, t, as_of)).collect();
    let with = |f: &dyn Fn(&Term, f64) -> i128| -> Vec<(i128, &str)> {
        risky.iter().zip(&chances).map(|(t, q)| (f(t, *q), t.id())).collect()
    };
    let at_stake = with(&|t, q| money(t.annual, 1.0 - q));
    let saved = with(&|t, q| {
        let called = 1.0 / (1.0 + (-((q / (1.0 - q)).ln() + 0.5)).exp());
        let gain = if q == 0.0 || q == 1.0 { 0.0 } else { called - q };
        money(t.annual, gain)
    });
    let priority = places(&at_stake);
    let callable: Vec<(i128, &str)> = saved.iter().filter(|(_, id)| !in_holdout(p, id)).copied().collect();
    let calls = places(&callable);
    let mut rows: Vec<(i64, Line)> = Vec::new();
    for (i, t) in risky.iter().enumerate() {
        let firm = firm(p, t.company(), as_of);
        let band = match chances[i] {
            q if q < 0.5 => "high",
            q if q < 0.8 => "medium",
            _ => "low",
        };
        let call = callable.iter().position(|(_, id)| *id == t.id()).map(|at| calls[at]);
        rows.push((
            priority[i],
            vec![
                ("contract_id", t.id().into()),
                ("company_id", t.company().into()),
                ("service_rep_id", firm.service_rep().into()),
                ("end_date", date(t.end)),
                ("days_left", (t.end - as_of).into()),
                ("amount", t.amount.into()),
                ("annual_amount", t.annual.into()),
                ("p_renew", chances[i].into()),
                ("p_baseline", chances[i].into()),
                ("risk_band", band.into()),
                ("value_at_risk", at_stake[i].0.into()),
                ("priority_rank", priority[i].into()),
                ("expected_saved", saved[i].0.into()),
                ("holdout", in_holdout(p, t.id()).into()),
                ("call_rank", Cell::from(call)),
                ("model", "baseline".into()),
                ("may segment", firm.segment().into()),
                ("may plan", (&t.c.plan).into()),
            ],
        ));
    }
    rows.sort_by_key(|(rank, _)| *rank);
    Expected { table: "renewal_risk", keys: 1, rows: rows.into_iter().map(|(_, row)| row).collect() }
}
