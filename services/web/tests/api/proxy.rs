//! `/api`, the pages and their headers.

use crate::{TestApp, peers::Peer};
use futures_util::StreamExt;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_passes_with_its_address_and_without_what_belongs_to_the_connection() {
    let peer = Peer::start().await;
    let app = TestApp::spawn(peer.address).await;
    let request = app
        .client
        .post(app.url("/api/auth/login?x=1"))
        .header("x-forwarded-for", "9.9.9.9")
        .header("x-request-id", "abc-1");
    let answer = request
        .header("cookie", "r=1")
        .header("connection", "x-secret")
        .header("x-secret", "1")
        .body("hello")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-request-id"], "abc-1");
    let cookies: Vec<_> =
        answer.headers().get_all("set-cookie").iter().map(|v| v.to_str().unwrap().to_owned()).collect();
    assert_eq!(cookies, ["a=1; Path=/", "b=2"]);
    let seen = answer.text().await.unwrap().to_ascii_lowercase();
    assert!(seen.starts_with("post /api/auth/login?x=1 http/1.1") && seen.ends_with("hello"), "{seen}");
    for line in [
        "x-forwarded-for: 127.0.0.1\r\n",
        "x-forwarded-proto: http\r\n",
        "cookie: r=1\r\n",
        &format!("host: {}\r\n", app.address),
    ] {
        assert!(seen.contains(line), "{line} is not in {seen}");
    }
    assert!(
        !seen.contains("9.9.9.9") && !seen.contains("x-secret") && seen.matches("x-request-id").count() == 1,
        "{seen}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxys_forwarded_address_is_believed() {
    let peer = Peer::start().await;
    let app =
        TestApp::spawn_with(peer.address, |c| c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    let answer = app
        .client
        .get(app.url("/api/users/a"))
        .header("x-forwarded-for", "6.6.6.6, 9.9.9.9")
        .send()
        .await
        .unwrap();
    assert!(answer.text().await.unwrap().to_ascii_lowercase().contains("x-forwarded-for: 9.9.9.9\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_arrive_one_by_one_uncompressed_and_do_not_hold_up_the_stop() {
    let peer = Peer::start().await;
    let app = TestApp::spawn(peer.address).await;
    let answer = app
        .client
        .get(app.url("/api/events?topics=directory"))
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert!(answer.headers().get("content-encoding").is_none());
    let mut events = answer.bytes_stream();
    for n in 0..3 {
        peer.event.notify_one();
        let event =
            tokio::time::timeout(Duration::from_secs(5), events.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(event, format!("data: {n}\n\n"));
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_away_or_slow_is_502_and_costs_nothing_else() {
    let app = TestApp::spawn(([127, 0, 0, 1], 9).into()).await;
    let answer = app.get("/api/streams").await;
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
        (502, "application/problem+json")
    );
    let problem: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "bad_gateway");
    assert!(!problem["request_id"].as_str().unwrap().is_empty());
    assert_eq!(app.get("/api/client").await.status(), 200);
    let document: serde_json::Value = app.get("/api/openapi.json").await.json().await.unwrap();
    assert_eq!(document["x-missing"], serde_json::json!(["user", "stream", "chat"]));
    let peer = Peer::start().await;
    let app =
        TestApp::spawn_with(peer.address, |c| c.answer_timeout = streamly_config::Duration::from_secs(1))
            .await;
    assert_eq!(app.get("/api/users/slow").await.status(), 502);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_bound_is_413_also_when_its_length_is_not_announced() {
    let peer = Peer::start().await;
    let app = TestApp::spawn(peer.address).await;
    let whole =
        app.client.post(app.url("/api/users/a")).body(vec![b'a'; (6 << 20) + 1]).send().await.unwrap();
    assert_eq!(whole.status(), 413);
    assert_eq!(whole.json::<serde_json::Value>().await.unwrap()["code"], "payload_too_large");
    let chunks = futures_util::stream::iter((0..100).map(|_| Ok::<_, std::io::Error>(vec![b'a'; 64 << 10])));
    let chunked = app
        .client
        .post(app.url("/api/users/a"))
        .body(reqwest::Body::wrap_stream(chunks))
        .send()
        .await
        .unwrap();
    assert_eq!(chunked.status(), 413);
    assert_eq!(peer.count("/api/users/a"), 0);
    let fits = app.client.post(app.url("/api/users/a")).body(vec![b'a'; 5 << 20]).send().await.unwrap();
    assert_eq!(fits.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_trickles_is_cut_off_at_the_deadline_and_costs_nobody_else() {
    let peer = Peer::start().await;
    let limit = Duration::from_secs(1);
    let app =
        TestApp::spawn_with(peer.address, |c| c.upload_timeout = streamly_config::Duration::from_secs(1))
            .await;
    let (read, mut write) = tokio::net::TcpStream::connect(app.address).await.unwrap().into_split();
    let since = std::time::Instant::now();
    write.write_all(b"POST /api/users/a HTTP/1.1\r\nhost: a\r\ncontent-length: 10000\r\n\r\n").await.unwrap();
    // Never silent: a byte every 20 ms, which would take minutes.
    let trickle = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while write.write_all(b"a").await.is_ok() {
            ticks.tick().await;
        }
    });
    assert_eq!(app.client.post(app.url("/api/users/b")).body("hello").send().await.unwrap().status(), 200);
    let mut head = String::new();
    let mut read = BufReader::new(read);
    tokio::time::timeout(limit * 5, read.read_line(&mut head))
        .await
        .expect("an answer at the deadline")
        .unwrap();
    assert!(since.elapsed() >= limit, "after {:?}", since.elapsed());
    assert_eq!(head, "HTTP/1.1 400 Bad Request\r\n");
    assert_eq!((peer.count("/api/users/a"), peer.count("/api/users/b")), (0, 1));
    // The rest of the body is not read for ever.
    tokio::time::timeout(Duration::from_secs(10), trickle).await.expect("the connection is closed").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_head_of_a_request_has_the_time_that_is_set_for_it() {
    let peer = Peer::start().await;
    let set = Duration::from_secs(1);
    let app = TestApp::spawn_with(peer.address, |c| {
        c.requests.head_timeout = streamly_config::Duration::from_secs(1);
    })
    .await;
    let since = std::time::Instant::now();
    let mut socket = tokio::net::TcpStream::connect(app.address).await.unwrap();
    socket.write_all(b"GET /api/client HTTP/1.1\r\nhost: a\r\n").await.unwrap();
    let mut said = Vec::new();
    // By itself it would have ten seconds. Whether it is told why does not matter here.
    let closed = tokio::time::timeout(Duration::from_secs(8), socket.read_to_end(&mut said)).await;
    assert!(closed.is_ok(), "it is still open after {:?}", since.elapsed());
    assert!(since.elapsed() >= set, "after {:?}", since.elapsed());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_their_headers_and_other_paths_are_no_pages() {
    let peer = Peer::start().await;
    let app = TestApp::spawn_with(peer.address, |c| c.public_url = "https://tv.example".into()).await;
    let page = app.get("/alice").await;
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    for part in
        ["script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", &format!("wss://{}", app.address)]
    {
        assert!(policy.contains(part), "{part} is not in {policy}");
    }
    for (name, value) in
        [("x-content-type-options", "nosniff"), ("referrer-policy", "strict-origin-when-cross-origin")]
    {
        assert_eq!(page.headers()[name], value);
    }
    assert!(
        page.headers().contains_key("strict-transport-security")
            && page.headers().contains_key("permissions-policy")
    );
    let embed = app.get("/embed/alice").await;
    assert!(embed.headers()["content-security-policy"].to_str().unwrap().contains("frame-ancestors *;"));
    let upload = app.get("/api/chat/images/sandboxed").await;
    assert_eq!(
        upload.headers()["content-security-policy"],
        "default-src 'none'; sandbox",
        "the service's own, stricter"
    );
    assert_eq!(upload.headers()["x-content-type-options"], "nosniff");
    for path in ["/api/nothing", "/assets/nothing.js", "/nothing.js", "/.well-known/nothing", "/api"] {
        let answer = app.get(path).await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()),
            (404, "application/problem+json"),
            "{path}"
        );
    }
    let client: serde_json::Value = app.get("/api/client").await.json().await.unwrap();
    assert_eq!(client["ws_url"], format!("wss://{}/ws", app.address));
    let features = serde_json::json!(["chat", "events", "ll-hls", "email_verification"]);
    assert_eq!(client["features"], features);
    assert_eq!(client.get("rtmp_url"), None, "nobody has said where encoders stream to");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_told_where_encoders_stream_to() {
    let peer = Peer::start().await;
    let app = TestApp::spawn_with(peer.address, |config| {
        config.rtmp_public_url = Some("rtmp://live.example:1935/live/".into());
        config.rtmps_public_url = Some("rtmps://live.example:1936/live".into());
    })
    .await;
    let client: serde_json::Value = app.get("/api/client").await.json().await.unwrap();
    assert_eq!(client["rtmp_url"], "rtmp://live.example:1935/live");
    assert_eq!(client["rtmps_url"], "rtmps://live.example:1936/live");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_chats_sockets_are_elsewhere_clients_and_pages_are_told_and_pages_may_open_no_others() {
    let peer = Peer::start().await;
    let app = TestApp::spawn_with(peer.address, |config| {
        config.public_url = "https://tv.example".into();
        config.chat_public_url = Some("https://chat.tv.example:8443/".into());
    })
    .await;
    let client: serde_json::Value = app.get("/api/client").await.json().await.unwrap();
    assert_eq!(client["ws_url"], "wss://chat.tv.example:8443/ws");
    assert_eq!(client["live_url"], format!("https://{}/live", app.address), "playback stays here");
    let told = "<meta name=\"chat\" content=\"wss://chat.tv.example:8443/ws\" />";
    for path in ["/alice", "/overlay/alice/chat", "/login"] {
        let page = app.get(path).await;
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("connect-src 'self' wss://chat.tv.example:8443;"), "{path}: {policy}");
        let html = page.text().await.unwrap();
        assert_eq!(html.matches(told).count(), 1, "{path}: {html}");
    }
    app.stop().await;
    let app = TestApp::spawn(peer.address).await;
    let html = app.get("/alice").await.text().await.unwrap();
    assert!(!html.contains("name=\"chat\""), "the app asks where it is from: {html}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_document_is_merged_and_rendered_without_inline_scripts() {
    let peer = Peer::start().await;
    let app = TestApp::spawn(peer.address).await;
    let document: serde_json::Value = app.get("/api/openapi.json").await.json().await.unwrap();
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    let own = ["/api/admin/limits/web", "/oembed"];
    let others = ["/api/auth/openapi.json", "/api/chat/openapi.json", "/api/streams/openapi.json"];
    assert_eq!(paths, [own[0], others[0], others[1], others[2], own[1]]);
    let page = app.get("/api/docs").await.text().await.unwrap();
    assert!(page.contains("swagger-ui"));
    assert!(
        page.split("<script").skip(1).all(|tag| tag.split('>').next().unwrap().contains("src=")),
        "{page}"
    );
    let start = app.get("/api/docs/swagger-initializer.js").await;
    assert!(start.headers()["content-type"].to_str().unwrap().contains("javascript"));
    assert!(start.text().await.unwrap().contains("/api/openapi.json"));
}
