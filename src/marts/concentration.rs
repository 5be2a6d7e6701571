//! `concentration`: how few clients carry how much of the profit (contract §3.4).

use std::collections::BTreeMap;

use crate::domain::{Cents, Str};
use crate::rows;
use crate::stats::gini::gini;

use super::client_value::ClientValueRow;
use super::{MartRow, Marts, Result};

rows! {
    /// One group of clients: all, or a segment's.
    pub struct ConcentrationRow = "concentration", "group of clients", key(dimension, value) {
        /// all or segment
        dimension: Str,
        /// all, or the segment
        value: Str,
        /// companies in client_value
        clients: i64,
        /// their profit (currency)
        profit: Cents,
        /// share of the profit of the best fifth, rounded up to whole clients (ratio)
        top20_share: Option<f64>,
        /// fewest clients that make 80 % of the profit
        clients_for_80: Option<i64>,
        /// Gini coefficient of the profits, losses taken as 0
        gini: Option<f64>,
    }
}

impl MartRow for ConcentrationRow {
    fn compute(marts: &Marts<'_>) -> Result<Vec<ConcentrationRow>> {
        let clients = marts.rows::<ClientValueRow>()?;
        let mut groups: BTreeMap<(&str, Str), Vec<Cents>> = BTreeMap::new();
        groups.insert(("all", "all".into()), clients.iter().map(|c| c.profit).collect());
        for c in clients.iter() {
            groups.entry(("segment", c.segment.clone())).or_default().push(c.profit);
        }
        Ok(groups.into_iter().map(|((dimension, value), profits)| group(dimension, value, &profits)).collect())
    }
}

/// The row of a group whose profits stand in descending order.
fn group(dimension: &str, value: Str, profits: &[Cents]) -> ConcentrationRow {
    let total: Cents = profits.iter().copied().sum();
    let positive = total > Cents::ZERO;
    let best: Cents = profits.iter().take(profits.len().div_ceil(5)).copied().sum();
    let mut sum = Cents::ZERO;
    let enough = profits.iter().position(|p| {
        sum += *p;
        sum.0 * 100 >= total.0 * 80
    });
    ConcentrationRow {
        dimension: dimension.into(),
        value,
        clients: profits.len() as i64,
        profit: total,
        top20_share: best.ratio(total).filter(|_| positive),
        clients_for_80: enough.map(|at| at as i64 + 1).filter(|_| positive),
        gini: gini(profits).filter(|_| positive),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hand_worked() {
        let row = group("all", "all".into(), &[50, 30, 10, 5, 5, 0].map(Cents));
        // ceil(0.2 × 6) = 2 clients make 80 of 100, and 2 make 80 %.
        assert_eq!((row.clients, row.top20_share, row.clients_for_80), (6, Some(0.8), Some(2)));
        let loss = group("all", "all".into(), &[5, -5].map(Cents));
        assert_eq!((loss.top20_share, loss.clients_for_80, loss.gini), (None, None, None));
    }
}
