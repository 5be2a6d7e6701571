//! Contract §3.2: the health of members.

use std::collections::BTreeMap;

use crate::support::days::Day;
use crate::support::portal::{Event, Feed, Portal};
use crate::twins::activity::{COUNTERS, counted, counters, source_days, word};
use crate::twins::risk::at_risk;
use crate::twins::sheet::{Cell, Expected, Line, ratio, round};
use crate::twins::terms::{Term, firm, memberships, terms};

/// A company that has a row: its plan's contract, its chain, its last 30 days.
struct Health<'a, 'b> {
    company: &'b str,
    segment: String,
    plan: &'b Term<'a>,
    in_force: bool,
    days: i64,
    last: [i64; 7],
    before: [i64; 7],
}

impl Health<'_, '_> {
    fn is_peer(&self) -> bool {
        self.in_force && self.days >= 30
    }
}

fn days_in_force(terms: &[Term], company: &str, grace: i64, as_of: Day) -> i64 {
    let mut own: Vec<&Term> =
        memberships(terms).into_iter().filter(|t| t.company() == company && t.c.start <= as_of).collect();
    own.sort_by_key(|t| t.c.start);
    let (mut start, mut latest_end) = (own[0].c.start, own[0].end);
    for t in own {
        if t.c.start > latest_end + grace {
            start = t.c.start;
        }
        latest_end = latest_end.max(t.end);
    }
    as_of - start + 1
}

fn healths<'a, 'b>(p: &Portal, terms: &'b [Term<'a>], as_of: Day) -> Vec<Health<'a, 'b>> {
    let events = counted(p, as_of);
    let mut plans: BTreeMap<&str, (bool, &Term)> = BTreeMap::new();
    let force = memberships(terms).into_iter().filter(|t| t.in_force(as_of)).map(|t| (true, t));
    for (in_force, t) in force.chain(at_risk(p, terms, as_of).into_iter().map(|t| (false, t))) {
        let rank = |f: bool, t: &Term| (f, t.c.start, t.c.id.clone());
        match plans.get(t.company()) {
            Some((f, old)) if rank(*f, old) >= rank(in_force, t) => {}
            _ => {
                plans.insert(t.company(), (in_force, t));
            }
        }
    }
    let mut out = Vec::new();
    for (company, (in_force, plan)) in plans {
        let window = |from: Day, to: Day| -> [i64; 7] {
            let own = |e: &&&Event| e.company_id.as_deref() == Some(company) && from <= e.date && e.date <= to;
            counters(&events.iter().filter(own).copied().collect::<Vec<_>>())
        };
        out.push(Health {
            company,
            segment: firm(p, company, as_of).segment().to_string(),
            plan,
            in_force,
            days: days_in_force(terms, company, p.grace, as_of),
            last: window(as_of - 29, as_of),
            before: window(as_of - 59, as_of - 30),
        });
    }
    out
}

pub fn member_health(p: &Portal, as_of: Day) -> Expected {
    let terms = terms(p, as_of);
    let all = healths(p, &terms, as_of);
    let missing = source_days(p, as_of).iter().filter(|s| s.status == "missing" && as_of - 29 <= s.date).count() as i64;
    let events = counted(p, as_of);
    let rows = all.iter().map(|h| row(h, &all, &events, missing, as_of)).collect();
    Expected::sorted("member_health", 1, rows)
}

const LAST: [&str; 7] = [
    "shop_clicks_30d",
    "visitors_30d",
    "ad_clicks_30d",
    "contact_views_30d",
    "messages_30d",
    "inquiries_30d",
    "aftersale_calls_30d",
];
const BEFORE: [&str; 7] = [
    "shop_clicks_prev_30d",
    "visitors_prev_30d",
    "ad_clicks_prev_30d",
    "contact_views_prev_30d",
    "messages_prev_30d",
    "inquiries_prev_30d",
    "aftersale_calls_prev_30d",
];
const PERCENT: [&str; 7] = [
    "shop_clicks_pct",
    "visitors_pct",
    "ad_clicks_pct",
    "contact_views_pct",
    "messages_pct",
    "inquiries_pct",
    "aftersale_calls_pct",
];

