//! What the hot path says is what actix-web says.

use crate::server::{BIG, Said, Server, byte};
use proptest::prelude::*;
use std::sync::LazyLock;
use streamly_http::Limits;

static BOTH: LazyLock<[Server; 2]> =
    LazyLock::new(|| [Server::start(true, Limits::default()), Server::start(false, Limits::default())]);

/// What both say, the ways it came left out; which way it came with the hot path.
fn same(pieces: &[&[u8]]) -> Result<Vec<Said>, TestCaseError> {
    let [hot, plain] = BOTH.each_ref().map(|server| server.say(pieces));
    let text: String = pieces.iter().map(|piece| String::from_utf8_lossy(piece)).collect();
    alike(hot, &plain, &text)
}

fn alike(hot: Vec<Said>, plain: &[Said], text: &str) -> Result<Vec<Said>, TestCaseError> {
    let bare = |said: &[Said]| -> Vec<_> {
        let ids = |said: &Said| if said.id.len() == 36 { String::new() } else { said.id.clone() };
        let fields = |said: &Said| {
            let mut fields = said.fields.clone();
            // actix-http says so with its first answer on a connection, and forgets it when it is a later one.
            fields.retain(|field| !said.line.contains(" 400 ") || field != "connection: close");
            fields
        };
        let body = |said: &Said| match said.body.len() {
            0..300 => String::from_utf8_lossy(&said.body).into_owned(),
            length => format!("{length} bytes like {}", said.body.iter().map(|b| u64::from(*b)).sum::<u64>()),
        };
        // What was sent behind a last request is not answered here; actix-http does, if it came with it (RFC 9112, 9.6).
        let last = said.iter().position(Said::is_last).unwrap_or(said.len());
        said.iter().take(last + 1).map(|s| (s.line.clone(), fields(s), body(s), ids(s))).collect()
    };
    prop_assert_eq!(bare(&hot), bare(plain), "{:?}", text);
    Ok(hot)
}

fn ways(said: &[Said]) -> Vec<&str> {
    said.iter().map(|said| said.way.as_str()).collect()
}

#[test]
fn every_kind_of_answer_is_the_same_in_both_versions_and_methods() {
    for name in ["text", "range", "pieces", "memory", "disk", "nothing", "missing", "away"] {
        for fields in [
            "",
            "Accept-Encoding: gzip\r\n",
            "If-None-Match: \"a\", W/\"t\"\r\nIf-None-Match: \"b\"\r\n",
            "Range: bytes=1-2\r\nRange: bytes=3-\r\n",
            "Range: b\u{e4}\r\n",
            "X-Request-Id: abc-1\r\n",
            "X-Request-Id: a b\r\n",
            "Connection: close\r\n",
            "Connection: keep-alive\r\n",
        ] {
            for (method, version) in [("GET", 1), ("HEAD", 1), ("GET", 0), ("HEAD", 0)] {
                let text = format!("{method} /hot/{name}?a=b HTTP/1.{version}\r\nHost: x\r\n{fields}\r\n");
                let said = same(&[text.as_bytes()]).unwrap();
                assert_eq!(said.len(), 1, "{text}");
                if !["missing", "away"].contains(&name) {
                    assert_eq!(said[0].way, "hot", "{text}");
                }
            }
        }
    }
}

#[test]
fn head_has_no_range() {
    for (method, range) in [("GET", "bytes=1-2"), ("HEAD", "-")] {
        for fields in ["", "Upgrade: x\r\n"] {
            let text = format!("{method} /hot/range HTTP/1.1\r\nHost: x\r\nRange: bytes=1-2\r\n{fields}\r\n");
            let said = same(&[text.as_bytes()]).unwrap();
            assert!(said[0].fields.contains(&format!("content-range: {range}")), "{text}{said:?}");
        }
    }
}

