//! Publishers of one recorded FLV: many keys over one process, in real time, in a loop, spread over a keyframe interval.

use anyhow::Context;
use std::{net::SocketAddr, path::Path, time::Duration};
use streamly_testkit::{
    flv,
    publisher::{Options, Pace, Publisher},
};
use tokio::task::JoinSet;

/// Starts are spread over so long, so that keyframes of different streams do not fall together.
const SPREAD: Duration = Duration::from_secs(2);

/// The stream key of a publisher; also its channel.
pub fn key(index: u32) -> String {
    format!("bench{index}")
}

/// Publishes until killed or refused.
pub async fn run(to: SocketAddr, file: &Path, count: u32) -> anyhow::Result<()> {
    let tags = std::sync::Arc::new(flv::read(file)?);
    let mut publishing = JoinSet::new();
    for index in 0..count {
        let tags = tags.clone();
        publishing.spawn(async move {
            tokio::time::sleep(SPREAD * index / count).await;
            let options = Options::new(key(index)).pace(Pace::Speed(1.0)).loops(u32::MAX);
            let mut publisher = Publisher::connect(to, options).await.context("publishing")?;
            publisher.send(&tags).await.context("sending")
        });
    }
    while let Some(ended) = publishing.join_next().await {
        ended??;
    }
    Ok(())
}
