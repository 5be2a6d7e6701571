//! Why a contract is at risk, in words: the member's figure, its peers', its own of a year ago.
//!
//! ```text
//! contact_views_level, in_30_days, 3, 14, 11 ──► "Contact views: 3 in 30 days; peers 14; own past 11"
//! ```
//!
//! What people read is a theme, through the feature that speaks for it ([`by_theme`](crate::marts::renewal_reasons::by_theme)): only themes
//! that speak for a lapse, and first those that one can act on where there is room for one.
//!
//! A feature's name is the text `code.feature.NAME`; how its figure is said depends on its unit (`reason.unit.UNIT`), and on whether
//! the membership is over: then activity is that of its last days (`reason.ended.UNIT`), not of the days up to today.

use crate::domain::{Cents, Str};
use crate::facts::Visible;
use crate::marts::renewal_reasons::Reason;
use crate::marts::renewal_risk::action_of;
use crate::risk::features::{self, Theme};

use super::format::{Format, NOTHING};
use super::scope::Scope;

pub mod supports;

use supports::{Other, others, supports, worse_than};

/// What value, peer and past of a feature are counted in; decides how they are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Events in 30 days, by the rate per known day.
    In30Days,
    /// Events in 90 days.
    In90Days,
    /// Events in 30 days, the mean of three months.
    AMonth,
    Days,
    /// A share, 0..1.
    Share,
    /// A plain number.
    Number,
    /// One number over another.
    Ratio,
    /// Leads for 1,000 of the currency.
    PerThousand,
    Years,
    /// Amount of the currency a year.
    MoneyAYear,
}

impl Unit {
    /// The key of its text in the language files, below `reason.unit`.
    fn word(self) -> &'static str {
        match self {
            Unit::In30Days => "in_30_days",
            Unit::In90Days => "in_90_days",
            Unit::AMonth => "a_month",
            Unit::Days => "days",
            Unit::Share => "share",
            Unit::Number | Unit::Ratio => "number",
            Unit::PerThousand => "per_thousand",
            Unit::Years => "years",
            Unit::MoneyAYear => "money_a_year",
        }
    }
}

/// A feature's figures in its unit; null where one is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    pub value: Option<f64>,
    pub peer: Option<f64>,
    pub past: Option<f64>,
}

impl Figures {
    fn of(reason: &Reason) -> Figures {
        let row = &reason.speaks;
        Figures { value: row.value, peer: row.peer_value, past: row.own_past }
    }
}

/// Log-odds that a reason takes at least: half a point of a probability of a half. Less is no reason for anything, and its figures may
/// point either way.
pub const LEAST: f64 = 0.02;

/// The reasons for leaving that a list shows, the strongest first. Days left, segment, plan and size have columns of their own.
pub fn for_leaving<'r>(format: Format<'_>, reasons: &'r [Reason]) -> impl Iterator<Item = &'r Reason> {
    let strong = reasons.iter().filter(|r| r.effect <= -LEAST && r.is_of_features());
    strong.filter(move |r| supports(format, &r.speaks.feature, Figures::of(r)))
}

/// The one to speak of: the strongest that one can act on, else the strongest.
pub fn first<'r>(format: Format<'_>, reasons: &'r [Reason]) -> Option<&'r Reason> {
    for_leaving(format, reasons).find(|r| r.is_actionable()).or_else(|| for_leaving(format, reasons).next())
}

/// What to do about the first reason, as a code.
pub fn action(scope: &Scope<'_>, reasons: &[Reason]) -> Option<Str> {
    action_of(scope.marts.visible, &first(scope.format(), reasons)?.speaks.feature).map(Str::from)
}

/// What a figure is held against in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    Full,
    /// Against the one that makes it a reason.
    Half,
    /// Against nothing, unless its name says what.
    Alone,
}

