//! Clients of HTTP/2 who mean no good, by frames written by hand (RFC 9113, 4.1): what each flood costs, and what ends it.

use crate::{
    TestApp,
    peers::Peer,
    secure::{Certified, Http2, connect, whole},
};
use std::time::Duration;
use streamly_config::Duration as Setting;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::client::TlsStream;

/// Kinds of frames (RFC 9113, 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
/// Flags of a head.
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// Codes of errors (RFC 9113, 7).
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

/// What happens at all happens by then.
const SOON: Duration = Duration::from_secs(10);

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The head of a request, without tables that change (RFC 7541, 6.1 and 6.2.2); `method`: 2 is GET, 3 is POST.
fn head(method: u8, path: &str) -> Vec<u8> {
    let mut head = vec![0x80 | method, 0x87];
    for (name, value) in [(1, "localhost"), (4, path)] {
        head.extend([name, u8::try_from(value.len()).unwrap()]);
        head.extend(value.as_bytes());
    }
    head
}

/// How a connection begins, with these settings.
fn opening(settings: &[u8]) -> Vec<u8> {
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(SETTINGS, 0, 0, settings)].concat()
}

/// The next frame's kind, stream and payload; none at the end.
async fn next(stream: &mut TlsStream<TcpStream>) -> Option<(u8, u32, Vec<u8>)> {
    let reading = async {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let [a, b, c, kind, _, id @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        stream.read_exact(&mut payload).await.ok()?;
        Some((kind, u32::from_be_bytes(id), payload))
    };
    timeout(SOON, reading).await.expect("a frame or the end")
}

/// Why the server ends the connection, read until it does.
async fn reason(stream: &mut TlsStream<TcpStream>) -> u32 {
    while let Some((kind, _, payload)) = next(stream).await {
        if kind == GOAWAY {
            return u32::from_be_bytes(payload[4..8].try_into().unwrap());
        }
    }
    panic!("it ended without a word");
}

/// A service, and a listener by TLS for whom it stands.
async fn served() -> (Peer, Certified, TestApp) {
    let (peer, certified) = (Peer::start().await, Certified::new());
    let app = TestApp::spawn_with(peer.address, |c| certified.to(c)).await;
    (peer, certified, app)
}

/// Writes all of it while reading, until the connection is ended.
async fn flooded(stream: TlsStream<TcpStream>, flood: Vec<u8>) {
    let (mut reading, mut writing) = tokio::io::split(stream);
    let sending = tokio::spawn(async move {
        // Where the end comes first the rest cannot be written.
        let _ = writing.write_all(&flood).await;
        writing
    });
    let ended = async { while reading.read(&mut [0; 4096]).await.unwrap_or(0) > 0 {} };
    timeout(SOON, ended).await.expect("the connection is ended");
    drop(sending.await.unwrap());
}

/// CVE-2023-44487.
#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_requests_opened_and_taken_back_end_their_connection_and_nobody_else_s() {
    let (peer, certified, app) = served().await;
    let pem = certified.pem();
    let bystander = Http2::connect(&app, &pem).await;
    let stream = connect(app.https.unwrap(), &pem, &["h2"]).await.unwrap();
    let mut flood = opening(&[]);
    for n in 0..5000 {
        flood.extend(frame(HEADERS, END_HEADERS | END_STREAM, 2 * n + 1, &head(2, "/api/users/flood")));
        flood.extend(frame(RST_STREAM, 0, 2 * n + 1, &CANCEL.to_be_bytes()));
    }
    flooded(stream, flood).await;
    assert!(peer.count("/api/users/flood") < 300, "{} came through", peer.count("/api/users/flood"));
    assert_eq!(bystander.get("/health").await.status(), 200);
    assert_eq!(Http2::connect(&app, &pem).await.get("/api/client").await.status(), 200);
}

