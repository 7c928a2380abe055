//! Once a connection has left the hot path its later heads have a time as well.

use crate::server::Server;
use std::{
    io::{Read, Write},
    time::{Duration, Instant},
};
use streamly_http::Limits;

const HEAD: Duration = Duration::from_millis(500);
/// Not for the hot path, and answered with 404.
const ELSEWHERE: &[u8] = b"GET /hot/a/b HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn a_later_head_has_a_time_whoever_answers_it() {
    for hot in [true, false] {
        let server = Server::start(hot, Limits { head_timeout: HEAD, ..Limits::default() });
        for rest in [&b"G"[..], b"GET /hot/text HTTP/1.1\r\nHost: x\r\n"] {
            let mut stream = server.connect();
            let since = Instant::now();
            stream.write_all(&ELSEWHERE.repeat(2)).unwrap();
            stream.write_all(rest).unwrap();
            let mut said = Vec::new();
            stream.read_to_end(&mut said).expect("it is closed in time");
            let answers = said.windows(13).filter(|part| *part == b"HTTP/1.1 404 ").count();
            assert_eq!(answers, 2, "{}", String::from_utf8_lossy(&said));
            assert!(since.elapsed() >= HEAD, "{:?}", since.elapsed());
        }
    }
}
