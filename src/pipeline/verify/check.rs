//! All checks, in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::super::upkeep::UpkeepError;
use super::ids::{self, Ids};
use super::index;
use super::rows::RowCheck;
use super::{Verified, VerifyRequest};
use crate::config::{Project, Storage};
use crate::domain::Day;
use crate::domain::schema::{LakeTable, ROLLUPS, lake_tables, source};
use crate::ingest::load::{LoadError, Progress};
use crate::ingest::workers;
use crate::lake::verify::{Fault, Finding, Recorded, Remedy, check_file};
use crate::lake::{Lake, LakeError};

/// What was found, and what a repair needs to know of it.
#[derive(Default)]
pub(super) struct Checked {
    pub verified: Verified,
    /// Files that no hash is kept of, and their hash now; only those that are sound otherwise.
    pub unhashed: Vec<(Recorded, [u8; 32])>,
    /// Days whose roll-ups are to be made anew.
    pub stale: BTreeSet<Day>,
    /// Damaged files of roll-ups that the newest snapshot holds.
    pub damaged_rollups: Vec<(String, Recorded)>,
    /// Days with an event file whose rows cannot be trusted.
    lost: BTreeSet<Day>,
}

/// Files that are checked before the next ones are taken from the catalog.
const AT_ONCE: usize = 256;

/// Runs every check that makes sense after those before it.
pub(super) fn check(
    project: &Project,
    request: &VerifyRequest,
    progress: &dyn Progress,
) -> Result<Checked, UpkeepError> {
    let mut checked = Checked::default();
    let lake = match Lake::open_unmended(&project.storage.lake) {
        Ok(Some(lake)) => lake,
        Ok(None) => {
            no_catalog(project, &mut checked);
            return Ok(checked);
        }
        Err(e) => {
            checked.add(vec![unreadable(&e)]);
            return Ok(checked);
        }
    };
    match lake.check_catalog() {
        Ok(findings) => checked.add(findings),
        Err(e) => checked.add(vec![unreadable(&e)]),
    }
    if checked.verified.problems() > 0 {
        // Whatever else were asked of such a catalog, its answers prove nothing.
        return Ok(checked);
    }
    checked.add(lake.check_copy()?);
    for table in lake_tables() {
        files(project, request, progress, &lake, &table, &mut checked)?;
    }
    checked.add(lake.check_ledger()?);
    if !request.quick {
        progress.line("roll-ups: computed anew and compared");
        rollups(&lake, request, &mut checked)?;
    }
    if checked.lost.is_empty() {
        checked.add(index::index_problems(&lake, request.threads)?);
    } else {
        let found = "not compared with the lake: a file of events is damaged";
        let remedy = Remedy::Nothing("restore that file, then verify again".into());
        checked.add(vec![Finding::new("index", "index", found, remedy)]);
    }
    checked.add(lake.check_kept());
    checked.add(lake.check_disk(index::NAMES)?);
    modes(project, &mut checked);
    Ok(checked)
}

const RESTORE: &str = "copy lake.sqlite over catalog.sqlite and make it writable, or restore lake/ from a backup";

fn unreadable(error: &LakeError) -> Finding {
    Finding::new("catalog", "catalog.sqlite", error.to_string(), Remedy::Do(RESTORE.into()))
}

fn no_catalog(project: &Project, checked: &mut Checked) {
    let data = project.storage.lake.join("data");
    let empty = !project.storage.lake.join("lake.sqlite").exists() && !data.exists();
    let finding = if empty {
        let todo = Remedy::Nothing("nothing was ever loaded".into());
        Finding::new("catalog", "catalog.sqlite", "missing", todo)
    } else {
        Finding::new("catalog", "catalog.sqlite", "missing, or no DuckLake", Remedy::Do(RESTORE.into()))
    };
    checked.add(vec![finding]);
}

