//! Places for requests under way: so many in all, so many for one host. A host's place is taken first, so that who waits for a slow host
//! holds no place of the others. A host is known only while somebody asks it or waits for it.

use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

pub(super) struct Places {
    all: Semaphore,
    per_host: usize,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// A place; given back on drop.
pub(super) struct Place<'a> {
    _host: AtHost<'a>,
    _all: SemaphorePermit<'a>,
}

/// One of those who ask a host, or wait for it.
struct AtHost<'a> {
    places: &'a Places,
    host: String,
    /// Dropped before the count is looked at.
    here: Option<(Arc<Semaphore>, Option<OwnedSemaphorePermit>)>,
}

impl Places {
    pub(super) fn new(all: usize, per_host: usize) -> Self {
        Self { all: Semaphore::new(all.max(1)), per_host: per_host.max(1), hosts: Mutex::default() }
    }

    /// A place, as soon as there is one. Cancel-safe.
    pub(super) async fn take(&self, host: &str) -> Place<'_> {
        let semaphore = {
            let mut hosts = self.hosts.lock();
            let new = || Arc::new(Semaphore::new(self.per_host));
            hosts.entry(host.to_owned()).or_insert_with(new).clone()
        };
        let mut at_host =
            AtHost { places: self, host: host.to_owned(), here: Some((semaphore.clone(), None)) };
        let permit = semaphore.acquire_owned().await.expect("is never closed");
        if let Some((_, held)) = &mut at_host.here {
            *held = Some(permit);
        }
        Place { _host: at_host, _all: self.all.acquire().await.expect("is never closed") }
    }

    #[cfg(test)]
    pub(super) fn known(&self) -> usize {
        self.hosts.lock().len()
    }
}

impl Drop for AtHost<'_> {
    fn drop(&mut self) {
        let mut hosts = self.places.hosts.lock();
        drop(self.here.take());
        if hosts.get(&self.host).is_some_and(|semaphore| Arc::strong_count(semaphore) == 1) {
            hosts.remove(&self.host);
        }
    }
}
