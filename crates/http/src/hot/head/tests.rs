use super::*;
use proptest::prelude::*;

const PLAIN: &str = "GET /live/b/1/source/1-2.3.m4s?sid=a&_HLS_msn=7 HTTP/1.1\r\nHost: x\r\n";

fn with(fields: &str) -> String {
    format!("{PLAIN}{fields}\r\n")
}

fn whole(head: &str) -> (Request<'_>, usize) {
    match read(head.as_bytes()) {
        Read::Whole(request, length) => (request, length),
        other => panic!("{head:?} is {other:?}"),
    }
}

#[test]
fn a_simple_request_is_read_and_what_follows_it_is_left() {
    let text =
        with("Range: bytes=1-2\r\nrange: bytes=3-4\r\nX-Request-Id: ab-1\r\naccept-encoding: br, gzip\r\n");
    let twice = format!("{text}GET /");
    let (request, length) = whole(&twice);
    assert_eq!(length, text.len());
    assert_eq!((request.path, request.query), ("/live/b/1/source/1-2.3.m4s", "sid=a&_HLS_msn=7"));
    assert_eq!(
        (request.wants.range, request.wants.gzip, request.id),
        (Some("bytes=1-2"), true, Some("ab-1"))
    );
    assert!(!request.is_head && !request.is_old && request.stays);
}

#[test]
fn whether_the_connection_stays_is_the_versions_and_the_clients_say() {
    for (fields, stays) in
        [("", true), ("Connection: Close\r\n", false), ("connection:  keep-alive \r\n", true)]
    {
        assert_eq!(whole(&with(fields)).0.stays, stays, "{fields}");
    }
    let old = PLAIN.replace("1.1", "1.0").replace("Host: x\r\n", "");
    for (fields, stays) in
        [("", false), ("Connection: keep-alive\r\n", true), ("Connection: close\r\n", false)]
    {
        let head = format!("{old}{fields}\r\n");
        assert_eq!((whole(&head).0.stays, whole(&head).0.is_old), (stays, true), "{fields}");
    }
}

#[test]
fn whatever_is_not_simple_is_left_to_others() {
    for fields in [
        "Content-Length: 0\r\n",
        "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "tRANSFER-eNCODING: identity\r\n",
        "Expect: 100-continue\r\n",
        "Upgrade: websocket\r\n",
        "Connection: upgrade\r\n",
        "Connection: close, x\r\n",
        "Connection: close\r\nConnection: keep-alive\r\n",
        "Host: y\r\n",
        "a b: c\r\n",
        " folded: x\r\n",
        "x: a\u{0}b\r\n",
        "x: a\rb\r\n",
        "x: y\n",
    ] {
        assert!(matches!(read(with(fields).as_bytes()), Read::Other), "{fields:?}");
    }
    assert!(matches!(read(with(&"x: y\r\n".repeat(FIELDS_MAX)).as_bytes()), Read::Long), "too many fields");
    for line in [
        "POST /a HTTP/1.1",
        "OPTIONS /a HTTP/1.1",
        "GET * HTTP/1.1",
        "GET a HTTP/1.1",
        "GET http://x/a HTTP/1.1",
        "GET x:80 HTTP/1.1",
        "GET /%61 HTTP/1.1",
        "GET /a#b HTTP/1.1",
        "GET /a?b#c HTTP/1.1",
        "GET /a;b HTTP/1.1",
        "GET /ä HTTP/1.1",
        "GET /a HTTP/2.0",
        "GET /a",
    ] {
        assert!(matches!(read(format!("{line}\r\nHost: x\r\n\r\n").as_bytes()), Read::Other), "{line}");
    }
    assert!(matches!(read(b"GET /a HTTP/1.1\r\n\r\n"), Read::Other), "no host");
}

