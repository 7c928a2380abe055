//! What is counted of requests, the same whichever way they come; in a process of its own, for all of one share their counts.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, net::SocketAddr, time::Duration};
use streamly_lifecycle::Shutdown;
use streamly_testkit::redis::RedisServer;
use streamly_web::{Addresses, Config, HttpsConfig, Service};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

/// The value of a counter; none: it is not told.
async fn counted(admin: SocketAddr, series: &str) -> Option<u64> {
    let text = reqwest::get(format!("http://{admin}/metrics")).await.unwrap().text().await.unwrap();
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

/// A running service.
struct Running {
    at: Addresses,
    client: reqwest::Client,
    shutdown: Shutdown,
    serving: JoinHandle<()>,
    _redis: RedisServer,
}

impl Running {
    async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let redis = RedisServer::start().unwrap();
        let any: SocketAddr = ([127, 0, 0, 1], 0).into();
        let mut config = Config { http: any, admin: any, workers: 1, ..Config::default() };
        config.redis.url = redis.url();
        change(&mut config);
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
        let client = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { at, client, shutdown, serving, _redis: redis }
    }

    async fn ask(&self, path: &str) -> u16 {
        let answer = self.client.get(format!("http://{}{path}", self.at.http)).send().await.unwrap();
        answer.status().as_u16()
    }

    async fn stop(self) {
        self.shutdown.start();
        tokio::time::timeout(Duration::from_secs(10), self.serving).await.expect("drains in time").unwrap();
    }
}

/// One after the other: a process has one count of each.
#[tokio::test(flavor = "multi_thread")]
async fn each_answer_counts_once_whoever_gives_it() {
    the_hot_path_and_the_app_count_alike_and_a_connection_that_leaves_the_first_does_too().await;
    who_is_led_to_https_counts_too().await;
    calls_count_by_their_service_and_by_what_came_of_them().await;
}

async fn the_hot_path_and_the_app_count_alike_and_a_connection_that_leaves_the_first_does_too() {
    const LEFT: &str = "streamly_web_http_left_hot_path_total";
    const GOOD: &str = "streamly_web_requests_total{status=\"2xx\"}";
    const BAD: &str = "streamly_web_requests_total{status=\"4xx\"}";
    let app = Running::start(|_| {}).await;
    let at = app.at;
    for path in ["/live/nobody/index.m3u8", "/live/b/x/source/index.m3u8", "/live/"] {
        assert_eq!(app.ask(path).await, 404, "{path}");
    }
    let beacon = app.client.post(format!("http://{}/live/b/x/beacon?sid=y", at.http)).body("{}");
    assert_eq!(beacon.send().await.unwrap().status(), 404);
    assert_eq!((counted(at.admin, LEFT).await, counted(at.admin, BAD).await), (Some(0), Some(4)));
    assert_eq!(app.ask("/live/b/x/beacon").await, 405);
    assert_eq!(app.ask("/health").await, 200);
    assert_eq!(counted(at.admin, LEFT).await, Some(2));
    assert_eq!((counted(at.admin, GOOD).await, counted(at.admin, BAD).await), (Some(1), Some(5)));
    app.stop().await;
}

async fn calls_count_by_their_service_and_by_what_came_of_them() {
    let chat = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let there = chat.local_addr().unwrap();
    let answering = tokio::spawn(async move {
        let (mut socket, _) = chat.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            assert_ne!(socket.read_buf(&mut head).await.unwrap(), 0, "closed amid its head");
        }
        socket.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    });
    let app = Running::start(|config| {
        config.chat_url = format!("http://{there}");
        // Nobody is there.
        config.user_url = "http://127.0.0.1:9".into();
    })
    .await;
    assert_eq!(app.ask("/api/chat/rooms").await, 204);
    assert_eq!(app.ask("/api/users/ada").await, 502);
    for series in [
        "streamly_web_calls_total{to=\"chat\",status=\"2xx\"}",
        "streamly_web_calls_total{to=\"user\",status=\"unreachable\"}",
        "streamly_web_call_seconds_count{to=\"chat\"}",
        "streamly_web_call_seconds_count{to=\"user\"}",
    ] {
        assert_eq!(counted(app.at.admin, series).await, Some(1), "{series}");
    }
    answering.await.unwrap();
    app.stop().await;
}

async fn who_is_led_to_https_counts_too() {
    const LED: &str = "streamly_web_requests_total{status=\"3xx\"}";
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    fs::write(&cert, made.cert.pem()).unwrap();
    let app = Running::start(|config| {
        config.public_url = "https://localhost".into();
        config.https = HttpsConfig {
            listen: Some(([127, 0, 0, 1], 0).into()),
            cert_file: Some(cert),
            key_file: Some(key),
            ..HttpsConfig::default()
        };
    })
    .await;
    for path in ["/", "/api/client", "/live/nobody/index.m3u8"] {
        assert_eq!(app.ask(path).await, 308, "{path}");
    }
    assert_eq!(counted(app.at.admin, LED).await, Some(3));
    app.stop().await;
}
