//! A made-up portal as plain rows, small and full of edge cases: the same rows for the same seed.
//!
//! ```text
//! seed -> settings, reps -> companies -> contracts (a story each) -> events, follow-ups, … -> Portal
//! ```
//! Dates crowd around the limits of the rules: the end of a term, of the grace, of the windows.

use super::days::{Day, day, quarter_end_before};
use super::random::Random;

#[derive(Clone, Debug)]
pub struct Company {
    pub id: String,
    pub segment: String,
    pub region: Option<String>,
    pub size: &'static str,
    pub listed_on: Option<Day>,
    pub registered_on: Option<Day>,
    pub sales_rep_id: Option<String>,
    pub service_rep_id: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Contract {
    pub id: String,
    pub company_id: String,
    pub plan: String,
    pub kind: Option<&'static str>,
    pub start: Day,
    pub end: Day,
    pub signed: Day,
    pub amount: i128,
    pub cost: Option<i128>,
    pub rep_id: Option<String>,
    pub cancelled_on: Option<Day>,
    pub refund: Option<i128>,
}

#[derive(Clone, Debug)]
pub struct Rep {
    pub id: String,
    pub team: String,
    pub role: &'static str,
    pub hired_on: Day,
    pub left_on: Option<Day>,
}

#[derive(Clone, Debug)]
pub struct Estimate {
    pub segment: String,
    pub year: i64,
    pub companies: Option<i64>,
    pub spend: Option<i128>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feed {
    ShopClicks,
    AdClicks,
    ContactViews,
    Messages,
    Inquiries,
    Calls,
}

pub const FEEDS: [Feed; 6] =
    [Feed::ShopClicks, Feed::AdClicks, Feed::ContactViews, Feed::Messages, Feed::Inquiries, Feed::Calls];

impl Feed {
    pub fn name(self) -> &'static str {
        match self {
            Feed::ShopClicks => "shop_clicks",
            Feed::AdClicks => "ad_clicks",
            Feed::ContactViews => "contact_views",
            Feed::Messages => "messages",
            Feed::Inquiries => "inquiries",
            Feed::Calls => "calls",
        }
    }
}

/// An event of any feed; `word` is its click source, ad slot, channel or product.
#[derive(Clone, Debug)]
pub struct Event {
    pub feed: Feed,
    pub id: String,
    pub date: Day,
    /// Seconds of the local day.
    pub second: i64,
    pub company_id: Option<String>,
    pub visitor: Option<String>,
    pub word: Option<String>,
    pub excluded: Option<&'static str>,
    pub rep_id: String,
    pub outcome: &'static str,
    pub purpose: Option<&'static str>,
}

/// A follow-up, a care action, a day of attendance, a task or a target: who, about whom, when.
#[derive(Clone, Debug)]
pub struct Note {
    pub id: String,
    pub date: Day,
    pub company_id: String,
    pub rep_id: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Portal {
    pub zone: &'static str,
    pub grace: i64,
    pub horizon: i64,
    pub window: i64,
    pub holdout_percent: i64,
    pub risk_seed: u64,
    pub holidays: Vec<Day>,
    /// The day about which the data lie; rows go on for some weeks after it.
    pub main: Day,
    pub companies: Vec<Company>,
    pub contracts: Vec<Contract>,
    pub reps: Vec<Rep>,
    pub estimates: Vec<Estimate>,
    pub events: Vec<Event>,
    pub followups: Vec<Note>,
    pub care: Vec<Note>,
    pub attendance: Vec<Note>,
    pub tasks: Vec<Note>,
    pub targets: Vec<Note>,
}

const SEGMENTS: [&str; 5] = ["machinery", "化工", "Textiles", "unknown", "packaging, print"];
const MAINS: [&str; 6] = ["2026-06-30", "2026-07-15", "2026-03-31", "2024-02-29", "2025-12-31", "2026-10-01"];

impl Portal {
    /// No rows, the usual settings: for examples worked by hand.
    pub fn empty(main: &str) -> Portal {
        Portal {
            zone: "Asia/Shanghai",
            grace: 30,
            horizon: 90,
            window: 365,
            holdout_percent: 0,
            risk_seed: 1,
            holidays: Vec::new(),
            main: day(main),
            companies: Vec::new(),
            contracts: Vec::new(),
            reps: Vec::new(),
            estimates: Vec::new(),
            events: Vec::new(),
            followups: Vec::new(),
            care: Vec::new(),
            attendance: Vec::new(),
            tasks: Vec::new(),
            targets: Vec::new(),
        }
    }

