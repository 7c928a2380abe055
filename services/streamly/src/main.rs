//! The launcher: `streamly up` runs the whole platform on one machine, `streamly doctor` says what this machine lacks.
//!
//! It composes the services (in this process, or one process each) beside private PostgreSQL and Redis servers. It owns the data
//! folder and the secrets in it; the services own everything they store. `transcode-worker` and `service` are for the launcher itself.
#![allow(clippy::print_stdout, reason = "this program talks to a person")]

mod account;
mod compose;
mod ctl;
mod demo;
mod doctor;
mod first_admin;
mod plan;
mod processes;
mod progress;
mod rotation;
mod secrets;
mod seed;
mod servers;
mod settings;
mod up;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// As in chat's own program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
#[command(name = "streamly", version, about = "A live-streaming platform of your own")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start everything on this machine; Ctrl-C stops it, the data stays.
    Up(up::Options),
    /// Check packages, encoders, ports and disk, and say what to do about each.
    Doctor,
    /// Make some people with described channels in the platform that runs here, for developing.
    Seed,
    /// Let a new key sign access tokens; nobody is signed out. Works while Streamly runs.
    RotateSigningKey(rotation::Options),
    /// See and command the platform that runs here: what is on air, nodes, keys, health.
    Ctl {
        #[command(subcommand)]
        command: streamly_ctl::Command,
    },
    /// Run one service from a configuration file (used by `up --processes`, containers run the services' own binaries).
    #[command(hide = true)]
    Service {
        /// user, stream, chat, ingest or web.
        name: String,
        /// Its configuration.
        #[arg(long)]
        config: std::path::PathBuf,
    },
    /// The demo channel's publisher: reads its RTMP address from stdin.
    #[command(hide = true)]
    TestPicture,
    /// The transcoder of one broadcast (started by ingest).
    #[command(hide = true, trailing_var_arg = true, disable_help_flag = true)]
    TranscodeWorker {
        /// As `streamly-transcode` defines them.
        #[arg(allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::TranscodeWorker { args } => streamly_transcode::worker::main(args),
        Command::TestPicture => streamly_transcode::test_picture::main(),
        Command::Up(options) => run(up::run(options)),
        Command::Doctor => run(doctor::run()),
        Command::Seed => run(seed::run()),
        Command::RotateSigningKey(options) => run(async { rotation::run(&options) }),
        Command::Ctl { command } => run(ctl::run(command)),
        Command::Service { name, config } => run(processes::service(name, config)),
    }
}

/// Runs a future on the runtime of the process; an error is printed with its causes and gives its exit code.
fn run(future: impl Future<Output = Result<ExitCode, Failure>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            eprintln!("streamly: no runtime: {e}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(future);
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    outcome.unwrap_or_else(|failure| {
        eprintln!("\nstreamly: {:#}", failure.cause);
        ExitCode::from(failure.exit_code)
    })
}

/// Why the launcher gives up, with a status of sysexits.h.
#[derive(Debug)]
pub(crate) struct Failure {
    exit_code: u8,
    cause: anyhow::Error,
}

impl Failure {
    pub(crate) fn new(exit_code: u8, cause: impl Into<anyhow::Error>) -> Self {
        Self { exit_code, cause: cause.into() }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(cause: E) -> Self {
        Self::new(1, cause)
    }
}
