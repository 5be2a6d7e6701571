//! `deals`: every contract and what kind of sale it was (contract §3.3).
//!
//! The first that holds: `void`, `trial`, `addon`, `renewal` (it renewed some contract), `new` (the company
//! had no earlier membership), `parallel` (another membership was in force the day before, or starts the
//! same day), `won_back`.

use crate::domain::{Cents, Day, Str};
use crate::facts::Visible;
use crate::facts::terms::Class;
use crate::rows;

use super::{MartRow, Marts, Result};

rows! {
    /// One contract.
    pub struct DealRow = "deals", "contract", key(contract_id) {
        /// the contract
        contract_id: Str,
        /// its company
        company_id: Str,
        /// day of signature
        signed_on: Day,
        /// effective amount (currency)
        amount: Cents,
        /// amount per whole year of the term (currency)
        annual_amount: Cents,
        /// void, trial, addon, renewal, new, parallel or won_back
        deal_type: Str,
        /// first day in force
        start_date: Day,
        /// effective last day in force
        end_date: Day,
        /// the contract's plan
        plan: Str,
        /// the company's segment
        segment: Str,
    }
}

impl MartRow for DealRow {
    fn compute(marts: &Marts<'_>) -> Result<Vec<DealRow>> {
        let visible = marts.visible;
        let mut renews = vec![false; visible.contracts.len()];
        visible.renewed.iter().flatten().for_each(|r| renews[r.by] = true);
        let row = |(i, c): (usize, &crate::facts::terms::Contract)| {
            let company = &visible.companies[c.company];
            DealRow {
                contract_id: c.id.clone(),
                company_id: company.id.clone(),
                signed_on: c.signed_on,
                amount: c.amount,
                annual_amount: c.annual,
                deal_type: deal_type(visible, i, renews[i]).into(),
                start_date: c.start,
                end_date: c.end,
                plan: c.plan.clone(),
                segment: company.segment.clone(),
            }
        };
        Ok(visible.contracts.iter().enumerate().map(row).collect())
    }
}

fn deal_type(visible: &Visible<'_>, contract: usize, renews: bool) -> &'static str {
    let c = &visible.contracts[contract];
    match c.class {
        Class::Void => return "void",
        Class::Trial => return "trial",
        Class::Addon => return "addon",
        Class::Membership if renews => return "renewal",
        Class::Membership => {}
    }
    let others = || visible.memberships_of(c.company).filter(|o| *o != contract).map(|o| &visible.contracts[o]);
    if !others().any(|o| (o.start, &o.id) < (c.start, &c.id)) {
        "new"
    } else if others().any(|o| o.start == c.start || o.in_force(c.start - 1)) {
        "parallel"
    } else {
        "won_back"
    }
}
