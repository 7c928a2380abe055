//! A TCP connection that has to begin as HTTP/2 does within a time, or is closed.
//!
//! Behind the greeting pings find out who is gone. Before it nothing does: who connects and says nothing, or a byte now and then, would keep
//! a file descriptor for as long as it likes, and there are only so many.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};
use tonic::transport::server::{Connected, TcpConnectInfo};

/// The client's preface and the head of its first frame (RFC 9113, sections 3.4 and 4.1), bytes.
const LENGTH: usize = 24 + 9;

/// See the module's head.
pub(crate) struct Greeted {
    stream: TcpStream,
    /// Until when the rest of the greeting has to be there, and how many bytes that is; none once it is.
    awaited: Option<(Pin<Box<Sleep>>, usize)>,
}

impl Greeted {
    pub(crate) fn within(time: Duration, stream: TcpStream) -> Self {
        Self { stream, awaited: Some((Box::pin(sleep(time)), LENGTH)) }
    }
}

impl Connected for Greeted {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.connect_info()
    }
}

impl AsyncRead for Greeted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let Some((until, left)) = &mut self.awaited else { return polled };
        match polled {
            Poll::Ready(done) => {
                *left = left.saturating_sub(buffer.filled().len() - before);
                if *left == 0 {
                    self.awaited = None;
                }
                Poll::Ready(done)
            }
            Poll::Pending if until.as_mut().poll(cx).is_ready() => {
                Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "no greeting of HTTP/2 in time")))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncWrite for Greeted {
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
