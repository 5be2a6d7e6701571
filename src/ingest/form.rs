//! The call list that comes back: which of its lines somebody filled in.
//!
//! The workbook of `renewal_risk` has a line for every call of the day, with `action_id` = `2026-10-31:K1` (the list's
//! day and the contract). Whoever calls fills in `outcome`; the file then comes back as source `care_actions`. A line
//! that nobody filled in says that nothing was done: it is no record, neither read nor refused.
//!
//! Only such lines are passed over: `care_actions` of another system may lack an outcome and are records all the same.

use crate::domain::Day;
use crate::domain::schema::Source;

use super::check::{Cell, Checker};

/// Where a file of `care_actions` says what is asked of its lines.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    action_id: usize,
    outcome: usize,
}

impl Form {
    /// For a file that has both columns; `has` says which of the source's columns are in it.
    pub fn of(source: &Source, has: impl Fn(usize) -> bool) -> Option<Form> {
        let at = |name| source.index(name).filter(|n| has(*n));
        (source.name == "care_actions").then_some(())?;
        Some(Form { action_id: at("action_id")?, outcome: at("outcome")? })
    }

    /// Whether a record is a line of a call list that nobody filled in.
    pub fn is_open(&self, cells: &[Cell<'_>], checker: &mut Checker<'_>) -> bool {
        let line = match cells.get(self.action_id) {
            Some(Cell::Text(id) | Cell::Ours(id)) => is_line(id),
            _ => false,
        };
        line && cells.get(self.outcome).is_some_and(|cell| checker.is_null(self.outcome, *cell))
    }
}

/// Whether an id is AS_OF:CONTRACT.
fn is_line(id: &str) -> bool {
    id.split_once(':').is_some_and(|(day, contract)| Day::parse(day).is_some() && !contract.is_empty())
}

#[cfg(test)]
mod tests {
    use super::is_line;
    use crate::ingest::read::tests::Case;

    #[test]
    fn ids_of_lines() {
        assert!(is_line("2026-10-31:K1") && is_line("2026-10-31:a:b"));
        for other in ["2026-10-31:", "2026-10-32:K1", "K1", ":K1", "", "2026-10-31"] {
            assert!(!is_line(other), "{other}");
        }
    }

    #[test]
    fn lines_without_an_outcome_are_no_records_but_other_rows_are() {
        let head = "action_id,ts,company_id,rep_id,action,outcome\n";
        let row = |id: &str, outcome: &str| format!("{id},2026-10-30 10:00:00,C1,R1,call,{outcome}\n");
        let rows = [
            row("2026-10-30:K1", "promised"),
            row("2026-10-30:K2", " "),
            row("2026-10-30:K3", "perhaps"),
            row("crm-7", ""),
        ];
        let read = |text: String| Case::new().read("care_actions", "list.csv", text.as_bytes()).unwrap();
        let list = read(format!("{head}{}", rows.concat()));
        assert_eq!((list.rows_read, list.rows.len(), list.rejects.len()), (3, 2, 1));
        assert_eq!(list.rejects[0].line, 4);
        // A file that has no such column is no list.
        let other =
            read("action_id,ts,company_id,rep_id,action\n2026-10-30:K1,2026-10-30 10:00:00,C1,R1,call\n".into());
        assert_eq!(other.rows_read, 1);
    }
}
