//! Rows of a table by day, from the catalog alone: no data file is opened.

use std::collections::BTreeMap;

use rusqlite::{Row, params};

use crate::domain::Day;

use super::files::{DATA, MAIN};
use super::{Lake, Result, catalog};

impl Lake {
    /// How many rows a table that has days holds of each day up to `until`; days without rows are left out.
    ///
    /// # Errors
    /// When another program wrote to the table.
    pub fn rows_by_day(&self, table: &str, until: Day) -> Result<BTreeMap<Day, i64>> {
        let Some(ids) = self.tables.get(table) else {
            return self.schema(table).map(|_| BTreeMap::new());
        };
        let folder = self.root.join(DATA).join(MAIN).join(table);
        catalog::refuse_foreign_rows(&self.conn, ids.table, &folder)?;
        let sql = format!(
            "SELECT v.partition_value, sum(f.record_count), min({})
             FROM ducklake_file_partition_value v CROSS JOIN ducklake_data_file f ON f.data_file_id = v.data_file_id
             WHERE v.table_id = ? AND v.partition_value BETWEEN ? AND ? AND v.partition_key_index = 0 AND {}
             GROUP BY v.partition_value",
            catalog::OUR_FILE,
            catalog::live(self.cut.map(|cut| cut.snapshot))
        );
        let row = |r: &Row<'_>| Ok((r.get(0)?, r.get(1)?, r.get(2)?));
        let range = params![ids.table, Day::MIN.to_string(), until.to_string()];
        let rows: Vec<(String, i64, bool)> =
            self.conn.prepare_cached(&sql)?.query_map(range, row)?.collect::<rusqlite::Result<_>>()?;
        let mut counts = BTreeMap::new();
        for (text, rows, ours) in rows {
            let day = Day::parse(&text).filter(|_| ours).ok_or_else(|| {
                catalog::foreign(&folder, format!("a file of the day {text:?} was not written by shoppulse"))
            })?;
            if rows > 0 {
                counts.insert(day, rows);
            }
        }
        Ok(counts)
    }
}
