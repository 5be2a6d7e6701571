//! What was true on a day: the rows that the as-of rule lets through, the terms of contracts, who renewed.
//!
//! ```text
//! visible.rs   Visible: sources and roll-ups cut at one day; the only place of the as-of rule
//! rows.rs      lake batches -> typed rows
//! activity.rs  member × day, by company
//! coverage.rs  which days of a source are complete
//! tasks.rs     services that were due, and when they were done
//! terms.rs     effective end and amount, kind, annual amount
//! renewed.rs   which contract renewed which, and its share of the new amount
//! find.rs      the company that a person means
//! windows.rs   who is a member on a day, since when
//! ```

pub mod activity;
pub mod coverage;
pub mod find;
pub mod renewed;
pub mod rows;
pub mod tasks;
pub mod terms;
pub mod visible;
pub mod windows;

pub use visible::Visible;

/// The value under which a missing attribute is grouped.
pub const UNKNOWN: &str = "unknown";
