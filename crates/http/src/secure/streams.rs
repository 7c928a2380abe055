//! One connection by HTTP/2 (RFC 9113): its requests are accepted as they come, each is answered beside the others, until it ends.
//!
//! Bounds: requests under way at once; the size of a head; what a client may send ahead of its readers; what is kept for a client that
//! does not take it. A request that its client takes back ends here at once: who opens and resets streams without end (CVE-2023-44487) has
//! no more under way than who does not, and `h2` cuts off who does so faster than streams are accepted. A connection without requests ends
//! after `keep_alive`, one that never had any after `head_timeout`, as by HTTP/1.1.

use super::{Http2, exchange};
use crate::{Limits, server::DISCONNECT};
use bytes::Bytes;
use h2::server::Builder;
use std::{net::SocketAddr, pin::pin, rc::Rc};
use streamly_lifecycle::CancellationToken;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::{JoinSet, yield_now},
    time::{Instant, sleep_until, timeout_at},
};

/// Largest head of a request, bytes as HPACK counts them (RFC 7541, 4.1); more is answered 431. Browsers send some 2 KiB.
const MAX_HEAD: u32 = 32 << 10;
/// Bytes of a request's body that may come before they are read.
const STREAM_WINDOW: u32 = 256 << 10;
/// The same, of all requests of a connection together.
const CONNECTION_WINDOW: u32 = 1 << 20;
/// Bytes of an answer kept for the socket. Without it clients that take nothing could fill the memory.
const SEND_BUFFER: usize = 64 << 10;

/// Serves it until it ends.
pub(super) async fn serve<S>(
    stream: S,
    peer: Option<SocketAddr>,
    app: &Rc<Http2>,
    limits: &Rc<Limits>,
    max_streams: u32,
    stop: &CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut builder = Builder::new();
    builder
        .max_concurrent_streams(max_streams)
        .max_header_list_size(MAX_HEAD)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(SEND_BUFFER);
    let deadline = Instant::now() + limits.head_timeout;
    let mut connection = match timeout_at(deadline, builder.handshake::<_, Bytes>(stream)).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return tracing::debug!(%error, "no HTTP/2 came"),
        Err(_) => return tracing::debug!("no HTTP/2 came in time"),
    };
    let many = usize::try_from(max_streams).unwrap_or(usize::MAX);
    let mut exchanges = JoinSet::new();
    let mut timer = pin!(sleep_until(deadline));
    let mut stopped = pin!(stop.cancelled());
    let mut closing = false;
    loop {
        tokio::select! {
            biased;
            Some(ended) = exchanges.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a request by HTTP/2 was not answered");
                }
                if exchanges.is_empty() {
                    let idle = if closing { DISCONNECT } else { limits.keep_alive };
                    timer.as_mut().reset(Instant::now() + idle);
                }
            }
            accepted = connection.accept() => match accepted {
                Some(Ok((request, respond))) => {
                    exchanges.spawn_local(exchange::run(app.clone(), limits.clone(), request, respond, peer));
                    // More than the bound are those that were taken back meanwhile: they end before another one is accepted.
                    if exchanges.len() > many {
                        yield_now().await;
                    }
                }
                Some(Err(error)) => return tracing::debug!(%error, "a connection by HTTP/2 broke"),
                None => return,
            },
            () = &mut timer, if exchanges.is_empty() => {
                if closing {
                    return;
                }
                closing = true;
                connection.graceful_shutdown();
                timer.as_mut().reset(Instant::now() + DISCONNECT);
            }
            () = &mut stopped, if !closing => {
                closing = true;
                connection.graceful_shutdown();
                timer.as_mut().reset(Instant::now() + DISCONNECT);
            }
        }
    }
}
