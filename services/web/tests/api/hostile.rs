//! Clients of the listener by TLS who mean no good: they cost the others nothing.

use crate::{
    TestApp,
    edge::media,
    peers::Peer,
    secure::{Certified, Http2, connect, http1, whole},
};
use h2::Reason;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use streamly_config::Duration as Setting;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

/// Counts requests by HTTP/2 that found no place.
const REFUSED: &str = "streamly_web_requests_refused_total";

/// Whether a plain connection is answered.
async fn answered(socket: &mut TcpStream) -> bool {
    // Beyond the bound it is closed at once, perhaps before the request is out.
    let _ = socket.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await;
    socket.read(&mut [0; 512]).await.unwrap_or(0) > 0
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_beyond_its_bound_is_refused_by_tls_too_and_both_listeners_share_it() {
    let (peer, certified) = (Peer::start().await, Certified::new());
    let app = TestApp::spawn_with(peer.address, |c| {
        certified.to(c);
        c.max_connections_per_address = 3;
    })
    .await;
    let (at, pem) = (app.https.unwrap(), certified.pem());
    let mut plain = TcpStream::connect(app.address).await.unwrap();
    assert!(answered(&mut plain).await);
    let first = Http2::connect(&app, &pem).await;
    let second = connect(at, &pem, &["http/1.1"]).await.unwrap();
    assert!(connect(at, &pem, &[]).await.is_err(), "a fourth");
    assert!(!answered(&mut TcpStream::connect(app.address).await.unwrap()).await, "nor by plain HTTP");
    assert_eq!(first.get("/health").await.status(), 200, "those who are in stay in");
    drop(second);
    let again = async {
        while connect(at, &pem, &[]).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), again).await.expect("a place is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_begins_a_handshake_has_a_place_and_is_cut_off() {
    let (peer, certified) = (Peer::start().await, Certified::new());
    let app = TestApp::spawn_with(peer.address, |c| {
        certified.to(c);
        c.max_connections_per_address = 1;
        // One takes connections in their order.
        c.workers = 1;
        c.https.handshake_timeout = Setting::from_secs(2);
    })
    .await;
    let opened = Instant::now();
    let mut silent = TcpStream::connect(app.https.unwrap()).await.unwrap();
    // The head of a record that never ends.
    silent.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]).await.unwrap();
    let other = connect(app.https.unwrap(), &certified.pem(), &[]).await;
    assert!(other.is_err(), "it counts before its handshake");
    let closed = timeout(Duration::from_secs(10), silent.read(&mut [0; 64])).await.expect("it is cut off");
    assert_eq!(closed.unwrap_or(0), 0);
    assert!(opened.elapsed() >= Duration::from_millis(1900), "{:?}", opened.elapsed());
    let free = async {
        while http1(&app, &certified.pem(), &[], "/health").await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), free).await.expect("its place is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_tls_is_closed_and_disturbs_nobody() {
    let (peer, certified) = (Peer::start().await, Certified::new());
    let app = TestApp::spawn_with(peer.address, |c| certified.to(c)).await;
    let plain = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    for bytes in [&plain[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[0; 4000]] {
        let mut socket = TcpStream::connect(app.https.unwrap()).await.unwrap();
        let _ = socket.write_all(bytes).await;
        let _ = socket.shutdown().await;
        let mut said = Vec::new();
        let _ = timeout(Duration::from_secs(5), socket.read_to_end(&mut said)).await.expect("closed");
        assert!(!String::from_utf8_lossy(&said).contains("HTTP/1.1"), "nothing is answered in the clear");
    }
    // Chosen in the handshake, and then not spoken.
    let mut stream = connect(app.https.unwrap(), &certified.pem(), &["h2"]).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let _ = timeout(Duration::from_secs(5), stream.read_to_end(&mut Vec::new())).await.expect("closed");
    assert_eq!(Http2::connect(&app, &certified.pem()).await.get("/health").await.status(), 200);
}

/// A service that never answers a call of `/api/users/held`; tells when one came (true) and when its caller left it (false).
async fn holding() -> (SocketAddr, mpsc::UnboundedReceiver<bool>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (told, tells) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let told = told.clone();
            tokio::spawn(async move {
                let mut head = vec![0; 4096];
                let n = socket.read(&mut head).await.unwrap_or(0);
                if String::from_utf8_lossy(&head[..n]).contains("/api/users/held") {
                    let _ = told.send(true);
                    while socket.read(&mut head).await.unwrap_or(0) > 0 {}
                    let _ = told.send(false);
                }
            });
        }
    });
    (address, tells)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_its_client_takes_back_ends_behind_web_as_well() {
    let ((address, mut tells), certified) = (holding().await, Certified::new());
    let app = TestApp::spawn_with(address, |c| {
        certified.to(c);
        c.https.max_streams = 2;
    })
    .await;
    let http2 = Http2::connect(&app, &certified.pem()).await;
    assert_eq!(http2.get("/health").await.status(), 200);
    assert_eq!(http2.client.current_max_send_streams(), 2, "the bound is told");
    for _ in 0..10 {
        let request = http::Request::get("https://localhost/api/users/held").body(()).unwrap();
        let mut client = http2.client.clone().ready().await.unwrap();
        let (answer, mut stream) = client.send_request(request, true).unwrap();
        assert_eq!(timeout(Duration::from_secs(5), tells.recv()).await.unwrap(), Some(true));
        stream.send_reset(Reason::CANCEL);
        assert_eq!(timeout(Duration::from_secs(5), tells.recv()).await.unwrap(), Some(false), "it ends");
        assert!(answer.await.is_err());
    }
    assert_eq!(http2.get("/health").await.status(), 200, "none holds a place");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_taken_is_reset_and_the_connection_goes_on() {
    let (origin, certified) = (Peer::start().await, Certified::new());
    let app = TestApp::spawn_with(origin.address, |c| {
        certified.to(c);
        c.stall_timeout = Setting::from_secs(1);
    })
    .await;
    app.live(&origin.url(), 1).await;
    let http2 = Http2::connect(&app, &certified.pem()).await;
    let mut body = http2.get(&media("1-7.m4s")).await.into_body();
    // Nothing is given back to the window, which the segment is larger than.
    let broken = timeout(Duration::from_secs(10), until_broken(&mut body));
    let (took, error) = broken.await.expect("it is reset");
    assert_eq!((took, error.reason()), (65_535, Some(Reason::CANCEL)));
    drop(body);
    assert_eq!(http2.get("/health").await.status(), 200);
    let taken = whole(http2.get("/api/client").await).await.unwrap();
    assert!(!taken.is_empty());
}

/// The bytes that came, none of them released, and how it ended.
async fn until_broken(body: &mut h2::RecvStream) -> (usize, h2::Error) {
    let mut took = 0;
    loop {
        match body.data().await.expect("it does not end well") {
            Ok(chunk) => took += chunk.len(),
            Err(error) => return (took, error),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_under_way_by_http_2_count_as_connections_of_their_address() {
    let ((address, mut tells), certified) = (holding().await, Certified::new());
    let app = TestApp::spawn_with(address, |c| {
        certified.to(c);
        c.max_connections_per_address = 3;
    })
    .await;
    let (at, pem) = (app.https.unwrap(), certified.pem());
    let refused_before = app.metric(REFUSED).await.unwrap_or(0.0);
    let http2 = Http2::connect(&app, &pem).await;
    let mut held = Vec::new();
    // The first has the place of its connection.
    for _ in 0..3 {
        held.push(http2.send("/api/users/held").await);
        assert_eq!(timeout(Duration::from_secs(5), tells.recv()).await.unwrap(), Some(true));
    }
    for _ in 0..2 {
        let error = http2.send("/api/users/held").await.0.await.unwrap_err();
        assert_eq!(error.reason(), Some(Reason::REFUSED_STREAM), "its client may ask again: {error}");
    }
    assert!(connect(at, &pem, &[]).await.is_err(), "nor one connection more");
    assert!(!answered(&mut TcpStream::connect(app.address).await.unwrap()).await, "nor by plain HTTP");
    let (answer, mut stream) = held.pop().unwrap();
    stream.send_reset(Reason::CANCEL);
    assert_eq!(timeout(Duration::from_secs(5), tells.recv()).await.unwrap(), Some(false));
    assert!(answer.await.is_err());
    assert_eq!(http2.get("/health").await.status(), 200, "a place is free again");
    assert!(app.metric(REFUSED).await.unwrap_or(0.0) >= refused_before + 2.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_ours_brings_everybody_and_all_requests_together_have_their_bound() {
    let ((address, mut tells), certified) = (holding().await, Certified::new());
    let app = TestApp::spawn_with(address, |c| {
        certified.to(c);
        c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        (c.workers, c.max_connections, c.max_connections_per_address) = (1, 2, 1);
    })
    .await;
    let http2 = Http2::connect(&app, &certified.pem()).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(http2.send("/api/users/held").await);
        assert_eq!(timeout(Duration::from_secs(5), tells.recv()).await.unwrap(), Some(true));
    }
    let error = http2.send("/health").await.0.await.unwrap_err();
    assert_eq!(error.reason(), Some(Reason::REFUSED_STREAM), "{error}");
    let second = Http2::connect(&app, &certified.pem()).await;
    assert_eq!(second.get("/health").await.status(), 200, "a connection's only request needs no more");
}
