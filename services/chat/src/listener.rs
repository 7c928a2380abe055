//! The public TCP listener: `GET /ws` becomes a WebSocket, `GET /health` is answered, everything else is refused.
//!
//! The head is read here (at most [`MAX_HEAD`] bytes, within the hello time-out) because one port serves both. Pages of other origins
//! may not open sockets. No extension is negotiated, compression neither. The accept loop survives every error.

mod handshake;
mod head;
mod places;
mod traced;

use crate::{config::Config, session};
use head::Head;
use places::{Place, Places};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use streamly_http::{Holder, forwarded};
use streamly_lifecycle::{Readiness, Shutdown, Tasks};
use streamly_telemetry::trace::Span;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Longest request head, bytes.
const MAX_HEAD: usize = 8 << 10;
/// An upgraded connection, and what came behind its request.
struct Upgraded {
    stream: TcpStream,
    read: Vec<u8>,
    place: Place,
    /// Where it is from; none for tools on this machine.
    address: Option<Holder>,
    /// Of its request; none where it is not recorded.
    opening: Span,
}

/// What all connections share.
pub struct Door {
    /// Settings.
    pub config: Config,
    /// Whether new sockets are taken.
    pub readiness: Readiness,
    /// The stop.
    pub shutdown: Shutdown,
    /// Where connections run.
    pub tasks: Tasks,
    /// What sessions work with, once the service is up.
    pub context: std::sync::OnceLock<Arc<session::Context>>,
    places: Places,
    next_id: AtomicU64,
}

impl Door {
    /// Nobody came yet.
    pub fn new(config: Config, readiness: Readiness, shutdown: Shutdown, tasks: Tasks) -> Self {
        let limits = &config.limits;
        let places = Places::new(limits.max_connections, limits.max_connections_per_address);
        Self {
            config,
            readiness,
            shutdown,
            tasks,
            context: std::sync::OnceLock::new(),
            places,
            next_id: AtomicU64::new(1),
        }
    }
}

/// Plain answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Malformed,
    Origin,
    NotFound,
    Method,
    NotAnUpgrade,
    TooMany,
    Full,
}

impl Refusal {
    fn answer(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Malformed => (400, "Bad Request", "malformed_request"),
            Self::Origin => (403, "Forbidden", "forbidden"),
            Self::NotFound => (404, "Not Found", "not_found"),
            Self::Method => (405, "Method Not Allowed", "method_not_allowed"),
            Self::NotAnUpgrade => (426, "Upgrade Required", "upgrade_required"),
            Self::TooMany => (429, "Too Many Requests", "rate_limited"),
            Self::Full => (503, "Service Unavailable", "unavailable"),
        }
    }
}

/// Accepts until the stop.
pub async fn run(listener: TcpListener, door: Arc<Door>) {
    loop {
        let accepted = tokio::select! {
            () = door.shutdown.started() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(place) = door.places.enter() else {
                    tracing::debug!(%peer, "closed a connection that there is no place for");
                    continue;
                };
                let on = door.clone();
                door.tasks.spawn("connection", async move { connection(stream, peer, place, on).await });
            }
            Err(e) => {
                // Out of file descriptors, most likely: others will end.
                tracing::warn!(error = %e, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, mut place: Place, door: Arc<Door>) {
    // Of a proxy's connection only the head tells the address.
    let is_proxy = forwarded::is_trusted(peer.ip(), &door.config.trusted_proxies);
    if !is_proxy && place.hold(peer.ip()).is_err() {
        let _: Option<()> = refuse(stream, Refusal::TooMany).await;
        return;
    }
    let _ = stream.set_nodelay(true);
    let _ =
        socket2::SockRef::from(&stream).set_send_buffer_size(door.config.limits.send_buffer.bytes() as usize);
    let upgraded = tokio::select! {
        () = door.shutdown.started() => return,
        // On the heap, and freed before the socket's long life begins.
        done = tokio::time::timeout(door.config.limits.hello_timeout.get(), Box::pin(upgrade(stream, peer, place, &door))) => done,
    };
    if let Ok(Some(Upgraded { stream, read, place, address, opening })) = upgraded
        && let Some(context) = door.context.get()
    {
        let id = door.next_id.fetch_add(1, Ordering::Relaxed);
        session::run(stream, id, address, read, opening, context.clone()).await;
        drop(place);
    }
}

/// Reads the head and answers it; `None`: that was all.
async fn upgrade(mut stream: TcpStream, peer: SocketAddr, mut place: Place, door: &Door) -> Option<Upgraded> {
    let mut buffer = Vec::with_capacity(1024);
    let head_len = loop {
        if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        if buffer.len() >= MAX_HEAD {
            return refuse(stream, Refusal::Malformed).await;
        }
        if stream.read_buf(&mut buffer).await.ok()? == 0 {
            return None;
        }
    };
    let Some(head) = Head::parse(&buffer[..head_len]) else {
        return refuse(stream, Refusal::Malformed).await;
    };
    match (head.method, head.path) {
        ("GET", "/health") => {
            let ready = door.readiness.is_ready();
            let (status, text) = if ready { (200, "ok") } else { (503, "unavailable") };
            respond(
                stream,
                status,
                if ready { "OK" } else { "Service Unavailable" },
                "application/json",
                &format!("{{\"status\":\"{text}\"}}"),
            )
            .await;
            return None;
        }
        ("GET", "/ws") => {}
        (_, "/ws" | "/health") => return refuse(stream, Refusal::Method).await,
        _ => return refuse(stream, Refusal::NotFound).await,
    }
    if !handshake::is_asked_for(&head) {
        return refuse(stream, Refusal::NotAnUpgrade).await;
    }
    if !head.origin_is_ours(peer.ip(), &door.config) {
        return refuse(stream, Refusal::Origin).await;
    }
    if place.is_spare || door.context.get().is_none() {
        return refuse(stream, Refusal::Full).await;
    }
    let address = head.client(peer.ip(), &door.config);
    if address.is_some_and(|a| place.hold(a).is_err()) {
        return refuse(stream, Refusal::TooMany).await;
    }
    let Some(answer) = handshake::answer(&head) else {
        return refuse(stream, Refusal::Malformed).await;
    };
    let opening = traced::opening(&head, peer.ip(), door);
    stream.write_all(answer.as_bytes()).await.ok()?;
    opening.end();
    place.opened();
    let (read, address) = (buffer.split_off(head_len), address.map(Holder::from));
    Some(Upgraded { stream, read, place, address, opening })
}

async fn refuse<T>(stream: TcpStream, why: Refusal) -> Option<T> {
    let (status, title, code) = why.answer();
    let body = format!(
        "{{\"type\":\"about:blank#{code}\",\"title\":\"{title}\",\"status\":{status},\"code\":\"{code}\",\"detail\":\"{title}\",\"request_id\":\"\"}}"
    );
    respond(stream, status, title, "application/problem+json", &body).await;
    None
}

async fn respond(mut stream: TcpStream, status: u16, title: &str, kind: &str, body: &str) {
    let extra = match status {
        426 => "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
        429 => "Retry-After: 10\r\n",
        503 => "Retry-After: 1\r\n",
        _ => "",
    };
    let head = format!(
        "HTTP/1.1 {status} {title}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n{extra}Connection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
    let _ = stream.shutdown().await;
}
