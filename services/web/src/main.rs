//! The web service as a process of its own: configuration, telemetry, listeners, serve.

use std::process::ExitCode;
use streamly_lifecycle::{Shutdown, until_stop_signal};
use streamly_web::{Config, Service};

#[tokio::main]
async fn main() -> ExitCode {
    let _metrics = streamly_telemetry::init("info", streamly_telemetry::Format::Auto);
    let file = std::env::var_os("STREAMLY_CONFIG").map(std::fs::read_to_string).transpose();
    let loaded = file
        .map_err(|e| (streamly_config::EXIT_CONFIG, format!("STREAMLY_CONFIG cannot be read: {e}")))
        .and_then(|text| {
            streamly_config::load::<Config>("web", text.as_deref(), &streamly_config::process_env())
                .map_err(|e| (streamly_config::EXIT_CONFIG, e.to_string()))
        })
        .and_then(|config| Service::bind(config).map_err(|e| (e.exit_code(), e.to_string())));
    let service = match loaded {
        Ok(service) => service,
        Err((code, why)) => {
            eprintln!("streamly-web: {why}");
            return ExitCode::from(code);
        }
    };
    let shutdown = Shutdown::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        let _ = until_stop_signal().await;
        stop.start();
    });
    match service.serve(shutdown).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("streamly-web: {e:#}");
            ExitCode::FAILURE
        }
    }
}
