//! Whoever trickles is cut off: a first head, a later one, a body of whatever framing. Whoever waits for an answer is not.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use actix_web::{App, HttpResponse, web};
use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};
use streamly_http::{Limits, bind, serve};
use streamly_lifecycle::Shutdown;

/// Long enough for who sends in pieces on a busy machine.
const HEAD: Duration = Duration::from_millis(1_500);
const BODY: Duration = Duration::from_millis(2_000);
/// How long `/slow` takes: longer than either.
const SLOW: Duration = Duration::from_millis(2_500);
/// By then everybody who trickles is cut off.
const LIMIT: Duration = Duration::from_secs(20);
const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

struct Served {
    address: SocketAddr,
    stop: Shutdown,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Served {
    fn start() -> Self {
        let listener = bind("test", ([127, 0, 0, 1], 0).into()).unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), Shutdown::new());
        let stopped = stop.clone();
        let limits = Limits { head_timeout: HEAD, body_timeout: BODY, ..Limits::default() };
        let thread = std::thread::spawn(move || {
            let app = || {
                let here = || async { HttpResponse::Ok().body("here") };
                let late = || async {
                    tokio::time::sleep(SLOW).await;
                    HttpResponse::Ok().body("late")
                };
                let length =
                    |body: web::Bytes| async move { HttpResponse::Ok().body(body.len().to_string()) };
                App::new()
                    .route("/", web::get().to(here))
                    .route("/slow", web::get().to(late))
                    .route("/", web::post().to(length))
            };
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(serve(listener, limits, stopped, app)).unwrap();
        });
        Self { address, stop, thread: Some(thread) }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.start();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Reads one answer, which ends in this body.
fn answer(mut stream: &TcpStream, body: &str) {
    let (mut said, mut more) = (Vec::new(), [0; 4096]);
    while !said.ends_with(body.as_bytes()) {
        let read = stream.read(&mut more).expect("an answer in time");
        assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(&said));
        said.extend_from_slice(&more[..read]);
    }
    assert!(said.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&said));
}

/// Sends a byte now and then; how long until the server has closed, measured from `since`, and what it said.
fn trickle(mut stream: TcpStream, bytes: &[u8], since: Instant) -> (Duration, String) {
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let (mut said, mut more) = (Vec::new(), [0; 4096]);
    for byte in bytes.iter().cycle() {
        let sent = stream.write_all(&[*byte]);
        match stream.read(&mut more) {
            Ok(0) => break,
            Ok(read) => said.extend_from_slice(&more[..read]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) && sent.is_ok() => {}
            Err(_) => break,
        }
        assert!(since.elapsed() < LIMIT, "it trickles on");
    }
    (since.elapsed(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn a_head_that_trickles_is_cut_off_whichever_it_is() {
    let served = Served::start();
    let (first, since) = (served.connect(), Instant::now());
    let (took, said) = trickle(first, &[&GET[..GET.len() - 2], b"x: ", &[b'y'; 1000]].concat(), since);
    // The first one is actix-http's, whose clock goes by half seconds.
    assert!(took >= HEAD / 2 && said.starts_with("HTTP/1.1 408 "), "{took:?} {said}");
    // Behind a good request, and in one write with it.
    let mut later = served.connect();
    later.write_all(GET).unwrap();
    answer(&later, "here");
    let (took, _) = trickle(later, b"y", Instant::now());
    assert!(took >= HEAD, "{took:?}");
    let mut together = served.connect();
    together.write_all(&[GET, b"GET /"].concat()).unwrap();
    answer(&together, "here");
    trickle(together, b"z", Instant::now());
    // Empty lines are no request.
    let mut empty = served.connect();
    empty.write_all(GET).unwrap();
    answer(&empty, "here");
    trickle(empty, b"\r\n", Instant::now());
}

#[test]
fn a_later_head_whose_rest_never_comes_is_cut_off() {
    let served = Served::start();
    let mut stream = served.connect();
    stream.write_all(GET).unwrap();
    answer(&stream, "here");
    let since = Instant::now();
    stream.write_all(b"G").unwrap();
    let mut more = Vec::new();
    let ended = stream.read_to_end(&mut more);
    assert!(ended.is_ok_and(|read| read == 0) && since.elapsed() >= HEAD, "{:?}", since.elapsed());
}

#[test]
fn a_body_that_trickles_is_cut_off_whatever_its_framing() {
    let served = Served::start();
    for head in ["content-length: 5000\r\n\r\n", "transfer-encoding: chunked\r\n\r\n1000\r\n"] {
        let (mut stream, since) = (served.connect(), Instant::now());
        write!(stream, "POST / HTTP/1.1\r\nhost: x\r\n{head}").unwrap();
        let (took, said) = trickle(stream, b"b", since);
        assert!(took >= BODY && !said.contains(" 200 "), "{head}: {took:?} {said}");
    }
}

#[test]
fn who_waits_for_a_slow_answer_or_sends_in_time_is_answered() {
    let served = Served::start();
    let mut stream = served.connect();
    for _ in 0..2 {
        stream.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        answer(&stream, "late");
    }
    let requests: [&[&str]; 3] = [
        &["POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 7\r\n\r\n", "seven", "ty"],
        &[
            "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chu",
            "nked\r\n\r\n4\r\nsev",
            "e\r\n3\r\nnty\r\n0\r\n",
            "\r\n",
        ],
        &["POST / HT", "TP/1.1\r\nhost: x\r\ncontent-length: 7\r\n\r", "\nseventy"],
    ];
    for pieces in requests {
        for piece in pieces {
            stream.write_all(piece.as_bytes()).unwrap();
            // In pieces, on the wire too.
            std::thread::sleep(Duration::from_millis(60));
        }
        answer(&stream, "7");
    }
    stream.write_all(&GET.repeat(3)).unwrap();
    answer(&stream, "here");
}

#[test]
fn a_head_without_end_is_refused_and_closed() {
    let served = Served::start();
    for later in [false, true] {
        let mut stream = served.connect();
        if later {
            stream.write_all(GET).unwrap();
            answer(&stream, "here");
        }
        // Much more than is kept of one.
        let _ = stream.write_all(b"GET / HTTP/1.1\r\nx: ");
        let mut sent = 0;
        while sent < 4 << 20 && stream.write_all(&[b'y'; 64 << 10]).is_ok() {
            sent += 64 << 10;
        }
        let mut said = Vec::new();
        // Read to its end, or cut off by what was sent behind it.
        let ended = stream.read_to_end(&mut said);
        let waits = ended.is_err_and(|e| matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
        let said = String::from_utf8_lossy(&said);
        assert!(!waits && !said.contains(" 200 "), "after {sent} bytes of a head: {said}");
    }
    let mut other = served.connect();
    other.write_all(GET).unwrap();
    answer(&other, "here");
}
