//! A connection whose requests have to be whole within a time, the later ones too.
//!
//! actix-http gives a time to the head of a connection's first request alone, and none to bodies. Behind one good request a byte of the next
//! would keep a connection for ever: its time of idleness ends with that byte. So what is read is followed here, as far as to know where
//! heads and bodies end (RFC 9112, sections 2.1, 6 and 7.1), and who is late is cut off. Nothing is judged: what is malformed passes, for
//! actix-http refuses it and closes. While an answer is made or taken no time passes, unless the next request has begun and does not go
//! on.

mod chunks;

use crate::Limits;
use chunks::Chunks;
use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// Longer heads are refused by actix-http, and more fields.
const MAX_HEAD: usize = 128 << 10;
const MAX_FIELDS: usize = 96;

/// Where in its requests a connection is.
#[derive(Debug)]
enum At {
    /// What there is of a head.
    Head(Vec<u8>),
    /// Bytes of the body that are missing.
    Body(u64),
    Chunks(Chunks),
    /// No request follows, or none that is understood here.
    Free,
}

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Heads<S> {
    stream: S,
    at: At,
    /// The first head, whose time actix-http keeps, and says so.
    is_first: bool,
    head_timeout: Duration,
    body_timeout: Duration,
    /// Set while a head or a body is on its way.
    until: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<S> Heads<S> {
    pub(crate) fn new(stream: S, limits: &Limits) -> Self {
        let (head_timeout, body_timeout) = (limits.head_timeout, limits.body_timeout);
        Self {
            stream,
            at: At::Head(Vec::new()),
            is_first: true,
            head_timeout,
            body_timeout,
            until: None,
            timer: None,
        }
    }

    /// Goes through what was read.
    fn follow(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match &mut self.at {
                At::Free => return,
                At::Body(missing) => {
                    let some = usize::try_from(*missing).unwrap_or(usize::MAX).min(bytes.len());
                    *missing -= some as u64;
                    bytes = &bytes[some..];
                    if *missing == 0 {
                        self.next();
                    }
                }
                At::Chunks(chunks) => match chunks.end_in(bytes) {
                    Some(end) => {
                        bytes = &bytes[end..];
                        self.next();
                    }
                    None => return,
                },
                At::Head(head) => {
                    if !self.is_first && self.until.is_none() {
                        self.until = Some(Instant::now() + self.head_timeout);
                    }
                    if head.is_empty() {
                        // Empty lines before a request (RFC 9112, section 2.2) are not kept: each would be gone through once for each behind it.
                        let begins = |byte: &u8| !matches!(byte, b'\r' | b'\n');
                        let begin = bytes.iter().position(begins).unwrap_or(bytes.len());
                        bytes = &bytes[begin..];
                    }
                    let known = head.len();
                    head.extend_from_slice(bytes);
                    let Some((end, body)) = end_of(head, known) else {
                        if head.len() >= MAX_HEAD {
                            self.free();
                        }
                        return;
                    };
                    bytes = &bytes[end - known..];
                    self.is_first = false;
                    match body {
                        Body::None => self.next(),
                        Body::Of(length) => self.on_its_way(At::Body(length)),
                        Body::Chunked => self.on_its_way(At::Chunks(Chunks::new())),
                        Body::Unknown => self.free(),
                    }
                }
            }
        }
    }

    fn next(&mut self) {
        (self.at, self.until) = (At::Head(Vec::new()), None);
    }

    fn free(&mut self) {
        (self.at, self.until) = (At::Free, None);
    }

    fn on_its_way(&mut self, at: At) {
        (self.at, self.until) = (at, Some(Instant::now() + self.body_timeout));
    }

    /// Ready once what is on its way is late.
    fn poll_late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(until) = self.until else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(Duration::ZERO)));
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        timer.as_mut().poll(cx)
    }
}

/// What follows a head.
#[derive(Debug, PartialEq, Eq)]
enum Body {
    None,
    Of(u64),
    Chunked,
    /// Another protocol, or something that is refused.
    Unknown,
}

/// The end of the head in `bytes`, of which the first `known` have none, and what follows it; none if it goes on.
fn end_of(bytes: &[u8], known: usize) -> Option<(usize, Body)> {
    let mut from = known;
    loop {
        // A line ends in LF; CR before it may be missing, and is read over (RFC 9112, section 2.2).
        let end = from + bytes[from..].iter().position(|byte| *byte == b'\n')? + 1;
        let line = &bytes[..end - 1];
        if line.strip_suffix(b"\r").unwrap_or(line).last() == Some(&b'\n') {
            let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
            let mut request = httparse::Request::new(&mut fields);
            match request.parse(&bytes[..end]) {
                Ok(httparse::Status::Complete(length)) => return Some((length, body_of(&request))),
                Ok(httparse::Status::Partial) => {}
                Err(_) => return Some((end, Body::Unknown)),
            }
        }
        from = end;
    }
}

/// As actix-http has it, in its order.
fn body_of(request: &httparse::Request<'_, '_>) -> Body {
    let fields = |name: &'static str| {
        request.headers.iter().filter(move |field| field.name.eq_ignore_ascii_case(name))
    };
    if fields("transfer-encoding").next().is_some() {
        return Body::Chunked;
    }
    // Other protocols may be asked for, and it goes on in HTTP/1.1. A WebSocket begins with GET (RFC 6455, section 4.1).
    let is_websocket =
        fields("upgrade").any(|field| field.value.trim_ascii().eq_ignore_ascii_case(b"websocket"));
    match request.method {
        Some("GET") if is_websocket => return Body::Unknown,
        // What is none, and CONNECT, which connects nobody to anything: what follows has no end, and a time.
        method if is_websocket || method == Some("CONNECT") => return Body::Of(u64::MAX),
        _ => {}
    }
    let Some(length) = fields("content-length").next() else { return Body::None };
    match std::str::from_utf8(length.value).ok().and_then(|text| text.trim().parse().ok()) {
        Some(0) => Body::None,
        Some(length) => Body::Of(length),
        None => Body::Unknown,
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Heads<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            Poll::Ready(Ok(())) => {
                self.follow(&buffer.filled()[before..]);
                Poll::Ready(Ok(()))
            }
            Poll::Pending if self.poll_late(cx).is_ready() => {
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "a request did not come in time")))
            }
            other => other,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heads<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests;
