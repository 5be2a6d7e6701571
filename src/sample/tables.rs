//! The nine tables as rows, in the order of the contract's columns.

use csv::ByteRecord;

use crate::domain::{Cents, Day};

use super::SampleError;
use super::contracts::Contract;
use super::events::Form;
use super::feed::Feed;
use super::followups::{Care, FollowUp};
use super::people::{People, Role, Status};
use super::plans::{Estimate, Target, Task};
use super::portal::Company;
use super::season;
use super::segments::SEGMENTS;
use super::summary::Summary;

type Done = Result<(), SampleError>;

fn row<const N: usize>(cells: [String; N]) -> ByteRecord {
    cells.iter().collect()
}

fn day(day: Option<Day>) -> String {
    day.map(|d| d.to_string()).unwrap_or_default()
}

fn money(cents: Option<i64>) -> String {
    cents.map(|c| Cents(i128::from(c)).to_string()).unwrap_or_default()
}

fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_string()
}

fn rep(people: &People, rep: Option<usize>) -> String {
    text(rep.map(|n| people.reps[n].id.as_str()))
}

fn time(day: Day, second: u32) -> String {
    let mut to = Vec::new();
    Form::Space.write(day, second, &mut to);
    String::from_utf8_lossy(&to).into_owned()
}

/// One row a company; owners are those at work on `to`, now and then somebody whom the table of reps lacks.
pub fn companies(feed: &mut Feed, all: &[Company], people: &People, to: Day, summary: &mut Summary) -> Done {
    feed.open("companies", summary)?;
    for (n, c) in all.iter().enumerate() {
        let owner = |role, every: usize| match n % every {
            0 => String::new(),
            1 => "R-gone".to_string(),
            _ => rep(people, people.at_desk(role, to, c.desk)),
        };
        let shop =
            c.registered_on.map(|_| format!("https://example.com/shop/{}", c.id.to_lowercase().replace('/', "-")));
        let cells = [
            c.id.clone(),
            c.name.clone(),
            SEGMENTS[c.segment].name.to_string(),
            text(c.region),
            c.size.word().to_string(),
            day(c.listed_on),
            day(c.registered_on.filter(|on| *on <= to)),
            text(c.lead_source),
            owner(Role::Sales, 61),
            owner(Role::AfterSales, 47),
            text(c.contact_name.as_deref()),
            text(c.phone.as_deref()),
            shop.unwrap_or_default(),
        ];
        feed.put(&row(cells), summary)?;
    }
    Ok(())
}

/// A contract as it was known on a day.
fn contract(c: &Contract, companies: &[Company], people: &People, known: Day) -> ByteRecord {
    let cancelled = c.cancelled.filter(|on| *on <= known);
    // Costs are booked some days after signing.
    let cost = c.cost.filter(|_| known - c.signed >= 14);
    row([
        c.id.clone(),
        c.company.map_or("X-struck-off".to_string(), |n| companies[n].id.clone()),
        c.plan.word().to_string(),
        c.kind.to_string(),
        c.start.to_string(),
        c.end.to_string(),
        c.signed.to_string(),
        money(Some(c.amount)),
        money(cost),
        rep(people, c.rep),
        day(cancelled),
        money(c.refund.filter(|_| cancelled.is_some())),
    ])
}

/// A dump of `dump`, then the changes until `to`: new contracts, cancellations, a few rows that did not change.
pub fn contracts(
    feed: &mut Feed,
    all: &[Contract],
    companies: &[Company],
    people: &People,
    (dump, to): (Day, Day),
    summary: &mut Summary,
) -> Done {
    feed.open(&format!("contracts/{dump}"), summary)?;
    for c in all.iter().filter(|c| c.signed <= dump) {
        feed.put(&contract(c, companies, people, dump), summary)?;
    }
    if dump == to {
        return Ok(());
    }
    feed.open(&format!("contracts/{to}-changes"), summary)?;
    let mut same = 0;
    for c in all {
        let now = contract(c, companies, people, to);
        let changed = c.signed <= dump && contract(c, companies, people, dump) != now;
        if c.signed > dump || changed {
            feed.put(&now, summary)?;
            summary.plant("changed_in_delta", u64::from(changed));
        } else if dump - c.signed < 40 && same < 6 {
            same += 1;
            feed.again(&now, summary)?;
        }
    }
    Ok(())
}

