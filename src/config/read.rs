//! A TOML file as values with their place. Every getter notes the problem and gives `None`, so that one reading
//! finds all problems of a file.
//!
//! A section remembers the keys that were asked of it; [`Section::done`] refuses the others. So a key is known
//! exactly when some code reads it.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};

use toml::de::{DeTable, DeValue};

use super::problem::{Problem, hint, listed};

/// The text of one file, and what was found wrong with it.
pub(super) struct File<'a> {
    name: String,
    text: &'a str,
    problems: RefCell<Vec<Problem>>,
}

impl<'a> File<'a> {
    pub fn new(name: impl Into<String>, text: &'a str) -> File<'a> {
        File { name: name.into(), text, problems: RefCell::new(Vec::new()) }
    }

    /// The file's tables; `None` when it is no TOML. All errors of syntax are noted.
    pub fn parse(&self) -> Option<DeTable<'a>> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            let at = error.span().map_or(0, |s| s.start);
            self.problem(at, format!("{}; expected TOML", error.message().replace('\n', ", ")));
        }
        errors.is_empty().then(|| table.into_inner())
    }

    pub fn root<'s>(&'s self, table: &'s DeTable<'a>) -> Section<'s> {
        Section { file: self, name: String::new(), table: Some(table), at: 0, asked: RefCell::default() }
    }

    /// Notes a problem at a byte of the text.
    pub fn problem(&self, at: usize, text: String) {
        let line = self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|b| **b == b'\n').count() + 1;
        self.problems.borrow_mut().push(Problem { file: self.name.clone(), line: Some(line), text });
    }

    pub fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}

/// A table of the file; one that is not there has no keys.
pub(super) struct Section<'a> {
    file: &'a File<'a>,
    name: String,
    table: Option<&'a DeTable<'a>>,
    at: usize,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    fn dotted(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_string() } else { format!("{}.{key}", self.name) }
    }

    /// The value of a key, if it is there.
    pub fn get(&self, key: &'static str) -> Option<Item<'a>> {
        self.asked.borrow_mut().push(key);
        let value = self.table?.get(key)?;
        Some(Item { file: self.file, name: self.dotted(key), at: value.span(), value: value.get_ref() })
    }

    /// A section inside this one; empty when it is not there.
    pub fn section(&self, key: &'static str) -> Section<'a> {
        self.get(key).and_then(|item| item.section()).unwrap_or_else(|| Section {
            file: self.file,
            name: self.dotted(key),
            table: None,
            at: self.at,
            asked: RefCell::default(),
        })
    }

    /// Every key with its value, for sections whose keys are names of the user's choice.
    pub fn entries(&self) -> Vec<Entry<'a>> {
        let Some(table) = self.table else { return Vec::new() };
        table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref().to_string(),
                at: key.span().start,
                item: Item {
                    file: self.file,
                    name: self.dotted(key.get_ref()),
                    at: value.span(),
                    value: value.get_ref(),
                },
            })
            .collect()
    }

    /// Whether the section has the key, whatever its value.
    pub fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// Refuses the keys that were not asked for; `later` are keys that a later version will know.
    pub fn done(&self, later: &[&str]) {
        let asked = self.asked.borrow();
        for entry in self.entries() {
            let key = entry.key.as_str();
            if later.contains(&key) {
                self.file.problem(entry.at, format!("`{}` is not supported yet; remove it", entry.item.name));
            } else if !asked.contains(&key) {
                let known = asked.iter().copied();
                self.file.problem(
                    entry.at,
                    format!(
                        "unknown key `{}`; expected {}{}",
                        entry.item.name,
                        listed(known.clone()),
                        hint(key, known)
                    ),
                );
            }
        }
    }

    /// Notes a problem of the section as a whole.
    pub fn refuse(&self, text: String) {
        self.file.problem(self.at, text);
    }
}

/// A key of a section, with its value.
pub(super) struct Entry<'a> {
    pub key: String,
    at: usize,
    pub item: Item<'a>,
}

impl Entry<'_> {
    /// Notes that the key is none of those that may stand here.
    pub fn refuse_key<'k>(&self, what: &str, known: impl IntoIterator<Item = &'k str> + Clone) {
        let text =
            format!("unknown {what} `{}`; expected {}{}", self.key, listed(known.clone()), hint(&self.key, known));
        self.item.file.problem(self.at, text);
    }

    /// Notes a problem at the key.
    pub fn problem(&self, text: String) {
        self.item.file.problem(self.at, text);
    }
}

/// A value with its place.
#[derive(Clone)]
pub(super) struct Item<'a> {
    file: &'a File<'a>,
    /// The key with its sections, as `report[1].formats`.
    pub name: String,
    at: Range<usize>,
    value: &'a DeValue<'a>,
}

