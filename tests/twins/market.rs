//! Contract §3.4: market share, quarter by quarter.

use std::collections::BTreeSet;

use crate::support::days::{self, Day};
use crate::support::portal::{Estimate, Portal};
use crate::twins::sheet::{Cell, Expected, Line, ratio, round, wilson};
use crate::twins::terms::{Class, Firm, Term, firm, firms, is_member, terms};

/// A segment on a day; amounts in cents.
#[derive(Clone, Debug, Default)]
struct Stand {
    has_row: bool,
    companies: i64,
    registered: i64,
    members: i64,
    universe: i64,
    bookings: i128,
    spend: Option<i128>,
    large: i64,
    large_members: i64,
    signed: i128,
    signings: i64,
}

impl Stand {
    fn share(&self) -> Option<f64> {
        ratio(self.members, self.universe).filter(|_| self.has_row)
    }
}

fn estimate<T>(p: &Portal, segment: &str, d: Day, value: impl Fn(&Estimate) -> Option<T>) -> Option<T> {
    let known = p.estimates.iter().filter(|e| e.segment == segment && e.year <= days::year(d) && value(e).is_some());
    known.max_by_key(|e| e.year).and_then(value)
}

fn stand(p: &Portal, terms: &[Term], segment: &str, d: Day, as_of: Day) -> Stand {
    let here: Vec<Firm> = firms(p, d).into_iter().filter(|f| f.segment() == segment).collect();
    let count = |what: &dyn Fn(&Firm) -> bool| here.iter().filter(|f| what(f)).count() as i64;
    let large = |f: &Firm| f.size() == "large";
    let member = |f: &Firm| is_member(terms, f.id, d);
    let signed: Vec<&Term> = terms
        .iter()
        .filter(|t| t.class != Class::Void && d - 364 <= t.c.signed && t.c.signed <= d)
        .filter(|t| firm(p, t.company(), as_of).segment() == segment)
        .collect();
    let of_members: Vec<&&Term> = signed.iter().filter(|t| t.is_membership()).collect();
    let estimated = estimate(p, segment, d, |e| e.companies);
    let spend = estimate(p, segment, d, |e| e.spend);
    let companies = here.len() as i64;
    Stand {
        has_row: companies > 0 || !signed.is_empty() || estimated.is_some() || spend.is_some(),
        companies,
        registered: count(&|f| f.registered(d)),
        members: count(&member),
        universe: companies.max(estimated.unwrap_or(0)),
        bookings: signed.iter().map(|t| t.amount).sum(),
        spend,
        large: count(&large),
        large_members: count(&|f| large(f) && member(f)),
        signed: of_members.iter().map(|t| t.annual).sum(),
        signings: of_members.len() as i64,
    }
}

/// Members among the companies visible on the earlier day, then and now, as a change of the share.
fn change_like(p: &Portal, terms: &[Term], of: &dyn Fn(&Firm) -> bool, earlier: Day, d: Day) -> Option<f64> {
    let then: Vec<Firm> = firms(p, earlier).into_iter().filter(|f| of(f)).collect();
    let share = |day: Day| ratio(then.iter().filter(|f| is_member(terms, f.id, day)).count() as i64, then.len() as i64);
    Some(share(d)? - share(earlier)?)
}

fn segments(p: &Portal) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = p.companies.iter().map(|c| c.segment.clone()).collect();
    all.extend(p.estimates.iter().map(|e| e.segment.clone()));
    all.insert("unknown".to_string());
    all
}

fn total(stands: &[Stand]) -> Stand {
    let sum = |f: fn(&Stand) -> i64| stands.iter().map(f).sum::<i64>();
    Stand {
        has_row: true,
        companies: sum(|s| s.companies),
        registered: sum(|s| s.registered),
        members: sum(|s| s.members),
        universe: sum(|s| s.universe),
        bookings: stands.iter().map(|s| s.bookings).sum(),
        spend: stands.iter().any(|s| s.spend.is_some()).then(|| stands.iter().filter_map(|s| s.spend).sum()),
        large: sum(|s| s.large),
        large_members: sum(|s| s.large_members),
        signed: stands.iter().map(|s| s.signed).sum(),
        signings: sum(|s| s.signings),
    }
}

