//! Readers of other people's formats, held so that a bad file can neither end the process nor shout.
//!
//! A decoder that panics over damaged bytes refuses its file. The panic's message, which may hold content of the
//! file, is not printed; panics elsewhere, on this thread or others, are reported as ever.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// How many guarded pieces of work this thread is in.
    static GUARDED: Cell<u32> = const { Cell::new(0) };
}

/// Does a piece of work; `None` when it panicked.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if GUARDED.try_with(Cell::get).unwrap_or(0) == 0 {
                before(panic);
            }
        }));
    });
    GUARDED.set(GUARDED.get() + 1);
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(GUARDED.get() - 1);
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// The hook is the process's own, so this test runs in one of its own.
    #[test]
    fn a_panic_is_caught_and_quiet_and_others_are_not() {
        static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());
        let only = "ingest::parse::guard::tests::a_panic_is_caught_and_quiet_and_others_are_not";
        if std::env::var_os("GUARD_TEST").is_none() {
            let program = std::env::current_exe().unwrap();
            let run = std::process::Command::new(program).args([only, "--exact"]).env("GUARD_TEST", "1").output();
            assert!(run.unwrap().status.success());
            return;
        }
        set_hook(Box::new(|panic| HEARD.lock().unwrap().push(panic.to_string())));
        assert_eq!(guarded(|| guarded(|| 1)), Some(Some(1)));
        assert_eq!(guarded(|| -> u8 { panic!("within") }), None);
        assert!(HEARD.lock().unwrap().is_empty());
        guarded(|| std::thread::spawn(|| panic!("beside")).join().unwrap_err());
        assert!(catch_unwind(|| panic!("after")).is_err());
        let heard = HEARD.lock().unwrap().join("\n");
        assert!(heard.contains("beside") && heard.contains("after") && !heard.contains("within"), "{heard}");
    }
}
