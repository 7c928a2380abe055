//! One request by HTTP/2 and its answer. To the app it is as one by HTTP/1.1: a path for a URL, its authority as `Host`, one line of cookies
//! (RFC 9113, 8.2.3 and 8.3.1).
//!
//! It ends when all of its answer has left for the socket, when the client takes it back, or when the client takes nothing of the answer for
//! `stall_timeout`. What breaks off in the middle is reset, so that nobody takes a part for the whole.

use super::Http2;
use crate::Limits;
use actix_http::{Payload, Request, Response, error::PayloadError};
use actix_service::Service;
use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    http::{
        Method, StatusCode, Uri, Version,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
};
use bytes::{Buf, Bytes};
use futures_util::{Stream, stream};
use h2::{Reason, RecvStream, SendStream, server::SendResponse};
use std::{error::Error, future::poll_fn, io, net::SocketAddr, pin::pin, rc::Rc, time::SystemTime};
use tokio::{sync::Notify, time::timeout};

/// Most of an answer that waits for room at once, bytes: the largest frame that every client takes (RFC 9113, 4.2).
pub(super) const MAX_CHUNK: usize = 16 << 10;
/// Headers of an answer that HTTP/2 does not have (RFC 9113, 8.2.2).
const OF_CONNECTION: [&str; 5] =
    ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];

/// Why an answer did not go out whole.
#[derive(Debug, thiserror::Error)]
enum Broken {
    /// The connection, or the client took the request back.
    #[error("the client is gone: {0}")]
    Gone(#[from] h2::Error),
    /// The app's answer broke off.
    #[error("the answer broke off: {0}")]
    BrokeOff(Box<dyn Error>),
    /// The client takes nothing.
    #[error("the client takes nothing")]
    Stalled,
}

/// A piece of an answer on its way to the socket, and the bell that tells when it is gone from here: sent, or dropped with its stream.
pub(super) struct Chunk {
    bytes: Bytes,
    gone: Rc<Notify>,
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.gone.notify_one();
    }
}

impl Buf for Chunk {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, n: usize) {
        self.bytes.advance(n);
    }
}

/// From the accepted head until the answer's last byte has left.
pub(super) async fn run(
    app: Rc<Http2>,
    limits: Rc<Limits>,
    request: http::Request<RecvStream>,
    mut respond: SendResponse<Chunk>,
    peer: Option<SocketAddr>,
) {
    let is_head = request.method() == http::Method::HEAD;
    let Some(request) = read(request, peer) else {
        // CONNECT, or what HTTP/1.1 has no form for.
        respond.send_reset(Reason::PROTOCOL_ERROR);
        return;
    };
    let answer = tokio::select! {
        biased;
        // First: of what was taken back before its turn nothing is begun.
        _ = poll_fn(|cx| respond.poll_reset(cx)) => return,
        answer = async { app.call(request).await } => answer.unwrap_or_else(|refused| refused),
    };
    if let Err(error) = send(answer, respond, is_head, &limits).await {
        tracing::debug!(%error, "an answer by HTTP/2 did not go out whole");
    }
}

/// The request as the app knows requests; none where it has no path, two hosts, a user before its
/// host (RFC 9113, 8.3.1), or a name or value that HTTP/1.1 could not have.
fn read(request: http::Request<RecvStream>, peer: Option<SocketAddr>) -> Option<Request> {
    let (parts, body) = request.into_parts();
    let method = Method::from_bytes(parts.method.as_str().as_bytes()).ok()?;
    let path = parts.uri.path_and_query()?.as_str();
    // `*`, of OPTIONS, aside, anything else would be read as a host (RFC 9112, 3.2.3).
    let uri: Uri = (path.starts_with('/') || path == "*").then(|| path.parse().ok())??;
    let payload: Payload = match body.is_end_stream() {
        true => Payload::None,
        false => Payload::Stream { payload: Box::pin(received(body)) },
    };
    let mut request = Request::with_payload(payload);
    let head = request.head_mut();
    (head.method, head.uri, head.version, head.peer_addr) = (method, uri, Version::HTTP_2, peer);
    let authority = parts.uri.authority().map(http::uri::Authority::as_str);
    fields(&parts.headers, authority, &mut head.headers)?;
    Some(request)
}

