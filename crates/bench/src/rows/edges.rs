//! Edges: `web` in processes of its own before an origin that has no platform around it, for the rows of its HLS side.
//!
//! What `stream` would write into Redis, the live index, is written here: one broadcast, and where its origin is. Nothing else of a platform
//! is there, and nothing else is asked for by viewers.

use super::{
    Settings,
    place::free_address,
    service::{self, Program},
};
use crate::{
    origin::Origin,
    process::{Cores, Process},
    stream,
};
use anyhow::Context;
use std::{net::SocketAddr, path::Path};
use streamly_testkit::redis::RedisServer;

/// One of them.
pub(super) struct Edge {
    pub(super) process: Process,
    pub(super) address: SocketAddr,
}

/// Them and their Redis, which ends with the handle.
pub(super) struct Edges {
    pub(super) all: Vec<Edge>,
    /// How they are run.
    pub(super) told: String,
    redis: RedisServer,
}

impl Edges {
    /// Starts so many, with their files in a folder that is made.
    pub(super) async fn start(
        settings: &Settings,
        count: usize,
        cores: Cores,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let redis = RedisServer::start()?;
        let config = folder.join("web.toml");
        // Nobody is there to give the keys of playback tokens; what is on air here needs none.
        let text = format!("stream_url = \"http://127.0.0.1:1\"\n[redis]\nurl = \"{}\"\n", redis.url());
        std::fs::write(&config, text)?;
        let program = Program::of(settings, "web")?;
        let mut edges = Self { all: Vec::new(), told: program.told(), redis };
        for number in 0..count {
            let (address, admin) = (free_address()?, free_address()?);
            let mut command = program.command(cores, &config);
            command.env("STREAMLY_WEB__HTTP", address.to_string());
            command.env("STREAMLY_WEB__ADMIN", admin.to_string());
            let log = folder.join(format!("web-{number}.log"));
            let running = service::start("an edge", command, admin, &log).await?;
            edges.all.push(Edge { process: running.process, address });
        }
        Ok(edges)
    }

    /// Leads viewers of a channel from all edges to its broadcast at that host's origin, `through` that address.
    ///
    /// # Errors
    /// If nothing of that channel is on air there.
    pub(super) async fn lead(
        &self,
        channel: &str,
        origin: SocketAddr,
        through: SocketAddr,
    ) -> anyhow::Result<()> {
        let playlist = Origin::new(origin)?.rendition(channel, "source").await?;
        for [key, value] in entries(channel, &playlist, through)? {
            self.redis.command(&["SET", &key, &value])?;
        }
        Ok(())
    }

    pub(super) async fn stop(self) -> anyhow::Result<()> {
        for edge in self.all {
            edge.process.stop().await?;
        }
        Ok(())
    }
}

/// Keys and values of the live index (docs/ARCHITECTURE.md), by a media playlist's path.
fn entries(channel: &str, playlist: &str, through: SocketAddr) -> anyhow::Result<[[String; 2]; 3]> {
    let broadcast = playlist.strip_prefix("/live/b/").and_then(|rest| rest.split('/').next());
    let broadcast = broadcast.with_context(|| format!("{playlist} names no broadcast"))?;
    let id = stream::channel(channel);
    let entry = serde_json::json!({
        "channel_id": id,
        "broadcast_id": broadcast,
        "epoch": 1,
        "origin_url": format!("http://{through}"),
        "state": "live",
    });
    Ok([
        [format!("live:name:{channel}"), id.clone()],
        [format!("live:{id}"), entry.to_string()],
        [format!("live:b:{broadcast}"), entry.to_string()],
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_leads_from_a_name_over_its_channel_to_the_origin() {
        let through = SocketAddr::from(([127, 0, 0, 1], 7));
        let [name, channel, broadcast] =
            entries("bench0", "/live/b/b1/source/index.m3u8?sid=x", through).unwrap();
        assert_eq!([name[0].as_str(), broadcast[0].as_str()], ["live:name:bench0", "live:b:b1"]);
        assert_eq!(channel[0], format!("live:{}", name[1]));
        assert_eq!(channel[1], broadcast[1]);
        let entry: serde_json::Value = serde_json::from_str(&channel[1]).unwrap();
        assert!(entry["broadcast_id"] == "b1" && entry["origin_url"] == "http://127.0.0.1:7", "{entry}");
        assert!(entries("bench0", "/live/bench0/index.m3u8", through).is_err());
    }
}
