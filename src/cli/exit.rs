//! What went wrong with a command, and the exit code that says so.

use std::io;
use std::process::ExitCode;

use super::output;
use crate::config::ConfigErrors;
use crate::ingest::personal::PersonalError;
use crate::pipeline::erase::EraseError;
use crate::pipeline::lock::LockError;
use crate::pipeline::run::RunError;
use crate::pipeline::upkeep::UpkeepError;

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub enum Failure {
    /// Wrong usage: the arguments do not fit the project. 2
    Usage(String),
    /// Wrong configuration. 2
    Config(ConfigErrors),
    /// It failed; the old state stands. 1
    Failed(anyhow::Error),
    /// Another run holds the project. 75
    Busy(String),
    /// Whoever read stdout has gone: nobody is left to tell. 0
    PipeClosed,
}

impl From<ConfigErrors> for Failure {
    fn from(errors: ConfigErrors) -> Failure {
        Failure::Config(errors)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        let closed = |e: &io::Error| e.kind() == io::ErrorKind::BrokenPipe;
        let in_csv = |e: &csv::Error| matches!(e.kind(), csv::ErrorKind::Io(e) if closed(e));
        if error.chain().any(|e| {
            e.downcast_ref::<io::Error>().is_some_and(closed) || e.downcast_ref::<csv::Error>().is_some_and(in_csv)
        }) {
            Failure::PipeClosed
        } else {
            Failure::Failed(error)
        }
    }
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Failure {
        match error {
            held @ LockError::Held { .. } => Failure::Busy(held.to_string()),
            other => anyhow::Error::from(other).into(),
        }
    }
}

impl From<PersonalError> for Failure {
    fn from(error: PersonalError) -> Failure {
        match error {
            // The project is not set up as its lake was loaded.
            e @ (PersonalError::Mode { .. } | PersonalError::OtherKey { .. } | PersonalError::Key(_)) => {
                Failure::Usage(e.to_string())
            }
            other => anyhow::Error::from(other).into(),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Failure {
        match error {
            RunError::Lock(e) => e.into(),
            RunError::Personal(e) => e.into(),
            other => anyhow::Error::from(other).into(),
        }
    }
}

impl From<EraseError> for Failure {
    fn from(error: EraseError) -> Failure {
        match error {
            EraseError::Lock(e) => e.into(),
            EraseError::Personal(e) => e.into(),
            other => anyhow::Error::from(other).into(),
        }
    }
}

impl From<UpkeepError> for Failure {
    fn from(error: UpkeepError) -> Failure {
        match error {
            UpkeepError::Lock(e) => e.into(),
            other => anyhow::Error::from(other).into(),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        anyhow::Error::from(error).into()
    }
}

/// The error and its causes; one that its message names already ends them.
fn said(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.contains(&cause) {
            break;
        }
        text.push_str(if text.is_empty() { "" } else { ": " });
        text.push_str(&cause);
    }
    text
}

/// Tells the person, and maps the result to the exit codes of the contract.
pub fn code(result: Result<u8, Failure>) -> ExitCode {
    let (code, message) = match result {
        Ok(code) => (code, None),
        Err(Failure::Usage(message)) => (2, Some(message)),
        Err(Failure::Config(errors)) => {
            let count = match errors.0.len() {
                1 => "1 problem".to_string(),
                n => format!("{n} problems"),
            };
            (2, Some(format!("the configuration has {count}:\n{errors}")))
        }
        Err(Failure::Failed(error)) => (1, Some(said(&error))),
        Err(Failure::Busy(message)) => (75, Some(message)),
        Err(Failure::PipeClosed) => (0, None),
    };
    if let Some(message) = message {
        output::stderr_line(format_args!("shoppulse: {message}"));
    }
    ExitCode::from(code)
}
