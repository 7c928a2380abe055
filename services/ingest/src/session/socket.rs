//! A publisher's socket, plain or TLS: what the session reads from and writes to.
//!
//! Nothing is buffered here beyond what TLS itself holds (a record), and no byte is copied that TLS does not copy.

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    task::{Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

/// See the module's head.
pub(super) enum Socket {
    Plain(TcpStream),
    Tls(Secure),
}

/// A TLS session, and what of it was read to see whether it is over.
pub(super) struct Secure {
    stream: Box<TlsStream<TcpStream>>,
    ahead: Option<u8>,
}

impl From<Box<TlsStream<TcpStream>>> for Socket {
    fn from(stream: Box<TlsStream<TcpStream>>) -> Self {
        Self::Tls(Secure { stream, ahead: None })
    }
}

impl Socket {
    pub(super) fn is_secure(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The socket, if its bytes are RTMP's own: what the kernel holds of it may be counted.
    pub(super) fn plain(&self) -> Option<&TcpStream> {
        match self {
            Self::Plain(socket) => Some(socket),
            Self::Tls(_) => None,
        }
    }

    /// Reads what is there, at least a byte; 0 is the end. Of TLS all records that have come, as far as the buffer goes: a publisher
    /// sends a record a message, and one wake-up takes them together. Nothing is lost where the future is dropped.
    ///
    /// # Errors
    /// The socket's; a TLS peer that goes without a word is [`io::ErrorKind::UnexpectedEof`].
    pub(super) async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(buffer);
        poll_fn(|context| match self {
            Self::Plain(socket) => {
                ready!(Pin::new(socket).poll_read(context, &mut buffer))?;
                Poll::Ready(Ok(buffer.filled().len()))
            }
            Self::Tls(Secure { stream, ahead }) => loop {
                if buffer.remaining() > 0
                    && let Some(byte) = ahead.take()
                {
                    buffer.put_slice(&[byte]);
                }
                let before = buffer.filled().len();
                match Pin::new(&mut **stream).poll_read(context, &mut buffer) {
                    // What came before the error or the wait counts; the next read meets them again.
                    Poll::Ready(Err(_)) | Poll::Pending if before > 0 => return Poll::Ready(Ok(before)),
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(())) => {
                        let count = buffer.filled().len();
                        if count == before || buffer.remaining() == 0 {
                            return Poll::Ready(Ok(count));
                        }
                    }
                }
            },
        })
        .await
    }

    /// Writes all of it, down to the kernel.
    ///
    /// # Errors
    /// The socket's.
    pub(super) async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.write_all(bytes).await,
            Self::Tls(Secure { stream, .. }) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    /// Returns when the peer has closed with nothing left to read. With data waiting it never returns: that is read later. Nothing is lost
    /// where the future is dropped.
    pub(super) async fn hung_up(&mut self) {
        let mut byte = [0];
        let waiting = match self {
            Self::Plain(socket) => socket.peek(&mut byte).await,
            // What lies in the kernel may be its goodbye.
            Self::Tls(Secure { stream, ahead }) => match ahead {
                Some(_) => Ok(1),
                None => {
                    stream.read(&mut byte).await.inspect(|count| *ahead = (*count > 0).then_some(byte[0]))
                }
            },
        };
        if let Ok(1..) = waiting {
            std::future::pending().await
        }
    }
}
