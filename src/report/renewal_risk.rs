//! `renewal_risk`: whom after-sales calls first and why; how renewals went, and how often the figures were right.

use super::render::Report;
use super::sections::{
    call_list, changes, model_card, renewals_by_month, renewals_by_segment, source_gaps, today, track_record,
    unassigned,
};

pub const REPORT: Report = Report {
    name: "renewal_risk",
    landscape: true,
    compact: false,
    splits: &["service_rep_id"],
    sections: &[
        today::section,
        call_list::section,
        unassigned::section,
        changes::section,
        source_gaps::section,
        renewals_by_month::section,
        renewals_by_segment::section,
        track_record::section,
        model_card::section,
    ],
};
