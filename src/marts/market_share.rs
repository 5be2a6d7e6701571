//! `market_share`: how much of each segment is ours, over eight quarters (contract §3.4).
//!
//! ```text
//! d = min(last day of the quarter, as-of)      universe = max(companies visible on d, the latest estimate)
//! share = members / universe, 95 % Wilson      opportunity = (share of all − share) × universe × mean annual amount
//! ```
//!
//! Attributes and effective amounts are those of the as-of day; who is visible, registered, a member or
//! booked is judged on d.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{Cents, Day, Quarter, Str};
use crate::facts::Visible;
use crate::facts::terms::Class;
use crate::rows;
use crate::stats::wilson;

use super::{MartRow, Marts, Result};

rows! {
    /// One segment, or `all`, in a quarter.
    pub struct MarketShareRow = "market_share", "quarter and segment", key(quarter, segment) {
        /// the quarter
        quarter: Str,
        /// the segment; all = their sum
        segment: Str,
        /// companies visible on the quarter's day
        companies: i64,
        /// of them registered on the portal
        registered: i64,
        /// of them members
        members: i64,
        /// companies of the segment, known or estimated, whichever is more
        universe: i64,
        /// members / universe (ratio)
        share: Option<f64>,
        /// lower limit of the 95 % Wilson interval (ratio)
        share_low: Option<f64>,
        /// upper limit of the 95 % Wilson interval (ratio)
        share_high: Option<f64>,
        /// share less the quarter before (ratio)
        share_change: Option<f64>,
        /// the same over companies visible a quarter earlier (members / companies)
        share_change_like: Option<f64>,
        /// amounts signed in the 365 days (currency)
        bookings_12m: Cents,
        /// bookings / those of all segments (ratio)
        bookings_share: Option<f64>,
        /// bookings / the segment's estimated yearly spend (ratio)
        spend_share: Option<f64>,
        /// visible companies of size large
        large_companies: i64,
        /// of them members
        large_members: i64,
        /// large members / large companies (ratio)
        large_share: Option<f64>,
        /// the share's upper limit lies below the share of all
        under_penetrated: bool,
        /// what reaching the share of all would bring a year (currency)
        opportunity: Option<Cents>,
        /// sum of squared bookings shares; on all only (0..1)
        hhi: Option<f64>,
    }
}

const QUARTERS: i32 = 8;
const BOOKING_DAYS: i32 = 365;

/// What is counted of a segment on one day.
#[derive(Clone, Debug, Default)]
struct Count {
    companies: i64,
    registered: i64,
    members: i64,
    universe: i64,
    large_companies: i64,
    large_members: i64,
    bookings: Cents,
    /// Bookings and spend of segments that have an estimate of spend.
    bookings_estimated: Cents,
    spend: Option<Cents>,
    /// Sum and number of annual amounts of the memberships signed.
    annual: Cents,
    annual_n: i64,
    /// Members, then and a quarter before, among companies visible then.
    like: Like,
}

#[derive(Clone, Copy, Debug, Default)]
struct Like {
    companies: i64,
    members_before: i64,
    members: i64,
}

impl MartRow for MarketShareRow {
    fn compute(marts: &Marts<'_>) -> Result<Vec<MarketShareRow>> {
        let visible = marts.visible;
        let last = visible.day.quarter();
        let mut before = counts(visible, last.plus(-QUARTERS));
        let mut rows = Vec::new();
        for quarter in (1 - QUARTERS..=0).map(|n| last.plus(n)) {
            let now = counts(visible, quarter);
            rows.extend(quarter_rows(quarter, &now, &before));
            before = now;
        }
        rows.sort_by(|a, b| (&a.quarter, &a.segment).cmp(&(&b.quarter, &b.segment)));
        Ok(rows)
    }
}

/// The counts of every segment that has a row, and their sum under `all`.
fn counts(visible: &Visible<'_>, quarter: Quarter) -> BTreeMap<Str, Count> {
    let day = quarter.last_day().min(visible.day);
    let earlier = quarter.plus(-1).last_day();
    let mut segments: BTreeMap<Str, Count> = BTreeMap::new();
    for (i, company) in visible.companies.iter().enumerate().filter(|(_, c)| c.visible_from <= day) {
        let count = segments.entry(company.segment.clone()).or_default();
        let is_member = visible.is_member(i, day);
        let large = &*company.size == "large";
        count.companies += 1;
        count.registered += i64::from(company.registered_on.is_some_and(|on| on <= day));
        count.members += i64::from(is_member);
        count.large_companies += i64::from(large);
        count.large_members += i64::from(large && is_member);
        if company.visible_from <= earlier {
            count.like.companies += 1;
            count.like.members += i64::from(is_member);
            count.like.members_before += i64::from(visible.is_member(i, earlier));
        }
    }
    let window = day.window_start(BOOKING_DAYS)..=day;
    for c in visible.contracts.iter().filter(|c| c.class != Class::Void && window.contains(&c.signed_on)) {
        let count = segments.entry(visible.companies[c.company].segment.clone()).or_default();
        count.bookings += c.amount;
        if c.is_membership() {
            count.annual += c.annual;
            count.annual_n += 1;
        }
    }
    estimate(visible, day, &mut segments);
    let mut all = Count::default();
    for count in segments.values_mut() {
        count.universe = count.universe.max(count.companies);
        count.bookings_estimated = count.spend.map_or(Cents::ZERO, |_| count.bookings);
        all.add(count);
    }
    segments.insert("all".into(), all);
    segments
}

