//! `renewals`: every membership and what became of it (contract §3.3).
//!
//! ```text
//! renewed | active (end_date >= as_of) | pending (as_of <= end_date + grace) | lapsed
//! ```

use crate::domain::{Cents, Day, Str};
use crate::facts::Visible;
use crate::rows;

use super::{MartRow, Marts, Result};

rows! {
    /// One membership.
    pub struct RenewalRow = "renewals", "membership contract", key(contract_id) {
        /// the contract
        contract_id: Str,
        /// its company
        company_id: Str,
        /// first day in force
        start_date: Day,
        /// effective last day in force
        end_date: Day,
        /// effective amount (currency)
        amount: Cents,
        /// amount per whole year of the term (currency)
        annual_amount: Cents,
        /// renewed, active, pending or lapsed
        status: Str,
        /// the contract that renewed it
        renewed_by: Option<Str>,
        /// day on which that was signed
        renewed_on: Option<Day>,
        /// its share of that contract's annual amount (currency)
        renewed_annual_amount: Option<Cents>,
        /// the company's segment
        segment: Str,
        /// the contract's plan
        plan: Str,
    }
}

/// What became of the contract at a position: renewed, active, pending or lapsed.
pub fn status(visible: &Visible<'_>, contract: usize) -> &'static str {
    let end = visible.contracts[contract].end;
    if visible.renewed[contract].is_some() {
        "renewed"
    } else if end >= visible.day {
        "active"
    } else if visible.day <= end + visible.grace() {
        "pending"
    } else {
        "lapsed"
    }
}

impl MartRow for RenewalRow {
    fn compute(marts: &Marts<'_>) -> Result<Vec<RenewalRow>> {
        let visible = marts.visible;
        let memberships = visible.contracts.iter().enumerate().filter(|(_, c)| c.is_membership());
        let row = |(i, c): (usize, &crate::facts::terms::Contract)| {
            let by = visible.renewed[i].map(|r| &visible.contracts[r.by]);
            let company = &visible.companies[c.company];
            RenewalRow {
                contract_id: c.id.clone(),
                company_id: company.id.clone(),
                start_date: c.start,
                end_date: c.end,
                amount: c.amount,
                annual_amount: c.annual,
                status: status(visible, i).into(),
                renewed_by: by.map(|d| d.id.clone()),
                renewed_on: by.map(|d| d.signed_on),
                renewed_annual_amount: visible.renewed[i].map(|r| r.annual),
                segment: company.segment.clone(),
                plan: c.plan.clone(),
            }
        };
        Ok(memberships.map(row).collect())
    }
}
