//! `renewal_risk`: whom after-sales calls first, and how renewals went.

use super::render::Report;
use super::sections::{call_list, renewals_by_month, renewals_by_segment, risk_headline, source_gaps};

pub const REPORT: Report = Report {
    name: "renewal_risk",
    landscape: true,
    splits: &["service_rep_id"],
    sections: &[
        risk_headline::section,
        call_list::section,
        source_gaps::section,
        renewals_by_month::section,
        renewals_by_segment::section,
    ],
};
