//! The chat service as a program of its own; all else is in the library.

use std::process::ExitCode;
use streamly_chat::Service;
use streamly_http::Program;

/// Fewer instructions and better-packed memory for the many small pieces of a message than the C library's (ADR 0022).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    Program { name: "chat", failed: 1 }.run(Service::bind, Service::serve).await
}
