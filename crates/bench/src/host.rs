//! Ingest in a process of its own, on free ports, with a `stream` that permits every key: what the media rows measure.
//!
//! Its first line on stdout is a JSON object of its addresses; it stops when its stdin closes, so it never outlives the bench.

use crate::stream;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::{
    io::{Read, Write},
    net::SocketAddr,
    time::Duration,
};
use streamly_auth::SigningKey;
use streamly_config::Secret;
use streamly_ingest::{Config, Service, WORKER_SUBCOMMAND};
use streamly_lifecycle::Shutdown;
use streamly_rpc::{PeerConfig, TrustConfig};

/// Where a host listens.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Addresses {
    /// RTMP.
    pub rtmp: SocketAddr,
    /// The HLS origin.
    pub http: SocketAddr,
    /// Health and metrics.
    pub admin: SocketAddr,
}

/// What differs from an ingest as it comes.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Rungs, separated by commas.
    #[arg(long, default_value = "")]
    ladder: String,
    /// Seconds that playlists list.
    #[arg(long, default_value_t = 30)]
    window_seconds: u64,
}

/// Publishers at a time: the most that ingest may be told. All come from one address.
const CONNECTIONS_MAX: usize = 2000;

/// Serves until stdin closes.
pub async fn run(options: Options) -> anyhow::Result<()> {
    streamly_telemetry::init("warn,streamly_ingest::budget=info", streamly_telemetry::Format::Auto)?;
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let key = SigningKey::generate().context("making a service key")?;
    let stub = Shutdown::new();
    let url = stream::start(&key, &stub)?;
    let program = std::env::current_exe()?.to_string_lossy().into_owned();
    let mut config = Config {
        http: free,
        grpc: free,
        admin: free,
        trust: TrustConfig { key: Some(Secret::new(key.to_text())), ..TrustConfig::default() },
        stream: PeerConfig::at(url),
        worker: vec![program, WORKER_SUBCOMMAND.into()],
        encoders: vec!["x264enc".into()],
        ladder: options.ladder.split(',').filter(|name| !name.is_empty()).map(Into::into).collect(),
        window: streamly_config::Duration::from_secs(options.window_seconds),
        drain: streamly_config::Duration::from_millis(50),
        ..Config::default()
    };
    config.rtmp.bind = free;
    config.rtmp.max_connections = CONNECTIONS_MAX;
    config.rtmp.max_connections_per_address = CONNECTIONS_MAX;
    config.rtmp.max_pending = CONNECTIONS_MAX;
    config.rtmp.max_pending_per_address = CONNECTIONS_MAX;
    config.rate_limits = false;
    let service = Service::bind(config)?;
    let bound = service.addresses();
    let readiness = service.readiness();
    let shutdown = Shutdown::new();
    let served = tokio::spawn(service.serve(shutdown.clone()));
    while !readiness.is_ready() && !served.is_finished() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let addresses = Addresses { rtmp: bound.rtmp, http: bound.http, admin: bound.admin };
    let mut out = std::io::stdout();
    writeln!(out, "{}", serde_json::to_string(&addresses)?)?;
    out.flush()?;
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    shutdown.start();
    let ended = served.await?;
    stub.start();
    ended
}
