//! A Redis server for the chat rows: on a TCP port, as chat wants it (every write on disk before it is answered), and to be killed.

use crate::{
    process::{Process, dependent},
    rows::place::free_address,
};
use anyhow::Context;
use std::{
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How long it may take until it answers.
const START: Duration = Duration::from_secs(20);

/// A running server.
pub(super) struct Redis {
    process: Process,
    pub(super) address: SocketAddr,
    folder: TempDir,
}

impl Redis {
    /// Starts one on an empty folder, which goes with it. Where there is one on a disk: that Redis waits for it is part of what chat costs.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let disk = Path::new("/var/tmp");
        let folder = if disk.is_dir() { disk.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("streamly-bench-").tempdir_in(folder)?;
        let address = free_address()?;
        let process = spawn(folder.path(), address)?;
        let mut redis = Self { process, address, folder };
        redis.answers().await?;
        Ok(redis)
    }

    pub(super) fn pid(&self) -> anyhow::Result<u32> {
        self.process.pid()
    }

    /// SIGKILL; after so long it is started again from its own data.
    pub(super) async fn fail(self, away: Duration) -> anyhow::Result<Self> {
        let Self { process, address, folder } = self;
        process.kill().await?;
        tokio::time::sleep(away).await;
        let mut redis = Self { process: spawn(folder.path(), address)?, address, folder };
        redis.answers().await?;
        Ok(redis)
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.process.stop().await
    }

    async fn answers(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        while ping(self.address).await.is_err() {
            self.process.still_runs().with_context(|| format!("see {}", self.folder.path().display()))?;
            anyhow::ensure!(begun.elapsed() < START, "redis-server does not answer");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

fn spawn(folder: &Path, address: SocketAddr) -> anyhow::Result<Process> {
    let mut command = dependent("redis-server", "KILL");
    command
        .args(["--bind", "127.0.0.1", "--port", &address.port().to_string(), "--save", ""])
        .args(["--appendonly", "yes", "--appendfsync", "always"])
        .arg("--dir")
        .arg(folder);
    Process::logged("redis-server", &mut command, &folder.join("log"))
}

async fn ping(address: SocketAddr) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"PING\r\n").await?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await?;
    anyhow::ensure!(&answer == b"+PONG", "not ready");
    Ok(())
}
