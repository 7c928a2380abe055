//! The hot path and actix-web say the same to the same bytes. On a connection of its own a request is for the hot path; on one that asked for
//! `/health` before it is actix-web's, for a connection that has left the hot path does not come back.

use crate::{BROADCAST, TestApp, edge::media, peers::Peer};
use std::{
    io::ErrorKind,
    time::{Duration, Instant},
};
use streamly_config::{ByteSize, Duration as Setting};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// Everything here is said within this.
const SOON: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub status: u16,
    /// The status line, and the fields by name; without the date.
    pub head: Vec<String>,
    pub body: Vec<u8>,
}

impl Said {
    /// The first answer of these bytes, and what is behind it. `None`: they are not all of one. `bodiless`: it is one to HEAD.
    pub fn first(bytes: &[u8], bodiless: bool) -> Option<(Self, &[u8])> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let text = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut head: Vec<String> = text.split("\r\n").map(str::to_owned).collect();
        let status = head[0].split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        head[1..].sort();
        let length = head.iter().find_map(|field| field.strip_prefix("content-length: ")?.parse().ok());
        let length = length.filter(|_| !bodiless).unwrap_or(0);
        head.retain(|field| !field.starts_with("date: "));
        let (body, rest) = bytes[end + 4..].split_at_checked(length)?;
        Some((Self { status, head, body: body.to_vec() }, rest))
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|field| field.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// For the hot path.
async fn connect(app: &TestApp) -> TcpStream {
    TcpStream::connect(app.address).await.unwrap()
}

/// A connection that actix-web has.
async fn left(app: &TestApp) -> TcpStream {
    let mut stream = connect(app).await;
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut bytes: Vec<u8> = Vec::new();
    while Said::first(&bytes, false).is_none() {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "closed");
    }
    stream
}

/// All that is said on the connection to these bytes, piece by piece, until the server closes.
async fn say(mut stream: TcpStream, pieces: &[&[u8]]) -> Vec<u8> {
    let saying = async {
        for piece in pieces {
            // It may have closed already.
            let _ = stream.write_all(piece).await;
            tokio::task::yield_now().await;
        }
        let mut bytes: Vec<u8> = Vec::new();
        // A reset behind the last answer is an end, too.
        let _ = stream.read_to_end(&mut bytes).await;
        bytes
    };
    timeout(SOON, saying).await.expect("it closes")
}

/// So many answers to these bytes.
async fn answers(mut stream: TcpStream, pieces: &[&[u8]], count: usize) -> Vec<Said> {
    let reading = async {
        for piece in pieces {
            stream.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        let mut bytes: Vec<u8> = Vec::new();
        loop {
            let (mut all, mut rest) = (Vec::new(), &bytes[..]);
            while let Some((said, behind)) = Said::first(rest, false) {
                all.push(said);
                rest = behind;
            }
            if all.len() == count {
                return all;
            }
            assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "closed after {} answers", all.len());
        }
    };
    timeout(SOON, reading).await.expect("all are answered")
}

fn request(method: &str, path: &str, fields: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: x\r\nx-request-id: same\r\nconnection: close\r\n{fields}\r\n")
}

