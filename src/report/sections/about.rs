//! What the report is drawn from, and how to have it again.

use super::super::ReportError;
use super::super::document::{Block, Section};
use super::super::scope::Scope;
use super::made;

/// The day, what is known of it, and why there is no run here: the same rows make the same report, whichever run read them.
pub fn section(scope: &Scope<'_>) -> Result<Option<Section>, ReportError> {
    let format = scope.format();
    let visible = scope.marts.visible;
    let (day, fingerprint) = (format.date(visible.day), &visible.project.fingerprint);
    let known = [
        ("date", day.as_str()),
        ("companies", &format.int(visible.companies.len() as i64)),
        ("contracts", &format.int(visible.contracts.len() as i64)),
        ("reps", &format.int(visible.reps.len() as i64)),
    ];
    let fingerprint: String = fingerprint.chars().take(16).collect();
    let blocks = vec![
        Block::Text(scope.fill("about.known", &known)),
        Block::Text(scope.fill("about.same", &[("configuration", &fingerprint)])),
        Block::Text(scope.fill("about.again", &[("date", &day)])),
    ];
    Ok(made(scope, "about", blocks))
}
