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

const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

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

/// A connection from one address to the node's.
async fn connect_from(from: &str, node: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from.parse::<IpAddr>().unwrap(), 0).into()).unwrap();
    socket.connect(node).await.unwrap()
}

/// A relay that connects from that address, says this first, and then what its clients say.
async fn relay(app: &TestApp, from: &'static str, first: &'static [u8]) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, node) = (listener.local_addr().unwrap(), app.addresses.rtmp);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut server = connect_from(from, node).await;
            server.write_all(first).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        }
    });
    address
}

/// Waits until the other side has closed; what it said until then.
async fn closed(mut socket: TcpStream) -> Vec<u8> {
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
        assert_eq!(app.stream.remote(key).ip(), LOOPBACK, "{user}: the publisher's, not the balancer's");
        publisher.stop().await.unwrap();
    }
    app.stream.key("sk_eve", "eve");
    let certificate = std::fs::read(folder.path().join("rtmps.crt")).unwrap();
    let options = Options::new("sk_eve").pace(Pace::Speed(1.0)).tls(certificate);
    let publisher = Publisher::connect(balancer.secure, options).await.unwrap();
    assert!(app.stream.remote("sk_eve").ip() == LOOPBACK && app.stream.was_secure("sk_eve"));
    publisher.stop().await.unwrap();
    // Who comes directly goes on as before.
    let publisher = app.publish("sk_ada").await.unwrap();
    assert_eq!(app.stream.remote("sk_ada").ip(), LOOPBACK);
    publisher.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_balancer_that_names_nobody_is_closed_and_who_is_none_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let app = node(folder.path()).await;
    let balancer = Balancer::before(&app).await;
    app.stream.key("sk_ada", "ada");
    publish(balancer.silent, "sk_ada").await.err().expect("a connection without a header is closed");
    for (from, first) in [
        // Whole publishes behind it, so that only the header can be why they fail.
        ("127.0.0.3", &b"PROXY TCP4 203.0.113.9 127.0.0.1 4000 1935\r\n"[..]),
        (BALANCER, b"PROXY TCP4 nobody\r\n"),
        (BALANCER, b"PROXY TCP4 203.0.113.9 127.0.0.1 4000\r\n"),
    ] {
        let at = relay(&app, from, first).await;
        publish(at, "sk_ada").await.err().expect("closed");
    }
    assert_eq!(app.stream.asked("sk_ada"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_those_of_whom_the_balancer_names_and_its_own_where_it_names_nobody() {
    let app = TestApp::with(|config| {
        config.rtmp.proxies = vec![BALANCER.parse().unwrap()];
        config.rtmp.max_connections_per_address = 1;
    })
    .await;
    let named = relay(&app, BALANCER, b"PROXY TCP4 203.0.113.9 127.0.0.1 4000 1935\r\n").await;
    let other = relay(&app, BALANCER, b"PROXY TCP6 ::ffff:203.0.113.10 ::1 4000 1935\r\n").await;
    let itself = relay(&app, BALANCER, b"PROXY UNKNOWN\r\n").await;
    let mut publishers = Vec::new();
    for (key, at, address) in
        [("sk_a", named, "203.0.113.9"), ("sk_b", other, "203.0.113.10"), ("sk_c", itself, BALANCER)]
    {
        app.stream.key(key, &key[3..]);
        publishers.push(publish(at, key).await.unwrap());
        assert_eq!(app.stream.remote(key).ip().to_canonical(), address.parse::<IpAddr>().unwrap());
    }
    app.stream.key("sk_d", "d");
    publish(named, "sk_d").await.err().expect("that address has its one connection");
    for publisher in publishers {
        publisher.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_say_nothing_give_way_and_keep_no_publisher_out() {
    let app = TestApp::with(|config| {
        config.rtmp.proxies = vec![BALANCER.parse().unwrap()];
        config.rtmp.publish_deadline = streamly_config::Duration::from_secs(600);
        config.rtmp.max_pending = 2;
    })
    .await;
    app.stream.key("sk_ada", "ada");
    let oldest = connect_from(BALANCER, app.addresses.rtmp).await;
    let mut others = Vec::new();
    for _ in 0..2 {
        let mut socket = connect_from(BALANCER, app.addresses.rtmp).await;
        socket.write_all(b"PROXY TCP4 203.0.113.9 127.").await.unwrap();
        others.push(socket);
    }
    assert!(closed(oldest).await.is_empty(), "the oldest gave way, long before its time was over");
    let named = relay(&app, BALANCER, b"PROXY TCP4 203.0.113.9 127.0.0.1 4000 1935\r\n").await;
    publish(named, "sk_ada").await.unwrap().stop().await.unwrap();
    assert_eq!(app.stream.remote("sk_ada").to_string(), "203.0.113.9:4000");
    // A stop does not wait for them.
    app.stop().await;
}
