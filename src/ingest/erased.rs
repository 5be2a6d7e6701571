//! Ids that were erased: which columns hold them, and that their rows do not come again.
//!
//! | id of | rows that are of it | columns that only mention it, and become null |
//! |---|---|---|
//! | a company | every row with its `company_id`, or with the `contract_id` of one of its contracts | |
//! | a visitor | its events | |
//! | a rep | `reps`, `targets`, `attendance`, `calls`, `followups`, `care_actions` | `contracts.rep_id`, `service_tasks.rep_id`, `companies.sales_rep_id`, `.service_rep_id` |
//!
//! What was erased is remembered as a hash only.

use std::collections::BTreeSet;

use crate::domain::schema::{Field, Source};
use crate::lake::LakeError;
use crate::lake::ledger::Ledger;

use super::personal::VISITOR_ID;

/// Whose id it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Company,
    /// Of a company that was erased.
    Contract,
    Rep,
    Visitor,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Company => "company",
            Kind::Contract => "contract",
            Kind::Rep => "rep",
            Kind::Visitor => "visitor",
        }
    }
}

/// What an id in a column says of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bond {
    /// The row is of the id, and goes with it.
    Row,
    /// The row mentions the id; the value goes, the row stays.
    Mention,
}

/// Whose ids a column of a source holds, if any that can be erased.
pub fn bond(source: &Source, field: &Field) -> Option<(Kind, Bond)> {
    match field.name {
        "company_id" => Some((Kind::Company, Bond::Row)),
        "contract_id" => Some((Kind::Contract, Bond::Row)),
        VISITOR_ID => Some((Kind::Visitor, Bond::Row)),
        "rep_id" if field.required || source.key.contains(&"rep_id") => Some((Kind::Rep, Bond::Row)),
        "rep_id" | "sales_rep_id" | "service_rep_id" => Some((Kind::Rep, Bond::Mention)),
        _ => None,
    }
}

/// What is remembered of an erased id: 128 bits of BLAKE3 over kind and id.
pub fn digest(kind: Kind, id: &str) -> String {
    let mut hash = blake3::Hasher::new();
    hash.update(kind.word().as_bytes()).update(b"\0").update(id.as_bytes());
    hash.finalize().to_hex()[..32].to_string()
}

/// All ids that were erased from a lake.
#[derive(Clone, Debug, Default)]
pub struct Erased {
    digests: BTreeSet<String>,
    kinds: BTreeSet<&'static str>,
}

impl Erased {
    pub const NONE: Erased = Erased { digests: BTreeSet::new(), kinds: BTreeSet::new() };

    pub fn read(ledger: &Ledger<'_>) -> Result<Erased, LakeError> {
        let mut erased = Erased::NONE;
        for row in ledger.erased()? {
            erased.digests.insert(row.id_hash.to_string());
            let kinds = [Kind::Company, Kind::Contract, Kind::Rep, Kind::Visitor].map(Kind::word);
            erased.kinds.extend(kinds.into_iter().filter(|word| *word == &*row.kind));
        }
        Ok(erased)
    }

    pub fn has(&self, kind: Kind, id: &str) -> bool {
        self.kinds.contains(kind.word()) && self.digests.contains(&digest(kind, id))
    }

    /// The source's columns that may hold an erased id.
    pub fn columns(&self, source: &Source) -> Vec<(usize, Kind, Bond)> {
        let column = |(n, field): (usize, &Field)| bond(source, field).map(|(kind, bond)| (n, kind, bond));
        let columns = source.fields.iter().enumerate().filter_map(column);
        columns.filter(|(_, kind, _)| self.kinds.contains(kind.word())).collect()
    }
}
