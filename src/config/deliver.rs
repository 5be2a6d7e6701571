//! `[[deliver]]`: where a published report goes besides `storage.reports`.

use std::path::Path;
use std::time::Duration;

use super::read::{Item, Section};
use super::report::{self, placeholders};
use super::{DeliverConfig, DeliverTo, ReportConfig, project};

/// How long a command may take, unless the pipeline says otherwise.
const TIMEOUT_S: u64 = 60;
/// A night must end.
const LONGEST_S: u64 = 3600;
const PLACEHOLDERS: &[&str] = &["path", "report", "as_of"];

pub(super) fn read_all(item: &Item, reports: &[ReportConfig], root: &Path) -> Vec<DeliverConfig> {
    let one = |item: &Item| read(&item.section()?, item, reports, root);
    item.list().unwrap_or_default().iter().filter_map(one).collect()
}

fn read(section: &Section, item: &Item, reports: &[ReportConfig], root: &Path) -> Option<DeliverConfig> {
    let report = section.get("report");
    let formats = section.get("formats").map(|item| report::formats(&item));
    let copy_to = section.get("copy_to");
    let command = section.get("command");
    let timeout = section.get("timeout_s");
    section.done(&[]);
    let seconds = timeout.as_ref().and_then(|item| item.int(1..=LONGEST_S));
    if let Some(item) = timeout.filter(|_| command.is_none()) {
        item.problem(format!("`{}` is set without `command`; remove it", item.name));
    }
    if report.is_none() {
        section.refuse(format!("`{}` names no `report`; expected one of this pipeline's reports", item.name));
    }
    let report = report.and_then(|item| named(&item, reports));
    let to = match (copy_to, command) {
        (Some(folder), None) => folder.text().map(|folder| DeliverTo::Folder(project::below(root, folder))),
        (None, Some(command)) => arguments(&command).map(|arguments| DeliverTo::Command {
            arguments,
            timeout: Duration::from_secs(seconds.unwrap_or(TIMEOUT_S)),
        }),
        (Some(_), Some(_)) => {
            section.refuse(format!("`{}` has `copy_to` and `command`; expected one of them", item.name));
            None
        }
        (None, None) => {
            section.refuse(format!("`{}` has neither `copy_to` (a folder) nor `command` (a list)", item.name));
            None
        }
    };
    Some(DeliverConfig { report: report?, formats, to: to? })
}

/// One of the pipeline's reports.
fn named(item: &Item, reports: &[ReportConfig]) -> Option<String> {
    let names: Vec<&str> = reports.iter().map(|r| r.name.as_str()).collect();
    let name = item.text()?;
    if names.is_empty() {
        item.problem(format!(
            "`{}` is \"{name}\", but this pipeline has no `[[report]]`; expected one to deliver",
            item.name
        ));
        return None;
    }
    if !names.contains(&name) {
        item.refuse_word(names);
        return None;
    }
    Some(name.to_string())
}

/// A program and its arguments; no shell reads them.
fn arguments(item: &Item) -> Option<Vec<String>> {
    let items = item.list()?;
    if items.is_empty() {
        item.refuse("a program and its arguments, as [\"/usr/local/bin/send\", \"{path}\"]");
    }
    let argument = |item: &Item| {
        // The program itself is named as it is; an argument may be empty.
        let text = item.string()?;
        if text.contains('\0') {
            item.refuse("a text without the character NUL");
            return None;
        }
        placeholders(item, text, PLACEHOLDERS).then(|| text.to_string())
    };
    let arguments: Option<Vec<String>> = items.iter().map(argument).collect();
    let arguments = arguments.filter(|a| !a.is_empty())?;
    if arguments[0].is_empty() || arguments[0].contains(['{', '}']) {
        items[0].refuse("the program's name or path, without placeholders");
        return None;
    }
    Some(arguments)
}
