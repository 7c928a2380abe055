//! Where our chat lives: the platform around it, a Redis that all of it uses and that can be killed, and people with channels.
//!
//! The launcher runs the services as processes; the chat nodes that are measured are further processes with its chat's configuration, on
//! ports of their own, so that they can be pinned, killed and begun afresh. The launcher's own chat stays idle.

use super::{redis::Redis, servers::Kind};
use crate::{
    process::{self, Process},
    rows::{
        Settings,
        place::{launch, program, register},
    },
};
use anyhow::Context;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Semaphore, task::JoinSet};

/// Registrations at once.
const REGISTERING: usize = 4;
/// Services whose Redis is ours.
const SERVICES: [&str; 4] = ["USER", "STREAM", "CHAT", "WEB"];

/// See the module's head.
pub(super) struct Home {
    launcher: Process,
    redis: Option<Redis>,
    /// Chat nodes of it.
    pub(super) kind: Kind,
    rooms: PathBuf,
    folder: PathBuf,
}

impl Home {
    /// Starts everything, with so many channels.
    pub(super) async fn open(settings: &Settings, folder: &Path, channels: usize) -> anyhow::Result<Self> {
        let redis = Redis::start().await?;
        let data = folder.join("platform");
        let mut env: Vec<(String, String)> = SERVICES
            .iter()
            .map(|name| (format!("STREAMLY_{name}__REDIS__URL"), format!("redis://{}", redis.address)))
            .collect();
        for (name, value) in [
            // Hundreds of people are registered at once: what their passwords cost is not measured.
            ("STREAMLY_USER__PASSWORD__MEMORY", "64KiB"),
            ("STREAMLY_USER__PASSWORD__PASSES", "1"),
            ("STREAMLY_USER__PASSWORD__QUEUE", "1000"),
        ] {
            env.push((name.into(), value.into()));
        }
        let env: Vec<(&str, String)> =
            env.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let (launcher, url) = launch(settings, &data, &["--processes"], &env).await?;
        let kind = Kind::Ours { program: program(settings)?, config: data.join("run/chat.toml") };
        let home = Self {
            launcher,
            redis: Some(redis),
            kind,
            rooms: folder.join("rooms"),
            folder: folder.to_owned(),
        };
        std::fs::write(&home.rooms, register_all(&url, channels).await?.join("\n"))?;
        Ok(home)
    }

    /// The first rooms, as the chatters want them.
    pub(super) fn rooms(&self, count: usize) -> anyhow::Result<PathBuf> {
        let all = std::fs::read_to_string(&self.rooms)?;
        let file = self.folder.join(format!("rooms-{count}"));
        std::fs::write(&file, all.lines().take(count).collect::<Vec<_>>().join("\n"))?;
        Ok(file)
    }

    /// The Redis of all of it.
    pub(super) fn redis(&self) -> anyhow::Result<&Redis> {
        self.redis.as_ref().context("Redis did not come back")
    }

    /// SIGKILL for Redis, which comes back from its own data after so long.
    pub(super) async fn fail_redis(&mut self, away: Duration) -> anyhow::Result<()> {
        let redis = self.redis.take().context("Redis did not come back")?;
        self.redis = Some(redis.fail(away).await?);
        Ok(())
    }

    /// CPU of what is around chat since it was started, by name, for a note: it is not counted.
    pub(super) fn others(&self) -> anyhow::Result<String> {
        let mut all = Vec::new();
        for pid in process::children(self.launcher.pid()?)? {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let words: Vec<_> = line.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
            let name = match words.iter().position(|word| word == "service") {
                Some(at) => words.get(at + 1).map_or_else(String::new, ToString::to_string),
                None => words[0].rsplit('/').next().unwrap_or_default().to_owned(),
            };
            // PostgreSQL works in children of its own.
            let used = process::children(pid)?.into_iter().chain([pid]);
            let used: f64 = used.filter_map(|pid| process::cpu_seconds(pid).ok()).sum();
            all.push(format!("{name} {used:.1} s"));
        }
        Ok(all.join(", "))
    }

    pub(super) async fn close(self) -> anyhow::Result<()> {
        self.launcher.stop().await?;
        match self.redis {
            Some(redis) => redis.stop().await,
            None => Ok(()),
        }
    }
}

/// Names and tokens of so many people, one a line.
async fn register_all(url: &str, count: usize) -> anyhow::Result<Vec<String>> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let turn = Arc::new(Semaphore::new(REGISTERING));
    let mut registering = JoinSet::new();
    for _ in 0..count {
        let (client, url, turn) = (client.clone(), url.to_owned(), turn.clone());
        registering.spawn(async move {
            let _permit = turn.acquire().await?;
            let (name, token) = register(&client, &url).await?;
            anyhow::Ok(format!("{name} {token}"))
        });
    }
    let mut all = Vec::new();
    while let Some(registered) = registering.join_next().await {
        all.push(registered?.context("registering")?);
    }
    Ok(all)
}
