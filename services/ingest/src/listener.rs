//! The RTMP and RTMPS listeners: accept within the limits and hand each connection to its own task.
//!
//! They survive every accept error. Connections beyond a limit are closed at once, or others give way (`guests`); what a connection may
//! do is `session`'s.

use crate::{guests::Guests, node::Node, session, tls::Certificates};
use parking_lot::Mutex;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use streamly_lifecycle::{CancellationToken, Shutdown};
use tokio::net::TcpListener;

/// Pause after an accept error such as too many open files.
const ERROR_PAUSE: Duration = Duration::from_millis(50);

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

/// Accepts until the stop. Places are counted over both doors.
pub(crate) async fn serve(
    node: Arc<Node>,
    rtmp: Door,
    rtmps: Option<Door>,
    shutdown: Shutdown,
) -> std::io::Result<()> {
    let guests = Arc::<Mutex<Guests>>::default();
    let secure = async {
        match rtmps {
            Some(door) => accept(&node, door, &guests, &shutdown).await,
            None => Ok(()),
        }
    };
    tokio::try_join!(accept(&node, rtmp, &guests, &shutdown), secure)?;
    Ok(())
}

async fn accept(
    node: &Arc<Node>,
    door: Door,
    guests: &Arc<Mutex<Guests>>,
    shutdown: &Shutdown,
) -> std::io::Result<()> {
    let Door { listener, certificates } = door;
    let listener = TcpListener::from_std(listener)?;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.started() => return Ok(()),
        };
        let (socket, remote) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(ERROR_PAUSE).await;
                continue;
            }
        };
        let Some(place) = Place::take(guests, node, remote) else {
            node.meters.refused_connections.increment(1);
            continue;
        };
        let (session_node, certificates) = (node.clone(), certificates.clone());
        node.tasks.spawn("session", async move {
            let (closing, give_way) = (session_node.closing.clone(), place.close.clone());
            tokio::select! {
                () = session::run(session_node, socket, certificates, remote, place) => {}
                () = closing.cancelled() => {}
                () = give_way.cancelled() => tracing::debug!(%remote, "connection gave way to a newer one"),
            }
        });
    }
}
