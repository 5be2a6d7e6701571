//! What the sections of one report draw from: the marts, the part of them it is about, and whom it is for.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::config::Audience;
use crate::domain::{Day, Micros, Str};
use crate::facts::UNKNOWN;
use crate::facts::coverage::Coverage;
use crate::facts::rows::{CareRow, FollowupRow};
use crate::marts::source_day;
use crate::marts::{Marts, Story};

use super::ReportError;
use super::document::{Column, Kind, Place, Table};
use super::format::Format;
use super::lang::Words;
use super::mask::{self, Class};
use super::sections::attention::mix::Attention;
use super::summary::RunSummary;

/// One report on its way.
pub struct Scope<'a> {
    pub report: &'static str,
    pub marts: &'a Marts<'a>,
    pub audience: Audience,
    pub words: &'static Words,
    /// The after-sales person that it is about (`unknown` = nobody); `None` = the whole.
    pub part: Option<Str>,
    pub summary: Option<&'a RunSummary>,
    /// The company that it is about.
    pub story: Option<&'a Story>,
    /// The clock of the run.
    pub now: Micros,
    pub contacts: &'a Contacts,
}

/// What is read once a report and shared by its sections and parts: what was said to companies, where clicks came from.
#[derive(Default)]
pub struct Contacts {
    followups: OnceCell<Vec<FollowupRow>>,
    care_actions: OnceCell<Vec<CareRow>>,
    attention: OnceCell<Attention>,
}

impl<'a> Scope<'a> {
    pub fn day(&self) -> Day {
        self.marts.visible.day
    }

    pub fn currency(&self) -> &'a str {
        &self.marts.visible.project.currency
    }

    pub fn format(&self) -> Format<'a> {
        Format { words: self.words, currency: self.currency() }
    }

    /// The text of a key.
    pub fn say(&self, key: &str) -> String {
        self.words.get(key).to_string()
    }

    /// The text of a key with values.
    pub fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        self.words.fill(key, values)
    }

    /// The text of a key with values made for it.
    pub fn fill_with(&self, key: &str, values: &[(&str, String)]) -> String {
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.words.fill(key, &values)
    }

    /// What the run did.
    pub fn summary(&self) -> Result<&'a RunSummary, ReportError> {
        self.summary.ok_or(ReportError::NoRun(self.report))
    }

    /// The story that the report tells.
    pub fn story(&self) -> Result<&'a Story, ReportError> {
        self.story.ok_or(ReportError::NoStory(self.report))
    }

    /// Whether a row of this after-sales person belongs to the part.
    pub fn covers(&self, service_rep: Option<&Str>) -> bool {
        self.part.as_ref().is_none_or(|part| **part == *service_rep.map_or(UNKNOWN, |id| id))
    }

    /// A column everywhere; its label and definition are those of its key. The currency stands in the label.
    pub fn column(&self, key: &str, kind: Kind) -> Column {
        let label = self.say(&format!("label.{key}"));
        let label = match kind {
            Kind::Money | Kind::Amount(_) => {
                self.fill("format.money_label", &[("label", &label), ("currency", self.currency())])
            }
            _ => label,
        };
        let doc = self.words.find(&format!("doc.{key}")).unwrap_or_default().to_string();
        Column { key: key.to_string(), label, doc, kind, place: Place::Everywhere, page_label: None, entry: None }
    }

    /// An empty table; its title is that of its name.
    pub fn table(&self, name: &'static str, columns: Vec<Column>) -> Table {
        Table { name, title: self.say(&format!("table.{name}")), columns, rows: Vec::new() }
    }

    /// A company as the audience may call it: by name, else by id.
    pub fn company(&self, id: &Str) -> Str {
        let visible = self.marts.visible;
        let name = visible.company_of.get(id).and_then(|at| visible.companies[*at].name.clone());
        let name = name.filter(|_| mask::shows(self.audience, Class::CompanyName));
        name.map_or_else(|| id.clone(), |name| self.free(&name))
    }

    /// A text that a person typed, as the audience may see it.
    pub fn free(&self, text: &Str) -> Str {
        mask::free(self.audience, text)
    }

    /// A segment as people call it: `unknown` and `all` in their language.
    pub fn segment(&self, segment: &Str) -> String {
        self.format().code("value", &self.free(segment))
    }

    /// Follow-ups by time; read once a report.
    pub fn followups(&self) -> Result<&'a [FollowupRow], ReportError> {
        let cell = &self.contacts.followups;
        if cell.get().is_none() {
            // Set already: read meanwhile, with the same rows.
            let _ = cell.set(self.marts.visible.followups()?);
        }
        Ok(cell.get().map_or(&[], Vec::as_slice))
    }

    /// Care actions by time; read once a report.
    pub fn care_actions(&self) -> Result<&'a [CareRow], ReportError> {
        let cell = &self.contacts.care_actions;
        if cell.get().is_none() {
            let _ = cell.set(self.marts.visible.care_actions()?);
        }
        Ok(cell.get().map_or(&[], Vec::as_slice))
    }

    /// Where members' clicks came from, by segment; read once a report.
    pub fn attention(&self) -> Result<&'a Attention, ReportError> {
        if let Some(known) = self.contacts.attention.get() {
            return Ok(known);
        }
        let read = Attention::of(self)?;
        Ok(self.contacts.attention.get_or_init(|| read))
    }

    /// An employee's name; the id of one that `reps` does not know.
    pub fn rep(&self, id: &Str) -> Str {
        self.marts.visible.reps.get(id).map_or_else(|| id.clone(), |r| self.free(&r.name))
    }

    /// Thousands and millions on an axis.
    pub fn magnitude_tick(&self) -> Box<dyn Fn(f64) -> String> {
        let words = self.words;
        Box::new(move |x| Format { words, currency: "" }.magnitude(x))
    }

    /// Per cent on an axis.
    pub fn percent_tick(&self) -> Box<dyn Fn(f64) -> String> {
        let words = self.words;
        Box::new(move |x| Format { words, currency: "" }.percent_short(x))
    }

    /// Which days of which source the lake knows.
    pub fn coverage(&self) -> Result<Rc<Coverage>, ReportError> {
        Ok(source_day::coverage(self.marts)?)
    }
}
