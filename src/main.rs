//! The program: everything is in the library, see there.

fn main() -> std::process::ExitCode {
    shoppulse::cli::main()
}
