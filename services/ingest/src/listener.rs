//! The RTMP and RTMPS listeners: accept within the limits and hand each connection to its own task.
//!
//! They survive every accept error. Connections beyond a limit are closed at once, or others give way (`guests`); what a connection may
//! do is `session`'s. Who comes through a balancer that names its clients (`proxied`) is who it names.

use crate::{guests::Guests, node::Node, proxied, session, tls::Certificates};
use parking_lot::Mutex;
use socket2::{Domain, Protocol, Socket, Type};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};
use streamly_http::BindError;
use streamly_lifecycle::CancellationToken;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, timeout_at},
};

/// Pause after an accept error such as too many open files.
const ERROR_PAUSE: Duration = Duration::from_millis(50);
/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// One connection's place; dropping it frees it.
pub(crate) struct Place {
    guests: Arc<Mutex<Guests>>,
    node: Arc<Node>,
    id: u64,
    close: CancellationToken,
}

impl Place {
    fn take(guests: &Arc<Mutex<Guests>>, node: &Arc<Node>, remote: SocketAddr) -> Option<Self> {
        let (id, close) = guests.lock().enter(remote.ip().into(), &node.config.rtmp)?;
        node.meters.connections.increment(1.0);
        Some(Self { guests: guests.clone(), node: node.clone(), id, close })
    }

    /// Its publisher is admitted. `false`: the connection had to give way.
    pub(crate) fn admit(&self) -> bool {
        self.guests.lock().set_pending(self.id, false)
    }

    /// Its publisher has ended; the connection may publish again.
    pub(crate) fn wait(&self) {
        self.guests.lock().set_pending(self.id, true);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.guests.lock().leave(self.id);
        self.node.meters.connections.decrement(1.0);
    }
}

/// Where connections come in; with certificates, by TLS.
pub(crate) struct Door {
    pub(crate) listener: std::net::TcpListener,
    pub(crate) certificates: Option<Arc<Certificates>>,
}

/// Binds a listener. `shared`: another process of the same user that says so too may listen on the same port (`SO_REUSEPORT`).
pub(crate) fn bind(name: &str, addr: SocketAddr, shared: bool) -> Result<std::net::TcpListener, BindError> {
    if !shared {
        return streamly_http::bind(name, addr);
    }
    let attempt = || -> std::io::Result<std::net::TcpListener> {
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(true)?;
        socket.bind(&addr.into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        Ok(socket.into())
    };
    attempt().map_err(|source| BindError { name: name.into(), addr, source })
}

/// Connections of balancers that have not said yet whose they are. At the bound the oldest gives way, as among `Guests`.
#[derive(Default)]
struct Unnamed {
    waiting: BTreeMap<u64, CancellationToken>,
    next: u64,
}

impl Unnamed {
    fn enter(&mut self, most: usize) -> (u64, CancellationToken) {
        while self.waiting.len() >= most {
            let Some((_, oldest)) = self.waiting.pop_first() else { break };
            oldest.cancel();
        }
        let (id, close) = (self.next, CancellationToken::new());
        self.next += 1;
        self.waiting.insert(id, close.clone());
        (id, close)
    }
}

/// What all connections come through, of both doors.
struct Lobby {
    node: Arc<Node>,
    guests: Arc<Mutex<Guests>>,
    unnamed: Mutex<Unnamed>,
}

/// Accepts until the node drains. Places are counted over both doors.
pub(crate) async fn serve(node: Arc<Node>, rtmp: Door, rtmps: Option<Door>) -> std::io::Result<()> {
    let lobby = Arc::new(Lobby { node, guests: Arc::default(), unnamed: Mutex::default() });
    let secure = async {
        match rtmps {
            Some(door) => lobby.accept(door).await,
            None => Ok(()),
        }
    };
    tokio::try_join!(lobby.accept(rtmp), secure)?;
    lobby.node.drain.deaf();
    Ok(())
}

impl Lobby {
    /// One door, until the drain. What waits to be accepted then is served first: closing the listener would reset it.
    async fn accept(self: &Arc<Self>, door: Door) -> std::io::Result<()> {
        let Door { listener, certificates } = door;
        let listener = TcpListener::from_std(listener)?;
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.node.drain.begun() => break,
            };
            let (socket, remote) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "accept failed");
                    tokio::time::sleep(ERROR_PAUSE).await;
                    continue;
                }
            };
            self.receive(socket, certificates.clone(), remote);
        }
        let listener = listener.into_std()?;
        while let Ok((socket, remote)) = listener.accept() {
            socket.set_nonblocking(true)?;
            self.receive(TcpStream::from_std(socket)?, certificates.clone(), remote);
        }
        Ok(())
    }

    /// Finds out who it is, if a balancer has to say so, and welcomes it.
    fn receive(
        self: &Arc<Self>,
        mut socket: TcpStream,
        certificates: Option<Arc<Certificates>>,
        remote: SocketAddr,
    ) {
        let accepted = Instant::now();
        if !self.node.config.rtmp.proxies.iter().any(|network| network.contains(remote.ip())) {
            return self.welcome(socket, certificates, remote, accepted);
        }
        let (id, give_way) = self.unnamed.lock().enter(self.node.config.rtmp.max_pending);
        let this = self.clone();
        self.node.tasks.spawn("proxied", async move {
            let until = accepted + this.node.config.rtmp.publish_deadline.get();
            let client = tokio::select! {
                client = timeout_at(until, proxied::client(&mut socket)) => Some(client),
                () = this.node.closing.cancelled() => None,
                () = give_way.cancelled() => None,
            };
            this.unnamed.lock().waiting.remove(&id);
            match client {
                Some(Ok(Ok(client))) => this.welcome(socket, certificates, client.unwrap_or(remote), accepted),
                Some(Ok(Err(proxied::Error::Nothing))) => {}
                Some(Ok(Err(error))) => {
                    this.node.meters.refused_connections.increment(1);
                    tracing::warn!(proxy = %remote, %error, "a connection of a balancer in rtmp.proxies is closed");
                }
                Some(Err(_)) | None => {
                    this.node.meters.refused_connections.increment(1);
                    tracing::debug!(proxy = %remote, "no PROXY header came in time");
                }
            }
        });
    }

    fn welcome(
        &self,
        socket: TcpStream,
        certificates: Option<Arc<Certificates>>,
        remote: SocketAddr,
        accepted: Instant,
    ) {
        let Some(place) = Place::take(&self.guests, &self.node, remote) else {
            self.node.meters.refused_connections.increment(1);
            return;
        };
        let node = self.node.clone();
        self.node.tasks.spawn("session", async move {
            let (closing, give_way) = (node.closing.clone(), place.close.clone());
            tokio::select! {
                () = session::run(node, socket, certificates, remote, place, accepted) => {}
                () = closing.cancelled() => {}
                () = give_way.cancelled() => tracing::debug!(%remote, "connection gave way to a newer one"),
            }
        });
    }
}
