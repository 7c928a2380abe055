//! Every port of a running platform against who trickles, says nothing or sends a head without end: it is closed, with the settings as they
//! come, and everybody else is served meanwhile.

use anyhow::{Context, Result, bail, ensure};
use std::time::{Duration, Instant};
use streamly_e2e::Platform;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Who trickles is closed by then: ten seconds have those that wait longest, and a machine is busy.
const LIMIT: Duration = Duration::from_secs(30);
/// Between two bytes.
const PACE: Duration = Duration::from_millis(200);
/// Longest answer to everybody else.
const PATIENCE: Duration = Duration::from_secs(5);
/// The beginning of HTTP/2 (RFC 9113, section 3.4), with an empty SETTINGS frame.
const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const GOOD: &[u8] = b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n";

/// Public HTTP: web, user, stream, chat (its WebSocket and its REST), ingest.
const HTTP: [u16; 6] = [3000, 8080, 8082, 8084, 11084, 8000];
/// Admin listeners: of web, user, stream, chat, ingest.
const ADMIN: [u16; 5] = [5000, 10080, 10082, 10084, 10000];
/// gRPC: of user, stream, chat, ingest.
const GRPC: [u16; 4] = [9080, 9082, 9084, 9000];
const RTMP: u16 = 1935;
const RTMPS: u16 = 1936;
/// This one closes behind each answer.
const CHAT: u16 = 8084;

/// What a stranger sends: at once, then byte by byte for as long as it takes.
struct Trickle {
    name: &'static str,
    port: u16,
    at_once: &'static [u8],
    slowly: &'static [u8],
}

fn trickles() -> Vec<Trickle> {
    let mut all = Vec::new();
    let mut add = |name: &'static str, port: u16, at_once: &'static [u8], slowly: &'static [u8]| {
        all.push(Trickle { name, port, at_once, slowly });
    };
    for port in HTTP.into_iter().chain(ADMIN) {
        add("silence", port, b"", b"");
        add("a head", port, b"GET /health HTTP/1.1\r\n", b"x: y\r\n");
        if port != CHAT {
            // Thirteen seconds of it, and no empty line.
            add(
                "a later head",
                port,
                GOOD,
                b"GET /health HTTP/1.1\r\nhost: x\r\nx: a field of some length for its time\r\n",
            );
        }
    }
    for port in GRPC {
        add("silence", port, b"", b"");
        add("a greeting", port, b"PRI * HTTP/2.0\r\n", b"\r");
    }
    for port in [RTMP, RTMPS] {
        add("silence", port, b"", b"");
    }
    // Version 3 and the beginning of C1; a record that announces 512 bytes of a ClientHello.
    add("a handshake", RTMP, &[3, 0, 0, 0, 0], &[7]);
    add("a handshake", RTMPS, &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3], &[7]);
    all
}

/// How long the server took to close.
async fn closed(platform: u16, trickle: Trickle) -> Result<Duration> {
    let Trickle { name, port, at_once, slowly } = trickle;
    let socket = TcpStream::connect(("127.0.0.1", port + platform)).await;
    let (mut read, mut write) = socket.with_context(|| format!("port {port}"))?.into_split();
    let since = Instant::now();
    write.write_all(at_once).await?;
    let trickle = tokio::spawn(async move {
        let mut ticks = tokio::time::interval(PACE);
        for byte in slowly.iter().cycle() {
            ticks.tick().await;
            if write.write_all(&[*byte]).await.is_err() {
                return;
            }
        }
        // Open, so that only the server ends it.
        std::future::pending::<()>().await;
    });
    let mut said = Vec::new();
    let ended = async {
        let mut more = [0; 4096];
        while let Ok(read @ 1..) = read.read(&mut more).await {
            said.extend_from_slice(&more[..read]);
        }
    };
    let ended = tokio::time::timeout(LIMIT, ended).await;
    trickle.abort();
    ensure!(ended.is_ok(), "{name} at port {port} is listened to after {LIMIT:?}");
    if at_once == GOOD {
        ensure!(
            said.starts_with(b"HTTP/1.1 200 "),
            "{name} at port {port}: {}",
            String::from_utf8_lossy(&said)
        );
    }
    Ok(since.elapsed())
}

