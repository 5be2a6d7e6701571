//! What the sales people noted: 8 to 11 follow-ups before a first deal, fewer before a renewal, many in vain;
//! and what after-sales did about members near the end of their contract.

use crate::domain::Day;

use super::chance::{Chance, Concern};
use super::contracts::{Contract, Deal};
use super::people::{People, Role};
use super::portal::Company;

pub struct FollowUp {
    pub day: Day,
    pub second: u32,
    pub company: usize,
    pub rep: usize,
    pub channel: &'static str,
    pub stage: &'static str,
    pub evidence: &'static str,
    pub objection: &'static str,
    pub competitor: &'static str,
    pub next_step: &'static str,
    pub next_on: Option<Day>,
    /// Cents.
    pub expected: Option<i64>,
}

pub struct Care {
    pub day: Day,
    pub second: u32,
    pub contract: usize,
    pub rep: usize,
    pub action: &'static str,
    pub outcome: &'static str,
    pub reason: &'static str,
}

const STAGES: [&str; 7] = ["lead", "contacted", "contacted", "interested", "interested", "quoted", "negotiating"];
const CHANNELS: [&str; 5] = ["phone", "wechat", "email", "visit", "phone"];
const EVIDENCE: [&str; 9] = [
    "问能不能优惠点,优惠就签",
    "Asked for an invoice with this month's date",
    "负责人留了手机号码",
    "Sent the business licence\nand asked when the shop opens",
    "Compared our traffic with the one he uses now",
    "老板要看同行案例",
    "Wants \"premium\" for two brands, if the banner is free",
    "要求把合同发到邮箱",
    "预算已报财务\n等下周一批复",
];
const OBJECTIONS: [&str; 7] =
    ["price", "no_effect", "no_budget", "has_agency", "too_busy", "not_decider", "bad_season"];
const COMPETITORS: [&str; 4] = ["Portal Q (made up)", "样例采购网", "Directory Z (made up)", "trade fair"];
const NEXT_STEPS: [&str; 6] =
    ["send quote", "call the owner", "send case study", "回访", "visit with manager", "wait for budget"];

/// Follow-ups of deals signed in the half year before `from` or later, and of prospects; in order of time.
pub fn followups(
    companies: &[Company],
    contracts: &[Contract],
    people: &People,
    from: Day,
    to: Day,
    seed: u64,
) -> Vec<FollowUp> {
    let mut all = Vec::new();
    let mut client = vec![false; companies.len()];
    for (n, deal) in contracts.iter().enumerate() {
        let Some(company) = deal.company else { continue };
        client[company] = true;
        let mut chance = Chance::new(seed, Concern::FollowUps, n as u64);
        let (steps, days, role) = match deal.deal {
            Deal::First | Deal::WonBack => (chance.between(8, 11), chance.between(25, 90), Role::Sales),
            Deal::Renewal => (chance.between(1, 4), chance.between(10, 40), Role::AfterSales),
            Deal::Other => continue,
        };
        if deal.signed >= from - 180 {
            let made = Some(deal.amount).filter(|a| *a > 0);
            chain(
                &mut all,
                &mut chance,
                people,
                company,
                companies[company].desk,
                role,
                deal.signed,
                days,
                steps,
                made,
            );
        }
    }
    for company in (0..companies.len()).filter(|c| !client[*c]) {
        let mut chance = Chance::new(seed, Concern::FollowUps, (1 << 32) + company as u64);
        if chance.hit(0.5) {
            let (last, days) = (from + chance.between(20, (to - from).max(20)), chance.between(10, 120));
            let steps = chance.between(1, 7);
            chain(
                &mut all,
                &mut chance,
                people,
                company,
                companies[company].desk,
                Role::Sales,
                last,
                days,
                steps,
                None,
            );
        }
    }
    all.retain(|f| f.day <= to);
    all.sort_by_key(|f| (f.day, f.second, f.company));
    all
}