#[test]
fn what_proxies_say_is_kept_line_by_line_whatever_its_bytes() {
    let mut head = PLAIN.as_bytes().to_vec();
    head.extend_from_slice(b"X-Forwarded-For: 192.0.2.1, 10.0.0.1\r\nx-forwarded-for:  \xff\r\nx: y\r\n\r\n");
    let Read::Whole(request, _) = read(&head) else { panic!("it is a plain request") };
    assert_eq!(request.forwarded_for, [&b"192.0.2.1, 10.0.0.1"[..], b"\xff"]);
    assert_eq!(whole(&with("")).0.forwarded_for.len(), 0);
}

#[test]
fn a_small_post_is_read_with_its_body_and_what_follows_it_is_left() {
    let post = |fields: &str, behind: &str| format!("{}{fields}\r\n{behind}", PLAIN.replace("GET", "POST"));
    let text = post("Content-Length: 005\r\nRange: bytes=1-2\r\n", "helloGET /");
    let (request, length) = whole(&text);
    assert_eq!((request.body, request.wants.range(), request.is_head), (Some(&b"hello"[..]), None, false));
    assert_eq!(&text[length..], "GET /");
    let (head, _) = text.split_at(length - 1);
    assert!(matches!(read(head.as_bytes()), Read::Body("/live/b/1/source/1-2.3.m4s")));
    assert_eq!(whole(&post("Content-Length: 0\r\n", "")).0.body, Some(&b""[..]));
    for fields in [
        "",
        "Content-Length: +5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: \r\n",
        "Content-Length: 00005\r\n",
        "Content-Length: 9999\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nExpect: 100-continue\r\n",
        "Content-Length: 5\r\nContent-Encoding: gzip\r\n",
    ] {
        assert!(matches!(read(post(fields, "hello").as_bytes()), Read::Other), "{fields:?}");
    }
    let old = post("Content-Length: 5\r\n", "hello").replace("HTTP/1.1", "HTTP/1.0");
    assert!(matches!(read(old.as_bytes()), Read::Other));
}

#[test]
fn a_range_is_of_get_alone() {
    let get = with("Range: bytes=1-2\r\n");
    let head = get.replace("GET", "HEAD");
    let (get, head) = (whole(&get).0.wants, whole(&head).0.wants);
    assert_eq!(
        (get.range(), get.whole(), head.range(), head.whole()),
        (Some("bytes=1-2"), false, None, false)
    );
    assert!(whole(&with("")).0.wants.whole());
}

#[test]
fn the_end_of_a_head_is_found_where_httparse_finds_it_also_in_bytes_that_come_one_by_one() {
    for end in ["\r\n\r\n", "\n\n", "\r\n\n", "\n\r\n"] {
        let text = format!("GET /a HTTP/1.1\r\nhost: x\r\nx: y{end}");
        let mut fields = [httparse::EMPTY_HEADER; 9];
        let parsed = httparse::Request::new(&mut fields).parse(text.as_bytes());
        assert_eq!(parsed, Ok(Status::Complete(text.len())));
        let all = text.as_bytes();
        let found = (1..=all.len()).find(|&length| has_end(&all[length.saturating_sub(3)..length]));
        assert_eq!(found, Some(all.len()), "{end:?}");
    }
}

#[test]
fn every_beginning_of_a_head_waits_for_the_rest() {
    let text = with("Range: bytes=1-2\r\n");
    for length in 0..text.len() {
        assert!(matches!(read(&text.as_bytes()[..length]), Read::Part), "{length}");
    }
}

proptest! {
    #[test]
    fn no_bytes_panic_and_a_taken_request_is_plain(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n'), Just(b' '), Just(b':')], 0..300),
        line in "(GET|HEAD|POST) /[ -~]{0,20} HTTP/1\\.[012]\r\n(host: x\r\n)?([a-z-]{1,17}: ?[ -~]{0,9}\r\n){0,4}\r\n",
    ) {
        for head in [&bytes[..], line.as_bytes()] {
            if let Read::Whole(request, length) = read(head) {
                prop_assert!(length <= head.len() && head[..length].ends_with(b"\r\n\r\n"));
                prop_assert!(request.path.bytes().all(is_plain) && request.query.bytes().all(is_query));
            }
        }
    }
}
