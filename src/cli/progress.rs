//! How far a run is: bars on a terminal, few plain lines under cron.

use std::io::IsTerminal;
use std::sync::Mutex;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use super::{Global, output};
use crate::ingest::load::{Progress, Silent};

/// What fits stderr and `--quiet`.
pub(super) fn fitting(global: &Global) -> Box<dyn Progress> {
    if global.quiet {
        Box::new(Silent)
    } else if std::io::stderr().is_terminal() {
        Box::new(Bars(Mutex::new(None)))
    } else {
        Box::new(Lines)
    }
}

struct Lines;

impl Progress for Lines {
    fn start(&self, what: &str, files: usize, bytes: u64) {
        if files > 0 {
            output::stderr_line(started(what, files, bytes));
        }
    }
    fn advance(&self, _: u64) {}
    fn line(&self, text: &str) {
        output::stderr_line(text);
    }
}

/// One bar at a time: that of the source in hand.
struct Bars(Mutex<Option<ProgressBar>>);

impl Bars {
    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        act(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

impl Progress for Bars {
    fn start(&self, what: &str, files: usize, bytes: u64) {
        let style = ProgressStyle::with_template("{msg:32} {bar:30} {bytes:>10}/{total_bytes:10} {eta}");
        let bar = ProgressBar::new(bytes)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_message(format!("{what}, {}", counted(files)));
        self.with(|current| {
            if let Some(done) = current.replace(bar) {
                done.finish_and_clear();
            }
        });
    }

    fn advance(&self, bytes: u64) {
        self.with(|current| {
            if let Some(bar) = current {
                bar.inc(bytes);
            }
        });
    }

    fn line(&self, text: &str) {
        self.with(|current| match current {
            Some(bar) => bar.suspend(|| output::stderr_line(text)),
            None => output::stderr_line(text),
        });
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.with(|current| {
            if let Some(bar) = current.take() {
                bar.finish_and_clear();
            }
        });
    }
}

fn counted(files: usize) -> String {
    if files == 1 { "1 file".into() } else { format!("{files} files") }
}

fn started(what: &str, files: usize, bytes: u64) -> String {
    format!("{what}: {}, {}", counted(files), HumanBytes(bytes))
}
