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
use tonic::transport::Channel;
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
        Self::with(Readiness::new(), PATIENCE)
    }

    fn with(readiness: Readiness, patience: Patience) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, shutdown) = (listener.local_addr().unwrap(), Shutdown::new());
        let server = Server::new(Peers::new("user", []), &[], readiness).with_patience(patience);
        tokio::spawn(server.serve(listener, shutdown.clone()));
        Self { address, shutdown }
    }

    /// A peer, on a connection of its own.
    async fn peer(&self) -> HealthClient<Channel> {
        let url = format!("http://{}", self.address);
        HealthClient::new(Channel::from_shared(url).unwrap().connect().await.unwrap())
    }

    /// A peer's call.
    async fn answers(&self) {
        self.peer().await.check(HealthCheckRequest::default()).await.unwrap();
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

/// A frame of any stream (RFC 9113, section 4.1).
fn framed(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut all = frame(payload.len(), kind, flags, 0);
    all[5..9].copy_from_slice(&stream.to_be_bytes());
    all.extend_from_slice(payload);
    all
}

/// A call of a method that nobody has, by nobody: its head, which is all of it (RFC 9113, section 6.2).
fn call(stream: u32) -> Vec<u8> {
    // Literals that go into no table (RFC 7541, section 6.2.2): 1 is :authority, 4 is :path, 15 and 16 are content-type.
    let fields: [(&[u8], &str); 3] =
        [(&[1], "x"), (&[4], "/flood.Flood/Flood"), (&[0x0f, 0x10], "application/grpc")];
    // POST, http (section 6.1).
    let mut block = vec![0x83, 0x86];
    for (name, value) in fields {
        block.extend_from_slice(name);
        block.push(value.len() as u8);
        block.extend_from_slice(value.as_bytes());
    }
    framed(1, 5, stream, &block)
}

/// That it is not wanted any more (RFC 9113, section 6.4; 8 is CANCEL).
fn taken_back(stream: u32) -> Vec<u8> {
    framed(3, 0, stream, &8_u32.to_be_bytes())
}

/// CVE-2023-44487. With the usual patience, which is longer than this takes: nothing else ends the connection.
#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_calls_opened_and_taken_back_end_their_connection_and_nobody_else_s() {
    const CALLS: u32 = 5_000;
    let metrics = streamly_telemetry::metrics().unwrap();
    let served = Served::with(Readiness::of("flooded"), Patience::default());
    let came_through = || -> u32 {
        let text = metrics.render();
        let counts = text.lines().filter_map(|line| {
            let rest = line.strip_prefix("streamly_rpc_requests_total{service=\"flooded\"")?;
            rest.rsplit_once(' ')?.1.parse::<u32>().ok()
        });
        counts.sum()
    };
    let mut bystander = served.peer().await;
    bystander.check(HealthCheckRequest::default()).await.unwrap();
    // One alone is taken for what it is.
    let mut one = TcpStream::connect(served.address).await.unwrap();
    one.write_all(&[GREETING, &call(1)].concat()).await.unwrap();
    let counted = async {
        while came_through() != 1 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, counted).await.expect("it is counted");

    let flood = (0..CALLS).flat_map(|n| [call(2 * n + 1), taken_back(2 * n + 1)].concat());
    let flood: Vec<u8> = GREETING.iter().copied().chain(flood).collect();
    let (mut read, mut write) = TcpStream::connect(served.address).await.unwrap().into_split();
    let sending = tokio::spawn(async move {
        // Where the end comes first the rest cannot be written. It stays open, so that only the server ends it.
        let _ = write.write_all(&flood).await;
        write
    });
    let ended = async { while let Ok(1..) = read.read(&mut [0; 4096]).await {} };
    tokio::time::timeout(LIMIT, ended).await.expect("it is ended");
    drop(sending.await.unwrap());
    let through = came_through();
    assert!(through < CALLS / 10, "{through} of {CALLS} came through");
    bystander.check(HealthCheckRequest::default()).await.unwrap();
    served.answers().await;
}
