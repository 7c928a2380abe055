//! The stop of a node, step by step: its publishers, and what goes along with them. The last word to `stream` is the lease's (`lease`).
//!
//! Each step is over as soon as nothing more is waited for, or its time is up. Viewers and other nodes are served all the while; who closes
//! the doors is the caller (`app`).

use crate::{drain, node::Node};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::{sleep, timeout};

/// How often it is looked whether a step is over.
const LOOK: Duration = Duration::from_millis(50);
/// Returns when nobody needs this node any more, or has had the time that the settings give.
pub(crate) async fn run(node: &Arc<Node>) {
    let (drain, rewind_drain) = (node.config.drain.get(), node.config.rewind_drain.get());
    node.drain.over_at(Instant::now() + drain);
    node.drain();
    // What has gone elsewhere or has ended is served as long as it is promised.
    let _ = timeout(drain, until(|| !node.registry.serves())).await;
    node.cut_all();
    if timeout(rewind_drain, taken(node)).await.is_err() && !rewind_drain.is_zero() {
        tracing::warn!(?rewind_drain, "the node stops before all of the rewind was taken");
    }
}

/// Until those that went to another node have all that they want. Who was cut off comes back there by itself, and asks for the same; so does
/// who was lost before. Either has [`drain::MOVE`] for it, however long its grace: then its window goes with the node.
async fn taken(node: &Node) {
    if node.drain.has_elsewhere() {
        let _ = timeout(drain::MOVE, until(|| node.running().is_empty())).await;
    }
    until(|| !node.registry.all().iter().any(|broadcast| broadcast.leaving().is_fenced())).await;
}

async fn until(so: impl Fn() -> bool) {
    while !so() {
        sleep(LOOK).await;
    }
}
