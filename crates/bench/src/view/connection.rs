//! One keep-alive HTTP/1.1 connection of a load generator that must cost less than the server it loads.
//!
//! Bodies that nobody looks at are dropped in the kernel (MSG_TRUNC, tcp(7)), so that the generator does not pay for their copy;
//! the server's side of them costs what it costs. No pipelining, no chunked bodies: an origin knows its lengths.

use anyhow::{Context, bail, ensure};
use nix::sys::socket::{MsgFlags, recv};
use std::{cell::RefCell, io, net::SocketAddr, ops::Range, os::fd::AsRawFd};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Interest},
    net::TcpStream,
};

/// Longest head, and the most that is read before a body is dropped.
const HEAD_MAX: usize = 8 << 10;
/// Largest body that is looked at.
const BODY_MAX: usize = 1 << 20;
/// Dropped at once, at most.
const DROP_BYTES: usize = 1 << 20;

thread_local! {
    /// Never written: only its length counts.
    static NOWHERE: RefCell<Vec<u8>> = RefCell::new(vec![0; DROP_BYTES]);
}

/// See the module's head.
pub(super) struct Connection {
    stream: TcpStream,
    host: String,
    buffer: Vec<u8>,
    /// Where the last body that was kept is in it.
    body: Range<usize>,
}

/// Of an answer's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    status: u16,
    length: usize,
    /// Of the head itself.
    bytes: usize,
}

impl Connection {
    pub(super) async fn open(to: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, host: to.to_string(), buffer: Vec::with_capacity(HEAD_MAX), body: 0..0 })
    }

    /// Status; the body is kept until something else is asked for.
    pub(super) async fn load(&mut self, path: &str) -> anyhow::Result<u16> {
        let head = self.ask(path).await?;
        ensure!(head.length <= BODY_MAX, "{path} has {} bytes", head.length);
        let had = self.buffer.len();
        let whole = head.bytes + head.length;
        self.buffer.resize(whole.max(had), 0);
        self.stream.read_exact(&mut self.buffer[had.min(whole)..whole]).await?;
        self.body = head.bytes..whole;
        Ok(head.status)
    }

    /// What was kept.
    pub(super) fn body(&self) -> anyhow::Result<&str> {
        Ok(std::str::from_utf8(&self.buffer[self.body.clone()])?)
    }

    /// Status and length of the body, which is dropped.
    pub(super) async fn length(&mut self, path: &str) -> anyhow::Result<(u16, usize)> {
        let head = self.ask(path).await?;
        let mut left = (head.bytes + head.length).saturating_sub(self.buffer.len());
        while left > 0 {
            let dropped = self.stream.async_io(Interest::READABLE, || self.drop_some(left)).await?;
            ensure!(dropped > 0, "closed in the middle of {path}");
            left -= dropped;
        }
        Ok((head.status, head.length))
    }

    fn drop_some(&self, most: usize) -> io::Result<usize> {
        NOWHERE.with_borrow_mut(|nowhere| {
            let length = most.min(nowhere.len());
            let flags = MsgFlags::MSG_TRUNC | MsgFlags::MSG_DONTWAIT;
            recv(self.stream.as_raw_fd(), &mut nowhere[..length], flags).map_err(io::Error::from)
        })
    }

    /// Asks, and reads until the head is there; some of the body may be behind it.
    async fn ask(&mut self, path: &str) -> anyhow::Result<Head> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host);
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        self.body = 0..0;
        loop {
            let read = (&mut self.stream).take(HEAD_MAX as u64).read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "closed instead of an answer to {path}");
            match head(&self.buffer).with_context(|| path.to_owned())? {
                Some(head) => return Ok(head),
                None if self.buffer.len() > HEAD_MAX => bail!("the head of {path} is too long"),
                None => {}
            }
        }
    }
}

/// `None`: not whole yet.
fn head(bytes: &[u8]) -> anyhow::Result<Option<Head>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&bytes[..end])?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).context("no status")?.parse()?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .context("no length")?
        .1;
    Ok(Some(Head { status, length: length.trim().parse()?, bytes: end + 4 }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[test]
    fn a_head_is_read_when_it_is_whole() {
        assert_eq!(head(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n").unwrap(), None);
        let whole = head(b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nab").unwrap();
        assert_eq!(whole, Some(Head { status: 404, length: 5, bytes: 45 }));
        assert!(head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }

    #[tokio::test]
    async fn bodies_are_kept_or_dropped_and_the_next_answer_is_read_behind_them() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            for body in ["x".repeat(300_000), "short".into(), "y".repeat(20_000)] {
                assert!(socket.read(&mut asked).await.unwrap() > 0);
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                socket.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let mut connection = Connection::open(address).await.unwrap();
        assert_eq!(connection.length("/a").await.unwrap(), (200, 300_000));
        assert_eq!(connection.load("/b").await.unwrap(), 200);
        assert_eq!(connection.body().unwrap(), "short");
        assert_eq!(connection.load("/c").await.unwrap(), 200);
        let text = connection.body().unwrap();
        assert!(text.len() == 20_000 && text.bytes().all(|byte| byte == b'y'));
        server.await.unwrap();
    }
}