/// CVE-2025-8671: the server is made to take back what the client opens, here by a window that is too large.
#[tokio::test(flavor = "multi_thread")]
async fn who_makes_us_reset_requests_without_end_is_ended() {
    let (_peer, certified, app) = served().await;
    let pem = certified.pem();
    let bystander = Http2::connect(&app, &pem).await;
    let stream = connect(app.https.unwrap(), &pem, &["h2"]).await.unwrap();
    let mut flood = opening(&[]);
    for n in 0..3000 {
        flood.extend(frame(HEADERS, END_HEADERS | END_STREAM, 2 * n + 1, &head(2, "/api/users/flood")));
        flood.extend(frame(WINDOW_UPDATE, 0, 2 * n + 1, &0x7fff_ffff_u32.to_be_bytes()));
    }
    flooded(stream, flood).await;
    assert_eq!(bystander.get("/health").await.status(), 200);
}

/// CVE-2024-27316.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_never_ends_ends_the_connection() {
    let (peer, certified, app) = served().await;
    let mut stream = connect(app.https.unwrap(), &certified.pem(), &["h2"]).await.unwrap();
    let mut flood = opening(&[]);
    flood.extend(frame(HEADERS, END_STREAM, 1, &head(2, "/api/users/flood")));
    // Few, so that none is left unread: that would cut off the answer.
    for _ in 0..8 {
        flood.extend(frame(CONTINUATION, 0, 1, &[0, 1, b'a', 1, b'b']));
    }
    stream.write_all(&flood).await.unwrap();
    assert_eq!(reason(&mut stream).await, ENHANCE_YOUR_CALM);
    assert_eq!(peer.count("/api/users/flood"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_head_is_refused_and_a_huge_one_ends_the_connection() {
    let (peer, certified, app) = served().await;
    let http2 = Http2::connect(&app, &certified.pem()).await;
    let ask = async |bytes: usize| {
        let request = http::Request::get("https://localhost/api/users/large");
        let request = request.header("x-large", "a".repeat(bytes)).body(()).unwrap();
        let mut client = http2.client.clone().ready().await.unwrap();
        client.send_request(request, true).unwrap().0.await
    };
    assert_eq!(ask(20_000).await.unwrap().status(), 200);
    assert_eq!(ask(40_000).await.unwrap().status(), 431);
    assert_eq!(http2.get("/health").await.status(), 200, "the connection goes on");
    assert!(timeout(SOON, ask(400_000)).await.expect("it is ended").is_err());
    assert_eq!(peer.count("/api/users/large"), 1);
    let other = Http2::connect(&app, &certified.pem()).await;
    assert_eq!(other.get("/health").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_nothing_but_empty_frames_ends_the_connection() {
    let (peer, certified, app) = served().await;
    let mut stream = connect(app.https.unwrap(), &certified.pem(), &["h2"]).await.unwrap();
    let mut flood = opening(&[]);
    flood.extend(frame(HEADERS, END_HEADERS, 1, &head(3, "/api/users/flood")));
    flood.extend(frame(DATA, 0, 1, &[]).repeat(150));
    stream.write_all(&flood).await.unwrap();
    assert_eq!(reason(&mut stream).await, ENHANCE_YOUR_CALM);
    assert_eq!(peer.count("/api/users/flood"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_room_for_a_byte_is_reset_and_the_connection_goes_on() {
    let (peer, certified) = (Peer::start().await, Certified::new());
    let app = TestApp::spawn_with(peer.address, |c| {
        certified.to(c);
        c.stall_timeout = Setting::from_secs(1);
    })
    .await;
    let mut stream = connect(app.https.unwrap(), &certified.pem(), &["h2"]).await.unwrap();
    // SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113, 6.5.2).
    let mut asked = opening(&[0, 4, 0, 0, 0, 1]);
    asked.extend(frame(HEADERS, END_HEADERS | END_STREAM, 1, &head(2, "/api/client")));
    stream.write_all(&asked).await.unwrap();
    let mut bytes = 0;
    let code = loop {
        match next(&mut stream).await.expect("the connection goes on") {
            (DATA, 1, payload) => bytes += payload.len(),
            (RST_STREAM, 1, payload) => break u32::from_be_bytes(payload.try_into().unwrap()),
            _ => {}
        }
    };
    assert_eq!((bytes, code), (1, CANCEL));
    stream.write_all(&frame(PING, 0, 0, b"whosthat")).await.unwrap();
    while next(&mut stream).await.expect("the connection goes on") != (PING, 0, b"whosthat".to_vec()) {}
    let other = Http2::connect(&app, &certified.pem()).await;
    assert!(!whole(other.get("/api/client").await).await.unwrap().is_empty());
}
