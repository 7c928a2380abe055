//! Where a broadcast's origin is: the live index that `stream` writes into Redis (docs/ARCHITECTURE.md), read at most once a second a
//! name, and after failures at most ten times a second a broadcast.
//!
//! What was once known stays known: while Redis is away, and after the index entry has expired, a broadcast's origin is the last one
//! seen. It is never replaced by one of a lower epoch.

use crate::networks;
use moka::future::Cache;
use serde::Deserialize;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use streamly_config::Network;
use streamly_redis::Redis;
use tokio::{sync::Mutex, time::sleep_until};

/// A name or a broadcast is looked up again after this, also when there was none.
const FRESH: Duration = Duration::from_secs(1);
/// A broadcast whose origin failed is looked up again no sooner after the last time. Who failed since then waits for it.
const AGAIN: Duration = Duration::from_millis(100);
/// Redis must have answered by then; after that it counts as away.
const ANSWER: Duration = Duration::from_secs(1);
/// Broadcasts remembered, and how long after their last viewer.
const KNOWN_MAX: u64 = 100_000;
const KNOWN_IDLE: Duration = Duration::from_secs(600);

/// What the edge needs of an entry of the live index.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Entry {
    pub(crate) broadcast_id: String,
    pub(crate) epoch: u64,
    pub(crate) origin_url: String,
}

/// Redis did not answer, or with what cannot be read: whether there is such a broadcast is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Away;

/// `None`: there certainly is none.
type Found = Result<Option<Arc<Entry>>, Away>;

/// The last look-up after a failure, and when it began. Held while one is under way, so that all who wait share it.
type Again = Arc<Mutex<Option<(Instant, Found)>>>;

/// The live index as this edge sees it.
pub(crate) struct Index {
    redis: Redis,
    networks: Vec<Network>,
    names: Cache<String, Found>,
    fresh: Cache<String, Found>,
    again: Cache<String, Again>,
    known: Cache<String, Arc<Entry>>,
    known_names: Cache<String, Arc<Entry>>,
}

impl Index {
    pub(crate) fn new(redis: Redis, networks: Vec<Network>) -> Self {
        let short = || Cache::builder().max_capacity(KNOWN_MAX).time_to_live(FRESH).build();
        let long = || Cache::builder().max_capacity(KNOWN_MAX).time_to_idle(KNOWN_IDLE).build();
        let again = Cache::builder().max_capacity(KNOWN_MAX).time_to_idle(FRESH).build();
        Self { redis, networks, names: short(), fresh: short(), again, known: long(), known_names: long() }
    }

    /// The live broadcast of a channel; none: it is offline. Errors: Redis is away and nothing is known.
    pub(crate) async fn by_name(&self, username: &str) -> Found {
        let lookup = async {
            metrics::counter!("streamly_web_index_lookups_total").increment(1);
            match self.read_name(username).await {
                Ok(Some(entry)) => {
                    let entry = self.remember(entry).await;
                    self.known_names.insert(username.to_owned(), entry.clone()).await;
                    Ok(Some(entry))
                }
                Ok(None) => Ok(None),
                // Redis is away: the last known one, if its origin still answers.
                Err(Away) => self.known_names.get(username).await.map(Some).ok_or(Away),
            }
        };
        self.names.get_with(username.to_owned(), lookup).await
    }

    /// The origin of a broadcast. Errors: Redis is away and nothing is known.
    pub(crate) async fn by_broadcast(&self, id: &str) -> Found {
        match self.known.get(id).await {
            Some(entry) => Ok(Some(entry)),
            None => self.fresh.get_with(id.to_owned(), self.look_up(id)).await,
        }
    }

    /// The same after what is remembered failed: looked up since then, since a broadcast may just have moved, and its viewers' players
    /// stop for good at a playlist that is not found.
    pub(crate) async fn by_broadcast_again(&self, id: &str, failed: Instant) -> Found {
        let again = self.again.get_with(id.to_owned(), async { Again::default() }).await;
        let mut last = again.lock().await;
        if let Some((begun, found)) = &*last {
            if *begun >= failed {
                return found.clone();
            }
            sleep_until((*begun + AGAIN).into()).await;
        }
        let begun = Instant::now();
        let found = self.look_up(id).await;
        *last = Some((begun, found.clone()));
        found
    }

    async fn look_up(&self, id: &str) -> Found {
        metrics::counter!("streamly_web_index_lookups_total").increment(1);
        match self.read(&format!("live:b:{id}")).await {
            Ok(Some(entry)) if entry.broadcast_id == id => Ok(Some(self.remember(entry).await)),
            Ok(_) => Ok(self.known.get(id).await),
            Err(Away) => self.known.get(id).await.map(Some).ok_or(Away),
        }
    }

    /// Keeps the entry unless a higher epoch is known; gives the one that counts.
    async fn remember(&self, entry: Entry) -> Arc<Entry> {
        let entry = Arc::new(entry);
        match self.known.get(&entry.broadcast_id).await {
            Some(known) if known.epoch > entry.epoch => known,
            _ => {
                self.known.insert(entry.broadcast_id.clone(), entry.clone()).await;
                entry
            }
        }
    }

    async fn get(&self, key: String) -> Result<Option<String>, Away> {
        let answer = tokio::time::timeout(ANSWER, self.redis.call("GET", [key])).await;
        answer.map_err(|_| Away)?.map_err(|_| Away)
    }

    async fn read_name(&self, username: &str) -> Result<Option<Entry>, Away> {
        let channel: Option<String> = self.get(format!("live:name:{username}")).await?;
        match channel {
            Some(channel) => self.read(&format!("live:{channel}")).await,
            None => Ok(None),
        }
    }

    async fn read(&self, key: &str) -> Result<Option<Entry>, Away> {
        let text: Option<String> = self.get(key.to_owned()).await?;
        let Some(text) = text else { return Ok(None) };
        let entry = serde_json::from_str::<Entry>(&text).map_err(|e| {
            tracing::warn!(key, error = %e, "an entry of the live index cannot be read");
            Away
        })?;
        if networks::allowed(&entry.origin_url, &self.networks) {
            return Ok(Some(entry));
        }
        tracing::warn!(key, origin = %entry.origin_url, "the live index names an origin outside origin_allow; it is not fetched");
        metrics::counter!("streamly_web_origins_refused_total").increment(1);
        Ok(None)
    }
}
