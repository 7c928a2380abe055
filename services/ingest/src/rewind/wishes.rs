//! Segments that viewers want and whose files are still on their way: they are fetched next, and the requests are held meanwhile.

use crate::{
    broadcast::{Broadcast, Rendition},
    node::Node,
};
use parking_lot::Mutex;
use std::collections::VecDeque;
use streamly_hls::SegmentId;
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};

/// Of one broadcast. Each segment is there once, so there are no more than are listed.
#[derive(Default)]
pub(crate) struct Wishes {
    queue: Mutex<VecDeque<(String, SegmentId)>>,
    asked: Notify,
    settled: watch::Sender<u64>,
}

impl Wishes {
    fn add(&self, rendition: &str, id: SegmentId) {
        let mut queue = self.queue.lock();
        if !queue.iter().any(|(name, known)| name == rendition && *known == id) {
            queue.push_back((rendition.to_owned(), id));
            drop(queue);
            self.asked.notify_one();
        }
    }

    /// The first one.
    pub(super) fn take(&self) -> Option<(String, SegmentId)> {
        self.queue.lock().pop_front()
    }

    /// Waits until there is one.
    pub(super) async fn any(&self) {
        while self.queue.lock().is_empty() {
            self.asked.notified().await;
        }
    }

    /// Some segment is there now, or will not come: those who wait look again.
    pub(super) fn settled(&self) {
        self.settled.send_modify(|count| *count += 1);
    }
}

/// Waits until the file of an awaited segment is there, or is known not to come. `false`: not within the time that a request is held.
pub(crate) async fn comes(node: &Node, broadcast: &Broadcast, rendition: &Rendition, id: SegmentId) -> bool {
    let wishes = broadcast.wishes();
    let mut settled = wishes.settled.subscribe();
    wishes.add(&rendition.name, id);
    let known = async {
        while rendition.read(|window| window.awaited(id)).is_some() {
            if settled.changed().await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        known = timeout(node.config.max_hold.get(), known) => known.is_ok(),
        () = node.closing.cancelled() => false,
    }
}
