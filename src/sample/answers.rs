//! The true probabilities, written beside the files: what a risk model is judged by, never what it reads.
//!
//! ```text
//! contract_id,company_id,end_date,days_left,p_renew
//! K2025-00042,C00017,2026-03-31,90,0.8125…           six rows a membership: 90, 60, 30, 14, 0, −15 days left
//! ```

use std::path::Path;

use super::SampleError;
use super::contracts::Contract;
use super::portal::Company;

/// Days left at which the truth is told.
pub const LEADS: [i32; 6] = [90, 60, 30, 14, 0, -15];

/// One row a membership whose renewal was drawn and a lead, in order of signing: [`super::truth::Truth::p_at`],
/// with the end as signed. Memberships that are cancelled one day or have another beside them have none.
pub fn write(path: &Path, contracts: &[Contract], companies: &[Company]) -> Result<(), SampleError> {
    let failed = |e: csv::Error| SampleError::io(path, e.into());
    let mut rows = csv::Writer::from_path(path).map_err(failed)?;
    rows.write_record(["contract_id", "company_id", "end_date", "days_left", "p_renew"]).map_err(failed)?;
    for contract in contracts {
        let (Some(company), Some(truth)) = (contract.company, contract.truth) else { continue };
        for lead in LEADS {
            let (end, left, p) = (contract.end.to_string(), lead.to_string(), truth.p_at(lead).to_string());
            rows.write_record([&contract.id, &companies[company].id, &end, &left, &p]).map_err(failed)?;
        }
    }
    rows.flush().map_err(|e| SampleError::io(path, e))
}