/// Every file of a table that a kept snapshot holds; of an event source also that its ids are unique.
fn files(
    project: &Project,
    request: &VerifyRequest,
    progress: &dyn Progress,
    lake: &Lake,
    table: &LakeTable,
    checked: &mut Checked,
) -> Result<(), UpkeepError> {
    let mut all = lake.recorded(table.name)?;
    progress.start(table.name, all.len(), all.iter().map(|r| r.file.bytes).sum());
    let is_events = source(table.name).is_some_and(|s| s.is_events());
    let ids = Ids::new(lake.root().to_path_buf());
    let (mut sound, before) = (Vec::new(), checked.unhashed.len());
    for part in all.chunks_mut(AT_ONCE) {
        lake.statistics(part)?;
        let looked = workers::each(request.threads, part.to_vec(), |recorded| {
            let (mut rows, mut numbers) = (RowCheck::new(table, &project.zone), Vec::new());
            let wants_ids = is_events && recorded.live();
            let result =
                check_file(table, &recorded, &mut |batch| rows.batch(batch, wants_ids.then_some(&mut numbers)));
            ids.add(&numbers)?;
            progress.advance(recorded.file.bytes);
            Ok::<_, LoadError>((recorded, result))
        })?;
        for (recorded, (hash, faults)) in looked {
            checked.verified.files += 1;
            checked.verified.bytes += recorded.file.bytes;
            checked.verified.rows += recorded.file.rows;
            match hash {
                Some(hash) if faults.is_empty() && recorded.blake3.is_none() => {
                    checked.unhashed.push((recorded.clone(), hash));
                }
                _ => {}
            }
            let damaged = faults.iter().any(|f| matches!(f, Fault::Damaged { .. }));
            for fault in faults {
                let finding = judged(lake, table, &recorded, fault, checked)?;
                checked.add(vec![finding]);
            }
            if recorded.live() && !damaged && is_events {
                sound.push(Recorded { columns: Vec::new(), ..recorded });
            }
        }
    }
    let unhashed = checked.unhashed.len() - before;
    if unhashed > 0 {
        let found = format!("{unhashed} files were written before hashes were kept, or by another program");
        let remedy = "`shoppulse verify --repair` adds their hashes as they are now";
        checked.add(vec![Finding::new("hash", table.name, found, Remedy::Nothing(remedy.into()))]);
    }
    if is_events {
        checked.add(ids::findings(lake.root(), table.name, ids.repeated()?, sound, request.threads)?);
    }
    Ok(())
}

/// A fault of a file, and what is to be done: roll-ups are made anew, other files have to come from a backup.
fn judged(
    lake: &Lake,
    table: &LakeTable,
    recorded: &Recorded,
    fault: Fault,
    checked: &mut Checked,
) -> Result<Finding, LakeError> {
    let damaged = matches!(fault, Fault::Damaged { .. });
    let (Fault::Damaged { check, found } | Fault::Wrong { check, found }) = fault;
    let place = lake.shown(&recorded.file.path);
    let remedy = match (recorded.end, recorded.file.day) {
        (Some(end), _) if damaged => {
            Remedy::Do(format!("restore {place} from a backup; only the lake as it was before snapshot {end} needs it"))
        }
        (None, Some(day)) if ROLLUPS.iter().any(|r| r.name == table.name) => {
            if damaged {
                checked.damaged_rollups.push((table.name.into(), recorded.clone()));
            }
            if checked.lost.contains(&day) {
                Remedy::Do("restore the day's damaged events first, then run `shoppulse verify --repair`".into())
            } else {
                checked.stale.insert(day);
                Remedy::Repair
            }
        }
        (None, day) if damaged => {
            checked.lost.extend(day);
            let from = lake.came_from(table.name, recorded)?;
            let from: Vec<String> = from.into_iter().map(|(run, path)| format!("{path} (run {run})")).collect();
            let from = if from.is_empty() { "files that the ledger no longer tells".into() } else { from.join(", ") };
            Remedy::Do(format!(
                "restore {place} from a backup; without one, move lake/ away and load what is below incoming/ again. \
                 Its rows came from {from}"
            ))
        }
        _ => Remedy::Do(WRITTEN_SO.into()),
    };
    Ok(Finding::new(check, place, found, remedy))
}

const WRITTEN_SO: &str = "its bytes are as they were written: please report it, or undo what another program did";

/// Roll-ups of every day whose events can be read.
fn rollups(lake: &Lake, request: &VerifyRequest, checked: &mut Checked) -> Result<(), UpkeepError> {
    let skip = checked.lost.union(&checked.stale).copied().collect();
    let differing: BTreeMap<Day, Vec<&str>> = crate::rollup::differing(lake, &skip, request.threads)?;
    for (day, tables) in differing {
        let found = format!("{} are not what the day's events give", tables.join(", "));
        checked.add(vec![Finding::new("rollup", day, found, Remedy::Repair)]);
        checked.stale.insert(day);
    }
    for day in &checked.lost {
        let found = "roll-ups not compared: a file of the day's events is damaged";
        let remedy = Remedy::Nothing("restore that file, then verify again".into());
        checked.verified.findings.push(Finding::new("rollup", day, found, remedy));
    }
    Ok(())
}

/// Folders that are open to more people than the setting says.
fn modes(project: &Project, checked: &mut Checked) {
    for (folder, mode) in wider_folders(&project.storage) {
        let found = format!("mode {mode:o}, wider than storage.umask = {:03o} makes folders", project.storage.umask);
        let todo = format!("if that is not meant: chmod -R u+rwX,go-rwx {}", folder.display());
        checked.add(vec![Finding::new("mode", folder.display(), found, Remedy::Nothing(todo))]);
    }
}

/// The lake's and the reports' folder with its mode, where that lets in more people than `storage.umask`: folders that
/// were there before keep their mode.
pub fn wider_folders(storage: &Storage) -> Vec<(&Path, u32)> {
    let mode = |folder: &Path| folder.metadata().map_or(0, |about| about.permissions().mode() & 0o777);
    let folders = [&storage.lake, &storage.reports].map(|folder| (folder.as_path(), mode(folder)));
    folders.into_iter().filter(|(_, mode)| mode & storage.umask != 0).collect()
}
