//! Pages, sheets and charts for people.

pub mod export;

/// Shown for null.
pub mod format {
    pub const NOTHING: &str = "–";
}

/// Why a report or table cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("writing: {0}")]
    Io(#[from] std::io::Error),
    #[error("csv: {0}")]
    Csv(#[from] ::csv::Error),
    #[error("parquet: {0}")]
    Parquet(String),
}
