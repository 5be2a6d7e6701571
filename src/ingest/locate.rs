//! A file's column names -> where the source's columns are in it.

use std::collections::BTreeSet;

use super::FileProblem;
use super::event_id::EVENT_ID;
use crate::config::SourceConfig;
use crate::domain::schema::{Field, Source};

/// The name under which each of the source's columns is looked for in a file, in contract order; `None` for one that
/// is not looked for: a constant, or an id that is made.
pub fn wanted<'a>(source: &'static Source, config: &'a SourceConfig) -> Vec<Option<&'a str>> {
    let name = |field: &Field| {
        let made = field.name == EVENT_ID && !config.event_id.is_empty();
        let name = config.columns.get(field.name).map_or(field.name, String::as_str);
        (!made && !config.constants.contains_key(field.name)).then_some(name)
    };
    source.fields.iter().map(name).collect()
}

/// Where a file's columns are.
#[derive(Debug, PartialEq, Eq)]
pub struct Located {
    /// For each of the source's columns its position in the file.
    pub positions: Vec<Option<usize>>,
    /// Names that the contract does not know, each once, in file order.
    pub unknown: Vec<String>,
}

/// Finds the source's columns among a file's names.
///
/// # Errors
/// A required column is missing, or a known one is there twice: the file is refused, every such column named.
pub fn locate<S: AsRef<str>>(
    source: &'static Source,
    wanted: &[Option<&str>],
    names: &[S],
) -> Result<Located, FileProblem> {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let mut positions = Vec::with_capacity(wanted.len());
    let (mut missing, mut twice) = (Vec::new(), Vec::new());
    for (field, name) in source.fields.iter().zip(wanted) {
        let Some(name) = name else {
            positions.push(None);
            continue;
        };
        let mut at = names.iter().enumerate().filter(|(_, n)| *n == name).map(|(n, _)| n);
        let position = at.next();
        let label = if field.name == *name { format!("`{name}`") } else { format!("`{name}` (for `{}`)", field.name) };
        if at.next().is_some() {
            twice.push(label);
        } else if position.is_none() && field.required {
            missing.push(label);
        }
        positions.push(position);
    }
    // A damaged header may have a million names.
    let mut seen = BTreeSet::new();
    let unknown = names.iter().filter(|n| !wanted.contains(&Some(n)) && seen.insert(**n));
    let unknown = unknown.map(|name| name.to_string()).collect();
    let mut found = Vec::new();
    if !missing.is_empty() {
        found.push(format!("required column missing: {}", missing.join(", ")));
    }
    if !twice.is_empty() {
        found.push(format!("column there more than once: {}", twice.join(", ")));
    }
    if found.is_empty() {
        return Ok(Located { positions, unknown });
    }
    if let ([line], Some(other)) = (names.as_slice(), other_delimiter(&names, wanted)) {
        let columns = line.split(other).count();
        return Err(FileProblem::Refused(format!(
            "{}; the header is one column, or {columns} when it is split at `{}`: set `delimiter = \"{}\"` under [sources.{}]",
            found.join("; "),
            other.escape_default(),
            other.escape_default(),
            source.name
        )));
    }
    // Without a name that is known, this may be a row of a file without a header: nothing of it is told.
    if positions.iter().all(Option::is_none) && twice.is_empty() {
        return Err(FileProblem::Refused(format!(
            "{}; none of its {} column names is known: has the file a header? Add one, correct it, or name its columns \
             under sources.{}.columns",
            found.join("; "),
            names.len(),
            source.name
        )));
    }
    let mut listed = names.iter().take(20).copied().collect::<Vec<_>>().join(", ");
    if let Some((cut, _)) = listed.char_indices().nth(300) {
        listed.truncate(cut);
    }
    Err(FileProblem::Refused(format!(
        "{}; the file has: {listed}; correct the file, or name its columns under sources.{}.columns",
        found.join("; "),
        source.name
    )))
}

/// What splits a header of one column into names of which some are known.
fn other_delimiter(names: &[&str], wanted: &[Option<&str>]) -> Option<char> {
    let known = |name: &str| wanted.contains(&Some(name.trim().trim_matches('"')));
    let mut others = [';', '\t', ',', '|'].into_iter();
    others.find(|other| names.iter().flat_map(|line| line.split(*other)).filter(|name| known(name)).count() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schema::source;

    #[test]
    fn a_header_of_any_width() {
        let names: Vec<String> = (0..200_000).map(|n| format!("x{}", n / 2)).chain(["rep_id".to_string()]).collect();
        let located = locate(source("reps").unwrap(), &[Some("rep_id")], &names).unwrap();
        assert_eq!((located.positions, located.unknown.len()), (vec![Some(200_000)], 100_000));
        assert_eq!(located.unknown[1], "x1");
    }

    #[test]
    fn columns_are_found_by_their_name_in_the_file() {
        let targets = source("targets").unwrap();
        let found =
            locate(targets, &["period", "rep", "amount"].map(Some), &["x", "amount", "rep_id", "period", "x"]).unwrap();
        assert_eq!(
            found,
            Located { positions: vec![Some(3), None, Some(1)], unknown: vec!["x".to_string(), "rep_id".to_string()] }
        );
        let problem =
            locate(targets, &["month", "rep_id", "amount"].map(Some), &["rep_id", "rep_id", "period"]).unwrap_err();
        let told = problem.to_string();
        for part in ["`month` (for `period`)", "`amount`", "more than once: `rep_id`"] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn a_header_that_another_delimiter_splits_says_which() {
        let targets = source("targets").unwrap();
        let told =
            |line: &str| locate(targets, &["period", "rep_id", "amount"].map(Some), &[line]).unwrap_err().to_string();
        assert!(told("period;rep_id;amount").contains("set `delimiter = \";\"` under [sources.targets]"));
        assert!(
            told("\"period\"\t\"amount\"").contains("set `delimiter = \"\\t\"`"),
            "{}",
            told("\"period\"\t\"amount\"")
        );
        // One known name in a row is no header.
        assert!(told("2026;amount;5").contains("has the file a header?"));
    }
}
