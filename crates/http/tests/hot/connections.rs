//! How long connections live, and what ends them.

use crate::server::{Said, Server};
use socket2::{Domain, Socket, Type};
use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    sync::atomic::Ordering::SeqCst,
    time::{Duration, Instant},
};
use streamly_http::Limits;

const HELD: &[u8] = b"GET /hot/held HTTP/1.1\r\nHost: x\r\n\r\n";
const TEXT: &[u8] = b"GET /hot/text HTTP/1.1\r\nHost: x\r\n\r\n";

fn quick() -> Limits {
    Limits {
        head_timeout: Duration::from_millis(400),
        keep_alive: Duration::from_millis(1200),
        drain: Duration::from_secs(1),
        ..Limits::default()
    }
}

fn rest(mut stream: &TcpStream) -> Vec<Said> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("it closes in time");
    Said::all(&bytes)
}

/// Reads exactly one answer of `/hot/text`.
fn text(mut stream: &TcpStream) -> Said {
    let mut bytes = Vec::new();
    let mut some = [0; 4096];
    loop {
        let read = stream.read(&mut some).unwrap();
        assert!(read > 0, "closed after {} bytes", bytes.len());
        bytes.extend_from_slice(&some[..read]);
        let all = Said::all(&bytes);
        if all.first().is_some_and(|said| said.body.len() == 3000) {
            return all[0].clone();
        }
    }
}

