//! Contract §3.3: renewals, deals, renewal rates.

use std::collections::BTreeSet;

use crate::support::days::{self, Day};
use crate::support::portal::Portal;
use crate::twins::sheet::{Expected, date, ratio, wilson};
use crate::twins::terms::{Term, firm, memberships, renewed_by, terms};

/// A membership and what became of it.
pub struct Renewal<'a, 'b> {
    pub t: &'b Term<'a>,
    pub status: &'static str,
    pub by: Option<&'b Term<'a>>,
    pub renewed_annual: Option<i128>,
}

pub fn all_renewals<'a, 'b>(terms: &'b [Term<'a>], grace: i64, as_of: Day) -> Vec<Renewal<'a, 'b>> {
    let mut out: Vec<Renewal> = Vec::new();
    for t in memberships(terms) {
        let by = renewed_by(t, terms, grace);
        let status = if by.is_some() {
            "renewed"
        } else if t.end >= as_of {
            "active"
        } else if as_of <= t.end + grace {
            "pending"
        } else {
            "lapsed"
        };
        out.push(Renewal { t, status, by, renewed_annual: None });
    }
    for at in 0..out.len() {
        let Some(d) = out[at].by else { continue };
        let sharing: Vec<&Term> = out.iter().filter(|r| r.by.is_some_and(|b| b.id() == d.id())).map(|r| r.t).collect();
        out[at].renewed_annual = Some(share(d.annual, &sharing, out[at].t.id()));
    }
    out
}

/// One contract's share of an amount: in proportion to annual amounts, largest remainder first, ties by id.
fn share(amount: i128, among: &[&Term], id: &str) -> i128 {
    let total: i128 = among.iter().map(|t| t.annual).sum();
    let weight = |t: &Term| if total == 0 { 1 } else { t.annual };
    let all: i128 = among.iter().map(|t| weight(t)).sum();
    let mut left = amount - among.iter().map(|t| amount * weight(t) / all).sum::<i128>();
    let mut order: Vec<&&Term> = among.iter().collect();
    order.sort_by(|a, b| {
        let rest = |t: &Term| amount * weight(t) % all;
        rest(b).cmp(&rest(a)).then(a.id().as_bytes().cmp(b.id().as_bytes()))
    });
    for t in order {
        let extra = i128::from(left > 0);
        left -= extra;
        if t.id() == id {
            return amount * weight(t) / all + extra;
        }
    }
    unreachable!("{id} is among the sharing contracts")
}

pub fn renewals(p: &Portal, as_of: Day) -> Expected {
    let terms = terms(p, as_of);
    let rows = all_renewals(&terms, p.grace, as_of).into_iter().map(|r| {
        vec![
            ("contract_id", r.t.id().into()),
            ("company_id", r.t.company().into()),
            ("start_date", date(r.t.c.start)),
            ("end_date", date(r.t.end)),
            ("amount", r.t.amount.into()),
            ("annual_amount", r.t.annual.into()),
            ("status", r.status.into()),
            ("renewed_by", r.by.map(|d| d.id()).into()),
            ("renewed_on", date(r.by.map(|d| d.c.signed))),
            ("renewed_annual_amount", r.renewed_annual.into()),
            ("may segment", firm(p, r.t.company(), as_of).segment().into()),
            ("may plan", (&r.t.c.plan).into()),
        ]
    });
    Expected::sorted("renewals", 1, rows.collect())
}

pub fn deal_type(t: &Term, terms: &[Term], grace: i64) -> &'static str {
    use crate::twins::terms::Class::{Addon, Membership, Trial, Void};
    match t.class {
        Void => return "void",
        Trial => return "trial",
        Addon => return "addon",
        Membership => {}
    }
    let others: Vec<&Term> =
        memberships(terms).into_iter().filter(|o| o.company() == t.company() && o.id() != t.id()).collect();
    if others.iter().any(|c| renewed_by(c, terms, grace).is_some_and(|d| d.id() == t.id())) {
        return "renewal";
    }
    if others.iter().all(|o| (o.c.start, o.id().as_bytes()) > (t.c.start, t.id().as_bytes())) {
        return "new";
    }
    if others.iter().any(|o| (o.c.start < t.c.start && t.c.start - 1 <= o.end) || o.c.start == t.c.start) {
        return "parallel";
    }
    "won_back"
}

