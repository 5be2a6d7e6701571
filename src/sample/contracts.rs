//! A member's life: trial, first term, renewals, add-ons, cancellations, and what its shop was like meanwhile.
//!
//! ```text
//! joins ─► (trial) ─► term ─► Truth::of(level, fade, …) ─► renewed on end − 80 … end + 30 ─► next term
//!                      │ └─► add-on, parallel contract, void, cancelled with refund
//!                      └─► not renewed ─► perhaps won back, 31 days after the end or much later
//! ```

use crate::domain::Day;

use super::activity::Phase;
use super::chance::{Chance, Concern};
use super::people::{People, Role};
use super::portal::{Company, Size};
use super::segments::SEGMENTS;
use super::truth::{Causes, FIRST, LAST, Truth, signing_weight};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    Basic,
    Standard,
    Premium,
}

impl Plan {
    pub const ALL: [Plan; 3] = [Plan::Basic, Plan::Standard, Plan::Premium];

    pub fn word(self) -> &'static str {
        ["basic", "standard", "premium"][self as usize]
    }

    /// List price of a year, in cents.
    fn price(self) -> f64 {
        [380_000.0, 880_000.0, 1_980_000.0][self as usize]
    }

    /// Factor on shop clicks.
    pub fn traffic(self) -> f64 {
        [0.85, 1.0, 1.4][self as usize]
    }

    fn moved(self, steps: i32) -> Plan {
        Plan::ALL[(self as i32 + steps).clamp(0, 2) as usize]
    }
}

/// What a contract is to the people who follow it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deal {
    First,
    WonBack,
    Renewal,
    Other,
}

#[derive(Clone, Debug)]
pub struct Contract {
    /// Set once all contracts are known, in order of signing.
    pub id: String,
    /// Position among the companies; `None`: of a company that the portal's table lacks.
    pub company: Option<usize>,
    pub plan: Plan,
    pub kind: &'static str,
    pub start: Day,
    pub end: Day,
    pub signed: Day,
    /// Cents.
    pub amount: i64,
    pub cost: Option<i64>,
    pub rep: Option<usize>,
    pub cancelled: Option<Day>,
    pub refund: Option<i64>,
    pub deal: Deal,
    pub late_setup: bool,
    /// The true probability; `None` where no renewal was drawn (add-ons, cancelled, overlapping contracts).
    pub truth: Option<Truth>,
}

/// The contracts and phases of one company, all signed by `to`.
pub fn of_company(index: usize, company: &Company, people: &People, to: Day, seed: u64) -> (Vec<Contract>, Vec<Phase>) {
    let chance = Chance::new(seed, Concern::Contracts, index as u64);
    let mut life = Life { index, company, people, to, chance, contracts: Vec::new(), phases: Vec::new() };
    if let Some(joins) = company.joins.filter(|day| *day <= to) {
        life.live(joins);
    }
    (life.contracts, life.phases)
}

struct Life<'a> {
    index: usize,
    company: &'a Company,
    people: &'a People,
    to: Day,
    chance: Chance,
    contracts: Vec<Contract>,
    phases: Vec<Phase>,
}

