//! The broadcasts on this node, by id and by channel name, those that have ended included while their playlists are kept.

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

    pub(crate) fn by_id(&self, id: &str) -> Option<Arc<Broadcast>> {
        self.inner.read().by_id.get(id).cloned()
    }

    pub(crate) fn by_name(&self, username: &str) -> Option<Arc<Broadcast>> {
        self.inner.read().by_name.get(username).cloned()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.inner.read().by_id.is_empty()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Broadcast>> {
        self.inner.read().by_id.values().cloned().collect()
    }
}
