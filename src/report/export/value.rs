//! Values as machines read them: the one spelling that CSV and JSON share.

use crate::domain::frame::Value;

use super::super::document::Cell;

/// The shortest decimal that reads back as the same float; an exponent only beyond 10^-5 and 10^16. Nothing for
/// what is no number.
pub fn float(x: f64) -> Option<String> {
    if !x.is_finite() {
        return None;
    }
    let text = format!("{x:?}");
    Some(match text.strip_suffix(".0") {
        Some(whole) => whole.to_string(),
        None => text,
    })
}

/// The text of a value: money with 2 places, days `YYYY-MM-DD`, times in UTC with `Z`, `true`/`false`; `None` for null.
pub fn plain(value: Value<'_>) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Text(text) => Some(text.to_string()),
        Value::Int(n) => Some(n.to_string()),
        Value::Float(x) => float(x),
        Value::Money(amount) => Some(amount.to_string()),
        Value::Date(day) => Some(day.to_string()),
        Value::Time(at) => Some(at.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
    }
}

/// A value as JSON: money as an exact decimal number, days and times as strings.
pub fn json(value: Value<'_>) -> String {
    let Some(text) = plain(value) else { return "null".to_string() };
    match value {
        Value::Text(_) | Value::Date(_) | Value::Time(_) => string(&text),
        _ => text,
    }
}

/// A JSON string.
pub fn string(text: &str) -> String {
    serde_json::Value::String(text.to_string()).to_string()
}

/// The value of a report's cell; what is made for pages only has none.
pub fn of(cell: &Cell) -> Value<'_> {
    match cell {
        Cell::Null | Cell::Lines(_) | Cell::Spark(_) => Value::Null,
        Cell::Text(text) => Value::Text(text),
        Cell::Int(n) => Value::Int(*n),
        Cell::Float(x) => Value::Float(*x),
        Cell::Money(amount) => Value::Money(*amount),
        Cell::Date(day) => Value::Date(*day),
        Cell::Time(at) => Value::Time(*at),
        Cell::Bool(yes) => Value::Bool(*yes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_the_shortest_that_read_back() {
        let known = [(0.1, "0.1"), (1.0, "1"), (1e21, "1e21"), (1e-7, "1e-7"), (0.1 + 0.2, "0.30000000000000004")];
        for (x, text) in known {
            assert_eq!(float(x).unwrap(), text);
            assert_eq!(text.parse::<f64>().unwrap(), x);
            assert_eq!(serde_json::from_str::<f64>(text).unwrap(), x);
        }
        assert_eq!(float(f64::NAN), None);
    }
}
