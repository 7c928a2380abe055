//! Origins that answer slowly, wrongly or without end, and a live index that says what it should not: viewers are told to come again, nothing
//! is fetched elsewhere, nothing wrong is kept, and everything else goes on.

use crate::{BROADCAST, TestApp, edge::media, peers::Peer};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use streamly_config::{ByteSize, Duration as Setting};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// `origin_timeout` in here.
const TIMEOUT: Duration = Duration::from_secs(1);
/// Longest answer to a viewer: the index is looked up again after a failure, and the origin asked once more.
const LONGEST: Duration = Duration::from_secs(8);
/// `max_object` in here.
const MAX: usize = 1 << 20;

/// An origin that has its own idea of each object, by its name.
pub struct Odd {
    address: SocketAddr,
    pub asked: Arc<AtomicUsize>,
    /// Bytes that were taken of answers without end.
    sent: Arc<AtomicUsize>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Odd {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Odd {
    /// `elsewhere`: where it sends those who ask for `redirect`.
    pub async fn start(elsewhere: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (address, asked, sent) =
            (listener.local_addr().unwrap(), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (count, bytes) = (asked.clone(), sent.clone());
        let server = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(socket, elsewhere, count.clone(), bytes.clone()));
            }
        });
        Self { address, asked, sent, server }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// One answer a connection, then it closes, or waits for the other side to.
async fn serve(
    mut socket: TcpStream,
    elsewhere: SocketAddr,
    asked: Arc<AtomicUsize>,
    sent: Arc<AtomicUsize>,
) {
    let mut head = Vec::new();
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        if socket.read_buf(&mut head).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let has = |name: &str| head.split(' ').nth(1).is_some_and(|path| path.contains(name));
    // Not what else an edge asks of those whom it knows.
    if has("/live/") {
        asked.fetch_add(1, Relaxed);
    }
    const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\nconnection: close\r\n";
    let at_once = if has("garbage") {
        "\x01\x02 this is no HTTP\r\n\r\n".to_owned()
    } else if has("short") {
        format!("{OK}content-length: 1000\r\n\r\n0123456789")
    } else if has("announced") {
        format!("{OK}content-length: 99999999999999\r\n\r\n0123456789")
    } else if has("redirect") {
        format!(
            "HTTP/1.1 302 Found\r\nlocation: http://{elsewhere}/live/secret\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
        )
    } else if has("fields") {
        format!("{OK}{}content-length: 0\r\n\r\n", format!("x: {}\r\n", "y".repeat(4_000)).repeat(1_000))
    } else if has("endless") {
        format!("{OK}\r\n")
    } else if has("trickle-head") {
        "HTTP/1.1 200 OK\r\nx: ".to_owned()
    } else if has("trickle-body") {
        format!("{OK}content-length: 1000\r\n\r\n")
    } else if has("silent") {
        String::new()
    } else {
        format!("{OK}content-length: 1000\r\n\r\n{}", "0123456789".repeat(100))
    };
    if socket.write_all(at_once.as_bytes()).await.is_err() {
        return;
    }
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    while has("endless") && socket.write_all(&[7; 64 << 10]).await.is_ok() {
        sent.fetch_add(64 << 10, Relaxed);
    }
    while has("trickle") && socket.write_all(b"z").await.is_ok() {
        ticks.tick().await;
    }
    if has("silent") {
        let _ = socket.read(&mut [0; 64]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_answers_slowly_wrongly_or_never_costs_nobody_else_and_nothing_of_it_is_kept() {
    let other = Peer::start().await;
    let odd = Odd::start(other.address).await;
    let app = TestApp::spawn_with(odd.address, |c| {
        c.origin_timeout = Setting::from_secs(TIMEOUT.as_secs());
        c.max_object = ByteSize::new(MAX as u64);
    })
    .await;
    app.live(&odd.url(), 1).await;
    for name in [
        "garbage",
        "short",
        "announced",
        "redirect",
        "fields",
        "endless",
        "trickle-head",
        "trickle-body",
        "silent",
    ] {
        let (asked, mut before) = (Instant::now(), odd.asked.load(Relaxed));
        for _ in 0..2 {
            let path = media(&format!("1-{name}.m4s"));
            let other = media("1-3.m4s");
            let (bad, good) = tokio::join!(app.get(&path), app.get(&other));
            let status = bad.status().as_u16();
            assert!(status >= 300, "{name}: {status}");
            assert!(name == "redirect" || (500..600).contains(&status), "{name}: {status}");
            assert!(bad.bytes().await.unwrap().len() < 4_096, "{name}: not what the origin said");
            assert_eq!((good.status().as_u16(), good.bytes().await.unwrap().len()), (200, 1000), "{name}");
            let now = odd.asked.load(Relaxed);
            assert!(now > before, "{name}: kept");
            before = now;
        }
        assert!(asked.elapsed() < 2 * LONGEST, "{name}: {:?}", asked.elapsed());
    }
    assert_eq!(other.count(""), 0, "nobody is sent elsewhere");
    // Kernel buffers on both sides come on top, for each of the tries.
    let sent = odd.sent.load(Relaxed);
    assert!((MAX..128 << 20).contains(&sent), "{sent} bytes of an answer without end");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_entry_of_the_live_index_leads_nowhere_and_the_others_are_as_good_as_before() {
    let (origin, trap) = (Peer::start().await, Peer::start().await);
    let app = TestApp::spawn_with(origin.address, |c| {
        c.origin_allow = vec!["127.0.0.1".parse().unwrap()];
    })
    .await;
    app.live(&origin.url(), 1).await;
    let id = |n: usize| format!("0193a5f0-0000-7000-8000-1000000000{n:02}");
    let entry = |n: usize, origin: &str| {
        serde_json::json!({"channel_id": format!("p{n}"), "broadcast_id": id(n), "epoch": 1, "origin_url": origin, "state": "live"})
            .to_string()
    };
    let port = trap.address.port();
    let poisons = [
        String::new(),
        "not json".to_owned(),
        "[]".to_owned(),
        "{\"channel_id\":7,\"epoch\":\"many\"}".to_owned(),
        "{".repeat(200_000),
        entry(5, ""),
        entry(6, "file:///etc/passwd"),
        entry(7, &format!("http://localhost:{port}")),
        entry(8, &format!("http://127.0.0.2:{port}")),
        entry(9, &format!("http://me@127.0.0.1:{port}")),
        entry(10, &format!("https://127.0.0.1:{port}")),
        entry(11, &format!("http://[::ffff:127.0.0.2]:{port}")),
        entry(12, "http://169.254.169.254/latest/meta-data"),
        // Another broadcast's, under this one's key.
        entry(99, &format!("http://127.0.0.1:{port}")),
    ];
    for (n, poison) in poisons.iter().enumerate() {
        let (name, channel, broadcast) =
            (format!("live:name:poison{n}"), format!("p{n}"), format!("live:b:{}", id(n)));
        for (key, value) in
            [(name.as_str(), channel.as_str()), (&format!("live:{channel}"), poison), (&broadcast, poison)]
        {
            app.redis::<streamly_redis::Value>("SET", &[key, value]).await;
        }
        for path in
            [format!("/live/b/{}/source/index.m3u8", id(n)), format!("/live/b/{}/source/1-1.m4s", id(n))]
        {
            let status = app.get(&path).await.status().as_u16();
            assert!(matches!(status, 404 | 503), "{n}: {status} for {path}");
        }
        // The last one names a broadcast that there may be, at an origin that may be: that is the index's right.
        if n + 1 < poisons.len() {
            let status = app.get(&format!("/live/poison{n}/index.m3u8")).await.status().as_u16();
            assert!(matches!(status, 404 | 503), "{n}: {status}");
        }
        assert_eq!(app.get(&media(&format!("1-{n}1.m4s"))).await.status(), 200, "{n}");
    }
    assert_eq!(trap.count(""), 0, "{:?}", trap.asked.lock());
    assert_eq!(app.get(&format!("/live/b/{BROADCAST}/source/index.m3u8")).await.status(), 200);
    app.stop().await;
}
