//! What is planned and estimated: targets of team and reps, tasks that open a shop, the size of the market.

use crate::domain::{Cents, Day, Month};

use super::chance::{Chance, Concern};
use super::contracts::{Contract, Plan};
use super::people::{People, Role};
use super::portal::Company;
use super::segments::{SEGMENTS, UNENTERED};

/// `period`, position of the rep (`None`: the team), `amount` in cents.
pub type Target = (String, Option<usize>, i64);

/// Targets of every month, quarter and year that the events touch: the team's and, by month, each rep's.
pub fn targets(contracts: &[Contract], people: &People, from: Day, to: Day, seed: u64) -> Vec<Target> {
    let mut chance = Chance::new(seed, Concern::Plans, 0);
    let mut all = Vec::new();
    let (first, last) = (from.year(), to.year());
    for year in first..=last {
        // A tenth more than the year before brought, to the thousand.
        let sold: i64 = contracts.iter().filter(|c| c.signed.year() == year - 1).map(|c| c.amount).sum();
        let aim = (sold as f64 * 1.1 / 100_000.0).ceil() as i64 * 100_000;
        all.push((format!("{year}"), None, aim));
        for quarter in 1..=4 {
            all.push((format!("{year}-Q{quarter}"), None, aim / 100 * [22, 25, 25, 28][quarter - 1]));
        }
        for n in 0..12 {
            let month = Month::new(year, n + 1);
            let goal = aim / 100 * [8, 5, 9, 8, 8, 9, 8, 8, 9, 9, 10, 9][n as usize];
            all.push((month.to_string(), None, goal));
            let on = |role| {
                people.reps.iter().enumerate().filter(move |(_, r)| r.role == role && r.employed(month.first_day()))
            };
            let sellers = on(Role::Sales).count().max(1) as i64;
            for (rep, _) in on(Role::Sales).chain(on(Role::AfterSales)) {
                all.push((month.to_string(), Some(rep), goal / sellers * i64::from(chance.between(80, 120)) / 100));
            }
        }
    }
    all
}

pub struct Task {
    pub contract: usize,
    pub kind: &'static str,
    pub due: Day,
    pub done: Option<Day>,
    pub rep: Option<usize>,
}

/// Tasks after each paid membership: some late, a few never done; as known on `to`.
pub fn tasks(contracts: &[Contract], companies: &[Company], people: &People, to: Day, seed: u64) -> Vec<Task> {
    const KINDS: [(&str, i32); 5] =
        [("materials", 3), ("activation", 5), ("upload", 12), ("ad_design", 20), ("article", 30)];
    let mut all = Vec::new();
    for (n, contract) in contracts.iter().enumerate() {
        let Some(company) = contract.company.filter(|_| contract.truth.is_some()) else { continue };
        let mut chance = Chance::new(seed, Concern::Service, n as u64);
        let kinds = match contract.plan {
            Plan::Basic => 3,
            Plan::Standard => 4,
            Plan::Premium => 5,
        };
        for (kind, days) in &KINDS[..kinds] {
            let due = contract.start + *days;
            let late = contract.late_setup || chance.hit(0.1);
            let done = due + if late { chance.between(8, 40) } else { chance.between(-4, 1) };
            let done = (!chance.hit(0.02)).then_some(done).filter(|day| *day <= to);
            let rep = people.at_desk(Role::Assistant, due, companies[company].desk);
            all.push(Task { contract: n, kind, due, done, rep });
        }
    }
    all
}

/// `segment`, `year`, `companies`, `spend` in cents.
pub type Estimate = (&'static str, i32, Option<i64>, Option<Cents>);

/// Estimates of each segment for the years from one before `from`; some lack a value.
pub fn estimates(companies: &[Company], from: Day, to: Day, seed: u64) -> Vec<Estimate> {
    let mut chance = Chance::new(seed, Concern::Plans, 1);
    let mut all = Vec::new();
    for year in from.year() - 1..=to.year() {
        for (n, segment) in SEGMENTS.iter().enumerate() {
            let known = companies.iter().filter(|c| c.segment == n).count() as f64;
            let growth = 1.0 + 0.04 * f64::from(year - from.year());
            let firms = (known * segment.universe * growth).ceil() as i64;
            let spend = firms as f64 * (900.0 + 900.0 * chance.unit()) * 1_000.0;
            let spend = Cents((spend / 1e5).round() as i128 * 100_000);
            all.push((segment.name, year, (!chance.hit(0.06)).then_some(firms), (!chance.hit(0.08)).then_some(spend)));
        }
        all.push((UNENTERED, year, Some(40 + i64::from(year % 7)), None));
    }
    all
}
