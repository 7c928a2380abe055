//! `/live`: sharing, caching, session ids, counts, and what is refused.

use crate::{BROADCAST, TestApp, peers::Peer, until, viewers::until_counted};
use std::{collections::HashSet, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub fn media(name: &str) -> String {
    format!("/live/b/{BROADCAST}/source/{name}")
}

/// TCP_ESTABLISHED of the kernel's socket table.
pub const ESTABLISHED: u8 = 1;

/// Asks until there is an answer, 15 s at most.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(15), asking).await.unwrap_or_else(|_| panic!("never: {what}"))
}

/// A viewer with a socket of its own, whose request is sent.
pub async fn ask(app: &TestApp, path: &str) -> TcpStream {
    let mut socket = TcpStream::connect(app.address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", app.address);
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

/// The edge's end of a viewer's connection, see [`server_side`].
pub fn edge_side(app: &TestApp, viewer: u16) -> Option<(u8, u32)> {
    server_side(app.address, viewer)
}

/// A server's end of a connection from that port as the kernel sees it (/proc/net/tcp, proc(5)): state, and bytes not read yet.
pub fn server_side(server: SocketAddr, viewer: u16) -> Option<(u8, u32)> {
    let (local, remote) = (format!(":{:04X}", server.port()), format!(":{viewer:04X}"));
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, from, to, state, queues, ..] = fields[..] else { return None };
        let unread = u32::from_str_radix(queues.split_once(':')?.1, 16).ok()?;
        (from.ends_with(&local) && to.ends_with(&remote))
            .then(|| Some((u8::from_str_radix(state, 16).ok()?, unread)))?
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_viewers_of_one_blocking_playlist_are_one_request_to_the_origin() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    let mut viewers = tokio::task::JoinSet::new();
    for n in 0..200 {
        let sid = app.sid().await;
        // Differing order and sid are one request all the same.
        let query = if n % 2 == 0 { "_HLS_msn=7&_HLS_part=1" } else { "_HLS_part=1&_HLS_msn=7" };
        let (client, url) = (app.client.clone(), app.url(&media(&format!("index.m3u8?sid={sid}&{query}"))));
        viewers.spawn(async move { client.get(url).send().await.unwrap() });
    }
    // Invented ones, and one that another edge's key signed: served, not counted.
    for n in 0..50 {
        let sid = if n == 0 { "0123456789abcdef0123456789abcdef".into() } else { format!("s{n}") };
        assert_eq!(app.get(&media(&format!("index.m3u8?sid={sid}"))).await.status(), 200);
    }
    until(|| origin.count("_HLS_msn=7") > 0).await;
    assert!(
        tokio::time::timeout(Duration::from_millis(500), viewers.join_next()).await.is_err(),
        "all are held"
    );
    origin.open.send_replace(true);
    while let Some(answer) = viewers.join_next().await {
        let answer = answer.unwrap();
        assert_eq!(
            (answer.status(), &answer.headers()["access-control-allow-origin"] == "*"),
            (reqwest::StatusCode::OK, true)
        );
    }
    assert_eq!(origin.count("_HLS_msn=7"), 1);
    let sids = origin.count("sid=") - origin.count("sid=edge-sid-placeholder");
    assert_eq!(sids, 0, "sids stay at the edge");
    // As exact as a HyperLogLog is.
    until_counted(&app, 196..=204).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_with_many_part_numbers_holds_few_requests_and_is_refused_beyond_any_part() {
    let origin = Peer::start().await;
    // Viewers come by a proxy that names them.
    let app = TestApp::spawn_with(origin.address, |c| {
        c.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        c.max_held = 16;
    })
    .await;
    app.live(&origin.url(), 1).await;
    for part in ["1001", "9999999999"] {
        let answer = app.get(&media(&format!("index.m3u8?_HLS_msn=7&_HLS_part={part}"))).await;
        assert_eq!(answer.status(), 400);
        assert!(answer.text().await.unwrap().contains("playlist_out_of_range"));
    }
    assert_eq!(origin.count("_HLS_msn=7"), 0);
    let mut asked = tokio::task::JoinSet::new();
    let ask = |n: usize, from: &str| {
        let url = app.url(&media(&format!("index.m3u8?_HLS_msn=7&_HLS_part={n}")));
        let request = app.client.get(url).header("x-forwarded-for", from);
        async move { request.send().await.unwrap() }
    };
    // One customer, each time from another of its networks.
    for n in 0..40 {
        asked.spawn(ask(n, &format!("[2001:db8:0:{n:x}::1]:4000")));
    }
    for _ in 0..32 {
        let refused = asked.join_next().await.unwrap().unwrap();
        assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"] == "1"), (503, true));
    }
    until(|| origin.count("_HLS_msn=7") == 8).await;
    // Half is left for others, and what is under way is shared with everybody.
    for n in 50..54 {
        asked.spawn(ask(n, "192.0.2.2"));
    }
    until(|| origin.count("_HLS_msn=7") == 12).await;
    let other = app.get(&media("1-1.m4s")).await;
    assert_eq!(other.status(), 200);
    origin.open.send_replace(true);
    while let Some(answer) = asked.join_next().await {
        assert_eq!(answer.unwrap().status(), 200);
    }
    assert_eq!(
        app.get(&media("index.m3u8?_HLS_msn=7&_HLS_part=99")).await.status(),
        200,
        "all are free again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_a_bounded_number_of_connections_and_trusted_proxies_any() {
    let peer = Peer::start().await;
    let app = TestApp::spawn_with(peer.address, |c| c.max_connections_per_address = 3).await;
    let answered = async |socket: &mut TcpStream| {
        // Beyond the bound it is closed at once, perhaps before the request is out.
        let _ = socket.write_all(b"GET /api/client HTTP/1.1\r\nhost: x\r\n\r\n").await;
        socket.read(&mut [0; 512]).await.unwrap_or(0) > 0
    };
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut socket = TcpStream::connect(app.address).await.unwrap();
        assert!(answered(&mut socket).await);
        open.push(socket);
    }
    let mut fourth = TcpStream::connect(app.address).await.unwrap();
    assert!(!answered(&mut fourth).await);
    // Nor is anything carried out that came with such a connection.
    for _ in 0..20 {
        let mut refused = TcpStream::connect(app.address).await.unwrap();
        let _ = refused
            .write_all(b"POST /api/users/beyond HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
            .await;
        assert_eq!(refused.read(&mut [0; 512]).await.unwrap_or(0), 0);
    }
    for socket in &mut open {
        assert!(answered(socket).await, "those who are in stay in");
    }
    assert_eq!(peer.count("beyond"), 0);
    open.pop();
    let again = async {
        while !answered(&mut TcpStream::connect(app.address).await.unwrap()).await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), again).await.expect("a place is free again");
    let behind = TestApp::spawn_with(peer.address, |c| {
        c.max_connections_per_address = 1;
        c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let mut sockets = Vec::new();
    for _ in 0..3 {
        let mut socket = TcpStream::connect(behind.address).await.unwrap();
        assert!(answered(&mut socket).await);
        sockets.push(socket);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_who_leaves_does_not_end_the_request_of_the_others() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    let first = ask(&app, &media("1-9.0.m4s")).await;
    until(|| origin.count("1-9.0.m4s") == 1).await;
    let mut second = ask(&app, &media("1-9.0.m4s")).await;
    let (leaving, staying) = (first.local_addr().unwrap().port(), second.local_addr().unwrap().port());
    until(|| edge_side(&app, staying) == Some((ESTABLISHED, 0))).await;
    drop(first);
    until(|| edge_side(&app, leaving).is_none_or(|(state, _)| state != ESTABLISHED)).await;
    // Both workers have been round since the first one's end came in.
    for _ in 0..4 {
        assert_eq!(app.get(&media("1-1.m4s")).await.status(), 200);
    }
    origin.open.send_replace(true);
    let mut answer = Vec::new();
    second.read_to_end(&mut answer).await.unwrap();
    let (head, body) = answer.split_at(answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4);
    assert!(head.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(head));
    assert_eq!(body.len(), 1000);
    assert_eq!(origin.count("1-9.0.m4s"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_viewer_gets_a_session_id_of_its_own() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    let mut sids = HashSet::new();
    for _ in 0..5 {
        let answer = app.get("/live/Alice/index.m3u8").await;
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let text = answer.text().await.unwrap();
        let own: HashSet<_> =
            text.lines().filter_map(|l| l.split("sid=").nth(1)).map(str::to_owned).collect();
        assert_eq!(own.len(), 1, "one viewer's renditions have one sid: {text}");
        sids.extend(own);
    }
    assert_eq!(sids.len(), 5);
    assert!(app.get("/live/alice/index.m3u8?ll=0").await.status().is_success());
    assert_eq!(origin.count("ll=0"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn media_is_fetched_once_and_served_with_ranges_and_head() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    let path = media("1-3.m4s");
    let whole = app.get(&path).await;
    assert!(whole.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    assert_eq!(whole.bytes().await.unwrap().len(), 1000);
    let part = app.client.get(app.url(&path)).header("range", "bytes=5-8").send().await.unwrap();
    assert_eq!(
        (part.status().as_u16(), part.headers()["content-range"].to_str().unwrap()),
        (206, "bytes 5-8/1000")
    );
    assert_eq!(part.text().await.unwrap(), "5678");
    let beyond = app.client.get(app.url(&path)).header("range", "bytes=1000-").send().await.unwrap();
    assert_eq!(
        (beyond.status().as_u16(), beyond.headers()["content-range"].to_str().unwrap()),
        (416, "bytes */1000")
    );
    let head = app.client.head(app.url(&path)).send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.headers()["content-length"].to_str().unwrap()), (200, "1000"));
    assert_eq!(origin.count("1-3.m4s"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_playlist_goes_out_in_gzip_to_who_takes_it_and_not_again_to_who_has_it() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    let ask = async |name: &str, headers: &[(&str, &str)]| {
        let mut request = app.client.get(app.url(&format!("/live/b/{BROADCAST}/long/{name}")));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    };
    for name in ["index.m3u8", "iframes.m3u8"] {
        let plain = ask(name, &[]).await;
        assert_eq!(plain.headers()["vary"], "Accept-Encoding");
        assert_eq!(plain.headers()["etag"], "\"5\"");
        assert!(!plain.headers().contains_key("content-encoding"));
        let plain = plain.bytes().await.unwrap();
        let zipped = ask(name, &[("accept-encoding", "br, gzip")]).await;
        assert_eq!(zipped.headers()["content-encoding"], "gzip");
        assert_eq!(zipped.headers()["etag"], "\"5-gz\"");
        assert_eq!(zipped.headers()["vary"], "Accept-Encoding");
        let zipped = zipped.bytes().await.unwrap();
        assert!(zipped.len() * 10 < plain.len(), "{} of {} bytes", zipped.len(), plain.len());
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&zipped[..]), &mut text).unwrap();
        assert_eq!(text.as_bytes(), plain);
    }
    for (named, encoding, status) in [
        ("\"5\"", "identity", 304),
        ("W/\"5\", \"7\"", "identity", 304),
        ("\"5-gz\"", "gzip", 304),
        ("\"5\"", "gzip", 200),
        ("\"7\"", "identity", 200),
    ] {
        let answer = ask("index.m3u8", &[("if-none-match", named), ("accept-encoding", encoding)]).await;
        assert_eq!(answer.status(), status, "{named} {encoding}");
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
        assert_eq!(answer.bytes().await.unwrap().is_empty(), status == 304);
    }
    // Media is compressed already.
    let media =
        app.client.get(app.url(&media("1-3.m4s"))).header("accept-encoding", "gzip").send().await.unwrap();
    assert!(!media.headers().contains_key("content-encoding"));
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_on_a_kept_connection_never_wait_for_the_viewers_acknowledgement() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    let mut socket = TcpStream::connect(app.address).await.unwrap();
    let mut quickest = Duration::MAX;
    for number in 0..10 {
        let path = media(&format!("1-7.{number}.m4s"));
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", app.address);
        let asked = std::time::Instant::now();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.windows(4).any(|w| w == b"\r\n\r\n") || answer.len() < 70_000 {
            assert_ne!(socket.read_buf(&mut answer).await.unwrap(), 0, "closed");
        }
        let head = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
        while answer.len() < head + 70_000 {
            assert_ne!(socket.read_buf(&mut answer).await.unwrap(), 0, "closed");
        }
        // The first answers of a connection are acknowledged at once.
        if number > 2 {
            quickest = quickest.min(asked.elapsed());
        }
    }
    // Linux delays an acknowledgement by 40 ms at least (TCP_DELACK_MIN): one that waits for it cannot be quicker.
    assert!(quickest < Duration::from_millis(35), "{quickest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_pass_with_cors_and_are_not_kept() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    for _ in 0..2 {
        let answer = app.get(&media("nothing.m4s")).await;
        assert_eq!(answer.status(), 404);
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    }
    assert_eq!(origin.count("nothing.m4s"), 2);
    for (path, status) in [
        (media("index.m3u8?_HLS_msn=x"), 400),
        (media("index.m3u8?ll=0&ll=1"), 400),
        (media("..%2f..%2fetc"), 404),
        ("/live/b/not-an-id/source/index.m3u8".into(), 404),
        ("/live/nobody/index.m3u8".into(), 404),
        ("/live".into(), 404),
    ] {
        let answer = app.get(&path).await;
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
    }
}

/// GET commands that Redis has seen.
async fn lookups(app: &TestApp) -> u64 {
    let text: String = app.redis("INFO", &["commandstats"]).await;
    let line = text.lines().find(|l| l.starts_with("cmdstat_get:")).unwrap_or_default();
    line.split("calls=").nth(1).and_then(|t| t.split(',').next()?.parse().ok()).unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_channel_costs_few_lookups_however_often_it_is_asked_for() {
    let app = TestApp::spawn(([127, 0, 0, 1], 9).into()).await;
    let before = lookups(&app).await;
    let began = std::time::Instant::now();
    let mut askers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let url = app.url("/live/nobody/index.m3u8");
        askers.spawn(async move {
            let client = reqwest::Client::new();
            for _ in 0..500 {
                let answer = client.get(&url).send().await.unwrap();
                assert_eq!(answer.status(), 404);
                assert!(answer.text().await.unwrap().contains("channel_offline"));
            }
        });
    }
    while let Some(done) = askers.join_next().await {
        done.unwrap();
    }
    let lookups = lookups(&app).await - before;
    assert!(lookups <= began.elapsed().as_secs() + 2, "{lookups} lookups in {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_outside_the_allowed_networks_is_not_fetched() {
    let origin = Peer::start().await;
    let app =
        TestApp::spawn_with(origin.address, |c| c.origin_allow = vec!["10.0.0.0/8".parse().unwrap()]).await;
    app.live(&origin.url(), 1).await;
    assert_eq!(app.get("/live/alice/index.m3u8").await.status(), 404);
    assert_eq!(app.get(&media("index.m3u8")).await.status(), 404);
    assert_eq!(origin.count("/live/"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_broadcast_plays_on_while_redis_is_away() {
    let origin = Peer::start().await;
    let mut app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    assert_eq!(app.get(&media("1-1.m4s")).await.status(), 200);
    app.redis.kill();
    assert_eq!(app.get(&media("1-2.m4s")).await.status(), 200);
    assert_eq!(app.get(&media("index.m3u8")).await.status(), 200);
    // So balancers go on leading viewers here.
    let health = format!("http://{}/health", app.admin);
    let (status, report) = eventually("Redis is missed", || async {
        let answer = app.client.get(&health).send().await.unwrap();
        let status = answer.status();
        let report: serde_json::Value = answer.json().await.unwrap();
        (report["dependencies"]["redis"]["ok"] == false).then_some((status, report))
    })
    .await;
    assert_eq!((status.as_u16(), report["status"].as_str()), (200, Some("degraded")), "{report}");
    assert_eq!(app.client.get(format!("{health}/ready")).send().await.unwrap().status(), 200);
    assert_eq!(app.get("/health").await.status(), 200);
    assert_eq!(app.get(&media("1-3.m4s")).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_while_redis_is_away_is_503_and_not_told_to_be_offline() {
    let origin = Peer::start().await;
    let mut app = TestApp::spawn(origin.address).await;
    assert_eq!(app.get("/live/nobody/index.m3u8").await.status(), 404, "Redis says so");
    app.redis.kill();
    for path in ["/live/alice/index.m3u8".to_owned(), media("index.m3u8"), media("1-1.m4s")] {
        let answer = app.get(&path).await;
        assert_eq!(answer.status(), 503, "{path}");
        assert!(answer.headers().contains_key("retry-after"), "{path}");
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
        assert!(answer.text().await.unwrap().contains("\"unavailable\""), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_known_broadcast_lacks_costs_few_lookups_however_often_it_is_asked_for() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    assert_eq!(app.get(&media("1-1.m4s")).await.status(), 200);
    let (before, began) = (lookups(&app).await, std::time::Instant::now());
    let mut askers = tokio::task::JoinSet::new();
    for n in 0..20 {
        let url = app.url(&format!("/live/b/{BROADCAST}/r{n}/nothing.m4s"));
        askers.spawn(async move {
            let client = reqwest::Client::new();
            for _ in 0..10 {
                assert_eq!(client.get(&url).send().await.unwrap().status(), 404);
            }
        });
    }
    while let Some(done) = askers.join_next().await {
        done.unwrap();
    }
    let lookups = lookups(&app).await - before;
    // And once a second whether everybody may watch it.
    let most = began.elapsed().as_millis() / 100 + 1 + u128::from(began.elapsed().as_secs()) + 1;
    assert!((1..=most).contains(&u128::from(lookups)), "{lookups} lookups in {:?}", began.elapsed());
}
