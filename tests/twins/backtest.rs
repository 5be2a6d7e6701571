//! Contract §3.3: what the baseline said at earlier month ends, its reasons, and what became of published lists.
//!
//! Each cutoff is computed from the portal as it stood on that day, contracts and all.

use std::collections::BTreeMap;

use crate::support::days::{self, Day};
use crate::support::portal::Portal;
use crate::support::project::Printed;
use crate::twins::risk::{at_risk, p_baseline};
use crate::twins::sheet::{Cell, Expected, Line, date, ratio, wilson};
use crate::twins::terms::{Term, renewed_by, terms};

/// A contract at stake on a cutoff: what was said, what came.
struct Tried {
    cutoff: Day,
    id: String,
    p: f64,
    renewed: bool,
}

/// The twelve latest month ends with cutoff + horizon + grace < as_of, the oldest first.
fn cutoffs(p: &Portal, as_of: Day) -> Vec<Day> {
    let mut found = Vec::new();
    let mut day = as_of;
    while found.len() < 12 {
        day -= 1;
        if days::month_end(day) == day && day + p.horizon + p.grace < as_of {
            found.insert(0, day);
        }
    }
    found
}

fn tried(p: &Portal, as_of: Day, cutoff: Day) -> Vec<Tried> {
    let then = terms(p, cutoff);
    let now = terms(p, as_of);
    let came = |t: &Term| renewed_by(now.iter().find(|n| n.id() == t.id()).unwrap(), &now, p.grace).is_some();
    let row =
        |t: &&Term| Tried { cutoff, id: t.id().to_string(), p: p_baseline(p, &then, t, cutoff), renewed: came(t) };
    at_risk(p, &then, cutoff).iter().map(row).collect()
}

/// Ten bins of equal count, the longer ones first, of rows by (p, contract, cutoff).
fn bins(mut rows: Vec<&Tried>) -> Vec<Vec<&Tried>> {
    rows.sort_by(|a, b| a.p.partial_cmp(&b.p).unwrap().then_with(|| (&a.id, a.cutoff).cmp(&(&b.id, b.cutoff))));
    let n = rows.len();
    let mut bins = Vec::new();
    for bin in 0..10 {
        let count = n / 10 + usize::from(bin < n % 10);
        bins.push(rows.drain(..count).collect());
    }
    bins
}

