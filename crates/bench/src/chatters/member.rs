//! One socket of a crowd: where it stands, and what is left over from the last read and the last write.

use super::{
    dialect::{Coming, Dialect},
    frames,
};
use anyhow::{Context, bail};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, setsockopt, socket, sockopt,
};
use std::{
    io::{ErrorKind, Write},
    net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream},
    os::fd::AsRawFd,
    time::Instant,
};

/// Sockets of one source address: fewer than there are ports.
const OF_ADDRESS: u32 = 1000;

/// Where a socket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Asked for the upgrade.
    Upgrading,
    /// Asked to come in.
    Joining,
    /// In the room.
    In,
    /// Does not read any more.
    Stalled,
    /// Ended.
    Gone,
}

/// See the module's head.
#[derive(Debug)]
pub struct Member {
    /// Its connection, unless it is gone.
    pub stream: Option<TcpStream>,
    /// Where it stands.
    pub state: State,
    /// Index of its room.
    pub room: u32,
    /// Whether it says something now and then.
    pub speaks: bool,
    /// Read and not yet whole.
    pub rest: Vec<u8>,
    /// Fragments of a message whose last is still to come.
    pub fragments: Vec<u8>,
    /// Not yet written.
    pub unsent: Vec<u8>,
    /// Where the last body began in its frame.
    pub hint: usize,
    /// Bytes read.
    pub bytes: u64,
    /// When it connected, and when it asked to come in.
    pub since: [Instant; 2],
    /// Numbers of the messages it heard, in order, if it follows.
    pub heard: Vec<u32>,
    /// The last id it saw, if it follows.
    pub last: Option<String>,
    /// Times it connected.
    pub tries: u32,
}

impl Member {
    /// Not connected.
    pub fn new(room: u32, speaks: bool) -> Self {
        Self {
            stream: None,
            state: State::Gone,
            room,
            speaks,
            rest: Vec::new(),
            fragments: Vec::new(),
            unsent: Vec::new(),
            hint: 0,
            bytes: 0,
            since: [Instant::now(); 2],
            heard: Vec::new(),
            last: None,
            tries: 0,
        }
    }

    /// Connects, and asks for the upgrade. `index` chooses the address it comes from. A `buffer` of 0 bytes is the kernel's own choice.
    pub fn connect(
        &mut self,
        index: u32,
        to: SocketAddr,
        dialect: Dialect,
        room: &str,
        buffer: usize,
    ) -> anyhow::Result<()> {
        self.since[0] = Instant::now();
        self.tries += 1;
        let of = index / OF_ADDRESS;
        let source = Ipv4Addr::new(127, 0, (of / 200) as u8, 1 + (of % 200) as u8);
        let SocketAddr::V4(server) = to else { bail!("{to} is not IPv4") };
        let socket = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
        if buffer > 0 {
            // Before connecting: the window is told then.
            setsockopt(&socket, sockopt::RcvBuf, &buffer)?;
        }
        bind(socket.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(source, 0)))?;
        connect(socket.as_raw_fd(), &SockaddrIn::from(server))
            .with_context(|| format!("connecting to {to}"))?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        self.stream = Some(stream);
        self.state = State::Upgrading;
        self.rest.clear();
        self.unsent = frames::upgrade(&dialect.path(room), &to.to_string());
        self.flush()
    }

    /// Says what comes first after the upgrade.
    pub fn greet(&mut self, dialect: Dialect, room: &str, token: &str, history: u32) -> anyhow::Result<()> {
        self.since[1] = Instant::now();
        let token = Some(token).filter(|token| self.speaks && !token.is_empty());
        let since = self.last.take();
        let greeting = dialect.greeting(room, Coming { token, since: since.as_deref(), history });
        self.last = since;
        self.state = State::Joining;
        for text in greeting {
            frames::text(text.as_bytes(), &mut self.unsent);
        }
        self.flush()
    }

    /// Says a text.
    pub fn send(&mut self, text: &str) -> anyhow::Result<()> {
        frames::text(text.as_bytes(), &mut self.unsent);
        self.flush()
    }

    /// Writes what it can; what it cannot stays, and goes with the next.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        while !self.unsent.is_empty() {
            match stream.write(&self.unsent) {
                Ok(written) => drop(self.unsent.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                // The reader sees the end.
                Err(_) => self.unsent.clear(),
            }
        }
        Ok(())
    }

    /// It ended.
    pub fn end(&mut self) {
        self.stream = None;
        self.state = State::Gone;
        self.rest = Vec::new();
        self.fragments = Vec::new();
        self.unsent = Vec::new();
    }
}
