use super::exit::Failure;
use super::{Global, output, project};
use crate::config::Config;
use crate::domain::schema::SOURCES;
use crate::ingest::discover::{discover, stray_line, strays};
use crate::ingest::personal::{PLAIN, Personal};
use crate::ingest::read::{ReadOptions, read_file};
use crate::ingest::{Chunk, FileProblem, SourceFile};
use crate::lake::{Lake, LakeError};
use crate::pipeline::deliver;

const EXAMPLES: &str = "\
Examples:
  shoppulse check
  shoppulse --project /srv/portal check";

/// Check configuration and sources; nothing is written
///
/// Says what would fail, and where: every problem of every configuration file, what each source has, whether the
/// newest file of each source can be read, and whether the programs that reports go to are there.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {}

/// Records of a file that are read to judge it.
const SAMPLE: usize = 10_000;

pub fn execute(_: &Args, global: &Global) -> Result<u8, Failure> {
    let config = project::load(global)?;
    let now = project::now(None, &config.project);
    if let Some(lake) = Lake::open_reader(&config.project.storage.lake).map_err(anyhow::Error::from)? {
        let kept = Personal::open(&config.project.privacy, &lake.ledger(), false);
        kept.map_err(|e| Failure::Usage(e.to_string()))?;
    }
    let mut refused = 0;
    for source in SOURCES {
        let found = discover(&config.project, source);
        for (path, why) in found.refused.iter().chain(&found.unreadable) {
            refused += 1;
            output::told(format_args!("{}: {path} would be refused: {why}", source.name))?;
        }
        let Some(newest) = found.files.last() else {
            output::told(format_args!("{}: no file", source.name))?;
            continue;
        };
        let bytes: u64 = found.files.iter().map(|f| f.size).sum();
        let count = found.files.len();
        output::told(format_args!("{}: {count} file(s), {bytes} bytes, newest {}", source.name, newest.path))?;
        if let Some(settings) = config.project.sources.get(source.name) {
            let options =
                ReadOptions { config: settings, zone: &config.project.zone, now, personal: &PLAIN, chunk_rows: SAMPLE };
            let judged = judge(newest, &options)?;
            refused += usize::from(judged.refused);
            for line in judged.lines {
                output::told(format_args!("  {line}"))?;
            }
        }
    }
    for name in strays(&config.project) {
        output::told(format_args!("{}", stray_line(&name)))?;
    }
    let undelivered = undelivered(&config)?;
    let pipelines: Vec<&str> = config.pipelines.keys().map(String::as_str).collect();
    global.say(format_args!("configuration is right; pipelines: {}", pipelines.join(", ")));
    Ok(match (refused, undelivered) {
        (0, 0) => 0,
        (0, _) => 4,
        _ => 3,
    })
}

/// Names the deliveries that would fail for want of their program.
fn undelivered(config: &Config) -> Result<usize, Failure> {
    let mut count = 0;
    for pipeline in config.pipelines.values() {
        for delivery in &pipeline.deliver {
            if let Some(program) = deliver::missing_program(delivery, &config.project.root) {
                count += 1;
                let (name, report) = (&pipeline.name, &delivery.report);
                output::told(format_args!(
                    "{name}: {report} would not be delivered: {program} is not there, or may not be executed"
                ))?;
            }
        }
    }
    Ok(count)
}

struct Judged {
    refused: bool,
    lines: Vec<String>,
}

/// Reads the head of a file.
fn judge(file: &SourceFile, options: &ReadOptions<'_>) -> Result<Judged, Failure> {
    let mut head: Option<Chunk> = None;
    let enough = || LakeError::Io {
        action: "read the head of",
        path: file.disk.clone(),
        source: std::io::ErrorKind::Interrupted.into(),
    };
    let read = read_file(file, options, &mut |chunk| match head {
        None => {
            head = Some(chunk);
            Ok(())
        }
        Some(_) => Err(enough()),
    });
    let mut lines = Vec::new();
    let refused = match read {
        Ok(report) if !report.unknown_columns.is_empty() => {
            lines.push(format!("ignored columns: {}", report.unknown_columns.join(", ")));
            false
        }
        Ok(_) | Err(FileProblem::Sink(_)) => false,
        Err(problem) => {
            lines.push(format!("{} would be refused: {problem}", file.path));
            true
        }
    };
    for reject in head.iter().flat_map(|chunk| &chunk.rejects).take(5) {
        let column = reject.column.as_deref().unwrap_or("the whole record");
        lines.push(format!("{} line {}: {column}: {}", file.path, reject.line, reject.reason.word()));
    }
    Ok(Judged { refused, lines })
}