/// A company's follow-ups, the last of them on `last`; `made`: the deal's amount, `None` when there was none.
#[allow(clippy::too_many_arguments)] // the facts of one chain, all plain values
fn chain(
    all: &mut Vec<FollowUp>,
    chance: &mut Chance,
    people: &People,
    company: usize,
    desk: u32,
    role: Role,
    last: Day,
    days: i32,
    steps: i32,
    made: Option<i64>,
) {
    let lost = made.is_none() && chance.hit(0.45);
    let guess = i64::from(chance.between(30, 200)) * 10_000;
    for step in 0..steps {
        let day = last - days * (steps - 1 - step) / steps.max(1);
        let at_end = step + 1 == steps;
        let reach = if made.is_some() { 7 } else { 5 };
        let stage = match (at_end, made.is_some(), lost) {
            (true, true, _) => "won",
            (true, false, true) => "lost",
            _ if role == Role::AfterSales => "negotiating",
            _ => STAGES[(step * reach / steps.max(1)) as usize],
        };
        let Some(rep) = people.at_desk(role, day, desk) else { continue };
        let warm = matches!(stage, "interested" | "quoted" | "negotiating" | "won");
        let open = !at_end || (made.is_none() && !lost);
        let mut maybe = |p: f64, of: &[&'static str]| if chance.hit(p) { chance.pick(of) } else { "" };
        let evidence = maybe(if warm { 0.7 } else { 0.05 }, &EVIDENCE);
        let objection = maybe(if stage == "lost" { 0.9 } else { 0.25 }, &OBJECTIONS);
        let competitor = maybe(if warm || stage == "lost" { 0.2 } else { 0.05 }, &COMPETITORS);
        let next_step = if open { maybe(0.9, &NEXT_STEPS) } else { "" };
        all.push(FollowUp {
            day,
            second: 32_400 + chance.below(30_000),
            company,
            rep,
            channel: chance.pick(&CHANNELS),
            stage,
            evidence,
            objection,
            competitor,
            next_step,
            next_on: (open && !next_step.is_empty()).then(|| day + chance.between(1, 14)),
            expected: warm.then_some(made.unwrap_or(guess)),
        });
    }
}

/// Care actions within 90 days of the end of memberships, between `from` and `to`, in order of time.
pub fn care(
    contracts: &[Contract],
    companies: &[Company],
    people: &People,
    from: Day,
    to: Day,
    seed: u64,
) -> Vec<Care> {
    let mut all = Vec::new();
    for (n, contract) in contracts.iter().enumerate() {
        let (Some(company), Some(truth)) = (contract.company, contract.truth) else { continue };
        let mut chance = Chance::new(seed, Concern::Service, (1 << 32) + n as u64);
        let times = chance.weighted(&[0.5, 0.35, 0.15]);
        let mut day = contract.end - chance.between(25, 88);
        for _ in 0..times {
            if let Some(rep) = people.at_desk(Role::AfterSales, day, companies[company].desk)
                && (from..=to).contains(&day)
            {
                // What the member says hints at what it will do.
                let outcome = if chance.hit(truth.p_at(contract.end - day)) {
                    chance.pick(&["promised", "promised", "undecided", "not_reached"])
                } else {
                    chance.pick(&["refused", "undecided", "undecided", "not_reached"])
                };
                let vexed = matches!(outcome, "refused" | "undecided");
                let reasons = ["no_effect", "no_effect", "price", "closed", "competitor", "service", "other"];
                all.push(Care {
                    day,
                    second: 32_400 + chance.below(30_000),
                    contract: n,
                    rep,
                    action: chance.pick(&["traffic_boost", "shop_makeover", "offer_discount", "training", "visit"]),
                    outcome: if chance.hit(0.05) { "" } else { outcome },
                    reason: if vexed { chance.pick(&reasons) } else { "" },
                });
            }
            day = day + chance.between(5, 24);
        }
    }
    all.sort_by_key(|c| (c.day, c.second, c.contract));
    all
}