/// The sentence of the feature that speaks for a theme.
pub fn said(scope: &Scope<'_>, reason: &Reason, measured: Measured) -> String {
    let ended = has_ended(scope.marts.visible, &reason.speaks.contract_id);
    said_of(scope.format(), reason, measured, ended)
}

pub fn said_of(format: Format<'_>, reason: &Reason, measured: Measured, ended: bool) -> String {
    let (feature, figures) = (&reason.speaks.feature, Figures::of(reason));
    let [first, _] = others(feature);
    let half = worse_than(format, feature, figures).unwrap_or(first);
    let shown = |other| match measured {
        Measured::Full => true,
        Measured::Half => other == half,
        Measured::Alone => other == Other::Past && first == Other::Past,
    };
    let [peer, past] = [Other::Peer, Other::Past].map(|other| other.of(figures).filter(|_| shown(other)));
    sentence(format, feature, How::of(feature, ended), Figures { peer, past, ..figures })
}

/// Whether the days of a contract's company as a member are over, so that windows of activity end with them.
pub fn has_ended(visible: &Visible<'_>, contract_id: &Str) -> bool {
    let at = visible.contracts.binary_search_by(|c| c.id.cmp(contract_id));
    let contract = at.ok().map(|at| &visible.contracts[at]);
    contract.is_some_and(|c| c.end < visible.day && !visible.is_member(c.company, visible.day))
}

/// The theme, and what speaks for it.
pub fn line(scope: &Scope<'_>, reason: &Reason) -> String {
    let theme = scope.format().code("theme", reason.theme);
    scope.fill("reason.theme", &[("theme", &theme), ("said", &said(scope, reason, Measured::Full))])
}

/// How a figure is said.
#[derive(Clone, Copy)]
struct How {
    unit: Unit,
    /// Of the last days of a membership that is over.
    ended: bool,
}

impl How {
    /// Of what a feature is; only counters are of days.
    fn of(feature: &str, ended: bool) -> How {
        let of_days =
            features::by_name(feature).is_some_and(|f| matches!(f.theme, Theme::Visits | Theme::Ads | Theme::Leads));
        How { unit: unit(feature), ended: ended && of_days }
    }
}

/// The unit of a feature; what is no feature has a plain number.
pub fn unit(feature: &str) -> Unit {
    let Some(feature) = features::by_name(feature) else { return Unit::Number };
    match feature.unit {
        features::Unit::Count if feature.window_days == Some(30) => Unit::In30Days,
        features::Unit::Count if feature.window_days == Some(90) => Unit::In90Days,
        features::Unit::Monthly => Unit::AMonth,
        features::Unit::Days => Unit::Days,
        features::Unit::Years => Unit::Years,
        features::Unit::Share => Unit::Share,
        features::Unit::PerThousand => Unit::PerThousand,
        features::Unit::MoneyAYear => Unit::MoneyAYear,
        features::Unit::Ratio => Unit::Ratio,
        features::Unit::Count => Unit::Number,
    }
}

/// The name that people give a feature; one without a text keeps its own.
pub fn name(format: Format<'_>, feature: &str) -> String {
    format.code("feature", feature)
}

/// A reason as one sentence without its full stop. Peers and past are of the same unit, so they are bare numbers.
fn sentence(format: Format<'_>, feature: &str, how: How, figures: Figures) -> String {
    let (words, unit) = (format.words, how.unit);
    let name = name(format, feature);
    let mut text = match figures.value {
        None => words.fill("reason.unknown", &[("name", &name)]),
        Some(x) => {
            words.fill("reason.value", &[("name", &name), ("value", &in_unit(format, how, number(format, unit, x)))])
        }
    };
    for other in others(feature) {
        if let Some(x) = other.of(figures) {
            text.push_str(&words.fill(beside(feature, other), &[("value", &number(format, unit, x))]));
        }
    }
    text
}

