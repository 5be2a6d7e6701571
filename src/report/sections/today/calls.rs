//! The calls of page one: two lines each.

use std::collections::HashMap;
use std::rc::Rc;

use crate::domain::Str;
use crate::domain::schema::MEMBER_DAY_COUNTERS;
use crate::facts::coverage::Coverage;
use crate::marts::member_health::MemberHealthRow;
use crate::marts::renewal_reasons::{Reason, RenewalReasonRow, by_theme};
use crate::marts::renewal_risk::RenewalRiskRow;

use super::super::super::ReportError;
use super::super::super::charts::wrap;
use super::super::super::document::{Cell, Column, Kind, Table};
use super::super::super::lowest::{Lowest, lowest};
use super::super::super::reasons::{self, Measured};
use super::super::super::scope::Scope;

pub const TABLE: &str = "today";

/// Letters on paper, CSS pixels, and the widths that texts are cut at so that a call has two lines.
const LETTERS: f64 = 10.2;
const MEMBER: f64 = 190.0;
const CONTACT: f64 = 92.0;
/// The width of one line of the two.
const WHY: f64 = 218.0;
const TODO: f64 = 148.0;
/// Days of a counter.
const WINDOW: i32 = 30;

/// Texts of a page only: sheets and CSV have the whole call list.
pub fn table(scope: &Scope<'_>, rows: &[&RenewalRiskRow]) -> Result<Table, ReportError> {
    let column = |key: &str, label: &str| Column { key: key.into(), ..scope.column(label, Kind::Lines).page() };
    let columns = vec![
        scope.column("call_rank", Kind::Int).page(),
        column("member", "company_lines"),
        column("contact", "contact_lines"),
        column("term", "term_lines"),
        column("risk", "risk_lines"),
        column("stake", "stake_lines"),
        column("why", "why_lines"),
        column("todo", "todo_lines"),
    ];
    let mut table = scope.table(TABLE, columns);
    let health = scope.marts.rows::<MemberHealthRow>()?;
    let all_reasons = scope.marts.rows::<RenewalReasonRow>()?;
    let desk = Desk {
        scope,
        health: health.iter().map(|h| (&h.company_id, h)).collect(),
        reasons: &all_reasons,
        coverage: scope.coverage()?,
    };
    rows.iter().for_each(|r| table.push(desk.cells(r)));
    Ok(table)
}

struct Desk<'a> {
    scope: &'a Scope<'a>,
    health: HashMap<&'a Str, &'a MemberHealthRow>,
    /// By contract, then feature.
    reasons: &'a [RenewalReasonRow],
    coverage: Rc<Coverage>,
}

impl Desk<'_> {
    fn cells(&self, r: &RenewalRiskRow) -> Vec<Cell> {
        let (scope, format) = (self.scope, self.scope.format());
        let visible = scope.marts.visible;
        let company = visible.company_of.get(&r.company_id).map(|at| &visible.companies[*at]);
        let contact = company.into_iter().flat_map(|c| [c.phone.as_ref(), c.contact_name.as_ref()]).flatten();
        let days_key = if r.days_left < 0 { "call_list.days_over" } else { "call_list.days_left" };
        let kind = scope.fill(
            "today.kind",
            &[("id", &r.contract_id), ("segment", &scope.segment(&r.segment)), ("plan", &scope.free(&r.plan))],
        );
        let reasons = by_theme(self.reasons, &r.contract_id);
        let of = scope.fill("today.of", &[("amount", &format.money_short(r.annual_amount))]);
        vec![
            r.call_rank.into(),
            Cell::Lines(vec![cut(&scope.company(&r.company_id), MEMBER), cut(&kind, MEMBER)]),
            Cell::Lines(contact.map(|text| cut(text, CONTACT)).collect()),
            Cell::Lines(vec![scope.fill(days_key, &[("n", &r.days_left.abs().to_string())]), format.date(r.end_date)]),
            Cell::Lines(vec![format.percent(r.p_renew), format.code("band", &r.risk_band)]),
            Cell::Lines(vec![format.money_short(r.value_at_risk), of]),
            Cell::Lines(vec![first_that_fits(&self.why(r, &reasons), WHY)]),
            Cell::Lines(vec![first_that_fits(&[self.to_do(&reasons)], TODO)]),
        ]
    }

    /// The strongest theme to act on, by the figures of what speaks for it; without reasons the figure that is lowest among its
    /// peers. Said in several ways, each shorter than the one before: a sentence that says less is better than half a one.
    fn why(&self, r: &RenewalRiskRow, found: &[Reason]) -> Vec<String> {
        let format = self.scope.format();
        let Some(reason) = reasons::first(format, found) else { return self.weakest(&r.company_id) };
        let said = [Measured::Full, Measured::Half, Measured::Alone].map(|m| reasons::said(self.scope, reason, m));
        std::iter::once(reasons::line(self.scope, reason)).chain(said).collect()
    }

    fn weakest(&self, company: &Str) -> Vec<String> {
        let (scope, format) = (self.scope, self.scope.format());
        let Some(health) = self.health.get(company) else { return vec![scope.say("today.no_activity")] };
        let known = MEMBER_DAY_COUNTERS.iter().filter_map(|metric| {
            let (last, before, percentile) = counter(health, metric);
            let source = if *metric == "visitors" { "shop_clicks" } else { *metric };
            let day = scope.day();
            // A counter of days that the source does not cover is unknown, not low.
            self.coverage.missing(source, day.window_start(2 * WINDOW), day)?;
            Some((*metric, percentile, (*metric, last?, before?, percentile?)))
        });
        let (metric, last, before, percentile) = match lowest(known) {
            Lowest::Low(counter) => counter,
            Lowest::NoneLow => return vec![scope.say("today.none_low")],
            Lowest::Unknown => return vec![scope.say(&format!("today.{}", why_unknown(health)))],
        };
        let figures = [
            ("metric", format.code("counter", metric)),
            ("n", format.int(last)),
            ("before", format.int(before)),
            ("p", format.percent_short(percentile)),
        ];
        ["today.weakest", "today.weakest_short"].map(|key| scope.fill_with(key, &figures)).to_vec()
    }

    fn to_do(&self, found: &[Reason]) -> String {
        let action = reasons::action(self.scope, found).map(|action| self.scope.format().code("action", &action));
        action.unwrap_or_else(|| self.scope.say("today.no_action"))
    }
}

