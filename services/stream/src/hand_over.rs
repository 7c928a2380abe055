//! What a new session needs to know of the node that has its broadcast until now: whether media may still flow there, and where its
//! window is fetched if it drains.
//!
//! Looked up before the channel is locked, since Redis may be slow; what was found only counts for the session it was looked up for.

use crate::{
    app::App,
    lease::Host,
    nodes,
    store::{broadcasts::Broadcast, sessions::HandOver},
};
use std::time::Duration;
use streamly_domain::BroadcastId;

/// Longest wait for Redis. Afterwards the node counts as there: two encoders must not fight because Redis is slow.
const PATIENCE: Duration = Duration::from_millis(250);

/// What was found of the node that has a broadcast.
#[derive(Debug)]
pub struct Found {
    session: Option<(BroadcastId, u64)>,
    host: Host,
    grpc_url: String,
}

/// Looks for the node that has `open`, for a publisher on `node`. `nobody`: a node id to ask about where nothing is open, so that the time
/// of an answer tells nothing.
pub async fn look(app: &App, open: Option<&Broadcast>, node: &str, nobody: &str) -> Found {
    let asked = nodes::find(&app.redis, open.map_or(nobody, |b| &b.node_id));
    let answer = tokio::time::timeout(PATIENCE, asked).await;
    let (host, grpc_url) = match answer {
        // It speaks for itself.
        _ if open.is_some_and(|b| b.node_id == node) => (Host::Present, String::new()),
        Ok(Ok(Some(found))) if found.draining => (Host::Draining, found.grpc_url),
        Ok(Ok(Some(_))) => (Host::Present, String::new()),
        Ok(Ok(None)) => (Host::Gone, String::new()),
        Ok(Err(_)) | Err(_) => (Host::Present, String::new()),
    };
    Found { session: open.map(|b| (b.id, b.epoch)), host, grpc_url }
}

impl Found {
    /// The node that has the broadcast, as read under the channel's lock.
    pub fn host(&self, open: &Broadcast) -> Host {
        if self.session == Some((open.id, open.epoch)) { self.host } else { Host::Present }
    }

    /// Whether this session moves because its node drains: nothing that it did itself.
    pub fn moves(&self) -> bool {
        self.session.is_some() && self.host == Host::Draining
    }

    /// Where the window of that broadcast is fetched, if it has one.
    pub fn of(&self, open: &Broadcast) -> Option<HandOver> {
        (self.host(open) == Host::Draining && open.is_watchable() && !self.grpc_url.is_empty())
            .then(|| HandOver { url: self.grpc_url.clone(), epoch: open.epoch })
    }
}
