//! Where a broadcast's origin is: the live index that `stream` writes into Redis (docs/ARCHITECTURE.md), read at most once a second a
//! name or broadcast, and after failures at most ten times a second.
//!
//! What was once known stays known: while Redis is away, and after the index entry has expired, a broadcast's origin is the last one
//! seen, as long as that one serves it. It is never replaced by one of a lower epoch.

use crate::networks;
use moka::{future::Cache, sync::Cache as SyncCache};
use parking_lot::Mutex;
use serde::Deserialize;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use streamly_config::Network;
use streamly_lifecycle::Tasks;
use streamly_redis::Redis;
use tokio::time::sleep_until;

/// A name or a broadcast is looked up again after this, also when there was none.
const FRESH: Duration = Duration::from_secs(1);
/// A broadcast whose origin failed is looked up again no sooner after the last time. Who failed since then waits for it.
const AGAIN: Duration = Duration::from_millis(100);
/// Redis must have answered by then; after that it counts as away.
const ANSWER: Duration = Duration::from_secs(1);
/// Broadcasts remembered, and how long after their last viewer.
const KNOWN_MAX: u64 = 100_000;
const KNOWN_IDLE: Duration = Duration::from_secs(600);

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key<'a> {
    /// The live broadcast of a channel, by its name.
    Name(&'a str),
    /// A broadcast by its id.
    Broadcast(&'a str),
}

impl<'a> Key<'a> {
    /// No name looks like an id.
    pub(super) fn text(self) -> &'a str {
        match self {
            Self::Name(text) | Self::Broadcast(text) => text,
        }
    }
}

/// What the edge needs of an entry of the live index.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Entry {
    pub(crate) channel_id: String,
    pub(crate) broadcast_id: String,
    pub(crate) epoch: u64,
    pub(crate) origin_url: String,
    /// Only who has a playback token may watch; not said: everybody may.
    #[serde(default)]
    restricted: bool,
    /// Of playback tokens only those of this version count.
    #[serde(default)]
    watch_version: u64,
    /// Who may not watch is not told that it is on air.
    #[serde(default)]
    hidden: bool,
}

impl Entry {
    /// The origin's URL as paths are put behind it.
    pub(crate) fn base(&self) -> &str {
        self.origin_url.trim_end_matches('/')
    }
}

/// Whether it is the same place.
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        let place = |e: &Self| (e.epoch, e.channel_id.clone(), e.broadcast_id.clone(), e.origin_url.clone());
        place(self) == place(other)
    }
}

/// Who may watch a broadcast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Watching {
    pub(crate) channel: String,
    pub(crate) restricted: bool,
    pub(crate) version: u64,
    pub(crate) hidden: bool,
}

impl Watching {
    /// As that entry says.
    pub(crate) fn of(entry: &Entry) -> Self {
        let (restricted, version) = (entry.restricted, entry.watch_version);
        Self { channel: entry.channel_id.clone(), restricted, version, hidden: entry.hidden }
    }
}

/// A broadcast as it is known at a moment, for who asks again soon ([`Index::is_still`]).
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) watching: Arc<Watching>,
    /// Where it is; none: that is not remembered.
    pub(crate) at: Option<Arc<Entry>>,
    /// How often anything had changed.
    changes: u64,
    /// Then the index is looked at again.
    until: Instant,
}

/// The same as last seen, and when it was looked for.
struct Seen {
    watching: Arc<Watching>,
    asked: Instant,
}

/// Redis did not answer, or with what cannot be read: whether there is such a broadcast is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Away;

/// `None`: there certainly is none.
type Found = Result<Option<Arc<Entry>>, Away>;

/// The last look-up after a failure, and when it began. Held while one is under way, so that all who wait share it.
type Again = Arc<tokio::sync::Mutex<Option<(Instant, Found)>>>;

/// Whether a broadcast is on air.
type OnAir = Result<bool, Away>;

/// The live index as this edge sees it.
pub(crate) struct Index {
    redis: Redis,
    networks: Vec<Network>,
    tasks: Tasks,
    /// Never waited for: what was seen counts while it is looked up again, and while Redis is away.
    watching: SyncCache<String, Arc<Mutex<Seen>>>,
    names: Cache<String, Found>,
    fresh: Cache<String, Found>,
    again: Cache<String, Again>,
    on_air: Cache<String, OnAir>,
    known: SyncCache<String, Arc<Entry>>,
    /// Goes up, afterwards, with each change of where a broadcast is that was known, or of who may watch it.
    changes: AtomicU64,
    known_names: SyncCache<String, Arc<Entry>>,
}

