//! Hardware encoders with every fault, on a machine without hardware: fake elements under their names, x264enc inside.
//!
//! A program of its own without the usual harness, since its workers are this same program (`worker FAKES… -- ARGS…`): elements are
//! registered per process, and a harness would write to the worker's stdout. Some cases run at once; an argument picks those with
//! that word in their name.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod cases;
mod element;
#[allow(dead_code)]
#[path = "../real/output.rs"]
mod output;
#[allow(dead_code)]
#[path = "../real/source.rs"]
mod source;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let first = args.next();
    if first.as_deref() == Some("worker") {
        let (fakes, rest) = split(args.collect());
        // As for the worker of `source`.
        gstreamer::glib::log_set_always_fatal(gstreamer::glib::LogLevels::LEVEL_CRITICAL);
        element::register(&fakes);
        return streamly_transcode::worker::main(rest);
    }
    let wanted = first.filter(|word| !word.starts_with('-')).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let failed = runtime.block_on(cases::run(&wanted));
    ExitCode::from(u8::from(failed > 0))
}

/// What stands before and behind `--`.
fn split(mut args: Vec<String>) -> (Vec<String>, Vec<String>) {
    let at = args.iter().position(|arg| arg == "--").expect("worker FAKES… -- ARGS…");
    let rest = args.split_off(at + 1);
    args.pop();
    (args, rest)
}
