//! Makes the stills of this node's broadcasts, one after the other: keyframes wait in a short line for the one worker
//! (`streamly_transcode::stills`).
//!
//! Nothing waits for it. What finds the line full, or has waited for too long since the machine has other things to do, is left out, and a
//! later keyframe of the broadcast is tried. The worker ends when there is nothing to do for it.

use crate::{broadcast::Broadcast, node::Node};
use parking_lot::Mutex;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_transcode::stills::{Look, Missed, Shot, Stills};
use tokio::sync::mpsc;

/// A keyframe that waited for so long is not worth it any more: the machine is behind.
const STALE: Duration = Duration::from_secs(3);
/// Intervals without a shot after which the worker ends, and the least time.
const IDLE_INTERVALS: u32 = 2;
const IDLE_LEAST: Duration = Duration::from_secs(10);

/// A keyframe in the line.
struct Order {
    broadcast: Arc<Broadcast>,
    epoch: u64,
    /// [`turn`](crate::broadcast::Stills::turn) of the broadcast's stills.
    turn: u64,
    shot: Shot,
    since: Instant,
}

/// The line.
pub(crate) struct Line {
    orders: mpsc::Sender<Order>,
    /// Until somebody works on it.
    waiting: Mutex<Option<mpsc::Receiver<Order>>>,
}

impl Line {
    pub(crate) fn new(most: usize) -> Self {
        let (orders, waiting) = mpsc::channel(most.max(1));
        Self { orders, waiting: Mutex::new(Some(waiting)) }
    }

    /// Puts a keyframe of that session into the line; if there is no place, the broadcast tries its next one.
    pub(crate) fn put(&self, broadcast: &Arc<Broadcast>, epoch: u64, shot: Shot) {
        let turn = broadcast.stills().turn();
        let order = Order { broadcast: broadcast.clone(), epoch, turn, shot, since: Instant::now() };
        if self.orders.try_send(order).is_err() {
            left_out(broadcast, "full");
        }
    }
}

fn left_out(broadcast: &Broadcast, why: &'static str) {
    count(why);
    broadcast.with_pipeline(|pipeline| pipeline.still_again());
}

fn count(outcome: &'static str) {
    metrics::counter!("streamly_ingest_stills_total", "outcome" => outcome).increment(1);
}

/// Works on the line until the node closes.
pub(crate) async fn keep(node: Arc<Node>) {
    let Some(mut orders) = node.stills.waiting.lock().take() else { return };
    let config = &node.config.stills;
    let look = Look { width: config.width, height: config.height, quality: config.quality };
    let mut stills = Stills::new(node.settings.encoders.worker(), look);
    let idle = (config.interval.get() * IDLE_INTERVALS).max(IDLE_LEAST);
    let work = async {
        loop {
            match tokio::time::timeout(idle, orders.recv()).await {
                Ok(Some(order)) => make(&node, &mut stills, order).await,
                Ok(None) => return,
                Err(_) => stills.rest().await,
            }
        }
    };
    tokio::select! {
        () = work => {}
        () = node.closing.cancelled() => {}
    }
    stills.rest().await;
}

async fn make(node: &Node, stills: &mut Stills, order: Order) {
    let Order { broadcast, epoch, turn, shot, since } = order;
    if broadcast.ended().is_cancelled() {
        return;
    }
    if since.elapsed() > STALE {
        return left_out(&broadcast, "late");
    }
    let begun = Instant::now();
    match stills.take(&shot).await {
        Ok(jpeg) => {
            metrics::histogram!("streamly_ingest_still_seconds").record(begun.elapsed().as_secs_f64());
            let bytes = jpeg.len();
            match broadcast.stills().keep(epoch, turn, jpeg) {
                Some(number) => {
                    tracing::debug!(broadcast = broadcast.id, number, bytes, "a still was made");
                    count("made");
                    node.outbox.wake();
                }
                None => count("refused"),
            }
        }
        Err(error @ Missed::Refused(_)) => {
            count("refused");
            tracing::debug!(broadcast = broadcast.id, %error, "no still of a keyframe");
        }
        Err(error) => {
            count("failed");
            tracing::warn!(broadcast = broadcast.id, error = ?error, "the worker of stills failed");
        }
    }
}
