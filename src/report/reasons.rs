//! Why a contract is at risk, in words: the member's figure, its peers', its own of a year ago.
//!
//! ```text
//! contact_views_level, in_30_days, 3, 14, 11 ──► "Contact views: 3 in 30 days; peers 14; own past 11"
//! ```
//!
//! A feature's name is the text `code.feature.NAME`; how its figure is said depends on its unit (`reason.unit.UNIT`).

use crate::domain::Cents;
use crate::risk::features;

use super::format::Format;

/// What value, peer and past of a feature are counted in; decides how they are said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Events in 30 days, by the rate per known day.
    In30Days,
    /// Events in 90 days.
    In90Days,
    Days,
    /// A share, 0..1.
    Share,
    /// A plain number.
    Number,
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
            Unit::Days => "days",
            Unit::Share => "share",
            Unit::Number => "number",
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

/// The unit of a feature; what is no feature has a plain number.
pub fn unit(feature: &str) -> Unit {
    let Some(feature) = features::by_name(feature) else { return Unit::Number };
    match feature.unit {
        features::Unit::Count if feature.window_days == Some(30) => Unit::In30Days,
        features::Unit::Count if feature.window_days == Some(90) => Unit::In90Days,
        features::Unit::Days => Unit::Days,
        features::Unit::Years => Unit::Years,
        features::Unit::Share => Unit::Share,
        features::Unit::PerThousand => Unit::PerThousand,
        features::Unit::MoneyAYear => Unit::MoneyAYear,
        features::Unit::Count | features::Unit::Ratio => Unit::Number,
    }
}

/// The name that people give a feature; one without a text keeps its own.
pub fn name(format: Format<'_>, feature: &str) -> String {
    format.code("feature", feature)
}

/// A reason as one sentence without its full stop. Peers and past are of the same unit, so they are bare numbers.
pub fn sentence(format: Format<'_>, feature: &str, unit: Unit, figures: Figures) -> String {
    let words = format.words;
    let name = name(format, feature);
    let mut text = match figures.value {
        None => words.fill("reason.unknown", &[("name", &name)]),
        Some(x) => words.fill("reason.value", &[("name", &name), ("value", &with_unit(format, unit, x))]),
    };
    for (key, x) in [("reason.peer", figures.peer), ("reason.past", figures.past)] {
        if let Some(x) = x {
            text.push_str(&words.fill(key, &[("value", &number(format, unit, x))]));
        }
    }
    text
}

/// `3 in 30 days`, `72%`, `12 for CNY 1,000`.
fn with_unit(format: Format<'_>, unit: Unit, x: f64) -> String {
    let thousand = format.money_short(Cents(1_000_00));
    let values = [("n", number(format, unit, x)), ("money", thousand)];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    format.words.fill(&format!("reason.unit.{}", unit.word()), &values)
}

fn number(format: Format<'_>, unit: Unit, x: f64) -> String {
    match unit {
        Unit::Share => format.percent_short(x),
        Unit::MoneyAYear => format.money_short(Cents(1_00).scale(x)),
        // Whole numbers as they are; of means and rates the decimal that says something.
        _ if x.fract() == 0.0 || x.abs() >= 10.0 => format.float(x, 0),
        _ => format.float(x, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::super::lang::Words;
    use super::*;
    use crate::config::Language;

    fn said(language: Language, unit: Unit, [value, peer, past]: [Option<f64>; 3]) -> String {
        let format = Format { words: Words::of(language), currency: "CNY" };
        sentence(format, "a_feature", unit, Figures { value, peer, past })
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
        assert_eq!(en(Unit::PerThousand, [Some(1.5), None, None]), "a_feature: 1.5 for CNY 1k");
        assert_eq!(en(Unit::Years, [Some(3.0), Some(2.0), None]), "a_feature: 3 years; peers 2");
        assert_eq!(en(Unit::MoneyAYear, [Some(12_345.0), None, None]), "a_feature: CNY 12.3k a year");
        assert_eq!(en(Unit::In30Days, [None, Some(14.0), None]), "a_feature: not known; peers 14");
        let zh = said(Language::ZhHans, Unit::In30Days, counts);
        assert_eq!(zh, "a_feature：30 天 3 次；同类 14；自身以往 11");
    }
}