    pub fn random(seed: u64) -> Portal {
        let r = &mut Random::new(seed);
        let mut p = Portal::empty(MAINS[seed as usize % MAINS.len()]);
        if seed % 3 == 1 {
            p.zone = "America/New_York";
            // About the changes of the clock of 2026: 8 March and 1 November.
            p.main = day(if seed.is_multiple_of(2) { "2026-03-10" } else { "2026-11-02" });
        }
        if seed % 4 == 2 {
            (p.grace, p.horizon, p.window) = (*r.pick(&[0, 7, 45]), 60, 200);
        }
        (p.holdout_percent, p.risk_seed) = if seed.is_multiple_of(2) { (0, 1) } else { (40, seed) };
        p.holidays = (0..6).map(|_| p.main - r.range(0, 40)).collect();
        p.holidays.sort_unstable();
        p.holidays.dedup();
        reps(&mut p, r);
        companies(&mut p, r);
        for company in 0..p.companies.len() {
            let id = p.companies[company].id.clone();
            story(&mut p, r, &id);
        }
        for id in ["ghost-1", "Ghost 2"] {
            story(&mut p, r, id);
        }
        estimates(&mut p, r);
        events(&mut p, r);
        notes(&mut p, r);
        r.shuffle(&mut p.contracts);
        r.shuffle(&mut p.companies);
        p
    }

    /// A portal that nearly everybody stays with: chances of renewal near one.
    fn loyal(&self) -> bool {
        self.risk_seed % 10 == 5 || self.grace == 7
    }

