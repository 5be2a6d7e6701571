//! Days since 1970-01-01, by jiff's calendar and not by the program's own.

use jiff::civil::{Date, date};

pub type Day = i64;

pub fn day(text: &str) -> Day {
    of(text.parse().unwrap())
}

pub fn of(civil: Date) -> Day {
    i64::from((civil - date(1970, 1, 1)).get_days())
}

pub fn civil(d: Day) -> Date {
    date(1970, 1, 1).checked_add(jiff::Span::new().days(d)).unwrap()
}

pub fn text(d: Day) -> String {
    civil(d).to_string()
}

pub fn year(d: Day) -> i64 {
    i64::from(civil(d).year())
}

/// `2026-07`
pub fn month(d: Day) -> String {
    text(d)[..7].to_string()
}

pub fn month_end(d: Day) -> Day {
    of(civil(d).last_of_month())
}

/// `2026-Q3`
pub fn quarter(d: Day) -> String {
    let c = civil(d);
    format!("{}-Q{}", c.year(), (c.month() - 1) / 3 + 1)
}

/// The last day of the quarter of a day.
pub fn quarter_end(d: Day) -> Day {
    let mut d = month_end(d);
    while !matches!(civil(d).month(), 3 | 6 | 9 | 12) {
        d = month_end(d + 1);
    }
    d
}

/// The last day of the quarter before the one of a day.
pub fn quarter_end_before(d: Day) -> Day {
    let this = quarter(d);
    let mut e = of(civil(d).first_of_month()) - 1;
    while quarter(e) == this {
        e = of(civil(e).first_of_month()) - 1;
    }
    e
}
