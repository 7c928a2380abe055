//! The ingest service as a program of its own; `transcode-worker` as the first argument makes it a worker instead.

use std::process::ExitCode;
use streamly_http::Program;
use streamly_ingest::{Service, WORKER_SUBCOMMAND, worker_main};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some(WORKER_SUBCOMMAND) => worker_main(args),
        Some(other) => {
            eprintln!(
                "unknown argument {other}; ingest takes its settings from STREAMLY_CONFIG and STREAMLY_INGEST__*"
            );
            ExitCode::from(streamly_config::EXIT_CONFIG)
        }
        None => run(),
    }
}

#[tokio::main]
async fn run() -> ExitCode {
    Program { name: "ingest", failed: 1 }.run(Service::bind, Service::serve).await
}
