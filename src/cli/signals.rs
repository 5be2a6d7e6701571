//! SIGINT and SIGTERM end the program at once, wherever it is, as a power cut would: a run changes nothing until its
//! one commit, and what is left to do after it, the next start does.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::output;
use crate::pipeline::deliver;

/// How long whoever reads stderr may take.
const READING: Duration = Duration::from_secs(1);

/// Waits for the signals on a thread of its own. Where they cannot be caught, the system's own ending stands.
pub fn watch() {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            deliver::stop_running();
            let (tell, told) = mpsc::channel();
            // Told by another thread: a terminal or pipe that nobody reads must not keep the program.
            thread::spawn(move || {
                output::stderr_line("\nshoppulse: interrupted; nothing is half done, the next run goes on from here");
                let _ = tell.send(());
            });
            let _ = told.recv_timeout(READING);
            signal_hook::low_level::exit(128 + signal);
        }
    });
}
