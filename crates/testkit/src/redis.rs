//! A real redis-server for one test: unix socket (and TCP where asked), folder of its own, append-only file, ended on drop.
//!
//! It can be killed, started again with or without its data, held still, and made a replica: what a service has to live with.

mod cluster;
mod resp;

pub use cluster::RedisCluster;

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Longest wait for a server to do what it does at once.
const PATIENCE: Duration = Duration::from_secs(15);

/// A running server.
#[derive(Debug)]
pub struct RedisServer {
    dir: TempDir,
    port: u16,
    more: Vec<String>,
    child: Option<Child>,
}

impl RedisServer {
    /// Starts one on a unix socket and waits until it accepts.
    pub fn start() -> Result<Self> {
        Self::with(0, &[])
    }

    /// The same, on a free TCP port of loopback as well.
    pub fn on_tcp() -> Result<Self> {
        Self::with(free_port()?, &[])
    }

    fn with(port: u16, more: &[&str]) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("streamly-redis-").tempdir()?;
        let more = more.iter().map(|m| (*m).to_owned()).collect();
        let mut this = Self { dir, port, more, child: None };
        this.start_again()?;
        Ok(this)
    }

    /// For a service's configuration.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Its TCP address; of port 0 if it has none.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Its unix socket.
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("redis.sock")
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// SIGSTOP: connections stay open and nothing is answered.
    pub fn pause(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    /// SIGCONT.
    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::SIGCONT)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let child = self.child.as_ref().context("the server does not run")?;
        Ok(kill(Pid::from_raw(child.id().try_into()?), signal)?)
    }

    /// Starts it again without its data.
    pub fn start_empty(&mut self) -> Result<()> {
        self.kill();
        std::fs::remove_dir_all(self.dir.path().join("appendonlydir"))?;
        self.start_again()
    }

    /// Starts it (again) on the same data.
    pub fn start_again(&mut self) -> Result<()> {
        self.kill();
        let _ = std::fs::remove_file(self.socket());
        let mut command = Command::new("redis-server");
        command
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            // Written before it is answered, which a killed process leaves behind; only a killed machine would not.
            .args(["--appendonly", "yes", "--appendfsync", "no", "--repl-diskless-sync-delay", "0"])
            .args(&self.more)
            .arg("--unixsocket")
            .arg(self.socket())
            .arg("--dir")
            .arg(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        self.child = Some(command.spawn().context("redis-server is not installed")?);
        wait_for("redis-server did not start", || Ok(self.command(&["PING"])? == "PONG"))
    }

    /// One command on a connection of its own; the answer as text, of an array its parts in lines.
    pub fn command(&self, args: &[&str]) -> Result<String> {
        resp::ask(&self.socket(), args)
    }

    /// Makes it a replica of another one and waits until it has all that is there.
    pub fn follow(&self, master: &RedisServer) -> Result<()> {
        self.follow_by(master, master.address())
    }

    /// The same, reaching it by another address.
    pub fn follow_by(&self, master: &RedisServer, at: SocketAddr) -> Result<()> {
        self.command(&["REPLICAOF", &at.ip().to_string(), &at.port().to_string()])?;
        wait_for("the replica is not in step", || {
            Ok(self.command(&["INFO", "replication"])?.contains("master_link_status:up")
                && master.command(&["INFO", "replication"])?.contains("state=online"))
        })
    }

    /// Makes a replica a master.
    pub fn take_over(&self) -> Result<()> {
        self.command(&["REPLICAOF", "NO", "ONE"]).map(|_| ())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that nobody listens on now.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Asks until it is so; an error is a no.
fn wait_for(what: &'static str, mut check: impl FnMut() -> Result<bool>) -> Result<()> {
    let give_up = Instant::now() + PATIENCE;
    while !check().unwrap_or(false) {
        if Instant::now() > give_up {
            bail!(what);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
