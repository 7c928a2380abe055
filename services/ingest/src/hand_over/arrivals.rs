//! Windows on their way to this node: one fetch a broadcast, whoever waits for it, and who takes its seat first has the window.
//!
//! A publisher that comes back while its window is being fetched has a permit that names this node: without this it would begin anew, and the
//! fetched window, of a session that was overtaken, would be nobody's. A window that nobody waits for any more goes.

use super::Fetched;
use parking_lot::Mutex;
use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};
use streamly_lifecycle::CancellationToken;

/// By broadcast.
#[derive(Default)]
pub(crate) struct Arrivals(Mutex<HashMap<String, Weak<Arrival>>>);

/// One fetch.
#[derive(Default)]
pub(crate) struct Arrival {
    fetched: Mutex<Option<Fetched>>,
    done: CancellationToken,
}

impl Arrivals {
    /// The running fetch of that broadcast, or with `begin` a new one. `true`: the caller has to fetch.
    pub(super) fn enter(&self, broadcast: &str, begin: bool) -> Option<(Arc<Arrival>, bool)> {
        let mut all = self.0.lock();
        all.retain(|_, arrival| arrival.strong_count() > 0);
        let running = all.get(broadcast).and_then(Weak::upgrade);
        if let Some(known) = running.filter(|known| !known.done.is_cancelled() || known.is_there()) {
            return Some((known, false));
        }
        if !begin {
            return None;
        }
        let arrival = Arc::<Arrival>::default();
        all.insert(broadcast.to_owned(), Arc::downgrade(&arrival));
        Some((arrival, true))
    }
}

impl Arrival {
    /// It has an outcome.
    pub(super) fn came(&self, fetched: Option<Fetched>) {
        *self.fetched.lock() = fetched;
        self.done.cancel();
    }

    pub(super) async fn has_come(&self) {
        self.done.cancelled().await;
    }

    pub(super) fn is_there(&self) -> bool {
        self.fetched.lock().is_some()
    }

    /// The window, once.
    pub(crate) fn take(&self) -> Option<Fetched> {
        self.fetched.lock().take()
    }
}
