//! A run, from lock to delivery.
//!
//! ```text
//! lock ─► ingest ─► rollup ─► marts ─► expectations ─► reports staged ─► ONE COMMIT ─► published ─► delivered
//! ```
//!
//! | file | its one job |
//! |---|---|
//! | `lock.rs` | one run at a time |
//! | `dates.rs` | which days are computed |
//! | `expect.rs` | is what arrived enough to publish |
//! | `publish.rs` | places, staging, `latest`, copies |
//! | `deliver.rs` | published files to folders and programs |
//! | `retry.rs` | refused files that the next run reads again |
//! | `run.rs` | the order of the steps, the exit code |
//! | `retain.rs` | what is kept how long |
//! | `settle.rs` | commit, publish, deliver; the trace of a failure |
//! | `summarize.rs` | what the run did, for people |
//! | `upkeep.rs` | why work that is no run was not done |
//! | `verify/` | the lake proved against what was recorded of it; repair |
//! | `erase.rs` | takes a firm or a person out of everything; `erase_rows.rs` its rows, `naming.rs` texts that name it |

mod dates;
pub mod deliver;
pub mod erase;
mod erase_rows;
pub mod expect;
pub mod lock;
mod naming;
pub mod publish;
mod retain;
pub mod retry;
pub mod run;
mod settle;
mod summarize;
pub mod upkeep;
pub mod verify;