fn until(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(10), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_head_that_does_not_come_is_told_so_and_an_idle_connection_closes_silently() {
    let server = Server::start(true, quick());
    let silent = server.connect();
    let mut slow = server.connect();
    slow.write_all(&TEXT[..20]).unwrap();
    for stream in [&silent, &slow] {
        let said = rest(stream);
        assert_eq!(said.len(), 1);
        assert!(said[0].line.starts_with("HTTP/1.1 408"), "{said:?}");
    }
    let mut kept = server.connect();
    kept.write_all(TEXT).unwrap();
    text(&kept);
    let begun = Instant::now();
    assert!(rest(&kept).is_empty(), "nothing is said to who is silent");
    assert!((900..5000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    // A second head that begins and does not end.
    let mut second = server.connect();
    second.write_all(TEXT).unwrap();
    text(&second);
    second.write_all(&TEXT[..20]).unwrap();
    assert!(rest(&second)[0].line.starts_with("HTTP/1.1 408"));
}

#[test]
fn bytes_one_at_a_time_do_not_extend_the_time_of_a_head() {
    let server = Server::start(true, quick());
    let mut slow = server.connect();
    let begun = Instant::now();
    let long = format!("GET /hot/text HTTP/1.1\r\nHost: x\r\nX: {}", "y".repeat(500));
    for byte in long.bytes() {
        if slow.write_all(&[byte]).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "cut off after {:?}", begun.elapsed());
}

#[test]
fn a_posted_body_that_comes_late_is_not_refused_as_a_head_that_does_not_come() {
    let server = Server::start(true, quick());
    let mut slow = server.connect();
    slow.write_all(b"POST /posted/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe").unwrap();
    // A client's pace: the time of a head has gone.
    std::thread::sleep(quick().head_timeout * 3);
    slow.write_all(b"llo").unwrap();
    slow.shutdown(std::net::Shutdown::Write).unwrap();
    let said = rest(&slow);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].line.starts_with("HTTP/1.1 200") && said[0].body == b"hello", "{said:?}");
}

#[test]
fn a_held_request_ends_with_its_client_also_when_more_was_sent_behind_it() {
    let server = Server::start(true, Limits::default());
    let held = || server.things.held.load(SeqCst);
    for behind in [0, 1, 5] {
        let mut client = server.connect();
        client.write_all(HELD).unwrap();
        until("it is held", || held() == 1);
        let _ = client.write_all(&TEXT.repeat(behind));
        drop(client);
        until("it is released", || held() == 0);
    }
}

#[test]
fn all_that_was_sent_behind_a_held_request_is_answered_after_it() {
    let server = Server::start(true, Limits::default());
    let mut client = server.connect();
    client.write_all(HELD).unwrap();
    until("it is held", || server.things.held.load(SeqCst) == 1);
    // More than is read meanwhile.
    client.write_all(&TEXT.repeat(400)).unwrap();
    client.write_all(b"GET /hot/missing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    server.things.released.send_replace(true);
    let said = rest(&client);
    assert_eq!(said.len(), 402);
    assert!(said[..401].iter().all(|said| said.body.len() == 3000) && said[401].line.contains("404"));
}

#[test]
fn a_head_that_is_too_long_or_has_too_many_fields_for_the_hot_path_has_no_more_time_than_others() {
    let head_timeout = Duration::from_secs(4);
    let server = Server::start(true, Limits { head_timeout, ..Limits::default() });
    let field = format!("X: {}\r\n", "y".repeat(995));
    for fields in [field.repeat(9), "X: y\r\n".repeat(90)] {
        let tried = (0..5).any(|_| {
            // Before the server knows of it, whose time begins later.
            let begun = Instant::now();
            let mut slow = server.connect();
            slow.write_all(&TEXT[..TEXT.len() - 2]).unwrap();
            // A client's pace: half of the time has gone when the head is found too long.
            std::thread::sleep(head_timeout / 2);
            let before = begun.elapsed();
            if slow.write_all(fields.as_bytes()).is_err() || begun.elapsed() >= head_timeout {
                return false;
            }
            let said = rest(&slow);
            let took = begun.elapsed();
            assert!(said.len() == 1 && said[0].line.starts_with("HTTP/1.1 408"), "{said:?}");
            assert!(took >= head_timeout, "{took:?}");
            // With its time begun anew it would be longer.
            assert!(took < before + head_timeout, "{took:?}, of which {before:?} before it was too long");
            true
        });
        assert!(tried, "never fast enough for anything to be tried");
    }
}

#[test]
fn who_sends_on_after_the_last_answer_is_not_listened_to_for_ever() {
    let server = Server::start(true, Limits::default());
    let mut client = server.connect();
    client.write_all(b"GET /hot/text HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(rest(&client)[0].body.len(), 3000);
    let (some, mut sent) = (vec![b'x'; 64 << 10], 0);
    while sent < 64 << 20 && client.write_all(&some).is_ok() {
        sent += some.len();
    }
    // The kernels' buffers take some more.
    assert!(sent < 32 << 20, "{sent} bytes were read");
}

#[test]
fn at_the_stop_idle_connections_close_at_once_and_a_held_request_has_the_drain() {
    let server = Server::start(true, quick());
    let (mut idle, mut held) = (server.connect(), server.connect());
    idle.write_all(TEXT).unwrap();
    text(&idle);
    held.write_all(HELD).unwrap();
    until("it is held", || server.things.held.load(SeqCst) == 1);
    let begun = Instant::now();
    server.stop.start();
    assert!(rest(&idle).is_empty());
    assert!(begun.elapsed() < Duration::from_millis(600), "{:?}", begun.elapsed());
    let mut nothing = Vec::new();
    let _ = held.read_to_end(&mut nothing);
    assert!(begun.elapsed() < Duration::from_secs(5) && nothing.is_empty());
}

#[test]
fn who_reads_slowly_gets_all_of_it() {
    let server = Server::start(true, Limits::default());
    for name in ["memory", "disk"] {
        // In many turns: it has little room.
        let mut stream = narrow(&server, 32 << 10);
        stream
            .write_all(format!("GET /hot/{name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes())
            .unwrap();
        let mut bytes = Vec::new();
        let mut some = vec![0; 10_000];
        loop {
            match stream.read(&mut some).unwrap() {
                0 => break,
                read => bytes.extend_from_slice(&some[..read]),
            }
        }
        let said = Said::all(&bytes);
        assert_eq!(said[0].body.len(), crate::server::BIG - 5, "{name}");
        assert!(said[0].body.iter().enumerate().all(|(at, byte)| *byte == crate::server::byte(at + 5)));
    }
}

/// A client with a receive buffer of that size.
fn narrow(server: &Server, bytes: usize) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(bytes).unwrap();
    socket.connect(&server.address.into()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket.into()
}

#[test]
fn who_takes_a_byte_now_and_then_is_cut_off_whoever_answers() {
    let limits =
        Limits { stall_timeout: Duration::from_millis(300), min_send_rate: 16 << 20, ..Limits::default() };
    let server = Server::start(true, limits);
    for (name, fields) in
        [("memory", ""), ("disk", ""), ("much", ""), ("memory", "Upgrade: x\r\n"), ("much", "Upgrade: x\r\n")]
    {
        let mut client = narrow(&server, 4096);
        let request = format!("GET /hot/{name} HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
        client.write_all(request.repeat(4).as_bytes()).unwrap();
        let begun = Instant::now();
        let mut some = [0; 1024];
        // Each read tells the server that there is room again: to the kernel it is a client that takes what it is sent.
        let end = loop {
            match client.read(&mut some) {
                Ok(read) if read > 0 => std::thread::sleep(Duration::from_millis(20)),
                end => break end,
            }
            assert!(begun.elapsed() < Duration::from_secs(8), "/hot/{name} {fields} is sent on");
        };
        assert_eq!(
            end.map_err(|error| error.kind()),
            Err(ErrorKind::ConnectionReset),
            "/hot/{name} {fields}"
        );
        assert!(begun.elapsed() > Duration::from_millis(250), "{:?}", begun.elapsed());
    }
}
