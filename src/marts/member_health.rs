//! `member_health`: how each member's shop does, against its own past and its peers (contract §3.2).
//!
//! ```text
//! member_day ──► last 30 days, the 30 before ──► percentile among peers ──► weakest metric
//! peers: members in force for 30 days, of segment and plan; else of the segment; else all: the first with 10
//! ```

use std::collections::{BTreeMap, HashMap};

use crate::domain::schema::MEMBER_DAY_COUNTERS;
use crate::domain::{Cents, Day, Str};
use crate::facts::Visible;
use crate::facts::activity::{Activity, CONTACT_VIEWS, COUNTERS, INQUIRIES, MESSAGES, SHOP_CLICKS, VISITORS};
use crate::facts::terms::Contract;
use crate::facts::windows::chain_start;
use crate::risk::observe::at_stake;
use crate::rows;
use crate::stats::percentile::mid_rank;

use super::source_day::SourceDayRow;
use super::{MartRow, Marts, Result};

rows! {
    /// One member, or a company with a contract at stake.
    pub struct MemberHealthRow = "member_health", "member, or company with a contract at stake", key(company_id) {
        /// the company
        company_id: Str,
        /// a member on the as-of day
        in_force: bool,
        /// days since its unbroken chain of memberships began, the as-of day included
        days_in_force: i64,
        /// shop clicks of the last 30 days
        shop_clicks_30d: i64,
        /// shop clicks of the 30 days before
        shop_clicks_prev_30d: i64,
        /// daily visitors summed over the last 30 days; null where their ids are dropped
        visitors_30d: Option<i64>,
        /// daily visitors summed over the 30 days before; null where their ids are dropped
        visitors_prev_30d: Option<i64>,
        /// ad clicks of the last 30 days
        ad_clicks_30d: i64,
        /// ad clicks of the 30 days before
        ad_clicks_prev_30d: i64,
        /// contact views of the last 30 days
        contact_views_30d: i64,
        /// contact views of the 30 days before
        contact_views_prev_30d: i64,
        /// messages of the last 30 days
        messages_30d: i64,
        /// messages of the 30 days before
        messages_prev_30d: i64,
        /// inquiries of the last 30 days
        inquiries_30d: i64,
        /// inquiries of the 30 days before
        inquiries_prev_30d: i64,
        /// connected after-sales calls of the last 30 days
        aftersale_calls_30d: i64,
        /// connected after-sales calls of the 30 days before
        aftersale_calls_prev_30d: i64,
        /// inquiries / shop clicks of the last 30 days (ratio)
        inquiry_rate_30d: Option<f64>,
        /// segment_plan, segment or all: whom it is compared with
        peer_group: Str,
        /// number of peers
        peers: i64,
        /// percentile of shop clicks among peers (0..1)
        shop_clicks_pct: Option<f64>,
        /// percentile of visitors among peers (0..1)
        visitors_pct: Option<f64>,
        /// percentile of ad clicks among peers (0..1)
        ad_clicks_pct: Option<f64>,
        /// percentile of contact views among peers (0..1)
        contact_views_pct: Option<f64>,
        /// percentile of messages among peers (0..1)
        messages_pct: Option<f64>,
        /// percentile of inquiries among peers (0..1)
        inquiries_pct: Option<f64>,
        /// percentile of after-sales calls among peers (0..1)
        aftersale_calls_pct: Option<f64>,
        /// the source that brought most shop clicks in 30 days
        top_click_source: Option<Str>,
        /// days since the last inquiry; null if there never was one
        days_since_last_inquiry: Option<i64>,
        /// source-days missing in the last 30, all event sources
        missing_days: i64,
        /// the counter with the lowest percentile
        weakest_metric: Option<Str>,
        /// contact views, messages and inquiries since the start of the membership that gives its plan
        leads_term: i64,
        /// that membership's amount so far per lead (currency)
        cost_per_lead: Option<Cents>,
        /// the company's segment
        segment: Str,
        /// the plan of that membership
        plan: Str,
    }
}

const WINDOW: i32 = 30;
/// Fewer peers than this say nothing.
const ENOUGH_PEERS: usize = 10;

/// A company with what is compared.
struct Subject<'a> {
    company: usize,
    in_force: bool,
    days_in_force: i64,
    /// The membership that gives its plan.
    term: &'a Contract,
    last: [i64; COUNTERS],
    before: [i64; COUNTERS],
}