impl Index {
    pub(crate) fn new(redis: Redis, networks: Vec<Network>, tasks: Tasks) -> Self {
        let short = || Cache::builder().max_capacity(KNOWN_MAX).time_to_live(FRESH).build();
        let long = || SyncCache::builder().max_capacity(KNOWN_MAX).time_to_idle(KNOWN_IDLE).build();
        let again = Cache::builder().max_capacity(KNOWN_MAX).time_to_idle(FRESH).build();
        let on_air = Cache::builder().max_capacity(KNOWN_MAX).time_to_live(AGAIN).build();
        let (names, fresh) = (short(), short());
        let watching = SyncCache::builder().max_capacity(KNOWN_MAX).time_to_idle(KNOWN_IDLE).build();
        Self {
            redis,
            networks,
            tasks,
            watching,
            names,
            fresh,
            again,
            on_air,
            known: long(),
            changes: AtomicU64::new(0),
            known_names: long(),
        }
    }

    /// Where a broadcast is, if that is remembered: without waiting.
    pub(crate) fn known(&self, id: &str) -> Option<Arc<Entry>> {
        self.known.get(id)
    }

    /// All that is known of a broadcast; none: there is no such broadcast. What the index says of it now counts within two seconds. Errors:
    /// Redis is away and nothing is known.
    pub(crate) async fn look(self: &Arc<Self>, id: &str) -> Result<Option<Known>, Away> {
        // First of all: what changes meanwhile is a change since then.
        let changes = self.changes.load(Ordering::Acquire);
        let Some((watching, until)) = self.seen(id).await? else { return Ok(None) };
        Ok(Some(Known { watching, at: self.known.get(id), changes, until }))
    }

    /// Whether [`Index::look`] would say the same again. Who holds on to what it said looks once a second all the same: what nobody looks for
    /// is forgotten.
    pub(crate) fn is_still(&self, known: &Known) -> bool {
        known.at.is_some()
            && known.changes == self.changes.load(Ordering::Acquire)
            && Instant::now() < known.until
    }

    /// What is looked for, as it is remembered. Errors: Redis is away and nothing is known.
    pub(crate) async fn find(&self, key: Key<'_>) -> Found {
        match key {
            Key::Name(name) => self.by_name(name).await,
            Key::Broadcast(id) => self.by_broadcast(id).await,
        }
    }

    /// Who may watch a broadcast; none: there is no such broadcast. What the index says of it now counts within two seconds. Errors: Redis is
    /// away and nothing is known.
    pub(crate) async fn watching(self: &Arc<Self>, id: &str) -> Result<Option<Arc<Watching>>, Away> {
        Ok(self.seen(id).await?.map(|(watching, _)| watching))
    }

    /// The same, and when it is to be looked for again.
    async fn seen(self: &Arc<Self>, id: &str) -> Result<Option<(Arc<Watching>, Instant)>, Away> {
        if let Some(seen) = self.watching.get(id) {
            let mut seen = seen.lock();
            if seen.asked.elapsed() >= FRESH {
                seen.asked = Instant::now();
                let (this, id) = (self.clone(), id.to_owned());
                self.tasks.spawn("watching", async move { this.look_who_may_watch(&id).await });
            }
            return Ok(Some((seen.watching.clone(), seen.asked + FRESH)));
        }
        // Boxed: once for each broadcast, and each connection would pay for its size.
        Box::pin(self.first_look(id)).await
    }

    async fn first_look(&self, id: &str) -> Result<Option<(Arc<Watching>, Instant)>, Away> {
        let looked = self.fresh.get_with(id.to_owned(), self.look_up(Key::Broadcast(id))).await;
        let entry = match looked {
            Ok(Some(entry)) => entry,
            looked => match self.known.get(id) {
                Some(known) => known,
                None => return looked.map(|_| None),
            },
        };
        let (watching, asked) = (Arc::new(Watching::of(&entry)), Instant::now());
        let seen = Seen { watching: watching.clone(), asked };
        self.watching.insert(id.to_owned(), Arc::new(Mutex::new(seen)));
        Ok(Some((watching, asked + FRESH)))
    }

