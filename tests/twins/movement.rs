//! Contract §3.4: who came, came back and left, month by month; and that a printed table adds up.

use std::collections::BTreeSet;

use crate::support::days::{self, Day};
use crate::support::portal::Portal;
use crate::support::project::Printed;
use crate::twins::sheet::{Expected, Line};
use crate::twins::terms::{Term, firm, memberships, renews, terms};

/// A company's memberships that count on a day.
fn counting<'a, 'b>(own: &[&'b Term<'a>], d: Day, grace: i64) -> Vec<&'b Term<'a>> {
    own.iter().filter(|t| t.c.signed <= d && t.c.start <= d && d <= t.end + grace).copied().collect()
}

fn amount(own: &[&Term], d: Day, grace: i64) -> i128 {
    let renewed = |c: &Term| own.iter().any(|r| r.c.signed <= d && r.c.start <= d && renews(r, c, grace));
    counting(own, d, grace).into_iter().filter(|c| !renewed(c)).map(|c| c.annual).sum()
}

/// The one by which it counts has one before it that was signed by then.
fn had_one_before(own: &[&Term], d: Day, grace: i64) -> bool {
    let key = |t: &Term| (t.c.start, t.id().as_bytes().to_vec());
    let first = counting(own, d, grace).into_iter().map(key).min().unwrap();
    own.iter().any(|t| t.c.signed <= d && key(t) < first)
}

pub fn member_movement(p: &Portal, as_of: Day) -> Expected {
    let terms = terms(p, as_of);
    let companies: BTreeSet<&str> = terms.iter().map(|t| t.company()).collect();
    let segments: BTreeSet<String> = companies.iter().map(|c| firm(p, c, as_of).segment().to_string()).collect();
    let mut months = Vec::new();
    let mut d = as_of;
    for _ in 0..24 {
        let before = days::of(days::civil(d).first_of_month()) - 1;
        months.push((before, d));
        d = before;
    }
    let mut rows: Vec<Line> = Vec::new();
    for (d0, d) in months {
        for segment in segments.iter().map(String::as_str).chain(["all"]) {
            let (mut opening, mut new, mut back, mut lost, mut closing) = (0_i64, 0_i64, 0_i64, 0_i64, 0_i64);
            let (mut at_first, mut came, mut returned, mut left, mut at_last) = (0_i128, 0, 0, 0, 0_i128);
            let (mut up, mut down) = (0_i128, 0_i128);
            for company in &companies {
                if segment != "all" && firm(p, company, as_of).segment() != segment {
                    continue;
                }
                let own: Vec<&Term> = memberships(&terms).into_iter().filter(|t| t.company() == *company).collect();
                let (was, is) = (!counting(&own, d0, p.grace).is_empty(), !counting(&own, d, p.grace).is_empty());
                let (had, has) = (amount(&own, d0, p.grace), amount(&own, d, p.grace));
                if was {
                    opening += 1;
                    at_first += had;
                }
                if is {
                    closing += 1;
                    at_last += has;
                }
                if is && !was && had_one_before(&own, d, p.grace) {
                    back += 1;
                    returned += has;
                } else if is && !was {
                    new += 1;
                    came += has;
                }
                if was && !is {
                    lost += 1;
                    left += had;
                }
                if was && is {
                    up += (has - had).max(0);
                    down += (had - has).max(0);
                }
            }
            if segment == "all" || opening > 0 || closing > 0 {
                rows.push(vec![
                    ("month", (&days::month(d)).into()),
                    ("segment", segment.into()),
                    ("opening", opening.into()),
                    ("new", new.into()),
                    ("won_back", back.into()),
                    ("lost", lost.into()),
                    ("closing", closing.into()),
                    ("opening_amount", at_first.into()),
                    ("new_amount", came.into()),
                    ("won_back_amount", returned.into()),
                    ("lost_amount", left.into()),
                    ("expansion", up.into()),
                    ("contraction", down.into()),
                    ("closing_amount", at_last.into()),
                ]);
            }
        }
    }
    Expected::sorted("member_movement", 2, rows)
}

/// What does not add up in a printed `member_movement`: within a row, from month to month, from segments to `all`.
pub fn gaps(got: &Printed) -> Vec<String> {
    let cents = |row: &[String], name: &str| -> i128 {
        let text = &row[got.column(name).unwrap()];
        text.replace('.', "").parse().unwrap()
    };
    let mut out = Vec::new();
    for row in &got.rows {
        let v = |name: &str| cents(row, name);
        if v("opening") + v("new") + v("won_back") - v("lost") != v("closing") {
            out.push(format!("{row:?}: companies"));
        }
        let came = v("opening_amount") + v("new_amount") + v("won_back_amount") - v("lost_amount");
        if came + v("expansion") - v("contraction") != v("closing_amount") {
            out.push(format!("{row:?}: amounts"));
        }
        for (from, to) in [("closing", "opening"), ("closing_amount", "opening_amount")] {
            let next = got.rows.iter().find(|r| r[1] == row[1] && r[0] > row[0]);
            let follows = |r: &Vec<String>| cents(r, to) != v(from) && is_next(&row[0], &r[0]);
            if next.is_some_and(follows) {
                out.push(format!("{row:?}: the next month opens with another {to}"));
            }
        }
        if row[1] == "all" {
            for name in &got.header[2..] {
                let parts: i128 =
                    got.rows.iter().filter(|r| r[0] == row[0] && r[1] != "all").map(|r| cents(r, name)).sum();
                if parts != v(name) {
                    out.push(format!("{row:?}: segments make {parts} of {name}"));
                }
            }
        }
    }
    let all = got.rows.iter().filter(|r| r[1] == "all").count();
    if all != 24 {
        out.push(format!("{all} months of all"));
    }
    out
}

fn is_next(month: &str, other: &str) -> bool {
    let number = |m: &str| m[..4].parse::<i64>().unwrap() * 12 + m[5..].parse::<i64>().unwrap();
    number(other) == number(month) + 1
}
