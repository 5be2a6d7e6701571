//! `strategy_review`: which segments are won or lost, and who carries the profit.

use super::render::Report;
use super::sections::{
    findings, market_quarters, market_share, opportunity, profit_curve, renewals_by_month, source_gaps, top_clients,
};

pub const REPORT: Report = Report {
    name: "strategy_review",
    landscape: true,
    compact: false,
    splits: &[],
    sections: &[
        findings::section,
        market_share::section,
        market_quarters::section,
        opportunity::section,
        profit_curve::section,
        top_clients::section,
        renewals_by_month::section,
        source_gaps::section,
    ],
};
