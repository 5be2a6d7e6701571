//! `quarantine retry`: refused files are read again by the next run, after a setting was changed.
//!
//! It only marks their bytes; loading is the run's. Rows that were quarantined with the refusal stay in that run's
//! account.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::Project;
use crate::domain::Micros;
use crate::domain::schema::{SOURCES, source};
use crate::ingest::SourceFile;
use crate::ingest::discover::discover;
use crate::ingest::read::hash_file;
use crate::lake::ledger::RefusedFile;
use crate::lake::{Lake, LakeError};

use super::lock;
use super::upkeep::UpkeepError;

/// Which refused files are to be read again.
#[derive(Clone, Debug)]
pub struct RetryRequest {
    pub source: Option<String>,
    /// Path below the incoming folder, as the ledger names it.
    pub path: Option<String>,
    pub now: Micros,
    pub wait: Duration,
}

/// A refused file that is marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    pub file: RefusedFile,
    /// Where its bytes lie now; `None` when they are gone. Sent again under any name, they are read.
    pub found: Option<String>,
}

impl Retry {
    /// Whether its rows would take the place of newer ones: a table's file that loads later wins.
    pub fn overtakes(&self) -> bool {
        self.file.loaded_since && source(&self.file.source).is_some_and(|s| !s.is_events())
    }
}

/// Marks the refused files that are asked for, in a commit of its own; safe to repeat.
///
/// # Errors
/// [`UpkeepError::Lock`] when a run holds the project; otherwise what kept the files from being marked.
pub fn retry(project: &Project, request: &RetryRequest) -> Result<Vec<Retry>, UpkeepError> {
    let _lock = lock::take(&project.storage.lake, request.wait)?;
    let mut lake = Lake::open_writer(&project.storage.lake, request.now)?;
    let wanted = |file: &RefusedFile| {
        request.source.as_deref().is_none_or(|source| source == &*file.source)
            && request.path.as_deref().is_none_or(|path| path == &*file.path)
    };
    let files: Vec<RefusedFile> = lake.ledger().refused_files()?.into_iter().filter(wanted).collect();
    let mut retries = Vec::new();
    let mut listed: BTreeMap<&str, Vec<SourceFile>> = BTreeMap::new();
    for file in files {
        let Some(source) = SOURCES.iter().find(|s| s.name == &*file.source) else { continue };
        if !listed.contains_key(source.name) {
            listed.insert(source.name, discover(project, source).files);
        }
        let paths = lake.ledger().paths_of_bytes(source.name, &file.sha256)?;
        let there = listed[source.name].iter().filter(|f| paths.iter().any(|path| **path == *f.path));
        // A file that cannot be read now is as good as gone.
        let same = |f: &&SourceFile| hash_file(&f.disk).is_ok_and(|hash| hash == *file.sha256);
        let found = there.into_iter().find(same).map(|f| f.path.clone());
        retries.push(Retry { file, found });
    }
    if retries.iter().any(|r| !r.file.marked) {
        lake.begin()?;
        if let Err(e) = mark(&mut lake, request.now, &retries) {
            lake.rollback()?;
            return Err(e.into());
        }
        lake.publish_copy()?;
    }
    Ok(retries)
}

