//! A body of several pieces, sent one after the other without joining them.
//!
//! A slice at a time: the server copies what it is given into its write buffer, so a viewer who does not read costs a slice or two and
//! not a segment.

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

/// Bytes given to the server at once.
const SLICE: usize = 32 << 10;

/// See the module's head.
pub(super) struct Chain {
    pieces: std::vec::IntoIter<Bytes>,
    piece: Bytes,
    size: u64,
}

impl Chain {
    pub(super) fn new(pieces: Vec<Bytes>) -> Self {
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
        let length = self.piece.len().min(SLICE);
        Poll::Ready(Some(Ok(self.piece.split_to(length))))
    }
}