/// max(0, share of all − share) × universe × mean annual amount, exactly and rounded once.
fn opportunity(s: &Stand, all: &Stand) -> Option<i128> {
    let (sum, n) = if s.signings > 0 { (s.signed, s.signings) } else { (all.signed, all.signings) };
    if n == 0 || s.universe == 0 {
        return None;
    }
    let wide = |n: i64| i128::from(n);
    let missing = (wide(all.members) * wide(s.universe) - wide(s.members) * wide(all.universe)).max(0);
    Some(round(missing * sum, wide(all.universe) * wide(n)))
}

pub fn market_share(p: &Portal, as_of: Day) -> Expected {
    let terms = terms(p, as_of);
    let names: Vec<String> = segments(p).into_iter().collect();
    let mut ends = vec![as_of];
    for _ in 0..8 {
        ends.insert(0, days::quarter_end_before(ends[0]));
    }
    let mut rows = Vec::new();
    for pair in ends.windows(2) {
        let (earlier, d) = (pair[0], pair[1]);
        let at = |day: Day| -> Vec<Stand> { names.iter().map(|s| stand(p, &terms, s, day, as_of)).collect() };
        let (then, now) = (at(earlier), at(d));
        let (all_then, all) = (total(&then), total(&now));
        for (i, name) in names.iter().enumerate().filter(|(i, _)| now[*i].has_row) {
            let s = &now[i];
            let under = wilson(s.members, s.universe).1.zip(all.share()).is_some_and(|(high, of_all)| high < of_all);
            let like = change_like(p, &terms, &|f| f.segment() == name, earlier, d);
            let spent = s.spend.and_then(|spend| ratio(s.bookings, spend));
            let more = (under, opportunity(s, &all).into(), Cell::Null, spent, like);
            rows.push(line(d, name, s, &all, &then[i], more));
        }
        let shares = now.iter().map(|s| ratio(s.bookings, all.bookings).map(|b| b * b));
        let hhi = shares.sum::<Option<f64>>();
        let with_spend = now.iter().filter(|s| s.spend.is_some()).map(|s| s.bookings).sum::<i128>();
        let spent = all.spend.and_then(|spend| ratio(with_spend, spend));
        let like = change_like(p, &terms, &|_| true, earlier, d);
        rows.push(line(d, "all", &all, &all, &all_then, (false, 0_i128.into(), hhi.into(), spent, like)));
    }
    Expected::sorted("market_share", 2, rows)
}

type More = (bool, Cell, Cell, Option<f64>, Option<f64>);

fn line(d: Day, name: &str, s: &Stand, all: &Stand, then: &Stand, more: More) -> Line {
    let (under, opportunity, hhi, spent, like) = more;
    let (low, high) = wilson(s.members, s.universe);
    let change = s.share().zip(then.share()).map(|(now, before)| now - before);
    vec![
        ("quarter", (&days::quarter(d)).into()),
        ("segment", name.into()),
        ("companies", s.companies.into()),
        ("registered", s.registered.into()),
        ("members", s.members.into()),
        ("universe", s.universe.into()),
        ("share", s.share().into()),
        ("share_low", low.into()),
        ("share_high", high.into()),
        ("share_change", change.into()),
        ("share_change_like", like.into()),
        ("bookings_12m", s.bookings.into()),
        ("bookings_share", ratio(s.bookings, all.bookings).into()),
        ("spend_share", spent.into()),
        ("large_companies", s.large.into()),
        ("large_members", s.large_members.into()),
        ("large_share", ratio(s.large_members, s.large).into()),
        ("under_penetrated", under.into()),
        ("opportunity", opportunity),
        ("hhi", hhi),
    ]
}
