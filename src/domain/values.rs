//! The text of a value -> a typed value, or the reason why not.
//!
//! | kind | text that is read | value |
//! |---|---|---|
//! | time | `2026-07-01T09:30:00.5+08:00`, `2026-07-01 09:30:00`; other forms: time_format.rs | instant, and its local day |
//! | date | `2026-07-01`, 1900 to 2199 | day |
//! | money | `1250`, `1250.`, `1250.5`, `+1250.500` | cents |
//! | integer | `12`, `12.0` | whole number |
//! | quantity | `12`, `1.2e3` | float |
//! | word | ` Inbound ` | `inbound` |
//!
//! Everything but an id is trimmed of Unicode white space; empty is null. Numbers are exact: no amount passes
//! through a float.

use std::borrow::Cow;

use super::decimal::{decimal, digits, value};
use super::schema::Kind;
use super::time_format::{LastDay, Moment, TimeFormat, two};
use super::zone::{MICROS_PER_DAY, ZoneClock};
use super::{Day, Micros, Reason, Zone};

/// The longest id, in bytes.
const MAX_ID: usize = 128;
/// Whole digits of an amount below 10^13.
const AMOUNT_DIGITS: usize = 13;
/// The first local year in which an event may lie.
const FIRST_YEAR: i32 = 2000;

/// A value as the lake stores it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Text(Cow<'a, str>),
    Int(i64),
    Float(f64),
    /// Cents, below 10^15.
    Money(i64),
    Date(Day),
    /// The instant and its local day.
    Time(Micros, Day),
}

/// Reads values of one project: knows its zone and the run's clock.
#[derive(Clone, Debug)]
pub struct ValueReader<'z> {
    clock: ZoneClock<'z>,
    times: &'z TimeFormat,
    first_day: Day,
    latest: Micros,
    last_day: LastDay,
}

impl<'z> ValueReader<'z> {
    /// `now` is the run's clock; a time over one day after it is out of range.
    pub fn new(zone: &'z Zone, now: Micros) -> ValueReader<'z> {
        let first_day = Day::from_ymd(FIRST_YEAR, 1, 1).unwrap_or(Day::MIN);
        let latest = Micros(now.0.saturating_add(MICROS_PER_DAY));
        ValueReader {
            clock: zone.clock(),
            times: &TimeFormat::Rfc3339,
            first_day,
            latest,
            last_day: LastDay::default(),
        }
    }

    /// Reads times in another form than RFC 3339.
    pub fn with_times(self, times: &'z TimeFormat) -> ValueReader<'z> {
        ValueReader { times, ..self }
    }

    /// The value of a text, [`Value::Null`] for an empty one.
    pub fn read<'a>(&mut self, kind: Kind, text: &'a str) -> Result<Value<'a>, Reason> {
        if kind == Kind::Id {
            return match id(text)? {
                "" => Ok(Value::Null),
                id => Ok(Value::Text(Cow::Borrowed(id))),
            };
        }
        let text = trimmed(text);
        if text.is_empty() {
            return Ok(Value::Null);
        }
        match kind {
            Kind::Id | Kind::Text => Ok(Value::Text(Cow::Borrowed(text))),
            Kind::Segment if text == "all" => Err(Reason::ReservedWord),
            Kind::Segment => Ok(Value::Text(Cow::Borrowed(text))),
            Kind::Lower => Ok(Value::Text(lower(text))),
            Kind::Word(words) => word(words, text),
            Kind::Time => self.time(text).map(|(at, day)| Value::Time(at, day)),
            Kind::Date => Day::parse(text).map(Value::Date).ok_or(Reason::BadDate),
            Kind::Money => money(text).map(Value::Money),
            Kind::Integer(least, greatest) => integer(text, least, greatest).map(Value::Int),
            Kind::Number => number(text).map(Value::Float),
            Kind::Quantity => quantity(text).map(Value::Float),
            Kind::Period if is_period(text) => Ok(Value::Text(Cow::Borrowed(text))),
            Kind::Period => Err(Reason::BadPeriod),
        }
    }

