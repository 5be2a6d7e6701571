//! `renewal_rates`: of the memberships that ended in a month, how many renewed (contract §3.3).
//!
//! A month is final when its last day + grace is past; until then the rate, its interval and the
//! retentions are null, and `rate_so_far` says how it stands.

use std::collections::HashMap;

use crate::domain::{Cents, Month, Str};
use crate::facts::terms::Contract;
use crate::facts::{UNKNOWN, Visible};
use crate::rows;
use crate::stats::wilson;

use super::renewals::status;
use super::{MartRow, Marts, Result};

rows! {
    /// One group of memberships that ended in a month.
    pub struct RenewalRateRow = "renewal_rates", "month of end, dimension and value", key(month, dimension, value) {
        /// month of the end date
        month: Str,
        /// all, segment, plan, rep, service_rep, team, region or size
        dimension: Str,
        /// the dimension's value
        value: Str,
        /// memberships that ended before the as-of day
        due: i64,
        /// of them renewed
        renewed: i64,
        /// of them lapsed
        lapsed: i64,
        /// of them still within grace
        pending: i64,
        /// no more renewals can count for this month
        r#final: bool,
        /// renewed / due; null until final (ratio)
        renewal_rate: Option<f64>,
        /// lower limit of the 95 % Wilson interval (ratio)
        rate_low: Option<f64>,
        /// upper limit of the 95 % Wilson interval (ratio)
        rate_high: Option<f64>,
        /// annual amount of the memberships due (currency)
        amount_due: Cents,
        /// annual amount that renewed them (currency)
        amount_renewed: Cents,
        /// kept of the amount due, growth not counted; null until final (ratio)
        gross_retention: Option<f64>,
        /// amount renewed / amount due; null until final (ratio)
        net_retention: Option<f64>,
        /// renewed / due as it stands (ratio)
        rate_so_far: Option<f64>,
    }
}

#[derive(Default)]
struct Group {
    renewed: i64,
    lapsed: i64,
    pending: i64,
    amount_due: Cents,
    amount_renewed: Cents,
    amount_kept: Cents,
}

impl MartRow for RenewalRateRow {
    fn compute(marts: &Marts<'_>) -> Result<Vec<RenewalRateRow>> {
        let visible = marts.visible;
        let mut groups: HashMap<(Month, &str, &str), Group> = HashMap::new();
        for (i, c) in visible.contracts.iter().enumerate() {
            if !c.is_membership() || c.end >= visible.day {
                continue;
            }
            let renewed = visible.renewed[i].map_or(Cents::ZERO, |r| r.annual);
            for (dimension, value) in dimensions(visible, c) {
                let group = groups.entry((c.end.month(), dimension, value)).or_default();
                match status(visible, i) {
                    "renewed" => group.renewed += 1,
                    "pending" => group.pending += 1,
                    _ => group.lapsed += 1,
                }
                group.amount_due += c.annual;
                group.amount_renewed += renewed;
                group.amount_kept += renewed.min(c.annual);
            }
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_unstable_by_key(|(key, _)| *key);
        let row = |((month, dimension, value), group): ((Month, &str, &str), Group)| {
            let is_final = month.last_day() + visible.grace() < visible.day;
            rate_row(month, dimension, value.into(), &group, is_final)
        };
        Ok(groups.into_iter().map(row).collect())
    }
}

/// The groups to which a membership belongs.
fn dimensions<'a>(visible: &'a Visible<'_>, c: &'a Contract) -> [(&'static str, &'a str); 8] {
    let company = &visible.companies[c.company];
    let team = c.rep_id.as_ref().and_then(|id| visible.reps.get(id)).map(|rep| &*rep.team);
    [
        ("all", "all"),
        ("segment", &company.segment),
        ("plan", &c.plan),
        ("rep", c.rep_id.as_deref().unwrap_or(UNKNOWN)),
        ("service_rep", company.service_rep_id.as_deref().unwrap_or(UNKNOWN)),
        ("team", team.unwrap_or(UNKNOWN)),
        ("region", &company.region),
        ("size", &company.size),
    ]
}

fn rate_row(month: Month, dimension: &str, value: Str, group: &Group, is_final: bool) -> RenewalRateRow {
    let due = group.renewed + group.lapsed + group.pending;
    let so_far = (due > 0).then(|| group.renewed as f64 / due as f64);
    let interval = wilson::interval(group.renewed, due).filter(|_| is_final);
    RenewalRateRow {
        month: month.to_string().into(),
        dimension: dimension.into(),
        value,
        due,
        renewed: group.renewed,
        lapsed: group.lapsed,
        pending: group.pending,
        r#final: is_final,
        renewal_rate: so_far.filter(|_| is_final),
        rate_low: interval.map(|i| i.0),
        rate_high: interval.map(|i| i.1),
        amount_due: group.amount_due,
        amount_renewed: group.amount_renewed,
        gross_retention: group.amount_kept.ratio(group.amount_due).filter(|_| is_final),
        net_retention: group.amount_renewed.ratio(group.amount_due).filter(|_| is_final),
        rate_so_far: so_far,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GrowthZone's published example: 2,825 of 3,000 renewed is 94.1667 %.
    #[test]
    fn published_rate_and_null_until_final() {
        let group = Group { renewed: 2825, lapsed: 175, ..Group::default() };
        let of = |is_final| rate_row(Month::new(2026, 7), "all", "all".into(), &group, is_final);
        assert!((of(true).renewal_rate.unwrap() - 0.941667).abs() < 1e-6);
        let open = of(false);
        assert_eq!((open.renewal_rate, open.rate_low, open.net_retention), (None, None, None));
        assert!(open.rate_so_far.is_some());
        // Nothing was due in money: a ratio of nothing is null.
        assert_eq!(of(true).net_retention, None);
    }
}