impl MartRow for MemberHealthRow {
    fn compute(marts: &Marts<'_>) -> Result<Vec<MemberHealthRow>> {
        let visible = marts.visible;
        let activity = visible.activity()?;
        let subjects = subjects(visible, activity);
        let groups = PeerGroups::of(visible, &subjects);
        let top_sources = top_sources(visible)?;
        let since = visible.day.window_start(WINDOW);
        let source_days = marts.rows::<SourceDayRow>()?;
        let missing = source_days.iter().filter(|d| d.date >= since && &*d.status == "missing").count() as i64;
        let row = |s: &Subject<'_>| {
            let id = &visible.companies[s.company].id;
            health(visible, activity, s, &groups, top_sources.get(id).cloned(), missing)
        };
        Ok(subjects.iter().map(row).collect())
    }
}

/// Members, and companies with a contract at stake, by id.
fn subjects<'a>(visible: &'a Visible<'_>, activity: &Activity) -> Vec<Subject<'a>> {
    let mut terms: BTreeMap<usize, (bool, usize)> = BTreeMap::new();
    let latest = |contracts: &[usize]| {
        contracts.iter().copied().max_by_key(|c| (visible.contracts[*c].start, &visible.contracts[*c].id))
    };
    let mut stake: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    at_stake(visible, visible.day)
        .into_iter()
        .for_each(|c| stake.entry(visible.contracts[c].company).or_default().push(c));
    for company in 0..visible.companies.len() {
        let held: Vec<usize> =
            visible.memberships_of(company).filter(|c| visible.contracts[*c].in_force(visible.day)).collect();
        let term = latest(&held).map(|c| (true, c));
        let at_stake = || stake.get(&company).and_then(|c| latest(c)).map(|c| (false, c));
        if let Some(term) = term.or_else(at_stake) {
            terms.insert(company, term);
        }
    }
    let day = visible.day;
    let subject = |(company, (in_force, term)): (usize, (bool, usize))| {
        let id = &visible.companies[company].id;
        let memberships = visible.memberships_of(company).map(|c| &visible.contracts[c]);
        let start = chain_start(memberships, day, visible.grace()).unwrap_or(day);
        Subject {
            company,
            in_force,
            days_in_force: i64::from(day - start + 1),
            term: &visible.contracts[term],
            last: activity.sums(id, day.window_start(WINDOW), day),
            before: activity.sums(id, day.window_start(2 * WINDOW), day - WINDOW),
        }
    };
    terms.into_iter().map(subject).collect()
}

/// The counters of every group of peers, each sorted.
#[derive(Default)]
struct PeerGroups {
    by_segment_plan: HashMap<(Str, Str), Peers>,
    by_segment: HashMap<Str, Peers>,
    all: Peers,
}

#[derive(Default)]
struct Peers {
    counters: [Vec<i64>; COUNTERS],
}

impl Peers {
    fn add(&mut self, counts: &[i64; COUNTERS]) {
        self.counters.iter_mut().zip(counts).for_each(|(values, count)| values.push(*count));
    }

    fn sort(&mut self) {
        self.counters.iter_mut().for_each(|values| values.sort_unstable());
    }

    fn len(&self) -> usize {
        self.counters[0].len()
    }
}

impl PeerGroups {
    fn of(visible: &Visible<'_>, subjects: &[Subject<'_>]) -> PeerGroups {
        let mut groups = PeerGroups::default();
        for s in subjects.iter().filter(|s| s.in_force && s.days_in_force >= i64::from(WINDOW)) {
            let segment = visible.companies[s.company].segment.clone();
            groups.by_segment_plan.entry((segment.clone(), s.term.plan.clone())).or_default().add(&s.last);
            groups.by_segment.entry(segment).or_default().add(&s.last);
            groups.all.add(&s.last);
        }
        groups.by_segment_plan.values_mut().for_each(Peers::sort);
        groups.by_segment.values_mut().for_each(Peers::sort);
        groups.all.sort();
        groups
    }

    /// The first group with enough peers; `all`, whatever its number.
    fn for_subject(&self, segment: &Str, plan: &Str) -> (&'static str, &Peers) {
        let enough = |peers: &&Peers| peers.len() >= ENOUGH_PEERS;
        if let Some(peers) = self.by_segment_plan.get(&(segment.clone(), plan.clone())).filter(enough) {
            return ("segment_plan", peers);
        }
        self.by_segment.get(segment).filter(enough).map_or(("all", &self.all), |peers| ("segment", peers))
    }
}

