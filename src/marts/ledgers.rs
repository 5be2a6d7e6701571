//! `ingest_files` and `quarantine`: the accounts of every run, as the ledger keeps them (contract §3.5).

pub use crate::lake::ledger::{IngestFileRow, QuarantineRow};

use super::{MartRow, Marts, Result};

impl MartRow for IngestFileRow {
    const NEEDS: &'static [&'static str] = &[];

    fn compute(marts: &Marts<'_>) -> Result<Vec<IngestFileRow>> {
        Ok(marts.visible.lake().ledger().files()?)
    }
}

impl MartRow for QuarantineRow {
    const NEEDS: &'static [&'static str] = &[];

    fn compute(marts: &Marts<'_>) -> Result<Vec<QuarantineRow>> {
        Ok(marts.visible.lake().ledger().quarantine()?)
    }
}
