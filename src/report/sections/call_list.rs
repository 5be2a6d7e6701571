//! The call list: the calls of the day, best call first, with what to know before one dials.
//!
//! In a workbook it is a form, on the first sheet: who calls fills in outcome and reason, and the file goes back as
//! source `care_actions` (`src/ingest/form.rs`), a row a call, `action_id` = AS_OF:CONTRACT.

use std::collections::HashMap;
use std::rc::Rc;

use crate::domain::schema::{Kind as Values, source};
use crate::domain::{Day, Str};
use crate::facts::activity::Activity;
use crate::facts::coverage::Coverage;
use crate::facts::rows::{CareRow, Company, FollowupRow};
use crate::marts::member_health::MemberHealthRow;
use crate::marts::renewal_reasons::{Reason, RenewalReasonRow, by_theme};
use crate::marts::renewal_risk::RenewalRiskRow;

use super::super::ReportError;
use super::super::calls::{Calls, brief};
use super::super::document::{Block, Cell, Column, Entry, Kind, Section};
use super::super::mask::{Class, shows};
use super::super::reasons;
use super::super::scope::Scope;
use super::made;

/// Counters on the list; each is a source of the same name.
const METRICS: [&str; 3] = ["shop_clicks", "contact_views", "inquiries"];
const WINDOW: i32 = 30;
const WEEKS: i32 = 13;
/// Reasons of a call.
const REASONS: usize = 3;

/// The action of a call when the playbook names none.
const CALL: &str = "call";

/// The calls of each person's day by `call_rank`, and in short those that are beyond it. Nothing is held out here: who
/// sees a contract calls it.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let visible = scope.marts.visible;
    let risks = scope.marts.rows::<RenewalRiskRow>()?;
    let calls = Calls::of(scope, &risks);
    let health = scope.marts.rows::<MemberHealthRow>()?;
    let all_reasons = scope.marts.rows::<RenewalReasonRow>()?;
    let desk = Desk {
        scope,
        reasons: &all_reasons,
        health: health.iter().map(|h| (h.company_id.clone(), h)).collect(),
        activity: visible.activity()?,
        coverage: scope.coverage()?,
        // By time, so the last one of a company stays.
        followups: scope.followups()?.iter().map(|f| (&f.company_id, f)).collect(),
        care: scope.care_actions()?.iter().map(|c| (&c.company_id, c)).collect(),
    };
    let mut table = scope.table("call_list", columns(scope));
    calls.today.iter().for_each(|risk| table.push(desk.cells(risk)));
    let baseline = risks.iter().all(|r| &*r.model == "baseline");
    let model = if baseline { "call_list.baseline" } else { "call_list.model" };
    let notes = [scope.say("call_list.order"), scope.say(model), scope.say("call_list.activity")];
    let mut blocks: Vec<Block> = notes.into_iter().map(Block::Text).collect();
    blocks.push(Block::Table(table));
    if !calls.later.is_empty() {
        let format = scope.format();
        let (n, most) = (calls.later.len() as i64, visible.project.risk.calls_per_rep_day as i64);
        blocks.push(Block::Text(scope.fill("call_list.later", &[("n", &format.int(n)), ("most", &format.int(most))])));
    }
    blocks.push(Block::Table(brief(scope, "call_list_later", &calls.later)));
    Ok(made(scope, "call_list", blocks))
}

