//! Contract §3.4: retention curves, and the shifted-beta-geometric model by bisection instead of Newton's method.

use std::collections::BTreeSet;

use crate::support::days::{self, Day};
use crate::support::portal::Portal;
use crate::twins::sheet::{Cell, Expected, Line};
use crate::twins::terms::{Term, memberships, renewed_by, terms};

/// A contract of a company's chain that has matured.
pub struct Link {
    pub cohort: String,
    pub plan: String,
    pub renewal: i64,
    pub renewed: bool,
}

pub fn links(p: &Portal, as_of: Day) -> Vec<Link> {
    let terms = terms(p, as_of);
    let companies: BTreeSet<&str> = terms.iter().map(|t| t.company()).collect();
    let mut out = Vec::new();
    for company in companies {
        let own: Vec<&Term> = memberships(&terms).into_iter().filter(|t| t.company() == company).collect();
        let Some(first) = own.iter().min_by_key(|t| (t.c.start, t.id().as_bytes())) else { continue };
        let (cohort, plan) = (days::year(first.c.start).to_string(), first.c.plan.clone());
        let mut contract = Some(*first);
        let mut renewal = 1;
        while let Some(c) = contract {
            let next = renewed_by(c, &terms, p.grace);
            if c.end + p.grace < as_of {
                out.push(Link { cohort: cohort.clone(), plan: plan.clone(), renewal, renewed: next.is_some() });
            }
            contract = next;
            renewal += 1;
        }
    }
    out
}

/// At risk and renewed at renewal 1, 2, …
pub fn counts(links: &[&Link]) -> Vec<(i64, i64)> {
    let last = links.iter().map(|l| l.renewal).max().unwrap_or(0);
    let count = |n: i64| {
        let here = links.iter().filter(|l| l.renewal == n);
        (here.clone().count() as i64, here.filter(|l| l.renewed).count() as i64)
    };
    (1..=last).map(count).collect()
}

/// The zero of a falling function between two points.
fn zero(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    for _ in 0..300 {
        let middle = (low + high) / 2.0;
        if f(middle) > 0.0 { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// (α, β) of greatest likelihood: for every sum s = α + β the best α, and of all s the best, both where the slope is zero.
pub fn model(counts: &[(i64, i64)]) -> Option<(f64, f64)> {
    let lapses: i64 = counts.iter().map(|(n, r)| n - r).sum();
    if lapses < 20 || counts.iter().filter(|(n, _)| *n > 0).count() < 2 {
        return None;
    }
    let each = || counts.iter().zip(0..).map(|((n, r), j)| (*n as f64, *r as f64, f64::from(j)));
    // d ln L / dα with β = s − α.
    let slope = |alpha: f64, s: f64| lapses as f64 / alpha - each().map(|(_, r, j)| r / (s - alpha + j)).sum::<f64>();
    let best = |s: f64| zero(|alpha| slope(alpha, s), s * 1e-9, s * (1.0 - 1e-9));
    // d ln L / ds at the best α.
    let along = |s: f64| each().map(|(n, r, j)| r / (s - best(s) + j) - n / (s + j)).sum::<f64>();
    let s = zero(|ln_s| along(ln_s.exp()), (1e-4_f64).ln(), (1e5_f64).ln()).exp();
    let (alpha, beta) = (best(s), s - best(s));
    let told = |x: f64| 0.01 < x && x < 1000.0;
    (told(alpha) && told(beta)).then_some((alpha, beta))
}

pub fn retention_curve(p: &Portal, as_of: Day) -> Expected {
    let links = links(p, as_of);
    let mut rows: Vec<(String, String, i64, Line)> = Vec::new();
    let mut curves: BTreeSet<(&str, &str)> = links.iter().map(|l| (l.cohort.as_str(), l.plan.as_str())).collect();
    curves.extend(links.iter().map(|l| ("all", l.plan.as_str())));
    for (cohort, plan) in curves {
        let here: Vec<&Link> =
            links.iter().filter(|l| l.plan == plan && (cohort == "all" || l.cohort == cohort)).collect();
        let counts = counts(&here);
        let fit = if cohort == "all" { model(&counts) } else { None };
        for (at, (n, r)) in counts.iter().enumerate() {
            let survival: f64 = counts[..=at].iter().map(|(n, r)| *r as f64 / *n as f64).product();
            let by_model = fit.map(|(a, b)| (0..=at).map(|i| (b + i as f64) / (a + b + i as f64)).product::<f64>());
            let line: Line = vec![
                ("cohort", cohort.into()),
                ("plan", plan.into()),
                ("renewal", (at + 1).into()),
                ("at_risk", (*n).into()),
                ("renewed", (*r).into()),
                ("survival", survival.into()),
                ("sbg_alpha", fit.map(|f| f.0).into()),
                ("sbg_beta", fit.map(|f| f.1).into()),
                ("sbg_survival", by_model.into()),
            ];
            rows.push((cohort.to_string(), plan.to_string(), at as i64 + 1, line));
        }
    }
    rows.sort_by(|a, b| (&a.0, &a.1, a.2).cmp(&(&b.0, &b.1, b.2)));
    Expected { table: "retention_curve", keys: 3, rows: rows.into_iter().map(|r| r.3).collect() }
}

/// Σ k=1..10 of S_k / 1.1^k for a plan after m renewals.
pub fn years(p: &Portal, as_of: Day, plan: &str, m: i64) -> f64 {
    let links = links(p, as_of);
    let own: Vec<&Link> = links.iter().filter(|l| l.plan == plan).collect();
    let share =
        |of: &[&Link]| (!of.is_empty()).then(|| of.iter().filter(|l| l.renewed).count() as f64 / of.len() as f64);
    let all: Vec<&Link> = links.iter().collect();
    let r = share(&own).or(share(&all)).unwrap_or(0.5);
    let fit = model(&counts(&own));
    let survival = |k: i64| match fit {
        Some((a, b)) => (1..=k).map(|j| (b + (m + j - 1) as f64) / (a + b + (m + j - 1) as f64)).product(),
        None => r.powi(k as i32),
    };
    (1..=10).map(|k| survival(k) / 1.1_f64.powi(k as i32)).sum()
}

/// Fader & Hardie 2007, page 7: 0.668 and 3.806 for the high end, 0.704 and 1.182 for the regular segment.
pub fn assert_published() {
    let of = |left: [i64; 8]| model(&left.windows(2).map(|w| (w[0], w[1])).collect::<Vec<_>>()).unwrap();
    let (a, b) = of([1000, 869, 743, 653, 593, 551, 517, 491]);
    assert!((a - 0.668).abs() < 5e-4 && (b - 3.806).abs() < 5e-4, "{a} {b}");
    let (a, b) = of([1000, 631, 468, 382, 326, 289, 262, 241]);
    assert!((a - 0.704).abs() < 5e-4 && (b - 1.182).abs() < 5e-4, "{a} {b}");
    assert_eq!(Cell::from(model(&[(1000, 700), (700, 490), (490, 343)]).map(|m| m.0)), Cell::Null);
}
