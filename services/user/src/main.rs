//! The `user` service as a process of its own.

use std::process::ExitCode;
use streamly_lifecycle::{Shutdown, until_stop_signal};
use streamly_telemetry::Format;
use streamly_user::{Config, Service, StartError};

#[tokio::main]
async fn main() -> ExitCode {
    if let Err(e) = streamly_telemetry::init("info", Format::Auto) {
        return failed(&e.into(), 70);
    }
    let service = match Config::from_process().and_then(Service::bind) {
        Ok(service) => service,
        Err(e) => return failed(&anyhow::Error::msg(e.to_string()), StartError::exit_code(&e)),
    };
    let shutdown = Shutdown::new();
    let stop = async {
        let signal = until_stop_signal().await;
        shutdown.start();
        signal.map_err(anyhow::Error::from)
    };
    match tokio::try_join!(service.serve(shutdown.clone()), stop) {
        Ok(_) => ExitCode::SUCCESS,
        Err(e) => failed(&e, 70),
    }
}

fn failed(e: &anyhow::Error, code: u8) -> ExitCode {
    tracing::error!("{e:#}");
    ExitCode::from(code)
}
