//! The broadcasts on this node, by id and by channel name, those that have ended included while their playlists are kept, and
//! those that go on elsewhere while another node takes what is on disk of them.

use crate::broadcast::Broadcast;
use parking_lot::RwLock;
use std::{collections::HashMap, sync::Arc};

/// See the module's head.
#[derive(Default)]
pub(crate) struct Registry {
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    by_id: HashMap<String, Arc<Broadcast>>,
    by_name: HashMap<String, Arc<Broadcast>>,
    /// Not served any more; another node takes what is on disk of them.
    leaving: Vec<Arc<Broadcast>>,
}

impl Registry {
    pub(crate) fn insert(&self, broadcast: Arc<Broadcast>) {
        let mut inner = self.inner.write();
        inner.by_name.insert(broadcast.username.clone(), broadcast.clone());
        inner.by_id.insert(broadcast.id.clone(), broadcast);
    }

    /// Forgets it, and with the last holder its windows.
    pub(crate) fn remove(&self, broadcast: &Arc<Broadcast>) {
        let mut inner = self.inner.write();
        if inner.by_name.get(&broadcast.username).is_some_and(|known| Arc::ptr_eq(known, broadcast)) {
            inner.by_name.remove(&broadcast.username);
        }
        if inner.by_id.get(&broadcast.id).is_some_and(|known| Arc::ptr_eq(known, broadcast)) {
            inner.by_id.remove(&broadcast.id);
        }
    }

    /// Like [`Registry::remove`], but what it has on disk stays, until it is [gone](Registry::gone).
    pub(crate) fn leave(&self, broadcast: &Arc<Broadcast>) {
        self.inner.write().leaving.push(broadcast.clone());
        self.remove(broadcast);
    }

    pub(crate) fn gone(&self, broadcast: &Arc<Broadcast>) {
        self.inner.write().leaving.retain(|known| !Arc::ptr_eq(known, broadcast));
    }

    /// One that goes on elsewhere, served or not.
    pub(crate) fn leaving(&self, id: &str) -> Option<Arc<Broadcast>> {
        let inner = self.inner.read();
        let mut known = inner.by_id.get(id).into_iter().chain(&inner.leaving);
        known.find(|known| known.id == id && known.leaving().is_fenced()).cloned()
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<Arc<Broadcast>> {
        self.inner.read().by_id.get(id).cloned()
    }

    pub(crate) fn by_name(&self, username: &str) -> Option<Arc<Broadcast>> {
        self.inner.read().by_name.get(username).cloned()
    }

    /// Whether there is any to be served.
    pub(crate) fn serves(&self) -> bool {
        !self.inner.read().by_id.is_empty()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Broadcast>> {
        let inner = self.inner.read();
        inner.by_id.values().chain(&inner.leaving).cloned().collect()
    }
}
