//! stdout, stderr, and files that appear whole or not at all.

use std::fmt::Display;
use std::fs::Permissions;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::args::TableFormat;
use super::exit::Failure;
use crate::domain::frame::{Frame, Row};
use crate::domain::printable::{printable, printable_lines};
use crate::report::export::frame;

/// Where a table goes, and how.
#[derive(Debug, clap::Args)]
pub struct TableArgs {
    /// How the table is written [default: by the extension of -o; table on a terminal, else csv]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<TableFormat>,
    /// Write to a file, which appears whole or not at all
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl TableArgs {
    /// The format that was asked for or fits.
    ///
    /// # Errors
    /// Bytes of Parquet are not for a terminal.
    pub fn format(&self) -> Result<TableFormat, Failure> {
        let by_name = || {
            let extension = self.output.as_ref()?.extension()?.to_str()?;
            <TableFormat as clap::ValueEnum>::from_str(extension, true).ok()
        };
        let terminal = self.output.is_none() && io::stdout().is_terminal();
        let fitting = if terminal { TableFormat::Table } else { TableFormat::Csv };
        let format = self.format.or_else(by_name).unwrap_or(fitting);
        if format == TableFormat::Parquet && terminal {
            return Err(Failure::Usage("parquet is not for a terminal; add `-o FILE` or redirect stdout".into()));
        }
        Ok(format)
    }

    /// Writes a frame where it was asked to go.
    pub fn write(&self, frame: &Frame) -> Result<(), Failure> {
        let format = self.format()?;
        match &self.output {
            Some(path) => whole_file(path, |out| export(frame, format, out)),
            None => {
                let mut out = BufWriter::new(io::stdout().lock());
                export(frame, format, &mut out)?;
                Ok(out.flush()?)
            }
        }
    }
}

/// Receives the rows of a table that comes in parts.
pub type Take<'t, R> = &'t mut dyn FnMut(Vec<R>) -> anyhow::Result<()>;

impl TableArgs {
    /// Writes a table that comes in parts: CSV and JSON part by part, so that memory does not follow its size. A table
    /// for reading needs the widths of all rows, and Parquet its columns whole.
    pub fn write_parts<R: Row>(&self, produce: impl FnOnce(Take<'_, R>) -> anyhow::Result<()>) -> Result<(), Failure> {
        let format = self.format()?;
        if matches!(format, TableFormat::Parquet | TableFormat::Table) {
            let mut all = Vec::new();
            produce(&mut |mut part| {
                all.append(&mut part);
                Ok(())
            })?;
            return self.write(&Frame::of(&all));
        }
        let write = |out: &mut dyn Write| {
            let mut is_first = true;
            produce(&mut |part: Vec<R>| {
                let frame = Frame::of(&part);
                match format {
                    TableFormat::Json => frame::json_part(&frame, is_first, out)?,
                    _ => frame::csv_part(&frame, is_first, out)?,
                }
                is_first = false;
                Ok(())
            })?;
            if format == TableFormat::Json {
                frame::json_end(out)?;
            }
            Ok(())
        };
        match &self.output {
            Some(path) => whole_file(path, write),
            None => {
                let mut out = BufWriter::new(io::stdout().lock());
                write(&mut out)?;
                Ok(out.flush()?)
            }
        }
    }
}

fn export(frame: &Frame, format: TableFormat, out: &mut dyn Write) -> anyhow::Result<()> {
    match format {
        TableFormat::Csv => frame::csv(frame, out)?,
        TableFormat::Json => frame::json(frame, out)?,
        TableFormat::Parquet => {
            let mut bytes = Vec::new();
            frame::parquet(frame, &mut bytes)?;
            out.write_all(&bytes)?;
        }
        TableFormat::Table => frame::text(frame, out)?,
    }
    Ok(())
}

/// Writes bytes to stdout, or to a file that appears whole or not at all with the rights that the project's umask leaves.
pub fn bytes(path: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    match path {
        Some(path) => whole_file(path, |out| Ok(out.write_all(bytes)?)),
        None => {
            let mut out = io::stdout().lock();
            out.write_all(bytes)?;
            Ok(out.flush()?)
        }
    }
}

/// Writes a line to stdout.
pub fn stdout_line(line: impl Display) -> Result<(), Failure> {
    Ok(writeln!(io::stdout().lock(), "{line}")?)
}

/// Writes a line that names things of the data to stdout; what would steer a terminal is shown.
pub fn told(line: impl Display) -> Result<(), Failure> {
    stdout_line(printable(&line.to_string()))
}

/// Writes a line to stderr; when nobody reads it, it is gone.
pub fn stderr_line(line: impl Display) {
    let line = line.to_string();
    let _ = writeln!(io::stderr().lock(), "{}", printable_lines(&line));
}

/// Writes a file beside its place and moves it there once it is complete.
fn whole_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>) -> Result<(), Failure> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let doing = || format!("writing {}", path.display());
    // As any new file: less the rights that the project's umask takes.
    let mut builder = tempfile::Builder::new();
    builder.prefix(".shoppulse-").permissions(Permissions::from_mode(0o666));
    let mut draft = builder.tempfile_in(folder).with_context(doing)?;
    let mut out = BufWriter::new(draft.as_file_mut());
    write(&mut out).and_then(|()| Ok(out.flush()?)).with_context(doing)?;
    drop(out);
    draft.as_file().sync_all().with_context(doing)?;
    draft.persist(path).with_context(doing)?;
    Ok(())
}