/// The latest estimates up to the day's year: number of companies and spend, each of the latest year that has it.
fn estimate(visible: &Visible<'_>, day: Day, segments: &mut BTreeMap<Str, Count>) {
    // Estimates stand in order of the year, so the latest value stays.
    for e in visible.estimates.iter().filter(|e| e.year <= day.year() && (e.companies.is_some() || e.spend.is_some())) {
        let count = segments.entry(e.segment.clone()).or_default();
        count.universe = e.companies.unwrap_or(count.universe);
        count.spend = e.spend.or(count.spend);
    }
}

impl Count {
    fn add(&mut self, other: &Count) {
        self.companies += other.companies;
        self.registered += other.registered;
        self.members += other.members;
        self.universe += other.universe;
        self.large_companies += other.large_companies;
        self.large_members += other.large_members;
        self.bookings += other.bookings;
        self.bookings_estimated += other.bookings_estimated;
        self.spend = match (self.spend, other.spend) {
            (Some(a), Some(b)) => Some(a + b),
            (a, b) => a.or(b),
        };
        self.annual += other.annual;
        self.annual_n += other.annual_n;
        self.like.companies += other.like.companies;
        self.like.members += other.like.members;
        self.like.members_before += other.like.members_before;
    }

    fn share(&self) -> Option<f64> {
        ratio(self.members, self.universe)
    }
}

fn ratio(part: i64, whole: i64) -> Option<f64> {
    (whole != 0).then(|| part as f64 / whole as f64)
}

fn quarter_rows(quarter: Quarter, now: &BTreeMap<Str, Count>, before: &BTreeMap<Str, Count>) -> Vec<MarketShareRow> {
    let all = &now["all"];
    let of = |(segment, count): (&Str, &Count)| {
        let is_all = &**segment == "all";
        let interval = wilson::interval(count.members, count.universe);
        let like = &count.like;
        let like_change = ratio(like.members, like.companies).zip(ratio(like.members_before, like.companies));
        let under = interval.zip(all.share()).is_some_and(|((_, high), of_all)| high < of_all);
        MarketShareRow {
            quarter: quarter.to_string().into(),
            segment: segment.clone(),
            companies: count.companies,
            registered: count.registered,
            members: count.members,
            universe: count.universe,
            share: count.share(),
            share_low: interval.map(|i| i.0),
            share_high: interval.map(|i| i.1),
            share_change: count.share().zip(before.get(segment).and_then(Count::share)).map(|(a, b)| a - b),
            share_change_like: like_change.map(|(a, b)| a - b),
            bookings_12m: count.bookings,
            bookings_share: count.bookings.ratio(all.bookings),
            spend_share: count.spend.and_then(|spend| count.bookings_estimated.ratio(spend)),
            large_companies: count.large_companies,
            large_members: count.large_members,
            large_share: ratio(count.large_members, count.large_companies),
            under_penetrated: !is_all && under,
            opportunity: if is_all { Some(Cents::ZERO) } else { opportunity(count, all) },
            hhi: if is_all { hhi(now) } else { None },
        }
    };
    now.iter().map(of).collect()
}

/// max(0, share of all − share) × universe × mean annual amount, rounded once.
fn opportunity(count: &Count, all: &Count) -> Option<Cents> {
    let (sum, n) = if count.annual_n > 0 { (count.annual, count.annual_n) } else { (all.annual, all.annual_n) };
    if n == 0 || count.universe == 0 {
        return None;
    }
    // (M/U − m/u) × u = (M u − m U) / U
    let members_short =
        i128::from(all.members) * i128::from(count.universe) - i128::from(count.members) * i128::from(all.universe);
    sum.times(members_short.max(0), i128::from(all.universe) * i128::from(n))
}

/// Herfindahl-Hirschman index of the segments' bookings.
fn hhi(now: &BTreeMap<Str, Count>) -> Option<f64> {
    let all = now["all"].bookings;
    let segments: BTreeSet<&Str> = now.keys().filter(|s| &***s != "all").collect();
    let shares = segments.iter().map(|s| now[*s].bookings.ratio(all));
    shares.map(|share| share.map(|s| s * s)).sum::<Option<f64>>().filter(|_| all != Cents::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(members: i64, universe: i64, bookings: i128) -> Count {
        Count { members, universe, bookings: Cents(bookings), annual: Cents(100), annual_n: 1, ..Count::default() }
    }

    /// US Department of Justice, Herfindahl-Hirschman Index: shares 30, 30, 20, 20 give 2,600 points.
    #[test]
    fn published_hhi() {
        let mut now: BTreeMap<Str, Count> =
            [("a", 30), ("b", 30), ("c", 20), ("d", 20)].map(|(s, b)| (s.into(), count(1, 1, b))).into();
        now.insert("all".into(), count(4, 4, 100));
        assert!((hhi(&now).unwrap() - 0.26).abs() < 1e-12);
    }

    /// All: 30 of 100. A segment with 1 of 20 is 5 members short of that share, each worth 1.00.
    #[test]
    fn opportunity_is_the_members_short_at_their_mean_amount() {
        let all = count(30, 100, 0);
        assert_eq!(opportunity(&count(1, 20, 0), &all), Some(Cents(500)));
        assert_eq!(opportunity(&count(10, 20, 0), &all), Some(Cents(0)));
        assert_eq!(opportunity(&count(0, 0, 0), &all), None);
    }
}
