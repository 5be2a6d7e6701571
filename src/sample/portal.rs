//! The portal's companies: who they are, when they became known, and how busy their shop is by nature.

use crate::domain::Day;

use super::chance::{Chance, Concern};
use super::names;
use super::segments::SEGMENTS;

pub const REGIONS: [&str; 10] = ["广东", "浙江", "江苏", "山东", "上海", "北京", "福建", "河北", "四川", "Overseas"];
const REGION_WEIGHTS: [f64; 10] = [20.0, 18.0, 15.0, 11.0, 9.0, 6.0, 6.0, 6.0, 4.0, 5.0];
const LEAD_SOURCES: [&str; 6] = ["search", "exhibition", "cold_call", "referral", "portal_signup", "directory"];

/// Where clicks come from; the weights are those of an average shop.
pub const CLICK_SOURCES: [&str; 7] = ["portal", "search", "direct", "referral", "email", "wechat", "ad"];
const MIX: [f64; 7] = [0.34, 0.3, 0.12, 0.08, 0.04, 0.08, 0.04];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Large,
    Medium,
    Small,
}

impl Size {
    pub fn word(self) -> &'static str {
        match self {
            Size::Large => "large",
            Size::Medium => "medium",
            Size::Small => "small",
        }
    }

    /// Clicks a day of an average shop of this size.
    pub fn clicks(self) -> f64 {
        match self {
            Size::Large => 20.0,
            Size::Medium => 9.0,
            Size::Small => 5.0,
        }
    }
}

pub struct Company {
    pub id: String,
    pub name: String,
    /// Position in [`SEGMENTS`].
    pub segment: usize,
    pub region: Option<&'static str>,
    pub size: Size,
    /// Known to the portal from this day on; `None`: always.
    pub listed_on: Option<Day>,
    pub registered_on: Option<Day>,
    pub lead_source: Option<&'static str>,
    /// The day on which the first contract would be signed; `None`: never a member.
    pub joins: Option<Day>,
    /// Decides which of the reps at work looks after it.
    pub desk: u32,
    pub contact_name: Option<String>,
    pub phone: Option<String>,
    /// Weights of [`CLICK_SOURCES`].
    pub mix: [f64; 7],
    /// Leads per click, against the average.
    pub pull: f64,
}

/// How far back contracts reach before the first event.
pub const HISTORY_DAYS: i32 = 1_095;

/// The companies known by `to`: `n`, less those that would become known only later.
pub fn companies(n: usize, from: Day, to: Day, seed: u64) -> Vec<Company> {
    (0..n).map(|i| company(i, from, seed)).filter(|c| c.listed_on.is_none_or(|d| d <= to)).collect()
}

fn company(i: usize, from: Day, seed: u64) -> Company {
    let mut chance = Chance::new(seed, Concern::Company, i as u64);
    let segment = chance.weighted(&SEGMENTS.each_ref().map(|s| s.share));
    let spec = &SEGMENTS[segment];
    let size = [Size::Large, Size::Medium, Size::Small][chance.weighted(&[0.08, 0.27, 0.65])];
    let willing = match size {
        Size::Large => 1.15,
        Size::Medium => 1.1,
        Size::Small => 0.94,
    };
    let member = chance.hit(spec.penetration * willing);
    // The portal had members before the history begins: early days are likelier.
    let joins = from - HISTORY_DAYS + (f64::from(HISTORY_DAYS + 500) * libm::pow(chance.unit(), 1.4)) as i32;
    let known = if member { joins - chance.between(10, 400) } else { from - chance.between(-400, HISTORY_DAYS) };
    let listed_on = (!chance.hit(0.2)).then_some(known);
    let registers = match (member, size) {
        (true, _) => 0.98,
        (false, Size::Large) => 0.45,
        (false, _) => 0.75,
    };
    let registered = if member { joins - chance.between(-5, 60) } else { known + chance.between(0, 90) };
    let spread = |chance: &mut Chance| libm::exp(0.4 * chance.normal());
    Company {
        id: if chance.hit(0.04) { format!("OLD/{:04}", i + 1) } else { format!("C{:05}", i + 1) },
        name: names::company(&mut chance, spec),
        segment,
        region: (!chance.hit(0.03)).then(|| REGIONS[chance.weighted(&REGION_WEIGHTS)]),
        size,
        listed_on,
        registered_on: chance.hit(registers).then_some(registered.max(listed_on.unwrap_or(registered))),
        lead_source: (!chance.hit(0.05)).then(|| chance.pick(&LEAD_SOURCES)),
        joins: member.then_some(joins),
        desk: chance.below(1 << 20),
        contact_name: (!chance.hit(0.08)).then(|| names::person(&mut chance)),
        phone: (!chance.hit(0.1)).then(|| names::phone(&mut chance)),
        mix: MIX.map(|w| w * spread(&mut chance)),
        pull: spread(&mut chance),
    }
}