    async fn look_who_may_watch(&self, id: &str) {
        let Ok(Some(entry)) = self.read(&format!("live:b:{id}")).await else { return };
        let (Some(seen), watching) = (self.watching.get(id), Watching::of(&entry)) else { return };
        let mut seen = seen.lock();
        if *seen.watching != watching {
            seen.watching = Arc::new(watching);
            self.changes.fetch_add(1, Ordering::Release);
        }
    }

    /// The live broadcast of a channel; none: it is offline. Errors: Redis is away and nothing is known.
    async fn by_name(&self, username: &str) -> Found {
        let lookup = async {
            match self.look_up(Key::Name(username)).await {
                // Redis is away: the last known one, if its origin still answers.
                Err(Away) => self.known_names.get(username).map(Some).ok_or(Away),
                found => found,
            }
        };
        self.names.get_with(username.to_owned(), lookup).await
    }

    /// The origin of a broadcast. Errors: Redis is away and nothing is known.
    async fn by_broadcast(&self, id: &str) -> Found {
        match self.known.get(id) {
            Some(entry) => Ok(Some(entry)),
            None => self.fresh.get_with(id.to_owned(), self.look_up(Key::Broadcast(id))).await,
        }
    }

    /// Another place than `at`, if the index names one now, looked up within the last second: for who waits for an answer from there.
    pub(crate) async fn moved(&self, key: Key<'_>, at: &Entry) -> Option<Arc<Entry>> {
        let found = match key {
            Key::Name(name) => self.by_name(name).await,
            Key::Broadcast(id) => self.fresh.get_with(id.to_owned(), self.look_up(key)).await,
        };
        found.ok().flatten().filter(|now| **now != *at)
    }

    /// The same after what is remembered failed: looked up since then, since a broadcast may just have moved, and its viewers' players
    /// stop for good at a playlist that is not found. What the index does not name any more is not there.
    pub(crate) async fn again(&self, key: Key<'_>, failed: Instant) -> Found {
        let again = self.again.get_with(key.text().to_owned(), async { Again::default() }).await;
        let mut last = again.lock().await;
        if let Some((begun, found)) = &*last {
            if *begun >= failed {
                return found.clone();
            }
            sleep_until((*begun + AGAIN).into()).await;
        }
        let begun = Instant::now();
        let found = self.look_up(key).await;
        *last = Some((begun, found.clone()));
        found
    }

    /// Whether it is on air: its own entry stays for some minutes after its end, its channel's does not.
    pub(crate) async fn is_on_air(&self, entry: &Entry) -> OnAir {
        let look = async {
            let now = self.read(&format!("live:{}", entry.channel_id)).await?;
            Ok(now.is_some_and(|now| now.broadcast_id == entry.broadcast_id))
        };
        self.on_air.get_with(entry.broadcast_id.clone(), look).await
    }

    /// As the index says, and nothing else.
    async fn look_up(&self, key: Key<'_>) -> Found {
        metrics::counter!("streamly_web_index_lookups_total").increment(1);
        match key {
            Key::Name(name) => {
                let Some(entry) = self.read_name(name).await? else { return Ok(None) };
                let entry = self.remember(entry);
                self.known_names.insert(name.to_owned(), entry.clone());
                Ok(Some(entry))
            }
            Key::Broadcast(id) => {
                let entry = self.read(&format!("live:b:{id}")).await?.filter(|e| e.broadcast_id == id);
                let Some(entry) = entry else { return Ok(None) };
                Ok(Some(self.remember(entry)))
            }
        }
    }

    /// Keeps the entry unless a higher epoch is known; gives the one that counts.
    fn remember(&self, entry: Entry) -> Arc<Entry> {
        let entry = Arc::new(entry);
        match self.known.get(&entry.broadcast_id) {
            Some(known) if known.epoch > entry.epoch => known,
            before => {
                self.known.insert(entry.broadcast_id.clone(), entry.clone());
                if before.is_some_and(|before| *before != *entry) {
                    self.changes.fetch_add(1, Ordering::Release);
                }
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
