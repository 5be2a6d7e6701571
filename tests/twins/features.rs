//! Some features of the renewal risk, day by day from the portal's rows.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::support::days::Day;
use crate::support::portal::{Contract, Feed, Portal};
use crate::twins::activity::{counted, source_days, word};
use crate::twins::terms::{Term, firm, terms};

/// Whether a company's contract is of a group of peers.
type Chosen<'p> = Box<dyn Fn(&str, &Contract) -> bool + 'p>;

pub const NAMES: &[&str] = &[
    "shop_clicks_level",
    "shop_clicks_level_90d",
    "contact_views_trend",
    "inquiries_year_on_year",
    "messages_recency",
    "ad_clicks_zero_streak",
    "ad_click_share",
    "leads_per_money",
    "amount_change",
    "amount_against_plan",
    "tenure",
    "renewals_made",
    "services_late",
    "aftersale_calls_level",
];

/// What is counted: events of a feed, or clicks from ads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Of(Feed),
    Paid,
    Leads,
}

const LEADS: [Feed; 3] = [Feed::ContactViews, Feed::Messages, Feed::Inquiries];

pub struct Twin<'a> {
    p: &'a Portal,
    tasks: &'a [(String, Day, Option<Day>)],
    known: BTreeSet<(Feed, Day)>,
    /// Of them those that are low.
    low: BTreeSet<(Feed, Day)>,
    counts: BTreeMap<(What, Day), BTreeMap<&'a str, i64>>,
    /// Company, its contract, by day.
    members: BTreeMap<Day, Vec<(String, &'a Contract)>>,
    /// The contracts on a day, once asked for.
    terms: RefCell<BTreeMap<Day, Rc<Vec<Term<'a>>>>>,
    /// Factors of plans and sizes by what is counted and the month, once asked for.
    factors: RefCell<Learned>,
}

/// What a plan or a size has more of, in times.
type Factors = BTreeMap<String, f64>;
type Learned = BTreeMap<(What, Day), Rc<[Factors; 2]>>;

/// The last membership chain: first day, latest end, how often it was carried on, the first day of all.
struct Chain {
    /// The day on which it is looked at.
    on: Day,
    first: Day,
    latest: Day,
    renewals: i64,
    since: Day,
}