fn mean(of: impl Iterator<Item = f64>) -> Option<f64> {
    let all: Vec<f64> = of.collect();
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

fn auc(rows: &[Tried]) -> Option<f64> {
    let mut pairs = Vec::new();
    for a in rows.iter().filter(|t| t.renewed) {
        for b in rows.iter().filter(|t| !t.renewed) {
            pairs.push(if a.p > b.p {
                1.0
            } else if a.p == b.p {
                0.5
            } else {
                0.0
            });
        }
    }
    mean(pairs.into_iter())
}

fn came(t: &Tried) -> f64 {
    f64::from(u8::from(t.renewed))
}

pub fn renewal_backtest(p: &Portal, as_of: Day) -> Expected {
    let row = |cutoff: Day| -> Line {
        let rows = tried(p, as_of, cutoff);
        let edge = |x: f64| x.clamp(1e-15, 1.0 - 1e-15);
        let loss = mean(rows.iter().map(|t| -edge(if t.renewed { t.p } else { 1.0 - t.p }).ln()));
        let brier = mean(rows.iter().map(|t| (t.p - came(t)).powi(2)));
        let gap = |bin: Vec<&Tried>| bin.iter().map(|t| t.p - came(t)).sum::<f64>().abs();
        let gaps: f64 = bins(rows.iter().collect()).into_iter().map(gap).sum();
        let ece = (!rows.is_empty()).then(|| gaps / rows.len() as f64);
        let mut by_p: Vec<&Tried> = rows.iter().collect();
        by_p.sort_by(|a, b| a.p.partial_cmp(&b.p).unwrap().then_with(|| a.id.cmp(&b.id)));
        let lapsed = |of: &[&Tried]| mean(of.iter().map(|t| 1.0 - came(t)));
        let lowest = &by_p[..rows.len().div_ceil(10)];
        let lift = lapsed(&by_p).filter(|all| *all > 0.0).and_then(|all| Some(lapsed(lowest)? / all));
        vec![
            ("cutoff", date(cutoff)),
            ("n", rows.len().into()),
            ("auc", auc(&rows).into()),
            ("log_loss", loss.into()),
            ("brier", brier.into()),
            ("ece", ece.into()),
            ("lift_top_decile", lift.into()),
            ("base_auc", auc(&rows).into()),
            ("base_log_loss", loss.into()),
            ("base_brier", brier.into()),
        ]
    };
    let rows = cutoffs(p, as_of).into_iter().map(row).collect();
    Expected { table: "renewal_backtest", keys: 1, rows }
}

pub fn renewal_calibration(p: &Portal, as_of: Day) -> Expected {
    let all: Vec<Tried> = cutoffs(p, as_of).into_iter().flat_map(|cutoff| tried(p, as_of, cutoff)).collect();
    let row = |(at, bin): (usize, Vec<&Tried>)| -> Line {
        let renewed = bin.iter().filter(|t| t.renewed).count() as i64;
        let (low, high) = wilson(renewed, bin.len() as i64);
        vec![
            ("bin", (at + 1).into()),
            ("n", bin.len().into()),
            ("p_mean", mean(bin.iter().map(|t| t.p)).into()),
            ("rate", ratio(renewed, bin.len() as i64).into()),
            ("rate_low", low.into()),
            ("rate_high", high.into()),
        ]
    };
    let rows = bins(all.iter().collect()).into_iter().enumerate().map(row).collect();
    Expected { table: "renewal_calibration", keys: 1, rows }
}

/// A base rate has no features: base = total = its log-odds.
pub fn renewal_reasons(p: &Portal, as_of: Day) -> Expected {
    let terms = terms(p, as_of);
    let mut rows: Vec<Line> = Vec::new();
    for t in at_risk(p, &terms, as_of) {
        let q = p_baseline(p, &terms, t, as_of);
        let effect = Some((q / (1.0 - q)).ln()).filter(|e| e.is_finite());
        for feature in ["base", "total"] {
            rows.push(vec![
                ("contract_id", t.id().into()),
                ("feature", feature.into()),
                ("value", Cell::Null),
                ("peer_value", Cell::Null),
                ("own_past", Cell::Null),
                ("effect", effect.into()),
            ]);
        }
    }
    Expected::sorted("renewal_reasons", 2, rows)
}

/// From what was published for days up to `as_of`: the first list that named a contract decides its month and band.
pub fn risk_track(p: &Portal, as_of: Day, published: &Printed) -> Expected {
    let terms = terms(p, as_of);
    let at = |name: &str| published.column(name).unwrap();
    let mut first: BTreeMap<&str, &Vec<String>> = BTreeMap::new();
    for row in &published.rows {
        let known = first.entry(&row[at("contract_id")]).or_insert(row);
        if row[at("as_of")] < known[at("as_of")] {
            *known = row;
        }
    }
    let mut groups: BTreeMap<(String, String), Vec<(f64, &Term)>> = BTreeMap::new();
    for (id, row) in first {
        if let Some(t) = terms.iter().find(|t| t.id() == id && t.is_membership()) {
            let key = (row[at("as_of")][..7].to_string(), row[at("risk_band")].clone());
            groups.entry(key).or_default().push((row[at("p_renew")].parse().unwrap(), t));
        }
    }
    let row = |((month, band), members): (&(String, String), &Vec<(f64, &Term)>)| -> Line {
        let renewed = members.iter().filter(|(_, t)| renewed_by(t, &terms, p.grace).is_some()).count() as i64;
        vec![
            ("month", month.into()),
            ("risk_band", band.into()),
            ("n", members.len().into()),
            ("p_mean", mean(members.iter().map(|(q, _)| *q)).into()),
            ("final", members.iter().all(|(_, t)| as_of > t.end + p.grace).into()),
            ("renewed", renewed.into()),
            ("rate", ratio(renewed, members.len() as i64).into()),
        ]
    };
    Expected { table: "risk_track", keys: 2, rows: groups.iter().map(row).collect() }
}
