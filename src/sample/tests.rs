//! The portal is believable; what its files hold is tested in `tests/sample.rs`.

use std::collections::BTreeMap;

use super::*;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn portal(companies: usize, seed: u64) -> (Portal, Day) {
    let request = Request::new("unused".into(), companies, day("2025-09-01"), day("2026-10-31"), seed);
    (Portal::build(&request), request.to)
}

/// Renewed by the contract's rule over the rows alone: another membership, later start and end, in time.
#[test]
fn renewal_rate_is_that_of_a_portal_and_the_truth_explains_it() {
    let (portal, today) = portal(4_000, 11);
    let memberships: Vec<&Contract> =
        portal.contracts.iter().filter(|c| matches!(c.kind, "membership" | "") && c.amount > 0).collect();
    let mut of_company: BTreeMap<usize, Vec<&Contract>> = BTreeMap::new();
    for c in memberships.iter().filter(|c| c.deal != contracts::Deal::Other) {
        of_company.entry(c.company.unwrap()).or_default().push(c);
    }
    let (mut n, mut renewed, mut expected, mut spread) = (0.0, 0.0, 0.0, 0.0);
    for c in of_company.values().flatten().filter(|c| c.end + 30 < today) {
        let Some(truth) = c.truth else { continue };
        let by = |d: &&&Contract| d.start > c.start && d.end > c.end && d.start <= c.end + 30 && d.signed <= c.end + 30;
        n += 1.0;
        renewed += f64::from(u8::from(of_company[&c.company.unwrap()].iter().any(|d| by(&d))));
        expected += truth.p_renew;
        spread += truth.p_renew * (1.0 - truth.p_renew);
    }
    assert!(n > 1_500.0, "{n}");
    assert!((0.60..0.80).contains(&(renewed / n)), "{}", renewed / n);
    let off: f64 = renewed - expected;
    assert!(off.abs() < 4.0 * spread.sqrt(), "{renewed} renewed, {expected} expected");
}

#[test]
fn shops_of_leavers_fade() {
    let (portal, today) = portal(600, 4);
    let from = day("2025-09-01");
    // Memberships that ended in the last seven months, and whether the shop faded before.
    let ended = |c: &&Contract| c.truth.is_some() && c.end > from + 200 && c.end <= today;
    let mut traffic = Traffic::new(&portal.companies, &portal.phases, from, 4);
    let mut clicks = vec![Vec::new(); portal.companies.len()];
    let mut hits = DayOfHits::default();
    for d in (from.0..=today.0).map(Day) {
        traffic.day(d, &mut hits);
        for list in &mut clicks {
            list.push(0.0);
        }
        for hit in hits.clicks.iter().filter(|h| (h.company as usize) < portal.companies.len() && h.excluded == 0) {
            *clicks[hit.company as usize].last_mut().unwrap() += 1.0;
        }
    }
    // Clicks of the last 90 days against the season's, over those of the 90 before them: the season cancels
    // out when both groups are compared.
    let (mut fading, mut steady) = ([0.0; 2], [0.0; 2]);
    for c in portal.contracts.iter().filter(ended) {
        let company = c.company.unwrap();
        let phase = portal.phases[company].iter().find(|p| p.start == c.start).unwrap();
        let sum = |a: Day, b: Day| (a.0..=b.0).map(|d| clicks[company][(d - from.0) as usize]).sum::<f64>();
        let group = if phase.fade.is_some() { &mut fading } else { &mut steady };
        group[0] += sum(c.end - 89, c.end) / portal.companies[company].size.clicks();
        group[1] += 1.0;
    }
    assert!(fading[1] > 9.0 && steady[1] > 30.0, "{fading:?} {steady:?}");
    assert!(fading[0] / fading[1] < 0.6 * steady[0] / steady[1], "{fading:?} {steady:?}");
}

#[test]
fn the_portal_has_what_reports_ask_for() {
    let (portal, today) = portal(1_000, 2);
    let clients = portal.phases.iter().filter(|p| !p.is_empty()).count() as f64 / portal.companies.len() as f64;
    assert!((0.28..0.45).contains(&clients), "{clients}");
    let absent = |c: &&Company| c.size == portal::Size::Large && c.registered_on.is_none() && c.joins.is_none();
    assert!(portal.companies.iter().filter(absent).count() > 5);
    let has = |what: &str, test: &dyn Fn(&Contract) -> bool| {
        assert!(portal.contracts.iter().any(test), "no {what}");
    };
    has("trial", &|c| c.kind == "trial");
    has("add-on", &|c| c.kind == "addon");
    has("add-on without kind", &|c| c.kind.is_empty() && c.end - c.start < 200 && c.amount > 0);
    has("free contract without kind", &|c| c.kind.is_empty() && c.amount == 0);
    has("void", &|c| c.cancelled.is_some_and(|on| on <= c.start));
    has("cancellation with refund", &|c| c.cancelled.is_some_and(|on| on > c.start) && c.refund.is_some());
    has("three years", &|c| c.end - c.start > 1_000);
    has("signed after the end, in grace", &|c| c.deal == contracts::Deal::Renewal && c.signed >= c.start);
    has("won back", &|c| c.deal == contracts::Deal::WonBack);
    has("cents", &|c| c.amount % 100 != 0);
    has("parallel", &|c| c.deal == contracts::Deal::Other && c.kind == "membership" && c.cancelled.is_none());
    assert!(portal.people.reps.iter().any(|r| r.left_on.is_some()));
    let last = portal.contracts.iter().map(|c| c.signed).max().unwrap();
    assert!(last <= today && portal.contracts[0].signed < day("2022-12-31"));
}
