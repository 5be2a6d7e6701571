//! Contract §3.5: ids without a row that they point to.

use std::collections::BTreeMap;

use crate::support::days::Day;
use crate::support::portal::{Feed, Portal};
use crate::twins::sheet::Expected;
use crate::twins::terms::row_visible;

/// Every reference that the marts count by a day: source, column, id.
fn references(p: &Portal, as_of: Day) -> Vec<(&'static str, &'static str, String)> {
    let mut out = Vec::new();
    let mut add = |source, column, id: Option<&String>| {
        if let Some(id) = id {
            out.push((source, column, id.clone()));
        }
    };
    for e in p.events.iter().filter(|e| e.date <= as_of && e.excluded.is_none()) {
        add(e.feed.name(), "company_id", e.company_id.as_ref());
        if e.feed == Feed::Calls {
            add("calls", "rep_id", Some(&e.rep_id));
        }
    }
    for c in p.companies.iter().filter(|c| row_visible(p, c, as_of)) {
        add("companies", "sales_rep_id", c.sales_rep_id.as_ref());
        add("companies", "service_rep_id", c.service_rep_id.as_ref());
    }
    for c in p.contracts.iter().filter(|c| c.signed <= as_of) {
        add("contracts", "company_id", Some(&c.company_id));
        add("contracts", "rep_id", c.rep_id.as_ref());
    }
    // Rows of these need a rep; the files name r1 where the portal has none.
    let r1 = "r1".to_string();
    for (source, notes) in [("followups", &p.followups), ("care_actions", &p.care)] {
        for n in notes.iter().filter(|n| n.date <= as_of) {
            add(source, "company_id", Some(&n.company_id));
            add(source, "rep_id", Some(n.rep_id.as_ref().unwrap_or(&r1)));
        }
    }
    for n in p.attendance.iter().filter(|n| n.date <= as_of) {
        add("attendance", "rep_id", n.rep_id.as_ref());
    }
    for (source, notes) in [("service_tasks", &p.tasks), ("targets", &p.targets)] {
        for n in notes {
            add(source, "rep_id", n.rep_id.as_ref());
        }
    }
    out
}

pub fn orphans(p: &Portal, as_of: Day) -> Expected {
    let known_company = |id: &str| p.companies.iter().any(|c| c.id == id && row_visible(p, c, as_of));
    let known_rep = |id: &str| p.reps.iter().any(|r| r.id == id);
    let mut counts: BTreeMap<(&str, &str, String), i64> = BTreeMap::new();
    for (source, column, id) in references(p, as_of) {
        let known = if column == "company_id" { known_company(&id) } else { known_rep(&id) };
        if !known {
            *counts.entry((source, column, id)).or_default() += 1;
        }
    }
    let rows = counts.iter().map(|((source, column, id), n)| {
        vec![("source", (*source).into()), ("column", (*column).into()), ("id", id.into()), ("rows", (*n).into())]
    });
    Expected::sorted("orphans", 3, rows.collect())
}
