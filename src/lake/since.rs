//! What changed since a snapshot: the files that something derived from the lake has not seen yet.

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use super::files::{DATA, MAIN};
use super::{DataFile, Lake, Result, catalog};

/// A committed state of one lake, told from a state of the same number in another history: a lake that was set back to
/// a backup commits other files under the same numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// The lake's UUID.
    pub lake: String,
    pub snapshot: i64,
    /// When it was committed, as the catalog has it.
    pub time: String,
    /// The number of the newest data file, of any table, and its name; -1 when there is none.
    pub file: i64,
    pub file_name: String,
}

impl Lake {
    /// The newest committed state, whatever the running transaction did since.
    pub fn committed(&self) -> Result<Committed> {
        let sql = "SELECT schema_uuid FROM ducklake_schema ORDER BY begin_snapshot, schema_id LIMIT 1";
        let lake = self.conn.prepare_cached(sql)?.query_row([], |r| r.get(0))?;
        // The transaction's own snapshot gets its row only in the commit.
        let sql = "SELECT snapshot_id, snapshot_time FROM ducklake_snapshot ORDER BY snapshot_id DESC LIMIT 1";
        let (snapshot, time) = self.conn.prepare_cached(sql)?.query_row([], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let sql = "SELECT data_file_id, path FROM ducklake_data_file WHERE begin_snapshot <= ?
                   ORDER BY data_file_id DESC LIMIT 1";
        let file = self.conn.prepare_cached(sql)?.query_row([snapshot], |r| Ok((r.get(0)?, r.get(1)?)));
        let (file, file_name) = file.optional()?.unwrap_or((-1, String::new()));
        Ok(Committed { lake, snapshot, time, file, file_name })
    }

    /// Whether the lake once was in this state, as far as it still knows: what was expired or merged away cannot be told
    /// from something else of its number.
    pub fn was(&self, state: &Committed) -> Result<bool> {
        let now = self.committed()?;
        let next_file = catalog::head(&self.conn)?.next_file_id;
        if state.lake != now.lake || state.snapshot > now.snapshot || state.file >= next_file {
            return Ok(false);
        }
        let text = |sql: &str, id: i64| -> Result<Option<String>> {
            Ok(self.conn.prepare_cached(sql)?.query_row([id], |r| r.get(0)).optional()?)
        };
        let time = text("SELECT snapshot_time FROM ducklake_snapshot WHERE snapshot_id = ?", state.snapshot)?;
        let name = text("SELECT path FROM ducklake_data_file WHERE data_file_id = ?", state.file)?;
        Ok(time.is_none_or(|time| time == state.time) && name.is_none_or(|name| name == state.file_name))
    }

    /// Files that lived at the snapshot `until` and were begun after the snapshot `after`, by day, then by age.
    pub fn files_begun(&self, table: &str, after: i64, until: i64) -> Result<Vec<DataFile>> {
        let Some(ids) = self.tables.get(table) else {
            return self.schema(table).map(|_| Vec::new());
        };
        let folder = self.root.join(DATA).join(MAIN).join(table);
        catalog::files_begun(&self.conn, ids.table, &folder, after, until)
    }

    /// Files that the running transaction added and that still live.
    pub fn files_added(&self, table: &str) -> Result<Vec<DataFile>> {
        self.files_begun(table, self.committed()?.snapshot, i64::MAX - 1)
    }
}