pub fn reps(feed: &mut Feed, people: &People, to: Day, summary: &mut Summary) -> Done {
    feed.open("reps", summary)?;
    for r in people.reps.iter().filter(|r| r.hired_on <= to) {
        let cells = [
            r.id.clone(),
            r.name.clone(),
            r.team.to_string(),
            r.role.word().to_string(),
            r.hired_on.to_string(),
            day(r.left_on),
            r.quota.map(|q| q.to_string()).unwrap_or_default(),
        ];
        feed.put(&row(cells), summary)?;
    }
    Ok(())
}

pub fn targets(feed: &mut Feed, all: &[Target], people: &People, summary: &mut Summary) -> Done {
    feed.open("targets", summary)?;
    for (period, who, amount) in all {
        feed.put(&row([period.clone(), rep(people, *who), money(Some(*amount))]), summary)?;
    }
    Ok(())
}

pub fn followups(
    feed: &mut Feed,
    all: &[FollowUp],
    companies: &[Company],
    people: &People,
    summary: &mut Summary,
) -> Done {
    feed.open("followups", summary)?;
    for (n, f) in all.iter().enumerate() {
        let cells = [
            format!("F{:06}", n + 1),
            time(f.day, f.second),
            companies[f.company].id.clone(),
            rep(people, Some(f.rep)),
            f.channel.to_string(),
            f.stage.to_string(),
            f.evidence.to_string(),
            f.objection.to_string(),
            f.competitor.to_string(),
            f.next_step.to_string(),
            day(f.next_on),
            money(f.expected),
        ];
        feed.put(&row(cells), summary)?;
    }
    Ok(())
}

/// One row a rep and workday of `from` to `to`; half days have half the quota.
pub fn attendance(feed: &mut Feed, people: &People, from: Day, to: Day, summary: &mut Summary) -> Done {
    feed.open("attendance", summary)?;
    for on in (from.0..=to.0).map(Day).filter(|d| season::is_workday(*d)) {
        for (n, r) in people.reps.iter().enumerate() {
            let Some(status) = people.status(n, on) else { continue };
            let quota = r.quota.filter(|_| status == Status::HalfDay).map(|q| format!("{:.1}", f64::from(q) / 2.0));
            let cells = [r.id.clone(), on.to_string(), status.word().to_string(), quota.unwrap_or_default()];
            feed.put(&row(cells), summary)?;
        }
    }
    Ok(())
}

pub fn tasks(feed: &mut Feed, all: &[Task], contracts: &[Contract], people: &People, summary: &mut Summary) -> Done {
    feed.open("service_tasks", summary)?;
    for (n, t) in all.iter().enumerate() {
        let cells = [
            format!("T{:06}", n + 1),
            contracts[t.contract].id.clone(),
            t.kind.to_string(),
            t.due.to_string(),
            day(t.done),
            rep(people, t.rep),
        ];
        feed.put(&row(cells), summary)?;
    }
    Ok(())
}

pub fn estimates(feed: &mut Feed, all: &[Estimate], summary: &mut Summary) -> Done {
    feed.open("market_estimates", summary)?;
    for (segment, year, firms, spend) in all {
        let cells = [
            segment.to_string(),
            year.to_string(),
            firms.map(|n| n.to_string()).unwrap_or_default(),
            spend.map(|s| s.to_string()).unwrap_or_default(),
        ];
        feed.put(&row(cells), summary)?;
    }
    Ok(())
}

pub fn care(
    feed: &mut Feed,
    all: &[Care],
    contracts: &[Contract],
    companies: &[Company],
    people: &People,
    summary: &mut Summary,
) -> Done {
    feed.open("care_actions", summary)?;
    for (n, c) in all.iter().enumerate() {
        let contract = &contracts[c.contract];
        let cells = [
            format!("A{:05}", n + 1),
            time(c.day, c.second),
            contract.company.map(|n| companies[n].id.clone()).unwrap_or_default(),
            contract.id.clone(),
            rep(people, Some(c.rep)),
            c.action.to_string(),
            c.outcome.to_string(),
            c.reason.to_string(),
        ];
        feed.put(&row(cells), summary)?;
    }
    Ok(())
}
