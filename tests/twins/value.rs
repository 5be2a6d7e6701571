//! Contract §3.4: the value of clients and its concentration.

use std::collections::BTreeSet;

use crate::support::days::Day;
use crate::support::portal::Portal;
use crate::twins::renewal::deal_type;
use crate::twins::retention::years;
use crate::twins::sheet::{Expected, Fraction, Line, ratio};
use crate::twins::terms::{Class, Term, firm, terms};

/// A company's value in the window, in cents.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: String,
    pub segment: String,
    pub revenue: i128,
    pub profit: i128,
    pub cost_missing: i64,
    pub tenure: i64,
    pub annual: i128,
    pub lifetime: i128,
}

/// Clients by rank.
pub fn clients(p: &Portal, as_of: Day) -> Vec<Client> {
    let terms = terms(p, as_of);
    let from = as_of - p.window + 1;
    let days_in = |t: &Term| (t.end.min(as_of) - t.c.start.max(from) + 1).max(0);
    let counts = |t: &&Term| t.class != Class::Void;
    let ids: BTreeSet<&str> =
        terms.iter().filter(counts).filter(|t| days_in(t) > 0).map(|t| t.c.company_id.as_str()).collect();
    let mut out: Vec<Client> = Vec::new();
    for id in ids {
        let own: Vec<&Term> = terms.iter().filter(counts).filter(|t| t.company() == id).collect();
        let (mut revenue, mut profit) = (Fraction::ZERO, Fraction::ZERO);
        let inside: Vec<&&Term> = own.iter().filter(|t| days_in(t) > 0).collect();
        for t in &inside {
            let (days, of) = (i128::from(days_in(t)), i128::from(t.end - t.c.start + 1));
            revenue = revenue.plus(t.amount * days, of);
            profit = profit.plus((t.amount - t.c.cost.unwrap_or(0)) * days, of);
        }
        let held: Vec<&Term> = own.iter().filter(|t| t.is_membership() && t.in_force(as_of)).copied().collect();
        let annual: i128 = held.iter().map(|t| t.annual).sum();
        let latest = held.iter().max_by_key(|t| (t.c.start, t.id().as_bytes()));
        let started = own.iter().filter(|t| t.c.start <= as_of);
        let renewals = started.filter(|t| deal_type(t, &terms, p.grace) == "renewal").count() as i64;
        let factor = latest.map_or(0.0, |t| years(p, as_of, &t.c.plan, renewals));
        out.push(Client {
            id: id.to_string(),
            segment: firm(p, id, as_of).segment().to_string(),
            revenue: revenue.cents(),
            profit: profit.cents(),
            cost_missing: inside.iter().filter(|t| t.c.cost.is_none()).count() as i64,
            tenure: own.iter().map(|t| as_of - t.c.start).max().unwrap().max(0),
            annual,
            lifetime: (annual as f64 * factor).round() as i128,
        });
    }
    out.sort_by(|a, b| b.profit.cmp(&a.profit).then(a.id.as_bytes().cmp(b.id.as_bytes())));
    out
}

pub fn client_value(p: &Portal, as_of: Day) -> Expected {
    let clients = clients(p, as_of);
    let total: i128 = clients.iter().map(|c| c.profit).sum();
    let (mut so_far, mut class) = (0_i128, "A");
    let mut rows: Vec<Line> = Vec::new();
    for (i, c) in clients.iter().enumerate() {
        // A while below 80 %, then B while below 95 %, then C to the end.
        if total <= 0 {
            class = "C";
        }
        if class == "A" && so_far * 100 >= total * 80 {
            class = "B";
        }
        if class == "B" && so_far * 100 >= total * 95 {
            class = "C";
        }
        so_far += c.profit;
        rows.push(vec![
            ("company_id", (&c.id).into()),
            ("revenue", c.revenue.into()),
            ("profit", c.profit.into()),
            ("cost_missing", c.cost_missing.into()),
            ("value_rank", (i + 1).into()),
            ("cumulative_share", ratio(so_far, total).filter(|_| total > 0).into()),
            ("class", class.into()),
            ("tenure_days", c.tenure.into()),
            ("annual_amount", c.annual.into()),
            ("expected_lifetime_value", c.lifetime.into()),
            ("may segment", (&c.segment).into()),
        ]);
    }
    Expected { table: "client_value", keys: 1, rows }
}

pub fn concentration(p: &Portal, as_of: Day) -> Expected {
    let clients = clients(p, as_of);
    let segments: BTreeSet<&str> = clients.iter().map(|c| c.segment.as_str()).collect();
    let mut groups: Vec<(&str, &str)> = vec![("all", "all")];
    groups.extend(segments.iter().map(|s| ("segment", *s)));
    let rows = groups.into_iter().map(|(dimension, value)| {
        let here = clients.iter().filter(|c| dimension == "all" || c.segment == value);
        concentrated(dimension, value, &here.map(|c| c.profit).collect::<Vec<i128>>())
    });
    Expected::sorted("concentration", 2, rows.collect())
}

/// One row of `concentration`, of profits in falling order.
pub fn concentrated(dimension: &str, value: &str, profits: &[i128]) -> Line {
    let total: i128 = profits.iter().sum();
    let n = profits.len();
    let best = |k: usize| profits[..k].iter().sum::<i128>();
    let top = (1..=n).find(|k| k * 5 >= n).map_or(0, best);
    let few = (1..=n).find(|k| best(*k) * 100 >= total * 80);
    // Half the mean absolute difference of all pairs, over the mean.
    let own: Vec<i128> = profits.iter().map(|x| (*x).max(0)).collect();
    let pairs: i128 = own.iter().flat_map(|a| own.iter().map(move |b| (a - b).abs())).sum();
    let gini = ratio(pairs, 2 * n as i128 * own.iter().sum::<i128>());
    vec![
        ("dimension", dimension.into()),
        ("value", value.into()),
        ("clients", n.into()),
        ("profit", total.into()),
        ("top20_share", ratio(top, total).filter(|_| total > 0).into()),
        ("clients_for_80", few.filter(|_| total > 0).into()),
        ("gini", gini.filter(|_| total > 0).into()),
    ]
}
