//! One connection by HTTP/2 (RFC 9113): its requests are accepted as they come, each is answered beside the others, until it ends.
//!
//! Bounds: requests under way at once, here and by the places that the connection's [`Seat`] gives; the size of a head; what a client may
//! send ahead of its readers; what is kept for a client that does not take it. A request is under way until the last byte of its answer has
//! left for the socket. One that its client takes back ends here at once: who opens and resets streams without end (CVE-2023-44487) has no
//! more under way than who does not, and `h2` cuts off who does so faster than streams are accepted. A connection without requests ends
//! after `keep_alive`, one that never had any after `head_timeout`, as by HTTP/1.1; at the stop what is under way has `drain`.

use super::{
    Http2, Seat,
    exchange::{self, Chunk},
};
use crate::{Limits, server::DISCONNECT};
use h2::{Reason, server::Builder};
use std::{any::Any, net::SocketAddr, pin::pin, rc::Rc};
use streamly_lifecycle::CancellationToken;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::{JoinSet, yield_now},
    time::{Instant, sleep_until, timeout_at},
};

/// Largest head of a request, bytes as HPACK counts them (RFC 7541, 4.1); more is answered 431, four times as much ends the connection.
/// Browsers send some 2 KiB.
const MAX_HEAD: u32 = 32 << 10;
/// Bytes of a request's body that may come before they are read: 1.2 MiB a second at 100 ms to the client and back. Who has 4,096 places can
/// have 512 MiB unread by it.
const STREAM_WINDOW: u32 = 128 << 10;
/// The same, of all requests of a connection together.
const CONNECTION_WINDOW: u32 = 256 << 10;
/// Bytes of one answer kept for the socket, two of the largest chunks, so that one is ready when the other has left. Of 128 requests of a
/// connection these are 4 MiB, of 4,096 places 128 MiB. Without it clients that take nothing could fill the memory.
const SEND_BUFFER: usize = 2 * exchange::MAX_CHUNK;

/// Serves it until it ends. `seat`: where each request takes a place while it is under way beside another; one that gets none is refused
/// in a way that tells its client to ask again (RFC 9113, 8.7).
pub(super) async fn serve<S>(
    stream: S,
    peer: Option<SocketAddr>,
    seat: &dyn Seat,
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
    let mut connection = tokio::select! {
        began = timeout_at(deadline, builder.handshake::<_, Chunk>(stream)) => match began {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return tracing::debug!(%error, "no HTTP/2 came"),
            Err(_) => return tracing::debug!("no HTTP/2 came in time"),
        },
        () = stop.cancelled() => return,
    };
    let many = usize::try_from(max_streams).unwrap_or(usize::MAX);
    let mut exchanges = JoinSet::new();
    // One fewer than exchanges: the connection has one itself.
    let mut places: Vec<Box<dyn Any>> = Vec::new();
    let mut end = End { limits, is_closing: false, drained: None };
    let mut timer = pin!(sleep_until(deadline));
    let mut stopped = pin!(stop.cancelled());
    loop {
        // What comes is last: who sends without a pause puts off neither the stop nor the end of an idle connection.
        tokio::select! {
            biased;
            Some(ended) = exchanges.join_next() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a request by HTTP/2 was not answered");
                }
                places.truncate(exchanges.len().saturating_sub(1));
                if exchanges.is_empty() {
                    timer.as_mut().reset(end.of(true));
                }
            }
            () = &mut stopped, if end.drained.is_none() => {
                connection.graceful_shutdown();
                end.is_closing = true;
                end.drained = Some(Instant::now() + limits.drain);
                timer.as_mut().reset(end.of(exchanges.is_empty()));
            }
            () = &mut timer, if exchanges.is_empty() || end.drained.is_some() => {
                if end.is_closing {
                    return;
                }
                connection.graceful_shutdown();
                end.is_closing = true;
                timer.as_mut().reset(end.of(true));
            }
            accepted = connection.accept() => match accepted {
                Some(Ok((request, mut respond))) => {
                    if !exchanges.is_empty() {
                        let Some(place) = seat.more() else {
                            respond.send_reset(Reason::REFUSED_STREAM);
                            continue;
                        };
                        places.push(place);
                    }
                    exchanges.spawn_local(exchange::run(app.clone(), limits.clone(), request, respond, peer));
                    if end.drained.is_some() {
                        timer.as_mut().reset(end.of(false));
                    }
                    // More than the bound are those that were taken back meanwhile: they end before another one is accepted.
                    if exchanges.len() > many {
                        yield_now().await;
                    }
                }
                Some(Err(error)) => return tracing::debug!(%error, "a connection by HTTP/2 broke"),
                None => return,
            },
        }
    }
}

/// When a connection ends that its client does not end.
struct End<'a> {
    limits: &'a Limits,
    /// The client was told to open no more streams.
    is_closing: bool,
    /// Once the stop has come: until when answers may take.
    drained: Option<Instant>,
}

impl End<'_> {
    /// From now on. With requests under way it counts only once the stop has come; before, `stall_timeout` is theirs.
    fn of(&self, is_idle: bool) -> Instant {
        let idle = Instant::now() + if self.is_closing { DISCONNECT } else { self.limits.keep_alive };
        match self.drained {
            Some(drained) if is_idle => idle.min(drained),
            Some(drained) => drained,
            None => idle,
        }
    }
}

#[cfg(test)]
mod tests;