fn row(h: &Health, all: &[Health], events: &[&Event], missing: i64, as_of: Day) -> Line {
    let (group, peers) = peers(h, all);
    let percentile = |m: usize| -> Option<f64> {
        let below = peers.iter().filter(|o| o.last[m] < h.last[m]).count() as f64;
        let equal = peers.iter().filter(|o| o.last[m] == h.last[m]).count() as f64;
        (h.days >= 30 && !peers.is_empty()).then(|| (below + equal / 2.0) / peers.len() as f64)
    };
    let percentiles: Vec<Option<f64>> = (0..7).map(percentile).collect();
    let mut weakest: Option<usize> = None;
    for m in 0..7 {
        if percentiles[m].is_some() && weakest.is_none_or(|w| percentiles[m] < percentiles[w]) {
            weakest = Some(m);
        }
    }
    let own: Vec<&Event> = events.iter().filter(|e| e.company_id.as_deref() == Some(h.company)).copied().collect();
    let mut sources: BTreeMap<String, i64> = BTreeMap::new();
    for e in own.iter().filter(|e| e.feed == Feed::ShopClicks && as_of - 29 <= e.date) {
        *sources.entry(word(e)).or_default() += 1;
    }
    let most = sources.values().max();
    let top = sources.iter().find(|(_, n)| Some(*n) == most).map(|(name, _)| name);
    let inquiry = own.iter().filter(|e| e.feed == Feed::Inquiries).map(|e| e.date).max();
    let start = h.plan.c.start;
    let is_lead = |e: &&&Event| matches!(e.feed, Feed::ContactViews | Feed::Messages | Feed::Inquiries);
    let leads = own.iter().filter(is_lead).filter(|e| start <= e.date).count() as i64;
    let days = h.plan.days_signed();
    let elapsed = (as_of - start + 1).min(days);
    let cost = (leads > 0).then(|| round(h.plan.amount * i128::from(elapsed), i128::from(days) * i128::from(leads)));
    let mut line: Line = vec![
        ("company_id", h.company.into()),
        ("in_force", h.in_force.into()),
        ("days_in_force", h.days.into()),
        ("inquiry_rate_30d", ratio(h.last[5], h.last[0]).into()),
        ("peer_group", group.into()),
        ("peers", peers.len().into()),
        ("top_click_source", Cell::from(top)),
        ("days_since_last_inquiry", inquiry.map(|d| as_of - d).into()),
        ("missing_days", missing.into()),
        ("weakest_metric", weakest.map(|m| COUNTERS[m]).into()),
        ("leads_term", leads.into()),
        ("cost_per_lead", cost.into()),
        ("may segment", (&h.segment).into()),
        ("may plan", (&h.plan.c.plan).into()),
    ];
    for m in 0..7 {
        line.push((LAST[m], h.last[m].into()));
        line.push((BEFORE[m], h.before[m].into()));
        line.push((PERCENT[m], percentiles[m].into()));
    }
    line
}

/// The narrowest group with ten peers, else all whatever their number.
fn peers<'h, 'a, 'b>(h: &Health, all: &'h [Health<'a, 'b>]) -> (&'static str, Vec<&'h Health<'a, 'b>>) {
    let among = |like: &dyn Fn(&Health) -> bool| all.iter().filter(|o| o.is_peer() && like(o)).collect::<Vec<_>>();
    let near = among(&|o| o.segment == h.segment && o.plan.c.plan == h.plan.c.plan);
    let segment = among(&|o| o.segment == h.segment);
    if near.len() >= 10 {
        ("segment_plan", near)
    } else if segment.len() >= 10 {
        ("segment", segment)
    } else {
        ("all", among(&|_| true))
    }
}
