//! Takes a firm, a visitor or an employee out of lake, quarantine and history; the ledger keeps the count.
//!
//! ```text
//! 1 lock, open, finish what died                    as a run
//! 2 plan      which files of which snapshots hold rows of the id; of a company its contracts too
//! 3 rewrite   each of them without the rows, at every snapshot; mentions of an employee become null
//! 4 roll up   days whose live events changed
//! 5 ledger    refused records cut, published lists shortened, the id remembered as a hash
//! 6 commit, VACUUM, lake.sqlite anew, old files unlinked
//! ```
//!
//! What is outside the lake stays: the files that were dropped, deliveries, backups; published reports that name the
//! id are listed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use crate::config::Project;
use crate::domain::schema::{LakeTable, SOURCES, lake_tables};
use crate::domain::{Day, Micros};
use crate::ingest::cells::text;
use crate::ingest::count::CountedDays;
use crate::ingest::erased::{Bond, Kind, bond, digest};
use crate::ingest::load::LoadError;
use crate::ingest::personal::{Personal, PersonalError};
use crate::ingest::workers;
use crate::lake::ledger::RunRow;
use crate::lake::{DataFile, ErasedRow, Lake, LakeError, WrittenFile, scan};
use crate::rollup;

use super::erase_rows::{Ids, Kept, keep};
use super::lock::{self, LockError};
use super::naming::{Names, reports_naming};
use super::publish::{self, PublishError};

/// What is to be erased.
#[derive(Clone, Debug)]
pub struct EraseRequest {
    pub kind: Kind,
    /// As it stands in the files that were loaded.
    pub id: String,
    /// Say what would go, change nothing.
    pub dry_run: bool,
    pub now: Micros,
    pub wait: Duration,
    pub threads: usize,
}

/// What went, or would go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erasure {
    /// Live rows, by table of the lake.
    pub rows: BTreeMap<&'static str, u64>,
    /// Live rows that mention the id, which becomes null, by table.
    pub mentions: BTreeMap<&'static str, u64>,
    /// Files rewritten, of all snapshots.
    pub files: usize,
    /// Contracts of the company.
    pub contracts: usize,
    /// Refused records whose raw text was cut.
    pub refused: u64,
    /// Lines of published risk lists.
    pub risks: u64,
    /// Days rolled up anew.
    pub days: usize,
    /// Published reports that name it.
    pub reports: Vec<PathBuf>,
}

impl Erasure {
    /// Nothing in the lake, its history or the quarantine is of the id.
    pub fn is_empty(&self) -> bool {
        self.files == 0 && self.refused == 0 && self.risks == 0
    }
}

/// Why nothing was erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Personal(#[from] PersonalError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error("{found} of {kind} `{id}`; nothing is changed. Ids are taken as they are, capitals and blanks too")]
    Unknown { found: &'static str, kind: &'static str, id: String },
    #[error("the lake keeps no ids of visitors (privacy.visitor_ids = \"drop\"): there is nothing to erase")]
    NotKept,
}

/// Erases, or says what would be erased.
///
/// # Errors
/// As listed; the old state stands.
pub fn erase(project: &Project, request: &EraseRequest) -> Result<Erasure, EraseError> {
    let _lock = lock::take(&project.storage.lake, request.wait)?;
    let mut lake = Lake::open_writer(&project.storage.lake, request.now)?;
    let known: Vec<i64> = lake.ledger().runs()?.iter().map(|run| run.run_id).collect();
    publish::mend(&project.storage.reports, |run| known.contains(&run))?;
    if request.dry_run {
        lake.begin()?;
        let planned = work(project, request, &mut lake);
        lake.rollback()?;
        return planned;
    }
    lake.begin_erasure()?;
    let message = format!("erase {}", request.kind.word());
    let erased = work(project, request, &mut lake)
        .and_then(|erasure| Ok(lake.commit(request.now, &message).map(|_| erasure)?));
    // After the commit there is nothing to roll back.
    lake.rollback()?;
    lake.finish_erasure()?;
    erased
}

/// A file that holds rows of the id.
struct Found {
    table: LakeTable,
    file: DataFile,
    live: bool,
    kept: Kept,
}

