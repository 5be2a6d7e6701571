//! A run, from lock to delivery.
//!
//! ```text
//! lock ─► ingest ─► rollup ─► marts ─► expectations ─► reports staged ─► ONE COMMIT ─► published ─► delivered
//! ```
//!
//! | file | its one job |
//! |---|---|
//! | `lock.rs` | one run at a time |
//! | `expect.rs` | is what arrived enough to publish |
//! | `publish.rs` | places, staging, `latest`, copies |
//! | `run.rs` | the order of the steps, the exit code |
//! | `summarize.rs` | what the run did, for people |

pub mod expect;
pub mod lock;
pub mod publish;
pub mod run;
mod summarize;
