//! What visitors do in the shops on one day: sessions of clicks, and the leads that come of some of them.
//!
//! ```text
//! shop's mean of the day ─► sessions ─► clicks ─► contact view ─► message, inquiry
//!   size × plan × level × fade × season        premium plans besides: ad clicks
//! ```
//! Each day has its own stream of chance, so a longer span leaves the days before as they were.

use crate::domain::Day;

use super::chance::{Chance, Concern};
use super::contracts::Plan;
use super::events::Visit;
use super::portal::Company;
use super::season;
use super::segments::SEGMENTS;

pub const PAGES: [&str; 9] =
    ["/", "/products", "/products/1", "/products/2", "/products/3", "/about", "/contact", "/news", ""];
const PAGE_WEIGHTS: [f64; 9] = [24.0, 20.0, 16.0, 11.0, 7.0, 7.0, 8.0, 4.0, 3.0];
pub const AD_SLOTS: [&str; 5] = ["home_banner", "category_top", "search_side", "newsletter", ""];
pub const CHANNELS: [&str; 4] = ["phone", "email", "wechat", ""];
pub const EXCLUDED: [&str; 5] = ["", "bot", "internal", "own", "spam"];
/// Mean clicks of a session.
const CLICKS_A_SESSION: f64 = 1.9;
/// Clicks a day on the free page of a company that is registered and pays nothing.
const FREE_PAGE: f64 = 0.07;

/// A stretch of days in which a member's shop has one level, and perhaps fades.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    pub start: Day,
    pub end: Day,
    pub plan: Plan,
    /// Factor on the clicks of an average shop.
    pub level: f64,
    /// Share of the clicks lost within [`FADE_DAYS`] of the day.
    pub fade: Option<(Day, f64)>,
    /// The first term: the shop has yet to become known.
    pub fresh: bool,
}

/// Days from the begin of a fade to its bottom.
pub const FADE_DAYS: i32 = 50;

/// One event; the words are positions in the lists above.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hit {
    /// Second of the local day.
    pub second: u32,
    /// Position among the companies; beyond them: ids that nobody knows.
    pub company: u32,
    /// 0: not told.
    pub visitor: u32,
    /// Click source, ad slot, channel, or number of the product.
    pub what: u8,
    pub page: u8,
    pub excluded: u8,
    pub quantity: u32,
}

/// The events of one day, each list in order of time.
#[derive(Default)]
pub struct DayOfHits {
    pub clicks: Vec<Hit>,
    pub ads: Vec<Hit>,
    pub views: Vec<Hit>,
    pub messages: Vec<Hit>,
    pub inquiries: Vec<Hit>,
}

/// The portal's shops, walked through day by day.
pub struct Traffic<'a> {
    companies: &'a [Company],
    phases: &'a [Vec<Phase>],
    from: Day,
    seed: u64,
    /// Position of each company's phase of the day before.
    cursor: Vec<usize>,
    /// Buyers who come back to a shop.
    regulars: Vec<[u32; 8]>,
}

/// How a shop does on a day.
struct Shop {
    clicks: f64,
    /// Factor on leads a session.
    pull: f64,
    /// Mean of ad clicks a day.
    ads: f64,
}

