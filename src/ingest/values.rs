//! The text of a value -> a typed value, or the reason why not.
//!
//! | kind | text that is read | value |
//! |---|---|---|
//! | time | `2026-07-01T09:30:00.5+08:00`, `2026-07-01 09:30:00` | instant, and its local day |
//! | date | `2026-07-01`, 1900 to 2199 | day |
//! | money | `1250`, `1250.`, `1250.5`, `+1250.500` | cents |
//! | integer | `12`, `12.0` | whole number |
//! | quantity | `12`, `1.2e3` | float |
//! | word | ` Inbound ` | `inbound` |
//!
//! Everything but an id is trimmed of Unicode white space; empty is null. Numbers are exact: no amount passes
//! through a float.

use std::borrow::Cow;

use super::Reason;
use crate::domain::schema::Kind;
use crate::domain::zone::{MICROS_PER_DAY, MICROS_PER_SECOND, ZoneClock};
use crate::domain::{Day, Micros, Zone};

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
    first_day: Day,
    latest: Micros,
}

impl<'z> ValueReader<'z> {
    /// `now` is the run's clock; a time over one day after it is out of range.
    pub fn new(zone: &'z Zone, now: Micros) -> ValueReader<'z> {
        let first_day = Day::from_ymd(FIRST_YEAR, 1, 1).unwrap_or(Day::MIN);
        ValueReader { clock: zone.clock(), first_day, latest: Micros(now.0.saturating_add(MICROS_PER_DAY)) }
    }

    /// The value of a text, [`Value::Null`] for an empty one.
    pub fn read<'a>(&mut self, kind: Kind, text: &'a str) -> Result<Value<'a>, Reason> {
        if kind == Kind::Id {
            return match text.len() {
                0 => Ok(Value::Null),
                1..=MAX_ID => Ok(Value::Text(Cow::Borrowed(text))),
                _ => Err(Reason::IdTooLong),
            };
        }
        let text = text.trim();
        if text.is_empty() {
            return Ok(Value::Null);
        }
        match kind {
            Kind::Id | Kind::Text => Ok(Value::Text(Cow::Borrowed(text))),
            Kind::Segment if text == "all" => Err(Reason::ReservedWord),
            Kind::Segment => Ok(Value::Text(Cow::Borrowed(text))),
            Kind::Lower => Ok(Value::Text(lower(text))),
            Kind::Word(words) => word(words, text),
            Kind::Time => self.time(text),
            Kind::Date => Day::parse(text).map(Value::Date).ok_or(Reason::BadDate),
            Kind::Money => money(text).map(Value::Money),
            Kind::Integer(least, greatest) => integer(text, least, greatest).map(Value::Int),
            Kind::Number => number(text).map(Value::Float),
            Kind::Quantity => quantity(text).map(Value::Float),
            Kind::Period if is_period(text) => Ok(Value::Text(Cow::Borrowed(text))),
            Kind::Period => Err(Reason::BadPeriod),
        }
    }

    fn time(&mut self, text: &str) -> Result<Value<'static>, Reason> {
        let (wall, offset) = wall_time(text).ok_or(Reason::BadTime)?;
        let at = match offset {
            Some(offset) => Micros(wall - offset),
            None => self.clock.from_local(wall),
        };
        let day = self.clock.day_of(at);
        if at > self.latest || day < self.first_day {
            return Err(Reason::TimeRange);
        }
        Ok(Value::Time(at, day))
    }
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

/// Two ASCII digits as a number.
fn two(b: &[u8], at: usize) -> Option<i64> {
    let (tens, ones) = (b.get(at)?.wrapping_sub(b'0'), b.get(at + 1)?.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
}

/// Wall time in microseconds since 1970-01-01T00:00:00 on that wall, and the offset in microseconds if one is written.
fn wall_time(text: &str) -> Option<(i64, Option<i64>)> {
    let b = text.as_bytes();
    // A time far away can be read; it is out of range, not unreadable.
    let day = Day::parse_any(text.get(..10)?)?;
    if b.len() < 19 || !matches!(b[10], b'T' | b't' | b' ') || b[13] != b':' || b[16] != b':' {
        return None;
    }
    let (hour, minute, second) = (two(b, 11)?, two(b, 14)?, two(b, 17)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (micros, rest) = fraction(&b[19..])?;
    let seconds = i64::from(day.0) * 86_400 + hour * 3600 + minute * 60 + second;
    Some((seconds * MICROS_PER_SECOND + micros, offset(rest)?))
}

/// Decimals of a second cut after microseconds, and what follows them.
fn fraction(b: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = b.strip_prefix(b".") else { return Some((0, b)) };
    let length = digits.iter().take_while(|c| c.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let digit = |n: usize| if n < length { i64::from(digits[n] - b'0') } else { 0 };
    Some(((0..6).fold(0, |micros, n| micros * 10 + digit(n)), &digits[length..]))
}

/// Nothing, `Z`, or ±hh:mm.
fn offset(b: &[u8]) -> Option<Option<i64>> {
    let sign = match b {
        [] => return Some(None),
        [b'Z' | b'z'] => return Some(Some(0)),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    let (hours, minutes) = (two(b, 1)?, two(b, 4)?);
    (b.len() == 6 && b[3] == b':' && hours < 24 && minutes < 60)
        .then(|| Some(sign * (hours * 3600 + minutes * 60) * MICROS_PER_SECOND))
}

/// A decimal number as written: digits without leading, decimals without trailing zeros.
struct Decimal<'a> {
    negative: bool,
    whole: &'a [u8],
    decimals: &'a [u8],
    exponent: bool,
}

impl Decimal<'_> {
    fn below_zero(&self) -> bool {
        self.negative && !(self.whole.is_empty() && self.decimals.is_empty())
    }
}

/// Reads `[+-]digits[.[digits]]`, and an exponent where it may stand.
fn decimal(text: &str, exponent: bool) -> Option<Decimal<'_>> {
    let b = text.as_bytes();
    let negative = b.first() == Some(&b'-');
    let (b, whole) = digits(b.strip_prefix(b"-").or(b.strip_prefix(b"+")).unwrap_or(b));
    if whole.is_empty() {
        return None;
    }
    let (b, decimals) = b.strip_prefix(b".").map_or((b, &b[..0]), digits);
    let whole = &whole[whole.iter().take_while(|c| **c == b'0').count()..];
    let decimals = &decimals[..decimals.iter().rposition(|c| *c != b'0').map_or(0, |n| n + 1)];
    let Some(b) = b.strip_prefix(b"e").or(b.strip_prefix(b"E")).filter(|_| exponent) else {
        return b.is_empty().then_some(Decimal { negative, whole, decimals, exponent: false });
    };
    let (rest, power) = digits(b.strip_prefix(b"-").or(b.strip_prefix(b"+")).unwrap_or(b));
    (rest.is_empty() && !power.is_empty()).then_some(Decimal { negative, whole, decimals, exponent: true })
}

/// What follows the leading ASCII digits, and these.
fn digits(b: &[u8]) -> (&[u8], &[u8]) {
    let length = b.iter().take_while(|c| c.is_ascii_digit()).count();
    (&b[length..], &b[..length])
}

/// The value of at most 18 digits.
fn value(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |n, c| n * 10 + i64::from(c - b'0'))
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
