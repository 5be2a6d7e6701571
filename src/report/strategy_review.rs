//! `strategy_review`: which segments are won or lost, and who carries the profit.

use super::render::Report;
use super::sections::{
    about, attention, clients, concentration_quarters, findings, key_figures, lifetime_value, market_quarters,
    market_share, movement, opportunity, profit_curve, renewals_by_group, renewals_by_month, restated, retention,
    segments, share_changes, source_gaps, top_clients,
};

pub const REPORT: Report = Report {
    name: "strategy_review",
    landscape: true,
    compact: false,
    splits: &[],
    sections: &[
        findings::section,
        key_figures::section,
        movement::section,
        retention::section,
        lifetime_value::section,
        renewals_by_month::section,
        renewals_by_group::section,
        market_share::section,
        share_changes::section,
        market_quarters::section,
        opportunity::section,
        profit_curve::section,
        concentration_quarters::section,
        top_clients::section,
        attention::section,
        segments::section,
        clients::section,
        restated::section,
        source_gaps::section,
        about::section,
    ],
};