impl<'a> Item<'a> {
    /// The value as it stands in the file, its first line, shortened.
    fn shown(&self) -> String {
        let text = self.file.text.get(self.at.clone()).unwrap_or_default();
        let line: String = text.lines().next().unwrap_or_default().chars().take(60).collect();
        if line.len() < text.len() { format!("{line}…") } else { line }
    }

    /// Notes that the value is not what was expected.
    pub fn refuse(&self, expected: impl Display) {
        self.problem(format!("`{}` is {}; expected {expected}", self.name, self.shown()));
    }

    /// Notes a problem at the value.
    pub fn problem(&self, text: String) {
        self.file.problem(self.at.start, text);
    }

    /// A string that is not empty.
    pub fn text(&self) -> Option<&'a str> {
        let text = self.value.as_str().filter(|t| !t.is_empty());
        if text.is_none() {
            self.refuse("a text in quotes, not empty");
        }
        text
    }

    /// A string, perhaps empty.
    pub fn string(&self) -> Option<&'a str> {
        let text = self.value.as_str();
        if text.is_none() {
            self.refuse("a text in quotes");
        }
        text
    }

    /// The text of a string, a number, a boolean, or a date or time without quotes.
    pub fn scalar(&self) -> Option<String> {
        let text = match self.value {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_string()),
            DeValue::Float(number) => Some(number.as_str().to_string()),
            DeValue::Boolean(yes) => Some(yes.to_string()),
            DeValue::Datetime(date) => Some(date.to_string()),
            _ => None,
        };
        if text.is_none() {
            self.refuse("a text in quotes or a number");
        }
        text
    }

    /// Whether the value is this text.
    pub fn is_text(&self, text: &str) -> bool {
        self.value.as_str() == Some(text)
    }

    /// A string, or a date or time without quotes.
    pub fn date_text(&self) -> Option<String> {
        let text = match self.value {
            DeValue::Datetime(date) => Some(date.to_string()),
            other => other.as_str().map(str::to_string),
        };
        if text.is_none() {
            self.refuse("a date in quotes");
        }
        text
    }

    /// Whatever whole number the value is; nothing is noted when it is none.
    pub fn whole(&self) -> Option<i128> {
        self.value.as_integer().and_then(|i| i128::from_str_radix(i.as_str(), i.radix()).ok())
    }

    /// A whole number within limits.
    pub fn int<T: TryFrom<i128> + PartialOrd + Display>(&self, limits: RangeInclusive<T>) -> Option<T> {
        let number = self.whole().and_then(|n| T::try_from(n).ok()).filter(|n| limits.contains(n));
        if number.is_none() {
            self.refuse(format_args!("a whole number from {} to {}", limits.start(), limits.end()));
        }
        number
    }

    /// A finite number that passes a test.
    pub fn number(&self, expected: &str, test: impl Fn(f64) -> bool) -> Option<f64> {
        let number = match self.value {
            DeValue::Integer(i) if i.radix() == 10 => i.as_str().parse::<f64>().ok(),
            DeValue::Float(f) => f.as_str().parse::<f64>().ok(),
            _ => None,
        };
        let number = number.filter(|n| n.is_finite() && test(*n));
        if number.is_none() {
            self.refuse(expected);
        }
        number
    }

    /// A number from 0 to 1, both in.
    pub fn ratio(&self) -> Option<f64> {
        self.number("a number from 0 to 1", |n| (0.0..=1.0).contains(&n))
    }

    /// One of a few words.
    pub fn word<T: Copy>(&self, words: &[(&'static str, T)]) -> Option<T> {
        let found = self.value.as_str();
        let hit = words.iter().find(|(word, _)| found == Some(*word)).map(|(_, value)| *value);
        if hit.is_none() {
            self.refuse_word(words.iter().map(|(word, _)| *word));
        }
        hit
    }

    /// Notes that the value is none of the known words.
    pub fn refuse_word<'k>(&self, known: impl IntoIterator<Item = &'k str> + Clone) {
        let near = hint(self.value.as_str().unwrap_or_default(), known.clone());
        self.refuse(format_args!("{}{near}", listed(known)));
    }

    /// The elements of a list.
    pub fn list(&self) -> Option<Vec<Item<'a>>> {
        let Some(list) = self.value.as_array() else {
            self.refuse("a list in brackets");
            return None;
        };
        let element = |(n, value): (usize, &'a toml::Spanned<DeValue<'a>>)| Item {
            file: self.file,
            name: format!("{}[{}]", self.name, n + 1),
            at: value.span(),
            value: value.get_ref(),
        };
        Some(list.iter().enumerate().map(element).collect())
    }

    /// The value as a section.
    pub fn section(&self) -> Option<Section<'a>> {
        let table = self.value.as_table();
        if table.is_none() {
            self.refuse(format_args!("a section `[{}]`", self.name));
        }
        table.map(|table| Section {
            file: self.file,
            name: self.name.clone(),
            table: Some(table),
            at: self.at.start,
            asked: RefCell::default(),
        })
    }
}