fn fields(said: &http::HeaderMap, authority: Option<&str>, headers: &mut HeaderMap) -> Option<()> {
    let mut cookies = Vec::new();
    for (name, value) in said {
        if name == http::header::COOKIE {
            if !cookies.is_empty() {
                cookies.extend_from_slice(b"; ");
            }
            cookies.extend_from_slice(value.as_bytes());
            continue;
        }
        // As actix-http refuses it by HTTP/1.1 (RFC 9112, 3.2): who is behind might take the other one.
        if name == http::header::HOST && headers.contains_key(header::HOST) {
            return None;
        }
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    if !cookies.is_empty() {
        headers.insert(header::COOKIE, HeaderValue::from_bytes(&cookies).ok()?);
    }
    if let Some(authority) = authority {
        if authority.contains('@') {
            return None;
        }
        headers.insert(header::HOST, HeaderValue::from_str(authority).ok()?);
    }
    Some(())
}

/// The body; what has been taken makes room for as much more.
fn received(body: RecvStream) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    stream::unfold(Some(body), |body| async move {
        let mut body = body?;
        match body.data().await? {
            Ok(bytes) => {
                // Fails only where the stream has ended, which its next read says.
                let _ = body.flow_control().release_capacity(bytes.len());
                Some((Ok(bytes), Some(body)))
            }
            Err(error) => Some((Err(PayloadError::Io(io::Error::other(error))), None)),
        }
    })
}

async fn send(
    answer: Response<BoxBody>,
    mut respond: SendResponse<Chunk>,
    is_head: bool,
    limits: &Limits,
) -> Result<(), Broken> {
    let (answer, body) = answer.into_parts();
    if answer.status().is_informational() {
        // A switch of protocols, which HTTP/2 has not.
        respond.send_reset(Reason::HTTP_1_1_REQUIRED);
        return Ok(());
    }
    let size = body.size();
    let stream = respond.send_response(head(&answer, size), false)?;
    let mut sending = Sending { stream, gone: Rc::default() };
    if !is_head && !size.is_eof() {
        let mut body = pin!(body);
        loop {
            let chunk = tokio::select! {
                biased;
                chunk = poll_fn(|cx| body.as_mut().poll_next(cx)) => chunk,
                // Nobody waits for an event stream's next event any more.
                _ = poll_fn(|cx| sending.stream.poll_reset(cx)) => return Ok(()),
            };
            match chunk {
                Some(Ok(chunk)) => sending.pass(chunk, limits).await?,
                Some(Err(error)) => {
                    sending.stream.send_reset(Reason::INTERNAL_ERROR);
                    return Err(Broken::BrokeOff(error));
                }
                None => break,
            }
        }
    }
    sending.end(limits).await
}

/// An answer whose head is on its way.
struct Sending {
    stream: SendStream<Chunk>,
    gone: Rc<Notify>,
}

impl Sending {
    fn chunk(&self, bytes: Bytes) -> Chunk {
        Chunk { bytes, gone: self.gone.clone() }
    }

    /// Sends it, piece by piece as the client takes it.
    async fn pass(&mut self, mut bytes: Bytes, limits: &Limits) -> Result<(), Broken> {
        while !bytes.is_empty() {
            self.stream.reserve_capacity(bytes.len().min(MAX_CHUNK));
            let room = match self.stream.capacity() {
                0 => {
                    let room = poll_fn(|cx| self.stream.poll_capacity(cx));
                    match timeout(limits.stall_timeout, room).await {
                        Ok(Some(room)) => room?,
                        Ok(None) => return Err(h2::Error::from(Reason::CANCEL).into()),
                        Err(_) => return Err(self.stalled()),
                    }
                }
                room => room,
            };
            let chunk = self.chunk(bytes.split_to(room.min(bytes.len())));
            self.stream.send_data(chunk, false)?;
        }
        Ok(())
    }

