//! One running service with its `stream`, on free ports, and what tests ask of it.

use crate::stream::StreamStub;
use bytes::Bytes;
use std::{net::SocketAddr, time::Duration};
use streamly_auth::SigningKey;
use streamly_config::Secret;
use streamly_ingest::{Addresses, Config, Service};
use streamly_lifecycle::{Readiness, Shutdown};
use streamly_rpc::{PeerConfig, TrustConfig};
use streamly_testkit::{
    flv::{self, Tag},
    publisher::{Options, Pace, Publisher, Refused},
};
use tokio::task::JoinHandle;

pub struct TestApp {
    pub addresses: Addresses,
    pub stream: StreamStub,
    pub http: reqwest::Client,
    /// As which `stream` commands.
    pub stream_key: SigningKey,
    pub readiness: Readiness,
    /// As which nodes call `stream` and each other.
    key: SigningKey,
    shutdown: Shutdown,
    served: Option<JoinHandle<anyhow::Result<()>>>,
    stub_shutdown: Shutdown,
}

fn free() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

impl TestApp {
    /// Without rungs.
    pub async fn spawn() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let key = SigningKey::generate().unwrap();
        let stub_shutdown = Shutdown::new();
        let stream = StreamStub::start(&key, &stub_shutdown);
        Self::on(stream, key, SigningKey::generate().unwrap(), stub_shutdown, change).await
    }

    /// A node that hands its windows over and shares its RTMP port.
    pub async fn node(id: &str, change: impl FnOnce(&mut Config)) -> Self {
        Self::with(|c| Self::as_node(c, id, change)).await
    }

    /// Another one beside it, with the same `stream`.
    pub async fn beside(&self, id: &str, change: impl FnOnce(&mut Config)) -> Self {
        let (stream, key, stream_key) = (self.stream.clone(), self.key.clone(), self.stream_key.clone());
        Self::on(stream, key, stream_key, Shutdown::new(), |c| Self::as_node(c, id, change)).await
    }

    fn as_node(config: &mut Config, id: &str, change: impl FnOnce(&mut Config)) {
        config.node_id = id.into();
        // Its address has to be known before it is bound.
        config.grpc = std::net::TcpListener::bind(free()).unwrap().local_addr().unwrap();
        config.grpc_url = format!("http://{}", config.grpc);
        config.rtmp.share_port = true;
        change(config);
    }

    async fn on(
        stream: StreamStub,
        key: SigningKey,
        stream_key: SigningKey,
        stub_shutdown: Shutdown,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let peers = [("stream".to_owned(), stream_key.jwk().x), ("ingest".to_owned(), key.jwk().x)].into();
        let mut config = Config {
            http: free(),
            grpc: free(),
            admin: free(),
            trust: TrustConfig { key: Some(Secret::new(key.to_text())), peers, ..TrustConfig::default() },
            stream: PeerConfig::at(stream.url.clone()),
            // What GLib or GStreamer logs as critical is a mistake of the worker's, and kills it.
            worker: [
                "/usr/bin/env",
                "G_DEBUG=fatal-criticals",
                env!("CARGO_BIN_EXE_streamly-ingest"),
                "transcode-worker",
            ]
            .map(str::to_owned)
            .to_vec(),
            encoders: vec!["x264enc".into()],
            preset: "ultrafast".into(),
            ladder: Vec::new(),
            // One for all of these tests: reading all plugins anew takes a busy machine longer than a test waits.
            gst_registry: Some(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("gst-registry.bin")),
            drain: streamly_config::Duration::from_millis(50),
            ..Config::default()
        };
        config.rtmp.bind = free();
        change(&mut config);
        let service = Service::bind(config).unwrap();
        let addresses = service.addresses();
        let readiness = service.readiness();
        let shutdown = Shutdown::new();
        let served = tokio::spawn(service.serve(shutdown.clone()));
        let ready = async {
            while !readiness.is_ready() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), ready).await.expect("the service gets ready");
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let served = Some(served);
        Self { addresses, stream, http, stream_key, readiness, key, shutdown, served, stub_shutdown }
    }

    /// See `key`.
    pub fn node_key(&self) -> SigningKey {
        self.key.clone()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addresses.http)
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(self.url(path)).send().await.unwrap()
    }

    pub async fn text(&self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.unwrap()
    }

    pub async fn bytes(&self, path: &str) -> Bytes {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.bytes().await.unwrap()
    }

    /// A publisher of recorded tags in real time.
    pub async fn publish(&self, key: &str) -> Result<Publisher, Refused> {
        Publisher::connect(self.addresses.rtmp, Options::new(key).pace(Pace::Speed(1.0))).await
    }

    /// `stream` goes away for good.
    pub fn lose_stream(&self) {
        self.stub_shutdown.start();
        self.stream.hang_up();
    }

    /// What SIGTERM begins.
    pub fn begin_stop(&self) {
        self.shutdown.start();
    }

    /// Stops it as SIGTERM does; it has to end in time.
    pub async fn stop(self) {
        self.stop_within(Duration::from_secs(5)).await;
    }

    /// The same where there is more to do.
    pub async fn stop_within(mut self, limit: Duration) {
        self.shutdown.start();
        let served = self.served.take().unwrap();
        tokio::time::timeout(limit, served).await.expect("stops in time").unwrap().unwrap();
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.start();
        self.stub_shutdown.start();
    }
}

/// The tags of a recorded publish.
pub fn tags(name: &str) -> Vec<Tag> {
    flv::read(&streamly_testkit::fixture(name)).unwrap()
}

/// A publish that runs in the background and cuts its connection when dropped.
pub fn send(mut publisher: Publisher, tags: Vec<Tag>) -> JoinHandle<(Publisher, std::io::Result<()>)> {
    tokio::spawn(async move {
        let sent = publisher.send(&tags).await;
        (publisher, sent)
    })
}
