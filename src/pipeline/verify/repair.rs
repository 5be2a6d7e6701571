//! Mends what other parts of the lake determine: roll-ups, the id index, the copy, kept fits, orphans, missing hashes.

use std::collections::BTreeMap;

use super::super::upkeep::UpkeepError;
use super::check::Checked;
use super::{VerifyRequest, index};
use crate::config::Project;
use crate::ingest::count::CountedDays;
use crate::lake::Lake;
use crate::rollup;

/// Whether anything can be mended.
pub(super) fn is_due(checked: &Checked) -> bool {
    ["copy", "orphan", "rollup", "index", "kept"].iter().any(|check| checked.mendable(check))
        || !checked.stale.is_empty()
        || !checked.unhashed.is_empty()
}

/// Mends it, all that is in the catalog in one commit; says what was done. The caller holds the project's lock.
pub(super) fn repair(
    project: &Project,
    request: &VerifyRequest,
    checked: &Checked,
) -> Result<Vec<String>, UpkeepError> {
    let root = &project.storage.lake;
    let mut done = Vec::new();
    // Opening it removes what a run that died left, and makes a copy that is behind anew.
    let mut lake = Lake::open_writer(root, request.now)?;
    if checked.mendable("orphan") {
        lake.remove_orphans()?;
        done.push("data files that no snapshot held were removed".to_string());
    }
    if !checked.stale.is_empty() || !checked.unhashed.is_empty() {
        lake.begin()?;
        if let Err(e) = commit(&mut lake, project, request, checked, &mut done) {
            lake.rollback()?;
            return Err(e);
        }
    }
    // The same rows have the same bytes: what the day's roll-ups are now also stands in for the damaged file.
    for (table, recorded) in &checked.damaged_rollups {
        lake.restore_from_twin(table, recorded)?;
    }
    lake.publish_copy()?;
    if checked.mendable("index") {
        index::rebuild(&lake, request.threads)?;
        done.push("the id index was made anew".to_string());
    }
    if checked.mendable("kept") {
        lake.forget_kept()?;
        done.push("the damaged file of kept fits was removed; the next run makes them anew".to_string());
    }
    if checked.mendable("copy") {
        done.push("lake.sqlite was made anew".to_string());
    }
    Ok(done)
}

fn commit(
    lake: &mut Lake,
    project: &Project,
    request: &VerifyRequest,
    checked: &Checked,
    done: &mut Vec<String>,
) -> Result<(), UpkeepError> {
    if !checked.stale.is_empty() {
        // A day is made anew whole, whichever source touched it.
        let touched = BTreeMap::from([("shop_clicks", checked.stale.clone())]);
        let report = rollup::refresh(lake, &project.storage.lake, &touched, &CountedDays::default(), request.threads)?;
        done.push(format!("roll-ups of {} days were made anew", report.days));
    }
    for (recorded, hash) in &checked.unhashed {
        lake.keep_hash(recorded, *hash)?;
    }
    if !checked.unhashed.is_empty() {
        done.push(format!("hashes of {} files are kept from now on", checked.unhashed.len()));
    }
    lake.commit(request.now, "verify --repair")?;
    Ok(())
}
