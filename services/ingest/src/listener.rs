//! The RTMP listener: accepts within the limits and hands each connection to its own task.
//!
//! It survives every accept error. Connections beyond a limit are closed at once; what a connection may do is `session`'s.

use crate::{node::Node, session};
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use streamly_lifecycle::Shutdown;
use tokio::net::TcpListener;

/// Pause after an accept error such as too many open files.
const ERROR_PAUSE: Duration = Duration::from_millis(50);

/// Who is connected.
#[derive(Default)]
struct Guests {
    by_address: HashMap<IpAddr, usize>,
    all: usize,
}

/// One connection's place; dropping it frees it.
struct Place {
    guests: Arc<Mutex<Guests>>,
    node: Arc<Node>,
    address: IpAddr,
}

impl Place {
    fn take(guests: &Arc<Mutex<Guests>>, node: &Arc<Node>, remote: SocketAddr) -> Option<Self> {
        let limits = &node.config.rtmp;
        let address = remote.ip().to_canonical();
        let mut inner = guests.lock();
        let same = inner.by_address.get(&address).copied().unwrap_or(0);
        if inner.all >= limits.max_connections || same >= limits.max_connections_per_address {
            return None;
        }
        inner.all += 1;
        inner.by_address.insert(address, same + 1);
        node.meters.connections.increment(1.0);
        Some(Self { guests: guests.clone(), node: node.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inner = self.guests.lock();
        inner.all -= 1;
        if let Some(same) = inner.by_address.get_mut(&self.address) {
            *same -= 1;
            if *same == 0 {
                inner.by_address.remove(&self.address);
            }
        }
        self.node.meters.connections.decrement(1.0);
    }
}

/// Accepts until the stop.
pub(crate) async fn serve(
    node: Arc<Node>,
    listener: std::net::TcpListener,
    shutdown: Shutdown,
) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let guests = Arc::<Mutex<Guests>>::default();
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
        let Some(place) = Place::take(&guests, &node, remote) else {
            node.meters.refused_connections.increment(1);
            continue;
        };
        let session_node = node.clone();
        node.tasks.spawn("session", async move {
            let closing = session_node.closing.clone();
            tokio::select! {
                () = session::run(session_node, socket, remote) => {}
                () = closing.cancelled() => {}
            }
            drop(place);
        });
    }
}
