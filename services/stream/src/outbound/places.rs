//! Places for requests under way: so many in all, so many for one owner, so many for one host. The owner's place is taken first, then the
//! host's, so that who waits for a slow host, or has too many of their own, holds no place of the others. Owners and hosts are known only while
//! somebody asks for or at them, or waits.

use parking_lot::Mutex;
use std::{collections::HashMap, hash::Hash, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use uuid::Uuid;

pub(super) struct Places {
    all: Semaphore,
    owners: Shares<Uuid>,
    hosts: Shares<String>,
}

/// A place; given back on drop.
pub(super) struct Place<'a> {
    _owner: Share<'a, Uuid>,
    _host: Share<'a, String>,
    _all: SemaphorePermit<'a>,
}

/// So many places of each.
struct Shares<K> {
    most: usize,
    taken: Mutex<HashMap<K, Arc<Semaphore>>>,
}

/// A place of one of them, or the wait for one.
struct Share<'a, K: Hash + Eq> {
    of: &'a Shares<K>,
    whose: K,
    /// Dropped before the count is looked at.
    here: Option<(Arc<Semaphore>, Option<OwnedSemaphorePermit>)>,
}

impl Places {
    pub(super) fn new(all: usize, per_owner: usize, per_host: usize) -> Self {
        Self { all: Semaphore::new(all.max(1)), owners: Shares::new(per_owner), hosts: Shares::new(per_host) }
    }

    /// A place, as soon as there is one. Cancel-safe.
    pub(super) async fn take(&self, owner: Uuid, host: &str) -> Place<'_> {
        let owner = self.owners.take(owner).await;
        let host = self.hosts.take(host.to_owned()).await;
        Place { _owner: owner, _host: host, _all: self.all.acquire().await.expect("is never closed") }
    }

    #[cfg(test)]
    pub(super) fn known(&self) -> usize {
        self.hosts.taken.lock().len() + self.owners.taken.lock().len()
    }
}

impl<K: Hash + Eq + Clone> Shares<K> {
    fn new(most: usize) -> Self {
        Self { most: most.max(1), taken: Mutex::default() }
    }

    async fn take(&self, whose: K) -> Share<'_, K> {
        let semaphore = {
            let mut taken = self.taken.lock();
            let new = || Arc::new(Semaphore::new(self.most));
            taken.entry(whose.clone()).or_insert_with(new).clone()
        };
        let mut share = Share { of: self, whose, here: Some((semaphore.clone(), None)) };
        let permit = semaphore.acquire_owned().await.expect("is never closed");
        if let Some((_, held)) = &mut share.here {
            *held = Some(permit);
        }
        share
    }
}

impl<K: Hash + Eq> Drop for Share<'_, K> {
    fn drop(&mut self) {
        let mut taken = self.of.taken.lock();
        drop(self.here.take());
        if taken.get(&self.whose).is_some_and(|semaphore| Arc::strong_count(semaphore) == 1) {
            taken.remove(&self.whose);
        }
    }
}