    /// The last local day of any row that has to be loaded.
    pub fn last_day(&self) -> Day {
        self.main + 30
    }
}

fn reps(p: &mut Portal, r: &mut Random) {
    for (i, role) in ["sales", "sales", "after_sales", "after_sales", "assistant"].into_iter().enumerate() {
        let left_on = r.chance(30).then(|| p.main - r.range(-20, 300));
        p.reps.push(Rep {
            id: format!("r{i}"),
            team: r.pick(&["north", "南", "unknown"]).to_string(),
            role,
            hired_on: p.main - 2000,
            left_on,
        });
    }
}

/// A rep that is known, unknown to `reps`, or nobody.
fn rep(r: &mut Random) -> Option<String> {
    match r.range(0, 9) {
        0 => None,
        1 => Some("stranger".to_string()),
        n => Some(format!("r{}", n % 5)),
    }
}

fn companies(p: &mut Portal, r: &mut Random) {
    let n = r.range(12, 40);
    let segments = r.range(1, 5);
    for i in 0..n {
        let id = match i {
            0 => "公司 0".to_string(),
            1 => "c,\"1\"".to_string(),
            2 => " c2".to_string(),
            _ => format!("{}{:02}", r.pick(&["c", "C"]), i),
        };
        let about = |r: &mut Random| p.main - *r.pick(&[-20, -1, 0, 1, 39, 40, 41, 90, 400, 900, 1500]);
        p.companies.push(Company {
            id,
            segment: SEGMENTS[r.range(0, segments - 1) as usize].to_string(),
            region: r.chance(80).then(|| r.pick(&["east", "西", "North"]).to_string()),
            size: r.pick::<&str>(&["large", "medium", "small"]),
            listed_on: r.chance(60).then(|| about(r)),
            registered_on: r.chance(60).then(|| about(r)),
            sales_rep_id: rep(r),
            service_rep_id: rep(r),
        });
    }
}

fn amount(r: &mut Random) -> i128 {
    i128::from(match r.range(0, 9) {
        0 => r.range(1, 9),
        1..=3 => r.range(10, 50) * 10_000,
        4 => 100_000 + r.range(0, 1),
        _ => r.range(1, 2_000_000),
    })
}

/// A contract of a company; the caller changes what its story needs.
fn contract(p: &Portal, r: &mut Random, company: &str, start: Day, days: i64) -> Contract {
    let id = loop {
        let id = format!("{}{}", r.pick(&["k", "K", "合"]), r.range(100, 9_999));
        if p.contracts.iter().all(|c| c.id != id) {
            break id;
        }
    };
    let amount = amount(r);
    Contract {
        id,
        company_id: company.to_string(),
        plan: r.pick(&["gold", "gold", "gold", "silver"]).to_string(),
        kind: r.chance(50).then_some("membership"),
        start,
        end: start + days - 1,
        signed: start - r.range(0, 25),
        amount,
        cost: r.chance(75).then(|| if r.chance(15) { amount * 2 } else { amount * i128::from(r.range(0, 9)) / 13 }),
        rep_id: rep(r),
        cancelled_on: None,
        refund: None,
    }
}

/// One company's contracts: none, or a chain of terms with everything that may go on beside it.
fn story(p: &mut Portal, r: &mut Random, company: &str) {
    if r.chance(10) {
        return;
    }
    if r.chance(20) {
        let start = p.main - r.range(0, 1000);
        let days = r.range(7, 40);
        let mut trial = contract(p, r, company, start, days);
        if r.chance(50) {
            trial.kind = Some("trial");
        } else {
            trial.amount = 0;
            trial.cost = None;
        }
        p.contracts.push(trial);
    }
    // Terms that fall due around `main`, or long ago.
    let days = *r.pick(&[365, 365, 365, 366, 730, 731, 547, 548, 180, 90, 31, 1]);
    let mut start = p.main - *r.pick(&[1400, 1100, 900, 800, 760, 500, 396, 395, 365, 364, 330, 300, 100, 29, 30, 5]);
    start -= r.range(0, 3) * *r.pick(&[0, 1, 30]);
    let mut now = contract(p, r, company, start, days);
    for _ in 0..4 {
        let extra = beside(p, r, &mut now);
        let ended = *[now.end, now.cancelled_on.map_or(now.end, |c| c - 1)].iter().min().unwrap();
        p.contracts.push(now.clone());
        p.contracts.extend(extra);
        let falls_due = (p.main - 40..p.main + 100).contains(&ended);
        if now.start > p.main || r.chance(if p.loyal() { 3 } else { 30 }) || falls_due && r.chance(50) {
            break;
        }
        let gap = match if p.loyal() { 0 } else { r.range(0, 9) } {
            0..=3 => 1,
            4 => -r.range(0, 40).min(now.end - now.start),
            5 => p.grace,
            6 => p.grace + 1,
            7 => r.range(1, p.grace.max(1)),
            8 => r.range(p.grace, p.grace + 300),
            _ => 0,
        };
        let days = *r.pick(&[365, 365, 366, 730, 1095, 180, 90, 20]);
        let mut next = contract(p, r, company, ended + gap, days);
        match if p.loyal() { 3 } else { r.range(0, 5) } {
            0 => next.signed = ended + p.grace,
            1 => next.signed = ended + p.grace + 1,
            2 => next.signed = next.start + r.range(0, 20),
            3 => next.signed = ended - r.range(0, 120),
            _ => {}
        }
        now = next;
    }
}

/// What goes on beside a term: add-ons, twins, parallel terms that one renewal shares, cancellations.
fn beside(p: &Portal, r: &mut Random, now: &mut Contract) -> Vec<Contract> {
    let mut extra = Vec::new();
    let company = now.company_id.clone();
    let length = now.end - now.start;
    match r.range(0, 24) {
        0 => {
            let start = now.start + r.range(0, length);
            let mut addon = contract(p, r, &company, start, 30);
            addon.kind = Some("addon");
            extra.push(addon);
        }
        1 | 2 => {
            // Inside by its dates; signed before or after the whole.
            let from = now.start + r.range(0, length);
            let mut inside = contract(p, r, &company, from, now.end - from + 1);
            inside.kind = if r.chance(85) { None } else { Some("membership") };
            inside.signed = now.signed + *r.pick(&[-1, 0, 0, 3]);
            extra.push(inside);
        }
        3 | 4 => {
            // The same dates: of equal ones the greater id is the add-on.
            let mut same = contract(p, r, &company, now.start, length + 1);
            (same.kind, same.signed) = (None, now.signed);
            if r.chance(50) {
                now.kind = None;
            }
            extra.push(same);
        }
        5..=7 => {
            // Beside it, so that the next term may renew both.
            let start = now.start + r.range(-20, 20);
            let mut other = contract(p, r, &company, start, length + 1);
            other.kind = Some("membership");
            if r.chance(20) {
                other.start = now.start;
                other.end = other.end.max(other.start);
            }
            if r.chance(15) {
                other.refund = Some(other.amount);
            }
            extra.push(other);
            if r.chance(40) {
                let mut third = contract(p, r, &company, now.start - 1, length + 1);
                third.kind = Some("membership");
                extra.push(third);
            }
        }
        8 => cancel(r, now, -3),
        9 => cancel(r, now, 0),
        10 | 11 => cancel(r, now, length / 2),
        12 => cancel(r, now, length + 10),
        13 => now.refund = Some(now.amount / 3),
        14 => {
            cancel(r, now, 0);
            let mut inside = contract(p, r, &company, now.start + 2.min(length), 1);
            inside.kind = None;
            inside.signed = now.signed;
            extra.push(inside);
        }
        15 => now.cancelled_on = Some(p.main - r.range(-30, 60)),
        16 => {
            // Inside an add-on by name, and inside a trial: not inside anything that counts.
            let mut outer = contract(p, r, &company, now.start - 5, length + 11);
            outer.kind = Some(if r.chance(50) { "addon" } else { "trial" });
            outer.signed = now.signed - 40;
            extra.push(outer);
        }
        _ => {}
    }
    extra
}

fn cancel(r: &mut Random, c: &mut Contract, after: i64) {
    c.cancelled_on = Some(c.start + after);
    c.refund = match r.range(0, 2) {
        0 => None,
        1 => Some(c.amount),
        _ => Some(c.amount * 7 / 11),
    };
}

fn estimates(p: &mut Portal, r: &mut Random) {
    let this = super::days::year(p.main);
    for segment in ["machinery", "化工", "Textiles", "foundries"] {
        for year in this - 2..=this + 1 {
            if r.chance(55) {
                p.estimates.push(Estimate {
                    segment: segment.to_string(),
                    year,
                    companies: r.chance(60).then(|| r.range(0, 60)),
                    spend: r.chance(60).then(|| i128::from(*r.pick(&[0, 1, 7])) * 1_234_567),
                });
            }
        }
    }
}

const PURPOSES: [Option<&str>; 5] = [Some("aftersale"), Some("aftersale"), Some("presale"), Some("other"), None];

fn events(p: &mut Portal, r: &mut Random) {
    let ids: Vec<String> = p.companies.iter().map(|c| c.id.clone()).collect();
    let first = p.main - 150;
    // A lull of the clicks shortly before `main`, and now and then an outage.
    let lull = p.main - r.range(0, 45);
    for feed in FEEDS {
        // Some stray events before the feed is really there: days that are not yet covered.
        let begins = first + r.range(0, if feed == Feed::Calls { 120 } else { 25 });
        for date in first..=p.main + 12 {
            let usual = match feed {
                Feed::ShopClicks => 28,
                Feed::AdClicks if p.risk_seed % 2 == 1 => 21,
                Feed::Calls => 5,
                _ => 3,
            };
            let mut n = r.range(usual / 2 + i64::from(usual > 20) * 7, usual + usual / 2);
            if date < begins {
                n = i64::from(r.chance(40));
            } else if usual > 20 && (date == lull || r.chance(3)) {
                n = *r.pick(&[0, 1, 6, 8]);
            }
            for _ in 0..n {
                let e = event(r, feed, date, &ids, p.events.len());
                p.events.push(e);
            }
        }
    }
}

fn event(r: &mut Random, feed: Feed, date: Day, ids: &[String], number: usize) -> Event {
    // A third of the companies get most of the events; one visitor in three has no id.
    let favourite = r.chance(60);
    let company = ids[r.range(0, ids.len() as i64 - 1) as usize / if favourite { 3 } else { 1 }].clone();
    let company = match r.range(0, 39) {
        0 => "ghost-1".to_string(),
        1 => "nobody".to_string(),
        _ => company,
    };
    let word = match feed {
        Feed::ShopClicks => Some(r.pick(&["search", "direct", "portal", " Ad", "EMAIL"]).to_string()),
        Feed::AdClicks => r.chance(70).then(|| r.pick(&["top", "side", "頂"]).to_string()),
        _ => None,
    };
    Event {
        feed,
        id: format!("e{number}"),
        date,
        second: *r.pick(&[0, 1, 60, 7_200, 9_000, 14_400, 43_200, 79_199, 86_398, 86_399]),
        company_id: (feed != Feed::Calls || r.chance(80)).then_some(company),
        visitor: r.chance(67).then(|| format!("v{}", r.range(0, 6))),
        word,
        excluded: (feed != Feed::Calls && r.chance(12)).then(|| *r.pick(&["bot", "own", "spam"])),
        rep_id: rep(r).unwrap_or_else(|| "r0".to_string()),
        outcome: r.pick::<&str>(&["connected", "connected", "no_answer", "busy", "refused", "voicemail"]),
        purpose: *r.pick(&PURPOSES),
    }
}

fn notes(p: &mut Portal, r: &mut Random) {
    let ids: Vec<String> = p.companies.iter().map(|c| c.id.clone()).collect();
    let note = |r: &mut Random, id: String| Note {
        id,
        date: p.main - r.range(-12, 90),
        company_id: if r.chance(10) { "nobody".to_string() } else { r.pick(&ids).clone() },
        rep_id: rep(r),
    };
    let many = |r: &mut Random, prefix: &str, n: i64| -> Vec<Note> {
        (0..n).map(|i| note(r, format!("{prefix}{i}"))).collect()
    };
    p.followups = many(r, "f", 30);
    p.care = many(r, "a", 20);
    p.tasks = many(r, "t", 15);
    p.attendance = many(r, "d", 40);
    // The key of attendance is rep and date, that of targets period and rep.
    let mut seen = std::collections::BTreeSet::new();
    p.attendance.retain(|n| n.rep_id.is_some() && seen.insert((n.rep_id.clone(), n.date)));
    p.targets = many(r, "g", 8);
    let mut seen = std::collections::BTreeSet::new();
    p.targets.retain_mut(|n| {
        n.date = quarter_end_before(n.date);
        seen.insert((n.rep_id.clone(), n.date))
    });
}
