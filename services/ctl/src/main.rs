//! `streamlyctl`, the operator's command line as a program of its own; all else is in the library.

use clap::Parser;
use std::{process::ExitCode, time::Duration};
use streamly_config::EXIT_CONFIG;
use streamly_ctl::{Command, Config, Error, run};

/// How long lookups of names that still run are waited for at the end.
const LINGER: Duration = Duration::from_millis(200);

#[derive(Debug, Parser)]
#[command(
    name = "streamlyctl",
    version,
    about = "What runs on a Streamly platform, and what an operator does about it"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return if e.use_stderr() { ExitCode::from(EXIT_CONFIG) } else { ExitCode::SUCCESS };
        }
    };
    outcome(cli.command).unwrap_or_else(|e| {
        let code = e.exit_code();
        eprintln!("streamlyctl: {:#}", anyhow::Error::new(e));
        ExitCode::from(code)
    })
}

fn outcome(command: Command) -> Result<ExitCode, Error> {
    let config: Option<Config> =
        command.needs_a_platform().then(|| streamly_config::from_process("ctl")).transpose()?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    let outcome = runtime.block_on(run(config, command));
    runtime.shutdown_timeout(LINGER);
    outcome
}
