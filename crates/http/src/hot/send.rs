//! Sending an answer without copying its body: one vectored write for what is in memory, sendfile(2) for what the kernel has.
//!
//! Of a client that does not read, the kernel's send buffer is all that waits here, and the body itself. For how long is [`Paced`]'s, and the
//! socket's TCP_USER_TIMEOUT for one that takes nothing.

use super::answer::{Body, FileRange};
use crate::paced::Paced;
use bytes::Bytes;
use std::io::{self, IoSlice};
use tokio::io::AsyncWriteExt;

/// Pieces of one write; more are written in turns.
const SLICES: usize = 32;
/// Bytes of one sendfile(2): long enough to be one for a usual segment, short enough that others get their turn.
const SENDFILE_MAX: u64 = 1 << 20;

/// Sends a head and its body.
pub(super) async fn answer(stream: &mut Paced, head: &[u8], body: Body) -> io::Result<()> {
    match body {
        Body::Empty => stream.write_all(head).await,
        Body::Bytes(bytes) => pieces(stream, head, &[bytes]).await,
        Body::Pieces(all) => {
            let (first, rest) = all.split_at(all.len().min(SLICES - 1));
            pieces(stream, head, first).await?;
            for some in rest.chunks(SLICES) {
                pieces(stream, &[], some).await?;
            }
            Ok(())
        }
        Body::File(range) if range.length == 0 => stream.write_all(head).await,
        Body::File(range) => {
            // Corked, full packets go at once and the rest with the uncorking (tcp(7)). MSG_MORE with the head alone makes 27 packets of
            // 675 kB on loopback, this 19.
            stream.socket().set_tcp_cork(true)?;
            stream.write_all(head).await?;
            if range.in_memory {
                from_memory(stream, range).await?
            } else {
                from_disk(stream, range).await?
            }
            stream.socket().set_tcp_cork(false)
        }
    }
}

async fn pieces(stream: &mut Paced, head: &[u8], pieces: &[Bytes]) -> io::Result<()> {
    let mut slices = [IoSlice::new(&[]); SLICES];
    let before = usize::from(!head.is_empty());
    slices[0] = IoSlice::new(head);
    for (slice, piece) in slices[before..].iter_mut().zip(pieces) {
        *slice = IoSlice::new(piece);
    }
    let mut left = &mut slices[..(before + pieces.len()).min(SLICES)];
    // Empty ones in front are no write.
    IoSlice::advance_slices(&mut left, 0);
    while !left.is_empty() {
        let sent = stream.write_vectored(left).await?;
        if sent == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        IoSlice::advance_slices(&mut left, sent);
    }
    Ok(())
}

async fn from_memory(stream: &mut Paced, range: FileRange) -> io::Result<()> {
    let mut at = i64::try_from(range.first).map_err(io::Error::other)?;
    let mut left = range.length;
    while left > 0 {
        let most = left.min(SENDFILE_MAX) as usize;
        let sent = stream.send_file(&range.file, &mut at, most).await?;
        if sent == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        left -= sent as u64;
    }
    Ok(())
}

/// A disk may take its time, and sendfile(2) would wait for it with the whole worker: it is read on other threads.
async fn from_disk(stream: &mut Paced, mut range: FileRange) -> io::Result<()> {
    while range.length > 0 {
        let chunk = range.read().await?;
        stream.write_all(&chunk).await?;
    }
    Ok(())
}