    /// The instant of a trimmed text that is not empty, and its local day.
    pub fn time(&mut self, text: &str) -> Result<(Micros, Day), Reason> {
        let at = match self.times.read(text, &mut self.last_day).ok_or(Reason::BadTime)? {
            Moment::At(at) => at,
            Moment::Wall(wall) => self.clock.from_local(wall),
        };
        let day = self.clock.day_of(at);
        if at > self.latest || day < self.first_day {
            return Err(Reason::TimeRange);
        }
        Ok((at, day))
    }

    /// As [`ValueReader::read`] of a text as the contract writes it, whatever form the source's times have.
    pub fn read_ours<'a>(&mut self, kind: Kind, text: &'a str) -> Result<Value<'a>, Reason> {
        let times = std::mem::replace(&mut self.times, &TimeFormat::Rfc3339);
        let read = self.read(kind, text);
        self.times = times;
        read
    }
}

/// A text without white space around it.
#[inline]
pub fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [] | [0x21..=0x7e] | [0x21..=0x7e, .., 0x21..=0x7e] => text,
        _ => text.trim(),
    }
}

/// The text of an id, kept as it stands; empty is null.
#[inline]
pub fn id(text: &str) -> Result<&str, Reason> {
    if text.len() <= MAX_ID { Ok(text) } else { Err(Reason::IdTooLong) }
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

fn word<'a>(words: &'static [&'static str], text: &str) -> Result<Value<'a>, Reason> {
    let text = lower(text);
    let known = words.iter().find(|w| **w == text).ok_or(Reason::UnknownWord)?;
    Ok(Value::Text(Cow::Borrowed(known)))
}

/// Cents of an amount >= 0 and < 10^13 with at most two non-zero decimals.
fn money(text: &str) -> Result<i64, Reason> {
    let number = decimal(text, false).filter(|n| n.decimals.len() <= 2).ok_or(Reason::BadNumber)?;
    if number.below_zero() || number.whole.len() > AMOUNT_DIGITS {
        return Err(Reason::NumberRange);
    }
    let cents = match number.decimals {
        [] => 0,
        [tenths] => i64::from(tenths - b'0') * 10,
        decimals => value(decimals),
    };
    Ok(value(number.whole) * 100 + cents)
}

fn integer(text: &str, least: i64, greatest: i64) -> Result<i64, Reason> {
    let number = decimal(text, false).filter(|n| n.decimals.is_empty()).ok_or(Reason::BadNumber)?;
    if number.whole.len() > 18 {
        return Err(Reason::NumberRange);
    }
    let n = value(number.whole) * if number.negative { -1 } else { 1 };
    if (least..=greatest).contains(&n) { Ok(n) } else { Err(Reason::NumberRange) }
}

/// A number >= 0 and < 10^13.
fn number(text: &str) -> Result<f64, Reason> {
    let number = decimal(text, false).ok_or(Reason::BadNumber)?;
    if number.below_zero() || number.whole.len() > AMOUNT_DIGITS {
        return Err(Reason::NumberRange);
    }
    float(text)
}

/// A number >= 0, exponent allowed; one too great for a float is out of range.
fn quantity(text: &str) -> Result<f64, Reason> {
    let number = decimal(text, true).ok_or(Reason::BadNumber)?;
    if number.below_zero() {
        return Err(Reason::NumberRange);
    }
    if !number.exponent && number.decimals.is_empty() && number.whole.len() <= 15 {
        return Ok(value(number.whole) as f64);
    }
    float(text)
}

/// The nearest float, zero without a sign.
fn float(text: &str) -> Result<f64, Reason> {
    let n: f64 = text.parse().map_err(|_| Reason::BadNumber)?;
    if n.is_finite() { Ok(n.abs()) } else { Err(Reason::NumberRange) }
}

/// `2026`, `2026-Q3` or `2026-07`, years 1900 to 2199.
fn is_period(text: &str) -> bool {
    let b = text.as_bytes();
    let (rest, year) = digits(b);
    let part = match rest {
        [] => true,
        [b'-', b'Q', quarter] => matches!(quarter, b'1'..=b'4'),
        [b'-', _, _] => two(rest, 1).is_some_and(|month| (1..=12).contains(&month)),
        _ => false,
    };
    part && year.len() == 4 && (1900..=2199).contains(&value(year))
}

#[cfg(test)]
mod tests;