/// Everybody else: each service says how it is, and pages come.
async fn all_are_served(platform: &Platform) -> Result<()> {
    for port in HTTP.into_iter().chain(ADMIN).filter(|port| *port != 11084) {
        let url = format!("http://127.0.0.1:{}/health", platform.port(port));
        let asked = Instant::now();
        let answer = tokio::time::timeout(PATIENCE, platform.http.get(&url).send());
        let answer = answer.await.with_context(|| format!("{url} says nothing in {PATIENCE:?}"))??;
        ensure!(answer.status() == 200, "{url}: {} after {:?}", answer.status(), asked.elapsed());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_port_waits_for_ever_for_who_trickles_and_everybody_else_is_served() -> Result<()> {
    const EACH: usize = 4;
    let platform = Platform::start_with(&[], &[("STREAMLY_INGEST__LADDER", "[]")]).await?;
    let mut strangers = JoinSet::new();
    for _ in 0..EACH {
        for trickle in trickles() {
            strangers.spawn(closed(platform.offset(), trickle));
        }
    }
    let (mut longest, mut count) = (Duration::ZERO, 0);
    let since = Instant::now();
    let mut ticks = tokio::time::interval(PACE);
    while !strangers.is_empty() {
        ticks.tick().await;
        all_are_served(&platform).await?;
        ensure!(since.elapsed() < 2 * LIMIT, "{} strangers are left", strangers.len());
        while let Some(done) = strangers.try_join_next() {
            longest = longest.max(done??);
            count += 1;
        }
    }
    platform.register("ada").await.context("in the end")?;
    println!("{count} connections were closed, the last one after {longest:?}");
    Ok(())
}

/// A head that goes on and on: what is said to it, once the server has closed.
async fn endless(platform: &Platform, port: u16, before: &[u8]) -> Result<String> {
    let address = ("127.0.0.1", platform.port(port));
    let (mut read, mut write) = TcpStream::connect(address).await?.into_split();
    write.write_all(before).await?;
    let sending = async {
        let _ = write.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n").await;
        let field = format!("x: {}\r\n", "y".repeat(4_000));
        for _ in 0..512 {
            if write.write_all(field.as_bytes()).await.is_err() {
                break;
            }
        }
    };
    let mut said = Vec::new();
    let reading = async { while let Ok(1..) = read.read_buf(&mut said).await {} };
    let (sent, read) =
        tokio::join!(tokio::time::timeout(LIMIT, sending), tokio::time::timeout(LIMIT, reading));
    if sent.is_err() || read.is_err() {
        bail!("port {port} takes a head of two megabytes");
    }
    Ok(String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_without_end_is_refused_at_every_port() -> Result<()> {
    let platform = Platform::start_with(&[], &[("STREAMLY_INGEST__LADDER", "[]")]).await?;
    for port in HTTP.into_iter().chain(ADMIN) {
        // What is said may be cut off by what was sent behind it.
        let said = endless(&platform, port, b"").await?;
        ensure!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "port {port}: {said}");
    }
    for port in GRPC {
        // HEADERS and CONTINUATION frames without END_HEADERS (RFC 9113, sections 6.2 and 6.10), one literal field over and over.
        let block = [&[0, 1, b'a', 125][..], &[b'b'; 125]].concat().repeat(126);
        let [.., a, b, c] = (block.len() as u32).to_be_bytes();
        let (mut read, mut write) =
            TcpStream::connect(("127.0.0.1", platform.port(port))).await?.into_split();
        let sending = async {
            let _ = write.write_all(GREETING).await;
            for kind in [1].into_iter().chain([9; 127]) {
                let frame = [&[a, b, c, kind, 0, 0, 0, 0, 1][..], &block].concat();
                if write.write_all(&frame).await.is_err() {
                    break;
                }
            }
        };
        let reading = async { while let Ok(1..) = read.read(&mut [0; 4096]).await {} };
        let ended = async { tokio::join!(sending, reading) };
        tokio::time::timeout(LIMIT, ended).await.with_context(|| format!("port {port} takes it"))?;
    }
    all_are_served(&platform).await
}
