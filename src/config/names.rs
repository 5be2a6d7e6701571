//! The names that pipelines may use: marts and reports.

use super::Audience;

/// The marts that can be computed and printed.
pub const MARTS: &[&str] = &[
    "member_health",
    "renewals",
    "deals",
    "renewal_rates",
    "source_day",
    "renewal_risk",
    "risk_published",
    "market_share",
    "client_value",
    "concentration",
    "ingest_files",
    "quarantine",
    "orphans",
    "member_day",
    "click_source_day",
    "ad_slot_day",
];

/// Marts that have a name but no definition here yet: refused by name.
pub const LATER_MARTS: &[&str] = &[
    "renewal_reasons",
    "renewal_backtest",
    "renewal_calibration",
    "risk_track",
    "retention_curve",
    "member_movement",
    "rep_scorecard",
    "service_scorecard",
    "prospects",
    "followups_to_win",
    "sales_forecast",
    "target_plan",
    "onboarding",
    "lead_funnel",
    "objections",
    "competitors",
    "key_accounts",
    "lapse_reasons",
    "call_effect",
    "changes",
];

/// What a pipeline may ask of a report.
#[derive(Clone, Copy, Debug)]
pub struct ReportKind {
    pub name: &'static str,
    /// Who reads it when the pipeline does not say.
    pub audience: Audience,
    /// Columns by whose values it can be split.
    pub splits: &'static [&'static str],
}

pub const REPORTS: &[ReportKind] = &[
    ReportKind { name: "renewal_risk", audience: Audience::AfterSales, splits: &["service_rep_id"] },
    ReportKind { name: "strategy_review", audience: Audience::Management, splits: &[] },
    ReportKind { name: "run_summary", audience: Audience::Ops, splits: &[] },
];

pub const LATER_REPORTS: &[&str] = &["month_report"];
