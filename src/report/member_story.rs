//! One member's story, to take into the call: `shoppulse explain`.

use crate::config::{Audience, ReportFormat};
use crate::domain::Str;
use crate::marts::{Marts, Story};

use super::document::Document;
use super::export::{self, Context, text};
use super::lang::Words;
use super::render::{Report, document};
use super::scope::{Contacts, Scope};
use super::sections::{
    member_contracts, member_figures, member_headline, member_risk, member_services, member_similar, member_sources,
    member_talks, member_worth,
};
use super::{ReportError, banner};

pub const REPORT: Report = Report {
    name: "member_story",
    landscape: false,
    compact: true,
    splits: &[],
    sections: &[
        member_headline::section,
        member_risk::section,
        member_figures::section,
        member_sources::section,
        member_talks::section,
        member_services::section,
        member_similar::section,
        member_worth::section,
        member_contracts::section,
    ],
};

/// How a story is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// 80 columns, for a terminal or a pipe.
    Text,
    /// One page, self-contained.
    Html,
}

/// The story as one audience may see it.
///
/// # Errors
/// A mart that lacks its tables, a lake that cannot be read.
pub fn explain(marts: &Marts<'_>, story: &Story, audience: Audience, form: Form) -> Result<Vec<u8>, ReportError> {
    let project = marts.visible.project;
    let contacts = Contacts::default();
    let scope = Scope {
        report: REPORT.name,
        marts,
        audience,
        words: Words::of(project.language),
        part: None,
        summary: None,
        story: Some(story),
        now: project.zone.start_of(marts.visible.day),
        contacts: &contacts,
    };
    let mut document = document(&REPORT, &scope, banner::texts(&banner::recent_gaps(marts)?, scope.format()))?;
    headed(&mut document, &scope, story);
    let context = Context { format: scope.format(), max_rows: project.report_max_rows, zone: &project.zone };
    Ok(match form {
        Form::Text => text::text(&document, context).into_bytes(),
        Form::Html => {
            let files = export::export(&document, &[ReportFormat::Html], context)?;
            files.into_iter().find(|f| f.extension == "html").map(|f| f.bytes).unwrap_or_default()
        }
    })
}

/// The company's name as the title, and what kind of company it is.
fn headed(document: &mut Document, scope: &Scope<'_>, story: &Story) {
    let company = &scope.marts.visible.companies[story.company];
    document.title = scope.company(&company.id).to_string();
    let format = scope.format();
    let value = |text: &Str| format.code("value", &scope.free(text));
    let kind =
        [company.id.to_string(), value(&company.segment), value(&company.region), format.code("size", &company.size)];
    document.subtitle.insert(0, kind.join(" · "));
}
