//! The ingest service as a program of its own; `transcode-worker` as the first argument makes it a worker instead.

use std::process::ExitCode;
use streamly_ingest::{Config, Service, StartError, WORKER_SUBCOMMAND, worker_main};
use streamly_lifecycle::{Shutdown, until_stop_signal};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some(WORKER_SUBCOMMAND) => return worker_main(args),
        Some(other) => {
            eprintln!(
                "unknown argument {other}; ingest takes its settings from STREAMLY_CONFIG and STREAMLY_INGEST__*"
            );
            return ExitCode::from(streamly_config::EXIT_CONFIG);
        }
        None => {}
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(error.downcast_ref::<StartError>().map_or(1, StartError::exit_code))
        }
    }
}

#[tokio::main]
async fn run() -> anyhow::Result<()> {
    let file = std::env::var_os("STREAMLY_CONFIG")
        .map(std::fs::read_to_string)
        .transpose()
        .map_err(StartError::File)?;
    let config: Config = streamly_config::load("ingest", file.as_deref(), &streamly_config::process_env())
        .map_err(StartError::Load)?;
    streamly_telemetry::init("info", streamly_telemetry::Format::Auto)?;
    let service = Service::bind(config)?;
    let shutdown = Shutdown::new();
    let stop = shutdown.clone();
    let signal = tokio::spawn(async move {
        if until_stop_signal().await.is_ok() {
            stop.start();
        }
    });
    let served = service.serve(shutdown).await;
    signal.abort();
    served
}
