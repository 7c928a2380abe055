//! One connection: requests are read, answered in order, and the next one is read, until it ends or is somebody else's.
//!
//! A request that waits for its answer ends with its client: a connection that is closed, also in one direction, asks for nothing more.
//! What a client sends ahead is kept, at most a head's length of it, until it is its turn.

use super::{
    Hot, clock,
    head::{self, HEAD_MAX, LONG_MAX, Read, Request},
    ids,
    patience::{Over, Patience},
    send,
};
use crate::{
    Limits, Replay,
    paced::{Pace, Paced},
};
use std::{cell::Cell, future, io, net::SocketAddr, pin::pin, task::Poll, time::Duration};
use streamly_lifecycle::CancellationToken;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};
use uuid::fmt::Hyphenated;

/// Room for what is read at once, and for an answer's head; a request of a player is some hundred bytes.
const ROOM: usize = 1 << 10;
/// Longest wait for a client to close after the last answer, so that it reads it first.
const LINGER: Duration = Duration::from_secs(1);
/// Most that is read meanwhile, bytes: more than a client has on its way when it is told that this was the last. Without it one that sends
/// on busies the worker for all of that time.
const LINGER_MAX: usize = 256 << 10;
/// To a head that does not come, as actix-http says it.
const TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// What all connections of a worker share.
pub(super) struct Front<H: Hot> {
    pub(super) hot: H,
    pub(super) worker: H::Worker,
    /// Where the next head is written: it is gone before the next one, unless its client does not read. So all but a few use the same memory.
    pub(super) head: Cell<Vec<u8>>,
    pub(super) limits: Limits,
    pub(super) stop: CancellationToken,
}

/// Serves it until it ends; returns it if it asks for something that is not for the hot path.
pub(super) async fn serve<H: Hot>(
    stream: TcpStream,
    peer: Option<SocketAddr>,
    front: &Front<H>,
) -> Option<Replay<Paced>> {
    let _ = stream.set_nodelay(true);
    let mut stream =
        Paced::new(stream, Pace { stall: front.limits.stall_timeout, rate: front.limits.min_send_rate });
    let mut read = Vec::with_capacity(ROOM);
    match requests(&mut stream, peer, &mut read, front).await {
        Ok(End::Elsewhere) => {
            front.hot.leaves();
            Some(Replay::new(read.into(), stream))
        }
        Ok(End::Answered) => {
            linger(&mut stream).await;
            None
        }
        Ok(End::Gone) => None,
        Err(error) => {
            tracing::debug!(%error, "a viewer's connection broke");
            None
        }
    }
}

enum End {
    /// What was read is not for here.
    Elsewhere,
    /// The last answer is sent.
    Answered,
    /// There is nobody to answer.
    Gone,
}