/// What is said to a request both ways, which has to be the same.
pub async fn both(app: &TestApp, method: &str, path: &str, fields: &str) -> Said {
    let text = request(method, path, fields);
    let bodiless = method == "HEAD";
    let hot = say(connect(app).await, &[text.as_bytes()]).await;
    let cold = say(left(app).await, &[text.as_bytes()]).await;
    let first = |bytes| Said::first(bytes, bodiless).unwrap_or_else(|| panic!("no answer to {text}"));
    let ((hot, behind), (cold, _)) = (first(&hot), first(&cold));
    assert_eq!(hot.head, cold.head, "{text}");
    assert!(hot.body == cold.body, "{text}: {} and {} bytes", hot.body.len(), cold.body.len());
    assert!(behind.is_empty(), "{text}: {} bytes behind it", behind.len());
    hot
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_way_a_request_takes_its_answer_is_the_same() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    origin.open.send_replace(true);
    let sid = app.sid().await;
    let given = [
        (format!("/live/alice/index.m3u8?sid={sid}"), 200),
        (format!("/live/Alice/index.m3u8?ll=0&sid={sid}&x=%zz"), 200),
        (media("index.m3u8"), 200),
        (media(&format!("index.m3u8?sid={sid}")), 200),
        (media("index.m3u8?_HLS_msn=7&_HLS_part=1&_HLS_skip=YES"), 200),
        (media("index.m3u8?ll=%30"), 200),
        (format!("/live/b/{BROADCAST}/long/index.m3u8"), 200),
        (format!("/live/b/{BROADCAST}/long/iframes.m3u8"), 200),
        (media("1-1.m4s"), 200),
        (media("1-7.1.m4s?sid=x"), 200),
    ];
    for (path, status) in &given {
        for method in ["GET", "HEAD"] {
            for fields in [
                "",
                "accept-encoding: br, gzip\r\n",
                "if-none-match: \"5\"\r\n",
                "If-None-Match: W/\"5-gz\"\r\nAccept-Encoding: gzip\r\n",
                "range: bytes=5-90\r\n",
                "range: bytes=-7\r\n",
                "range: bytes=99999999-\r\n",
                "range: bytes=1-2,4-5\r\n",
                "authorization: Bearer x\r\norigin: https://a.example\r\n",
            ] {
                let said = both(&app, method, path, fields).await;
                let text = format!("{method} {path} {fields}");
                assert!([*status, 206, 304, 416].contains(&said.status), "{text}: {}", said.status);
                assert_eq!(said.field("access-control-allow-origin"), Some("*"), "{text}");
            }
        }
    }
    let refused = [
        (media("nothing.m4s"), 404),
        (media("index.m3u8?_HLS_msn=x"), 400),
        (media("index.m3u8?_HLS_msn=7&_HLS_part=1001"), 400),
        (media("index.m3u8?ll=0&ll=1"), 400),
        (media("1-1.m4s?sid=a&si%64=b"), 400),
        (media(".hidden"), 404),
        (media(&"x".repeat(65)), 404),
        (media("1-1.m4s").replace(BROADCAST, "0193a5f0-0000-7000-8000-00000000ffff"), 404),
        (media("1-1.m4s").replace(BROADCAST, "not-an-id"), 404),
        ("/live/nobody/index.m3u8".to_owned(), 404),
        ("/live/b/index.m3u8".to_owned(), 404),
        ("/live/alice/index.m3u8?sid=a&sid=b".to_owned(), 400),
        (format!("/live/b/{BROADCAST}/index.m3u8"), 404),
        (format!("/live/b/{BROADCAST}/source/"), 404),
        (format!("/live/b/{BROADCAST}/beacon?sid={sid}"), 405),
        ("/live//index.m3u8".to_owned(), 404),
        ("/live/?ll=0&ll=1".to_owned(), 404),
        ("/live".to_owned(), 404),
    ];
    for (path, status) in &refused {
        for method in ["GET", "HEAD"] {
            let said = both(&app, method, path, "").await;
            assert_eq!(said.status, *status, "{method} {path}");
            assert_eq!(said.field("content-type"), Some("application/problem+json"), "{method} {path}");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn under_https_both_ways_say_what_browsers_have_to_keep_to() {
    let origin = Peer::start().await;
    let app = TestApp::spawn_with(origin.address, |c| c.public_url = "https://tv.example".into()).await;
    app.live(&origin.url(), 1).await;
    for path in [media("1-1.m4s"), "/live/nobody/index.m3u8".to_owned()] {
        let said = both(&app, "GET", &path, "").await;
        for (name, value) in [
            ("strict-transport-security", "max-age=31536000"),
            ("cross-origin-opener-policy", "same-origin"),
            ("x-content-type-options", "nosniff"),
            ("x-request-id", "same"),
        ] {
            assert_eq!(said.field(name), Some(value), "{path}: {said:?}");
        }
        assert_eq!(said.field("content-security-policy"), None, "{path}: any page may play");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_requests_are_judged_alike_on_new_connections_and_on_those_of_actix_web() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    let path = media("1-1.m4s");
    let escaped = path.replace("source", "%73ource");
    let id = "x-request-id: same\r\nconnection: close\r\n";
    for text in [
        format!("GET {path} HTTP/1.0\r\nx-request-id: same\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\n{id}\r\n"),
        format!("GET {path} HTTP/1.1\r\nhost: x\r\nhost: y\r\n{id}\r\n"),
        format!("GET {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n{id}\r\n"),
        format!("GET {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n{id}\r\nabc"),
        format!("GET {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n{id}\r\n0\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: nonsense\r\n{id}\r\n"),
        format!("GET {path} HTTP/1.1\r\nhost: x\r\n folded: y\r\n{id}\r\n"),
        format!("GET {path} HTTP/1.1\r\nhost: x\r\nx: {}\r\n{id}\r\n", "y".repeat(20_000)),
        format!("GET {path} HTTP/1.1\r\nhost: x\r\nrange: bytes=\u{e4}\r\n{id}\r\n"),
        format!("GET {path} HTTP/1.1\r\nhost: x\r\nx-forwarded-for: \u{e4}\r\n{id}\r\n"),
        format!("GET {escaped} HTTP/1.1\r\nhost: x\r\n{id}\r\n"),
        format!("GET {path}?sid=\"a\" HTTP/1.1\r\nhost: x\r\n{id}\r\n"),
        format!("GET {path}#a HTTP/1.1\r\nhost: x\r\n{id}\r\n"),
        format!("GET http://x{path} HTTP/1.1\r\nhost: x\r\n{id}\r\n"),
        format!("get {path} HTTP/1.1\r\nhost: x\r\n{id}\r\n"),
        format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n{id}\r\n"),
        format!("OPTIONS {path} HTTP/1.1\r\nhost: x\r\n{id}\r\n"),
    ] {
        let hot = say(connect(&app).await, &[text.as_bytes()]).await;
        let cold = say(left(&app).await, &[text.as_bytes()]).await;
        let [hot, cold] = [&hot, &cold].map(|bytes| {
            let mut said = Said::first(bytes, false).unwrap_or_else(|| panic!("no answer to {text}")).0;
            // actix-http says so with its first answer on a connection, and forgets it when it is a later one.
            said.head.retain(|field| said.status != 400 || field != "connection: close");
            said
        });
        assert_eq!(hot, cold, "{text}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_in_one_write_are_answered_in_order_also_where_the_connection_changes_hands() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    let paths = [
        media("index.m3u8"),
        media("1-1.m4s"),
        "/live/nobody/index.m3u8".to_owned(),
        media("1-7.1.m4s"),
        "/api/client".to_owned(),
        media("1-1.m4s"),
        "/live/".to_owned(),
    ];
    // None of them says "close": actix-http reads ahead, and may end with one before it.
    let ask = |(n, path): (usize, &String)| {
        format!("GET {path} HTTP/1.1\r\nhost: x\r\nx-request-id: r-{n}\r\n\r\n")
    };
    let text: String = paths.iter().enumerate().map(ask).collect();
    for at in [0, 30, 150, 400, text.len() - 3] {
        let (one, two) = text.as_bytes().split_at(at);
        let said = answers(connect(&app).await, &[one, two], paths.len()).await;
        for (n, said) in said.iter().enumerate() {
            assert_eq!(said.field("x-request-id"), Some(format!("r-{n}").as_str()), "cut at {at}");
        }
        let statuses: Vec<u16> = said.iter().map(|said| said.status).collect();
        assert_eq!(statuses, [200, 200, 404, 200, 200, 200, 404], "cut at {at}");
        let lengths = [1, 3, 5].map(|n: usize| said[n].body.len());
        assert_eq!(lengths, [1000, 70_000, 1000], "cut at {at}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_request_ends_with_a_client_that_will_say_nothing_more_on_the_hot_path_alone() {
    let origin = Peer::start().await;
    let app = TestApp::spawn(origin.address).await;
    app.live(&origin.url(), 1).await;
    let text = request("GET", &media("index.m3u8?_HLS_msn=7&_HLS_part=1"), "");
    let (mut gone, mut stays) = (connect(&app).await, left(&app).await);
    for stream in [&mut gone, &mut stays] {
        stream.write_all(text.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    }
    // Nothing can be answered yet.
    assert_eq!(say(gone, &[]).await, b"");
    origin.open.send_replace(true);
    let said = say(stays, &[]).await;
    assert_eq!(Said::first(&said, false).map(|(said, _)| said.status), Some(200));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_beyond_the_bound_of_its_address_is_told_nothing() {
    let origin = Peer::start().await;
    let app = TestApp::spawn_with(origin.address, |c| c.max_connections_per_address = 1).await;
    app.live(&origin.url(), 1).await;
    let text = request("GET", &media("1-1.m4s"), "");
    let mut first = connect(&app).await;
    for _ in 0..2 {
        first.write_all(b"GET /live/ HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut bytes: Vec<u8> = Vec::new();
        while Said::first(&bytes, false).is_none() {
            assert_ne!(first.read_buf(&mut bytes).await.unwrap(), 0, "who is in stays in");
        }
        assert_eq!(say(connect(&app).await, &[text.as_bytes()]).await, b"");
    }
    drop(first);
    let again = async {
        while say(connect(&app).await, &[text.as_bytes()]).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, again).await.expect("a place is free again");
    let kept = async {
        loop {
            // Kept while actix-web has the connection, too; the place of the one before may not be free yet.
            let mut stream = connect(&app).await;
            let _ = stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n").await;
            let mut bytes: Vec<u8> = Vec::new();
            while Said::first(&bytes, false).is_none() {
                match stream.read_buf(&mut bytes).await {
                    Ok(read) if read > 0 => {}
                    _ => break,
                }
            }
            if !bytes.is_empty() {
                return stream;
            }
        }
    };
    let stream = timeout(SOON, kept).await.expect("a place is free again");
    assert_eq!(say(connect(&app).await, &[text.as_bytes()]).await, b"");
    drop(stream);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_a_little_now_and_then_is_cut_off_whoever_answers() {
    let origin = Peer::start().await;
    let app = TestApp::spawn_with(origin.address, |c| {
        c.stall_timeout = Setting::from_secs(1);
        c.min_send_rate = ByteSize::new(16 << 20);
    })
    .await;
    app.live(&origin.url(), 1).await;
    let part = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", media("1-7.1.m4s"));
    for first in ["", "GET /health HTTP/1.1\r\nhost: x\r\n\r\n"] {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(app.address).await.unwrap();
        stream.write_all((first.to_owned() + &part.repeat(150)).as_bytes()).await.unwrap();
        let (begun, mut some) = (Instant::now(), [0; 1024]);
        // A client's pace. Each read tells the server that there is room again: to the kernel it is one that takes what it is sent.
        let end = loop {
            match stream.read(&mut some).await {
                Ok(read) if read > 0 => tokio::time::sleep(Duration::from_millis(20)).await,
                end => break end,
            }
            assert!(begun.elapsed() < SOON, "{first:?}: it is sent on");
        };
        assert_eq!(end.map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset), "{first:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beacon_is_heard_alike_however_its_body_comes() {
    let origin = Peer::start().await;
    let app = TestApp::spawn_with(origin.address, |c| c.max_beacons = 1).await;
    app.live(&origin.url(), 1).await;
    let long = "x".repeat(1025);
    let told = r#"{"watched_ms": 900, "stalls": 1}"#;
    for (body, status) in [
        ("", 204),
        (told, 204),
        ("{", 400),
        ("[900]", 400),
        (r#"{"watched_ms": -1}"#, 400),
        (long.as_str(), 413),
    ] {
        let mut all = Vec::new();
        for way in 0..4 {
            // Each a session of its own: a second beacon would come too soon.
            let (sid, length) = (app.sid().await, body.len());
            let head = format!(
                "POST /live/b/{BROADCAST}/beacon?sid={sid} HTTP/1.1\r\nhost: x\r\nx-request-id: same\r\n\
                 connection: close\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\r\n"
            );
            let whole = format!("{head}{body}");
            let stream = if way < 2 { connect(&app).await } else { left(&app).await };
            // With its head, or behind it.
            let at = if way % 2 == 0 { whole.len() } else { head.len() };
            let (one, two) = whole.as_bytes().split_at(at);
            let bytes = say(stream, &[one, two]).await;
            let (said, behind) = Said::first(&bytes, false).unwrap_or_else(|| panic!("no answer to {whole}"));
            assert!(behind.is_empty(), "{whole}");
            all.push(said);
        }
        assert_eq!(all[0].status, status, "{body}");
        assert!(all.iter().all(|said| *said == all[0]), "{body}: {all:?}");
    }
    // On one connection: heard, too soon, and a player's next request.
    let sid = app.sid().await;
    let beacon = format!(
        "POST /live/b/{BROADCAST}/beacon?sid={sid} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{told}",
        told.len()
    );
    let part = format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", media("1-1.m4s"));
    let text = [beacon.as_str(), &part, &beacon, &part].concat();
    let said = answers(connect(&app).await, &[text.as_bytes()], 4).await;
    let said: Vec<_> = said.iter().map(|said| (said.status, said.field("content-length"))).collect();
    assert_eq!((said[0], said[1], said[2].0, said[3]), ((204, None), (200, Some("1000")), 429, said[1]));
    app.stop().await;
}