#[test]
fn large_bodies_come_whole_from_memory_and_from_disk() {
    let expected: Vec<u8> = (5..BIG).map(byte).collect();
    for name in ["memory", "disk"] {
        let text = format!("GET /hot/{name} HTTP/1.1\r\nHost: x\r\n\r\n");
        let said = same(&[text.as_bytes()]).unwrap();
        assert!(said[0].body == expected, "{name}");
    }
}

#[test]
fn requests_in_one_write_are_answered_in_order_also_where_the_connection_changes_hands() {
    let get = |path: &str, fields: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
    let requests = [
        get("/hot/text", ""),
        get("/hot/pieces", ""),
        "\r\n".to_owned() + &get("/hot/missing", ""),
        get("/cold", ""),
        get("/hot/text", ""),
        get("/hot/text", "Upgrade: x\r\n"),
        get("/hot/nothing", ""),
    ];
    let text = requests.concat();
    let [hot, plain] = &*BOTH;
    // None of them says "close", or has a body that nobody reads: actix-http reads ahead, and may end with one before it.
    let expected: Vec<Said> = requests.iter().flat_map(|request| plain.say(&[request.as_bytes()])).collect();
    for at in [0, 1, 20, 60, 100, text.len() - 3] {
        let said = hot.say_on(&[&text.as_bytes()[..at], &text.as_bytes()[at..]], expected.len());
        let said = alike(said, &expected, &text).unwrap();
        assert_eq!(said.len(), 7);
        assert_eq!(ways(&said), ["hot", "hot", "", "", "rest", "rest", "rest"]);
    }
    // Behind a last request there is none; actix-http answers it or does not, as its bytes come.
    let last = get("/hot/text", "Connection: close\r\n") + &get("/hot/text", "");
    assert_eq!(ways(&hot.say(&[last.as_bytes()])), ["hot"]);
}

