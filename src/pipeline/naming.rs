//! Texts that name what was erased: raw records, summaries of runs, published reports.

use std::fs;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};

use calamine::Reader;

use super::publish;

/// Put where a name was taken out.
const ERASED: &str = "erased";

/// Ids as texts may show them: as they are, with doubled quotes, as JSON, as part of a file's name.
#[derive(Clone, Debug, Default)]
pub struct Names {
    needles: Vec<String>,
}

impl Names {
    pub fn add(&mut self, id: &str) {
        let json = serde_json::to_string(id).unwrap_or_default();
        let json = json.trim_matches('"').to_string();
        let html = id.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        for needle in [id.to_string(), id.replace('"', "\"\""), json, html, publish::safe_name(id)] {
            if !needle.is_empty() && !self.needles.contains(&needle) {
                self.needles.push(needle);
            }
        }
    }

    /// Whether a text names one of the ids, not as a part of a longer word.
    pub fn are_in(&self, text: &str) -> bool {
        self.first(text, 0).is_some()
    }

    /// The text with other words in place of the ids; `None` when it names none.
    pub fn taken_out(&self, text: &str) -> Option<String> {
        let (mut out, mut from) = (String::new(), 0);
        while let Some((start, end)) = self.first(text, from) {
            out.push_str(&text[from..start]);
            out.push_str(ERASED);
            from = end;
        }
        (from > 0).then(|| out + &text[from..])
    }

    /// The first place of an id from a position on; of several there the longest.
    fn first(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        let find = |needle: &String| {
            let places =
                text[from..].match_indices(needle.as_str()).map(|(at, _)| (from + at, from + at + needle.len()));
            places.into_iter().find(|(start, end)| is_whole(text, *start, *end))
        };
        self.needles.iter().filter_map(find).min_by_key(|(start, end)| (*start, usize::MAX - end))
    }
}

/// No letter or digit of ASCII goes on at either end; other scripts have no blanks between words.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let before = start.checked_sub(1).is_some_and(|at| word(at) && word(start));
    let after = word(end - 1) && word(end);
    !before && !after
}

/// Published files that name one of the ids, by path.
///
/// # Errors
/// The folder of reports cannot be read.
pub fn reports_naming(reports: &Path, names: &Names) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if reports.exists() {
        files_below(reports, &mut files)?;
    }
    files.sort();
    files.retain(|path| {
        let name = path.file_name().is_some_and(|name| names.are_in(&name.to_string_lossy()));
        // A file that has gone meanwhile names nobody.
        name || fs::read(path).is_ok_and(|bytes| names.are_in(&text_of(path, bytes)))
    });
    Ok(files)
}

/// Regular files below a folder; links are not followed.
fn files_below(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()? {
            kind if kind.is_dir() => files_below(&entry.path(), files)?,
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    Ok(())
}

/// What a report says, as far as it can be searched.
fn text_of(path: &Path, bytes: Vec<u8>) -> String {
    if path.extension().is_none_or(|extension| extension != "xlsx") {
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    let Ok(mut book) = calamine::Xlsx::new(Cursor::new(bytes)) else { return String::new() };
    let mut text = String::new();
    for (_, sheet) in book.worksheets() {
        for cell in sheet.used_cells() {
            text.push_str(&cell.2.to_string());
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_as_a_whole_word_in_any_spelling() {
        let mut names = Names::default();
        names.add("C\"1");
        names.add("張三");
        for text in ["a,\"C\"\"1\",b", r#"{"id":"C\"1"}"#, "C\"1", "risk-C%221.html", "見張三豐"] {
            assert!(names.are_in(text), "{text}");
        }
        for text in ["a,C\"12,b", "xC\"1", ""] {
            assert!(!names.are_in(text), "{text}");
        }
        assert_eq!(names.taken_out("r/risk-C%221.html, C\"12, 張三").unwrap(), "r/risk-erased.html, C\"12, erased");
        assert_eq!(names.taken_out("nothing"), None);
    }
}
