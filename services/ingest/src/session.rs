//! One publisher's connection: the socket, the clock and the admission around the Sans-IO [`Connection`].
//!
//! accept → publish command (one deadline that no byte extends) → admission (the publish stays unanswered) → media → the end or
//! the loss. What a broadcast does with it is the node's. A task that dies in any way counts as a lost publisher.

mod alive;
mod batch;
mod media;
mod socket;

use crate::{
    admission::{self, Verdict},
    broadcast::{Encoder, Seat},
    hand_over,
    listener::Place,
    node::Node,
    tls::Certificates,
};
use socket::Socket;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use streamly_rtmp::{Connect, Connection, Event, StreamKey};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

/// Bytes read at once: several frames of a usual stream, one system call.
const READ_BUFFER: usize = 32 << 10;
/// Longest an answer may wait for the peer to read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a connection is over before or between publishes; only for the log.
#[derive(Debug, thiserror::Error)]
enum Closed {
    #[error("the peer closed")]
    ByPeer,
    #[error("socket failed")]
    Socket(#[from] std::io::Error),
    #[error("the peer does not read")]
    NotRead,
    #[error("no publish came in time")]
    Deadline,
    #[error("tls was broken: {0}")]
    Tls(std::io::Error),
    #[error("rtmp was broken")]
    Rtmp(#[from] streamly_rtmp::Error),
    #[error("the publish was refused")]
    Refused,
    #[error("nobody could say whether the key may publish")]
    Unanswered,
    #[error("the node or its broadcast wants it closed")]
    Told,
    #[error("the publisher was lost")]
    Lost,
}

struct Session {
    node: Arc<Node>,
    socket: Socket,
    remote: SocketAddr,
    place: Place,
    connection: Connection,
    buffer: Vec<u8>,
    connect: Connect,
}

/// A seat that is lost when dropped, unless the broadcast has ended or gone on with somebody else.
struct Held {
    node: Arc<Node>,
    seat: Seat,
    secure: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.node.meters.sessions(self.secure).decrement(1.0);
        self.node.lost(&self.seat);
    }
}

/// Serves a connection to its end; with certificates, TLS comes first. `accepted`: the deadline of the first publish counts from then.
pub(crate) async fn run(
    node: Arc<Node>,
    socket: TcpStream,
    secure: Option<Arc<Certificates>>,
    remote: SocketAddr,
    place: Place,
    accepted: Instant,
) {
    // Without it an answer may wait 40 ms; a failure costs only that.
    let _ = socket.set_nodelay(true);
    alive::watch(&socket, &node.config.rtmp);
    let deadline = accepted + node.config.rtmp.publish_deadline.get();
    let closed = match handshake(socket, secure, deadline).await {
        Ok(socket) => {
            let connection = Connection::new(node.config.rtmp.limits.of_connection());
            let (buffer, connect) = (vec![0; READ_BUFFER], Connect::default());
            let session = Session { node, socket, remote, place, connection, buffer, connect };
            session.serve(accepted).await
        }
        Err(closed) => closed,
    };
    tracing::debug!(%remote, reason = %closed, "connection over");
}

/// The deadline is the publish command's.
async fn handshake(
    socket: TcpStream,
    secure: Option<Arc<Certificates>>,
    deadline: Instant,
) -> Result<Socket, Closed> {
    let Some(certificates) = secure else { return Ok(Socket::Plain(socket)) };
    match timeout_at(deadline, certificates.accept(socket)).await {
        Ok(accepted) => accepted.map(Socket::from).map_err(Closed::Tls),
        Err(_) => Err(Closed::Deadline),
    }
}

impl Session {
    async fn serve(mut self, accepted: Instant) -> Closed {
        let mut since = accepted;
        loop {
            let deadline = since + self.node.config.rtmp.publish_deadline.get();
            let key = match timeout_at(deadline, self.until_publish()).await {
                Ok(Ok(key)) => key,
                Ok(Err(closed)) => return closed,
                Err(_) => return Closed::Deadline,
            };
            let seat = match self.admit(key).await {
                Ok(seat) => seat,
                Err(closed) => return closed,
            };
            let secure = self.socket.is_secure();
            self.node.meters.sessions(secure).increment(1.0);
            let held = Held { node: self.node.clone(), seat, secure };
            if let Err(closed) = self.media(&held.seat).await {
                return closed;
            }
            self.place.wait();
            since = Instant::now();
        }
    }

