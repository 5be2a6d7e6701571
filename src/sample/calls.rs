//! Calls of a day: sales reps dial prospects, after-sales people members, most of all near a contract's end.

use crate::domain::Day;

use super::activity::Phase;
use super::chance::{Chance, Concern};
use super::people::{People, Role};
use super::portal::Company;

pub struct Call {
    /// Second of the local day.
    pub second: u32,
    pub rep: usize,
    pub company: Option<usize>,
    pub direction: &'static str,
    pub duration: u32,
    pub outcome: &'static str,
    pub purpose: &'static str,
}

/// Calls of one day in order of time.
pub fn day(day: Day, companies: &[Company], phases: &[Vec<Phase>], people: &People, seed: u64) -> Vec<Call> {
    let mut chance = Chance::new(seed, Concern::Calls, day.0 as u64);
    let mut calls = Vec::new();
    let share = |rep: usize| people.status(rep, day).map_or(0.0, |status| status.share());
    for (n, rep) in people.reps.iter().enumerate().filter(|(_, r)| r.role == Role::Sales) {
        let mean = f64::from(rep.quota.unwrap_or(0)) * rep.zeal * share(n);
        for _ in 0..chance.poisson(mean) {
            let company = (!chance.hit(0.05)).then(|| chance.below(companies.len() as u32) as usize);
            let company = company.filter(|c| phases[*c].is_empty());
            let purpose = if chance.hit(0.9) { "presale" } else { "other" };
            calls.push(call(&mut chance, n, company, purpose, 0.42));
        }
    }
    for (company, own) in phases.iter().enumerate() {
        // The contract of the day, or the one that ended last.
        let Some(phase) = own.iter().rev().find(|p| p.start <= day).filter(|p| day <= p.end + 25) else { continue };
        let rate = if phase.end - day <= 60 { 0.13 } else { 0.018 };
        if chance.hit(rate)
            && let Some(rep) = people.at_desk(Role::AfterSales, day, companies[company].desk)
            && chance.hit(share(rep))
        {
            calls.push(call(&mut chance, rep, Some(company), "aftersale", 0.6));
        }
    }
    calls.sort_by_key(|call| call.second);
    calls
}

fn call(chance: &mut Chance, rep: usize, company: Option<usize>, purpose: &'static str, answered: f64) -> Call {
    let rest = 1.0 - answered;
    let weights = [answered, rest * 0.55, rest * 0.16, rest * 0.22, rest * 0.07];
    let outcome = ["connected", "no_answer", "busy", "refused", "voicemail"][chance.weighted(&weights)];
    let duration = match outcome {
        "connected" => (60.0 * libm::exp(0.9 + 0.8 * chance.normal())) as u32,
        "refused" | "voicemail" => 4 + chance.below(25),
        _ => 0,
    };
    Call {
        second: chance.pick(&[9, 9, 10, 10, 11, 13, 14, 14, 15, 15, 16, 17]) * 3_600 + chance.below(3_600),
        rep,
        company,
        direction: if chance.hit(0.07) { "inbound" } else { "outbound" },
        duration: duration.min(7_200),
        outcome,
        purpose: if chance.hit(0.02) { "" } else { purpose },
    }
}