async fn requests<H: Hot>(
    stream: &mut Paced,
    peer: Option<SocketAddr>,
    read: &mut Vec<u8>,
    front: &Front<H>,
) -> io::Result<End> {
    let Front { hot, worker, limits, stop, .. } = front;
    let mut memory = H::Memory::default();
    let timer = pin!(sleep(limits.head_timeout));
    let stopped = pin!(stop.cancelled());
    let mut patience = Patience::new(timer, stop, stopped);
    // Between two requests: nothing of the next one has come.
    let mut idle = false;
    loop {
        let (request, length) = match head::read(read) {
            Read::Whole(mut request, length) => {
                request.peer = peer;
                (request, length)
            }
            Read::Other => return Ok(End::Elsewhere),
            part @ (Read::Part | Read::Long | Read::Body(_)) => {
                let is_post = match &part {
                    Read::Body(path) if hot.posted(path).is_none() => return Ok(End::Elsewhere),
                    part => matches!(part, Read::Body(_)),
                };
                let is_long = matches!(part, Read::Long) || read.len() >= HEAD_MAX;
                if idle && !read.is_empty() {
                    idle = false;
                    patience.set(Instant::now() + limits.head_timeout);
                }
                if is_long {
                    return long(stream, read, &mut patience).await;
                }
                let (silent, mut begins) = (read.is_empty(), true);
                let waited = {
                    let mut coming = pin!(fill(stream, read, HEAD_MAX));
                    future::poll_fn(|cx| {
                        if let Poll::Ready(came) = coming.as_mut().poll(cx) {
                            return Poll::Ready(Ok(came));
                        }
                        patience.poll(cx, std::mem::take(&mut begins), silent).map(Err)
                    })
                    .await
                };
                match waited {
                    Ok(came) => {
                        if came? == 0 {
                            return Ok(if is_post { End::Elsewhere } else { End::Gone });
                        }
                    }
                    // Who gets it then says what becomes of a body that does not come.
                    Err(Over::Late) if is_post => return Ok(End::Elsewhere),
                    Err(Over::Late) if !idle => {
                        stream.write_all(TOO_SLOW).await?;
                        return Ok(End::Answered);
                    }
                    Err(Over::Late | Over::Stopped) => return Ok(End::Gone),
                }
                continue;
            }
        };
        let Some(route) = routed(hot, &request) else { return Ok(End::Elsewhere) };
        // What is behind this request already counts: or each held one of many that are sent at once adds a head's length.
        let (mut ahead, most) = (Vec::new(), HEAD_MAX.saturating_sub(read.len() - length));
        let answer = tokio::select! {
            biased;
            answer = hot.answer(route, &request, worker, &mut memory) => answer,
            gone = gone(stream, &mut ahead, most) => { gone?; return Ok(End::Gone) }
        };
        let (now, mut text) = (clock::unix_millis(), [0; Hyphenated::LENGTH]);
        let id = request.id.unwrap_or_else(|| ids::id_at(now).hyphenated().encode_lower(&mut text));
        let answer = answer.unwrap_or_else(|problem| {
            let (code, path) = (problem.code().name(), request.path);
            tracing::debug!(id, path, code, "refused");
            problem.answer(id)
        });
        hot.answered(answer.status);
        let closes = !request.stays || stop.is_cancelled();
        let mut out = front.head.take();
        out.clear();
        out.reserve(ROOM);
        answer.push_head(&mut out, &request, (id, now), hot.always(), closes);
        let body = if request.is_head { super::Body::Empty } else { answer.body };
        send::answer(stream, &out, body).await?;
        front.head.set(out);
        if closes {
            return Ok(End::Answered);
        }
        read.drain(..length);
        read.append(&mut ahead);
        idle = true;
        patience.set(Instant::now() + limits.keep_alive);
    }
}

/// What the path stands for, by the method.
fn routed<'p, H: Hot>(hot: &H, request: &Request<'p>) -> Option<H::Route<'p>> {
    match request.body {
        Some(_) => hot.posted(request.path),
        None => hot.route(request.path),
    }
}

/// Waits for the end of a head that is not for here, in the time that it has: who gets it then does not wait for it once more.
async fn long(
    stream: &mut Paced,
    read: &mut Vec<u8>,
    patience: &mut Patience<'_, impl Future<Output = ()>>,
) -> io::Result<End> {
    let mut looked = 0;
    while !head::has_end(&read[looked..]) && read.len() < LONG_MAX {
        // An end has three bytes at most.
        looked = read.len().saturating_sub(2);
        tokio::select! {
            biased;
            came = fill(stream, read, LONG_MAX) => if came? == 0 { break },
            () = patience.late() => {
                stream.write_all(TOO_SLOW).await?;
                return Ok(End::Answered);
            }
        }
    }
    Ok(End::Elsewhere)
}

/// Reads what there is, until there are at most so many bytes; 0: the client has closed.
async fn fill(stream: &mut Paced, read: &mut Vec<u8>, most: usize) -> io::Result<usize> {
    read.reserve(ROOM);
    // Less than there is room for means that there was no more, so the socket is not asked again.
    let room = most.saturating_sub(read.len()).max(1) as u64;
    stream.take(room).read_buf(read).await
}

/// Until the client has closed; for ever, if it has sent `most` bytes ahead: then it cannot be heard any more.
async fn gone(stream: &mut Paced, ahead: &mut Vec<u8>, most: usize) -> io::Result<()> {
    while ahead.len() < most {
        future::poll_fn(|cx| stream.poll_read_ready(cx)).await?;
        if fill(stream, ahead, most).await? == 0 {
            return Ok(());
        }
    }
    future::pending().await
}

/// Closes so that the last answer arrives: a reset for bytes that nobody read may overtake it (RFC 9112, 9.6).
async fn linger(stream: &mut Paced) {
    let drained = async {
        stream.shutdown().await?;
        // On the heap: all connections pay for the size of what few of them do.
        let mut rest = stream.take(LINGER_MAX as u64);
        let mut nowhere = vec![0; 16 << 10];
        while rest.read(&mut nowhere).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = timeout(LINGER, drained).await;
}

#[cfg(test)]
mod tests;