/// The source that brought each company most clicks in the window, ties by name.
fn top_sources(visible: &Visible<'_>) -> Result<HashMap<Str, Str>> {
    let mut clicks: BTreeMap<(Str, Str), i64> = BTreeMap::new();
    for row in visible.click_sources(visible.day.window_start(WINDOW))? {
        *clicks.entry((row.key[0].clone(), row.key[1].clone())).or_default() += row.count(0);
    }
    let mut best: HashMap<Str, (i64, Str)> = HashMap::new();
    for ((company, source), n) in clicks {
        let top = best.entry(company).or_insert((0, source.clone()));
        if n > top.0 {
            *top = (n, source);
        }
    }
    Ok(best.into_iter().map(|(company, (_, source))| (company, source)).collect())
}

fn health(
    visible: &Visible<'_>,
    activity: &Activity,
    s: &Subject<'_>,
    groups: &PeerGroups,
    top_click_source: Option<Str>,
    missing_days: i64,
) -> MemberHealthRow {
    let company = &visible.companies[s.company];
    let (group, peers) = groups.for_subject(&company.segment, &s.term.plan);
    let known = |counter| counter != VISITORS || !activity.visitors_unknown;
    let settled = s.days_in_force >= i64::from(WINDOW);
    let pct: [Option<f64>; COUNTERS] =
        std::array::from_fn(|i| mid_rank(&peers.counters[i], s.last[i]).filter(|_| settled && known(i)));
    let visitors = |counts: &[i64; COUNTERS]| known(VISITORS).then_some(counts[VISITORS]);
    let term = activity.sums(&company.id, s.term.start, visible.day);
    let leads = term[CONTACT_VIEWS] + term[MESSAGES] + term[INQUIRIES];
    let last_inquiry = activity.of_company(&company.id).iter().rev().find(|d| d.counts[INQUIRIES] > 0);
    MemberHealthRow {
        company_id: company.id.clone(),
        in_force: s.in_force,
        days_in_force: s.days_in_force,
        shop_clicks_30d: s.last[0],
        shop_clicks_prev_30d: s.before[0],
        visitors_30d: visitors(&s.last),
        visitors_prev_30d: visitors(&s.before),
        ad_clicks_30d: s.last[2],
        ad_clicks_prev_30d: s.before[2],
        contact_views_30d: s.last[3],
        contact_views_prev_30d: s.before[3],
        messages_30d: s.last[4],
        messages_prev_30d: s.before[4],
        inquiries_30d: s.last[5],
        inquiries_prev_30d: s.before[5],
        aftersale_calls_30d: s.last[6],
        aftersale_calls_prev_30d: s.before[6],
        inquiry_rate_30d: (s.last[SHOP_CLICKS] > 0).then(|| s.last[INQUIRIES] as f64 / s.last[SHOP_CLICKS] as f64),
        peer_group: group.into(),
        peers: peers.len() as i64,
        shop_clicks_pct: pct[0],
        visitors_pct: pct[1],
        ad_clicks_pct: pct[2],
        contact_views_pct: pct[3],
        messages_pct: pct[4],
        inquiries_pct: pct[5],
        aftersale_calls_pct: pct[6],
        top_click_source,
        days_since_last_inquiry: last_inquiry.map(|d| i64::from(visible.day - d.day)),
        missing_days,
        weakest_metric: weakest(&pct).map(Str::from),
        leads_term: leads,
        cost_per_lead: cost_per_lead(s.term, visible.day, leads),
        segment: company.segment.clone(),
        plan: s.term.plan.clone(),
    }
}

/// The counter with the lowest percentile; of equal ones the first.
fn weakest(pct: &[Option<f64>; COUNTERS]) -> Option<&'static str> {
    let known = pct.iter().zip(MEMBER_DAY_COUNTERS).filter_map(|(p, name)| p.map(|p| (p, *name)));
    known.reduce(|best, next| if next.0 < best.0 { next } else { best }).map(|(_, name)| name)
}

/// amount × elapsed days / days as signed / leads, rounded once.
fn cost_per_lead(term: &Contract, day: Day, leads: i64) -> Option<Cents> {
    let days = term.days_signed();
    let elapsed = (day - term.start + 1).min(days);
    term.amount.times(i128::from(elapsed), i128::from(days) * i128::from(leads))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_first_counter_and_nulls_are_no_weakness() {
        let none = [None; COUNTERS];
        assert_eq!(weakest(&none), None);
        let mut pct = none;
        (pct[1], pct[3], pct[5]) = (Some(0.5), Some(0.25), Some(0.25));
        assert_eq!(weakest(&pct), Some("contact_views"));
    }
}
