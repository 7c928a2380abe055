//! The servers that are measured, each as processes of its own: chat nodes of the platform, Centrifugo, the gorilla hub.
//!
//! What counts as a server's cost are its nodes and the Redis that they use. Ours uses one always; the peers need one only for several nodes.

use super::redis::Redis;
use crate::{
    chatters::Dialect,
    process::{self, Process, dependent},
    rows::place::free_address,
};
use anyhow::Context;
use serde_json::json;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use tokio::net::TcpStream;

/// How long a node may take until it takes sockets.
const START: Duration = Duration::from_secs(30);

/// Who speaks for many says more than one person may, and nothing is left out for the reader's sake.
const LIMITS: [(&str, &str); 3] = [
    ("STREAMLY_CHAT__LIMITS__DELIVER_PER_SECOND", "1000000"),
    ("STREAMLY_CHAT__LIMITS__FRAMES_PER_SECOND", "1000000"),
    ("STREAMLY_CHAT__LIMITS__FRAMES_BURST", "1000000"),
];

/// A program that serves rooms.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// Chat nodes: the platform's program, and the configuration that its launcher wrote.
    Ours { program: PathBuf, config: PathBuf },
    /// Centrifugo's program.
    Centrifugo(PathBuf),
    /// The hub's.
    Hub(PathBuf),
}

impl Kind {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Ours { .. } => "Streamly",
            Self::Centrifugo(_) => "Centrifugo",
            Self::Hub(_) => "gorilla hub",
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Ours { .. } => Dialect::Streamly,
            Self::Centrifugo(_) => Dialect::Centrifugo,
            Self::Hub(_) => Dialect::Hub,
        }
    }
}

/// A node.
pub(super) struct Node {
    process: Process,
    pub(super) address: SocketAddr,
}

/// Nodes and their Redis, if they have one of their own.
pub(super) struct Servers {
    pub(super) kind: Kind,
    pub(super) nodes: Vec<Node>,
    /// Ours is the platform's, which outlives the nodes.
    redis: Option<Redis>,
    redis_pid: Option<u32>,
    folder: PathBuf,
}

impl Servers {
    /// Starts so many nodes. `redis` is the platform's.
    pub(super) async fn start(
        kind: &Kind,
        count: usize,
        redis: &Redis,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let ours = matches!(kind, Kind::Ours { .. });
        let own = match !ours && count > 1 {
            true => Some(Redis::start().await?),
            false => None,
        };
        let redis_pid = if ours { Some(redis.pid()?) } else { own.as_ref().map(Redis::pid).transpose()? };
        let address = own.as_ref().unwrap_or(redis).address;
        let mut servers =
            Self { kind: kind.clone(), nodes: Vec::new(), redis: own, redis_pid, folder: folder.to_owned() };
        for _ in 0..count {
            servers.add((count > 1 || ours).then_some(address)).await?;
        }
        Ok(servers)
    }

    /// One more node. Another build of ours, from before its first limit was there, refuses to start with it, and starts without.
    async fn add(&mut self, redis: Option<SocketAddr>) -> anyhow::Result<()> {
        match self.try_add(redis, false).await {
            Err(_) if matches!(self.kind, Kind::Ours { .. }) => self.try_add(redis, true).await,
            done => done,
        }
    }

