//! One server that is kept: started, started again when it dies, and ended within a time, whatever it is doing.
//!
//! Which server it is and what its command means is [`super`]'s. Ending it takes three steps: it is asked by its signals, one after the other;
//! then it is killed, and with it everything that it has started: PostgreSQL's backends have process groups of their own and outlive it otherwise.

use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tokio::process::{Child, Command};

/// Pause before a server that died is started again.
const RESTART: Duration = Duration::from_millis(500);
/// What of the time for a stop belongs to each signal after the first, and to what was killed.
const LAST: Duration = Duration::from_millis(400);
/// Between two looks at whether what was killed is gone.
const LOOK: Duration = Duration::from_millis(5);

/// One kept server.
pub(crate) struct Server {
    name: &'static str,
    command: Vec<OsString>,
    log: PathBuf,
    stop_signals: &'static [Signal],
    child: Child,
}

impl Server {
    /// Starts it. `stop_signals` ask it to end, the gentlest first.
    pub(super) fn spawn(
        name: &'static str,
        command: Vec<OsString>,
        log: PathBuf,
        stop_signals: &'static [Signal],
    ) -> Result<Self> {
        let child = spawn(&command, &log).with_context(|| format!("{name} cannot be started"))?;
        Ok(Self { name, command, log, stop_signals, child })
    }

    /// How it ended, if it has.
    pub(super) fn try_wait(&mut self) -> std::io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits for its death and starts it again, for ever. Cancel-safe: the server stays.
    pub(crate) async fn keep(&mut self) {
        loop {
            let status = self.child.wait().await;
            tracing::error!(server = self.name, ?status, "a server ended by itself and is started again");
            tokio::time::sleep(RESTART).await;
            match spawn(&self.command, &self.log) {
                Ok(child) => self.child = child,
                Err(e) => tracing::error!(server = self.name, error = %e, "cannot be started"),
            }
        }
    }

    /// Asks it to end, more firmly near the end of `patience`, and kills it and all that it started after that; reaps it. All of this
    /// takes `patience` at most, or a little over a second if that is less.
    pub(crate) async fn stop(mut self, patience: Duration) {
        let Some(pid) = self.child.id().map(|pid| Pid::from_raw(pid.cast_signed())) else { return };
        let rest = LAST * u32::try_from(self.stop_signals.len()).unwrap_or(1);
        let mut time = patience.saturating_sub(rest).max(LAST);
        for signal in self.stop_signals {
            let _ = kill(pid, *signal);
            if tokio::time::timeout(time, self.child.wait()).await.is_ok() {
                return;
            }
            time = LAST;
        }
        tracing::warn!(server = self.name, "did not end in time and is killed");
        let below = below(pid);
        let _ = self.child.kill().await;
        for process in &below {
            let _ = kill(*process, Signal::SIGKILL);
        }
        // They are nobody's children by now, or init's: their end can only be looked for.
        let give_up = Instant::now() + LAST;
        while below.iter().any(|p| runs(*p)) && Instant::now() < give_up {
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn spawn(command: &[OsString], log: &Path) -> Result<Child> {
    let (program, args) = command.split_first().context("a command has a program")?;
    let log = fs::OpenOptions::new().create(true).append(true).open(log)?;
    Ok(Command::new(program)
        .args(args)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .spawn()?)
}

/// State and parent of a process: `pid (comm) state ppid …` of proc_pid_stat(5).
fn state(pid: Pid) -> Option<(char, Pid)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, Pid::from_raw(fields.next()?.parse().ok()?)))
}

fn runs(pid: Pid) -> bool {
    state(pid).is_some_and(|(state, _)| !matches!(state, 'Z' | 'X'))
}

/// Everything below a process.
fn below(pid: Pid) -> Vec<Pid> {
    let all: Vec<(Pid, Pid)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?);
            Some((pid, state(pid)?.1))
        })
        .collect();
    let mut found = vec![pid];
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found.extend(all.iter().filter(|(_, p)| *p == parent).map(|(child, _)| *child));
        at += 1;
    }
    found.split_off(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its signals are none that a job in the background ignores from its start: a shell could not trap them.
    fn server(script: &str, dir: &Path) -> Server {
        let command = ["sh", "-c", script].map(Into::into).to_vec();
        Server::spawn("a server", command, dir.join("log"), &[Signal::SIGUSR1, Signal::SIGUSR2]).unwrap()
    }

    /// Waits until the server has written so many lines into its log.
    async fn lines(dir: &Path, count: usize) -> Vec<String> {
        let give_up = Instant::now() + Duration::from_secs(20);
        loop {
            let log = fs::read_to_string(dir.join("log")).unwrap_or_default();
            if log.lines().count() >= count {
                return log.lines().map(str::to_owned).collect();
            }
            assert!(Instant::now() < give_up, "{log}");
            tokio::time::sleep(LOOK).await;
        }
    }

    #[tokio::test]
    async fn a_server_that_does_not_end_is_killed_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let script = "trap '' USR1 USR2; echo $$; setsid sh -c 'sleep 60 & echo $!; echo $$; wait' & wait";
        let server = server(script, dir.path());
        let pids: Vec<Pid> =
            lines(dir.path(), 3).await.iter().map(|l| Pid::from_raw(l.parse().unwrap())).collect();
        assert!(pids.iter().all(|p| runs(*p)), "{pids:?}");
        let since = Instant::now();
        server.stop(Duration::from_secs(1)).await;
        assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
        assert!(pids.iter().all(|p| !runs(*p)), "{pids:?}");
    }

    #[tokio::test]
    async fn a_server_that_does_not_heed_the_first_signal_is_asked_by_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let script = "trap '' USR1; trap 'echo asked; exit' USR2; echo up; while :; do sleep 0.01; done";
        let server = server(script, dir.path());
        lines(dir.path(), 1).await;
        server.stop(Duration::from_secs(1)).await;
        assert_eq!(lines(dir.path(), 2).await, ["up", "asked"]);
    }
}
