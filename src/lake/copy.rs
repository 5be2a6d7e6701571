//! `lake.sqlite`, the read-only copy that people attach, and how the lake's two SQLite files are opened.
//!
//! Readers of the copy can neither block a night nor write into our ledgers. A new copy replaces the old one by
//! rename: who has the old one open keeps a whole, unchanging snapshot.

use std::fmt::Write as _;
use std::fs::{File, Permissions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::{LakeError, Result, io};

pub(super) const CATALOG: &str = "catalog.sqlite";
pub(super) const COPY: &str = "lake.sqlite";
/// What the copy keeps of the rights of a new file.
pub(super) const READ_ONLY: u32 = 0o444;
pub(super) const TEMPORARY: &str = ".lake.sqlite.tmp";

/// How long a writer waits for a program that holds the catalog against the rules.
pub(super) const BUSY: Duration = Duration::from_secs(60);

/// The writer's catalog, made when there is none. A rollback journal, never WAL: a copied WAL file cannot be opened
/// without write permission. EXTRA fsyncs the folder too, so that a commit outlives a power cut at once.
pub(super) fn open_catalog(path: &Path) -> Result<Connection> {
    // Made here, not by SQLite: as open as any other file. Journals take their mode from it.
    File::options().append(true).create(true).open(path).map_err(io("cannot open", path))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    conn.pragma_update(None, "synchronous", "EXTRA")?;
    // What is deleted is overwritten with zeros. Else pages that were freed keep what the disk had and the copy gets what
    // memory has: nobody reads them, but the two would differ.
    let _: i64 = conn.query_row("PRAGMA secure_delete = ON", [], |r| r.get(0))?;
    let mode: String = conn.query_row("PRAGMA journal_mode = DELETE", [], |r| r.get(0))?;
    if mode != "delete" {
        return Err(LakeError::Unusable {
            path: path.into(),
            found: format!("journal mode {mode}, expected delete"),
            todo: "close every program that has it open".into(),
        });
    }
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// The copy, for reading. It never changes under its name's file, so no locks are needed.
pub(super) fn open_copy(path: &Path) -> Result<Connection> {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => uri.push(char::from(*byte)),
            other => _ = write!(uri, "%{other:02X}"),
        }
    }
    uri.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(uri, flags)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// Counts a change of the catalog, so that an older copy is told from a current one.
pub(super) fn count_commit(conn: &Connection) -> Result<()> {
    let sql = "INSERT INTO shoppulse_state VALUES ('commits', 1) ON CONFLICT DO UPDATE SET value = value + 1";
    conn.execute(sql, [])?;
    Ok(())
}

/// Changes of the catalog so far; `None` when nothing was ever committed to it.
fn commits(conn: &Connection) -> rusqlite::Result<Option<i64>> {
    conn.query_row("SELECT value FROM shoppulse_state WHERE key = 'commits'", [], |r| r.get(0)).optional()
}

/// Whether a catalog holds a committed state, as far as it can be looked at now.
pub(super) fn was_committed(catalog: &Path) -> bool {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(catalog, flags).and_then(|c| commits(&c)).is_ok_and(|n| n.is_some())
}

/// Whether the copy says what the catalog says. A copy that cannot be read does not.
pub(super) fn is_current(root: &Path, catalog: &Connection) -> Result<bool> {
    let want = commits(catalog)?;
    let path = root.join(COPY);
    let copy = if path.exists() { open_copy(&path).and_then(|c| Ok(commits(&c)?)).ok() } else { Some(None) };
    Ok(copy == Some(want))
}

/// Makes the copy anew, byte by byte: through SQLite, page by page, a catalog of three years
/// (33 MB) took 70 ms of CPU time each night. The read transaction keeps other programs from writing meanwhile; the
/// catalog's journal is a rollback journal, so that outside a transaction the one file is all there is.
pub(super) fn publish(root: &Path, catalog: &Connection) -> Result<()> {
    let (temporary, copy) = (root.join(TEMPORARY), root.join(COPY));
    remove_temporary(root)?;
    let reading = catalog.unchecked_transaction()?;
    commits(&reading)?;
    let copied = copy_file(&root.join(CATALOG), &temporary);
    reading.finish()?;
    let file = copied.map_err(io("cannot copy the catalog to", &temporary))?;
    file.sync_all().map_err(io("cannot fsync", &temporary))?;
    std::fs::rename(&temporary, &copy).map_err(io("cannot replace", &copy))?;
    File::open(root).and_then(|f| f.sync_all()).map_err(io("cannot fsync folder", root))
}

/// Bytes that are copied at a time. Copying within the kernel goes by 64 KiB and took a fifth more processor time.
const PIECE: usize = 1 << 20;

/// Copies a file to a new one, for reading by whoever may read the old one.
fn copy_file(from: &Path, to: &Path) -> std::io::Result<File> {
    let mut from = File::open(from)?;
    let mode = from.metadata()?.permissions().mode() & READ_ONLY;
    let mut file = File::options().write(true).create_new(true).mode(mode).open(to)?;
    // Whatever the process's mask takes away from a new file.
    file.set_permissions(Permissions::from_mode(mode))?;
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(file),
            Ok(n) => file.write_all(&piece[..n])?,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// Removes what a publication that died left.
pub(super) fn remove_temporary(root: &Path) -> Result<()> {
    let temporary = root.join(TEMPORARY);
    match std::fs::remove_file(&temporary) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io("cannot remove", &temporary)(e)),
        _ => Ok(()),
    }
}