fn work(project: &Project, request: &EraseRequest, lake: &mut Lake) -> Result<Erasure, EraseError> {
    let root = &project.storage.lake;
    let (ids, names) = ids(project, request, lake)?;
    let called = called(request, lake, names.clone())?;
    let found = plan(lake, request.threads, &ids)?;
    let contracts: BTreeSet<String> = ids.of(Kind::Contract).map(str::to_string).collect();
    let mut erasure = Erasure { files: found.len(), contracts: contracts.len(), ..Erasure::default() };
    let mut touched: BTreeMap<&'static str, BTreeSet<Day>> = BTreeMap::new();
    for f in found.iter().filter(|f| f.live) {
        let (gone, mentions) = (f.kept.gone, f.kept.mentions);
        for (counts, n) in [(&mut erasure.rows, gone), (&mut erasure.mentions, mentions)] {
            if n > 0 {
                *counts.entry(f.table.name).or_default() += n;
            }
        }
        if let (Some(day), Some(source)) =
            (f.file.day, SOURCES.iter().find(|s| s.is_events() && s.name == f.table.name))
        {
            touched.entry(source.name).or_default().insert(day);
        }
    }
    if !request.dry_run {
        let rewritten = workers::each(request.threads, found, |f| {
            let new = rewrite(root, &f, &ids)?;
            Ok::<_, LoadError>((f, new))
        })?;
        for (f, new) in rewritten {
            lake.replace(f.table.name, &f.file, new)?;
        }
        erasure.days = rollup::refresh(lake, root, &touched, &CountedDays::default(), request.threads)?.days;
    }
    let in_files = in_files(project, request, lake, &ids)?;
    erasure.refused = lake.ledger().cut_raw(|source, raw| match in_files.get(source) {
        Some(InFiles::All) => true,
        Some(InFiles::Words(words)) => names.are_in(raw) || words.are_in(raw),
        None => names.are_in(raw),
    })?;
    let ledger = lake.ledger();
    erasure.risks = ledger.forget_risks(contracts.iter().map(String::as_str))?;
    if erasure.is_empty() {
        let (found, kind) = ("no row and no refused record is", request.kind.word());
        return Err(EraseError::Unknown { found, kind, id: request.id.clone() });
    }
    ledger.forget_reports(|path| names.are_in(path))?;
    ledger.rewrite_summaries(|summary| names.taken_out(summary))?;
    record(lake, request, &ids, &erasure)?;
    let reports = &project.storage.reports;
    let failed = |source| LakeError::Io { action: "cannot search", path: reports.clone(), source };
    erasure.reports = reports_naming(reports, &called).map_err(failed)?;
    Ok(erasure)
}

/// The ids whose rows go, and the names by which texts tell of them.
fn ids(project: &Project, request: &EraseRequest, lake: &Lake) -> Result<(Ids, Names), EraseError> {
    let mut names = Names::default();
    let mut id = request.id.clone();
    if request.kind == Kind::Visitor {
        let (personal, _) = Personal::open(&project.privacy, &lake.ledger(), false)?;
        if personal.drops_visitors() {
            return Err(EraseError::NotKept);
        }
        id = personal.token(&id).into_owned();
    }
    names.add(&request.id);
    names.add(&id);
    let mut ids = Ids::new(request.kind, id);
    if request.kind == Kind::Company {
        // A contract that another company has now is that one's.
        let (mut of_company, mut of_others) = (BTreeSet::new(), BTreeSet::new());
        for (file, live) in lake.history("contracts")? {
            each_pair(&file, "contracts", ["contract_id", "company_id"], |contract, company| {
                if ids.has(Kind::Company, company) {
                    of_company.insert(contract.to_string());
                } else if live {
                    of_others.insert(contract.to_string());
                }
            })?;
        }
        for contract in of_company.difference(&of_others) {
            names.add(contract);
            ids.add(Kind::Contract, contract.clone());
        }
    }
    Ok((ids, names))
}

/// How the files of a source name ids, beside by themselves.
enum InFiles {
    /// Every row is of one, by a constant.
    All,
    /// By words that the source's `values` make ids of.
    Words(Names),
}

/// By source; those whose files name ids as the lake does are left out.
fn in_files(
    project: &Project,
    request: &EraseRequest,
    lake: &Lake,
    ids: &Ids,
) -> Result<BTreeMap<&'static str, InFiles>, EraseError> {
    let mut found = BTreeMap::new();
    // Its key is needed for visitors only.
    let personal = match request.kind {
        Kind::Visitor => Some(Personal::open(&project.privacy, &lake.ledger(), false)?.0),
        _ => None,
    };
    let is = |kind, id: &str| ids.has(kind, id) || kind == request.kind && id == request.id;
    for source in SOURCES {
        let Some(config) = project.sources.get(source.name) else { continue };
        let mut words = Names::default();
        for field in source.fields {
            let Some((kind, Bond::Row)) = bond(source, field) else { continue };
            if config.constants.get(field.name).is_some_and(|id| is(kind, id)) {
                found.insert(source.name, InFiles::All);
            }
            let mapped = config.values.get(field.name).into_iter().flatten();
            for word in mapped.filter(|(_, id)| is(kind, id)).map(|(word, _)| word) {
                words.add(word);
                if let Some(personal) = personal.as_ref().filter(|_| kind == Kind::Visitor) {
                    words.add(&personal.token(word));
                }
            }
        }
        found.entry(source.name).or_insert(InFiles::Words(words));
    }
    Ok(found)
}

/// With the names by which people call them: reports show these.
fn called(request: &EraseRequest, lake: &Lake, mut names: Names) -> Result<Names, EraseError> {
    let (table, key) = match request.kind {
        Kind::Company => ("companies", "company_id"),
        Kind::Rep => ("reps", "rep_id"),
        Kind::Contract | Kind::Visitor => return Ok(names),
    };
    for (file, _) in lake.history(table)? {
        each_pair(&file, table, [key, "name"], |id, name| {
            if id == request.id {
                names.add(name);
            }
        })?;
    }
    Ok(names)
}