#[test]
fn a_posted_body_is_answered_alike_however_it_comes_and_wherever_it_ends() {
    let text = "GET /hot/text HTTP/1.1\r\nHost: x\r\n\r\n";
    for (path, fields, body, way) in [
        ("/posted/a?b=c", "Content-Length: 5\r\n", "hello", "hot"),
        ("/posted/a", "content-length: 005\r\nContent-Type: text/plain\r\n", "hello", "hot"),
        ("/posted/a", "Content-Length: 0\r\n", "", "hot"),
        ("/posted/a", "Range: bytes=1-2\r\nContent-Length: 5\r\n", "hello", "hot"),
        ("/posted/a", "Content-Length: 5\r\nContent-Length: 5\r\n", "hello", ""),
        ("/posted/a", "Content-Length: +5\r\n", "hello", ""),
        ("/posted/a", "Content-Length: 5, 5\r\n", "hello", ""),
        ("/posted/a", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", ""),
        ("/posted/a", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n", "rest"),
        ("/posted/a", "", "", "rest"),
        ("/posted/", "Content-Length: 5\r\n", "hello", ""),
        ("/hot/text", "Content-Length: 5\r\n", "hello", ""),
    ] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
        let whole = format!("{head}{body}");
        for at in [0, head.len() - 1, head.len(), whole.len().saturating_sub(1)] {
            let (one, two) = whole.as_bytes().split_at(at);
            let said = same(&[one, two]).unwrap();
            if !way.is_empty() {
                assert_eq!(said[0].way, way, "{whole}");
            }
        }
    }
    let post = |body: &str| format!("POST /posted/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{body}");
    let requests = [text.to_owned(), post("hello"), text.to_owned(), post("GET /"), post("12345")];
    let (all, [hot, plain]) = (requests.concat(), &*BOTH);
    let expected: Vec<Said> = requests.iter().flat_map(|request| plain.say(&[request.as_bytes()])).collect();
    for at in (0..all.len()).step_by(7) {
        let said = hot.say_on(&[&all.as_bytes()[..at], &all.as_bytes()[at..]], expected.len());
        let said = alike(said, &expected, &all).unwrap();
        assert_eq!(ways(&said), ["hot"; 5], "cut at {at}");
    }
    // A body that does not come is nobody's.
    for length in [6, 4000, 9999] {
        let some = format!("POST /posted/a HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\nhello");
        let said = hot.say(&[some.as_bytes()]);
        assert!(said.iter().all(|said| said.way.is_empty()), "{length}: {said:?}");
    }
}

#[test]
fn what_might_smuggle_a_second_request_is_judged_by_one_parser() {
    let inner = "GET /hot/text HTTP/1.1\r\nHost: x\r\n\r\n";
    for fields in [
        format!("Content-Length: {}\r\n", inner.len()),
        "Content-Length: 0\r\nContent-Length: 5\r\n".into(),
        "Content-Length: +5\r\n".into(),
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n".into(),
        "Transfer-Encoding: chunked\r\n".into(),
        "Transfer-Encoding : chunked\r\n".into(),
        "Transfer-Encoding:\u{b}chunked\r\n".into(),
        "X: y\r\n Transfer-Encoding: chunked\r\n".into(),
        "X: y\nTransfer-Encoding: chunked\n".into(),
        "X: y\rTransfer-Encoding: chunked\r\n".into(),
        "Host: y\r\n".into(),
    ] {
        for method in ["GET", "HEAD", "POST"] {
            let text = format!("{method} /hot/text HTTP/1.1\r\nHost: x\r\n{fields}\r\n{inner}");
            same(&[text.as_bytes()]).unwrap();
        }
    }
    for long in [4 << 10, 9 << 10, 200 << 10] {
        let text = format!("GET /hot/text HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n{inner}", "y".repeat(long));
        same(&[text.as_bytes()]).unwrap();
    }
}

fn field() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "Host",
        "connection",
        "Range",
        "If-None-Match",
        "Accept-Encoding",
        "X-Request-Id",
        "content-length",
        "Transfer-Encoding",
        "Expect",
        "Upgrade",
        "X",
        "",
    ]);
    let value = prop_oneof![
        prop::sample::select(vec![
            "close",
            "keep-alive",
            "x",
            "gzip;q=0",
            "gzip",
            "0",
            "5",
            "chunked",
            "\"t\"",
            "*"
        ])
        .prop_map(str::to_owned),
        "[ -~\t]{0,12}",
        "\\PC{0,4}",
    ];
    let end = prop_oneof![9 => Just("\r\n"), 1 => Just("\n"), 1 => Just("\r")];
    (name, prop_oneof![8 => Just(": "), 1 => Just(":"), 1 => Just(" : ")], value, end)
        .prop_map(|(name, colon, value, end)| format!("{name}{colon}{value}{end}"))
}

fn request() -> impl Strategy<Value = String> {
    let method = prop_oneof![8 => Just("GET"), 3 => Just("HEAD"), 1 => Just("POST"), 1 => Just("get")];
    let target = prop_oneof![
        8 => prop::sample::select(vec!["/hot/text", "/hot/range?a=1", "/hot/missing", "/hot/", "/", "/hot/a/b"])
            .prop_map(str::to_owned),
        1 => "/hot/[!-~]{0,6}",
        1 => "[ -~]{0,8}",
    ];
    let version = prop_oneof![9 => Just("1.1"), 2 => Just("1.0"), 1 => Just("2.0")];
    (
        method,
        target,
        version,
        prop_oneof![5 => Just("Host: x\r\n"), 1 => Just("")],
        prop::collection::vec(field(), 0..4),
    )
        .prop_map(|(method, target, version, host, fields)| {
            format!("{method} {target} HTTP/{version}\r\n{host}{}\r\n", fields.concat())
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_request_is_answered_alike(text in request(), cut in 0usize..200) {
        let (one, two) = text.as_bytes().split_at(cut.min(text.len()));
        same(&[one, two])?;
    }

    #[test]
    fn any_bytes_are_answered_alike(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        same(&[&bytes])?;
        same(&[b"GET /hot/text HTTP/1.1\r\nHost: x\r\n", &bytes])?;
    }
}
