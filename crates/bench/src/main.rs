//! `./scripts/bench`: side-by-side measurements of a release build against named peers on the same machine, in the same run.
//!
//! Not a test: it never passes or fails by a figure. Each figure stands beside its peer's and beside what the project asks of
//! itself, with the machine's load, on the terminal and in a JSON file. It ends with 1 only if a row could not be measured.
//! SIGTERM or SIGINT ends it with all that it started.
//! The same program is also what it measures with: publishers, viewers, a frame generator, and a host that runs ingest alone.

mod ask;
mod chatters;
mod follow;
mod frames;
mod host;
mod list;
mod machine;
mod nginx;
mod origin;
mod process;
mod publish;
mod recording;
mod report;
mod rows;
mod stream;
mod view;

use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures rows (default: all) and prints the table.
    Run {
        /// Which; default: all but soak, which runs only when it is named.
        names: Vec<rows::Name>,
        /// Folder for the JSON file.
        #[arg(long, default_value = "bench-results")]
        results: PathBuf,
        /// Commit, for the JSON file.
        #[arg(long, default_value = "")]
        revision: String,
        #[command(flatten)]
        settings: Box<rows::Settings>,
    },
    /// Runs ingest alone with a `stream` that permits every key; ends when its stdin closes.
    Host {
        #[command(flatten)]
        options: host::Options,
    },
    /// Publishes a recorded FLV in a loop, in real time, until killed.
    Publish {
        #[command(flatten)]
        options: publish::Options,
    },
    /// Views as many viewers at once do, and says what they saw.
    View {
        #[command(flatten)]
        options: view::Options,
    },
    /// Sits in chat rooms as many people at once do, and obeys commands on stdin.
    Chatters {
        #[command(flatten)]
        options: chatters::Options,
    },
    /// Asks by HTTP at a pace, and says how long answers took.
    Ask {
        #[command(flatten)]
        options: ask::Options,
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
            tokio::select! {
                done = rows::run(&names, &settings, &results, &revision) => done,
                signal = stopped() => anyhow::bail!("stopped by {}", signal?),
            }
        }
        Command::Host { options } => host::run(options).await.map(|()| true),
        Command::Publish { options } => publish::run(options).await.map(|()| true),
        Command::View { options } => view::run(options).await.map(|()| true),
        Command::Chatters { options } => {
            tokio::task::spawn_blocking(move || chatters::run(&options)).await?.map(|()| true)
        }
        Command::Ask { options } => ask::run(&options).await.map(|()| true),
        Command::Frames => frames::run().map(|()| true),
    }
}

/// The name of the signal that asks for an end.
async fn stopped() -> anyhow::Result<&'static str> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    })
}
