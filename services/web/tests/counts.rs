//! What is counted of requests, the same whichever way they come; in a process of its own, for all of one share their counts.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{net::SocketAddr, time::Duration};
use streamly_lifecycle::Shutdown;
use streamly_testkit::redis::RedisServer;
use streamly_web::{Config, Service};

/// The value of a counter; none: it is not told.
async fn counted(admin: SocketAddr, series: &str) -> Option<u64> {
    let text = reqwest::get(format!("http://{admin}/metrics")).await.unwrap().text().await.unwrap();
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_counts_once_and_so_does_a_connection_that_leaves_the_hot_path() {
    const LEFT: &str = "streamly_web_http_left_hot_path_total";
    const GOOD: &str = "streamly_web_requests_total{status=\"2xx\"}";
    const BAD: &str = "streamly_web_requests_total{status=\"4xx\"}";
    let redis = RedisServer::start().unwrap();
    let any: SocketAddr = ([127, 0, 0, 1], 0).into();
    let mut config = Config { http: any, admin: any, workers: 1, ..Config::default() };
    config.redis.url = redis.url();
    let service = Service::bind(config).unwrap();
    let (at, readiness, shutdown) = (service.addresses(), service.readiness(), Shutdown::new());
    let stop = shutdown.clone();
    let serving = tokio::spawn(async move { service.serve(stop).await.unwrap() });
    let ready = async {
        while !readiness.is_ready() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), ready).await.expect("ready in time");
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    let ask = async |path: &str| {
        client.get(format!("http://{}{path}", at.http)).send().await.unwrap().status().as_u16()
    };
    for path in ["/live/nobody/index.m3u8", "/live/b/x/source/index.m3u8", "/live/"] {
        assert_eq!(ask(path).await, 404, "{path}");
    }
    let beacon = client.post(format!("http://{}/live/b/x/beacon?sid=y", at.http)).body("{}");
    assert_eq!(beacon.send().await.unwrap().status(), 404);
    assert_eq!((counted(at.admin, LEFT).await, counted(at.admin, BAD).await), (Some(0), Some(4)));
    assert_eq!(ask("/live/b/x/beacon").await, 405);
    assert_eq!(ask("/health").await, 200);
    assert_eq!(counted(at.admin, LEFT).await, Some(2));
    assert_eq!((counted(at.admin, GOOD).await, counted(at.admin, BAD).await), (Some(1), Some(5)));
    shutdown.start();
    tokio::time::timeout(Duration::from_secs(10), serving).await.expect("drains in time").unwrap();
}
