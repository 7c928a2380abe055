//! From a command to what is done: the only module that knows all others.
//!
//! Everything is asked for first and written then, so that a failure leaves no half of a table behind; only a drain that is watched writes
//! as it goes.

use crate::{
    command::Command, config::Config, drain, error::Error, health, keys, live, nodes, output::Output,
    rotation, stream::Stream,
};
use std::{
    io::{ErrorKind, Write},
    process::ExitCode,
};
use streamly_lifecycle::until_stop_signal;

/// Does what is asked for and writes it to stdout; `config`: none for a command that [needs no platform](Command::needs_a_platform). The
/// status is 69 where [`Command::Health`] finds something that is not well, and 1 where a drain is not watched to its end. A reader of
/// stdout that has gone has read enough.
pub async fn run(config: impl Into<Option<Config>>, command: Command) -> Result<ExitCode, Error> {
    let config = config.into().unwrap_or_default();
    let mut output = Output::stdout();
    // On the heap: the futures of many calls in one.
    let outcome = Box::pin(obey(&config, command, &mut output)).await;
    let closed = output.close();
    match outcome.and_then(|code| closed.map(|()| code)) {
        Err(Error::Output(e)) if e.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        outcome => outcome,
    }
}

async fn obey<W: Write>(
    config: &Config,
    command: Command,
    output: &mut Output<W>,
) -> Result<ExitCode, Error> {
    let stream = || -> Result<Stream, Error> { Stream::new(config.stream.clone(), config.identity()?) };
    let lines = match command {
        Command::Live { json } => live::lines(&stream()?.broadcasts().await?, json),
        Command::Nodes { json } => nodes::lines(&stream()?.nodes().await?, json),
        Command::End { which } => live::ended(&stream()?.end(&which).await?),
        Command::Keys { channel, json } => keys::lines(&channel, &stream()?.keys(&channel).await?, json),
        Command::Revoke { channel, key, .. } => {
            keys::revoked(&channel, key.as_deref(), &stream()?.revoke(&channel, key.as_deref()).await?)
        }
        Command::Drain { node, no_wait } => return drain::run(config, &node, !no_wait, output).await,
        Command::Health { json } => {
            let checks = health::checks(config).await?;
            output.lines(&health::lines(&checks, json))?;
            return Ok(ExitCode::from(health::status(&checks)));
        }
        Command::RotateSigningKeys { lead_s, revoke } => {
            rotation::run(lead_s, revoke)?;
            Vec::new()
        }
        Command::Wait => {
            until_stop_signal().await.map_err(Error::Signals)?;
            Vec::new()
        }
    };
    output.lines(&lines)?;
    Ok(ExitCode::SUCCESS)
}