pub fn deals(p: &Portal, as_of: Day) -> Expected {
    let terms = terms(p, as_of);
    let rows = terms.iter().map(|t| {
        vec![
            ("contract_id", t.id().into()),
            ("company_id", t.company().into()),
            ("signed_on", date(t.c.signed)),
            ("amount", t.amount.into()),
            ("annual_amount", t.annual.into()),
            ("deal_type", deal_type(t, &terms, p.grace).into()),
        ]
    });
    Expected::sorted("deals", 1, rows.collect())
}

fn value_of(p: &Portal, t: &Term, dimension: &str, as_of: Day) -> String {
    let firm = firm(p, t.company(), as_of);
    let rep = t.c.rep_id.as_deref();
    match dimension {
        "all" => "all",
        "segment" => firm.segment(),
        "plan" => &t.c.plan,
        "rep" => rep.unwrap_or("unknown"),
        "service_rep" => firm.service_rep().unwrap_or("unknown"),
        "team" => p.reps.iter().find(|r| Some(r.id.as_str()) == rep).map_or("unknown", |r| &r.team),
        "region" => firm.region(),
        "size" => firm.size(),
        other => panic!("{other}"),
    }
    .to_string()
}

pub fn renewal_rates(p: &Portal, as_of: Day) -> Expected {
    let terms = terms(p, as_of);
    let due: Vec<Renewal> = all_renewals(&terms, p.grace, as_of).into_iter().filter(|r| r.t.end < as_of).collect();
    let mut rows = Vec::new();
    for dimension in ["all", "segment", "plan", "rep", "service_rep", "team", "region", "size"] {
        let groups: BTreeSet<(String, String)> =
            due.iter().map(|r| (days::month(r.t.end), value_of(p, r.t, dimension, as_of))).collect();
        for (month, value) in groups {
            let here: Vec<&Renewal> = due
                .iter()
                .filter(|r| days::month(r.t.end) == month && value_of(p, r.t, dimension, as_of) == value)
                .collect();
            let n = |status: &str| here.iter().filter(|r| r.status == status).count() as i64;
            let is_final = days::month_end(here[0].t.end) + p.grace < as_of;
            let amount_due: i128 = here.iter().map(|r| r.t.annual).sum();
            let renewed: i128 = here.iter().map(|r| r.renewed_annual.unwrap_or(0)).sum();
            let kept: i128 = here.iter().map(|r| r.t.annual.min(r.renewed_annual.unwrap_or(0))).sum();
            let total = here.len() as i64;
            let rate = ratio(n("renewed"), total);
            let (low, high) = wilson(n("renewed"), total);
            let once_final = |x: Option<f64>| x.filter(|_| is_final);
            rows.push(vec![
                ("month", (&month).into()),
                ("dimension", dimension.into()),
                ("value", (&value).into()),
                ("due", total.into()),
                ("renewed", n("renewed").into()),
                ("lapsed", n("lapsed").into()),
                ("pending", n("pending").into()),
                ("final", is_final.into()),
                ("renewal_rate", once_final(rate).into()),
                ("rate_low", once_final(low).into()),
                ("rate_high", once_final(high).into()),
                ("amount_due", amount_due.into()),
                ("amount_renewed", renewed.into()),
                ("gross_retention", once_final(ratio(kept, amount_due)).into()),
                ("net_retention", once_final(ratio(renewed, amount_due)).into()),
                ("rate_so_far", rate.into()),
            ]);
        }
    }
    Expected::sorted("renewal_rates", 3, rows)
}
