//! The names that the project's files may use: marts, reports, features.

use super::Audience;

/// The marts that can be computed and printed.
pub const MARTS: &[&str] = &[
    "member_health",
    "renewals",
    "deals",
    "renewal_rates",
    "source_day",
    "renewal_risk",
    "renewal_reasons",
    "renewal_backtest",
    "renewal_calibration",
    "risk_published",
    "risk_track",
    "market_share",
    "client_value",
    "concentration",
    "retention_curve",
    "member_movement",
    "ingest_files",
    "quarantine",
    "orphans",
    "member_day",
    "click_source_day",
    "ad_slot_day",
];

/// Marts that have a name but no definition here yet: refused by name.
pub const LATER_MARTS: &[&str] = &[
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

/// The features of the renewal risk, by which `[playbook]` names what to do.
pub const FEATURES: &[&str] = &[
    "shop_clicks_level",
    "shop_clicks_level_90d",
    "shop_clicks_trend",
    "shop_clicks_year_on_year",
    "shop_clicks_long_trend",
    "shop_clicks_recency",
    "shop_clicks_zero_streak",
    "visitors_level",
    "visitors_level_90d",
    "visitors_trend",
    "visitors_year_on_year",
    "visitors_long_trend",
    "ad_clicks_level",
    "ad_clicks_level_90d",
    "ad_clicks_trend",
    "ad_clicks_year_on_year",
    "ad_clicks_long_trend",
    "ad_clicks_recency",
    "ad_clicks_zero_streak",
    "contact_views_level",
    "contact_views_level_90d",
    "contact_views_trend",
    "contact_views_year_on_year",
    "contact_views_long_trend",
    "contact_views_recency",
    "contact_views_zero_streak",
    "messages_level",
    "messages_level_90d",
    "messages_trend",
    "messages_year_on_year",
    "messages_long_trend",
    "messages_recency",
    "messages_zero_streak",
    "inquiries_level",
    "inquiries_level_90d",
    "inquiries_trend",
    "inquiries_year_on_year",
    "inquiries_long_trend",
    "inquiries_recency",
    "inquiries_zero_streak",
    "ad_click_share",
    "ad_click_share_change",
    "own_traffic_share",
    "own_traffic_share_change",
    "visitors_per_click",
    "leads_per_money",
    "amount_change",
    "amount_against_plan",
    "tenure",
    "renewals_made",
    "services_late",
    "services_open",
    "aftersale_calls_level",
];