    /// Ends it, and waits until all has left. An end with the head would be shorter where there is no body; this one shows when it has left.
    async fn end(&mut self, limits: &Limits) -> Result<(), Broken> {
        let last = self.chunk(Bytes::new());
        self.stream.send_data(last, true)?;
        while Rc::strong_count(&self.gone) > 1 {
            if timeout(limits.stall_timeout, self.gone.notified()).await.is_err() {
                return Err(self.stalled());
            }
        }
        Ok(())
    }

    fn stalled(&mut self) -> Broken {
        self.stream.send_reset(Reason::CANCEL);
        Broken::Stalled
    }
}

/// Status and headers, without those of an HTTP/1.1 connection, with the length where it is known, and with a date.
fn head(answer: &Response<()>, size: BodySize) -> http::Response<()> {
    let mut head = http::Response::new(());
    let status = http::StatusCode::from_u16(answer.status().as_u16());
    *head.status_mut() = status.unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = head.headers_mut();
    for (name, value) in answer.headers() {
        // A stream's length is what its maker says, any other one what it has.
        if OF_CONNECTION.contains(&name.as_str())
            || (*name == header::CONTENT_LENGTH && size != BodySize::Stream)
        {
            continue;
        }
        let name = http::HeaderName::from_bytes(name.as_str().as_bytes());
        let value = http::HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    // RFC 9110, 8.6: what has no body by its status has no length either.
    let bodiless = matches!(answer.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if let BodySize::Sized(length) = size
        && !bodiless
    {
        headers.insert(http::header::CONTENT_LENGTH, length.into());
    }
    if !headers.contains_key(http::header::DATE)
        && let Ok(date) = http::HeaderValue::from_str(&httpdate::fmt_http_date(SystemTime::now()))
    {
        headers.insert(http::header::DATE, date);
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lines: &[(&str, &str)]) -> http::HeaderMap {
        let mut all = http::HeaderMap::new();
        for (name, value) in lines {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            all.append(name, http::HeaderValue::from_str(value).unwrap());
        }
        all
    }

    #[test]
    fn the_app_sees_one_line_of_cookies_and_the_authority_as_host() {
        let lines =
            [("cookie", "a=1"), ("accept", "x"), ("cookie", "b=2"), ("host", "other"), ("accept", "y")];
        let said = said(&lines);
        let mut headers = HeaderMap::new();
        fields(&said, Some("stream.example:8443"), &mut headers).unwrap();
        let all = |name: &str| headers.get_all(name).map(|v| v.to_str().unwrap()).collect::<Vec<_>>();
        assert_eq!(all("cookie"), ["a=1; b=2"]);
        assert_eq!(all("host"), ["stream.example:8443"]);
        assert_eq!(all("accept"), ["x", "y"]);
    }

    #[test]
    fn two_hosts_and_a_user_before_the_host_are_no_request() {
        let twice = said(&[("host", "one"), ("host", "other")]);
        assert!(fields(&twice, None, &mut HeaderMap::new()).is_none());
        assert!(fields(&said(&[]), Some("good.example@other.example"), &mut HeaderMap::new()).is_none());
    }

    #[test]
    fn an_answer_has_no_headers_of_a_connection_and_the_length_that_it_has() {
        let mut answer = Response::new(StatusCode::OK).drop_body();
        for (name, value) in [
            ("connection", "close"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("content-length", "7"),
            ("etag", "\"5\""),
        ] {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            answer.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
        }
        let names = |size| {
            let head = head(&answer, size);
            let mut names: Vec<_> = head.headers().keys().map(|name| name.as_str().to_owned()).collect();
            names.sort();
            (names.join(" "), head.headers().get("content-length").map(|v| v.to_str().unwrap().to_owned()))
        };
        let (all, length) = names(BodySize::Sized(12));
        assert_eq!((all.as_str(), length.as_deref()), ("content-length date etag", Some("12")));
        assert_eq!(names(BodySize::Stream).1.as_deref(), Some("7"), "its maker knows it");
        assert_eq!(names(BodySize::None).1, None);
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        assert!(!head(&answer, BodySize::Sized(0)).headers().contains_key("content-length"));
    }
}