/// The key of the text of what a figure is held against.
fn beside(feature: &str, other: Other) -> &'static str {
    match (other, others(feature)[0]) {
        (Other::Peer, _) => "reason.peer",
        (Other::Past, Other::Peer) => "reason.past",
        (Other::Past, Other::Past) => "reason.then",
    }
}

/// A figure then and now: `Contact views: 12 → 3 in 30 days; peers 10 → 11`.
pub fn change(format: Format<'_>, feature: &str, [then, now]: [Figures; 2], ended: bool) -> String {
    let unit = unit(feature);
    let shown = |x: Option<f64>| x.map_or(NOTHING.to_string(), |x| number(format, unit, x));
    let arrow = |then: Option<f64>, now: Option<f64>| {
        format.words.fill("reason.arrow", &[("then", &shown(then)), ("now", &shown(now))])
    };
    let value = in_unit(format, How::of(feature, ended), arrow(then.value, now.value));
    let mut text = format.words.fill("reason.value", &[("name", &name(format, feature)), ("value", &value)]);
    for other in others(feature) {
        // A past of its own has no place beside then and now, unless the name says that it is held against it.
        let (key, [then, now]) = (beside(feature, other), [then, now].map(|figures| other.of(figures)));
        if key != "reason.past" && (then.is_some() || now.is_some()) {
            text.push_str(&format.words.fill(key, &[("value", &arrow(then, now))]));
        }
    }
    text
}

/// `3 in 30 days`, `72%`, `12 for CNY 1,000`.
fn in_unit(format: Format<'_>, how: How, n: String) -> String {
    let thousand = format.money_short(Cents(1_000_00));
    let list = if how.ended { "reason.ended" } else { "reason.unit" };
    format.words.fill(&format!("{list}.{}", how.unit.word()), &[("n", &n), ("money", &thousand)])
}

