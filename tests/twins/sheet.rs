//! What a twin expects, and the comparison with what was printed.

use std::fmt;

use crate::support::days::{self, Day};
use crate::support::project::Printed;

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Text(String),
    Int(i64),
    Float(f64),
    /// Cents.
    Money(i128),
    Date(Day),
    Bool(bool),
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Null => Ok(()),
            Cell::Text(t) => f.write_str(t),
            Cell::Int(n) => write!(f, "{n}"),
            Cell::Float(x) => write!(f, "{x}"),
            Cell::Money(c) => {
                let sign = if *c < 0 { "-" } else { "" };
                write!(f, "{sign}{}.{:02}", c.abs() / 100, c.abs() % 100)
            }
            Cell::Date(d) => f.write_str(&days::text(*d)),
            Cell::Bool(b) => write!(f, "{b}"),
        }
    }
}

impl Cell {
    /// Text, whole numbers, money, dates and truth exactly; floats to 1e-9.
    fn matches(&self, got: &str) -> bool {
        match self {
            Cell::Float(x) => got.parse::<f64>().is_ok_and(|g| (g - x).abs() <= 1e-9 * x.abs().max(1.0)),
            _ => self.to_string() == got,
        }
    }
}

impl From<i64> for Cell {
    fn from(n: i64) -> Cell {
        Cell::Int(n)
    }
}

impl From<usize> for Cell {
    fn from(n: usize) -> Cell {
        Cell::Int(n as i64)
    }
}

impl From<f64> for Cell {
    fn from(x: f64) -> Cell {
        Cell::Float(x)
    }
}

impl From<i128> for Cell {
    fn from(cents: i128) -> Cell {
        Cell::Money(cents)
    }
}

impl From<bool> for Cell {
    fn from(b: bool) -> Cell {
        Cell::Bool(b)
    }
}

impl From<&str> for Cell {
    fn from(t: &str) -> Cell {
        Cell::Text(t.to_string())
    }
}

impl From<&String> for Cell {
    fn from(t: &String) -> Cell {
        Cell::Text(t.clone())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Cell {
        value.map_or(Cell::Null, Into::into)
    }
}

/// A date, as a cell (days are plain numbers here).
pub fn date(d: impl Into<Option<Day>>) -> Cell {
    d.into().map_or(Cell::Null, Cell::Date)
}

pub type Line = Vec<(&'static str, Cell)>;

/// The rows that a twin expects, in their order; the first `keys` columns are the key.
pub struct Expected {
    pub table: &'static str,
    pub keys: usize,
    pub rows: Vec<Line>,
}

impl Expected {
    /// Rows sorted by their key as text, the usual order.
    pub fn sorted(table: &'static str, keys: usize, mut rows: Vec<Line>) -> Expected {
        rows.sort_by_key(|row| row[..keys].iter().map(|(_, cell)| cell.to_string()).collect::<Vec<_>>());
        Expected { table, keys, rows }
    }

    fn key(&self, row: usize) -> Vec<String> {
        self.rows[row][..self.keys].iter().map(|(_, cell)| cell.to_string()).collect()
    }

    /// Every difference, as `table key column: expected, got`; the attributes that `may` follow only if they do.
    pub fn differences(&self, got: &Printed) -> Vec<String> {
        let mut out = Vec::new();
        let Some(first) = self.rows.first() else {
            if !got.rows.is_empty() {
                out.push(format!("{}: expected no rows, got {}: {:?}", self.table, got.rows.len(), got.rows[0]));
            }
            return out;
        };
        for (at, (name, _)) in first[..self.keys].iter().enumerate() {
            if got.header.get(at).map(String::as_str) != Some(*name) {
                return vec![format!("{}: expected key column {name} at {at}, got {:?}", self.table, got.header)];
            }
        }
        let keys: Vec<Vec<String>> = got.rows.iter().map(|r| r[..self.keys].to_vec()).collect();
        let mine: Vec<Vec<String>> = (0..self.rows.len()).map(|i| self.key(i)).collect();
        for key in mine.iter().filter(|k| !keys.contains(k)) {
            out.push(format!("{} {key:?}: expected this row, got none", self.table));
        }
        for key in keys.iter().filter(|k| !mine.contains(k)) {
            out.push(format!("{} {key:?}: got this row, expected none", self.table));
        }
        if out.is_empty() && mine != keys {
            let at = (0..mine.len()).find(|i| keys.get(*i) != mine.get(*i)).unwrap_or(mine.len());
            out.push(format!("{}: order, row {at}: expected {:?}, got {:?}", self.table, mine.get(at), keys.get(at)));
        }
        for (i, row) in self.rows.iter().enumerate() {
            let Some(at) = keys.iter().position(|k| *k == mine[i]) else { continue };
            for (name, cell) in &row[self.keys..] {
                let optional = name.strip_prefix("may ");
                let Some(column) = got.column(optional.unwrap_or(name)) else {
                    if optional.is_none() && i == 0 {
                        out.push(format!("{}: no column {name}", self.table));
                    }
                    continue;
                };
                let value = &got.rows[at][column];
                if !cell.matches(value) {
                    out.push(format!("{} {:?} {name}: expected `{cell}`, got `{value}`", self.table, mine[i]));
                }
            }
        }
        out
    }
}

/// `num / den` rounded half away from zero.
pub fn round(num: i128, den: i128) -> i128 {
    let (num, den) = if den < 0 { (-num, -den) } else { (num, den) };
    let up = (num.abs() * 2 + den) / (den * 2);
    if num < 0 { -up } else { up }
}

pub fn ratio(num: impl Into<i128>, den: impl Into<i128>) -> Option<f64> {
    let (num, den) = (num.into(), den.into());
    (den != 0).then(|| num as f64 / den as f64)
}

/// An exact fraction, for sums that are rounded once.
#[derive(Clone, Copy, Debug)]
pub struct Fraction {
    pub num: i128,
    pub den: i128,
}

impl Fraction {
    pub const ZERO: Fraction = Fraction { num: 0, den: 1 };

    pub fn plus(self, num: i128, den: i128) -> Fraction {
        let (n, d) = (self.num * den + num * self.den, self.den * den);
        let (mut a, mut b) = (n.abs(), d);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Fraction { num: n / a.max(1), den: d / a.max(1) }
    }

    pub fn cents(self) -> i128 {
        round(self.num, self.den)
    }
}

/// Wilson 1927, 95 %: both limits, or nulls without any trial.
pub fn wilson(successes: i64, n: i64) -> (Option<f64>, Option<f64>) {
    if n == 0 {
        return (None, None);
    }
    let z = 1.959963984540054_f64;
    let (n, p) = (n as f64, successes as f64 / n as f64);
    let middle = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    (Some((middle - half) / scale), Some((middle + half) / scale))
}
