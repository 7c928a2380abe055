//! The transcode worker as a program of its own, for this crate's tests and for trying an encoder by hand.
//!
//! Services do not ship it: they call the same function in a subcommand of their own binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    streamly_transcode::worker::main(std::env::args().skip(1))
}
