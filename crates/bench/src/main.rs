//! `./scripts/bench`: side-by-side measurements of a release build against named peers on the same machine, in the same run.
//!
//! Not a test: it never passes or fails by a figure. Each figure stands beside its peer's and beside what the project asks of
//! itself, with the machine's load, on the terminal and in a JSON file. It ends with 1 only if a row could not be measured.
//! The same program is also what it measures with: publishers, a frame generator, and a host that runs ingest alone.

mod frames;
mod host;
mod machine;
mod nginx;
mod process;
mod publish;
mod recording;
mod report;
mod rows;
mod stream;

use clap::{Parser, Subcommand};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures rows (default: all) and prints the table.
    Run {
        /// glass, first-part, passthrough, ladder.
        names: Vec<rows::Name>,
        /// Folder for the JSON file.
        #[arg(long, default_value = "bench-results")]
        results: PathBuf,
        /// Commit, for the JSON file.
        #[arg(long, default_value = "")]
        revision: String,
        #[command(flatten)]
        settings: rows::Settings,
    },
    /// Runs ingest alone with a `stream` that permits every key; ends when its stdin closes.
    Host {
        /// Rungs, separated by commas.
        #[arg(long, default_value = "")]
        ladder: String,
    },
    /// Publishes a recorded FLV in a loop, in real time, until killed.
    Publish {
        #[arg(long)]
        to: SocketAddr,
        #[arg(long)]
        file: PathBuf,
        #[arg(long, default_value_t = 1)]
        count: u32,
    },
    /// Writes stamped raw pictures to stdout, in real time, until stdout closes.
    Frames,
}

fn main() -> ExitCode {
    let mut raw = std::env::args().skip(1);
    if raw.next().as_deref() == Some(streamly_ingest::WORKER_SUBCOMMAND) {
        return streamly_ingest::worker_main(raw);
    }
    match run(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(command: Command) -> anyhow::Result<bool> {
    match command {
        Command::Run { names, results, revision, settings } => {
            rows::run(&names, &settings, &results, &revision).await
        }
        Command::Host { ladder } => host::run(&ladder).await.map(|()| true),
        Command::Publish { to, file, count } => publish::run(to, &file, count).await.map(|()| true),
        Command::Frames => frames::run().map(|()| true),
    }
}
