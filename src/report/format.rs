//! Numbers, money, per cent and dates as people read them: by language and currency, in this file only.

use crate::config::Language;
use crate::domain::{Cents, Day, Month};

use super::document::{Cell, Kind};
use super::lang::Words;

/// Shown for null.
pub const NOTHING: &str = "–";
const MINUS: char = '\u{2212}';

/// Formats for one reader.
#[derive(Clone, Copy)]
pub struct Format<'a> {
    pub words: &'a Words,
    /// ISO 4217 code of the project.
    pub currency: &'a str,
}

impl Format<'_> {
    /// `1,234,567`
    pub fn int(&self, n: i64) -> String {
        signed(n < 0, &group(&n.unsigned_abs().to_string()))
    }

    /// `1,234.57` with so many decimals, half away from zero.
    pub fn float(&self, x: f64, places: usize) -> String {
        if !x.is_finite() {
            return NOTHING.to_string();
        }
        let text = format!("{:.places$}", round(x.abs(), places));
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
        let dot = if fraction.is_empty() { "" } else { "." };
        signed(x < 0.0 && !zero, &format!("{}{dot}{fraction}", group(whole)))
    }

    /// `41.5%` of the ratio 0.415.
    pub fn percent(&self, ratio: f64) -> String {
        format!("{}%", self.float(ratio * 100.0, 1))
    }

    /// `12%`: for axes and tight places.
    pub fn percent_short(&self, ratio: f64) -> String {
        format!("{}%", self.float(ratio * 100.0, 0))
    }

    /// `+1.2`: a difference of ratios in percentage points, always with its sign.
    pub fn points(&self, ratio: f64) -> String {
        let text = self.float(ratio * 100.0, 1);
        if ratio > 0.0 && text != "0.0" { format!("+{text}") } else { text }
    }

    /// `+12%`: a relative change, always with its sign.
    pub fn change(&self, ratio: f64) -> String {
        let text = self.percent_short(ratio);
        if ratio > 0.0 && text != "0%" { format!("+{text}") } else { text }
    }

    /// `1,234.50`: the currency stands in the header.
    pub fn money(&self, amount: Cents) -> String {
        let n = amount.0.unsigned_abs();
        signed(amount.0 < 0, &format!("{}.{:02}", group(&(n / 100).to_string()), n % 100))
    }

    /// `CNY 1.23M`, `123.4万 CNY`: for headlines and axes.
    pub fn money_short(&self, amount: Cents) -> String {
        let text = self.magnitude(amount.to_f64());
        match self.words.language {
            Language::En => format!("{} {text}", self.currency),
            Language::ZhHans | Language::ZhHant => format!("{text} {}", self.currency),
        }
    }

    /// A number in thousands, millions, or 万 and 亿, with at most three digits of interest.
    pub fn magnitude(&self, x: f64) -> String {
        let unit = self.steps().iter().find(|(size, _)| x.abs() >= *size);
        let (value, name) = unit.map_or((x, ""), |(size, name)| (x / size, *name));
        let places = if unit.is_none() || value.abs() >= 100.0 { 0 } else { 1 };
        let text = self.float(value, places);
        format!("{}{name}", text.strip_suffix(".0").unwrap_or(&text))
    }

    /// The unit in which amounts beside each other read best, and its name with the currency: at least half of the amounts
    /// that are not 0 are one unit or more; 1 and the currency alone where none of the units is so small.
    pub fn unit(&self, amounts: impl Iterator<Item = Cents>) -> (i64, String) {
        let mut sizes: Vec<i128> = amounts.map(|a| a.0.abs() / 100).filter(|a| *a > 0).collect();
        sizes.sort_unstable();
        let middle = sizes.get(sizes.len() / 2).copied().unwrap_or(0);
        let unit = self.steps().iter().find(|(size, _)| *size as i128 <= middle);
        let (size, name) = unit.map_or((1, ""), |(size, name)| (*size as i64, *name));
        let text = match (self.words.language, name) {
            (_, "") => self.currency.to_string(),
            (Language::En, name) => format!("{}\u{a0}{name}", self.currency),
            (Language::ZhHans | Language::ZhHant, name) => format!("{name}\u{a0}{}", self.currency),
        };
        (size, text)
    }

    /// An amount in units of so many, without the unit: `1,234.5`; whole where the unit is 1.
    pub fn in_units(&self, amount: Cents, size: i64) -> String {
        self.float(amount.to_f64() / size as f64, usize::from(size > 1))
    }

    /// The sizes of numbers that have a name, the greatest first.
    fn steps(&self) -> &'static [(f64, &'static str)] {
        match self.words.language {
            Language::En => &[(1e9, "B"), (1e6, "M"), (1e3, "k")],
            Language::ZhHans => &[(1e8, "亿"), (1e4, "万")],
            Language::ZhHant => &[(1e8, "億"), (1e4, "萬")],
        }
    }

    /// `31.3`, `30`: hours without their unit.
    pub fn hours(&self, hours: f64) -> String {
        let text = self.float(hours, 1);
        text.strip_suffix(".0").unwrap_or(&text).to_string()
    }

    /// `2026-11-24`
    pub fn date(&self, day: Day) -> String {
        day.to_string()
    }

    /// `24 November 2026`, `2026年11月24日`
    pub fn long_date(&self, day: Day) -> String {
        let (year, month, date) = day.ymd();
        let name = self.words.get(&format!("month.{month}"));
        self.words.fill("format.long_date", &[("y", &year.to_string()), ("m", name), ("d", &date.to_string())])
    }

    /// `Nov 26`, `26年11月`
    pub fn short_month(&self, month: Month) -> String {
        let name = self.words.get(&format!("month_short.{}", month.number()));
        self.words.fill("format.short_month", &[("y", &format!("{:02}", month.year() % 100)), ("m", name)])
    }

    /// A value as a page shows it.
    pub fn cell(&self, cell: &Cell, kind: Kind) -> String {
        match (cell, kind) {
            (Cell::Null, _) => NOTHING.to_string(),
            (Cell::Text(code), Kind::Code(list)) => self.code(list, code),
            (Cell::Text(text), _) => text.to_string(),
            (Cell::Int(n), _) => self.int(*n),
            (Cell::Float(x), Kind::Percent) => self.percent(*x),
            (Cell::Float(x), Kind::Points) => self.points(*x),
            (Cell::Float(x), Kind::Float(places)) => self.float(*x, places),
            (Cell::Float(x), _) => self.float(*x, 2),
            (Cell::Money(amount), Kind::Amount(size)) => self.in_units(*amount, size),
            (Cell::Money(amount), _) => self.money(*amount),
            (Cell::Date(day), _) => self.date(*day),
            (Cell::Time(at), _) => at.to_string(),
            (Cell::Bool(yes), Kind::Code(list)) => self.code(list, if *yes { "true" } else { "false" }),
            (Cell::Bool(yes), _) => self.code("bool", if *yes { "true" } else { "false" }),
            (Cell::Lines(lines), _) => lines.join("\n"),
            (Cell::Spark(numbers), _) => {
                let shown = |n: &Option<i64>| n.map_or(NOTHING.to_string(), |n| self.int(n));
                numbers.iter().map(shown).collect::<Vec<_>>().join(self.words.get("format.list"))
            }
        }
    }

    /// The word for a code of a closed list; a code that no list has stays as it is.
    pub fn code(&self, list: &str, code: &str) -> String {
        self.words.find(&format!("code.{list}.{code}")).unwrap_or(code).to_string()
    }
}