impl<'a> Traffic<'a> {
    pub fn new(companies: &'a [Company], phases: &'a [Vec<Phase>], from: Day, seed: u64) -> Traffic<'a> {
        let n = companies.len();
        Traffic { companies, phases, from, seed, cursor: vec![0; n], regulars: vec![[0; 8]; n] }
    }

    pub fn day(&mut self, day: Day, hits: &mut DayOfHits) {
        let mut chance = Chance::new(self.seed, Concern::Visits, day.0 as u64);
        let season = season::visits(day, self.from);
        for list in hits.lists() {
            list.clear();
        }
        for company in 0..self.companies.len() {
            let Some(shop) = self.shop(company, day) else { continue };
            for _ in 0..chance.poisson(shop.clicks * season / CLICKS_A_SESSION) {
                self.session(company, &shop, &mut chance, hits);
            }
            for _ in 0..if shop.ads > 0.0 { chance.poisson(shop.ads * season) } else { 0 } {
                let visitor = self.visitor(company, &mut chance);
                let what = chance.weighted(&[30.0, 34.0, 24.0, 9.0, 3.0]) as u8;
                let hit = Hit { second: second(&mut chance), company: company as u32, visitor, what, ..Hit::default() };
                hits.ads.push(hit);
            }
        }
        if chance.hit(0.4) {
            // A shop that was deleted from the list still gets visits.
            let company = (self.companies.len() as u32) + chance.below(3);
            hits.clicks.push(Hit { second: second(&mut chance), company, ..Hit::default() });
        }
        for list in hits.lists() {
            list.sort_by_key(|hit| hit.second);
        }
    }

    fn shop(&mut self, company: usize, day: Day) -> Option<Shop> {
        let own = &self.companies[company];
        let phases = &self.phases[company];
        let cursor = &mut self.cursor[company];
        while phases.get(*cursor + 1).is_some_and(|next| next.start <= day) {
            *cursor += 1;
        }
        let listed = own.registered_on.is_some_and(|on| on <= day);
        let free = listed.then_some(Shop { clicks: FREE_PAGE, pull: 0.3, ads: 0.0 });
        let Some(phase) = phases.get(*cursor).filter(|p| p.start <= day && day <= p.end + 30) else { return free };
        let faded = phase.fade.map_or(1.0, |(onset, share)| {
            1.0 - share * f64::from((day - onset).clamp(0, FADE_DAYS)) / f64::from(FADE_DAYS)
        });
        let ramp = if phase.fresh { (0.35 + f64::from(day - phase.start) / 70.0).min(1.0) } else { 1.0 };
        let closing = if day > phase.end { 0.6 } else { 1.0 };
        let traffic = own.size.clicks() * SEGMENTS[own.segment].traffic * phase.plan.traffic();
        let clicks = traffic * phase.level * faded * ramp * closing;
        let ads = if phase.plan == Plan::Premium { 0.22 * clicks } else { 0.0 };
        Some(Shop { clicks, pull: own.pull * (0.4 + 0.6 * faded), ads })
    }

    fn session(&mut self, company: usize, shop: &Shop, chance: &mut Chance, hits: &mut DayOfHits) {
        let excluded = [0, 1, 2, 3][chance.weighted(&[978.0, 14.0, 3.0, 5.0])] as u8;
        let visitor = if chance.hit(0.03) { 0 } else { self.visitor(company, chance) };
        let what = chance.weighted(&self.companies[company].mix) as u8;
        let mut hit =
            Hit { second: second(chance), company: company as u32, visitor, what, excluded, ..Hit::default() };
        let clicks = if excluded == 1 { 4 + chance.below(6) } else { 1 + chance.poisson(CLICKS_A_SESSION - 1.0) };
        for _ in 0..clicks {
            hit.page = chance.weighted(&PAGE_WEIGHTS) as u8;
            hits.clicks.push(hit);
            hit.second = (hit.second + if excluded == 1 { 1 } else { 8 + chance.below(150) }).min(86_399);
        }
        if excluded == 1 {
            return;
        }
        let mut lead = |chance: &mut Chance, rate: f64| {
            let hit_now = chance.hit(rate * shop.pull);
            hit.second = (hit.second + chance.below(90)).min(86_399);
            hit_now.then_some(hit)
        };
        if let Some(view) = lead(chance, 0.15) {
            hits.views.push(Hit { what: chance.weighted(&[55.0, 20.0, 22.0, 3.0]) as u8, ..view });
        }
        if let Some(message) = lead(chance, 0.085) {
            let spam = chance.hit(0.04);
            hits.messages.push(Hit { excluded: if spam { 4 } else { message.excluded }, ..message });
        }
        if let Some(inquiry) = lead(chance, 0.05) {
            let quantity = (1 + chance.below(40)) * chance.pick(&[1, 5, 10, 50, 100]);
            let quantity = if chance.hit(0.1) { 0 } else { quantity };
            hits.inquiries.push(Hit { what: 1 + chance.below(24) as u8, quantity, ..inquiry });
        }
    }

    /// A buyer who was here before, or one of the portal's crowd, some of whom come often.
    fn visitor(&mut self, company: usize, chance: &mut Chance) -> u32 {
        let slot = chance.below(8) as usize;
        let known = self.regulars[company][slot];
        if known != 0 && chance.hit(0.45) {
            return known;
        }
        let crowd = 60.0 * self.companies.len() as f64 + 400.0;
        let visitor = 1 + (crowd * chance.unit() * chance.unit()) as u32;
        self.regulars[company][slot] = visitor;
        visitor
    }
}

impl DayOfHits {
    pub fn of(&self, what: Visit) -> &[Hit] {
        match what {
            Visit::Click => &self.clicks,
            Visit::Ad => &self.ads,
            Visit::View => &self.views,
            Visit::Message => &self.messages,
            Visit::Inquiry => &self.inquiries,
        }
    }

    fn lists(&mut self) -> [&mut Vec<Hit>; 5] {
        [&mut self.clicks, &mut self.ads, &mut self.views, &mut self.messages, &mut self.inquiries]
    }
}

fn second(chance: &mut Chance) -> u32 {
    chance.weighted(&season::HOURS) as u32 * 3_600 + chance.below(3_600)
}
