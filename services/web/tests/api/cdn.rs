//! A CDN before an edge: a real nginx with the very configuration that docs/SCALING.md shows ("nginx as the CDN"). What reaches the edge of a
//! hundred viewers, how they are counted, and what may never be kept.

use crate::{
    BROADCAST, TestApp,
    edge::{ESTABLISHED, eventually, media, server_side},
    peers::Peer,
    tap::Tap,
    until,
    viewers::until_counted,
    watching::{self, Stream},
};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};
use streamly_testkit::nginx::Nginx;
use streamly_web::Config;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

const GUIDE: &str = include_str!("../../../../docs/SCALING.md");
const VIEWERS: usize = 100;
/// Of a list that the origin holds until its gate opens.
const HELD: &str = "_HLS_msn=7&_HLS_part=1";
/// A broadcast that there is not.
const UNKNOWN: &str = "0193a5f0-0000-7000-8000-00000000ffff";
/// nginx looks after those who wait for another one's answer each half second; the rest is for a busy machine.
const AFTER_NGINX: Duration = Duration::from_secs(2);
/// Everything here is answered within this.
const SOON: Duration = Duration::from_secs(20);

/// The guide's configuration.
fn configuration() -> &'static str {
    let mut blocks = GUIDE.split("```nginx\n").skip(1);
    let block = blocks.next().and_then(|rest| rest.split("```").next()).expect("the guide has one");
    assert_eq!(blocks.next(), None, "the guide has one");
    block
}

/// nginx with it, before an edge.
struct Cdn {
    nginx: Nginx,
    /// Between the two.
    tap: Tap,
    client: reqwest::Client,
}

impl Cdn {
    async fn before(app: &TestApp) -> Self {
        Self::with(app, &[]).await
    }

    /// The same, with other lines.
    async fn with(app: &TestApp, changes: &[(&str, &str)]) -> Self {
        let tap = Tap::before(app.address).await;
        let web = format!("server {};", tap.address);
        let nginx = Nginx::start(|at, folder| {
            let (listen, cache) =
                (format!("listen {at};"), format!("proxy_cache_path {}/cache ", folder.display()));
            let places = [
                ("listen 80;", listen.as_str()),
                ("server 10.0.0.10:3000;", web.as_str()),
                ("proxy_cache_path /var/cache/nginx/streamly ", cache.as_str()),
            ];
            let mut text = configuration().to_owned();
            for (what, with) in places.iter().chain(changes) {
                assert!(text.contains(*what), "the guide's configuration has no {what}");
                text = text.replace(*what, with);
            }
            text
        });
        Self { nginx: nginx.unwrap(), tap, client: app.client.clone() }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.nginx.address)
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    async fn status(&self, path: &str) -> u16 {
        self.get(path).await.status().as_u16()
    }

    /// A new viewer's sid; `query` is the multivariant playlist's.
    async fn join(&self, query: &str) -> String {
        let text = self.get(&format!("/live/alice/index.m3u8{query}")).await.text().await.unwrap();
        let sid = text.split("sid=").nth(1).and_then(|rest| rest.split(['&', '\n']).next());
        sid.unwrap_or_else(|| panic!("no sid: {text}")).to_owned()
    }

    /// All viewers ask for it at once, one in four for a range.
    async fn is_given_to_all(&self, path: &str) {
        let mut viewers = JoinSet::new();
        for n in 0..VIEWERS {
            let request = self.client.get(self.url(path));
            let (request, status) = match n % 4 {
                0 => (request.header("range", "bytes=5-8"), 206),
                _ => (request, 200),
            };
            viewers.spawn(async move { (request.send().await.unwrap(), status) });
        }
        while let Some(answer) = viewers.join_next().await {
            let (answer, status) = answer.unwrap();
            assert_eq!(answer.status(), status, "{path}");
            assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
            let length = answer.bytes().await.unwrap().len();
            assert_eq!(length == 4, status == 206, "{length} bytes of {path}");
        }
    }

