//! An answer, whoever sends it: status, fields, and a body as it lies in memory or on disk.

use super::{clock, head::Request};
use actix_web::{
    HttpResponse,
    body::{BodySize, MessageBody, SizedStream},
    http::StatusCode,
};
use bytes::Bytes;
use std::{
    borrow::Cow,
    convert::Infallible,
    fs::File,
    io,
    os::unix::fs::FileExt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

/// Read of a file, or given to actix-web's buffer, at once.
pub(super) const CHUNK: usize = 64 << 10;

/// See the module's head.
#[derive(Debug)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(&'static str, Cow<'static, str>)>,
    pub(crate) body: Body,
}

/// What stands behind the head.
#[derive(Debug)]
pub enum Body {
    /// Nothing.
    Empty,
    /// One piece.
    Bytes(Bytes),
    /// Pieces, one after the other.
    Pieces(Vec<Bytes>),
    /// Some of a file.
    File(FileRange),
}

/// Bytes of a file. It has them: who makes one has looked.
#[derive(Debug, Clone)]
pub struct FileRange {
    /// The file.
    pub file: Arc<File>,
    /// Where they begin.
    pub first: u64,
    /// How many there are.
    pub length: u64,
    /// It lies in memory (memfd_create(2)), so that reading it never waits for a disk.
    pub in_memory: bool,
}

impl FileRange {
    /// The next bytes, at most a chunk, taken from the range. On a thread where blocking is allowed.
    pub(super) async fn read(&mut self) -> io::Result<Bytes> {
        let (file, first) = (self.file.clone(), self.first);
        let length = self.length.min(CHUNK as u64) as usize;
        let read = move || {
            let mut chunk = vec![0; length];
            file.read_exact_at(&mut chunk, first).map(|()| Bytes::from(chunk))
        };
        let chunk = tokio::task::spawn_blocking(read).await.map_err(io::Error::other)??;
        self.first += chunk.len() as u64;
        self.length -= chunk.len() as u64;
        Ok(chunk)
    }
}

impl Body {
    fn size(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Pieces(pieces) => pieces.iter().map(|piece| piece.len() as u64).sum(),
            Self::File(range) => range.length,
        }
    }
}

impl Answer {
    /// An answer without fields of its own.
    pub fn new(status: u16, body: Body) -> Self {
        Self { status, fields: Vec::with_capacity(8), body }
    }

    /// Adds a field; the name in small letters, the value visible ASCII and spaces.
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// Appends the head as it goes out, with `always`, the request's id and the date. `closes`: the connection ends with the answer.
    pub(super) fn push_head(
        &self,
        out: &mut Vec<u8>,
        request: &Request<'_>,
        (id, unix_millis): (&str, u64),
        always: &str,
        closes: bool,
    ) {
        let reason = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        out.extend_from_slice(if request.is_old { b"HTTP/1.0 " } else { b"HTTP/1.1 " });
        push_number(out, u64::from(self.status));
        for text in [" ", reason.unwrap_or_default(), "\r\n"] {
            out.extend_from_slice(text.as_bytes());
        }
        // RFC 9110, 8.6: of what never has a body none is told.
        if !matches!(self.status, 204 | 304) {
            out.extend_from_slice(b"content-length: ");
            push_number(out, self.body.size());
            out.extend_from_slice(b"\r\n");
        }
        match (request.is_old, closes) {
            (false, true) => out.extend_from_slice(b"connection: close\r\n"),
            (true, false) => out.extend_from_slice(b"connection: keep-alive\r\n"),
            _ => {}
        }
        for (name, value) in &self.fields {
            for text in [name, ": ", value, "\r\n"] {
                out.extend_from_slice(text.as_bytes());
            }
        }
        for text in [always, "x-request-id: ", id, "\r\ndate: "] {
            out.extend_from_slice(text.as_bytes());
        }
        clock::push_date(out, unix_millis);
        out.extend_from_slice(b"\r\n\r\n");
    }
}

/// Appends a number in digits: what formats for anything costs more than the rest of a head.
fn push_number(out: &mut Vec<u8>, number: u64) {
    // The largest number has 20.
    let (mut digits, mut at, mut left) = ([0; 20], 20, number);
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

impl From<Answer> for HttpResponse {
    fn from(answer: Answer) -> Self {
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Self::build(status);
        for (name, value) in answer.fields {
            response.insert_header((name, value.into_owned()));
        }
        match answer.body {
            Body::Empty => response.finish(),
            // It copies what it is given: of a client that does not read, a chunk.
            Body::Bytes(bytes) if bytes.len() > CHUNK / 2 => response.body(Chain::new(vec![bytes])),
            Body::Bytes(bytes) => response.body(bytes),
            Body::Pieces(pieces) => response.body(Chain::new(pieces)),
            Body::File(range) => {
                let size = range.length;
                let chunks = futures_util::stream::unfold(range, |mut range| async move {
                    if range.length == 0 {
                        return None;
                    }
                    let chunk = range.read().await;
                    // After an error there is nothing more to say.
                    range.length = if chunk.is_ok() { range.length } else { 0 };
                    Some((chunk, range))
                });
                response.body(SizedStream::new(size, Box::pin(chunks)))
            }
        }
    }
}

/// A body of several pieces, given to actix-http a chunk at a time: it copies what it is given into its write buffer, so a client that does
/// not read costs a chunk or two and not the whole.
struct Chain {
    pieces: std::vec::IntoIter<Bytes>,
    piece: Bytes,
    size: u64,
}

impl Chain {
    fn new(pieces: Vec<Bytes>) -> Self {
        let size = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self { pieces: pieces.into_iter(), piece: Bytes::new(), size }
    }
}

impl MessageBody for Chain {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.size)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        while self.piece.is_empty() {
            match self.pieces.next() {
                Some(piece) => self.piece = piece,
                None => return Poll::Ready(None),
            }
        }
        let length = self.piece.len().min(CHUNK / 2);
        Poll::Ready(Some(Ok(self.piece.split_to(length))))
    }
}

#[cfg(test)]
mod tests {
    use super::push_number;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_number_is_written_as_it_is_formatted(number in prop_oneof![0..2000u64, any::<u64>(), Just(u64::MAX)]) {
            let mut out = b"x".to_vec();
            push_number(&mut out, number);
            prop_assert_eq!(out, format!("x{number}").into_bytes());
        }
    }
}
