//! The stream service as a process: configuration, logs, listeners, service, stop. All else is in the library.

use std::process::ExitCode;
use streamly_lifecycle::{Shutdown, until_stop_signal};
use streamly_stream::{Config, Service};

#[tokio::main]
async fn main() -> ExitCode {
    let env = streamly_config::process_env();
    let text = match env.get("STREAMLY_CONFIG").map(std::fs::read_to_string).transpose() {
        Ok(text) => text,
        Err(e) => return fail(streamly_config::EXIT_CONFIG, &format!("STREAMLY_CONFIG: {e}")),
    };
    let config: Config = match streamly_config::load("stream", text.as_deref(), &env) {
        Ok(config) => config,
        Err(e) => return fail(streamly_config::EXIT_CONFIG, &e.to_string()),
    };
    if let Err(e) = streamly_telemetry::init("info", streamly_telemetry::Format::Auto) {
        return fail(streamly_config::EXIT_UNAVAILABLE, &e.to_string());
    }
    let service = match Service::bind(config) {
        Ok(service) => service,
        Err(e) => return fail(e.exit_code(), &e.to_string()),
    };
    let shutdown = Shutdown::new();
    let stop = shutdown.clone();
    let signal = async move {
        let _ = until_stop_signal().await;
        stop.start();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        done = service.serve(shutdown) => match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => fail(streamly_config::EXIT_UNAVAILABLE, &format!("{e:#}")),
        },
        () = signal => ExitCode::SUCCESS,
    }
}

#[allow(clippy::print_stderr)]
fn fail(code: u8, why: &str) -> ExitCode {
    eprintln!("streamly-stream: {why}");
    ExitCode::from(code)
}