    /// What viewers are answered, head and body, who all wait for one list of the origin; and how long after the origin had it the last of
    /// them had.
    async fn held(&self, origin: &Peer, paths: impl IntoIterator<Item = String>) -> (Vec<String>, Duration) {
        let (at, mut viewers) = (self.nginx.address, Vec::new());
        for path in paths {
            let mut viewer = TcpStream::connect(at).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n");
            viewer.write_all(request.as_bytes()).await.unwrap();
            viewers.push(viewer);
        }
        let is_read = |viewer: &TcpStream| {
            let port = viewer.local_addr().unwrap().port();
            server_side(at, port) == Some((ESTABLISHED, 0))
        };
        until(|| viewers.iter().all(is_read) && origin.count("_HLS_msn=7") == 1).await;
        let early = timeout(Duration::from_millis(300), viewers[0].read(&mut [0])).await;
        assert!(early.is_err(), "all are held");
        let opened = Instant::now();
        origin.open.send_replace(true);
        let mut answers = Vec::new();
        for mut viewer in viewers {
            let mut answer = String::new();
            timeout(SOON, viewer.read_to_string(&mut answer)).await.expect("it is answered").unwrap();
            answers.push(answer);
        }
        (answers, opened.elapsed())
    }
}

/// Believes who asks by what a proxy of this machine says, as the guide has it.
fn trust(config: &mut Config) {
    config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
}

