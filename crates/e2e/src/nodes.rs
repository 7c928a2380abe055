//! More nodes of ingest or chat beside a platform of processes: the first one's configuration under other names and ports.

use crate::{Platform, platform::binary};
use anyhow::{Context, Result, bail, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// A process of ingest; killed when dropped.
pub struct Node {
    child: Child,
    /// Where publishers connect.
    pub rtmp: SocketAddr,
    /// Where they connect by RTMPS, with the certificate of [`certificate`].
    pub rtmps: SocketAddr,
    /// The origin.
    pub http: SocketAddr,
}

/// A port of loopback that nobody has.
pub(crate) fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// What all nodes of a platform show publishers by RTMPS, PEM.
///
/// # Errors
/// If no node has made it yet.
pub fn certificate(platform: &Platform) -> Result<Vec<u8>> {
    std::fs::read(platform.data().join("secrets/rtmps.crt")).context("the certificate")
}

/// The library that tells a process another time.
fn faketime() -> Result<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").context("/usr/lib")?.flatten();
    let mut libraries = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    libraries.find(|path| path.exists()).context("libfaketime is not there: install the package libfaketime")
}

impl Node {
    /// Starts one (the platform must run its services as processes) and waits until it is ready. `beside`: a node whose RTMP and RTMPS
    /// ports it shares.
    pub async fn start(platform: &Platform, id: &str, beside: Option<&Self>) -> Result<Self> {
        Self::start_in(platform, id, beside, &[]).await
    }

    /// The same where it is so many seconds later than elsewhere; of time that passes it sees as much as everybody (libfaketime).
    pub async fn start_ahead(platform: &Platform, id: &str, seconds: i64) -> Result<Self> {
        let library = faketime()?;
        let library = library.to_str().context("a path that is no text")?;
        let by = format!("{seconds:+}");
        let env = [("LD_PRELOAD", library), ("FAKETIME", by.as_str()), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")];
        Self::start_in(platform, id, None, &env).await
    }

    /// With more of an environment.
    async fn start_in(
        platform: &Platform,
        id: &str,
        beside: Option<&Self>,
        env: &[(&str, &str)],
    ) -> Result<Self> {
        let (http, grpc, admin) = (free()?, free()?, free()?);
        let rtmp = beside.map_or_else(free, |node| Ok(node.rtmp))?;
        let rtmps = beside.map_or_else(free, |node| Ok(node.rtmps))?;
        let log = std::fs::OpenOptions::new().append(true).open(platform.data().join("streamly.log"))?;
        let child = Command::new(binary()?)
            .args(["service", "ingest", "--config"])
            .arg(platform.data().join("run/ingest.toml"))
            .env("STREAMLY_INGEST__NODE_ID", id)
            .env("STREAMLY_INGEST__HTTP", http.to_string())
            .env("STREAMLY_INGEST__GRPC", grpc.to_string())
            .env("STREAMLY_INGEST__ADMIN", admin.to_string())
            .env("STREAMLY_INGEST__RTMP__BIND", rtmp.to_string())
            .env("STREAMLY_INGEST__RTMP__SHARE_PORT", "true")
            .env("STREAMLY_INGEST__RTMPS__BIND", rtmps.to_string())
            .env("STREAMLY_INGEST__ORIGIN_URL", format!("http://{http}"))
            .env("STREAMLY_INGEST__GRPC_URL", format!("http://{grpc}"))
            .env("STREAMLY_INGEST__DRAIN", "60s")
            .env("STREAMLY_INGEST__REWIND_DRAIN", "60s")
            .env("STREAMLY_INGEST__REWIND_DIR", platform.data().join(format!("rewind-{id}")))
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut this = Self { child, rtmp, rtmps, http };
        ready(&mut this.child, admin, &platform.http).await.with_context(|| format!("node {id}"))?;
        Ok(this)
    }

    /// A signal to the process.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill(Pid::from_raw(self.child.id().cast_signed()), signal)?)
    }

    /// Waits for its end.
    pub async fn ended(&mut self, limit: Duration) -> Result<ExitStatus> {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(since.elapsed() < limit, "it runs on after {limit:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process of chat; killed when dropped.
pub struct ChatNode {
    child: Child,
    http: SocketAddr,
}

impl ChatNode {
    /// Starts one (the platform must run its services as processes), with more settings of the environment, and waits until it is ready.
    pub async fn start(platform: &Platform, env: &[(&str, &str)]) -> Result<Self> {
        let (http, admin) = (free()?, free()?);
        let log = std::fs::OpenOptions::new().append(true).open(platform.data().join("streamly.log"))?;
        let child = Command::new(binary()?)
            .args(["service", "chat", "--config"])
            .arg(platform.data().join("run/chat.toml"))
            .env("STREAMLY_CHAT__HTTP", http.to_string())
            .env("STREAMLY_CHAT__REST", free()?.to_string())
            .env("STREAMLY_CHAT__GRPC", free()?.to_string())
            .env("STREAMLY_CHAT__ADMIN", admin.to_string())
            .envs(env.iter().copied())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut this = Self { child, http };
        ready(&mut this.child, admin, &platform.http).await.context("a chat node")?;
        Ok(this)
    }

    /// Where its sockets are.
    pub fn url(&self) -> String {
        format!("ws://{}/ws", self.http)
    }
}

impl Drop for ChatNode {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until a node says that it is ready.
pub(crate) async fn ready(child: &mut Child, admin: SocketAddr, client: &reqwest::Client) -> Result<()> {
    let since = Instant::now();
    let url = format!("http://{admin}/health/ready");
    loop {
        if let Some(status) = child.try_wait()? {
            bail!("ended with {status}");
        }
        if client.get(&url).send().await.is_ok_and(|answer| answer.status() == 200) {
            return Ok(());
        }
        ensure!(since.elapsed() < Duration::from_secs(30), "not ready in 30 s");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
