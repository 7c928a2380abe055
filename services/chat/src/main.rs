//! The chat service as a program of its own: configuration, telemetry, listeners, then serving until SIGINT or SIGTERM.

use std::process::ExitCode;
use streamly_chat::{Config, Service};
use streamly_lifecycle::Shutdown;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, what)) => {
            eprintln!("{what}");
            ExitCode::from(code)
        }
    }
}

async fn run() -> Result<(), (u8, String)> {
    let usage = |e: &dyn std::fmt::Display| (streamly_config::EXIT_CONFIG, e.to_string());
    let file = match std::env::var_os("STREAMLY_CONFIG") {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|e| usage(&e))?),
        None => None,
    };
    let config: Config = streamly_config::load("chat", file.as_deref(), &streamly_config::process_env())
        .map_err(|e| usage(&e))?;
    streamly_telemetry::init("info", streamly_telemetry::Format::Auto).map_err(|e| usage(&e))?;
    let service = Service::bind(config).map_err(|e| (e.exit_code(), e.to_string()))?;
    let shutdown = Shutdown::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        if streamly_lifecycle::until_stop_signal().await.is_ok() {
            stop.start();
        }
    });
    service.serve(shutdown).await.map_err(|e| (1, format!("{e:#}")))
}
