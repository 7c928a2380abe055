//! The chat service as a program of its own; all else is in the library.

use std::process::ExitCode;
use streamly_chat::Service;
use streamly_http::Program;

#[tokio::main]
async fn main() -> ExitCode {
    Program { name: "chat", failed: 1 }.run(Service::bind, Service::serve).await
}
