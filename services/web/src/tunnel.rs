//! `/ws`: a raw byte tunnel to chat after the upgrade (RFC 6455 is between the client and chat; nothing is parsed here).
//!
//! The client's Host, Origin and WebSocket headers go through unchanged, its address in X-Forwarded-For, and the trace of this call, which a client
//! says nothing about. Both directions end together, also when chat's machine is gone and closes nothing ([`GONE`]): clients then come again.

use crate::{address, config::Config, connections};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use std::{io, sync::Arc, time::Duration};
use streamly_http::Problem;
use streamly_lifecycle::{Shutdown, Tasks};
use streamly_status::Code;
use streamly_telemetry::trace::{Span, TRACEPARENT};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
    time::timeout,
};

/// Chat must have accepted and answered the upgrade by then.
const UPGRADE: Duration = Duration::from_secs(10);
/// Largest answer head taken from chat, bytes.
const MAX_HEAD: usize = 8 << 10;
/// Read at once from chat for a client, bytes: also what one idle tunnel costs.
const CHUNK: usize = 8 << 10;
/// Chat must take what a client sends within this. A client that takes nothing is chat's to close, or the kernel's (`stall_timeout`).
const WRITE: Duration = Duration::from_secs(30);
/// After so long without a word of chat the kernel asks whether its machine is there: there are up to `max_tunnels` of them.
const QUIET: Duration = Duration::from_secs(10);
/// A machine that acknowledges nothing for so long is gone, and a chat that takes nothing at all for so long hangs.
const GONE: Duration = Duration::from_secs(20);
/// Headers of the request that chat gets.
const PASSED: [&str; 8] = [
    "host",
    "origin",
    "user-agent",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
    "cookie",
];

/// Where tunnels go, and how many there may be.
pub(crate) struct Tunnels {
    address: String,
    slots: Arc<Semaphore>,
    shutdown: Shutdown,
    tasks: Tasks,
}

impl Tunnels {
    /// Errors: the URL has no host.
    pub(crate) fn new(config: &Config, shutdown: Shutdown, tasks: Tasks) -> anyhow::Result<Self> {
        let url = reqwest::Url::parse(&config.chat_ws_url)?;
        let host = url.host_str().ok_or_else(|| anyhow::anyhow!("chat_ws_url has no host"))?;
        let address = format!("{host}:{}", url.port_or_known_default().unwrap_or(80));
        Ok(Self { address, slots: Arc::new(Semaphore::new(config.max_tunnels)), shutdown, tasks })
    }
}

/// The handler of `GET /ws`.
pub(crate) async fn open(
    request: HttpRequest,
    payload: web::Payload,
    tunnels: web::Data<Tunnels>,
    config: web::Data<Config>,
) -> Result<HttpResponse, Problem> {
    let upgrade = request
        .headers()
        .get(header::UPGRADE)
        .is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"websocket"));
    if !upgrade {
        return Err(Problem::new(Code::MalformedRequest).detail("This address speaks WebSocket."));
    }
    let busy = || Problem::new(Code::Unavailable).retry_after(Duration::from_secs(5));
    let slot = tunnels.slots.clone().try_acquire_owned().map_err(|_| busy())?;
    let away = |e: io::Error| {
        tracing::debug!(error = %e, "chat does not take a tunnel");
        Problem::new(Code::BadGateway).retry_after(Duration::from_secs(1))
    };
    let call = Span::current().client(|| "GET".into());
    call.text("http.request.method", "GET");
    call.text("server.address", tunnels.address.rsplit_once(':').map_or("", |(host, _)| host));
    let head = head(&request, &config, &call);
    let (chat, answer) = timeout(UPGRADE, connect(&tunnels.address, &head))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|e| {
            call.failed(if e.kind() == io::ErrorKind::TimedOut { "timeout" } else { "unreachable" });
            away(e)
        })?;
    call.number("http.response.status_code", i64::from(answer.status.as_u16()));
    if answer.status.is_client_error() || answer.status.is_server_error() {
        call.failed(answer.status.as_str());
    }
    call.end();
    let mut response = HttpResponse::build(answer.status);
    for (name, value) in &answer.headers {
        response.append_header((name.as_str(), value.as_str()));
    }
    if answer.status != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(response.body(answer.rest));
    }
    response.upgrade("websocket");
    let (from_chat, mut to_chat) = chat.into_split();
    let shutdown = tunnels.shutdown.clone();
    // Client to chat, on the worker that owns the client's connection; ends with either side or the stop.
    let pumping = actix_web::rt::spawn(async move {
        let mut payload = payload;
        let pump = async {
            while let Some(Ok(bytes)) = payload.next().await {
                match timeout(WRITE, to_chat.write_all(&bytes)).await {
                    Ok(Ok(())) => {}
                    _ => break,
                }
            }
        };
        tokio::select! {
            () = pump => {}
            // Chat says goodbye to its sockets itself; what it says still goes through for a moment.
            () = async { shutdown.started().await; tokio::time::sleep(Duration::from_secs(1)).await } => {}
        }
        // Chat sees the end and closes, which ends the other direction.
        let _ = to_chat.shutdown().await;
    });
    // The pump cannot leave its thread and so not be spawned through Tasks; this one ends with it.
    tunnels.tasks.spawn("tunnel", async move {
        if let Err(e) = pumping.await
            && e.is_panic()
        {
            std::panic::resume_unwind(e.into_panic());
        }
    });
    let first = (!answer.rest.is_empty()).then_some(Ok::<Bytes, io::Error>(answer.rest));
    let bytes =
        stream::unfold((from_chat, BytesMut::new(), slot), |(mut from_chat, mut buffer, slot)| async move {
            buffer.reserve(CHUNK);
            match from_chat.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => None,
                Ok(_) => Some((Ok::<Bytes, io::Error>(buffer.split().freeze()), (from_chat, buffer, slot))),
            }
        });
    Ok(response.streaming(stream::iter(first).chain(bytes)))
}