fn columns(scope: &Scope<'_>) -> Vec<Column> {
    let column = |key: &str, kind: Kind| scope.column(key, kind);
    let mut columns = vec![
        column("call_rank", Kind::Int),
        Column { key: "name".into(), ..column("company_lines", Kind::Lines).page() },
        Column { key: "contact".into(), ..column("contact_lines", Kind::Lines).page() },
        column("rep_lines", Kind::Lines).page(),
        column("term_lines", Kind::Lines).page(),
        column("name", Kind::Text).data(),
        column("contact_name", Kind::Text).data(),
        column("phone", Kind::Text).data(),
        choice(scope, "outcome"),
        choice(scope, "reason"),
        entry(scope, "action", Entry::Free),
        column("last_care_on", Kind::Date).data(),
        column("last_care_action", Kind::Text).data(),
        column("last_care_outcome", Kind::Code("outcome")).data(),
        column("last_followup_on", Kind::Date).data(),
        column("last_followup_stage", Kind::Code("stage")).data(),
        column("service_rep_id", Kind::Text).data(),
        column("service_rep", Kind::Text).data(),
        column("contract_id", Kind::Text).data(),
        column("company_id", Kind::Text).data(),
        column("segment", Kind::Code("value")).data(),
        column("plan", Kind::Text).data(),
        column("shop_url", Kind::Text).data(),
        column("priority_rank", Kind::Int).data(),
        column("end_date", Kind::Date).data(),
        column("days_left", Kind::Int).data(),
        column("amount", Kind::Money).data(),
        column("annual_amount", Kind::Money),
        column("value_at_risk", Kind::Money).data(),
        column("expected_saved", Kind::Money).data(),
        column("risk_lines", Kind::Lines).page(),
        column("p_renew", Kind::Percent).data(),
        column("p_baseline", Kind::Percent).data(),
        column("risk_band", Kind::Code("band")).data(),
        column("model", Kind::Text).data(),
        Column { key: "why".into(), ..column("why_lines", Kind::Lines).page() },
    ];
    for n in 1..=REASONS {
        columns.push(column(&format!("theme_{n}"), Kind::Code("theme")).data());
        columns.push(column(&format!("theme_{n}_effect"), Kind::Float(2)).data());
        columns.push(column(&format!("theme_{n}_feature"), Kind::Code("feature")).data());
    }
    for metric in METRICS {
        columns.push(column(&format!("{metric}_lines"), Kind::Lines).page());
        columns.push(column(&format!("{metric}_30d"), Kind::Int).data());
        columns.push(column(&format!("{metric}_prev_30d"), Kind::Int).data());
        columns.push(column(&format!("{metric}_pct"), Kind::Percent).data());
    }
    columns.push(column("weeks", Kind::Spark).page());
    columns.push(column("missing_days", Kind::Int).data());
    for key in ["action_id", "ts", "company_id", "contract_id", "rep_id"] {
        let column = entry(scope, key, Entry::Hidden);
        columns.push(if key == "ts" { Column { kind: Kind::Time, ..column } } else { column });
    }
    columns
}

/// A column of the form, under the name by which the project reads it.
fn entry(scope: &Scope<'_>, key: &str, entry: Entry) -> Column {
    let settings = scope.marts.visible.project.sources.get("care_actions");
    let name = settings.and_then(|s| s.columns.get(key)).map_or(key, String::as_str);
    Column { key: name.into(), label: name.into(), ..scope.column(key, Kind::Text) }.entry(entry)
}

/// A column with a list to choose from: the contract's words, or those that the project's settings read as them.
fn choice(scope: &Scope<'_>, key: &str) -> Column {
    let settings = scope.marts.visible.project.sources.get("care_actions");
    let kind = source("care_actions").and_then(|s| Some(s.fields[s.index(key)?].kind));
    let ours = if let Some(Values::Word(words)) = kind { words } else { &[] };
    let theirs = |word: &str| {
        let map = settings?.values.get(key)?;
        map.iter().find(|(_, ours)| *ours == word).map(|(theirs, _)| theirs.clone())
    };
    let words: Vec<String> = ours.iter().map(|word| theirs(word).unwrap_or_else(|| word.to_string())).collect();
    let format = scope.format();
    let meaning = |(shown, word): (&String, &&str)| format!("{shown} = {}", format.code(key, word));
    let hint = words.iter().zip(ours).map(meaning).collect::<Vec<_>>().join("\n");
    entry(scope, key, Entry::Choice { words, hint })
}

/// What the rows of the list are made from.
struct Desk<'a> {
    scope: &'a Scope<'a>,
    /// By contract, then feature.
    reasons: &'a [RenewalReasonRow],
    health: HashMap<Str, &'a MemberHealthRow>,
    activity: &'a Activity,
    coverage: Rc<Coverage>,
    followups: HashMap<&'a Str, &'a FollowupRow>,
    care: HashMap<&'a Str, &'a CareRow>,
}

