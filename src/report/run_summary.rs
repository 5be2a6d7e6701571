//! `run_summary`: what a run took in, refused, computed and published, for the operator.

use super::render::Report;
use super::sections::{run_files, run_headline, run_quarantine, run_reports, run_sources, run_steps};

pub const REPORT: Report = Report {
    name: "run_summary",
    landscape: false,
    compact: false,
    splits: &[],
    sections: &[
        run_headline::section,
        run_files::section,
        run_quarantine::section,
        run_sources::section,
        run_steps::section,
        run_reports::section,
    ],
};