struct Answer {
    status: StatusCode,
    headers: Vec<(String, String)>,
    rest: Bytes,
}

fn head(request: &HttpRequest, config: &Config, call: &Span) -> String {
    let mut head = String::from("GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n");
    for name in PASSED {
        if let Some(value) = request.headers().get(name).and_then(|v| v.to_str().ok()) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    let peer = address::of(request, config);
    head.push_str(&format!("X-Forwarded-For: {peer}\r\n"));
    if let Some(cause) = call.traceparent() {
        head.push_str(&format!("{TRACEPARENT}: {cause}\r\n"));
    }
    head.push_str("\r\n");
    head
}

async fn connect(address: &str, head: &str) -> io::Result<(TcpStream, Answer)> {
    let mut chat = TcpStream::connect(address).await?;
    chat.set_nodelay(true)?;
    connections::watch(&chat, QUIET, GONE)?;
    chat.write_all(head.as_bytes()).await?;
    let mut buffer = BytesMut::with_capacity(1024);
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        if buffer.len() > MAX_HEAD || chat.read_buf(&mut buffer).await? == 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    };
    let head = buffer.split_to(end + 4);
    let text = std::str::from_utf8(&head[..end]).map_err(|_| io::ErrorKind::InvalidData)?;
    let mut lines = text.split("\r\n");
    let status = lines
        .next()
        .and_then(|l| l.split(' ').nth(1))
        .and_then(|s| s.parse::<u16>().ok())
        .and_then(|s| StatusCode::from_u16(s).ok());
    let headers = lines
        .filter_map(|l| l.split_once(':'))
        .map(|(n, v)| (n.trim().to_ascii_lowercase(), v.trim().to_owned()))
        .filter(|(n, _)| {
            n.starts_with("sec-websocket-") || matches!(n.as_str(), "content-type" | "retry-after")
        })
        .collect();
    Ok((chat, Answer { status: status.ok_or(io::ErrorKind::InvalidData)?, headers, rest: buffer.freeze() }))
}

#[cfg(test)]
mod tests {
    use super::{GONE, QUIET, Tunnels, connect, open};
    use crate::config::Config;
    use actix_web::{App, HttpServer, web};
    use std::time::Duration;
    use streamly_lifecycle::{Shutdown, Tasks};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    #[actix_web::test]
    async fn an_open_tunnel_is_a_tracked_task_that_ends_with_its_client() {
        let chat = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let chat_ws_url = format!("http://{}", chat.local_addr().unwrap());
        let (config, tasks) = (Config { chat_ws_url, ..Config::default() }, Tasks::new());
        let tunnels = web::Data::new(Tunnels::new(&config, Shutdown::new(), tasks.clone()).unwrap());
        let config = web::Data::new(config);
        let app = move || {
            App::new().app_data(tunnels.clone()).app_data(config.clone()).route("/ws", web::get().to(open))
        };
        let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        let serving = actix_web::rt::spawn(server);
        let mut client = TcpStream::connect(address).await.unwrap();
        let asked = b"GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
        client.write_all(asked).await.unwrap();
        let (mut at_chat, _) = chat.accept().await.unwrap();
        at_chat.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").await.unwrap();
        assert!(client.read(&mut [0; 512]).await.unwrap() > 0);
        assert_eq!(tasks.len(), 1);
        drop(client);
        // Chat stays open: the tunnel's end is its client's alone.
        assert!(tasks.join(Duration::from_secs(10)).await);
        assert!(tasks.is_empty());
        handle.stop(false).await;
        serving.await.unwrap().unwrap();
        drop(at_chat);
    }

    #[actix_web::test]
    async fn the_kernel_asks_whether_chat_s_machine_is_there() {
        let chat = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = chat.local_addr().unwrap().to_string();
        let answering = async {
            let (mut at_chat, _) = chat.accept().await.unwrap();
            at_chat.write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").await.unwrap();
            at_chat
        };
        let (opened, _at_chat) = tokio::join!(connect(&address, "GET /ws HTTP/1.1\r\n\r\n"), answering);
        let (tunnel, answer) = opened.unwrap();
        assert_eq!(answer.status.as_u16(), 101);
        let socket = socket2::SockRef::from(&tunnel);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), QUIET);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(GONE));
    }
}
