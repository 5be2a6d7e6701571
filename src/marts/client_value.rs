//! `client_value`: who carried the profit of the window (contract §3.4).
//!
//! ```text
//! each contract in force in the window counts with  amount × days in the window / its effective days
//! profit descending ──► rank, cumulative share ──► A while the share before is < 80 %, B < 95 %, else C
//! ```
//!
//! A company's sum is exact and rounded once, half away from zero. What it is expected to bring from now on: `lifetime.rs`.

mod lifetime;

use std::collections::BTreeSet;

use crate::domain::money::div_half_away;
use crate::domain::{Cents, Day, Str};
use crate::facts::Visible;
use crate::facts::terms::{Class, Contract};
use crate::rows;

use self::lifetime::Outlook;
use super::retention_curve::RetentionCurveRow;
use super::{MartRow, Marts, Result};

rows! {
    /// One company with a contract in force in the window.
    pub struct ClientValueRow = "client_value", "company with a contract in force in the window", key(company_id) {
        /// the company
        company_id: Str,
        /// its contracts' amounts, as far as they fall into the window (currency)
        revenue: Cents,
        /// revenue less costs (currency)
        profit: Cents,
        /// contracts without a cost (their cost counts as 0)
        cost_missing: i64,
        /// 1 = greatest profit
        value_rank: i64,
        /// share of the total profit down to this rank, itself included (ratio)
        cumulative_share: Option<f64>,
        /// A, B or C: the part of the profit that it belongs to
        class: Str,
        /// days since its first contract began, at least 0
        tenure_days: i64,
        /// annual amounts of its memberships in force (currency)
        annual_amount: Cents,
        /// what they are expected to bring in the next ten years, discounted by 10 % a year (currency)
        expected_lifetime_value: Cents,
        /// the company's segment
        segment: Str,
        /// the company's name
        name: Option<Str>,
    }
}

impl MartRow for ClientValueRow {
    fn compute(marts: &Marts<'_>) -> Result<Vec<ClientValueRow>> {
        let visible = marts.visible;
        let first = visible.day.window_start(visible.project.value_window_days);
        let outlook = Outlook::of(&marts.rows::<RetentionCurveRow>()?);
        let client = |company| client(visible, company, first, &outlook);
        let mut rows: Vec<ClientValueRow> = (0..visible.companies.len()).filter_map(client).collect();
        rows.sort_unstable_by(|a, b| b.profit.cmp(&a.profit).then_with(|| a.company_id.cmp(&b.company_id)));
        rank(&mut rows);
        Ok(rows)
    }
}

fn client(visible: &Visible<'_>, company: usize, first: Day, outlook: &Outlook) -> Option<ClientValueRow> {
    let contracts = || visible.contracts_of[company].iter().map(|c| &visible.contracts[*c]);
    let counted: Vec<(&Contract, i32)> = contracts()
        .filter(|c| c.class != Class::Void)
        .map(|c| (c, c.end.min(visible.day) - c.start.max(first) + 1))
        .filter(|(_, days)| *days > 0)
        .collect();
    let begun = contracts().filter(|c| c.class != Class::Void).map(|c| c.start).min()?;
    if counted.is_empty() {
        return None;
    }
    let part = |amount: fn(&Contract) -> Cents| {
        let mut sum = Fraction::default();
        counted.iter().for_each(|(c, days)| sum.add(amount(c).0 * i128::from(*days), i128::from(c.days())));
        sum.round()
    };
    let in_force =
        || visible.memberships_of(company).map(|c| &visible.contracts[c]).filter(|c| c.in_force(visible.day));
    let annual_amount: Cents = in_force().map(|c| c.annual).sum();
    // As in `member_health`: the plan of the latest membership in force.
    let plan = in_force().max_by_key(|c| (c.start, &c.id)).map(|c| &*c.plan);
    let years = plan.map_or(0.0, |plan| outlook.years(plan, renewals_made(visible, company)));
    Some(ClientValueRow {
        company_id: visible.companies[company].id.clone(),
        revenue: part(|c| c.amount),
        profit: part(|c| c.amount - c.cost.unwrap_or(Cents::ZERO)),
        cost_missing: counted.iter().filter(|(c, _)| c.cost.is_none()).count() as i64,
        value_rank: 0,
        cumulative_share: None,
        class: "C".into(),
        tenure_days: i64::from((visible.day - begun).max(0)),
        annual_amount,
        expected_lifetime_value: annual_amount.scale(years),
        segment: visible.companies[company].segment.clone(),
        name: visible.companies[company].name.clone(),
    })
}

/// A company's contracts of deal type `renewal` that have started.
fn renewals_made(visible: &Visible<'_>, company: usize) -> i64 {
    let renewing = visible.memberships_of(company).filter_map(|c| visible.renewed[c].map(|r| r.by));
    renewing.filter(|by| visible.contracts[*by].start <= visible.day).collect::<BTreeSet<usize>>().len() as i64
}

/// Ranks, shares and classes of rows that stand in order of profit.
fn rank(rows: &mut [ClientValueRow]) {
    let total: Cents = rows.iter().map(|r| r.profit).sum();
    let mut before = Cents::ZERO;
    for (row, rank) in rows.iter_mut().zip(1..) {
        row.value_rank = rank;
        let with = before + row.profit;
        if total > Cents::ZERO {
            row.cumulative_share = with.ratio(total);
            row.class = class(before, total).into();
        }
        before = with;
    }
}

/// By the share of the profit before it, compared exactly: A < 80 %, B < 95 %, else C.
fn class(before: Cents, total: Cents) -> &'static str {
    if before.0 * 100 < total.0 * 80 {
        "A"
    } else if before.0 * 100 < total.0 * 95 {
        "B"
    } else {
        "C"
    }
}

/// An exact sum of fractions: a whole part and a proper fraction in lowest terms.
struct Fraction {
    whole: i128,
    num: i128,
    den: i128,
}

/// The denominator to which a fraction is cut when the exact one no longer fits; far below half a cent.
const FINEST: i128 = 1 << 60;

impl Default for Fraction {
    fn default() -> Fraction {
        Fraction { whole: 0, num: 0, den: 1 }
    }
}

impl Fraction {
    fn add(&mut self, num: i128, den: i128) {
        self.whole += num.div_euclid(den);
        let num = num.rem_euclid(den);
        let common = gcd(self.den, den);
        let (scale_own, scale_new) = (den / common, self.den / common);
        self.num = self.num * scale_own + num * scale_new;
        self.den *= scale_own;
        self.whole += self.num.div_euclid(self.den);
        self.num = self.num.rem_euclid(self.den);
        let common = gcd(self.num, self.den);
        (self.num, self.den) = (self.num / common, self.den / common);
        if self.den > FINEST {
            (self.num, self.den) = ((self.num as f64 / self.den as f64 * FINEST as f64) as i128, FINEST);
        }
    }

    fn round(&self) -> Cents {
        Cents(div_half_away(self.whole * self.den + self.num, self.den).unwrap_or(0))
    }
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_rounded_once() {
        // 1/3 + 1/6 of a cent is half a cent: rounded once it is 1, rounded twice it would be 0.
        let mut sum = Fraction::default();
        sum.add(1, 3);
        sum.add(1, 6);
        assert_eq!(sum.round(), Cents(1));
    }

    #[test]
    fn the_client_that_crosses_eighty_per_cent_is_still_a() {
        let classes: Vec<&str> = [0, 70, 79, 80, 94, 95].map(|before| class(Cents(before), Cents(100))).into();
        assert_eq!(classes, ["A", "A", "A", "B", "B", "C"]);
    }
}
