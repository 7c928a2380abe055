//! The processes that a launcher started, from /proc: to take one away, and to see that none is left.

use anyhow::{Context, Result, ensure};
use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{fs, path::Path};

/// One process; `started` tells it from a later one with the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its program, as /proc/PID/comm has it.
    pub name: String,
    parent: u32,
    started: String,
    dead: bool,
}

impl Process {
    /// `pid (comm) state ppid …` of proc_pid_stat(5); `starttime` is field 22.
    fn read(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (before, after) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = after.split_whitespace().collect();
        Some(Self {
            pid,
            name: before.split_once('(')?.1.to_owned(),
            parent: fields.get(1)?.parse().ok()?,
            started: (*fields.get(19)?).to_owned(),
            dead: matches!(*fields.first()?, "Z" | "X"),
        })
    }

    /// A signal to it and to everything below it (PostgreSQL's backends have process groups of their own).
    pub fn signal(&self, signal: Signal) -> Result<()> {
        for process in std::iter::once(self.clone()).chain(below(self.pid)?) {
            match kill(Pid::from_raw(process.pid.cast_signed()), signal) {
                // Ended between the look and the signal.
                Err(Errno::ESRCH) if process.pid != self.pid => {}
                sent => sent.with_context(|| format!("{process:?}"))?,
            }
        }
        Ok(())
    }

    fn runs(&self) -> bool {
        Self::read(self.pid).is_some_and(|now| !now.dead && now.started == self.started)
    }
}

/// Everything below a process, its children first.
pub fn below(pid: u32) -> Result<Vec<Process>> {
    let all: Vec<Process> = fs::read_dir("/proc")?
        .flatten()
        .filter_map(|entry| Process::read(entry.file_name().to_str()?.parse().ok()?))
        .collect();
    let (mut found, mut parents) = (Vec::new(), vec![pid]);
    while !parents.is_empty() {
        let children: Vec<Process> = all.iter().filter(|p| parents.contains(&p.parent)).cloned().collect();
        parents = children.iter().map(|p| p.pid).collect();
        found.extend(children);
    }
    Ok(found)
}

/// The child of a launcher that runs a program.
pub fn child(launcher: u32, name: &str) -> Result<Process> {
    let all = below(launcher)?;
    let found = all.iter().find(|p| p.parent == launcher && p.name == name).cloned();
    found.with_context(|| format!("no {name} in {all:?}"))
}

/// After a stop: none of these runs, nothing names the data folder, no socket file is in it.
pub fn nothing_left(processes: &[Process], data: &Path) -> Result<()> {
    let left: Vec<&Process> = processes.iter().filter(|p| p.runs()).collect();
    ensure!(left.is_empty(), "still running: {left:?}");
    let wanted = data.to_string_lossy();
    for entry in fs::read_dir("/proc")?.flatten() {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        ensure!(!line.contains(&*wanted), "still running: {line}");
    }
    let sockets: Vec<_> = fs::read_dir(data.join("run"))?.flatten().map(|e| e.file_name()).collect();
    ensure!(sockets.is_empty(), "left in run/: {sockets:?}");
    Ok(())
}
