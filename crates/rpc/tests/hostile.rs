//! Whoever connects to a gRPC port and says nothing, too little, too slowly or too much is closed, and a peer is answered meanwhile.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    net::{SocketAddr, TcpListener},
    time::{Duration, Instant},
};
use streamly_auth::service::Peers;
use streamly_lifecycle::{Readiness, Shutdown};
use streamly_rpc::{Patience, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

/// Short enough for a test, long enough for a busy machine to greet in.
const PATIENCE: Patience = Patience {
    greeting: Duration::from_secs(1),
    ping: Duration::from_millis(500),
    pong: Duration::from_millis(1_000),
};
/// After which everybody in here has to be closed.
const LIMIT: Duration = Duration::from_secs(10);
/// The client's preface (RFC 9113, section 3.4) and a SETTINGS frame without settings.
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

struct Served {
    address: SocketAddr,
    shutdown: Shutdown,
}

impl Served {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, shutdown) = (listener.local_addr().unwrap(), Shutdown::new());
        let server = Server::new(Peers::new("user", []), &[], Readiness::new()).with_patience(PATIENCE);
        tokio::spawn(server.serve(listener, shutdown.clone()));
        Self { address, shutdown }
    }

    /// A peer's call, on a connection of its own.
    async fn answers(&self) {
        let url = format!("http://{}", self.address);
        let channel = tonic::transport::Channel::from_shared(url).unwrap().connect().await.unwrap();
        HealthClient::new(channel).check(HealthCheckRequest::default()).await.unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.shutdown.start();
    }
}

/// A frame's head (RFC 9113, section 4.1).
fn frame(length: usize, kind: u8, flags: u8, stream: u8) -> Vec<u8> {
    let [.., a, b, c] = (length as u32).to_be_bytes();
    vec![a, b, c, kind, flags, 0, 0, 0, stream]
}

/// Sends the first bytes at once, the others one by one; how long until the server has closed, within [`LIMIT`].
async fn closed(address: SocketAddr, at_once: &[u8], slowly: Vec<u8>) -> Duration {
    let since = Instant::now();
    let (mut read, mut write) = TcpStream::connect(address).await.unwrap().into_split();
    write.write_all(at_once).await.unwrap();
    let trickle = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        for byte in slowly {
            ticks.tick().await;
            if write.write_all(&[byte]).await.is_err() {
                return;
            }
        }
        // Open, so that only the server ends it.
        std::future::pending::<()>().await;
    });
    let answers = async { while let Ok(1..) = read.read(&mut [0; 4096]).await {} };
    tokio::time::timeout(LIMIT, answers).await.expect("it is closed");
    trickle.abort();
    since.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_greet_in_time_is_closed_however_it_trickles_and_peers_are_answered() {
    let served = Served::start();
    let mut strangers = JoinSet::new();
    for n in 0..60 {
        let address = served.address;
        // Nothing at all; a byte at a time; all but the last byte.
        let (at_once, slowly) = match n % 3 {
            0 => (&GREETING[..0], Vec::new()),
            1 => (&GREETING[..0], GREETING.to_vec()),
            _ => (&GREETING[..GREETING.len() - 1], Vec::new()),
        };
        strangers.spawn(closed(address, at_once, slowly));
    }
    served.answers().await;
    while let Some(took) = strangers.join_next().await {
        let took = took.unwrap();
        assert!(took >= PATIENCE.greeting, "{took:?}");
    }
    served.answers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_2_is_closed() {
    let served = Served::start();
    for odd in [
        b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        vec![0; 64],
        [GREETING, &[0xff; 64]].concat(),
    ] {
        closed(served.address, &odd, Vec::new()).await;
    }
    served.answers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_greets_and_gives_no_sign_of_life_is_closed_also_amid_headers_that_trickle() {
    let served = Served::start();
    // HEADERS that go on (no END_HEADERS): between them and their end nothing else may be sent, an answer to a ping neither.
    let headers = [GREETING, &frame(200, 1, 0, 1)].concat();
    let (silent, trickling) = tokio::join!(
        closed(served.address, GREETING, Vec::new()),
        closed(served.address, &headers, vec![0x40; 150])
    );
    for took in [silent, trickling] {
        assert!(took >= PATIENCE.pong, "{took:?}");
    }
    served.answers().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_without_end_are_refused() {
    let served = Served::start();
    let (mut read, mut write) = TcpStream::connect(served.address).await.unwrap().into_split();
    write.write_all(GREETING).await.unwrap();
    let sending = async {
        // Literal fields (RFC 7541, section 6.2.2): one byte of name, 125 of value. As many as go into the largest frame; a megabyte in all.
        let block = [&[0, 1, b'a', 125][..], &[b'b'; 125]].concat().repeat(126);
        for n in 0..64 {
            let kind = if n == 0 { 1 } else { 9 };
            let part = [frame(block.len(), kind, 0, 1), block.clone()].concat();
            if write.write_all(&part).await.is_err() {
                break;
            }
        }
    };
    let closed = async { while let Ok(1..) = read.read(&mut [0; 4096]).await {} };
    let ((), closed) = tokio::join!(sending, tokio::time::timeout(LIMIT, closed));
    closed.expect("it is closed");
    served.answers().await;
}
