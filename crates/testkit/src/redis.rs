//! A real redis-server for one test: unix socket, folder of its own, append-only file, ended on drop.

use anyhow::{Context, Result, bail};
use std::{
    os::unix::{net::UnixStream, process::CommandExt},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A running server.
#[derive(Debug)]
pub struct RedisServer {
    dir: TempDir,
    child: Option<Child>,
}

impl RedisServer {
    /// Starts one and waits until it accepts.
    pub fn start() -> Result<Self> {
        let mut this =
            Self { dir: tempfile::Builder::new().prefix("streamly-redis-").tempdir()?, child: None };
        this.start_again()?;
        Ok(this)
    }

    /// For a service's configuration.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    fn socket(&self) -> std::path::PathBuf {
        self.dir.path().join("redis.sock")
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it (again) on the same data.
    pub fn start_again(&mut self) -> Result<()> {
        self.kill();
        let _ = std::fs::remove_file(self.socket());
        let mut command = Command::new("redis-server");
        command
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
                "--unixsocket",
            ])
            .arg(self.socket())
            .arg("--dir")
            .arg(self.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        self.child = Some(command.spawn().context("redis-server is not installed")?);
        let give_up = Instant::now() + Duration::from_secs(15);
        while Instant::now() < give_up {
            if self.ping().is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        bail!("redis-server did not start")
    }

    fn ping(&self) -> Result<()> {
        use std::io::{Read, Write};
        let mut socket = UnixStream::connect(self.socket())?;
        socket.set_read_timeout(Some(Duration::from_millis(500)))?;
        socket.write_all(b"PING\r\n")?;
        let mut answer = [0u8; 7];
        socket.read_exact(&mut answer)?;
        if &answer == b"+PONG\r\n" { Ok(()) } else { bail!("not ready") }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
