//! CSV by the contract's dialect (header, LF, RFC 4180, empty = null).

use std::io::Write;

/// A writer of the contract's dialect.
pub fn writer<W: Write>(out: W) -> ::csv::Writer<W> {
    ::csv::WriterBuilder::new().terminator(::csv::Terminator::Any(b'\n')).from_writer(out)
}