    /// Reads up to the publish command. `None`: its name cannot be a key, the refusal is queued.
    async fn until_publish(&mut self) -> Result<Option<StreamKey>, Closed> {
        loop {
            while let Some(event) = self.connection.poll_event() {
                match event {
                    Event::Connected(connect) => self.connect = connect,
                    Event::PublishRequested { key, .. } => {
                        self.flush().await?;
                        return Ok(Some(key));
                    }
                    _ => {}
                }
            }
            self.flush().await?;
            let count = self.socket.read(&mut self.buffer).await?;
            if count == 0 {
                return Err(Closed::ByPeer);
            }
            match self.connection.handle_input(&self.buffer[..count]) {
                Ok(()) => {}
                Err(streamly_rtmp::Error::StreamKey(_)) => return Ok(None),
                Err(error) => {
                    // An answer may be queued.
                    self.flush().await?;
                    return Err(error.into());
                }
            }
        }
    }

    /// Asks whether the publish may be. What cannot be a key is asked about as an empty one: its refusal takes the same way and time as
    /// that of any wrong key.
    async fn admit(&mut self, key: Option<StreamKey>) -> Result<Seat, Closed> {
        let encoder = Encoder { name: self.connect.flash_ver.clone(), moves: self.connect.supports_go_away };
        let queued = key.is_none();
        let key = key.unwrap_or_default();
        let verdict = tokio::select! {
            verdict = admission::ask(&self.node, &key, self.remote, &encoder.name, self.socket.is_secure()) => verdict,
            () = self.socket.hung_up() => return Err(Closed::ByPeer),
        };
        match verdict {
            Verdict::Granted(_) if queued => Err(Closed::Told),
            Verdict::Granted(_) if !self.place.admit() => Err(Closed::Told),
            Verdict::Granted(permit) => {
                let arrival = hand_over::fetch(&self.node, &permit).await;
                // A newer permit of the same broadcast was seated meanwhile.
                let (seat, call) =
                    self.node.seat(&permit, encoder, arrival.as_deref()).ok_or(Closed::Told)?;
                if let Some(call) = call {
                    hand_over::follow(&self.node, call, &seat);
                }
                self.node.meters.publishes.increment(1);
                Ok(seat)
            }
            Verdict::Refused { code, detail } => {
                tracing::info!(remote = %self.remote, code, "publish refused");
                self.node.meters.refused_publish(&code);
                if !queued {
                    self.connection.reject_publish(&detail)?;
                }
                self.flush().await?;
                self.linger().await;
                Err(Closed::Refused)
            }
            Verdict::Unknown => {
                self.node.meters.unanswered.increment(1);
                Err(Closed::Unanswered)
            }
        }
    }

    /// Writes what the connection has to say.
    async fn flush(&mut self) -> Result<(), Closed> {
        while let Some(bytes) = self.connection.poll_output() {
            timeout(WRITE_TIMEOUT, self.socket.write_all(&bytes)).await.map_err(|_| Closed::NotRead)??;
        }
        Ok(())
    }

    /// The same, unless its session has to end: who is superseded or stopped does not wait for a peer that does not read.
    async fn flush_for(&mut self, seat: &Seat) -> Result<(), Closed> {
        tokio::select! {
            biased;
            () = seat.close.cancelled() => Err(Closed::Told),
            flushed = self.flush() => flushed,
        }
    }

    /// Gives a refused peer the time to close by itself; what it still sends is thrown away.
    async fn linger(&mut self) {
        let closing = async {
            while let Ok(count @ 1..) = self.socket.read(&mut self.buffer).await {
                if self.connection.handle_input(&self.buffer[..count]).is_err() {
                    return;
                }
            }
        };
        // Whether it closed or not, the connection ends here.
        let _ = timeout(self.node.config.rtmp.refused_linger.get(), closing).await;
    }
}
