//! SIGINT and SIGTERM end the program at once: a run changes nothing until its one commit, so nothing is half done.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::output;

/// Waits for the signals on a thread of its own. Where they cannot be caught, the system's own ending stands.
pub fn watch() {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            output::stderr_line(
                "\nshoppulse: interrupted; nothing is half done, the next run starts where this one did",
            );
            signal_hook::low_level::exit(128 + signal);
        }
    });
}
