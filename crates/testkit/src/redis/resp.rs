//! As much of Redis's protocol (RESP2) as a test needs to talk to a server without a client: a command, and its answer as text.

use anyhow::{Result, bail};
use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_millis(1_000);

/// Sends one command. Errors: no server, no answer in a second, or an error as the answer.
pub(super) fn ask(socket: &Path, args: &[&str]) -> Result<String> {
    let mut connection = UnixStream::connect(socket)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut command = format!("*{}\r\n", args.len());
    for arg in args {
        command.push_str(&format!("${}\r\n{arg}\r\n", arg.len()));
    }
    connection.write_all(command.as_bytes())?;
    read(&mut BufReader::new(connection))
}

fn read(from: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    let line = line.trim_end();
    let Some((kind, rest)) = line.split_at_checked(1) else { bail!("no answer") };
    match kind {
        "+" | ":" => Ok(rest.to_owned()),
        "$" => {
            let Ok(length) = rest.parse::<usize>() else { return Ok(String::new()) };
            let mut text = vec![0; length + 2];
            from.read_exact(&mut text)?;
            text.truncate(length);
            Ok(String::from_utf8(text)?)
        }
        "*" => {
            let parts = (0..rest.parse::<usize>().unwrap_or(0)).map(|_| read(from));
            Ok(parts.collect::<Result<Vec<_>>>()?.join("\n"))
        }
        _ => bail!("redis-server: {line}"),
    }
}