impl Life<'_> {
    fn live(&mut self, joins: Day) {
        let (mut signed, mut start) = (joins, joins + self.chance.between(0, 10));
        if self.chance.hit(0.18) {
            let kind = if self.chance.hit(0.7) { "trial" } else { "" };
            self.push(Plan::Basic, kind, (start, start + 29), signed, 0, Deal::Other);
            self.phase(start, start + 29, Plan::Basic, 0.0, None, true);
            signed = start + self.chance.between(12, 29);
            start = start + 30;
        }
        let by_size: [f64; 3] = match self.company.size {
            Size::Large => [0.15, 0.4, 0.45],
            Size::Medium => [0.4, 0.45, 0.15],
            Size::Small => [0.7, 0.25, 0.05],
        };
        let mut plan = Plan::ALL[self.chance.weighted(&by_size)];
        let mut level = self.chance.normal();
        let (mut renewals, mut deal) = (0, Deal::First);
        while signed <= self.to {
            if deal != Deal::Renewal && self.chance.hit(0.015) {
                self.void(plan, signed, start);
                signed = signed + 1;
            }
            let (end, fade, renewed) = self.term(plan, level, renewals, signed, start, deal);
            level = 0.8 * level + 0.6 * self.chance.normal();
            if renewed {
                signed = end + self.signing_day();
                let late = signed > end && self.chance.hit(0.6);
                start = if late { signed } else { end + 1 };
                (renewals, deal) = (renewals + 1, Deal::Renewal);
                let (up, down) = if fade > 0.0 { (0.04, 0.16) } else { (0.11, 0.05) };
                plan = plan.moved([1, -1, 0][self.chance.weighted(&[up, down, 1.0 - up - down])]);
            } else if self.chance.hit(0.25) {
                let just_missed = self.chance.hit(0.15);
                signed = end + if just_missed { self.chance.between(31, 36) } else { self.chance.between(45, 300) };
                start = signed + self.chance.between(0, 5);
                (renewals, deal) = (0, Deal::WonBack);
            } else {
                break;
            }
        }
    }

    /// Signs one membership; its last day, how much its shop fades, whether it is renewed.
    fn term(&mut self, plan: Plan, level: f64, renewals: u32, signed: Day, start: Day, deal: Deal) -> (Day, f64, bool) {
        let years = [1, 2, 3][self.chance.weighted(&[0.84, 0.12, 0.04])];
        let end = plus_years(start, years) - 1;
        let amount = self.amount(plan, f64::from(years) * (1.08 - 0.08 * f64::from(years)), renewals);
        let fade = if self.chance.hit(0.27) { 0.5 + 0.4 * self.chance.unit() } else { 0.0 };
        let fades = (fade > 0.0).then(|| (end - self.chance.between(140, 240), fade));
        let late_setup = deal == Deal::First && self.chance.hit(0.15);
        let kind = if self.chance.hit(0.1) { "" } else { "membership" };
        self.push(plan, kind, (start, end), signed, amount, deal);
        let own = self.contracts.len() - 1;
        self.addon(plan, signed, start, end);
        let overlapped = self.company.size == Size::Large && self.chance.hit(0.08) && self.parallel(signed, start);
        let loyalty = SEGMENTS[self.company.segment].loyalty;
        let truth = Truth::of(&Causes { level, fade, renewals, plan, loyalty, late_setup });
        self.contracts[own].late_setup = late_setup;

        let fresh = deal != Deal::Renewal;
        if self.chance.hit(0.03) {
            let day = start + self.chance.between(20, 300);
            if day <= self.to {
                let left = f64::from(end - day) / f64::from(end - start + 1);
                let refund = (amount as f64 * left * self.chance.pick(&[0.5, 0.8, 1.0])).round() as i64;
                self.contracts[own].cancelled = Some(day);
                self.contracts[own].refund = (!self.chance.hit(0.2)).then_some(refund);
            }
            self.phase(start, day - 1, plan, level, fades, fresh);
            return (day - 1, fade, false);
        }
        self.phase(start, end, plan, level, fades, fresh);
        self.contracts[own].truth = (!overlapped).then_some(truth);
        (end, fade, self.chance.hit(truth.p_renew))
    }

    fn signing_day(&mut self) -> i32 {
        let weights: Vec<f64> = (FIRST..=LAST).map(signing_weight).collect();
        FIRST + self.chance.weighted(&weights) as i32
    }

    /// A second contract of the same company beside the first; whether it was signed by `to`.
    fn parallel(&mut self, signed: Day, start: Day) -> bool {
        let same = self.chance.hit(0.5);
        let begin = if same { start } else { start + self.chance.between(60, 200) };
        let signed = if same { signed } else { begin - 5 };
        let amount = self.amount(Plan::Standard, 1.0, 0);
        self.push(Plan::Standard, "membership", (begin, plus_years(begin, 1) - 1), signed, amount, Deal::Other);
        signed <= self.to
    }

    fn addon(&mut self, plan: Plan, signed: Day, start: Day, end: Day) {
        if self.chance.hit([0.08, 0.16, 0.28][plan as usize]) {
            let begin = start + self.chance.between(15, 220);
            let last = end.min(begin + self.chance.pick(&[29, 89, 179]));
            let kind = if self.chance.hit(0.7) { "addon" } else { "" };
            let amount =
                i64::from(self.chance.between(600, 4_200)) * 100 + i64::from(self.chance.pick(&[0, 0, 50, 99]));
            let signed = signed.max(begin - self.chance.between(1, 14));
            self.push(plan, kind, (begin, last), signed, amount, Deal::Other);
        }
    }

    /// Signed by mistake, taken back before it began.
    fn void(&mut self, plan: Plan, signed: Day, start: Day) {
        let amount = self.amount(plan, 1.0, 0);
        self.push(plan, "membership", (start, plus_years(start, 1) - 1), signed, amount, Deal::Other);
        let day = signed.min(start);
        if let Some(contract) = self.contracts.last_mut() {
            (contract.cancelled, contract.refund) = (Some(day), Some(amount));
        }
    }

    /// Price with discount and yearly rise; half of the amounts are round.
    fn amount(&mut self, plan: Plan, years: f64, renewals: u32) -> i64 {
        let price =
            plan.price() * years * (1.0 + 0.04 * f64::from(renewals.min(4))) * (0.84 + 0.18 * self.chance.unit());
        let step = if self.chance.hit(0.5) { 10_000.0 } else { 1.0 };
        ((price / step).round() * step) as i64
    }

    fn push(&mut self, plan: Plan, kind: &'static str, (start, end): (Day, Day), signed: Day, amount: i64, deal: Deal) {
        let share = if self.chance.hit(0.03) { 1.15 } else { 0.22 + 0.35 * self.chance.unit() };
        let cost = (amount as f64 * share).round() as i64 + if amount == 0 { 12_050 } else { 0 };
        let role = if deal == Deal::Renewal { Role::AfterSales } else { Role::Sales };
        self.contracts.push(Contract {
            id: String::new(),
            company: Some(self.index),
            plan,
            kind,
            start,
            end,
            signed,
            amount,
            cost: (!self.chance.hit(0.03)).then_some(cost),
            rep: self.people.at_desk(role, signed, self.company.desk).filter(|_| !self.chance.hit(0.02)),
            cancelled: None,
            refund: None,
            deal,
            late_setup: false,
            truth: None,
        });
    }

    fn phase(&mut self, start: Day, end: Day, plan: Plan, level: f64, fade: Option<(Day, f64)>, fresh: bool) {
        self.phases.push(Phase { start, end, plan, level: libm::exp(0.45 * level - 0.1), fade, fresh });
    }
}

