//! `[[report]]`: what is published, for whom, and where.

use super::names::{LATER_REPORTS, REPORTS, ReportKind};
use super::problem::{hint, listed};
use super::read::{Item, Section};
use super::{Audience, ReportConfig, ReportFormat};

/// Where a report goes when the pipeline does not say.
const DEFAULT_PATH: &str = "{report}/{as_of}/{report}-{split}.{ext}";
const PLACEHOLDERS: &[&str] = &["report", "as_of", "split", "ext"];

const FORMATS: &[(&str, ReportFormat)] = &[
    ("html", ReportFormat::Html),
    ("xlsx", ReportFormat::Xlsx),
    ("csv", ReportFormat::Csv),
    ("json", ReportFormat::Json),
];

impl ReportFormat {
    /// The file's extension, which is the format's word too.
    pub fn ext(self) -> &'static str {
        FORMATS.iter().find(|(_, format)| *format == self).map_or("", |(word, _)| word)
    }
}

/// All reports of a pipeline; no two may write the same file.
pub(super) fn read_all(item: &Item) -> Vec<ReportConfig> {
    let mut reports: Vec<ReportConfig> = Vec::new();
    for item in item.list().unwrap_or_default() {
        let Some(report) = item.section().and_then(|section| read(&section, &item)) else { continue };
        let files = |r: &ReportConfig| -> Vec<String> {
            let path = r.path.replace("{report}", &r.name);
            r.formats.iter().map(|f| path.replace("{ext}", f.ext())).collect()
        };
        let mine = files(&report);
        if let Some(file) = reports.iter().flat_map(&files).find(|file| mine.contains(file)) {
            item.problem(format!(
                "`{}` writes `{file}`, as a report above it does; expected another `path` or other `formats`",
                item.name
            ));
        }
        reports.push(report);
    }
    reports
}

fn read(section: &Section, item: &Item) -> Option<ReportConfig> {
    let kind = match section.get("name") {
        Some(name) => kind(&name),
        None => {
            let names = listed(REPORTS.iter().map(|r| r.name));
            item.problem(format!("`{}` has no `name`; expected one of {names}", item.name));
            None
        }
    };
    let audience = section.get("audience").and_then(|item| {
        item.word(&[
            ("ops", Audience::Ops),
            ("after_sales", Audience::AfterSales),
            ("sales", Audience::Sales),
            ("management", Audience::Management),
        ])
    });
    let formats = section.get("formats").map_or_else(|| vec![ReportFormat::Html], |item| formats(&item));
    let split_by = section.get("split_by").and_then(|item| split_by(&item, kind));
    let path_item = section.get("path");
    section.done(&[]);

    let path = path_item.as_ref().map_or(Some(DEFAULT_PATH), |item| path(item)).unwrap_or(DEFAULT_PATH);
    if let Some(item) = &path_item {
        if split_by.is_some() && !path.contains("{split}") {
            item.refuse("a path with `{split}`, for there is one file per value of `split_by`");
        }
        if formats.len() > 1 && !path.contains("{ext}") {
            item.refuse("a path with `{ext}`, for there are several `formats`");
        }
    }
    let kind = kind?;
    Some(ReportConfig {
        name: kind.name.to_string(),
        audience: audience.unwrap_or(kind.audience),
        formats,
        split_by,
        path: path.to_string(),
    })
}

fn kind(item: &Item) -> Option<&'static ReportKind> {
    let name = item.text()?;
    if LATER_REPORTS.contains(&name) {
        item.problem(format!("`{}` is \"{name}\", which is not supported yet; remove this report", item.name));
        return None;
    }
    let words: Vec<_> = REPORTS.iter().map(|r| (r.name, r)).collect();
    item.word(&words)
}

/// The formats asked for, each once; every report has all of them.
pub(super) fn formats(item: &Item) -> Vec<ReportFormat> {
    let mut formats = Vec::new();
    let Some(items) = item.list() else { return formats };
    if items.is_empty() {
        item.refuse("at least one format");
    }
    for item in items {
        let Some(format) = item.word(FORMATS) else { continue };
        if formats.contains(&format) {
            item.problem(format!("`{}` names {} again; remove it", item.name, format.ext()));
        } else {
            formats.push(format);
        }
    }
    formats
}

fn split_by(item: &Item, kind: Option<&ReportKind>) -> Option<String> {
    let column = item.text()?;
    let kind = kind?;
    if kind.splits.is_empty() {
        let able: Vec<_> = REPORTS.iter().filter(|r| !r.splits.is_empty()).map(|r| r.name).collect();
        item.problem(format!(
            "`{}` is set, but {} cannot be split; remove it (only {} can)",
            item.name,
            kind.name,
            listed(able)
        ));
        return None;
    }
    if !kind.splits.contains(&column) {
        item.refuse_word(kind.splits.iter().copied());
        return None;
    }
    Some(column.to_string())
}

/// A path below `storage.reports` with known placeholders.
fn path<'a>(item: &Item<'a>) -> Option<&'a str> {
    let path = item.text()?;
    let parts = || path.split('/');
    if path.starts_with('/') || path.contains(['\\', '\0']) || parts().any(|p| matches!(p, "" | "." | "..")) {
        item.refuse("a path below `storage.reports`: relative, with `/`, without `..`");
        return None;
    }
    placeholders(item, path, PLACEHOLDERS).then_some(path)
}

/// Whether a text has its braces in pairs around known names; else it is refused.
pub(super) fn placeholders(item: &Item, text: &str, known: &[&'static str]) -> bool {
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let name = rest[open..].strip_prefix('{').and_then(|r| r.split_once('}')).map(|(name, _)| name);
        let Some(name) = name.filter(|name| !name.contains('{')) else {
            item.refuse("braces in pairs, as `{as_of}`");
            return false;
        };
        if !known.contains(&name) {
            item.refuse(format_args!(
                "the placeholders {}{}",
                known.iter().map(|p| format!("`{{{p}}}`")).collect::<Vec<_>>().join(", "),
                hint(name, known.iter().copied())
            ));
            return false;
        }
        rest = &rest[open + name.len() + 2..];
    }
    true
}
