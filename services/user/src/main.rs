//! The user service as a program of its own; all else is in the library.

use std::process::ExitCode;
use streamly_http::Program;
use streamly_user::Service;

#[tokio::main]
async fn main() -> ExitCode {
    Program { name: "user", failed: 70 }.run(Service::bind, Service::serve).await
}