/// The same day of a later year; 28 February for a 29th that year lacks.
fn plus_years(day: Day, years: i32) -> Day {
    let (y, m, d) = day.ymd();
    Day::from_ymd(y + years, m, d).unwrap_or(day + 365 * years)
}

/// Contracts of all companies signed by `to`, with ids in order of signing, and the phases of each company.
pub fn all(companies: &[Company], people: &People, from: Day, to: Day, seed: u64) -> (Vec<Contract>, Vec<Vec<Phase>>) {
    let mut contracts = Vec::new();
    let mut phases = Vec::with_capacity(companies.len());
    for (index, company) in companies.iter().enumerate() {
        let (own, shop) = of_company(index, company, people, to, seed);
        contracts.extend(own);
        phases.push(shop);
    }
    // A few are of companies that were struck off the list: orphans.
    for n in 0..2 + companies.len() / 500 {
        let start = from + (n as i32 * 97) % 300;
        contracts.push(Contract {
            id: String::new(),
            company: None,
            plan: Plan::Basic,
            kind: "membership",
            start,
            end: plus_years(start, 1) - 1,
            signed: start - 3,
            amount: 380_000,
            cost: None,
            rep: Some(0),
            cancelled: None,
            refund: None,
            deal: Deal::Other,
            late_setup: false,
            truth: None,
        });
    }
    contracts.retain(|c| c.signed <= to);
    contracts.sort_by_key(|c| (c.signed, c.company, c.start, c.end));
    for (n, contract) in contracts.iter_mut().enumerate() {
        contract.id = format!("K{}-{:05}", contract.signed.year(), n + 1);
    }
    (contracts, phases)
}
