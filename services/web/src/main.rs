//! The web service as a program of its own; all else is in the library.

use std::process::ExitCode;
use streamly_http::Program;
use streamly_web::Service;

#[tokio::main]
async fn main() -> ExitCode {
    Program { name: "web", failed: 1 }.run(Service::bind, Service::serve).await
}
