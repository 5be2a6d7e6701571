//! What is wrong with the configuration: every problem, with its place.

use std::fmt;

/// One problem of one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, relative to the project, with `/`.
    pub file: String,
    /// From 1; `None` when the file as a whole is meant.
    pub line: Option<usize>,
    /// What was found, what was expected, what to do.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.text),
            None => write!(f, "{}: {}", self.file, self.text),
        }
    }
}

/// All problems of all files, by file and line; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<Problem>);

impl ConfigErrors {
    pub(super) fn one(file: impl Into<String>, text: impl Into<String>) -> ConfigErrors {
        ConfigErrors(vec![Problem { file: file.into(), line: None, text: text.into() }])
    }
}

impl fmt::Display for ConfigErrors {
    /// One line a problem.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// The known name that is most like a mistaken one, if any is like it at all: by its beginning, by few slips of
/// the finger, or because one holds the other.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let found = found.to_lowercase();
    let likeness = |name: &str| {
        let inside = found.len() >= 4 && (name.contains(&found) || found.contains(name));
        let slips = strsim::normalized_damerau_levenshtein(&found, name) + 0.1;
        strsim::jaro_winkler(&found, name).max(slips).max(if inside { 0.8 } else { 0.0 })
    };
    let mut best: Option<(f64, &str)> = None;
    for name in known {
        let score = likeness(&name.to_lowercase());
        if score > 0.75 && best.is_none_or(|(top, _)| score > top) {
            best = Some((score, name));
        }
    }
    best.map(|(_, name)| name)
}

/// `` `a`, `b`, `c` ``, for messages.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

/// `; did you mean `x`?`, or nothing.
pub fn hint<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(found, known).map_or(String::new(), |name| format!("; did you mean `{name}`?"))
}
