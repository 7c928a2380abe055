//! Draining: this node takes no new publisher, and those it has are asked to go elsewhere once that is certain to take them.
//!
//! The order matters: tell `stream`, stop listening, hear from `stream` that another node takes publishers, and only then ask. A publisher that
//! is asked (RTMP message type 0x20) and then refused gives up for good, while one that is cut off tries again for hours. Nobody is asked twice:
//! who has not moved by its next keyframe does not understand, and runs on until it ends or the drain is over.

use crate::node::Node;
use std::{sync::Arc, time::Duration};
use streamly_lifecycle::CancellationToken;
use tokio::{sync::watch, time::interval};

/// Between two publishers that are asked, so that the other nodes are not rushed at.
const BETWEEN: Duration = Duration::from_millis(250);

/// A broadcast waits at least so long for a publisher that leaves a draining node, also where its channel has no grace; `stream` does the same.
pub(crate) const MOVE: Duration = Duration::from_secs(10);

/// How far the draining is.
#[derive(Default)]
pub(crate) struct Drain {
    begun: CancellationToken,
    deaf: CancellationToken,
    elsewhere: watch::Sender<u32>,
}

impl Drain {
    pub(crate) fn begin(&self) {
        self.begun.cancel();
    }

    pub(crate) fn is_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    pub(crate) async fn begun(&self) {
        self.begun.cancelled().await;
    }

    /// The RTMP listener is closed: a new connection reaches another node.
    pub(crate) fn deaf(&self) {
        self.deaf.cancel();
    }

    pub(crate) async fn is_deaf(&self) {
        self.deaf.cancelled().await;
    }

    /// How many other nodes take publishers, as `stream` says; 0 while it says nothing.
    pub(crate) fn elsewhere(&self, nodes: u32) {
        self.elsewhere.send_replace(nodes);
    }
}

/// Asks publishers to move, one after the other, for as long as the node runs.
pub(crate) async fn move_publishers(node: Arc<Node>) {
    node.drain.begun().await;
    node.drain.is_deaf().await;
    let mut elsewhere = node.drain.elsewhere.subscribe();
    let mut turns = interval(BETWEEN);
    while elsewhere.wait_for(|nodes| *nodes > 0).await.is_ok() {
        turns.tick().await;
        let asked = node.running().into_iter().find(|broadcast| broadcast.ask_to_move());
        if let Some(broadcast) = asked {
            node.meters.go_aways.increment(1);
            tracing::info!(broadcast = broadcast.id, "publisher asked to go elsewhere");
        }
    }
}
