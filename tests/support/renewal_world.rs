//! A made-up portal's renewals, as a table of numbers, with the true probability of each row.
//!
//! ```text
//! ln odds of renewal   η = a(end) + segment + plan + size + 0.9 min(u, 0.5) + 0.6 v (−0.5 where v is not known) + 0.3 u w − 0.7 late
//! who renews signs     so that a share S(L) of them has not signed yet with L days left:  S = ((L + 30) / 135)^γ,  γ = e^0.3u
//! P(renew | not yet)   = σ(η + ln S(L)), exactly
//! ```
//!
//! u bends, v is null for newcomers and that tells something, u and w act together, who does well signs earlier, and the base rate
//! a(end) wanders. Features: u, v, w, late, then copies of u with noise of their own (they tell nothing more), then noise. No rule here
//! was taken from `shoppulse sample`.

use std::collections::BTreeMap;

use shoppulse::domain::{Day, Str};
use shoppulse::risk::model::backtest::Cutoff;
use shoppulse::risk::model::{Examples, ModelSettings, Seen};
use shoppulse::stats::logit::sigmoid;

pub const GRACE: i32 = 30;
pub const HORIZON: i32 = 90;
pub const LEADS: [i32; 6] = [90, 60, 30, 14, 0, -15];
/// The day of the first end; ends lie in the three years from it.
const FIRST: Day = Day(18_628);
const SPAN: i32 = 3 * 365;
const SEGMENTS: [f64; 8] = [-0.6, -0.3, -0.1, 0.0, 0.1, 0.2, 0.3, 0.5];
const PLANS: [f64; 3] = [-0.3, 0.0, 0.4];
const SIZES: [f64; 3] = [-0.1, 0.0, 0.2];

/// SplitMix64 (Steele, Lea & Flood 2014): numbers that a seed fixes.
pub struct Chance(pub u64);

impl Chance {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 .. below 1.
    pub fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.share() * n as f64) as usize
    }

    /// Mean 0, variance 1: Box & Muller.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * libm::log(1.0 - self.share())).sqrt() * libm::cos(std::f64::consts::TAU * self.share())
    }
}

/// A contract of this world.
struct Contract {
    id: Str,
    end: Day,
    segment: usize,
    plan: usize,
    size: usize,
    u: f64,
    v: Option<f64>,
    w: f64,
    late: bool,
    copies: Vec<f64>,
    renewed: bool,
    /// Days left at which the renewal was signed.
    signed: f64,
}

impl Contract {
    fn odds(&self) -> f64 {
        let year = f64::from(self.end - FIRST) / 365.0;
        1.3 + 0.25 * libm::sin(2.5 * year)
            + SEGMENTS[self.segment]
            + PLANS[self.plan]
            + SIZES[self.size]
            + 0.9 * self.u.min(0.5)
            + self.v.map_or(-0.5, |v| 0.6 * v)
            + 0.3 * self.u * self.w
            - if self.late { 0.7 } else { 0.0 }
    }

    fn gamma(&self) -> f64 {
        libm::exp(0.3 * self.u)
    }

    fn truth(&self, lead: i32) -> f64 {
        sigmoid(self.odds() + self.gamma() * libm::log((f64::from(lead) + 30.0).max(0.01) / 135.0))
    }

    fn in_play(&self, lead: i32) -> bool {
        !self.renewed || self.signed < f64::from(lead)
    }
}

/// Contracts that end in the three years, and what is to be told from them.
pub struct World {
    contracts: Vec<Contract>,
    features: usize,
    chance: Chance,
}

impl World {
    /// `contracts` that have ended (and matured on [`World::as_of`]); at least 4 features.
    pub fn of(contracts: usize, features: usize, seed: u64) -> World {
        let mut world = World { contracts: Vec::new(), features, chance: Chance(seed) };
        for i in 0..contracts {
            let end = FIRST + world.chance.below(SPAN as usize) as i32;
            let contract = world.contract(format!("K{i:06}"), end);
            world.contracts.push(contract);
        }
        world
    }

    /// The day on which all have matured.
    pub fn as_of(&self) -> Day {
        FIRST + SPAN + GRACE
    }

    fn contract(&mut self, id: String, end: Day) -> Contract {
        let c = &mut self.chance;
        let newcomer = c.share() < 0.3;
        let u = c.normal();
        let mut contract = Contract {
            id: id.into(),
            end,
            // Segments of unequal size.
            segment: (c.share() * c.share() * 8.0) as usize,
            plan: c.below(3),
            size: c.below(3),
            u,
            v: (!newcomer).then(|| c.normal()),
            w: c.normal(),
            late: c.share() < 0.2,
            copies: (0..self.features.saturating_sub(4) / 2).map(|_| 0.7 * u + 0.7 * c.normal()).collect(),
            renewed: false,
            signed: 0.0,
        };
        contract.renewed = c.share() < sigmoid(contract.odds());
        contract.signed = 135.0 * libm::pow(c.share(), 1.0 / contract.gamma()) - 30.0;
        contract
    }