impl<'a> Twin<'a> {
    pub fn new(p: &'a Portal, tasks: &'a [(String, Day, Option<Day>)], as_of: Day) -> Twin<'a> {
        let days = source_days(p, as_of);
        let known = days.iter().filter(|s| s.status != "missing").map(|s| (s.feed, s.date)).collect();
        let low = days.iter().filter(|s| s.status == "low").map(|s| (s.feed, s.date)).collect();
        let mut counts: BTreeMap<(What, Day), BTreeMap<&str, i64>> = BTreeMap::new();
        for e in counted(p, as_of) {
            let paid = (e.feed == Feed::ShopClicks && word(e) == "ad").then_some(What::Paid);
            for what in [Some(What::Of(e.feed)), paid].into_iter().flatten() {
                let day = counts.entry((what, e.date)).or_default();
                *day.entry(e.company_id.as_deref().unwrap()).or_default() += 1;
            }
        }
        let mut members = BTreeMap::new();
        let first = p.events.iter().map(|e| e.date).min().unwrap();
        for day in first..=as_of {
            let mut today: BTreeMap<String, &Contract> = BTreeMap::new();
            for t in terms(p, day).iter().filter(|t| t.is_membership() && t.in_force(day)) {
                let held = today.entry(t.company().to_string()).or_insert(t.c);
                if (held.start, held.id.as_bytes()) < (t.c.start, t.id().as_bytes()) {
                    *held = t.c;
                }
            }
            members.insert(day, today.into_iter().collect());
        }
        Twin { p, tasks, known, low, counts, members, terms: RefCell::default(), factors: RefCell::default() }
    }

    fn terms(&self, day: Day) -> Rc<Vec<Term<'a>>> {
        self.terms.borrow_mut().entry(day).or_insert_with(|| Rc::new(terms(self.p, day))).clone()
    }

    fn is_known(&self, what: What, day: Day) -> bool {
        match what {
            What::Of(feed) => self.known.contains(&(feed, day)),
            What::Paid => self.known.contains(&(Feed::ShopClicks, day)),
            What::Leads => LEADS.iter().any(|feed| self.known.contains(&(*feed, day))),
        }
    }

    /// Known, and not low.
    fn is_whole(&self, what: What, day: Day) -> bool {
        let is_low = matches!(what, What::Of(feed) if self.low.contains(&(feed, day)));
        self.is_known(what, day) && !is_low
    }

    fn count(&self, what: What, company: &str, day: Day) -> i64 {
        if what == What::Leads {
            return LEADS.iter().map(|feed| self.count(What::Of(*feed), company, day)).sum();
        }
        let n = self.counts.get(&(what, day)).and_then(|day| day.get(company)).copied().unwrap_or(0);
        if self.is_known(what, day) { n } else { 0 }
    }

    /// Memberships that had begun by a day: company's, by (start, id), each with its end by what was known.
    fn begun(&self, company: &str, day: Day) -> Vec<(&'a Contract, Day)> {
        let terms = self.terms(day);
        let mut begun: Vec<(&Contract, Day)> = terms
            .iter()
            .filter(|t| t.is_membership() && t.company() == company && t.c.start <= day)
            .map(|t| (t.c, t.end))
            .collect();
        begun.sort_by_key(|(c, _)| (c.start, c.id.clone()));
        begun
    }

    fn chain(&self, company: &str, day: Day) -> Option<Chain> {
        let begun = self.begun(company, day);
        let since = begun.first()?.0.start;
        let mut chain = Chain { on: day, first: since, latest: begun[0].1, renewals: 0, since };
        for i in 1..begun.len() {
            let (start, end) = (begun[i].0.start, begun[i].1);
            if start > chain.latest + self.p.grace {
                chain = Chain { on: day, first: start, latest: end, renewals: 0, since };
                continue;
            }
            if start > begun[i - 1].0.start && end > chain.latest {
                chain.renewals += 1;
            }
            chain.latest = chain.latest.max(end);
        }
        Some(chain)
    }

    /// First and last day of a window, and the known days of it; none when they are too few.
    fn window(&self, what: What, chain: &Chain, from: Day, to: Day) -> Option<(Day, Day, i64)> {
        let from = from.max(chain.first);
        let known = (from..=to).filter(|d| self.is_known(what, *d)).count() as i64;
        (known >= 14 && 2 * known > to - from).then_some((from, to, known))
    }

    fn sum(&self, what: What, company: &str, from: Day, to: Day) -> f64 {
        (from..=to).map(|d| self.count(what, company, d)).sum::<i64>() as f64
    }

    fn segment(&self, company: &str) -> String {
        firm(self.p, company, Day::MAX).segment().to_string()
    }

    fn size(&self, company: &str) -> String {
        self.p.companies.iter().find(|c| c.id == company).map_or("unknown", |c| c.size).to_string()
    }

    /// Whom people see a company beside on a day: whoever is a member in the narrowest group that has ten in each
    /// window. Gives the test of a member.
    fn peers(&self, k: &Contract, windows: &[(What, Day, Day)]) -> Chosen<'_> {
        let (own, plan) = (self.segment(&k.company_id), k.plan.clone());
        let narrow = {
            let own = own.clone();
            move |company: &str, c: &Contract| self.segment(company) == own && c.plan == plan
        };
        let wide = move |company: &str, _: &Contract| self.segment(company) == own;
        let enough = |is: &dyn Fn(&str, &Contract) -> bool| {
            windows.iter().all(|(what, from, to)| {
                let members = self.number(is, *what, *from, *to);
                let days = (*from..=*to).filter(|d| self.is_known(*what, *d)).count();
                members >= 10 * days.max(1)
            })
        };
        if enough(&narrow) {
            Box::new(narrow)
        } else if enough(&wide) {
            Box::new(wide)
        } else {
            Box::new(|_, _| true)
        }
    }

    /// Days of members in a window.
    fn number(&self, is: &dyn Fn(&str, &Contract) -> bool, what: What, from: Day, to: Day) -> usize {
        let days = (from..=to).filter(|d| self.is_known(what, *d));
        days.map(|d| self.members[&d].iter().filter(|m| is(&m.0, m.1)).count()).sum()
    }

    /// What plans and sizes have more of, learned from the twelve months before that of a day: each level's events are those that
    /// its members' days, factors and segments' rates make, ten members for a month at the usual rate besides.
    fn factors(&self, what: What, day: Day) -> Rc<[Factors; 2]> {
        let first = month_start(day);
        let known = self.factors.borrow().get(&(what, first)).cloned();
        known.unwrap_or_else(|| {
            let learned = Rc::new(self.learned(what, first));
            self.factors.borrow_mut().insert((what, first), learned.clone());
            learned
        })
    }

    fn learned(&self, what: What, first: Day) -> [Factors; 2] {
        let mut from = first;
        for _ in 0..12 {
            from = month_start(from - 1);
        }
        let mut cells: BTreeMap<[String; 3], (f64, f64)> = BTreeMap::new();
        for day in (from..first).filter(|d| self.members.contains_key(d) && self.is_known(what, *d)) {
            for (company, c) in &self.members[&day] {
                let cell = cells.entry([self.segment(company), c.plan.clone(), self.size(company)]).or_default();
                cell.0 += self.count(what, company, day) as f64;
                cell.1 += 1.0;
            }
        }
        let (events, days) = cells.values().fold((0.0, 0.0), |(n, d), cell| (n + cell.0, d + cell.1));
        let mut factors: [Factors; 3] = Default::default();
        for key in cells.keys() {
            (0..3).for_each(|i| _ = factors[i].insert(key[i].clone(), 1.0));
        }
        if events > 0.0 {
            // Far more often than it takes.
            for _ in 0..400 {
                for i in 0..3 {
                    let prior = if i == 0 { 0.0 } else { 300.0 * events / days };
                    let levels: Vec<String> = factors[i].keys().cloned().collect();
                    for level in levels {
                        let (mut n, mut expected) = (prior, prior);
                        for (key, cell) in cells.iter().filter(|(key, _)| key[i] == level) {
                            n += cell.0;
                            expected +=
                                cell.1 * (0..3).filter(|j| *j != i).map(|j| factors[j][&key[j]]).product::<f64>();
                        }
                        factors[i].insert(level, n / expected);
                    }
                    if i > 0 {
                        let mean = cells.iter().map(|(key, cell)| cell.1 * factors[i][&key[i]]).sum::<f64>() / days;
                        factors[i].values_mut().for_each(|f| *f /= mean);
                    }
                }
            }
        }
        let [_, plans, sizes] = factors;
        [plans, sizes]
    }

    fn standard(&self, what: What, day: Day, plan: &str, size: &str) -> f64 {
        let [plans, sizes] = &*self.factors(what, day);
        plans.get(plan).unwrap_or(&1.0) * sizes.get(size).unwrap_or(&1.0)
    }

    /// The rate that a member like this one is expected to have in a window of so many known days.
    fn expected(&self, k: &Contract, what: What, on: Day, (from, to, known): (Day, Day, i64)) -> Option<f64> {
        let own = self.segment(&k.company_id);
        // A segment that had not yet had ten members on a day counts for nothing.
        let of = |company: &str| self.segment(company) == own;
        let ten = |(_, members): (&Day, &Vec<(String, &Contract)>)| members.iter().filter(|m| of(&m.0)).count() >= 10;
        let spoken = self.members.range(..=on).any(ten);
        let (mut mine, mut all) = ((0.0, 0.0), (0.0, 0.0));
        for day in (from..=to).filter(|d| self.is_known(what, *d)) {
            for (company, c) in &self.members[&day] {
                let (n, days) =
                    (self.count(what, company, day) as f64, self.standard(what, day, &c.plan, &self.size(company)));
                all = (all.0 + n, all.1 + days);
                if spoken && of(company) {
                    mine = (mine.0 + n, mine.1 + days);
                }
            }
        }
        let credit = 20.0 * known as f64;
        let rate = (all.1 > 0.0).then(|| (mine.0 + credit * all.0 / all.1) / (mine.1 + credit))?;
        Some(rate * self.standard(what, to, &k.plan, &self.size(&k.company_id)))
    }

    /// Events of members in a window, their days, and cents a year on those days.
    fn done(&self, is: &dyn Fn(&str, &Contract) -> bool, what: What, from: Day, to: Day) -> (f64, f64, f64) {
        let (mut n, mut days, mut money) = (0.0, 0.0, 0.0);
        for d in (from..=to).filter(|d| self.is_known(what, *d)) {
            for (company, c) in self.members[&d].iter().filter(|m| is(&m.0, m.1)) {
                n += self.count(what, company, d) as f64;
                days += 1.0;
                money += annual(c);
            }
        }
        (n, days, money)
    }

    /// A feature's x of a contract on a day.
    pub fn x(&self, name: &str, id: &str, day: Day) -> Option<f64> {
        let k = self.p.contracts.iter().find(|c| c.id == id).unwrap();
        let begun = self.begun(&k.company_id, day);
        // Whether it is a membership is asked as if it had not been cancelled.
        if !begun.iter().any(|(c, _)| c.id == id) {
            return None;
        }
        let chain = self.chain(&k.company_id, day)?;
        let z = chain.latest.min(day);
        let previous = begun.iter().rev().map(|b| b.0).find(|c| c.start < k.start && c.start >= chain.first);
        let feed = |f: Feed| What::Of(f);
        match name {
            "shop_clicks_level" => self.level(k, feed(Feed::ShopClicks), &chain, z - 29, z),
            "shop_clicks_level_90d" => self.level(k, feed(Feed::ShopClicks), &chain, z - 89, z),
            "aftersale_calls_level" => {
                let to = z.min(k.end - self.p.horizon - 1);
                self.level(k, feed(Feed::Calls), &chain, to - 89, to)
            }
            "contact_views_trend" => self.change(k, feed(Feed::ContactViews), &chain, z, (z - 119, z - 30)),
            "inquiries_year_on_year" => self.change(k, feed(Feed::Inquiries), &chain, z, (z - 393, z - 364)),
            "messages_recency" => self.recency(k, feed(Feed::Messages), &chain, z),
            "ad_clicks_zero_streak" => self.streak(k, feed(Feed::AdClicks), &chain, z),
            "ad_click_share" => {
                let clicks = feed(Feed::ShopClicks);
                let (from, to, _) = self.window(clicks, &chain, z - 89, z)?;
                let is = self.peers(k, &[(clicks, from, to)]);
                let (all, paid) = (self.done(&is, clicks, from, to).0, self.done(&is, What::Paid, from, to).0);
                let usual = if all > 0.0 { paid / all } else { 0.0 };
                let own = (self.sum(What::Paid, &k.company_id, from, to), self.sum(clicks, &k.company_id, from, to));
                Some((own.0 + 10.0 * usual) / (own.1 + 10.0) - usual)
            }
            "leads_per_money" => {
                let (from, to, known) = self.window(What::Leads, &chain, k.start.max(z - 364), z)?;
                let is = self.peers(k, &[(What::Leads, from, to)]);
                let (n, _, money) = self.done(&is, What::Leads, from, to);
                let paid = annual(k) / 100_000.0 / 365.25 * known as f64;
                let usual = (money > 0.0).then(|| n / (money / 100_000.0 / 365.25))?;
                Some(((self.sum(What::Leads, &k.company_id, from, to) + 1.0) / (usual * paid + 1.0)).ln())
            }
            "amount_change" => previous.and_then(|b| ratio(annual(k), annual(b))),
            "amount_against_plan" => {
                let there = |c: &Contract| c.start.max(c.signed);
                let all = self.terms(day);
                let year = all.iter().filter(|t| t.is_membership());
                let year = year.filter(|t| t.c.plan == k.plan && there(t.c) <= there(k) && there(t.c) > there(k) - 365);
                let mut amounts: Vec<f64> = year.map(|t| annual(t.c)).collect();
                amounts.sort_by(f64::total_cmp);
                let n = amounts.len();
                (n >= 5)
                    .then(|| (amounts[(n - 1) / 2] + amounts[n / 2]) / 2.0)
                    .and_then(|usual| ratio(annual(k), usual))
            }
            "tenure" => Some((1.0 + (day - chain.since) as f64 / 365.25).ln()),
            "renewals_made" => Some((1.0 + chain.renewals as f64).ln()),
            "services_late" => {
                let due: Vec<_> = self.tasks.iter().filter(|t| t.0 == id && t.1 <= day).collect();
                let late = due.iter().filter(|t| t.2.filter(|on| *on <= day).is_none_or(|on| on > t.1)).count();
                (!due.is_empty()).then(|| late as f64 / due.len() as f64)
            }
            other => panic!("no twin of {other}"),
        }
    }

    fn level(&self, k: &Contract, what: What, chain: &Chain, from: Day, to: Day) -> Option<f64> {
        let window = self.window(what, chain, from, to)?;
        self.against(k, what, chain, window)
    }

    fn against(&self, k: &Contract, what: What, chain: &Chain, window: (Day, Day, i64)) -> Option<f64> {
        let own = self.sum(what, &k.company_id, window.0, window.1) / window.2 as f64;
        Some(((own + 1.0 / 30.0) / (self.expected(k, what, chain.on, window)? + 1.0 / 30.0)).ln())
    }

    fn change(&self, k: &Contract, what: What, chain: &Chain, z: Day, past: (Day, Day)) -> Option<f64> {
        let (now, past) = (self.window(what, chain, z - 29, z)?, self.window(what, chain, past.0, past.1)?);
        let change = self.against(k, what, chain, now)? - self.against(k, what, chain, past)?;
        Some(if change < 0.0 { change.exp() - 1.0 } else { change })
    }

    /// The day after the last event, else the first known day of the chain.
    fn silent_since(&self, what: What, company: &str, chain: &Chain, z: Day) -> Day {
        let days = chain.first..=z;
        let last = days.rev().find(|d| self.count(what, company, *d) > 0);
        last.map_or_else(
            || {
                let first = self.members.keys().copied().find(|d| self.is_known(what, *d)).unwrap();
                first.max(chain.first)
            },
            |d| d + 1,
        )
    }

    fn recency(&self, k: &Contract, what: What, chain: &Chain, z: Day) -> Option<f64> {
        self.window(what, chain, z - 29, z)?;
        let rate = self.expected(k, what, chain.on, self.window(what, chain, z - 89, z)?)?;
        let usual = if rate > 0.0 { (1.0 / rate).min(365.0) } else { 365.0 };
        let since = self.silent_since(what, &k.company_id, chain, z);
        // Back from the last day of which it is known that there was none.
        let last = (since..=z).rev().find(|d| self.is_whole(what, *d));
        let since = last.map_or(0, |last| last - since + 1) as f64;
        Some(((since.min(365.0) + 1.0) / (usual + 1.0)).ln())
    }

    fn streak(&self, k: &Contract, what: What, chain: &Chain, z: Day) -> Option<f64> {
        let month = self.window(what, chain, z - 29, z)?;
        let since = self.silent_since(what, &k.company_id, chain, z);
        let silent = (since..=z).filter(|d| self.is_whole(what, *d)).count() as f64;
        let own = self
            .window(what, chain, since - 90, since - 1)
            .map(|(from, to, known)| self.sum(what, &k.company_id, from, to) / known as f64);
        let rate = own.or(self.expected(k, what, chain.on, month))?;
        Some((1.0 + silent.min(90.0) * rate).ln())
    }
}

/// The first day of a day's month.
fn month_start(day: Day) -> Day {
    let text = crate::support::days::text(day);
    crate::support::days::day(&format!("{}-01", &text[..7]))
}

/// Cents a year as signed.
fn annual(c: &Contract) -> f64 {
    let years = crate::twins::sheet::round(i128::from(c.end - c.start + 1) * 100, 36_525).max(1);
    crate::twins::sheet::round(c.amount, years) as f64
}

fn ratio(a: f64, b: f64) -> Option<f64> {
    (a > 0.0 && b > 0.0).then(|| (a / b).ln().clamp(-10f64.ln(), 10f64.ln()))
}
