//! A door before an origin that keeps what is asked for through it: neither the edges' nor the origin's own counters have to be believed.
//!
//! Bytes go through as they are. Only heads of requests are read, and those have no bodies behind them: edges send GET alone, and whatever
//! else came would be told as an object of its own. A connection that fails here fails at the edge, whose viewers say so.

use parking_lot::Mutex;
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// Longest head of a request; an edge's has some hundred bytes.
const HEAD_MAX: usize = 64 << 10;
/// Read at once.
const READ_BYTES: usize = 16 << 10;
/// After a failed accept.
const AGAIN: Duration = Duration::from_millis(20);

/// How often something was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) first: Instant,
    pub(super) times: u32,
}

/// By path and query.
pub(super) type Book = HashMap<String, Asked>;

/// See the module's head. It is closed with its handle.
pub(super) struct Door {
    pub(super) address: SocketAddr,
    book: Arc<Mutex<Book>>,
    open: JoinHandle<()>,
}

impl Door {
    /// Opens one on a free port of loopback.
    ///
    /// # Errors
    /// If there is none.
    pub(super) async fn open(origin: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, book) = (listener.local_addr()?, Arc::<Mutex<Book>>::default());
        let open = tokio::spawn(keep(listener, origin, book.clone()));
        Ok(Self { address, book, open })
    }

    /// All that was asked for so far.
    pub(super) fn book(&self) -> Book {
        self.book.lock().clone()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.open.abort();
    }
}

/// Takes connections until it is ended, and ends them then.
async fn keep(listener: TcpListener, origin: SocketAddr, book: Arc<Mutex<Book>>) {
    let mut through = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((edge, _)) => {
                    through.spawn(pass(edge, origin, book.clone()));
                }
                Err(_) => tokio::time::sleep(AGAIN).await,
            },
            Some(_) = through.join_next() => {}
        }
    }
}

/// One connection, until one of both ends it.
async fn pass(mut edge: TcpStream, origin: SocketAddr, book: Arc<Mutex<Book>>) -> io::Result<()> {
    let mut origin = TcpStream::connect(origin).await?;
    edge.set_nodelay(true)?;
    origin.set_nodelay(true)?;
    let (mut from_edge, mut to_edge) = edge.split();
    let (mut from_origin, mut to_origin) = origin.split();
    let asking = async {
        let (mut heads, mut buffer) = (Heads::default(), vec![0; READ_BYTES]);
        loop {
            let read = from_edge.read(&mut buffer).await?;
            if read == 0 {
                return io::Result::Ok(());
            }
            let targets = heads.read(&buffer[..read])?;
            note(&book, targets);
            to_origin.write_all(&buffer[..read]).await?;
        }
    };
    tokio::select! {
        done = asking => done,
        done = tokio::io::copy(&mut from_origin, &mut to_edge) => done.map(|_| ()),
    }
}

fn note(book: &Mutex<Book>, targets: Vec<String>) {
    let first = Instant::now();
    let mut book = book.lock();
    for target in targets {
        book.entry(target).or_insert(Asked { first, times: 0 }).times += 1;
    }
}

/// The heads of requests in the bytes of a connection.
#[derive(Default)]
struct Heads {
    held: Vec<u8>,
}

impl Heads {
    /// Takes what came; path and query of each GET whose head is whole now, of another request its whole first line.
    fn read(&mut self, bytes: &[u8]) -> io::Result<Vec<String>> {
        self.held.extend_from_slice(bytes);
        let mut found = Vec::new();
        while let Some(end) = self.held.windows(4).position(|window| window == b"\r\n\r\n") {
            let head: Vec<u8> = self.held.drain(..end + 4).collect();
            let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
            let line = String::from_utf8_lossy(line);
            let target = line.strip_prefix("GET ").and_then(|rest| rest.split(' ').next());
            found.push(target.unwrap_or(&line).to_owned());
        }
        if self.held.len() > HEAD_MAX {
            return Err(io::Error::other("the head of a request is too long"));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_found_however_their_bytes_come() {
        let bytes =
            b"GET /a?x=1 HTTP/1.1\r\nhost: o\r\n\r\nGET /b HTTP/1.1\r\n\r\nPUT /c HTTP/1.1\r\n\r\nGET /d";
        for size in [1, 3, 7, bytes.len()] {
            let mut heads = Heads::default();
            let found: Vec<_> = bytes.chunks(size).flat_map(|chunk| heads.read(chunk).unwrap()).collect();
            assert_eq!(found, ["/a?x=1", "/b", "PUT /c HTTP/1.1"], "in pieces of {size}");
        }
        assert!(Heads::default().read(&vec![b'x'; HEAD_MAX + 1]).is_err());
    }

    #[tokio::test]
    async fn an_answer_goes_through_and_the_question_is_in_the_book() {
        let origin = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let door = Door::open(origin.local_addr().unwrap()).await.unwrap();
        let (question, answer) = ("GET /x HTTP/1.1\r\n\r\n", "y".repeat(100_000));
        let mut edge = TcpStream::connect(door.address).await.unwrap();
        let (mut behind, _) = origin.accept().await.unwrap();
        for times in 1..=2 {
            edge.write_all(question.as_bytes()).await.unwrap();
            let mut asked = vec![0; question.len()];
            behind.read_exact(&mut asked).await.unwrap();
            assert_eq!(asked, question.as_bytes());
            let mut got = vec![0; answer.len()];
            let (wrote, read) = tokio::join!(behind.write_all(answer.as_bytes()), edge.read_exact(&mut got));
            wrote.unwrap();
            read.unwrap();
            assert_eq!(got, answer.as_bytes());
            let book = door.book();
            assert_eq!((book.len(), book["/x"].times), (1, times));
        }
    }
}
