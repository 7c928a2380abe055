//! A broadcast that goes on: a recorded OBS publish, over and over, until it is dropped.

use anyhow::Result;
use std::net::SocketAddr;
use streamly_testkit::{
    fixture, flv,
    publisher::{Options, Pace, Publisher},
};

/// Publishes in real time, for some minutes. Returns once the server has accepted; the task ends in an error when the socket breaks.
pub async fn publish(server: SocketAddr, key: &str) -> Result<tokio::task::JoinHandle<Result<()>>> {
    let tags = flv::read(&fixture("obs-gop2-bframes"))?;
    let options = Options::new(key).pace(Pace::Speed(1.0)).loops(20);
    let mut publisher = Publisher::connect(server, options).await.map_err(|e| anyhow::anyhow!("{e:?}"))?;
    Ok(tokio::spawn(async move { Ok(publisher.send(&tags).await?) }))
}
