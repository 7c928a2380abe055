//! The stream service as a program of its own; all else is in the library.

use std::process::ExitCode;
use streamly_http::Program;
use streamly_stream::Service;

#[tokio::main]
async fn main() -> ExitCode {
    Program { name: "stream", failed: streamly_config::EXIT_UNAVAILABLE }
        .run(Service::bind, Service::serve)
        .await
}
