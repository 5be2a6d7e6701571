//! The as-of rule: rows with new keys dated after a day, added or removed, change no byte of any mart of that day.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it cannot read")]

#[path = "support/mod.rs"]
mod support;

use support::days::{self, Day};
use support::portal::{Event, Feed, Portal};
use support::project::Project;

/// All marts but the accounting of files, which is of runs, not of days.
fn marts() -> impl Iterator<Item = &'static str> {
    shoppulse::marts::MARTS.iter().map(|m| m.spec.name).filter(|name| !matches!(*name, "ingest_files" | "quarantine"))
}

/// The portal without rows dated after a day.
fn cut(p: &Portal, as_of: Day) -> Portal {
    let mut p = p.clone();
    let all = p.contracts.clone();
    p.companies.retain(|c| {
        let signed = all.iter().filter(|k| k.company_id == c.id).map(|k| k.signed).min();
        let known = [c.listed_on, c.registered_on, signed].into_iter().flatten();
        c.listed_on.is_none() || known.min().unwrap() <= as_of
    });
    p.contracts.retain(|c| c.signed <= as_of);
    p.events.retain(|e| e.date <= as_of);
    for notes in [&mut p.followups, &mut p.care, &mut p.attendance] {
        notes.retain(|n| n.date <= as_of);
    }
    p.estimates.retain(|e| e.year <= days::year(as_of));
    p
}

/// What is known only after the day, in rows that are older: it is null before its own day.
fn blank(p: &Portal, as_of: Day) -> Portal {
    let mut p = p.clone();
    for c in &mut p.contracts {
        if c.cancelled_on.is_some_and(|d| d > as_of) {
            (c.cancelled_on, c.refund) = (None, None);
        }
    }
    for c in &mut p.companies {
        c.registered_on = c.registered_on.filter(|d| *d <= as_of);
    }
    for r in &mut p.reps {
        r.left_on = r.left_on.filter(|d| *d <= as_of);
    }
    p
}

/// More rows after the day than the portal has by itself: for every company, of every kind.
fn crowd(p: &Portal, as_of: Day) -> Portal {
    let mut p = p.clone();
    let old = p.contracts.clone();
    for (i, c) in old.iter().filter(|c| c.signed <= as_of).enumerate() {
        let mut next = c.clone();
        next.id = format!("0-next-{i}");
        (next.start, next.end, next.signed) = (c.end + 1, c.end + 365, as_of + 1 + i as i64 % 5);
        (next.kind, next.cancelled_on, next.refund) = (Some("membership"), None, None);
        next.plan = "never seen".to_string();
        p.contracts.push(next);
        let mut around = c.clone();
        around.id = format!("0-around-{i}");
        (around.start, around.end, around.signed) = (c.start - 1, c.end + 1, as_of + 1);
        p.contracts.push(around);
    }
    let ids: Vec<String> = p.companies.iter().map(|c| c.id.clone()).collect();
    for (i, id) in ids.iter().enumerate() {
        let template: Event = p.events.iter().find(|e| e.feed == Feed::ShopClicks).unwrap().clone();
        for date in [as_of + 1, as_of + 2] {
            let id = Some(id.clone());
            p.events.push(Event {
                id: format!("late-{i}-{date}"),
                date,
                second: 0,
                company_id: id,
                ..template.clone()
            });
        }
        let mut company = p.companies[i].clone();
        company.id = format!("later {i}");
        company.segment = "segment to come".to_string();
        (company.listed_on, company.registered_on) = (Some(as_of + 1), Some(as_of + 3));
        company.service_rep_id = Some("rep to come".to_string());
        p.companies.push(company);
    }
    for notes in [&mut p.followups, &mut p.care, &mut p.attendance] {
        for (i, mut n) in notes.clone().into_iter().enumerate().filter(|(_, n)| n.date <= as_of).collect::<Vec<_>>() {
            (n.id, n.date) = (format!("late-{i}"), as_of + 1 + i as i64);
            (n.company_id, n.rep_id) = ("nobody to come".to_string(), Some(format!("rep to come {i}")));
            notes.push(n);
        }
    }
    p
}

#[test]
fn what_is_dated_later_changes_no_byte() {
    for (seed, back) in [(20, 40), (22, 3), (25, 75)] {
        let whole = Portal::random(seed);
        let as_of = whole.main - back;
        let small = Project::loaded(&cut(&whole, as_of));
        let others = [
            ("whole", Project::loaded(&whole)),
            ("crowded", Project::loaded(&crowd(&whole, as_of))),
            ("blanked", Project::loaded(&blank(&whole, as_of))),
        ];
        for mart in marts() {
            let expected = small.bytes(mart, as_of);
            let lines = expected.iter().filter(|b| **b == b'\n').count();
            assert!(
                lines > 1 || matches!(mart, "risk_published" | "risk_track"),
                "seed {seed}: {mart} is empty and shows nothing"
            );
            for (name, project) in &others {
                let got = project.bytes(mart, as_of);
                assert!(got == expected, "seed {seed}, {mart}, {name}: {}", first_difference(&expected, &got));
            }
        }
    }
}

fn first_difference(expected: &[u8], got: &[u8]) -> String {
    let (a, b) = (String::from_utf8_lossy(expected), String::from_utf8_lossy(got));
    let line = a.lines().zip(b.lines()).position(|(a, b)| a != b).unwrap_or(a.lines().count().min(b.lines().count()));
    format!("line {}: expected `{:?}`, got `{:?}`", line + 1, a.lines().nth(line), b.lines().nth(line))
}
