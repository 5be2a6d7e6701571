//! Records with their line, one file a format; all are read in bounded memory.
//!
//! ```text
//! csv.rs      CSV and TSV: physical lines, quotes, records over several lines
//! jsonl.rs    JSON lines
//! parquet.rs  Parquet: values as the texts that the other formats would hold
//! xlsx.rs     the first sheet of a workbook, likewise (its parts: xlsx/)
//! window.rs   the part of a file that is in memory
//! guard.rs    decoders that may panic
//! block.rs    records that are split, some thousand at once
//! rows.rs     checked records -> chunks of Arrow columns
//! ```

mod block;
pub mod csv;
pub mod guard;
pub mod jsonl;
pub mod parquet;
pub mod rows;
mod split;
pub mod window;
pub mod xlsx;

/// No record is longer: 16 MiB.
pub const MAX_RECORD: usize = 16 << 20;
