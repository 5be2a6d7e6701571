//! `orphans`: ids that no table explains; their rows are kept and counted, not dropped (contract §1, §3.5).

use std::collections::HashSet;

use crate::domain::Str;
use crate::domain::schema::SOURCES;
use crate::rows;

use super::{MartRow, Marts, Result};

rows! {
    /// One id without a row in its table.
    pub struct OrphanRow = "orphans", "source, column and unknown id", key(source, column, id) {
        /// the source that names the id
        source: Str,
        /// the column that names it
        column: Str,
        /// the id
        id: Str,
        /// rows that name it and count on the as-of day
        rows: i64,
    }
}

/// Columns that name a row of `companies` or `reps`.
const REFERENCES: &[(&str, &str)] =
    &[("company_id", "companies"), ("rep_id", "reps"), ("sales_rep_id", "reps"), ("service_rep_id", "reps")];

impl MartRow for OrphanRow {
    const NEEDS: &'static [&'static str] = &[];

    fn compute(marts: &Marts<'_>) -> Result<Vec<OrphanRow>> {
        let visible = marts.visible;
        let companies: HashSet<&Str> = visible.companies.iter().filter(|c| c.listed).map(|c| &c.id).collect();
        let known = |table: &str, id: &Str| match table {
            "companies" => companies.contains(id),
            _ => visible.reps.contains_key(id),
        };
        let mut orphans = Vec::new();
        for source in SOURCES {
            for (column, table) in REFERENCES {
                if source.name == *table || source.index(column).is_none() {
                    continue;
                }
                let unknown = visible.ids_in(source.name, column)?.into_iter().filter(|(id, _)| !known(table, id));
                orphans.extend(unknown.map(|(id, rows)| OrphanRow {
                    source: source.name.into(),
                    column: (*column).into(),
                    id,
                    rows,
                }));
            }
        }
        orphans.sort_unstable_by(|a, b| (&a.source, &a.column, &a.id).cmp(&(&b.source, &b.column, &b.id)));
        Ok(orphans)
    }
}