fn mark(lake: &mut Lake, now: Micros, retries: &[Retry]) -> Result<(), LakeError> {
    for retry in retries {
        lake.ledger().mark_retry(&retry.file.source, &retry.file.sha256)?;
    }
    lake.commit(now, "quarantine retry")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::rig::{Rig, accounts};
    use crate::lake::ledger::QuarantineFilter;

    fn request(source: Option<&str>) -> RetryRequest {
        RetryRequest { source: source.map(str::to_string), path: None, now: Micros(1), wait: Duration::ZERO }
    }

    /// `path: where`, with `!` for one that was marked before.
    fn marked(rig: &Rig, source: Option<&str>) -> Vec<String> {
        let retries = retry(&rig.project, &request(source)).unwrap();
        let text = |r: &Retry| {
            let (mark, found) = (if r.file.marked { "!" } else { "" }, r.found.as_deref().unwrap_or("gone"));
            format!("{}{mark}: {found}", r.file.path)
        };
        retries.iter().map(text).collect()
    }

    fn standing(rig: &Rig, all: bool) -> Vec<String> {
        let mut rows = Vec::new();
        let filter = QuarantineFilter { all, ..QuarantineFilter::default() };
        let take = &mut |part: Vec<crate::lake::ledger::QuarantineRow>| {
            rows.extend(part.iter().map(|r| format!("{} {}:{} {}", r.run_id, r.path, r.line, r.reason)));
            Ok::<_, LakeError>(())
        };
        rig.lake().ledger().each_quarantine(&filter, 1, take).unwrap();
        rows
    }

    #[test]
    fn a_refused_file_is_read_again_once_and_only_when_asked() {
        let mut rig = Rig::new();
        let head = "event_id,ts,company_id\n";
        let bad = (0..11).fold(head.to_string(), |text, i| text + &format!("b{i},never,C\n"));
        rig.file("messages/a.csv", &(bad + "g,2026-07-01T09:00:00,C\n"));
        rig.file("messages/b.csv", "event_id,ts\n1,2026-07-01T09:00:00\n");
        rig.file("reps.csv", "rep_id,team\nR,a\n");
        let sources = ["messages", "reps"];
        let refused =
            ["messages/a.csv refused* 12=0+0+12", "messages/b.csv refused* 0=0+0+0", "reps.csv refused* 0=0+0+0"];
        assert_eq!(accounts(&rig.load(&sources)), refused);
        assert_eq!(standing(&rig, false).len(), 12);
        rig.project.sources.get_mut("messages").unwrap().max_bad_ratio = 1.0;
        let skipped = ["messages/a.csv skipped 0=0+0+0", "messages/b.csv skipped 0=0+0+0", "reps.csv skipped 0=0+0+0"];
        assert_eq!(accounts(&rig.load(&sources)), skipped, "a setting alone changes nothing");

        let bytes = std::fs::read(rig.project.storage.incoming.join("messages/b.csv")).unwrap();
        std::fs::remove_file(rig.project.storage.incoming.join("messages/b.csv")).unwrap();
        assert_eq!(marked(&rig, Some("calls")), [""; 0]);
        assert_eq!(marked(&rig, Some("messages")), ["messages/a.csv: messages/a.csv", "messages/b.csv: gone"]);
        assert_eq!(marked(&rig, Some("messages")), ["messages/a.csv!: messages/a.csv", "messages/b.csv!: gone"]);
        let loaded = rig.load(&sources);
        assert_eq!(accounts(&loaded), ["messages/a.csv loaded* 12=1+0+11", "reps.csv skipped 0=0+0+0"]);
        let again = rig.load(&sources);
        assert_eq!(accounts(&again), ["messages/a.csv skipped 0=0+0+0", "reps.csv skipped 0=0+0+0"]);
        // What stands is the last reading's account; each run's own account stays whole.
        let rows = standing(&rig, false);
        assert_eq!((rows.len(), &*rows[0]), (11, "3 messages/a.csv:2 bad_time"));
        assert_eq!(standing(&rig, true).len(), 23);

        // The same bytes come again, under another name: read, and refused anew.
        std::fs::write(rig.project.storage.incoming.join("messages/c.csv"), bytes).unwrap();
        assert_eq!(accounts(&rig.load(&["messages"]))[1], "messages/c.csv refused* 0=0+0+0");
        assert_eq!(accounts(&rig.load(&["messages"]))[1], "messages/c.csv skipped 0=0+0+0");
        assert_eq!(marked(&rig, None), ["messages/c.csv: messages/c.csv", "reps.csv: reps.csv"]);
    }

    #[test]
    fn an_old_file_of_a_table_that_would_win_over_newer_ones_is_told() {
        let mut rig = Rig::new();
        rig.file("reps-1.csv", "rep_id,team\nR,a\n");
        rig.file("reps-2.csv", "rep_id,name,team,role,hired_on\nR1,x,a,sales,2020-01-01\n");
        rig.load(&["reps"]);
        let [one] = retry(&rig.project, &request(None)).unwrap().try_into().unwrap();
        assert!(one.overtakes());
    }
}