/// Hands both texts of each row to `take`.
fn each_pair(
    file: &DataFile,
    table: &str,
    columns: [&str; 2],
    mut take: impl FnMut(&str, &str),
) -> Result<(), LoadError> {
    for batch in scan(table, file, &columns)? {
        let batch = batch?;
        let [a, b] = [text(&batch, columns[0])?, text(&batch, columns[1])?];
        a.iter().zip(b).filter_map(|(a, b)| a.zip(b)).for_each(|(a, b)| take(a, b));
    }
    Ok(())
}

/// The columns of a table that may hold ids of those kinds.
fn bonds(table: &LakeTable, ids: &Ids) -> Vec<(&'static str, Kind, Bond)> {
    let source = SOURCES.iter().find(|s| s.name == table.name);
    let bond_of = |name: &'static str| match source {
        Some(source) => source.fields.iter().find(|f| f.name == name).and_then(|field| bond(source, field)),
        // A roll-up.
        None => (name == "company_id").then_some((Kind::Company, Bond::Row)),
    };
    let columns = table.columns.iter().filter_map(|(name, _)| bond_of(name).map(|(kind, bond)| (*name, kind, bond)));
    columns.filter(|(_, kind, _)| ids.of(*kind).next().is_some()).collect()
}

fn plan(lake: &Lake, threads: usize, ids: &Ids) -> Result<Vec<Found>, EraseError> {
    let mut looked_at: Vec<(LakeTable, DataFile, bool)> = Vec::new();
    for table in lake_tables() {
        if !bonds(&table, ids).is_empty() {
            looked_at.extend(lake.history(table.name)?.into_iter().map(|(file, live)| (table.clone(), file, live)));
        }
    }
    let found = workers::each(threads, looked_at, |(table, file, live)| {
        let kept = look(&table, &file, ids)?;
        Ok::<_, LoadError>((kept.changes()).then_some(Found { table, file, live, kept }))
    })?;
    Ok(found.into_iter().flatten().collect())
}

/// How many rows of a file are of the ids, and how many mention them.
fn look(table: &LakeTable, file: &DataFile, ids: &Ids) -> Result<Kept, LoadError> {
    let bonds = bonds(table, ids);
    let columns: Vec<&str> = bonds.iter().map(|(name, ..)| *name).collect();
    let mut kept = Kept::default();
    for batch in scan(table.name, file, &columns)? {
        keep(&batch?, &bonds, ids, &mut kept)?;
    }
    Ok(kept)
}

/// The file without the rows; `None` when none is left.
fn rewrite(root: &std::path::Path, found: &Found, ids: &Ids) -> Result<Option<WrittenFile>, LoadError> {
    let Found { table, file, .. } = found;
    let bonds = bonds(table, ids);
    let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let mut kept = Kept::default();
    let mut parts = Vec::new();
    for batch in scan(table.name, file, &columns)? {
        parts.push(keep(&batch?, &bonds, ids, &mut kept)?);
    }
    parts.retain(|part| part.num_rows() > 0);
    let Some(first) = parts.first() else { return Ok(None) };
    let rows = arrow_select::concat::concat_batches(&first.schema(), &parts)?;
    drop(parts);
    Ok(Some(Lake::write_file(root, table, file.day, &rows)?))
}

/// The run's row, the hashes of the ids, the counts.
fn record(lake: &Lake, request: &EraseRequest, ids: &Ids, erasure: &Erasure) -> Result<(), LakeError> {
    let ledger = lake.ledger();
    let run_id = ledger.next_run_id()?;
    let kind = request.kind.word();
    let row = |kind: Kind, id: &str, source: &str, rows: u64| ErasedRow {
        run_id,
        kind: kind.word().into(),
        id_hash: digest(kind, id).into(),
        source: source.into(),
        rows: rows as i64,
    };
    for kind in [Kind::Company, Kind::Contract, Kind::Rep, Kind::Visitor] {
        for id in ids.of(kind) {
            ledger.add_erased(&row(kind, id, "", 0))?;
        }
    }
    for id in ids.of(request.kind) {
        for (source, rows) in erasure.rows.iter().filter(|(table, _)| SOURCES.iter().any(|s| s.name == **table)) {
            ledger.add_erased(&row(request.kind, id, source, *rows))?;
        }
    }
    let rows: u64 = erasure.rows.values().sum();
    ledger.add_run(&RunRow {
        run_id,
        pipeline: format!("erase {kind}").as_str().into(),
        started_at: request.now,
        status: "ok".into(),
        exit_code: 0,
        as_of: None,
        snapshot: lake.snapshot()?,
        summary: format!("{{\"erased\":\"{kind}\",\"rows\":{rows}}}").into(),
    })
}