/// Why none of a member's figures can be held against its peers'.
fn why_unknown(health: &MemberHealthRow) -> &'static str {
    if health.days_in_force < 30 {
        "new_member"
    } else if health.peers == 0 {
        "no_peers"
    } else {
        "no_activity"
    }
}

/// Last 30 days, the 30 before, percentile.
fn counter(h: &MemberHealthRow, metric: &str) -> (Option<i64>, Option<i64>, Option<f64>) {
    let known = |last: i64, before: i64, percentile| (Some(last), Some(before), percentile);
    match metric {
        "shop_clicks" => known(h.shop_clicks_30d, h.shop_clicks_prev_30d, h.shop_clicks_pct),
        "visitors" => (h.visitors_30d, h.visitors_prev_30d, h.visitors_pct),
        "ad_clicks" => known(h.ad_clicks_30d, h.ad_clicks_prev_30d, h.ad_clicks_pct),
        "contact_views" => known(h.contact_views_30d, h.contact_views_prev_30d, h.contact_views_pct),
        "messages" => known(h.messages_30d, h.messages_prev_30d, h.messages_pct),
        "inquiries" => known(h.inquiries_30d, h.inquiries_prev_30d, h.inquiries_pct),
        "aftersale_calls" => known(h.aftersale_calls_30d, h.aftersale_calls_prev_30d, h.aftersale_calls_pct),
        _ => (None, None, None),
    }
}

/// The text, cut with `…` where it is wider than its place.
fn cut(text: &str, wide: f64) -> String {
    wrap(text, LETTERS, wide, 1).pop().unwrap_or_default()
}

/// The first text that two lines of a width hold; else the last, cut.
fn first_that_fits(texts: &[String], wide: f64) -> String {
    let fits = |text: &&String| {
        let lines = wrap(text, LETTERS, wide, 2);
        lines.len() < 2 || !lines[1].ends_with('…')
    };
    let last = || texts.last().map(|text| cut(text, 2.0 * wide)).unwrap_or_default();
    texts.iter().find(fits).cloned().unwrap_or_else(last)
}

#[cfg(test)]
mod tests {
    use super::super::super::super::format::Format;
    use super::super::super::super::lang::{LANGUAGES, Words};
    use super::*;
    use crate::risk::features::{Against, FEATURES};

    /// What says that it is a change is never shown without the past that it is held against.
    #[test]
    fn a_change_fits_with_both_its_halves() {
        for feature in FEATURES.iter().filter(|f| f.against == Against::Past) {
            for (language, tag, _) in LANGUAGES {
                let (value, own_past) = (Some(1_234.0), Some(2_345.0));
                let (contract_id, name, effect) = ("c".into(), feature.name.into(), Some(-0.5));
                let speaks =
                    RenewalReasonRow { contract_id, feature: name, value, peer_value: value, own_past, effect };
                let reason = Reason { theme: feature.theme.word(), effect: -0.5, speaks };
                let format = Format { words: Words::of(language), currency: "CNY" };
                let said = [false, true].map(|ended| reasons::said_of(format, &reason, Measured::Alone, ended));
                let shown = said.clone().map(|text| first_that_fits(&[text], WHY));
                assert_eq!(shown, said, "{tag}");
            }
        }
    }

    #[test]
    fn a_shorter_sentence_is_better_than_half_a_one() {
        let texts = ["one two three four five six", "one two three", "one"].map(String::from);
        assert_eq!(first_that_fits(&texts, 160.0), texts[0]);
        assert_eq!(first_that_fits(&texts, 50.0), texts[1]);
        assert_eq!(first_that_fits(&texts, 20.0), texts[2]);
        assert_eq!(first_that_fits(&texts, 5.0), "o…");
        assert_eq!(first_that_fits(&[], 10.0), "");
    }
}