fn number(format: Format<'_>, unit: Unit, x: f64) -> String {
    match unit {
        Unit::Share => format.percent_short(x),
        Unit::MoneyAYear => format.money_short(Cents(1_00).scale(x)),
        // Whole numbers as they are; of means and rates the decimal that says something.
        _ if x.fract() == 0.0 || x.abs() >= 10.0 => format.float(x, 0),
        Unit::Ratio | Unit::PerThousand => format.float(x, 2),
        _ => format.float(x, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::super::lang::Words;
    use super::*;
    use crate::config::Language;
    use crate::marts::renewal_reasons::RenewalReasonRow;

    fn said(language: Language, unit: Unit, [value, peer, past]: [Option<f64>; 3]) -> String {
        let format = Format { words: Words::of(language), currency: "CNY" };
        sentence(format, "a_feature", How { unit, ended: false }, Figures { value, peer, past })
    }

    fn en() -> Format<'static> {
        Format { words: Words::of(Language::En), currency: "CNY" }
    }

    /// Ads take 0.019: no reason. Tenure is the strongest, but nothing can be done about it; days left are no reason of the list.
    #[test]
    fn what_hardly_counts_is_no_reason() {
        let reason = |theme, feature: &str, effect| Reason {
            theme,
            effect,
            speaks: RenewalReasonRow {
                contract_id: "c".into(),
                feature: feature.into(),
                value: None,
                peer_value: None,
                own_past: None,
                effect: Some(effect),
            },
        };
        let mut found = vec![
            reason("terms", "days_left", -3.0),
            reason("history", "tenure", -0.5),
            reason("visits", "visitors_level", -0.02),
            reason("ads", "ad_clicks_level", -0.019),
            reason("leads", "inquiries_level", 0.4),
        ];
        let shown: Vec<&str> = for_leaving(en(), &found).map(|r| r.theme).collect();
        assert_eq!((shown, first(en(), &found).unwrap().theme), (vec!["history", "visits"], "visits"));
        found.remove(2);
        assert_eq!(first(en(), &found).unwrap().theme, "history");
        assert!(first(en(), &found[2..]).is_none());
    }

    /// 96 clicks where the peers have 41 and the own past 3 are no reason; 12 of 41 are, and so are 12 of 41 that were 3 before.
    /// No day since the last one, where peers have one in 1.6 days, is none either; 9 days are.
    #[test]
    fn a_figure_that_is_good_is_no_reason_to_better_it() {
        let told = |feature: &str, value, peer_value, own_past| {
            let (contract_id, feature, effect) = ("c".into(), feature.into(), Some(-0.5));
            let speaks = RenewalReasonRow { contract_id, feature, value: Some(value), peer_value, own_past, effect };
            for_leaving(en(), &[Reason { theme: "ads", effect: -0.5, speaks }]).count()
        };
        let silent = |value, peer_value, own_past| told("ad_clicks_recency", value, peer_value, own_past);
        assert_eq!((silent(0.0, Some(1.6), Some(0.4)), silent(9.0, Some(1.6), Some(12.0))), (0, 1));
        let shown = |value, peer_value, own_past| told("ad_clicks_level_90d", value, peer_value, own_past);
        assert_eq!(shown(96.0, Some(41.0), Some(3.1)), 0);
        assert_eq!(shown(0.0, Some(0.0), None), 0);
        assert_eq!(shown(12.0, Some(41.0), None), 1);
        assert_eq!(shown(12.0, Some(41.0), Some(3.0)), 1);
        assert_eq!(shown(12.0, Some(3.0), Some(41.0)), 1);
        // 0.391 and 0.389 are both 0.39.
        let ratio = |value, peer| told("visitors_per_click", value, Some(peer), Some(value));
        assert_eq!((ratio(0.45, 0.39), ratio(0.389, 0.391), ratio(0.38, 0.39)), (0, 0, 1));
        // The model reads it against the peers' alone.
        assert_eq!(told("visitors_per_click", 0.45, Some(0.39), Some(0.47)), 0);
        let own = |value| told("own_traffic_share", value, Some(0.25), None);
        let paid = |value| told("ad_click_share", value, Some(0.25), None);
        assert_eq!((own(0.38), own(0.2), paid(0.38), paid(0.2)), (0, 1, 1, 0));
        assert_eq!(told("leads_per_money", 3.0, Some(2.0), Some(2.9)), 0);
        // What says that it is a change is one only against its past, a price only one that rose or is above the usual.
        assert_eq!(told("ad_clicks_trend", 12.0, Some(41.0), Some(3.0)), 0);
        assert_eq!(told("ad_clicks_trend", 12.0, Some(3.0), Some(41.0)), 1);
        let amount = |value| told("amount_change", value, None, Some(9_000.0));
        assert_eq!((amount(8_000.0), amount(10_000.0), amount(9_000.4)), (0, 1, 0));
        assert_eq!(told("amount_against_plan", 8_000.0, Some(9_000.0), Some(7_000.0)), 0);
    }

    /// Three renewals are no reason to leave; what is owed and what is new are, held against nothing.
    #[test]
    fn few_figures_stand_alone() {
        let told = |feature, value| supports(en(), feature, Figures { value: Some(value), peer: None, past: None });
        assert_eq!((told("renewals_made", 3.0), told("renewals_made", 0.0)), (false, true));
        assert_eq!((told("tenure", 4.2), told("tenure", 0.9)), (false, true));
        assert_eq!((told("services_open", 0.0), told("services_open", 1.0)), (false, true));
        assert_eq!((told("services_late", 0.4), told("inquiries_level", 0.0)), (true, false));
    }

    /// Clicks are above the peers' and below the own past: cut short, they are held against the past.
    #[test]
    fn a_short_sentence_keeps_what_makes_it_a_reason() {
        let short = |feature: &str, peer_value, own_past| {
            let (contract_id, feature, effect) = ("c".into(), feature.into(), Some(-0.5));
            let speaks = RenewalReasonRow { contract_id, feature, value: Some(12.0), peer_value, own_past, effect };
            let reason = Reason { theme: "ads", effect: -0.5, speaks };
            [Measured::Full, Measured::Half, Measured::Alone].map(|measured| said_of(en(), &reason, measured, false))
        };
        let level = [
            "Ad clicks: 12 in 30 days; peers 3; own past 41",
            "Ad clicks: 12 in 30 days; own past 41",
            "Ad clicks: 12 in 30 days",
        ];
        assert_eq!(short("ad_clicks_level", Some(3.0), Some(41.0)), level);
        let long = "Ad clicks a month, mean of 3 against 9 before: 12; then 41";
        assert_eq!(short("ad_clicks_long_trend", Some(13.0), Some(41.0)), [&format!("{long}; peers 13"), long, long]);
        let trend = "Ad clicks against 90 days before: 12 in 30 days; then 41";
        assert_eq!(short("ad_clicks_trend", Some(13.0), Some(41.0)), [&format!("{trend}; peers 13"), trend, trend]);
    }

    #[test]
    fn a_reason_gives_the_members_figure_its_peers_and_its_own_past() {
        let counts = [Some(3.0), Some(14.0), Some(11.0)];
        let en = |unit, figures| said(Language::En, unit, figures);
        assert_eq!(en(Unit::In30Days, counts), "a_feature: 3 in 30 days; peers 14; own past 11");
        assert_eq!(en(Unit::In90Days, [Some(2.25), Some(12.5), None]), "a_feature: 2.3 in 90 days; peers 13");
        assert_eq!(en(Unit::Number, [Some(0.125), None, Some(1.0)]), "a_feature: 0.1; own past 1");
        assert_eq!(en(Unit::Share, [Some(0.72), Some(0.31), None]), "a_feature: 72%; peers 31%");
        assert_eq!(en(Unit::Days, [Some(41.0), Some(6.5), None]), "a_feature: 41 days; peers 6.5");
        assert_eq!(en(Unit::PerThousand, [Some(1.5), None, None]), "a_feature: 1.50 for CNY 1k");
        assert_eq!(en(Unit::Ratio, [Some(0.45), Some(0.394), Some(12.3)]), "a_feature: 0.45; peers 0.39; own past 12");
        assert_eq!(en(Unit::Years, [Some(3.0), Some(2.0), None]), "a_feature: 3 years; peers 2");
        assert_eq!(en(Unit::MoneyAYear, [Some(12_345.0), None, None]), "a_feature: CNY 12.3k a year");
        assert_eq!(en(Unit::In30Days, [None, Some(14.0), None]), "a_feature: not known; peers 14");
        let zh = said(Language::ZhHans, Unit::In30Days, counts);
        assert_eq!(zh, "a_feature：30 天 3 次；同类 14；自身以往 11");
    }

    /// Activity of a membership that is over is that of its last days; what is owed and calls before the horizon are not.
    #[test]
    fn what_has_ended_is_said_of_its_last_days() {
        let said = |feature: &str, ended| {
            sentence(en(), feature, How::of(feature, ended), Figures { value: Some(3.0), ..Figures::default() })
        };
        assert_eq!(said("inquiries_level", true), "Inquiries: 3 in final 30 days");
        assert_eq!(said("inquiries_level", false), "Inquiries: 3 in 30 days");
        assert_eq!(said("inquiries_recency", true), "Days since the last inquiry: 3 days at the term’s end");
        for feature in ["services_open", "aftersale_calls_level", "leads_per_money"] {
            assert_eq!(said(feature, true), said(feature, false));
        }
        for feature in features::FEATURES {
            for language in [Language::En, Language::ZhHans, Language::ZhHant] {
                let format = Format { words: Words::of(language), currency: "CNY" };
                assert!(!in_unit(format, How::of(feature.name, true), "3".into()).contains('⟦'), "{}", feature.name);
            }
        }
    }
}