/// An edge with alice on air.
async fn edge(origin: &Peer) -> TestApp {
    let app = TestApp::spawn_with(origin.address, trust).await;
    app.live(&origin.url(), 1).await;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_viewers_of_one_thing_are_one_request_to_the_edge_and_are_counted_by_their_beacons() {
    let origin = Peer::start().await;
    let app = edge(&origin).await;
    let cdn = Cdn::before(&app).await;
    let mut sids = HashSet::new();
    for _ in 0..VIEWERS {
        sids.insert(cdn.join("").await);
    }
    assert_eq!((sids.len(), cdn.tap.count("GET /live/alice/")), (VIEWERS, VIEWERS), "each has its own");
    let still = format!("/live/b/{BROADCAST}/stills/7.jpg");
    for path in [media("1-1.m4s"), media("1-3.0.m4s"), media("1-init0.mp4"), still] {
        cdn.is_given_to_all(&path).await;
        assert_eq!(cdn.tap.count(&path), 1, "{path}");
    }
    let head = cdn.client.head(cdn.url(&media("1-1.m4s"))).send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.headers()["content-length"].to_str().unwrap()), (200, "1000"));
    assert_eq!(head.headers()["x-cache"], "HIT");
    let paths = sids.iter().enumerate().map(|(n, sid)| match n % 2 {
        0 => media(&format!("index.m3u8?sid={sid}&{HELD}")),
        _ => media(&format!("index.m3u8?_HLS_part=1&sid={sid}&_HLS_msn=7")),
    });
    let (answers, late) = cdn.held(&origin, paths).await;
    for answer in &answers {
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("#EXTM3U"), "{answer}");
    }
    assert_eq!((answers.len(), cdn.tap.count("_HLS_msn=7")), (VIEWERS, 1));
    assert!(late < AFTER_NGINX, "{late:?}");
    until_counted(&app, 1..=1).await;
    for sid in &sids {
        let beacon = cdn.client.post(cdn.url(&format!("/live/b/{BROADCAST}/beacon?sid={sid}")));
        assert_eq!(beacon.send().await.unwrap().status(), 204);
    }
    // As exact as a HyperLogLog is.
    until_counted(&app, VIEWERS as u64 - 3..=VIEWERS as u64 + 3).await;
    // Pages and calls find the host that was asked, and whom limits count.
    let client = cdn.get("/api/client").await.text().await.unwrap();
    assert!(client.contains(&format!("{}/ws", cdn.nginx.address)), "{client}");
    assert_eq!(cdn.tap.count("X-Forwarded-For: 127.0.0.1\r\n"), cdn.tap.count("\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_waits_in_nginx_all_come_to_the_edge_and_are_counted_and_the_origin_is_asked_once() {
    const FEW: usize = 20;
    let origin = Peer::start().await;
    let app = edge(&origin).await;
    let cdn = Cdn::with(&app, &[("proxy_cache_lock_timeout 5s;", "proxy_cache_lock_timeout 0s;")]).await;
    let mut paths = Vec::new();
    for _ in 0..FEW {
        paths.push(media(&format!("index.m3u8?sid={}&{HELD}", cdn.join("").await)));
    }
    let (answers, late) = cdn.held(&origin, paths.clone()).await;
    assert!(answers.iter().all(|answer| answer.starts_with("HTTP/1.1 200 ")), "{answers:?}");
    assert_eq!((cdn.tap.count("_HLS_msn=7"), origin.count("_HLS_msn=7")), (FEW, 1));
    assert!(late < Duration::from_millis(500), "{late:?}");
    assert_eq!(cdn.get(&paths[0]).await.headers()["x-cache"], "HIT", "who is later has the first one's");
    until_counted(&app, FEW as u64 - 1..=FEW as u64 + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_another_one_by_what_the_guide_says_and_by_nothing_else() {
    let origin = Peer::start().await;
    origin.open.send_replace(true);
    let app = edge(&origin).await;
    let cdn = Cdn::before(&app).await;
    let long = cdn.url(&format!("/live/b/{BROADCAST}/long/index.m3u8?_HLS_msn=7"));
    let encoding = async |accepted: &str| {
        let answer = cdn.client.get(&long).header("accept-encoding", accepted).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["vary"] == "Accept-Encoding"), (200, true));
        answer.headers().get("content-encoding").map(|encoding| encoding.to_str().unwrap().to_owned())
    };
    for accepted in ["gzip, deflate, br", "br;q=1.0, gzip;q=0.8", "GZIP"] {
        assert_eq!(encoding(accepted).await.as_deref(), Some("gzip"), "{accepted}");
    }
    assert_eq!(cdn.tap.count("_HLS_msn=7"), 1);
    for accepted in ["identity", "gzip;q=0, br", "xgzip"] {
        assert_eq!(encoding(accepted).await, None, "{accepted}");
    }
    assert_eq!(cdn.tap.count("_HLS_msn=7"), 2);
    for query in ["", "&_HLS_part=0", "&_HLS_skip=YES", "&ll=0"] {
        for _ in 0..2 {
            assert_eq!(cdn.status(&media(&format!("index.m3u8?_HLS_msn=8{query}"))).await, 200, "{query}");
        }
    }
    assert_eq!(cdn.tap.count("_HLS_msn=8"), 4);
    // Nobody has something else kept under what others ask for.
    let odd = media("index.m3u8?_HLS_msn=9&%6Cl=0&_HLS%5Fskip=YES&preview=1&x=y&sid=a");
    assert_eq!(cdn.status(&odd).await, 200);
    assert_eq!(cdn.get(&media("index.m3u8?_HLS_msn=9")).await.headers()["x-cache"], "HIT");
    let heads = cdn.tap.heads("_HLS_msn=9");
    let passed = format!("GET {} HTTP/1.1\r\n", media("index.m3u8?_HLS_msn=9&sid=a"));
    assert!(heads.len() == 1 && heads[0].starts_with(&passed), "{heads:?}");
    // As they are now.
    for name in ["index.m3u8", "iframes.m3u8"] {
        for _ in 0..3 {
            assert_eq!(cdn.status(&media(name)).await, 200);
        }
        assert_eq!(cdn.tap.count(&format!("source/{name}?sid= ")), 3, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_few_is_kept_for_nobody_and_its_viewers_do_not_wait_for_each_other() {
    let (origin, stream) = (Peer::start().await, Stream::start());
    let app = watching::edge(&stream, trust).await;
    watching::index(&app, &stream, &origin, 1).await;
    // From then on the edge has the keys.
    watching::enter(&app, &stream.token(|_| {})).await;
    let cdn = Cdn::before(&app).await;
    let mut viewers = Vec::new();
    for _ in 0..5 {
        let token = stream.token(|_| {});
        viewers.push((cdn.join(&format!("?token={token}")).await, token));
    }
    for (sid, token) in &viewers {
        for shown in [format!("sid={sid}"), format!("token={token}")] {
            for name in ["1-1.m4s", "1-init0.mp4"] {
                let answer = cdn.get(&media(&format!("{name}?{shown}"))).await;
                assert_eq!(answer.status(), 200, "{name} {shown}");
                assert!(answer.headers()["cache-control"].to_str().unwrap().starts_with("private"));
            }
        }
    }
    assert_eq!((cdn.tap.count("1-1.m4s"), origin.count("1-1.m4s")), (2 * viewers.len(), 1));
    let first = media(&format!("1-1.m4s?sid={}", viewers[0].0));
    let whole = cdn.get(&first).await.text().await.unwrap();
    let range = cdn.client.get(cdn.url(&first)).header("range", "bytes=5-8").send().await.unwrap();
    assert_eq!((range.status().as_u16(), range.text().await.unwrap().as_str()), (206, &whole[5..=8]));
    let own = |(sid, token): &(String, String)| {
        media(&format!("index.m3u8?sid={sid}&token={token}&{HELD}")).replace("/source/", "/long/")
    };
    let (answers, late) = cdn.held(&origin, viewers.iter().map(own)).await;
    assert_eq!(cdn.tap.count("_HLS_msn=7"), viewers.len());
    assert!(late < AFTER_NGINX, "{late:?}");
    for (answer, (sid, _)) in answers.iter().zip(&viewers) {
        assert!(answer.to_ascii_lowercase().contains("cache-control: private, no-store\r\n"), "{answer}");
        assert_eq!(answer.matches(&format!("1-1.m4s?sid={sid}\n")).count(), 500, "it is the viewer's own");
    }
    // What they had is there for nobody else.
    for (shown, status) in [("", 401), ("token=x", 403), ("sid=0123456789abcdef0123456789abcdef", 401)] {
        for thing in ["1-1.m4s?", "1-init0.mp4?", "index.m3u8?", "index.m3u8?_HLS_msn=7&_HLS_part=1&"] {
            for _ in 0..2 {
                let answer = cdn.get(&media(&format!("{thing}{shown}"))).await;
                assert_eq!(answer.status(), status, "{thing}{shown}");
                assert_ne!(answer.headers()["x-cache"], "HIT", "{thing}{shown}");
            }
        }
    }
    // What was for all when it was kept is given out until it is purged, and nothing that comes later.
    watching::index(&app, &stream, &origin, 0).await;
    let open = media("1-2.m4s");
    eventually("open", || async { (cdn.status(&open).await == 200).then_some(()) }).await;
    watching::index(&app, &stream, &origin, 1).await;
    eventually("closed", || async { (app.get(&open).await.status() == 401).then_some(()) }).await;
    assert_eq!((cdn.status(&open).await, cdn.status(&media("1-4.m4s")).await), (200, 401));
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_not_kept_and_no_list_is_given_that_is_older_than_it_may_be() {
    let origin = Peer::start().await;
    origin.open.send_replace(true);
    let mut app = TestApp::spawn_with(origin.address, trust).await;
    let cdn = Cdn::before(&app).await;
    let (part, list) = (media("1-1.m4s"), media(&format!("index.m3u8?{HELD}")));
    let is_refused = async |path: &str, status: u16| {
        let before = cdn.tap.count(path);
        for _ in 0..3 {
            let answer = cdn.get(path).await;
            assert_eq!(answer.status(), status, "{path}");
            assert_eq!(answer.headers()["cache-control"], "no-store", "{path}");
            assert_eq!(answer.headers().contains_key("retry-after"), status == 503, "{path}");
        }
        assert_eq!(cdn.tap.count(path) - before, 3, "{path}");
    };
    for path in [&part, &list] {
        is_refused(&path.replace(BROADCAST, UNKNOWN), 404).await;
    }
    is_refused("/live/nobody/index.m3u8", 404).await;
    app.redis.kill();
    for path in [&part, &list] {
        is_refused(path, 503).await;
    }
    app.redis.start_again().unwrap();
    app.live(&origin.url(), 1).await;
    eventually("on air", || async { (cdn.status(&part).await == 200).then_some(()) }).await;
    assert_eq!(cdn.status(&list).await, 200);
    assert_eq!(cdn.get(&list).await.headers()["x-cache"], "HIT");
    cdn.tap.cut();
    eventually("no list", || async { (cdn.status(&list).await == 502).then_some(()) }).await;
    let kept = cdn.get(&part).await;
    assert_eq!((kept.status().as_u16(), &kept.headers()["x-cache"] == "HIT"), (200, true));
    assert_eq!(kept.bytes().await.unwrap().len(), 1000);
}
