//! HTTPS: the same service by TLS, by HTTP/1.1 and HTTP/2, the way there from plain HTTP, and new certificates.

use crate::{
    TestApp,
    edge::media,
    peers::Peer,
    secure::{Certified, Http2, connect, http1, whole},
    tunnel::chat,
};
use futures_util::{SinkExt, StreamExt};
use std::{
    fs,
    time::{Duration, Instant},
};
use streamly_config::Duration as Setting;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{client_async, tungstenite::Message};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_answers_come_by_http_1_1_and_by_http_2_as_the_handshake_has_it() {
    let (peer, certified) = (Peer::start().await, Certified::new());
    let app = TestApp::spawn_with(peer.address, |c| certified.to(c)).await;
    let pem = certified.pem();
    for protocols in [&["http/1.1"][..], &[]] {
        let said = http1(&app, &pem, protocols, "/api/client").await.unwrap();
        assert!(said.starts_with("HTTP/1.1 200 OK\r\n"), "{said}");
        assert!(
            said.contains("strict-transport-security: ") && said.contains("wss://localhost/ws"),
            "{said}"
        );
    }
    let http2 = Http2::connect(&app, &pem).await;
    let answer = http2.get("/api/client").await;
    assert_eq!(answer.status(), 200);
    for name in ["connection", "transfer-encoding", "keep-alive", "upgrade"] {
        assert!(!answer.headers().contains_key(name), "{name}");
    }
    for name in ["date", "x-request-id", "strict-transport-security", "content-length"] {
        assert!(answer.headers().contains_key(name), "{name}");
    }
    let told: serde_json::Value = serde_json::from_slice(&whole(answer).await.unwrap()).unwrap();
    assert_eq!(told["ws_url"], "wss://localhost/ws");
    assert_eq!(told["live_url"], "https://localhost/live");
    let head = http2.ask("HEAD", "/api/users/a").await;
    assert_eq!(head.status(), 200);
    assert!(head.headers()["content-length"].to_str().unwrap().parse::<u64>().unwrap() > 0);
    assert!(whole(head).await.unwrap().is_empty());
    assert_eq!(http2.get("/ws").await.status(), 400, "browsers ask for it by HTTP/1.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_by_http_2_passes_as_one_by_http_1_1() {
    let (peer, certified) = (Peer::start().await, Certified::new());
    let app = TestApp::spawn_with(peer.address, |c| certified.to(c)).await;
    let http2 = Http2::connect(&app, &certified.pem()).await;
    let request = http::Request::post("https://localhost/api/users/a?x=1")
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .header("x-forwarded-for", "9.9.9.9")
        .body(())
        .unwrap();
    let mut client = http2.client.clone().ready().await.unwrap();
    let (answer, mut body) = client.send_request(request, false).unwrap();
    body.send_data("hel".into(), false).unwrap();
    body.send_data("lo".into(), true).unwrap();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 200);
    let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().cloned().collect();
    assert_eq!(cookies, ["a=1; Path=/", "b=2"]);
    let seen = String::from_utf8(whole(answer).await.unwrap()).unwrap().to_ascii_lowercase();
    assert!(seen.starts_with("post /api/users/a?x=1 http/1.1") && seen.ends_with("hello"), "{seen}");
    for line in [
        "x-forwarded-for: 127.0.0.1\r\n",
        "x-forwarded-proto: https\r\n",
        "cookie: a=1; b=2\r\n",
        "host: localhost\r\n",
    ] {
        assert!(seen.contains(line), "{line} is not in {seen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn held_playlists_segments_and_events_come_beside_each_other_on_one_connection() {
    let (origin, certified) = (Peer::start().await, Certified::new());
    let app = TestApp::spawn_with(origin.address, |c| certified.to(c)).await;
    app.live(&origin.url(), 1).await;
    let http2 = Http2::connect(&app, &certified.pem()).await;
    let events = http2.get("/api/events?topics=directory").await;
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let mut events = events.into_body();
    let held = media("index.m3u8?_HLS_msn=7&_HLS_part=0");
    let waiting = http2.get(&held);
    tokio::pin!(waiting);
    for n in 0..3 {
        origin.event.notify_one();
        let event = tokio::select! {
            event = timeout(Duration::from_secs(5), events.data()) => event.unwrap().unwrap().unwrap(),
            _ = &mut waiting => panic!("the playlist is held"),
        };
        assert_eq!(event, format!("data: {n}\n\n"));
        // Larger than the window that a client gives at first.
        let segment = whole(http2.get(&media("1-7.m4s")).await).await.unwrap();
        assert_eq!(segment.len(), 70_000);
    }
    origin.open.send_replace(true);
    let playlist = timeout(Duration::from_secs(10), waiting).await.unwrap();
    assert_eq!(playlist.status(), 200);
    assert!(whole(playlist).await.unwrap().starts_with(b"#EXTM3U"));
    // An open event stream does not hold up the stop, and ends whole.
    app.stop().await;
    while let Some(last) = timeout(Duration::from_secs(5), events.data()).await.unwrap() {
        assert!(last.expect("it is not cut off").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_passes_through_tls() {
    let ((address, _), certified) = (chat().await, Certified::new());
    let app = TestApp::spawn_with(address, |c| certified.to(c)).await;
    let stream = connect(app.https.unwrap(), &certified.pem(), &["http/1.1"]).await.unwrap();
    let (mut ws, _) = client_async("ws://localhost/ws", stream).await.unwrap();
    for message in [Message::text("here"), Message::binary(vec![7u8; 1 << 20])] {
        ws.send(message.clone()).await.unwrap();
        let echo = timeout(Duration::from_secs(10), ws.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(echo, message);
    }
    ws.send(Message::text("close")).await.unwrap();
    assert!(matches!(ws.next().await, Some(Ok(Message::Close(Some(_))))));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_is_sent_to_the_same_path_by_https() {
    let (peer, certified) = (Peer::start().await, Certified::new());
    let asks = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let app = TestApp::spawn_with(peer.address, |c| certified.to(c)).await;
    let gone = asks.get(app.url("/alice?x=1&y=%2F")).send().await.unwrap();
    assert_eq!(gone.status(), 308);
    assert_eq!(gone.headers()["location"], "https://localhost/alice?x=1&y=%2F");
    assert!(!gone.headers().contains_key("strict-transport-security"), "never without TLS");
    // Players' requests as well, which have a way of their own where there is no TLS (ADR 0056).
    for path in ["/live/alice/index.m3u8", "/live/b/1/source/1-2.m4s"] {
        assert_eq!(asks.get(app.url(path)).send().await.unwrap().status(), 308, "{path}");
    }
    let beacon = asks.post(app.url("/live/b/1/beacon?sid=x")).body("").send().await.unwrap();
    assert_eq!(beacon.status(), 308);
    let posted = asks.post(app.url("/api/users/a")).body("secret").send().await.unwrap();
    assert_eq!(posted.status(), 308);
    assert_eq!(peer.count("/api/users/a"), 0, "nothing is carried out");
    assert_eq!(asks.get(app.url("/health")).send().await.unwrap().status(), 200);
    let claims = |app: &TestApp, said: &str| {
        asks.get(app.url("/api/client")).header("x-forwarded-proto", said.to_owned()).send()
    };
    assert_eq!(claims(&app, "https").await.unwrap().status(), 308, "who is no proxy of ours says nothing");

    let behind = TestApp::spawn_with(peer.address, |c| {
        certified.to(c);
        c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    for (said, status) in [("https", 200), ("https, http", 200), ("http", 308), ("", 308)] {
        assert_eq!(claims(&behind, said).await.unwrap().status(), status, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_another_host() {
    let (peer, certified) = (Peer::start().await, Certified::new());
    let app = TestApp::spawn_with(peer.address, |c| certified.to(c)).await;
    for (target, location) in [
        ("/x", "https://localhost/x"),
        ("//evil.example/x", "https://localhost//evil.example/x"),
        ("/@evil.example", "https://localhost/@evil.example"),
        ("/\\evil.example", "https://localhost/\\evil.example"),
        ("http://evil.example/x?y", "https://localhost/x?y"),
    ] {
        let mut socket = TcpStream::connect(app.address).await.unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut said = String::new();
        timeout(Duration::from_secs(5), socket.read_to_string(&mut said)).await.unwrap().unwrap();
        let to = said.lines().find_map(|line| line.strip_prefix("location: "));
        // What is no URL at all may be refused instead.
        let refused = said.starts_with("HTTP/1.1 400 ") && to.is_none() && target.contains('\\');
        assert!(to == Some(location) || refused, "{target}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_in_the_clear_do_not_speak_of_https_and_those_behind_a_proxy_with_it_do() {
    const HSTS: &str = "strict-transport-security";
    let (peer, certified) = (Peer::start().await, Certified::new());
    let app = TestApp::spawn_with(peer.address, |c| {
        certified.to(c);
        c.https.redirect = false;
        c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    for path in ["/api/client", "/health"] {
        let plain = app.get(path).await;
        assert_eq!(plain.status(), 200, "both are served");
        assert!(!plain.headers().contains_key(HSTS), "{path}");
        let proxied = app.client.get(app.url(path)).header("x-forwarded-proto", "https");
        assert!(proxied.send().await.unwrap().headers().contains_key(HSTS), "{path}");
    }
    assert!(Http2::connect(&app, &certified.pem()).await.get("/health").await.headers().contains_key(HSTS));
    // Without a listener by TLS it is a proxy that ends it, as `public_url` says.
    let behind = TestApp::spawn_with(peer.address, |c| c.public_url = "https://localhost".into()).await;
    assert!(behind.get("/health").await.headers().contains_key(HSTS));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_under_way_at_the_stop_is_taken_whole() {
    let (origin, certified) = (Peer::start().await, Certified::new());
    let app = TestApp::spawn_with(origin.address, |c| certified.to(c)).await;
    app.live(&origin.url(), 1).await;
    let http2 = Http2::connect(&app, &certified.pem()).await;
    let mut body = http2.get(&media("1-7.m4s")).await.into_body();
    // As much as its window has, which the segment is larger than.
    let mut took = 0;
    while took < 65_535 {
        took += body.data().await.unwrap().unwrap().len();
    }
    let stopping = tokio::spawn(app.stop());
    let told = async {
        while http2.client.clone().ready().await.is_ok() {
            tokio::task::yield_now().await
        }
    };
    timeout(Duration::from_secs(5), told).await.expect("the client is told to open no more");
    body.flow_control().release_capacity(took).unwrap();
    while let Some(chunk) = body.data().await {
        took += chunk.expect("nothing is cut off").len();
    }
    assert_eq!(took, 70_000);
    stopping.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn until_when_the_certificate_is_good_is_told_from_the_start_and_anew_with_each_change() {
    const END: &str = "streamly_web_https_certificate_not_after_seconds";
    let (peer, certified) = (Peer::start().await, Certified::new());
    // All services of these tests share their metrics: another one may tell its own end in between.
    let mut year = 2500;
    let app = loop {
        let end = certified.renew_until(year) as f64;
        let app = TestApp::spawn_with(peer.address, |c| {
            certified.to(c);
            c.https.reload_interval = Setting::from_millis(50);
        })
        .await;
        if app.metric(END).await == Some(end) {
            break app;
        }
        app.stop().await;
        year += 1;
        assert!(year < 2510, "not told from the start");
    };
    let until = Instant::now() + Duration::from_secs(15);
    loop {
        year += 1;
        let end = certified.renew_until(year) as f64;
        while connect(app.https.unwrap(), &certified.pem(), &[]).await.is_err() {
            assert!(Instant::now() < until, "never shown");
        }
        if app.metric(END).await == Some(end) {
            break;
        }
        assert!(Instant::now() < until, "not told after a change");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_files_are_shown_without_a_restart_and_those_of_no_use_never() {
    let (peer, certified) = (Peer::start().await, Certified::new());
    let app = TestApp::spawn_with(peer.address, |c| {
        certified.to(c);
        c.https.reload_interval = Setting::from_millis(50);
    })
    .await;
    let at = app.https.unwrap();
    let first = certified.pem();
    let running = Http2::connect(&app, &first).await;
    // A certificate whose key is another one, and a file that is none.
    let other = Certified::new();
    for damaged in [other.pem(), b"-----BEGIN CERTIFICATE-----\nA".to_vec()] {
        fs::write(certified.cert(), damaged).unwrap();
        let until = Instant::now() + Duration::from_millis(300);
        while Instant::now() < until {
            connect(at, &first, &[]).await.expect("the last good one is shown");
        }
    }
    let second = certified.renew();
    let until = Instant::now() + Duration::from_secs(10);
    while let Err(error) = connect(at, &second, &[]).await {
        assert!(Instant::now() < until, "never shown: {error}");
    }
    assert!(connect(at, &first, &[]).await.is_err(), "the old one is no longer shown");
    assert_eq!(running.get("/health").await.status(), 200, "running connections go on");
}
