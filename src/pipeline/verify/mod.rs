//! `shoppulse verify`: the lake is read again and proved against what was recorded of it.
//!
//! ```text
//! lock ─► catalog, copy ─► every file a kept snapshot holds ─► ledgers ─► ids ─► roll-ups, index ─► folder ─► findings
//!         lake/verify/     bytes: lake/verify/file.rs          lake/verify/ ids.rs rollup/          lake/verify/
//!                          rows:  rows.rs
//! ```
//!
//! `repair.rs` mends what follows from other parts of the lake, in one commit; then everything is checked again.
//! Published reports are not looked at: each can be made again.

mod check;
mod ids;
mod index;
mod repair;
mod rows;
#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::config::Project;
use crate::domain::Micros;
use crate::ingest::load::Progress;
use crate::lake::verify::{Finding, Remedy};

use super::lock;
use super::upkeep::UpkeepError;
use check::Checked;
pub use check::wider_folders;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct VerifyRequest {
    pub now: Micros,
    /// How long to wait for a run.
    pub wait: Duration,
    pub threads: usize,
    /// Leave the roll-ups out.
    pub quick: bool,
    pub repair: bool,
}

/// What was looked at, and what was found.
#[derive(Clone, Debug, Default)]
pub struct Verified {
    pub files: u64,
    pub bytes: u64,
    pub rows: u64,
    /// Problems and notes, in the order of the checks. After a repair: what is left.
    pub findings: Vec<Finding>,
    /// What was mended, one line each.
    pub repaired: Vec<String>,
}

impl Verified {
    pub fn problems(&self) -> usize {
        self.findings.iter().filter(|f| f.is_problem()).count()
    }
}

/// Checks the lake; mends it if asked to.
///
/// # Errors
/// [`UpkeepError::Lock`] when a run holds the project; otherwise what kept the lake from being looked at or mended.
pub fn verify(project: &Project, request: &VerifyRequest, progress: &dyn Progress) -> Result<Verified, UpkeepError> {
    let _lock = lock::take(&project.storage.lake, request.wait)?;
    let checked = check::check(project, request, progress)?;
    if !request.repair || !repair::is_due(&checked) {
        return Ok(checked.verified);
    }
    progress.line("repairing what can be, then all is checked again");
    let repaired = repair::repair(project, request, &checked)?;
    let mut again = check::check(project, request, progress)?.verified;
    again.repaired = repaired;
    Ok(again)
}

impl Checked {
    fn add(&mut self, findings: Vec<Finding>) {
        self.verified.findings.extend(findings);
    }

    fn mendable(&self, check: &str) -> bool {
        self.verified.findings.iter().any(|f| f.check == check && f.remedy == Remedy::Repair)
    }
}
