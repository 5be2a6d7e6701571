//! From a report's setting to its files: the whole, and one more for each value that it is split by.

use std::collections::BTreeSet;

use crate::config::{Audience, ReportConfig};
use crate::domain::{Micros, Str};
use crate::facts::UNKNOWN;
use crate::marts::Marts;
use crate::marts::renewal_risk::RenewalRiskRow;

use super::banner::{self, Banner};
use super::document::{Document, Section};
use super::export::{self, Context, File};
use super::lang::Words;
use super::scope::{Contacts, Scope};
use super::summary::RunSummary;
use super::{ReportError, mask, renewal_risk, run_summary, sections, strategy_review, units};

/// What the marts do not know.
#[derive(Clone, Copy)]
pub struct ReportContext<'a> {
    /// The run's clock: the time of lists that come back.
    pub now: Micros,
    /// Warnings of the pipeline.
    pub banners: &'a [Banner],
    /// What the run did; `run_summary` needs it.
    pub summary: Option<&'a RunSummary>,
}

/// A file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The value it is about; `None` = the whole.
    pub split: Option<Str>,
    pub file: File,
}

/// A section; `None` when the part that is asked for has none.
pub type Draw = fn(&Scope<'_>) -> Result<Option<Section>, ReportError>;

/// What a report consists of.
pub struct Report {
    pub name: &'static str,
    pub landscape: bool,
    pub compact: bool,
    /// Columns that it can be split by.
    pub splits: &'static [&'static str],
    pub sections: &'static [Draw],
}

/// Every report.
pub const REPORTS: [&Report; 3] = [&renewal_risk::REPORT, &strategy_review::REPORT, &run_summary::REPORT];

/// All files of a report for the marts' day.
///
/// # Errors
/// An unknown report or split, a mart that lacks its tables, `run_summary` without a run.
pub fn render(
    config: &ReportConfig,
    marts: &Marts<'_>,
    context: &ReportContext<'_>,
) -> Result<Vec<Rendered>, ReportError> {
    let report = REPORTS.iter().find(|r| r.name == config.name);
    let report = report.ok_or_else(|| ReportError::Unknown(config.name.clone()))?;
    let mut parts: Vec<Option<Str>> = vec![None];
    if let Some(column) = &config.split_by {
        parts.extend(splits(report, column, marts)?.into_iter().map(Some));
    }
    let project = marts.visible.project;
    let words = Words::of(project.language);
    let mut banners = context.banners.to_vec();
    banners.extend(banner::recent_gaps(marts)?);
    let mut rendered = Vec::new();
    let contacts = Contacts::default();
    for part in parts {
        let summary = context.summary;
        let scope = Scope {
            report: report.name,
            marts,
            audience: config.audience,
            words,
            part,
            summary,
            story: None,
            now: context.now,
            contacts: &contacts,
        };
        let document = document(report, &scope, banner::texts(&banners, scope.format()))?;
        let export = Context { format: scope.format(), max_rows: project.report_max_rows, zone: &project.zone };
        let files = export::export(&document, &config.formats, export)?;
        rendered.extend(files.into_iter().map(|file| Rendered { split: scope.part.clone(), file }));
    }
    if let (Some(summary), true) = (context.summary, report.name == run_summary::REPORT.name) {
        for made in rendered.iter_mut().filter(|r| r.file.extension == "json") {
            made.file.bytes = summary.json()?;
        }
    }
    Ok(rendered)
}

/// The values that a report is split by; null is `unknown`.
fn splits(report: &Report, column: &str, marts: &Marts<'_>) -> Result<BTreeSet<Str>, ReportError> {
    if !report.splits.contains(&column) {
        let expected = match report.splits {
            [] => "remove `split_by`".to_string(),
            some => format!("expected {}", some.join(", ")),
        };
        return Err(ReportError::Split { report: report.name, column: column.to_string(), expected });
    }
    let rows = marts.rows::<RenewalRiskRow>()?;
    Ok(rows.iter().map(|r| r.service_rep_id.clone().unwrap_or_else(|| UNKNOWN.into())).collect())
}

/// The whole document of a report, masked for its audience.
pub(super) fn document(report: &Report, scope: &Scope<'_>, banners: Vec<String>) -> Result<Document, ReportError> {
    let mut sections = Vec::new();
    for draw in report.sections {
        sections.extend(draw(scope)?);
    }
    let name = report.name;
    let date = scope.format().long_date(scope.day());
    let mut subtitle = vec![scope.fill(&format!("report.{name}.subtitle"), &[("date", &date)])];
    if let Some(part) = &scope.part {
        subtitle.push(scope.fill(&format!("report.{name}.part"), &[("name", &scope.rep(part)), ("id", part)]));
    }
    let methods = (1..).map_while(|n| scope.words.find(&format!("report.{name}.method.{n}"))).map(str::to_string);
    let mut document = Document {
        report: name,
        title: scope.say(&format!("report.{name}.title")),
        subtitle,
        stamp: stamp(scope),
        banners,
        sections,
        methods: methods.collect(),
        landscape: report.landscape,
        compact: report.compact,
        as_of: scope.day(),
    };
    mask::mask(&mut document, scope.audience);
    sections::today::fit(&mut document);
    units::choose(&mut document, scope.format());
    Ok(document)
}

fn stamp(scope: &Scope<'_>) -> Vec<(String, String)> {
    let project = scope.marts.visible.project;
    let audience = scope.format().code("audience", audience_word(scope.audience));
    let fingerprint: String = project.fingerprint.chars().take(16).collect();
    let fact = |key: &str, value: String| (scope.say(&format!("stamp.{key}")), value);
    vec![
        fact("as_of", scope.day().to_string()),
        fact("audience", audience),
        fact("language", scope.words.tag.to_string()),
        fact("time_zone", project.zone.name().to_string()),
        fact("configuration", fingerprint),
    ]
}

/// The word of an audience in settings and language files.
pub fn audience_word(audience: Audience) -> &'static str {
    match audience {
        Audience::Ops => "ops",
        Audience::AfterSales => "after_sales",
        Audience::Sales => "sales",
        Audience::Management => "management",
    }
}
