//! Published call lists: what each said, and what the first that named a contract said of it.

use rusqlite::{Row, ToSql, params, params_from_iter};

use super::{Ledger, NULL, Result, parsed};
use crate::domain::{Day, Str};

/// One line of a published call list (contract §3.3 `risk_published`).
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedRisk {
    pub as_of: Day,
    pub contract_id: Str,
    pub p_renew: f64,
    pub risk_band: Str,
    pub priority_rank: i64,
    pub call_rank: Option<i64>,
    pub reason_1: Option<Str>,
    pub action: Option<Str>,
    pub holdout: bool,
}

impl Ledger<'_> {
    /// Publishes a run's list unless one of that as-of stands already, an empty one too; says whether it was written.
    pub fn publish_risks(&self, run_id: i64, as_of: Day, rows: &[PublishedRisk]) -> Result<bool> {
        let day = as_of.to_string();
        let sql = "INSERT INTO shoppulse_risk_list VALUES (?,?,?) ON CONFLICT DO NOTHING";
        if self.conn.execute(sql, params![day, rows.len() as i64, run_id])? == 0 {
            return Ok(false);
        }
        let mut insert = self.conn.prepare_cached("INSERT INTO shoppulse_risk_published VALUES (?,?,?,?,?,?,?,?,?)")?;
        for row in rows {
            insert.execute(params![
                day,
                row.contract_id,
                row.p_renew,
                row.risk_band,
                row.priority_rank,
                row.call_rank,
                row.reason_1,
                row.action,
                row.holdout
            ])?;
        }
        Ok(true)
    }

    /// All published lines by (`as_of`, `contract_id`).
    pub fn published_risks(&self) -> Result<Vec<PublishedRisk>> {
        self.lines("as_of", "", "ORDER BY as_of, contract_id")
    }

    /// Of each contract the line of the first list, of those for a day up to `until`, that named it; by contract.
    pub fn first_published(&self, until: Day) -> Result<Vec<PublishedRisk>> {
        // SQLite takes the other columns from the row that has the least `as_of`.
        let until = format!("AND as_of <= '{until}'");
        self.lines("min(as_of)", &until, "GROUP BY contract_id ORDER BY contract_id")
    }

    /// The latest day before one for which a list was published, an empty one too.
    pub fn latest_list(&self, before: Day) -> Result<Option<Day>> {
        // A copy of an older version does not say which run published a list.
        let by_then = if self.last_run == i64::MAX { "" } else { "AND coalesce(run_id, 0) <= ?2" };
        let sql =
            format!("SELECT as_of FROM shoppulse_risk_list WHERE as_of < ?1 {by_then} ORDER BY as_of DESC LIMIT 1");
        let before = before.to_string();
        let values: [&dyn ToSql; 2] = [&before, &self.last_run];
        let values = if by_then.is_empty() { &values[..1] } else { &values[..] };
        let days = self.all(&sql, values, |r| parsed(r, 0, Day::parse)?.ok_or(NULL))?;
        Ok(days.first().copied())
    }

    fn lines(&self, as_of: &str, until: &str, order: &str) -> Result<Vec<PublishedRisk>> {
        // A copy of an older version does not say which run published a list.
        let (by_then, last): (&str, &[i64]) = match self.last_run {
            i64::MAX => ("", &[]),
            _ => (
                "AND as_of IN (SELECT as_of FROM shoppulse_risk_list WHERE coalesce(run_id, 0) <= ?1)",
                std::slice::from_ref(&self.last_run),
            ),
        };
        let sql = format!(
            "SELECT {as_of}, contract_id, p_renew, risk_band, priority_rank, call_rank, reason_1, action, holdout
             FROM shoppulse_risk_published WHERE true {until} {by_then} {order}"
        );
        self.all(&sql, params_from_iter(last), line)
    }
}

fn line(r: &Row) -> rusqlite::Result<PublishedRisk> {
    Ok(PublishedRisk {
        as_of: parsed(r, 0, Day::parse)?.ok_or(NULL)?,
        contract_id: r.get(1)?,
        p_renew: r.get(2)?,
        risk_band: r.get(3)?,
        priority_rank: r.get(4)?,
        call_rank: r.get(5)?,
        reason_1: r.get(6)?,
        action: r.get(7)?,
        holdout: r.get(8)?,
    })
}