fn signed(negative: bool, digits: &str) -> String {
    if negative { format!("{MINUS}{digits}") } else { digits.to_string() }
}

/// Half away from zero; what is too large for a fraction stays.
fn round(x: f64, places: usize) -> f64 {
    let scale = 10f64.powi(places as i32);
    let scaled = x * scale;
    if scaled < 9e15 { scaled.round() / scale } else { x }
}

fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        let en = Format { words: Words::of(Language::En), currency: "CNY" };
        assert_eq!(en.int(-1_234_567), "\u{2212}1,234,567");
        assert_eq!(en.money(Cents(12_345_678_905)), "123,456,789.05");
        assert_eq!(en.money(Cents(-5)), "\u{2212}0.05");
        assert_eq!((en.percent(0.4149).as_str(), en.percent(-0.0001).as_str()), ("41.5%", "0.0%"));
        assert_eq!((en.points(0.012).as_str(), en.points(-0.012).as_str()), ("+1.2", "\u{2212}1.2"));
        assert_eq!(en.money_short(Cents(123_456_700)), "CNY 1.2M");
        assert_eq!(en.money_short(Cents(99_900)), "CNY 999");
        let day = Day::from_ymd(2026, 11, 24).unwrap();
        assert_eq!(en.long_date(day), "24 November 2026");
        let zh = Format { words: Words::of(Language::ZhHans), currency: "CNY" };
        assert_eq!(zh.money_short(Cents(123_456_700)), "123万 CNY");
        assert_eq!(zh.money_short(Cents(12_345_670_000)), "1.2亿 CNY");
        assert_eq!(zh.long_date(day), "2026年11月24日");
        assert_eq!(zh.short_month(day.month()), "26年11月");
        assert_eq!(en.code("bool", "neither"), "neither");
    }

    /// Half of the amounts reach the unit: 3 of 4 reach 10,000, one of 4 a million.
    #[test]
    fn amounts_have_one_unit() {
        let amounts = [0, 900, 1_234_567, 5_000_050, 250_000_000].map(Cents);
        let en = Format { words: Words::of(Language::En), currency: "CNY" };
        assert_eq!(en.unit(amounts.into_iter()), (1_000, "CNY\u{a0}k".to_string()));
        assert_eq!(en.in_units(Cents(1_234_567), 1_000), "12.3");
        assert_eq!(en.in_units(Cents(-5), 1_000), "0.0");
        assert_eq!(en.unit([Cents(99_900)].into_iter()), (1, "CNY".to_string()));
        assert_eq!(en.in_units(Cents(99_950), 1), "1,000");
        let zh = Format { words: Words::of(Language::ZhHans), currency: "CNY" };
        assert_eq!(zh.unit(amounts.into_iter()), (10_000, "万\u{a0}CNY".to_string()));
        assert_eq!(zh.in_units(Cents(250_000_000), 10_000), "250.0");
    }
}