impl Desk<'_> {
    fn cells(&self, r: &RenewalRiskRow) -> Vec<Cell> {
        let (scope, format) = (self.scope, self.scope.format());
        let visible = scope.marts.visible;
        let company = visible.company_of.get(&r.company_id).map(|at| &visible.companies[*at]);
        let of = |get: fn(&Company) -> Option<&Str>| company.and_then(get);
        let (contact, phone) = (of(|c| c.contact_name.as_ref()), of(|c| c.phone.as_ref()));
        let name = of(|c| c.name.as_ref()).map(|name| scope.free(name));
        let plan = scope.free(&r.plan);
        let rep = r.service_rep_id.as_ref().map(|id| scope.rep(id));
        let followup = self.followups.get(&r.company_id);
        let followed_on = followup.map(|f| visible.project.zone.day_of(f.ts));
        let followed = followup.zip(followed_on).map(|(f, day)| {
            let stage = format.code("stage", &f.stage);
            scope.fill("call_list.followed", &[("date", &format.date(day)), ("stage", &stage)])
        });
        let care = self.care.get(&r.company_id).copied();
        let segment = scope.segment(&r.segment);
        let found = by_theme(self.reasons, &r.contract_id);
        let nobody = || scope.say("call_list.nobody");
        let mut cells: Vec<Cell> = vec![
            r.call_rank.into(),
            lines([
                name.as_ref().unwrap_or(&r.company_id).to_string(),
                scope.fill("call_list.ids", &[("company", &r.company_id), ("contract", &r.contract_id)]),
                scope.fill("call_list.kind", &[("segment", &segment), ("plan", &plan)]),
            ]),
            lines([contact, phone].into_iter().flatten().map(|t| t.to_string())),
            lines([
                rep.as_ref().map_or_else(nobody, Str::to_string),
                followed.unwrap_or_else(|| scope.say("call_list.never")),
                self.cared(care),
            ]),
            lines([days_left(scope, r.days_left), format.date(r.end_date)]),
            name.into(),
            contact.into(),
            phone.into(),
            Cell::Null,
            Cell::Null,
            reasons::action(scope, &found).unwrap_or_else(|| CALL.into()).into(),
            care.map(|c| c.day).into(),
            care.map(|c| scope.free(&c.action)).into(),
            care.and_then(|c| c.outcome.as_ref()).into(),
            followed_on.into(),
            followup.map(|f| &f.stage).into(),
            r.service_rep_id.as_ref().into(),
            rep.into(),
            (&r.contract_id).into(),
            (&r.company_id).into(),
            (&r.segment).into(),
            plan.into(),
            of(|c| c.shop_url.as_ref()).into(),
            r.priority_rank.into(),
            r.end_date.into(),
            r.days_left.into(),
            r.amount.into(),
            r.annual_amount.into(),
            r.value_at_risk.into(),
            r.expected_saved.into(),
            lines([format.code("band", &r.risk_band), format.percent(r.p_renew)]),
            r.p_renew.into(),
            r.p_baseline.into(),
            (&r.risk_band).into(),
            (&r.model).into(),
        ];
        cells.extend(self.why(&found));
        let health = self.health.get(&r.company_id).copied();
        cells.extend(METRICS.into_iter().flat_map(|metric| self.metric(metric, health)));
        cells.push(self.weeks(&r.company_id));
        cells.push(health.map(|h| h.missing_days).into());
        let action_id = format!("{}:{}", scope.day(), r.contract_id);
        let back: [Cell; 5] = [
            action_id.into(),
            scope.now.into(),
            (&r.company_id).into(),
            (&r.contract_id).into(),
            r.service_rep_id.as_ref().into(),
        ];
        cells.extend(back);
        cells
    }

    /// Lines, then of each reason its theme, effect and the feature that speaks.
    fn why(&self, found: &[Reason]) -> Vec<Cell> {
        let format = self.scope.format();
        let shown = reasons::for_leaving(format, found).take(REASONS);
        let mut cells = vec![lines(shown.map(|reason| reasons::line(self.scope, reason)))];
        let mut shown = reasons::for_leaving(format, found);
        for _ in 0..REASONS {
            let reason = shown.next();
            cells.push(reason.map(|r| r.theme).into());
            cells.push(reason.map(|r| r.effect).into());
            cells.push(reason.map(|r| &r.speaks.feature).into());
        }
        cells
    }

    /// What was done last to keep the member, so that nobody calls twice for one matter.
    fn cared(&self, care: Option<&CareRow>) -> String {
        let (scope, format) = (self.scope, self.scope.format());
        let Some(care) = care else { return scope.say("call_list.no_care") };
        // Typed by a person.
        let action = if shows(scope.audience, Class::FreeText) { scope.free(&care.action).to_string() } else { dash() };
        let outcome = care.outcome.as_ref().map_or_else(dash, |word| format.code("outcome", word));
        let date = format.date(care.day);
        scope.fill("call_list.cared", &[("date", &date), ("action", &action), ("outcome", &outcome)])
    }

    /// Lines, the last 30 days, the 30 before, percentile; null where the source does not cover the window.
    fn metric(&self, metric: &'static str, health: Option<&MemberHealthRow>) -> [Cell; 4] {
        let Some(health) = health else { return [lines([dash()]), Cell::Null, Cell::Null, Cell::Null] };
        let (last, before, pct) = match metric {
            "contact_views" => (health.contact_views_30d, health.contact_views_prev_30d, health.contact_views_pct),
            "inquiries" => (health.inquiries_30d, health.inquiries_prev_30d, health.inquiries_pct),
            _ => (health.shop_clicks_30d, health.shop_clicks_prev_30d, health.shop_clicks_pct),
        };
        let (scope, format, day) = (self.scope, self.scope.format(), self.scope.day());
        let gaps = self.coverage.missing(metric, day.window_start(WINDOW), day);
        let gaps_before = self.coverage.missing(metric, day.window_start(2 * WINDOW), day - WINDOW);
        let last = gaps.map(|_| last);
        let before = gaps_before.map(|_| before);
        let pct = pct.filter(|_| last.is_some());
        let mut text = vec![last.map_or_else(dash, |n| format.int(n))];
        let complete = gaps == Some(0) && gaps_before == Some(0);
        text.push(match (last, before) {
            (Some(now), Some(then)) if then > 0 && complete => {
                let change = format.change((now - then) as f64 / then as f64);
                scope.fill("call_list.before_change", &[("n", &format.int(then)), ("change", &change)])
            }
            _ => scope.fill("call_list.before", &[("n", &before.map_or_else(dash, |n| format.int(n)))]),
        });
        if let Some(pct) = pct {
            text.push(scope.fill("call_list.percentile", &[("p", &format.percent_short(pct))]));
        }
        let missing = gaps.unwrap_or(0) + gaps_before.unwrap_or(0);
        if missing > 0 {
            text.push(scope.fill("call_list.missing", &[("n", &missing.to_string())]));
        }
        [lines(text), last.into(), before.into(), pct.into()]
    }

    /// Clicks of 13 weeks, the oldest first; a week with days that are missing or not covered is unknown.
    fn weeks(&self, company: &Str) -> Cell {
        let day = self.scope.day();
        let clicks = self.activity.weekly_clicks(company, day);
        let known = |(week, n): (i32, i64)| {
            let end: Day = day - 7 * (WEEKS - 1 - week);
            self.coverage.missing("shop_clicks", end - 6, end).filter(|gaps| *gaps == 0).map(|_| n)
        };
        let weeks: Vec<Option<i64>> = (0..).zip(clicks).map(known).collect();
        if weeks.iter().all(Option::is_none) { Cell::Null } else { Cell::Spark(weeks) }
    }
}

fn lines(lines: impl IntoIterator<Item = String>) -> Cell {
    let lines: Vec<String> = lines.into_iter().collect();
    if lines.is_empty() { Cell::Null } else { Cell::Lines(lines) }
}

fn dash() -> String {
    super::super::format::NOTHING.to_string()
}

fn days_left(scope: &Scope<'_>, days: i64) -> String {
    let key = if days < 0 { "call_list.days_over" } else { "call_list.days_left" };
    scope.fill(key, &[("n", &days.abs().to_string())])
}