    async fn try_add(&mut self, redis: Option<SocketAddr>, is_older: bool) -> anyhow::Result<()> {
        let address = free_address()?;
        let log = self.folder.join(format!("{}-{}.log", self.kind.name().replace(' ', "-"), address.port()));
        let (mut command, ready) = match &self.kind {
            Kind::Ours { program, config } => {
                let redis = redis.context("chat needs Redis")?;
                let admin = free_address()?;
                let mut command = dependent(program, "KILL");
                command
                    .args(["service", "chat", "--config"])
                    .arg(config)
                    .env("STREAMLY_CHAT__HTTP", address.to_string())
                    .env("STREAMLY_CHAT__REST", free_address()?.to_string())
                    .env("STREAMLY_CHAT__GRPC", free_address()?.to_string())
                    .env("STREAMLY_CHAT__ADMIN", admin.to_string())
                    .env("STREAMLY_CHAT__REDIS__URL", format!("redis://{redis}"))
                    .envs(LIMITS.into_iter().skip(usize::from(is_older)));
                (command, format!("http://{address}/health"))
            }
            Kind::Centrifugo(program) => {
                let file = self.folder.join(format!("centrifugo-{}.json", address.port()));
                std::fs::write(&file, centrifugo(address, redis).to_string())?;
                let mut command = dependent(program, "KILL");
                command.arg("--config").arg(file);
                (command, String::new())
            }
            Kind::Hub(program) => {
                let mut command = dependent(program, "KILL");
                command.args(["-listen", &address.to_string()]);
                if let Some(redis) = redis {
                    command.args(["-redis", &redis.to_string()]);
                }
                (command, String::new())
            }
        };
        let mut process = Process::logged(self.kind.name(), &mut command, &log)?;
        let (client, begun) = (reqwest::Client::builder().no_proxy().build()?, Instant::now());
        loop {
            let up = match ready.is_empty() {
                true => TcpStream::connect(address).await.is_ok(),
                false => client.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success()),
            };
            if up {
                break;
            }
            process.still_runs().with_context(|| format!("see {}", log.display()))?;
            anyhow::ensure!(
                begun.elapsed() < START,
                "{} is not ready; see {}",
                self.kind.name(),
                log.display()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.nodes.push(Node { process, address });
        Ok(())
    }

    /// Where sockets go to.
    pub(super) fn addresses(&self) -> String {
        self.nodes.iter().map(|node| node.address.to_string()).collect::<Vec<_>>().join(",")
    }

    /// Of the nodes.
    pub(super) fn node_pids(&self) -> anyhow::Result<Vec<u32>> {
        self.nodes.iter().map(|node| node.process.pid()).collect()
    }

    /// Of all that counts: nodes, and their Redis.
    pub(super) fn pids(&self) -> anyhow::Result<Vec<u32>> {
        Ok(self.node_pids()?.into_iter().chain(self.redis_pid).collect())
    }

    /// Their memory, bytes.
    pub(super) fn resident(&self) -> anyhow::Result<u64> {
        self.pids()?.into_iter().map(process::resident_bytes).sum()
    }

    /// Puts all on the first core.
    pub(super) async fn pin(&self) -> anyhow::Result<()> {
        for pid in self.pids()? {
            process::pin_to_first(pid).await?;
        }
        Ok(())
    }

    /// SIGKILL for their own Redis, which comes back after so long.
    pub(super) async fn fail_redis(&mut self, away: Duration) -> anyhow::Result<()> {
        let redis = self.redis.take().context("no Redis of their own")?.fail(away).await?;
        self.redis_pid = Some(redis.pid()?);
        self.redis = Some(redis);
        Ok(())
    }

    /// SIGKILL for the last node.
    pub(super) async fn kill_one(&mut self) -> anyhow::Result<()> {
        self.nodes.pop().context("no node")?.process.kill().await
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        for node in self.nodes {
            node.process.stop().await?;
        }
        match self.redis {
            Some(redis) => redis.stop().await,
            None => Ok(()),
        }
    }
}

/// Its configuration: anybody may come, hear and say; nothing is kept, which is the least that it can do.
fn centrifugo(address: SocketAddr, redis: Option<SocketAddr>) -> serde_json::Value {
    let mut config = json!({
        "log": {"level": "error"},
        "http_server": {"address": address.ip().to_string(), "port": address.port().to_string()},
        "client": {"allow_anonymous_connect_without_token": true},
        "channel": {"without_namespace": {
            "allow_subscribe_for_client": true,
            "allow_subscribe_for_anonymous": true,
            "allow_publish_for_client": true,
            "allow_publish_for_anonymous": true,
        }},
    });
    if let Some(redis) = redis {
        config["engine"] = json!({"type": "redis", "redis": {"address": format!("redis://{redis}")}});
    }
    config
}
