//! The web service as a whole: real sockets, a real redis-server, and small real servers in place of its peers.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cdn;
mod cluster;
mod edge;
mod frames;
mod hostile;
mod hot;
mod https;
mod limits;
mod moving;
mod pages;
mod peers;
mod proxy;
mod qoe;
mod remembered;
mod secure;
mod tap;
mod tiers;
mod tunnel;
mod viewers;
mod waiting;
mod watching;
mod wrong_origins;

use std::{net::SocketAddr, time::Duration};
use streamly_config::Duration as Setting;
use streamly_lifecycle::Shutdown;
use streamly_testkit::redis::RedisServer;
use streamly_web::{Config, Service};

/// A broadcast id.
pub const BROADCAST: &str = "0193a5f0-0000-7000-8000-000000000001";

/// A running web service with its Redis.
pub struct TestApp {
    /// The live index is here, unless a cluster was named.
    pub redis: RedisServer,
    redis_url: String,
    /// The public origin.
    pub address: SocketAddr,
    /// The same by TLS, where there is a certificate.
    pub https: Option<SocketAddr>,
    /// For other edges, where it is told to listen for them.
    pub inner: Option<SocketAddr>,
    /// Health and metrics.
    pub admin: SocketAddr,
    /// Without idle connections: each request is a viewer of its own.
    pub client: reqwest::Client,
    shutdown: Shutdown,
    serving: tokio::task::JoinHandle<()>,
}

impl TestApp {
    /// All peers are `peer`.
    pub async fn spawn(peer: SocketAddr) -> Self {
        Self::spawn_with(peer, |_| {}).await
    }

    /// The same, with other settings.
    pub async fn spawn_with(peer: SocketAddr, change: impl FnOnce(&mut Config)) -> Self {
        let redis = RedisServer::start().unwrap();
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let url = format!("http://{peer}");
        let mut config = Config {
            http: any,
            admin: any,
            user_url: url.clone(),
            stream_url: url.clone(),
            chat_url: url.clone(),
            chat_ws_url: url,
            email_verification: true,
            workers: 2,
            answer_timeout: Setting::from_secs(5),
            ..Config::default()
        };
        config.redis.url = redis.url();
        change(&mut config);
        // A cluster of the test's own has everything.
        let is_cluster = config.redis.url.starts_with("redis-cluster:");
        let redis_url = if is_cluster { config.redis.url.clone() } else { redis.url() };
        let service = Service::bind(config).unwrap();
        let (at, readiness, shutdown) = (service.addresses(), service.readiness(), Shutdown::new());
        let stop = shutdown.clone();
        let serving = tokio::spawn(async move { Box::pin(service.serve(stop)).await.unwrap() });
        until(|| readiness.is_ready()).await;
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        let (address, https, inner, admin) = (at.http, at.https, at.inner, at.admin);
        Self { redis, redis_url, address, https, inner, admin, client, shutdown, serving }
    }

    /// The URL of a path here.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `GET` of a path here.
    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    /// What a metric without labels is now, of all services of this process; none: it was never told.
    pub async fn metric(&self, name: &str) -> Option<f64> {
        let text = self.client.get(format!("http://{}/metrics", self.admin)).send().await.unwrap();
        let text = text.text().await.unwrap();
        let told = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        told.map(|value| value.parse().unwrap())
    }

    /// A session id as the edge gives it to a viewer of `alice`.
    pub async fn sid(&self) -> String {
        let text = self.get("/live/alice/index.m3u8").await.text().await.unwrap();
        text.split("sid=").nth(1).and_then(|t| t.split_whitespace().next()).unwrap().to_owned()
    }

    /// One command on the test's own connection.
    pub async fn redis<T: streamly_redis::FromValue>(&self, command: &'static str, args: &[&str]) -> T {
        let config = streamly_redis::Config { url: self.redis_url.clone(), ..Default::default() };
        let (readiness, shutdown) = (streamly_lifecycle::Readiness::new(), Shutdown::new());
        let redis = streamly_redis::Redis::new(&config, &readiness).unwrap();
        redis.start(&shutdown, &streamly_lifecycle::Tasks::new()).await.unwrap();
        let answer = redis.call(command, args.iter().map(|a| (*a).to_owned())).await.unwrap();
        // Nobody watches over it any more: of a cluster each would go on asking every master.
        shutdown.start();
        answer
    }

    /// Puts a broadcast of `alice` into the live index.
    pub async fn live(&self, origin: &str, epoch: u64) {
        let entry = serde_json::json!({"channel_id": "c1", "broadcast_id": BROADCAST, "epoch": epoch, "origin_url": origin, "state": "live"}).to_string();
        for (key, value) in
            [("live:name:alice", "c1"), ("live:c1", &entry), (&format!("live:b:{BROADCAST}"), &entry)]
        {
            self.redis::<streamly_redis::Value>("SET", &[key, value]).await;
        }
    }

    /// Stops it; fails if it does not end soon.
    pub async fn stop(self) {
        self.shutdown.start();
        tokio::time::timeout(Duration::from_secs(10), self.serving).await.expect("drains in time").unwrap();
    }
}

/// Waits until it is so, 15 s at most.
pub async fn until(mut so: impl FnMut() -> bool) {
    let wait = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), wait).await.expect("in time");
}
