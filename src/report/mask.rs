//! Who may see what. The one place that decides it.
//!
//! | | company names | free text | contact, telephone, shop address |
//! |---|---|---|---|
//! | `ops` | – | – | – |
//! | `management` | yes | – | – |
//! | `sales` | yes | yes | – |
//! | `after_sales` | yes | yes | yes |
//!
//! People type telephone numbers wherever they can: into names, segments, remarks. So whoever must not see telephone
//! numbers sees [`HIDDEN`] for every run of seven digits and more in a text that a person typed. Ids, codes, dates and
//! amounts of their own columns are no such texts.

use std::borrow::Cow;

use crate::config::Audience;
use crate::domain::{Day, Str};

use super::document::{Cell, Document};

/// What a column gives away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Open,
    CompanyName,
    FreeText,
    Contact,
}

/// The class of a column, by its key.
pub fn class_of(key: &str) -> Class {
    match key {
        "name" => Class::CompanyName,
        "contact" | "contact_name" | "phone" | "shop_url" => Class::Contact,
        "evidence" | "objection" | "competitor" | "next_step" | "reason" | "last_care_action" => Class::FreeText,
        _ => Class::Open,
    }
}

/// Whether an audience sees a class.
pub fn shows(audience: Audience, class: Class) -> bool {
    match class {
        Class::Open => true,
        Class::CompanyName => audience != Audience::Ops,
        Class::FreeText => matches!(audience, Audience::Sales | Audience::AfterSales),
        Class::Contact => audience == Audience::AfterSales,
    }
}

/// Takes every column out that its audience must not see, values and all, and long numbers out of typed texts.
pub fn mask(document: &mut Document, audience: Audience) {
    for table in document.tables_mut() {
        table.retain_columns(|column| shows(audience, class_of(&column.key)));
        let typed: Vec<usize> =
            table.columns.iter().enumerate().filter(|(_, c)| is_typed(&c.key)).map(|(n, _)| n).collect();
        for row in &mut table.rows {
            for n in &typed {
                if let Some(Cell::Text(text)) = row.cells.get_mut(*n) {
                    *text = free(audience, text);
                }
            }
        }
    }
}

/// Whether a person typed the texts of a column. Sentences, lines and labels that are made of such texts are made of
/// what [`free`] leaves of them.
fn is_typed(key: &str) -> bool {
    matches!(key, "plan" | "segment" | "group" | "region" | "team" | "rep" | "sales_rep" | "service_rep")
        || matches!(class_of(key), Class::CompanyName | Class::FreeText)
}

/// A text that a person typed, as an audience may see it.
pub fn free(audience: Audience, text: &Str) -> Str {
    if audience == Audience::AfterSales {
        return text.clone();
    }
    match without_numbers(text) {
        Cow::Borrowed(_) => text.clone(),
        Cow::Owned(masked) => masked.into(),
    }
}

/// Stands for a number that is hidden.
pub const HIDDEN: &str = "***";
/// Digits from which a number may be a telephone's.
const MANY: usize = 7;
/// Signs between two digits of one number.
const APART: usize = 2;

/// Digits of any script, full-width ones and the Chinese numerals by which numbers are read out.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || !c.is_ascii() && (c.is_numeric() || "零一二三四五六七八九".contains(c))
}

/// What people write between the digits of one number.
fn is_between(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{3000}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
        || "-.()+－．（）＋·・".contains(c)
}

/// The text with [`HIDDEN`] for each number of seven digits and more; a date `YYYY-MM-DD` by itself is none.
///
/// `call 138-0013 8000` is `call ***`; `12 units by 2026-10-31` stays.
pub fn without_numbers(text: &str) -> Cow<'_, str> {
    let mut masked = String::new();
    // Behind what was copied; of the number under way the start, the end, its digits and the signs since the last.
    let mut copied = 0;
    let mut number: Option<(usize, usize, usize, usize)> = None;
    let mut close = |number: &mut Option<(usize, usize, usize, usize)>| {
        let Some((start, end, digits, _)) = number.take() else { return };
        if digits >= MANY && Day::parse(&text[start..end]).is_none() {
            masked.push_str(&text[copied..start]);
            masked.push_str(HIDDEN);
            copied = end;
        }
    };
    for (at, c) in text.char_indices() {
        match &mut number {
            Some((_, end, digits, apart)) if is_digit(c) => {
                (*end, *digits, *apart) = (at + c.len_utf8(), *digits + 1, 0);
            }
            Some((.., apart)) if is_between(c) && *apart < APART => *apart += 1,
            _ => {
                close(&mut number);
                if is_digit(c) {
                    number = Some((at, at + c.len_utf8(), 1, 0));
                }
            }
        }
    }
    close(&mut number);
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[copied..]);
    Cow::Owned(masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_hidden_however_they_are_written() {
        let cases = [
            ("13800138000", "***"),
            ("电话：１３８－００１３－８０００，王先生", "电话：***，王先生"),
            ("tel +86 (010) 8888.8888 ext 12", "tel +*** ext 12"),
            ("138 0013\u{3000}8000/139 0013 8000", "***/***"),
            ("一三八零零一三八零零零 请来电", "*** 请来电"),
            ("order 1234567.", "order ***."),
            ("2026-10-31 10", "***"),
            ("20261031", "***"),
            // Shorter ones, amounts with commas, dates by themselves stay.
            ("123456 units", "123456 units"),
            ("1,200,000 CNY", "1,200,000 CNY"),
            ("wants it on 2026-10-31, 30 units", "wants it on 2026-10-31, 30 units"),
            ("2026-19-31", "***"),
            ("room 12, floor 3 - 45 - 67", "room 12, floor 3 - 45 - 67"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(without_numbers(text), expected, "{text}");
        }
    }
}
