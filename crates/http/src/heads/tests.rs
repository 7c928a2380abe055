//! Any requests in any pieces: the time runs exactly while one is on its way.

use super::*;
use proptest::prelude::*;

/// Whole requests, of every kind of framing.
const WHOLE: [&str; 8] = [
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET / HTTP/1.1\nHost: x\n\n",
    "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\ncontent-length: 11\r\n\r\nhello\r\n\r\nyo",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\ntransfer-encoding: chunked\r\n\r\nA;b=c\r\n0123456789\r\n1\r\n\n\r\n0\r\nx: y\r\nz:\r\n\r\n",
    "DELETE / HTTP/1.0\r\n\r\n",
];

fn heads() -> Heads<tokio::io::DuplexStream> {
    Heads::new(tokio::io::duplex(1).0, &Limits::default())
}

fn between(heads: &Heads<tokio::io::DuplexStream>) -> bool {
    matches!(&heads.at, At::Head(head) if head.is_empty()) && heads.until.is_none()
}

#[tokio::test]
async fn each_whole_request_ends_where_it_does_and_no_time_runs_behind_it() {
    for request in WHOLE {
        for cut in 1..request.len() {
            let mut heads = heads();
            heads.is_first = false;
            let (front, back) = request.as_bytes().split_at(cut);
            heads.follow(front);
            assert!(heads.until.is_some(), "it is on its way: {:?}", &request[..cut]);
            heads.follow(back);
            assert!(between(&heads), "it is over: {request:?} cut at {cut}: {:?}", heads.at);
        }
    }
}

#[tokio::test]
async fn the_first_head_has_no_time_here_and_its_body_has() {
    let mut heads = heads();
    heads.follow(b"POST / HTTP/1.1\r\ncontent-length: 3\r\n");
    assert!(heads.until.is_none(), "actix-http keeps it");
    heads.follow(b"\r\nab");
    assert!(heads.until.is_some());
    heads.follow(b"cGE");
    let until = heads.until.expect("the second head");
    heads.follow(b"T");
    assert_eq!(heads.until, Some(until), "bytes do not extend it");
}

#[tokio::test]
async fn another_protocol_and_what_is_refused_are_not_followed() {
    for odd in [
        "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n\x01",
        "GET /ws HTTP/1.1\r\nUpgrade: h2c\r\nUpgrade: WebSocket \r\n\r\n\x01",
        "POST / HTTP/1.1\r\ncontent-length: many\r\n\r\nabc",
        "\x16\x03\x01\r\n\r\nabc",
    ] {
        let mut heads = heads();
        heads.follow(odd.as_bytes());
        assert!(matches!(heads.at, At::Free) && heads.until.is_none(), "{odd:?}: {:?}", heads.at);
    }
    for endless in
        ["CONNECT x:1 HTTP/1.1\r\n\r\n", "POST / HTTP/1.1\r\nUpgrade: websocket\r\ncontent-length: 1\r\n\r\n"]
    {
        let mut heads = heads();
        heads.follow(endless.as_bytes());
        heads.follow(b"GET / HTTP/1.1\r\n\r\n");
        assert!(
            matches!(heads.at, At::Body(1..)) && heads.until.is_some(),
            "no end, and a time: {endless:?}"
        );
    }
    let mut chunked = heads();
    chunked.follow(b"POST / HTTP/1.1\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n");
    assert!(matches!(chunked.at, At::Chunks(_)) && chunked.until.is_some(), "a WebSocket it is not");
    let mut long = heads();
    long.is_first = false;
    long.follow(&b"GET / HTTP/1.1\r\nx: ".iter().copied().chain([b'y'; MAX_HEAD]).collect::<Vec<_>>());
    assert!(matches!(long.at, At::Free), "as much as is kept of it");
}

proptest! {
    #[test]
    fn requests_in_any_pieces_are_told_apart(
        which in prop::collection::vec(0..WHOLE.len(), 1..6),
        cuts in prop::collection::vec(1usize..40, 1..40),
    ) {
        let all: String = which.iter().map(|n| WHOLE[*n]).collect();
        let (mut heads, mut rest) = (heads(), all.as_bytes());
        for cut in cuts.iter().cycle() {
            let (some, others) = rest.split_at(rest.len().min(*cut));
            heads.follow(some);
            rest = others;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert!(between(&heads), "{:?}", heads.at);
    }

    #[test]
    fn no_bytes_panic(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..20)) {
        let mut heads = heads();
        for piece in pieces {
            heads.follow(&piece);
        }
    }
}