    fn push(examples: &mut Examples, contract: &Contract, day: Day, chance: &mut Chance) {
        let mut x = vec![contract.u, contract.v.unwrap_or(f64::NAN), contract.w, f64::from(u8::from(contract.late))];
        x.extend(&contract.copies);
        x.resize_with(examples.x.columns, || chance.normal());
        let seen = Seen {
            id: contract.id.clone(),
            day,
            end: contract.end,
            renewed: contract.renewed,
            segment: format!("segment {}", contract.segment).into(),
            plan: ["basic", "gold", "platinum"][contract.plan].into(),
            size: ["large", "medium", "small"][contract.size].into(),
        };
        examples.push(&x, seen);
    }

    /// Every contract at every lead at which it had not renewed yet.
    pub fn examples(&mut self) -> Examples {
        let mut examples = Examples::empty(self.features);
        for contract in &self.contracts {
            for lead in LEADS.into_iter().filter(|lead| contract.in_play(*lead)) {
                World::push(&mut examples, contract, contract.end - lead, &mut self.chance);
            }
        }
        examples
    }

    /// The twelve latest days, 30 days apart, whose contracts at stake have all matured, with the true probabilities.
    pub fn cutoffs(&mut self) -> Vec<(Cutoff, Vec<f64>)> {
        let last = self.as_of() - HORIZON - GRACE - 1;
        (0..12).rev().map(|back| self.cutoff(last - 30 * back)).collect()
    }

    fn cutoff(&mut self, day: Day) -> (Cutoff, Vec<f64>) {
        let (mut at_stake, mut truth) = (Examples::empty(self.features), Vec::new());
        let in_reach = |c: &&Contract| (-GRACE..=HORIZON).contains(&(c.end - day)) && c.in_play(c.end - day);
        for contract in self.contracts.iter().filter(in_reach) {
            World::push(&mut at_stake, contract, day, &mut self.chance);
            truth.push(contract.truth(contract.end - day));
        }
        let baseline = self.baseline(&at_stake, day);
        (Cutoff { day, at_stake, baseline }, truth)
    }

    /// The contract's p_baseline: the share of its segment at the same days left, with 20 of the share of all.
    fn baseline(&self, at_stake: &Examples, day: Day) -> Vec<f64> {
        let matured: Vec<&Contract> = self.contracts.iter().filter(|c| c.end + GRACE < day).collect();
        let mut by_lead: BTreeMap<i32, [(f64, f64); 8]> = BTreeMap::new();
        let p = |row: usize| {
            let lead = at_stake.lead[row];
            let counts = by_lead.entry(lead).or_insert_with(|| {
                let mut counts = [(0.0, 0.0); 8];
                for c in matured.iter().filter(|c| c.in_play(lead)) {
                    counts[c.segment].0 += f64::from(u8::from(c.renewed));
                    counts[c.segment].1 += 1.0;
                }
                counts
            });
            let (renewed, n) = counts.iter().fold((0.0, 0.0), |sum, c| (sum.0 + c.0, sum.1 + c.1));
            let of_all = if n == 0.0 { 0.5 } else { renewed / n };
            let (renewed, n) = counts[usize::from(at_stake.segment[row].as_bytes()[8] - b'0')];
            (renewed + 20.0 * of_all) / (n + 20.0)
        };
        (0..at_stake.len()).map(p).collect()
    }

    /// New contracts that end just after as-of, seen at 90, 30 and 0 days left, with the true probabilities.
    pub fn fresh(&mut self, contracts: usize) -> (Examples, Vec<f64>) {
        let (mut examples, mut truth) = (Examples::empty(self.features), Vec::new());
        for i in 0..contracts {
            let end = FIRST + SPAN + self.chance.below(30) as i32;
            let contract = self.contract(format!("F{i:06}"), end);
            for lead in [90, 30, 0].into_iter().filter(|lead| contract.in_play(*lead)) {
                World::push(&mut examples, &contract, end - lead, &mut self.chance);
                truth.push(contract.truth(lead));
            }
        }
        (examples, truth)
    }
}

/// u may bend and change with the days left, u and w may act together.
pub fn settings(threads: usize) -> ModelSettings {
    ModelSettings {
        bent: vec![0],
        with_lead: vec![0, 1],
        pairs: vec![(0, 2)],
        ..ModelSettings::new(GRACE, 50, 1, threads)
    }
}
