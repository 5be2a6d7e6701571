//! Removes what a run that died left: Parquet files that no row of the catalog names.
//!
//! A mark stands while a run is open. Only a start that finds it looks through the data folder, so that a night
//! on a large lake does not pay for a walk over all its files.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::files::{DATA, MAIN};
use super::{Result, io};

/// Stands in the lake's folder while a run is open, and after one that died.
pub(super) const MARK: &str = ".run-open";

/// Sets the mark, durably: it must outlive whatever file the run writes.
pub(super) fn mark(root: &Path) -> Result<()> {
    let path = root.join(MARK);
    std::fs::write(&path, "a run is open, or died; the next one removes what it left\n")
        .map_err(io("cannot write", &path))?;
    File::open(root).and_then(|f| f.sync_all()).map_err(io("cannot fsync folder", root))
}

/// Takes the mark away: nothing is left to be swept.
pub(super) fn unmark(root: &Path) {
    // A mark that stays costs the next start a walk, no more.
    let _ = std::fs::remove_file(root.join(MARK));
}

/// Whether a run died since the last sweep.
pub(super) fn is_due(root: &Path) -> bool {
    // What cannot be looked at may be there.
    root.join(MARK).try_exists().unwrap_or(true)
}

/// Unlinks every Parquet file below the data folder that the catalog does not name, at any snapshot; returns how
/// many there were. Other files are left alone.
pub(super) fn sweep(root: &Path, conn: &Connection) -> Result<usize> {
    let data = root.join(DATA);
    let disk = parquet_files(&data)?;
    if disk.is_empty() {
        return Ok(0);
    }
    let named = named(root, conn)?;
    let orphans: Vec<&PathBuf> = disk.iter().filter(|path| !named.contains(*path)).collect();
    for path in &orphans {
        std::fs::remove_file(path).map_err(io("cannot remove the orphan", path))?;
    }
    Ok(orphans.len())
}

/// Every file that the catalog names at any snapshot, or for deletion.
pub(super) fn named(root: &Path, conn: &Connection) -> Result<HashSet<PathBuf>> {
    let data = root.join(DATA);
    // Joining an absolute path to the data folder gives the absolute path.
    let sql = "SELECT iif(f.path_is_relative, ?1 || t.path, '') || f.path
                 FROM ducklake_data_file f JOIN ducklake_table t USING (table_id)
               UNION ALL
               SELECT iif(d.path_is_relative, ?1 || t.path, '') || d.path
                 FROM ducklake_delete_file d JOIN ducklake_table t USING (table_id)
               UNION ALL
               SELECT path FROM ducklake_files_scheduled_for_deletion";
    let mut statement = conn.prepare(sql)?;
    let named = statement.query_map([format!("{MAIN}/")], |r| r.get::<_, String>(0))?;
    Ok(named.map(|path| path.map(|p| data.join(p))).collect::<rusqlite::Result<_>>()?)
}

/// Every Parquet file below a folder. Links are not followed.
pub(super) fn parquet_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut open, mut found) = (vec![folder.to_path_buf()], Vec::new());
    while let Some(folder) = open.pop() {
        let list = std::fs::read_dir(&folder).map_err(io("cannot list", &folder))?;
        for entry in list {
            let entry = entry.map_err(io("cannot list", &folder))?;
            let kind = entry.file_type().map_err(io("cannot look at", &folder))?;
            let path = entry.path();
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() && path.extension().is_some_and(|e| e == "parquet") {
                found.push(path);
            }
        }
    }
    Ok(found)
}
