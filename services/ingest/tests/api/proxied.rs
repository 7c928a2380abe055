//! Publishers behind a balancer, a real HAProxy that says whose connection it passes on, in both versions of the PROXY protocol; and who may
//! not say so.

use crate::app::TestApp;
use std::{
    net::{IpAddr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use streamly_testkit::publisher::{Options, Pace, Publisher, Refused};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// From where the balancer connects: nobody else does.
const BALANCER: &str = "127.0.0.2";

struct Balancer {
    child: Child,
    /// With `send-proxy`, `send-proxy-v2`, and neither; RTMPS with `send-proxy-v2`.
    first: SocketAddr,
    second: SocketAddr,
    silent: SocketAddr,
    secure: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Balancer {
    async fn before(app: &TestApp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [first, second, silent, secure] = [(); 4].map(|()| free());
        let (rtmp, rtmps) = (app.addresses.rtmp, app.addresses.rtmps.unwrap());
        let doors: String = [
            (first, rtmp, "send-proxy"),
            (second, rtmp, "send-proxy-v2"),
            (silent, rtmp, ""),
            (secure, rtmps, "send-proxy-v2"),
        ]
        .iter()
        .map(|(at, to, how)| {
            format!("listen door_{}\n  bind {at}\n  server node {to} source {BALANCER} {how}\n", at.port())
        })
        .collect();
        let config = folder.path().join("haproxy.cfg");
        let defaults =
            "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n";
        std::fs::write(&config, format!("{defaults}{doors}")).unwrap();
        let child = Command::new("haproxy")
            .args(["-db", "-f"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("haproxy is not installed");
        let this = Self { child, first, second, silent, secure, _folder: folder };
        let listening = async {
            while TcpStream::connect(secure).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), listening).await.expect("haproxy listens");
        this
    }
}

/// A node that believes the balancer, with RTMPS.
async fn node(folder: &Path) -> TestApp {
    let own = folder.to_owned();
    TestApp::with(move |config| {
        config.rtmp.proxies = vec![BALANCER.parse().unwrap()];
        config.rtmps.bind = Some(([127, 0, 0, 1], 0).into());
        config.rtmps.own_dir = Some(own);
    })
    .await
}

async fn publish(at: SocketAddr, key: &str) -> Result<Publisher, Refused> {
    Publisher::connect(at, Options::new(key).pace(Pace::Speed(1.0))).await
}

/// A connection from the balancer's address that says this; what comes back until it is closed.
async fn said(app: &TestApp, bytes: &[u8]) -> Vec<u8> {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((BALANCER.parse::<IpAddr>().unwrap(), 0).into()).unwrap();
    let mut socket = socket.connect(app.addresses.rtmp).await.unwrap();
    socket.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A reset is a close, too.
    let read = tokio::time::timeout(Duration::from_secs(60), socket.read_to_end(&mut answer)).await;
    let _ = read.expect("it is closed");
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishers_behind_a_balancer_are_whom_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let app = node(folder.path()).await;
    let balancer = Balancer::before(&app).await;
    for (key, user, at) in [("sk_ada", "ada", balancer.first), ("sk_bob", "bob", balancer.second)] {
        app.stream.key(key, user);
        let publisher = publish(at, key).await.unwrap();
        let named: SocketAddr = app.stream.remote(key).parse().unwrap();
        assert_eq!(named.ip(), IpAddr::from([127, 0, 0, 1]), "{user}: the publisher's, not the balancer's");
        publisher.stop().await.unwrap();
    }
    app.stream.key("sk_eve", "eve");
    let certificate = std::fs::read(folder.path().join("rtmps.crt")).unwrap();
    let options = Options::new("sk_eve").pace(Pace::Speed(1.0)).tls(certificate);
    let publisher = Publisher::connect(balancer.secure, options).await.unwrap();
    let named: SocketAddr = app.stream.remote("sk_eve").parse().unwrap();
    assert!(named.ip() == IpAddr::from([127, 0, 0, 1]) && app.stream.was_secure("sk_eve"));
    publisher.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_balancer_that_names_nobody_is_closed_and_who_is_none_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let app = node(folder.path()).await;
    let balancer = Balancer::before(&app).await;
    app.stream.key("sk_ada", "ada");
    publish(balancer.silent, "sk_ada").await.err().expect("a connection without a header is closed");
    assert_eq!(app.stream.asked("sk_ada"), 0);

    // Whoever is no balancer names nobody.
    let mut stranger = TcpStream::connect(app.addresses.rtmp).await.unwrap();
    stranger.write_all(b"PROXY TCP4 203.0.113.9 127.0.0.1 4000 1935\r\n").await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(60), stranger.read_to_end(&mut answer)).await;
    assert!(read.expect("it is closed").is_err() || answer.is_empty(), "that is no RTMP");

    for broken in [&b"PROXY TCP4 nobody\r\n"[..], b"\x03 and no header at all"] {
        assert!(said(&app, broken).await.is_empty(), "{:?}", String::from_utf8_lossy(broken));
    }
    let publisher = app.publish("sk_ada").await.unwrap();
    let named: SocketAddr = app.stream.remote("sk_ada").parse().unwrap();
    assert_eq!(named.ip(), IpAddr::from([127, 0, 0, 1]), "who comes directly goes on as before");
    publisher.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_header_holds_its_place_no_longer_than_a_publish_may_take() {
    let app = TestApp::with(|config| {
        config.rtmp.proxies = vec![BALANCER.parse().unwrap()];
        config.rtmp.publish_deadline = streamly_config::Duration::from_millis(300);
        (config.rtmp.max_pending, config.rtmp.max_pending_per_address) = (1, 1);
    })
    .await;
    assert!(said(&app, b"PROXY TCP4 203.0.113.9 127.").await.is_empty());
    // The one place is free again, and the limits are those of whom it names.
    let named = said(&app, b"PROXY TCP4 203.0.113.9 127.0.0.1 4000 1935\r\n\x03").await;
    assert!(named.is_empty(), "a greeting of one byte is answered by nothing");
}
